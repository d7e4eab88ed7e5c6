"""Net content: how much is in one unit, as its label says: `300 g`, `8 × 33 ml`, `5 pcs`."""

import re
from fractions import Fraction
from typing import Literal, NamedTuple, TypeAlias

from shared.refusal import Refused

Measure: TypeAlias = Literal["g", "ml", "piece"]

_UNITS: dict[str, tuple[int, Measure]] = {
    "g": (1, "g"),
    "kg": (1000, "g"),
    "ml": (1, "ml"),
    "cl": (10, "ml"),
    "l": (1000, "ml"),
    "L": (1000, "ml"),
    "pc": (1, "piece"),
    "pcs": (1, "piece"),
    "vol.": (1, "piece"),
    "vols.": (1, "piece"),
}
_LABEL = re.compile(
    r"(?:(?P<times>[1-9][0-9]{0,3}) ?[x×] ?)?"
    r"(?P<amount>[0-9]{1,6}(?:\.[0-9]{1,3})?) ?"
    rf"(?P<unit>{'|'.join(re.escape(unit) for unit in _UNITS)})"
)


class NetContent(NamedTuple):
    """So many grams, millilitres or pieces; more than none."""

    amount: Fraction
    measure: Measure


def parse(label: str) -> NetContent:
    """Read a label; one that can be read in no way, or in two, is refused rather than guessed at.

    Packs count with all that is in them: `5 x 25 ml` are 125 ml.
    """
    found = _LABEL.fullmatch(label)
    amount = Fraction(found["amount"]) * int(found["times"] or 1) if found else 0
    if found is None or not amount:
        raise Refused(
            "net-content.unreadable",
            "A net content is a number and g, kg, ml, cl, l, pc, pcs or vol.",
            kind="invalid",
            net_content=label,
        )
    times, measure = _UNITS[found["unit"]]
    return NetContent(amount * times, measure)
