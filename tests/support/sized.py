"""How much trouble is made: FEIRA_TROUBLE is `long`, or how many times the short form."""

import os


def sized(short: int, long: int) -> int:
    """So many of something: *short* by default."""
    said = os.environ.get("FEIRA_TROUBLE", "")
    if said == "long":
        return long
    return max(1, round(short * float(said or 1)))
