"""A cart parted by the ways its goods come: nothing lost, nothing made up, no way that is not."""

from datetime import UTC, date, datetime
from fractions import Fraction
from math import floor
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.orders.border.crossborder import net_content, tables
from services.orders.border.crossborder.cart import CartLine, value
from services.orders.border.crossborder.duty import taxes
from services.orders.border.crossborder.quote import quote
from services.orders.border.crossborder.shanghai import day_of, year_of
from services.orders.border.crossborder.split import CBEC, Destination, split
from services.orders.pricing.allocation import allocate, portion
from shared.events.duty import Rates, SupplyChannel
from shared.events.money import Money
from shared.refusal import Refused

DAY = date(2025, 5, 24)
RULES = tables.on(DAY)
COOKIES, WINE, TILE, SALT, SERUM = "190531", "220421", "691390", "250100", "330499"
FEN = st.integers(0, 1_000_00)
SOLD: list[SupplyChannel] = ["DOMESTIC_STOCK", "GENERAL_TRADE_0110", *sorted(CBEC)]


def line(hs: str = COOKIES, fen: int = 100_00, **more: Any) -> CartLine:
    facts: dict[str, Any] = {
        "sku": f"of-{hs}",
        "quantity": 1,
        "unit_price": Money(amount=fen, currency="CNY"),
        "hs_code": hs,
        "origin": "MO",
        "net_content": "300 g",
    }
    return CartLine.model_validate(facts | more)


def ways(*lines: CartLine, to: Destination = "CN", used: int = 0, **more: Any) -> list[Any]:
    parts = split(value(lines), to, used, RULES, **more)
    return [(part.channel, *(valued.place for valued in part.lines)) for part in parts]


carts = st.lists(
    st.builds(
        line,
        st.sampled_from([COOKIES, WINE, TILE, SALT, SERUM]),
        FEN,
        quantity=st.integers(1, 3),
        channel=st.sampled_from(SOLD),
        certified=st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


def test_a_mixed_cart_becomes_a_sub_order_for_each_way() -> None:
    cart = [
        line(channel="CBEC_BONDED_1210"),
        line(channel="DOMESTIC_STOCK"),
        line(WINE),
        line(TILE, channel="CBEC_BONDED_1210"),
    ]
    assert ways(*cart) == [
        ("CBEC_BONDED_1210", 0, 3),
        ("DOMESTIC_STOCK", 1),
        ("CBEC_DIRECT_9610", 2),
    ]


def test_what_is_handed_over_in_macau_bears_nothing_in_any_currency() -> None:
    bought = line(WINE, unit_price=Money(amount=168_00, currency="MOP"), flags=("exhibit_only",))
    [duty] = quote([bought, line(SALT, unit_price=bought.unit_price)], "local", DAY)
    assert (duty.channel, duty.currency) == ("MACAU_LOCAL", "MOP")
    assert (duty.payable, duty.tax, duty.quota) == (336_00, 0, 0)
    assert [each.rates for each in duty.lines] == [None, None]


@pytest.mark.parametrize(
    ("to", "bought", "code"),
    [
        ("CN", line(flags=("exhibit_only", "medicine_restricted")), "channel.exhibit-only"),
        ("CN", line(flags=("medicine_restricted",)), "channel.medicine"),
        ("CN", line(channel="MACAU_LOCAL"), "channel.local-only"),
        ("CN", line(channel="POSTAL_PERSONAL"), "channel.postal"),
        ("CN", line(channel="ATA_DISPLAY"), "channel.on-display"),
        ("local", line(channel="ATA_DISPLAY"), "channel.on-display"),
        ("local", line(channel="CBEC_BONDED_1210"), "channel.bonded"),
        ("CN", line(SALT), "cbec.not-listed"),
        ("CN", line(flags=("cbec_list_unverified",)), "cbec.not-listed"),
        (
            "CN",
            line(SERUM, channel="GENERAL_TRADE_0110", flags=("cosmetic_filing_required",)),
            "channel.filing",
        ),
    ],
)
def test_goods_without_a_way_to_the_buyer_are_refused(
    to: Destination, bought: CartLine, code: str
) -> None:
    with pytest.raises(Refused) as no:
        ways(line(), bought, to=to)
    assert (no.value.code, no.value.facts["sku"]) == (code, bought.sku)


def test_goods_not_on_the_list_come_by_general_trade_if_the_buyer_agrees() -> None:
    cart = [line(), line(SALT), line(channel="GENERAL_TRADE_0110")]
    assert ways(*cart, general_trade=True) == [
        ("CBEC_DIRECT_9610", 0),
        ("GENERAL_TRADE_0110", 1, 2),
    ]


def test_the_year_is_shared_by_all_parts_and_the_one_that_does_not_fit_is_rerouted() -> None:
    cart = [
        line(channel="CBEC_BONDED_1210"),
        line(fen=150_00),
        line(channel="CBEC_BONDED_1239"),
        line(channel="GENERAL_TRADE_0110"),
    ]
    assert ways(*cart, used=25_800_00, general_trade=True) == [
        ("CBEC_BONDED_1210", 0),
        ("GENERAL_TRADE_0110", 1, 3),
        ("CBEC_BONDED_1239", 2),
    ]
    with pytest.raises(Refused, match=r"cbec\.annual-limit"):
        ways(*cart, used=25_800_00)


def test_lines_rerouted_keep_their_place_in_the_cart() -> None:
    cart = [line(channel="GENERAL_TRADE_0110"), line(), line(channel="GENERAL_TRADE_0110")]
    assert ways(*cart, used=26_000_00, general_trade=True) == [("GENERAL_TRADE_0110", 0, 1, 2)]


def test_cosmetics_without_a_filing_are_not_rerouted_to_general_trade() -> None:
    serum = line(SERUM, flags=("cosmetic_filing_required",))
    assert ways(serum) == [("CBEC_DIRECT_9610", 0)]
    with pytest.raises(Refused, match=r"channel\.filing"):
        ways(serum, used=26_000_00, general_trade=True)


def test_agreeing_to_general_trade_does_not_pass_the_limit_of_one_order() -> None:
    with pytest.raises(Refused, match=r"cbec\.single-limit"):
        ways(line(TILE, 6_000_00), line(), general_trade=True)


@pytest.mark.parametrize(
    ("cart", "code"),
    [
        ([], "order.empty"),
        ([line(reduction=100_01)], "cart.reduction"),
        ([line(), line(unit_price=Money(amount=1, currency="MOP"))], "order.currencies"),
        ([line(fen=10**13), line()], "order.too-dear"),
        ([line(unit_price=Money(amount=1, currency="MOP"))], "duty.currency"),
        ([line("220830")], "cbec.not-listed"),
        ([line("220830", channel="GENERAL_TRADE_0110")], "duty.rate-unknown"),
        ([line(SERUM, net_content="a jar")], "net-content.unreadable"),
    ],
)
def test_a_cart_that_cannot_be_reckoned_is_refused(cart: list[CartLine], code: str) -> None:
    with pytest.raises(Refused) as no:
        quote(cart, "CN", DAY)
    assert no.value.code == code


def test_vouchers_are_not_paid_out() -> None:
    assert quote([line()], "CN", DAY, tender=109_10)[0].payable == 0
    with pytest.raises(Refused, match=r"tender\.too-much"):
        quote([line()], "CN", DAY, tender=109_11)


@settings(deadline=None)
@given(cart=carts, freight=FEN, insurance=FEN, tender=st.integers(0, 1000), agreed=st.booleans())
def test_a_quote_loses_no_line_and_no_fen(
    cart: list[CartLine], freight: int, insurance: int, tender: int, *, agreed: bool
) -> None:
    sums = {"freight": freight, "insurance": insurance, "general_trade": agreed}
    try:
        quotes = quote(cart, "CN", DAY, tender=tender, **sums)
    except Refused as no:
        assert no.code in {  # noqa: PT017 - which refusals there may be is what is tested
            "cbec.not-listed",
            "cbec.single-limit",
            "cbec.annual-limit",
            "tender.too-much",
        }
        return
    told = [each for duty in quotes for each in duty.lines]
    assert sorted(each.line for each in told) == list(range(len(cart)))
    assert all(
        (cart[each.line].sku, cart[each.line].price) == (each.sku, each.price) for each in told
    )
    assert sum(each.freight for each in told) == freight
    assert sum(each.insurance for each in told) == insurance
    assert sum(duty.tender for duty in quotes) == tender
    assert sum(duty.payable for duty in quotes) == (
        sum(each.price for each in cart)
        + freight
        + insurance
        + sum(each.tax for each in told)
        - tender
    )
    assert len({duty.channel for duty in quotes}) == len(quotes)
    assert all(each.channel == duty.channel for duty in quotes for each in duty.lines)
    assert all(each.quota == (each.value if each.channel in CBEC else 0) for each in told)


@settings(deadline=None)
@given(carts, st.integers(0, 26_000_00))
def test_what_passes_stays_within_both_limits(cart: list[CartLine], used: int) -> None:
    try:
        parts = split(value(cart), "CN", used, RULES, general_trade=True)
    except Refused:
        return
    abroad = [part for part in parts if part.channel in CBEC]
    assert used + sum(part.value for part in abroad) <= 26_000_00
    assert all(part.value <= 5_000_00 or part.units == 1 for part in abroad)


rates = st.builds(
    Rates,
    tariff=st.integers(0, 10_000),
    consumption_tax=st.integers(0, 5_600),
    vat=st.integers(0, 2_000),
    collected=st.sampled_from([7000, 10_000]),
)


@settings(deadline=None)
@given(st.integers(0, 10**12), rates)
def test_taxes_are_those_of_the_formulas_as_the_law_writes_them(fen: int, at: Rates) -> None:
    t, c, v, share = (
        Fraction(rate, 10_000) for rate in (at.tariff, at.consumption_tax, at.vat, at.collected)
    )
    duty = fen * t
    consumption_tax = (fen + duty) / (1 - c) * c
    vat = (fen + duty + consumption_tax) * v
    exact = (duty, consumption_tax * share, vat * share)
    assert taxes(fen, at) == tuple(floor(tax + Fraction(1, 2)) for tax in exact)


@settings(deadline=None)
@given(st.integers(0, 10**9), st.integers(0, 10**9), rates)
def test_a_higher_value_never_bears_less_tax_at_the_same_rates(
    one: int, other: int, at: Rates
) -> None:
    low, high = sorted((one, other))
    assert all(less <= more for less, more in zip(taxes(low, at), taxes(high, at), strict=True))
    assert min(taxes(low, at)) >= 0


@settings(deadline=None)
@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**9), min_size=1, max_size=20))
def test_shares_add_up_and_are_within_one_of_what_is_due(total: int, weights: list[int]) -> None:
    shares = allocate(total, weights)
    assert sum(shares) == total
    whole = sum(weights)
    assert all(
        abs(share * whole - total * weight) < whole
        for share, weight in zip(shares, weights, strict=True)
        if whole
    )


def test_among_equals_the_earliest_gets_what_is_left() -> None:
    assert allocate(5, [1, 1, 1]) == (2, 2, 1)
    assert allocate(2, [0, 0, 0]) == (1, 1, 0)
    assert allocate(2000, [6086, 10561, 15036]) == (384, 667, 949)
    for nobody in ((), (1, -1)):
        with pytest.raises(ValueError, match="cannot be shared"):
            allocate(1, nobody)


@settings(deadline=None)
@given(st.integers(0, 10**9), st.lists(st.integers(0, 5), min_size=1, max_size=8))
def test_units_that_come_back_piecemeal_carry_what_they_carry_at_once(
    whole: int, returns: list[int]
) -> None:
    of = sum(returns) or 1
    back = [portion(whole, units, of, sum(returns[:at])) for at, units in enumerate(returns)]
    assert min(back) >= 0
    assert sum(back) == (whole if any(returns) else 0)


@pytest.mark.parametrize(
    ("label", "amount", "measure"),
    [
        ("300 g", 300, "g"),
        ("12 pcs", 12, "piece"),
        ("1 pc", 1, "piece"),
        ("1 vol.", 1, "piece"),
        ("30 ml", 30, "ml"),
        ("1 L", 1000, "ml"),
        ("0.75 l", 750, "ml"),
        ("75cl", 750, "ml"),
        ("1.5 kg", 1500, "g"),
        ("5 x 25 ml", 125, "ml"),
        ("8 × 33 ml", 264, "ml"),
    ],
)
def test_a_net_content_says_how_much(label: str, amount: int, measure: str) -> None:
    assert net_content.parse(label) == (amount, measure)


@pytest.mark.parametrize(
    "label",
    [
        "",
        "300",
        "g",
        "300 G",
        "about 300 g",
        "300 g ",
        "0 g",
        "0 x 5 ml",
        "-5 g",
        "1,5 kg",
        "3 x",
        "5 ml x 3",
        "٣ g",
        "1e3 g",
        "300 g\n",
        "5 pcs 25 ml",
    ],
)
def test_a_net_content_is_not_guessed_at(label: str) -> None:
    with pytest.raises(Refused, match=r"net-content\.unreadable"):
        net_content.parse(label)


def test_the_year_begins_at_midnight_in_shanghai() -> None:
    assert year_of(datetime(2025, 12, 31, 15, 59, 59, tzinfo=UTC)) == 2025
    assert year_of(datetime(2025, 12, 31, 16, 0, tzinfo=UTC)) == 2026
    assert day_of(datetime(2025, 5, 23, 16, 0, tzinfo=UTC)) == DAY
    with pytest.raises(ValueError, match="zone"):
        year_of(datetime(2025, 12, 31, 16, 0))  # noqa: DTZ001 - that it lacks a zone is the test


def test_every_way_goes_somewhere_or_is_refused() -> None:
    for channel in get_args(SupplyChannel):
        for to in get_args(Destination):
            try:
                [(way, _)] = ways(line(channel=channel), to=to)
            except Refused as no:
                assert no.code.startswith("channel.")  # noqa: PT017 - either end will do
            else:
                assert (way == "MACAU_LOCAL") == (to == "local" and channel != "DOMESTIC_STOCK")
