"""The HS code: under which six digits customs know a good (Harmonized System, 2022)."""

import re

_SUBHEADING = re.compile(r"[0-9]{6}")
_CHAPTERS = frozenset(range(1, 98)) - {77}
"""77 is kept free; 98 and 99 belong to each country's own tariff."""


def is_sound(code: str) -> bool:
    """Whether this is a subheading of six digits in a chapter that there is."""
    return bool(_SUBHEADING.fullmatch(code)) and int(code[:2]) in _CHAPTERS
