"""The GTIN-13 under a product's bar code (EAN-13), and the check digit that guards it."""

import re

_GTIN_13 = re.compile(r"[0-9]{13}")
_WEIGHTS = (1, 3) * 6


def check_digit(body: str) -> str:
    """The thirteenth digit that belongs to twelve (GS1 General Specifications, 7.9)."""
    total = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True))
    return str(-total % 10)


def is_sound(gtin: str) -> bool:
    """Whether these are thirteen digits of which the last checks the others."""
    return bool(_GTIN_13.fullmatch(gtin)) and check_digit(gtin[:12]) == gtin[12]
