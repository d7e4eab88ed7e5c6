"""What text looks like once everything is gone that only hides it from a list of words."""

import unicodedata
from typing import NamedTuple

_LOOKALIKES = str.maketrans(
    "аеорсухіѕјԁԛԝһӏ" + "αεικνορτυχ",
    "aeopcyxisjdqwhl" + "aeiknoptux",
)
"""Small letters, Cyrillic and Greek, that read as Latin ones (a few of UTS #39's confusables)."""
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")
"""Letters and signs that are made to look like nothing."""
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_CJK = 0x2E80
"""From here on scripts are written without blanks between words."""


class Letters(NamedTuple):
    """The letters and digits of a text, and between which of them words may begin and end.

    Attributes:
        joined: The letters, in small, without accents, width and everything in between.
        bounds: The places in *joined* before which something stood that is no letter, or where
            the script changes; its beginning and its end too.
    """

    joined: str
    bounds: frozenset[int]


def letters_of(text: str) -> Letters:
    """Reduce *text* to what it spells: NFKC, casefold, lookalikes, no accents, no separators."""
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_LOOKALIKES)
    joined: list[str] = []
    bounds = {0}
    for char in unicodedata.normalize("NFKD", plain):
        if char.isalnum() and char not in _FILLERS:
            if joined and is_spaced(joined[-1]) != is_spaced(char):
                bounds.add(len(joined))
            joined.append(char)
        elif not unicodedata.category(char).startswith("M") and not is_unseen(char):
            bounds.add(len(joined))
    bounds.add(len(joined))
    return Letters("".join(joined), frozenset(bounds))


def is_spaced(text: str) -> bool:
    """Whether *text* is of a script that puts blanks between its words."""
    return all(ord(char) < _CJK for char in text)


def is_unseen(char: str) -> bool:
    """Whether a character cannot be seen: controls, direction marks, joiners, fillers."""
    return char in _FILLERS or unicodedata.category(char) in _UNSEEN
