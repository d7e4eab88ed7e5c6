"""Splitting: one cart, as many sub-orders as there are ways by which its goods come."""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, TypeAlias

from services.orders.border.crossborder.cart import CartLine, Valued
from services.orders.border.crossborder.quota import annual_limit
from services.orders.border.crossborder.tables import Tables
from shared.events.duty import SupplyChannel
from shared.refusal import Refused

Destination: TypeAlias = Literal["CN", "local"]
"""Where the buyer wants the goods: sent into the mainland, or handed over where they are sold."""

CBEC: frozenset[SupplyChannel] = frozenset(
    {"CBEC_BONDED_1210", "CBEC_BONDED_1239", "CBEC_DIRECT_9610"}
)
"""The ways of cross-border e-commerce; what comes by them counts to a person's year."""


class Part(NamedTuple):
    """The lines of one sub-order, in the cart's order."""

    channel: SupplyChannel
    lines: tuple[Valued, ...]

    @property
    def value(self) -> int:
        """The customs value of all lines."""
        return sum(valued.value for valued in self.lines)

    @property
    def units(self) -> int:
        return sum(valued.line.quantity for valued in self.lines)


def split(
    cart: Sequence[Valued],
    destination: Destination,
    used: int,
    tables: Tables,
    *,
    general_trade: bool = False,
) -> tuple[Part, ...]:
    """Part a cart by supply channel, in the order of each part's first line.

    Within cross-border e-commerce a part above the limit of one order passes only if it is a single
    item, and all parts together stay within the buyer's year. What is not on the positive list, and
    a part above the year, goes by general trade if the buyer agreed to that; a part above the limit
    of one order does not, for separate orders serve the buyer better.

    Args:
        cart: The lines with their customs values.
        destination: Where they are wanted.
        used: What of the buyer's year is used or reserved, in fen.
        tables: The rules in force.
        general_trade: Whether the buyer agrees to full tariff and taxes where that is the only way.

    Raises:
        Refused: A line has no way to the buyer (`channel.…`, `cbec.not-listed`), or a limit forbids
            it (`cbec.annual-limit`, `cbec.single-limit`; Caiguanshui 2018-49).
    """
    parts = _group(
        (_way(valued.line, destination, tables, general_trade=general_trade), valued)
        for valued in cart
    )
    ways: list[tuple[SupplyChannel, Valued]] = []
    for part in parts:
        channel = _within_limits(part, used, tables, general_trade=general_trade)
        if channel in CBEC:
            used += part.value
        ways.extend((channel, valued) for valued in part.lines)
    return _group(sorted(ways, key=lambda way: way[1].place))


def _group(ways: Iterable[tuple[SupplyChannel, Valued]]) -> tuple[Part, ...]:
    lines: dict[SupplyChannel, list[Valued]] = {}
    for channel, valued in ways:
        if channel == "GENERAL_TRADE_0110" and "cosmetic_filing_required" in valued.line.flags:
            raise _no_way(
                valued.line, "filing", "Cosmetics need a filing to enter by general trade."
            )
        lines.setdefault(channel, []).append(valued)
    return tuple(Part(channel, tuple(mine)) for channel, mine in lines.items())


def _way(
    line: CartLine, destination: Destination, tables: Tables, *, general_trade: bool
) -> SupplyChannel:
    """The way one line takes, whatever else is in the cart."""
    match destination, line.channel:
        case _, "ATA_DISPLAY":
            raise _no_way(line, "on-display", "What entered to be shown is not sold.")
        case _, "DOMESTIC_STOCK":
            return "DOMESTIC_STOCK"
        case "local", "CBEC_BONDED_1210" | "CBEC_BONDED_1239":
            raise _no_way(line, "bonded", "Goods in a bonded zone are not handed over elsewhere.")
        case "local", _:
            return "MACAU_LOCAL"
        case "CN", _ if "exhibit_only" in line.flags:
            raise _no_way(line, "exhibit-only", "This product is shown only.")
        case "CN", _ if "medicine_restricted" in line.flags:
            raise _no_way(line, "medicine", "Medicine is not sold into the mainland here.")
        case "CN", "MACAU_LOCAL":
            raise _no_way(line, "local-only", "This product is sold in Macau only.")
        case "CN", "POSTAL_PERSONAL":
            raise _no_way(line, "postal", "The post is for one's own parcels, not for sales.")
        case "CN", channel if channel in CBEC and not _listed(line, tables):
            if general_trade:
                return "GENERAL_TRADE_0110"
            raise Refused(
                "cbec.not-listed",
                "These goods may not come by cross-border e-commerce.",
                sku=line.sku,
                hs_code=line.hs_code,
            )
        case "CN", channel:
            return channel


def _listed(line: CartLine, tables: Tables) -> bool:
    """On the positive list, and nobody doubts it."""
    return tables.listed(line.hs_code) and "cbec_list_unverified" not in line.flags


def _within_limits(part: Part, used: int, tables: Tables, *, general_trade: bool) -> SupplyChannel:
    """The way a part takes when the limits of a year and of one order have been looked at."""
    if part.channel not in CBEC:
        return part.channel
    if refusal := annual_limit(used, part.value, tables.cbec.per_year):
        if general_trade:
            return "GENERAL_TRADE_0110"
        raise refusal
    if part.value > tables.cbec.per_order and part.units > 1:
        raise Refused(
            "cbec.single-limit",
            "Together these items are above the limit of one order; order them separately.",
            kind="limit",
            value=part.value,
            limit=tables.cbec.per_order,
            skus=[valued.line.sku for valued in part.lines],
        )
    return part.channel


def _no_way(line: CartLine, why: str, sentence: str) -> Refused:
    return Refused(f"channel.{why}", sentence, sku=line.sku)
