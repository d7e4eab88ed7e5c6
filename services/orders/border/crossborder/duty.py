"""Duty: tariff, consumption tax and VAT of each line, each half-up to the fen."""

from services.orders.border.crossborder import net_content
from services.orders.border.crossborder.cart import CartLine, Valued
from services.orders.border.crossborder.split import CBEC, Part
from services.orders.border.crossborder.tables import Tables, unknown
from services.orders.pricing.allocation import portion
from shared.events.duty import LineDuty, Rates, SupplyChannel

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
    general = part.channel == "GENERAL_TRADE_0110"
    full = general or (part.channel in CBEC and part.value > tables.cbec.per_order)
    told: list[LineDuty] = []
    for valued in part.lines:
        rates = None
        if general or part.channel in CBEC:
            proven = valued.line.origin if general and valued.line.certified else None
            rates = Rates(
                tariff=tables.tariff(valued.line.hs_code, proven) if full else 0,
                consumption_tax=consumption_tax_rate(valued.line, valued.value, tables),
                vat=tables.vat(valued.line.hs_code),
                collected=ALL if full else tables.cbec.collected,
            )
        told.append(_line(valued, rates, part.channel, tables))
    return tuple(told)


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


def taxes(value: int, rates: Rates) -> tuple[int, int, int]:
    """Tariff, consumption tax and VAT on a customs value, in fen.

    With V the value, and t, c, v the rates: D = V·t, C = (V + D) / (1 - c) · c, A = (V + D + C)·v
    (Consumption Tax Regulation art. 9, VAT Law art. 14). The bases are exact and hold the whole
    consumption tax even where only a share of it and of VAT is collected; each tax is rounded once,
    half-up. The share never touches the tariff.
    """
    # Each as one fraction: V + D is V·(1 + t), and so V + D + C is V·(1 + t) / (1 - c).
    taxed = value * (ALL + rates.tariff) * rates.collected
    of = ALL * ALL * (ALL - rates.consumption_tax)
    return (
        _half_up(value * rates.tariff, ALL),
        _half_up(taxed * rates.consumption_tax, of),
        _half_up(taxed * rates.vat, of),
    )


def returned(line: LineDuty, units: int, before: int = 0) -> LineDuty:
    """What *units* of a line carry of its sums, when *before* of them have gone back already.

    Units that go back in several returns carry, together, exactly what the line does.

    Raises:
        ValueError: The line has not so many units left.
    """
    sums = {name: portion(getattr(line, name), units, line.quantity, before) for name in _SUMS}
    return line.model_copy(update={"quantity": units, **sums})


def _line(valued: Valued, rates: Rates | None, channel: SupplyChannel, tables: Tables) -> LineDuty:
    tariff, consumption_tax, vat = taxes(valued.value, rates) if rates else (0, 0, 0)
    return LineDuty(
        line=valued.place,
        sku=valued.line.sku,
        quantity=valued.line.quantity,
        channel=channel,
        price=valued.line.price,
        freight=valued.freight,
        insurance=valued.insurance,
        tariff=tariff,
        consumption_tax=consumption_tax,
        vat=vat,
        quota=valued.value if channel in CBEC else 0,
        rules=tables.version.isoformat(),
        rates=rates,
    )


def _half_up(fen: int, of: int) -> int:
    """The fraction *fen* / *of*, not negative, as a whole number of fen."""
    return (2 * fen + of) // (2 * of)
