"""The quote: what a cart comes to, sub-order by sub-order, with all that is due."""

from collections.abc import Sequence
from datetime import date

from services.orders.border.crossborder import tables
from services.orders.border.crossborder.cart import CartLine, value
from services.orders.border.crossborder.duty import assess
from services.orders.border.crossborder.split import Destination, Part, split
from services.orders.pricing.allocation import allocate
from shared.events.duty import Duty, LineDuty
from shared.events.money import Currency
from shared.refusal import Refused


def quote(
    lines: Sequence[CartLine],
    destination: Destination,
    day: date,
    *,
    used: int = 0,
    freight: int = 0,
    insurance: int = 0,
    tender: int = 0,
    general_trade: bool = False,
) -> tuple[Duty, ...]:
    """Value, split and assess a cart; one Duty for each sub-order.

    Args:
        lines: What is wanted.
        destination: Where it is wanted.
        day: By which day's rules (`shanghai.day_of` the moment of ordering).
        used: What of the buyer's year is used or reserved, in fen.
        freight: What sending the whole cart costs, in minor units of the lines' currency.
        insurance: What insuring it costs.
        tender: What vouchers and points pay; shared among the sub-orders by what each comes to.
        general_trade: Whether the buyer agrees to general trade where it is the only way.

    Raises:
        Refused: As `cart.value`, `split` and `assess` say; or goods that come into the mainland are
            not priced in CNY (`duty.currency`); or *tender* is more than is to be paid.
        LookupError: No tables are known for the day.
    """
    rules = tables.on(day)
    cart = value(lines, freight, insurance)
    parts = split(cart, destination, used, rules, general_trade=general_trade)
    currency = lines[0].unit_price.currency
    if destination == "CN" and currency != "CNY":
        raise Refused("duty.currency", "A mainland buyer is charged in CNY.", kind="invalid")
    return _settle(currency, [(part, assess(part, rules)) for part in parts], tender)


def _settle(
    currency: Currency, parts: Sequence[tuple[Part, tuple[LineDuty, ...]]], tender: int
) -> tuple[Duty, ...]:
    due = [sum(line.value + line.tax for line in lines) for _, lines in parts]
    if tender > sum(due):
        raise Refused("tender.too-much", "Vouchers are worth more than the order.", kind="invalid")
    return tuple(
        Duty(currency=currency, channel=part.channel, lines=lines, tender=share)
        for (part, lines), share in zip(parts, allocate(tender, due), strict=True)
    )
