"""Words that no chat takes: one list a language, kept by organisers; all lists count everywhere."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from services.livestream.chat.letters import is_spaced, letters_of
from services.livestream.directing.session import Asker
from shared.events.ids import Locale
from shared.events.livestream import WordsListed
from shared.refusal import Refused

LOCALES: Sequence[Locale] = ("pt", "zh-Hant", "zh-Hans", "en")
MOST_WORDS, LONGEST_WORD = 1_000, 40


@dataclass(frozen=True, slots=True)
class WordList:
    """The words of one language; its id is the locale."""

    id: str
    words: tuple[str, ...] = ()


def put(known: WordList, locale: Locale, words: Iterable[str], asker: Asker) -> list[WordsListed]:
    """List *words* in place of those before. Those that come to nothing are refused by name."""
    wanted = tuple(sorted(set(words)))
    if empty := [word for word in wanted if not letters_of(word).joined]:
        raise Refused("words.empty", "Some of it has no letters.", kind="invalid", words=empty)
    if wanted == known.words:
        return []
    return [WordsListed(locale=locale, words=wanted, by=asker.id)]


def holds(lists: Iterable[WordList], text: str) -> bool:
    """Whether *text* holds a word of *lists*, however it is spaced, accented or dressed up.

    A word of a script with blanks between words is found as a whole word: `ass` is not in `class`,
    but in `a.s.s`; a Chinese one is found anywhere.
    """
    spelt = letters_of(text)
    return any(_holds(listed.words, spelt.joined, spelt.bounds) for listed in lists)


def _holds(words: tuple[str, ...], joined: str, bounds: frozenset[int]) -> bool:
    for length, known in _by_length(words).items():
        for start in range(len(joined) - length + 1):
            found = joined[start : start + length]
            if found in known and (
                not is_spaced(found) or (start in bounds and start + length in bounds)
            ):
                return True
    return False


@lru_cache(maxsize=32)
def _by_length(words: tuple[str, ...]) -> Mapping[int, frozenset[str]]:
    """What *words* spell, by how many letters they have: a text is looked through once a length."""
    by_length: dict[int, set[str]] = {}
    for word in words:
        spelt = letters_of(word).joined
        by_length.setdefault(len(spelt), set()).add(spelt)
    return {length: frozenset(known) for length, known in by_length.items()}


def evolve(listed: WordList, fact: object) -> WordList:
    match fact:
        case WordsListed(locale=listed.id, words=words):
            return replace(listed, words=words)
        case _:
            return listed
