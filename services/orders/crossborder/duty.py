"""Duty: tariff, consumption tax and VAT of each line, each half-up to the fen."""

from fractions import Fraction

from services.orders.crossborder import net_content
from services.orders.crossborder.allocation import portion
from services.orders.crossborder.cart import CartLine, Valued
from services.orders.crossborder.split import CBEC, Part
from services.orders.crossborder.tables import Tables, unknown
from shared.events.duty import LineDuty, Rates

ALL = 10_000
"""The whole, in basis points."""
_SUMS = ("price", "freight", "insurance", "tariff", "consumption_tax", "vat", "quota")


def assess(part: Part, tables: Tables) -> tuple[LineDuty, ...]:
    """What is due on each line of a sub-order.

    Cross-border e-commerce bears no tariff and a share of the other taxes while the order is within
    its limit; above it (a single item, then) everything in full. General trade bears everything in
    full, but no tariff on goods proven to be of Macau (CEPA). The rest bears nothing here.
    Refuses goods whose rate is not known.
    """
    return tuple(
        _assess_line(valued, _rates(valued, part, tables), part, tables) for valued in part.lines
    )


def consumption_tax_rate(line: CartLine, value: int, tables: Tables) -> int:
    """The rate of consumption tax at the customs value of all units, in basis points.

    Some goods are taxed only from a price per gram, millilitre or piece up (high-end cosmetics,
    Caishui 2016-103), so the rate is found when the price is known, never kept. Refuses a label
    that cannot be read, or measures what the law sets no price for.
    """
    rule = tables.consumption_tax(line.hs_code)
    if rule is None:
        return 0
    if rule.rate is None:
        raise unknown("consumption_tax", line.hs_code)
    if not rule.at_least:
        return rule.rate
    content = net_content.parse(line.net_content)
    least = rule.at_least.get(content.measure)
    if least is None:
        raise unknown("consumption_tax", line.hs_code)
    return rule.rate if value >= least * content.amount * line.quantity else 0


def _rates(valued: Valued, part: Part, tables: Tables) -> Rates | None:
    line = valued.line
    if part.channel not in CBEC and part.channel != "GENERAL_TRADE_0110":
        return None
    tariff, collected = 0, tables.cbec.collected
    if part.channel == "GENERAL_TRADE_0110" or part.value > tables.cbec.per_order:
        proven = part.channel == "GENERAL_TRADE_0110" and line.certified
        tariff = tables.tariff(line.hs_code, line.origin if proven else None)
        collected = ALL
    return Rates(
        tariff=tariff,
        consumption_tax=consumption_tax_rate(line, valued.value, tables),
        vat=tables.vat(line.hs_code),
        collected=collected,
    )


def _assess_line(valued: Valued, rates: Rates | None, part: Part, tables: Tables) -> LineDuty:
    tariff, consumption_tax, vat = taxes(valued.value, rates) if rates else (0, 0, 0)
    return LineDuty(
        line=valued.place,
        sku=valued.line.sku,
        quantity=valued.line.quantity,
        channel=part.channel,
        price=valued.line.price,
        freight=valued.freight,
        insurance=valued.insurance,
        tariff=tariff,
        consumption_tax=consumption_tax,
        vat=vat,
        quota=valued.value if part.channel in CBEC else 0,
        rules=tables.version.isoformat(),
        rates=rates,
    )


def taxes(value: int, rates: Rates) -> tuple[int, int, int]:
    """Tariff, consumption tax and VAT on a customs value, in fen.

    With V the value, and t, c, v the rates: D = V·t, C = (V + D) / (1 - c) · c, A = (V + D + C)·v
    (Consumption Tax Regulation art. 9, VAT Law art. 14). The bases are exact and hold the whole
    consumption tax even where only a share is collected; each tax is rounded once, half-up. The
    share never touches the tariff.
    """
    duty = Fraction(value * rates.tariff, ALL)
    consumption_tax = (value + duty) * rates.consumption_tax / (ALL - rates.consumption_tax)
    vat = (value + duty + consumption_tax) * rates.vat / ALL
    share = Fraction(rates.collected, ALL)
    return _half_up(duty), _half_up(consumption_tax * share), _half_up(vat * share)


def returned(line: LineDuty, units: int, before: int = 0) -> LineDuty:
    """What *units* of a line carry of its sums, when *before* of them have gone back already.

    Units that go back in several returns carry, together, exactly what the line does.

    Raises:
        ValueError: The line has not so many units left.
    """
    sums = {name: portion(getattr(line, name), units, line.quantity, before) for name in _SUMS}
    return line.model_copy(update={"quantity": units, **sums})


def _half_up(amount: Fraction) -> int:
    """Exact fen, none of them negative, as a whole number of them."""
    return int(amount + Fraction(1, 2))
