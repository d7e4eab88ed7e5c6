"""What is due on goods that cross the border: every figure that was worked out by hand."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from services.orders.border.crossborder import net_content, tables
from services.orders.border.crossborder.cart import CartLine
from services.orders.border.crossborder.duty import consumption_tax_rate, returned, taxes
from services.orders.border.crossborder.quote import quote
from services.orders.border.crossborder.split import CBEC
from services.orders.pricing.rates import convert
from shared.events.duty import Duty, LineDuty, Rates, SupplyChannel
from shared.events.money import Money, Rate
from shared.refusal import Refused

DAY = date(2025, 5, 24)
BOTH_LAWS = [DAY, date(2026, 2, 1)]
"""Before and under the VAT Law, whose rates are the same."""
DATA = Path(__file__).parents[3] / "deploy/demo/data/macau_products.json"
PRODUCTS: dict[str, dict[str, Any]] = {
    product["sku"]: product for product in json.loads(DATA.read_text("utf-8"))["products"]
}
COOKIES, OIL, WINE, SERUM = "FEI-BAK-001", "FEI-OIL-001", "FEI-WIN-001", "FEI-COS-001"
MASKS, PANEL, MAGNET, BOOK = "FEI-COS-004", "FEI-CUL-007", "FEI-CUL-001", "FEI-BOO-001"
MEDICINE, SALT = "FEI-TCM-004", "FEI-SAU-004"


def priced(sku: str, rate: str = "0.8950") -> int:
    mop = Money(amount=int(Decimal(PRODUCTS[sku]["price_mop"]) * 100), currency="MOP")
    at_rate = Rate(base="MOP", quote="CNY", rate=rate, source="illustrative")
    return convert(mop, "CNY", [at_rate]).amount


def line(sku: str, fen: int | None = None, **more: Any) -> CartLine:
    product = PRODUCTS[sku]
    facts: dict[str, Any] = {
        "sku": sku,
        "quantity": 1,
        "unit_price": Money(amount=priced(sku) if fen is None else fen, currency="CNY"),
        "hs_code": product["hs_code"],
        "origin": product["origin"],
        "net_content": product["net_content"],
        "flags": product["compliance_flags"],
    }
    return CartLine.model_validate(facts | more)


def due(*lines: CartLine, day: date = DAY, **more: Any) -> Duty:
    [duty] = quote(lines, "CN", day, **more)
    return duty


def three(of: LineDuty) -> tuple[int, int, int]:
    return of.tariff, of.consumption_tax, of.vat


@pytest.mark.parametrize("day", BOTH_LAWS)
@pytest.mark.parametrize(
    ("bought", "expected"),
    [
        (line(COOKIES, 200_00), (0, 0, 18_20)),
        (line(OIL, 300_00), (0, 0, 18_90)),
        (line(WINE, 500_00), (0, 38_89, 50_56)),
        (line(SERUM, 425_00, net_content="20 g"), (0, 52_50, 45_50)),
    ],
)
def test_within_the_limits_no_tariff_and_seven_tenths_of_the_other_taxes(
    bought: CartLine, expected: tuple[int, int, int], day: date
) -> None:
    assert three(due(bought, day=day).lines[0]) == expected


def test_two_taxes_rounded_apart_are_not_the_composite_rate() -> None:
    # 0.7 · (c + v) / (1 - c) of 500.00 is 89.44; the law knows two taxes, and they come to 89.45.
    assert due(line(WINE, 500_00)).tax == 89_45


@pytest.mark.parametrize(
    ("sku", "price", "expected"),
    [
        (COOKIES, 60_86, (0, 0, 5_54)),
        (OIL, 105_61, (0, 0, 6_65)),
        (WINE, 150_36, (0, 11_69, 15_20)),
        (SERUM, 293_56, (0, 36_26, 31_43)),
        (MASKS, 69_81, (0, 0, 6_35)),
        (BOOK, 114_56, (0, 0, 7_22)),
    ],
)
def test_the_catalogue_at_0_8950(sku: str, price: int, expected: tuple[int, int, int]) -> None:
    [only] = due(line(sku)).lines
    assert (only.price, three(only)) == (price, expected)


def test_one_dear_item_is_taxed_in_full_and_counts_to_the_year() -> None:
    duty = due(line(PANEL), used=1_000_00)
    assert duty.channel == "CBEC_DIRECT_9610"
    assert three(duty.lines[0]) == (615_76, 0, 880_54)
    assert duty.tax == 1_496_30
    assert 1_000_00 + duty.quota == 7_157_60


def test_a_certificate_frees_general_trade_only() -> None:
    assert due(line(PANEL, certified=True)).tax == 1_496_30


def test_a_dear_item_and_another_are_not_one_order() -> None:
    with pytest.raises(Refused) as no:
        due(line(PANEL), line(MAGNET))
    assert no.value.code == "cbec.single-limit"
    assert no.value.facts == {"value": 6_182_66, "limit": 5_000_00, "skus": [PANEL, MAGNET]}


def test_two_of_a_dear_item_are_not_a_single_one() -> None:
    with pytest.raises(Refused, match=r"cbec\.single-limit"):
        due(line(PANEL, quantity=2))


def test_the_limits_themselves_are_within() -> None:
    assert due(line(MAGNET, 2_500_00, quantity=2), used=21_000_00).tax == 455_00
    with pytest.raises(Refused, match=r"cbec\.single-limit"):
        due(line(MAGNET, 2_500_00, quantity=2), freight=1)


def test_beyond_the_year_is_refused() -> None:
    with pytest.raises(Refused) as no:
        due(line(COOKIES, 200_00), used=25_900_00)
    assert no.value.code == "cbec.annual-limit"
    assert no.value.facts == {"value": 200_00, "left": 100_00, "limit": 26_000_00}


def test_beyond_the_year_goods_come_by_general_trade_if_the_buyer_agrees() -> None:
    duty = due(line(COOKIES, 200_00), used=25_900_00, general_trade=True)
    assert (duty.channel, duty.quota) == ("GENERAL_TRADE_0110", 0)
    assert three(duty.lines[0]) == (20_00, 0, 28_60)


def test_three_lines_share_the_freight_and_a_voucher_is_money() -> None:
    duty = due(line(COOKIES), line(OIL), line(WINE), freight=20_00, tender=30_00)
    assert duty.price == 316_83
    assert [each.freight for each in duty.lines] == [3_84, 6_67, 9_49]
    assert [each.value for each in duty.lines] == [64_70, 112_28, 159_85]
    assert [three(each) for each in duty.lines] == [
        (0, 0, 5_89),
        (0, 0, 7_07),
        (0, 12_43, 16_16),
    ]
    assert (duty.tax, duty.payable, duty.quota) == (41_55, 348_38, 336_83)


def test_a_price_cut_lowers_the_tax_and_a_voucher_does_not() -> None:
    cut = due(line(COOKIES, 200_00, quantity=2, reduction=200_00))
    assert (cut.value, cut.tax, cut.payable) == (200_00, 18_20, 218_20)
    voucher = due(line(COOKIES, 200_00, quantity=2), tender=200_00)
    assert (voucher.value, voucher.tax, voucher.payable) == (400_00, 36_40, 236_40)


def test_macau_cookies_enter_general_trade_free_of_tariff_with_a_certificate() -> None:
    proven = line(COOKIES, channel="GENERAL_TRADE_0110", certified=True)
    assert three(due(proven).lines[0]) == (0, 0, 7_91)
    assert due(line(COOKIES, channel="GENERAL_TRADE_0110")).lines[0].tariff == 6_09


def test_a_certificate_does_not_make_portuguese_wine_macanese() -> None:
    duty = due(line(WINE, channel="GENERAL_TRADE_0110", certified=True))
    assert three(duty.lines[0]) == (21_05, 19_05, 24_76)
    assert duty.tax == 64_86


@pytest.mark.parametrize(("rate", "expected"), [("0.9614", 0), ("0.9615", 1500)])
def test_masks_become_high_end_cosmetics_with_the_exchange_rate(rate: str, expected: int) -> None:
    bought = line(MASKS, priced(MASKS, rate))
    [only] = due(bought).lines
    assert only.rates
    assert only.rates.consumption_tax == expected
    assert (only.consumption_tax > 0) == bool(expected)


def test_high_end_begins_at_fifteen_a_piece_and_ten_a_millilitre() -> None:
    rules = tables.on(DAY)
    masks, serum = line(MASKS), line(SERUM, quantity=2)
    assert [consumption_tax_rate(masks, fen, rules) for fen in (74_99, 75_00)] == [0, 1500]
    assert [consumption_tax_rate(serum, fen, rules) for fen in (299_99, 300_00)] == [0, 1500]


@pytest.mark.parametrize("day", BOTH_LAWS)
@pytest.mark.parametrize("sku", PRODUCTS)
def test_rates_follow_from_the_hs_code_and_the_price(sku: str, day: date) -> None:
    rules, product = tables.on(day), PRODUCTS[sku]
    found = (
        consumption_tax_rate(line(sku), priced(sku), rules),
        rules.vat(product["hs_code"]),
    )
    told = (product["consumption_tax_rate"], product["vat_rate"])
    assert found == tuple(int(Decimal(rate) * 10_000) for rate in told)


def test_all_sixty_labels_can_be_read() -> None:
    assert len(PRODUCTS) == 60
    assert all(net_content.parse(each["net_content"]).amount > 0 for each in PRODUCTS.values())


def test_all_of_the_sixty_but_medicine_and_salt_come_by_cross_border_e_commerce() -> None:
    refused: dict[str, str] = {}
    for sku in PRODUCTS:
        try:
            assert due(line(sku)).channel in CBEC
        except Refused as no:
            refused[sku] = no.code
    assert refused == {MEDICINE: "channel.exhibit-only", SALT: "cbec.not-listed"}


def test_units_sent_back_one_by_one_carry_what_the_line_does() -> None:
    [bought] = due(line(WINE, 166_67, quantity=3), freight=10_00).lines
    back = [returned(bought, 1, before) for before in range(3)]
    for name in ("price", "freight", "consumption_tax", "vat", "quota"):
        assert sum(getattr(each, name) for each in back) == getattr(bought, name)
    assert returned(bought, 3) == bought
    with pytest.raises(ValueError, match="1 units after 3"):
        returned(bought, 1, before=3)


def test_a_tie_is_rounded_up_exactly() -> None:
    rates = Rates(tariff=500, consumption_tax=1000, vat=1300, collected=10_000)
    # 10 fen at 5 % is half a fen; 10.5 · 0.1 / 0.9 is 1.17; (10.5 + 1.1667) · 0.13 is 1.52.
    assert taxes(10, rates) == (1, 1, 2)


@pytest.mark.parametrize("channel", ["DOMESTIC_STOCK", "CBEC_BONDED_1210", "CBEC_BONDED_1239"])
def test_only_goods_not_cleared_already_bear_tax(channel: SupplyChannel) -> None:
    duty = due(line(COOKIES, 200_00, channel=channel))
    bonded = channel != "DOMESTIC_STOCK"
    assert (duty.channel, duty.tax, duty.quota) == (
        channel,
        18_20 if bonded else 0,
        200_00 if bonded else 0,
    )


def test_a_line_says_by_which_rules_it_was_taxed_and_can_be_reckoned_again() -> None:
    for day, version in [(DAY, "2025-01-01"), (date(2026, 2, 1), "2026-01-01")]:
        duty = due(line(WINE), day=day)
        assert duty.lines[0].rules == version
        assert due(line(WINE), day=date.fromisoformat(version)) == duty


def test_a_quote_is_told_and_read_back_without_loss() -> None:
    duty = due(line(WINE), line(COOKIES), freight=20_00, tender=5_00)
    assert Duty.model_validate_json(duty.model_dump_json()) == duty
