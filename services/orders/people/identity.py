"""Identities: a real name and a mainland ID number, as customs asks for them. Never shown."""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date

from shared.refusal import Refused

LONGEST_NAME = 50
"""Characters of a name; the longest on identity cards, transcribed ones, have some thirty."""

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"
_NUMBER = re.compile(r"[1-9][0-9]{5}((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})[0-9]{3}[0-9X]")

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories of what is no part of a name: controls, invisible marks, halves, line ends.

Unassigned characters pass: names have some that are newer than the tables of this Python.
"""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is. Its parts are in no `repr`, so that no log or traceback repeats them.

    Attributes:
        name: As on the identity card, in Unicode normalisation form C.
        id_number: 18 characters (GB 11643), the last one a digit or X.
    """

    name: str = field(repr=False)
    id_number: str = field(repr=False)

    @property
    def born(self) -> date:
        """The date of birth that the number holds."""
        return date.fromisoformat(self.id_number[6:14])

    @property
    def last4(self) -> str:
        """By what its holder recognises the number; for nobody else, see ADR 14."""
        return self.id_number[-4:]

    def age_on(self, day: date) -> int:
        """Years completed on *day*: one more from the birthday on, on 1 March for 29 February."""
        had_birthday = (day.month, day.day) >= (self.born.month, self.born.day)
        return day.year - self.born.year - (not had_birthday)


def check_digit(body: str) -> str:
    """The last character of the ID number that begins with the 17 digits *body* (GB 11643)."""
    weighed = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, body, strict=True))
    return _CHECK_DIGITS[weighed % len(_CHECK_DIGITS)]


def identify(name: str, id_number: str, today: date, *, least_age: int = 0) -> Identity:
    """Take a name and a number as somebody wrote them, or refuse; no refusal repeats them.

    Refuses person.name and person.id-number (invalid); person.age (forbidden) for who is not
    *least_age* years old on *today*.
    """
    identity = Identity(_name(name), _number(id_number, today))
    check_age(identity, today, least_age)
    return identity


def check_age(identity: Identity, today: date, least: int) -> None:
    """Refuse person.age (forbidden) for who is not *least* years old on *today*."""
    if identity.age_on(today) < least:
        raise Refused(
            "person.age", "This is for those of a certain age.", kind="forbidden", least=least
        )


def clean(written: str, longest: int) -> str | None:
    """Text of one line in normalisation form C, trimmed; None if it is none, or too long."""
    if any(unicodedata.category(character) in _UNSEEN for character in written):
        return None
    text = unicodedata.normalize("NFC", written).strip()
    return text if 1 <= len(text) <= longest else None


def _name(written: str) -> str:
    if (name := clean(written, LONGEST_NAME)) is None:
        raise Refused(
            "person.name",
            f"A name has 1 to {LONGEST_NAME} characters, none of them invisible.",
            kind="invalid",
        )
    return name


def _number(written: str, today: date) -> str:
    number = written.strip().upper()
    shaped = _NUMBER.fullmatch(number)
    if not shaped:
        raise Refused(
            "person.id-number", "A mainland ID number has 18 digits, or 17 and X.", kind="invalid"
        )
    if check_digit(number[:-1]) != number[-1]:
        raise Refused(
            "person.id-number", "The check digit is not that of this number.", kind="invalid"
        )
    try:
        born = date(*map(int, shaped.groups()))
    except ValueError:
        born = None
    if born is None or born > today:
        raise Refused(
            "person.id-number", "The number holds no date on which one can be born.", kind="invalid"
        )
    return number
