"""Three documents of one sale: what they add up to, and where they differ."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.orders.border.documents import (
    Consignee,
    Documents,
    Item,
    Kind,
    LogisticsDocument,
    Mismatch,
    OrderDocument,
    Paid,
    PaymentDocument,
    Person,
    Sale,
    Shipped,
    build,
    decimal,
    mismatches,
    order_no,
)
from shared.refusal import Refused

ANA = Person("陳安娜", "11010519491231002X")
DOOR = Consignee("陳安娜", "+8613800138000", "北京市朝陽區光華路1號")
COOKIES = Item("FEI-BAK-001", "傳統杏仁餅", "1905310000", 1, 60_86)
OIL = Item("FEI-OIL-001", "特級初榨橄欖油", "1509200000", 1, 105_61)
WINE = Item("FEI-WIN-001", "葡萄牙珍藏紅葡萄酒", "2204210000", 1, 150_36)
SALE = Sale(
    order_no="0E5KQ2T9W8Y7H6G5F4D3S2A1Z",
    merchant_id="m01",
    items=(COOKIES, OIL, WINE),
    goods_value=316_83,
    freight=20_00,
    tax_total=41_55,
    discount=30_00,
    actual_paid=348_38,
    buyer=ANA,
    consignee=DOOR,
)
PAID = Paid("pay_1", ANA, 348_38)
SHIPPED = Shipped("SF0000000000001", DOOR, 1, 2_720, 20_00)


def differing(documents: Documents) -> set[tuple[str, Kind]]:
    found = mismatches(documents.order, documents.payment, documents.logistics)
    return {(one.field, one.documents[1]) for one in found}


def test_cookies_oil_and_wine_with_a_voucher_make_three_documents_over_348_38() -> None:
    made = build(SALE, PAID, SHIPPED)
    assert made.order == OrderDocument(SALE, "pay_1", "SF0000000000001")
    assert made.payment == PaymentDocument(SALE.order_no, PAID)
    assert made.logistics == LogisticsDocument(SALE.order_no, SHIPPED)
    assert decimal(made.order.sale.actual_paid) == "348.38"
    assert mismatches(made.order, made.payment, made.logistics) == ()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"order_no": "N" * 31}, "customs.order-no"),
        ({"order_no": ""}, "customs.order-no"),
        ({"items": ()}, "customs.empty"),
        ({"items": (replace(OIL, quantity=0),)}, "customs.empty"),
        ({"goods_value": 286_83}, "customs.goods-value"),
        ({"actual_paid": 378_38}, "customs.actual-paid"),
        ({"freight": -1}, "customs.negative"),
    ],
)
def test_a_sale_customs_would_not_take_is_not_written_down(
    change: dict[str, object], code: str
) -> None:
    with pytest.raises(Refused) as refused:
        build(replace(SALE, **change), PAID, SHIPPED)
    assert refused.value.code == code


def test_an_order_number_may_have_thirty_characters() -> None:
    assert build(replace(SALE, order_no="N" * 30), PAID, SHIPPED)


def test_a_voucher_lowers_what_is_paid_and_not_the_goods() -> None:
    without = replace(SALE, discount=0, actual_paid=378_38)
    assert build(without, PAID, SHIPPED).order.sale.goods_value == SALE.goods_value


@pytest.mark.parametrize(
    ("paid", "field"),
    [
        (replace(PAID, amount=348_37), "acturalPaid"),
        (replace(PAID, currency="121"), "currency"),
        (replace(PAID, payer=replace(ANA, name="李四")), "buyerName"),
        (replace(PAID, payer=replace(ANA, id_number="110105194912310011")), "buyerIdNumber"),
    ],
)
def test_what_the_payment_says_otherwise_is_named(paid: Paid, field: str) -> None:
    assert differing(build(SALE, paid, SHIPPED)) == {(field, "payment")}


@pytest.mark.parametrize(
    ("consignee", "field"),
    [
        (replace(DOOR, name="李四"), "consignee"),
        (replace(DOOR, phone="+8613800138001"), "consigneeTelephone"),
        (replace(DOOR, address="北京市海淀區"), "consigneeAddress"),
    ],
)
def test_who_is_on_the_waybill_is_who_is_in_the_order(consignee: Consignee, field: str) -> None:
    made = build(SALE, PAID, replace(SHIPPED, consignee=consignee))
    assert differing(made) == {(field, "logistics")}


def test_documents_of_different_orders_payments_and_waybills_do_not_go_together() -> None:
    made = build(SALE, PAID, SHIPPED)
    order = replace(made.order, payment_no="pay_2", waybill_no="SF0000000000002")
    payment, logistics = replace(made.payment, order_no="P"), replace(made.logistics, order_no="L")
    assert mismatches(order, payment, logistics) == (
        Mismatch("orderNo", ("order", "payment")),
        Mismatch("payTransactionId", ("order", "payment")),
        Mismatch("orderNo", ("order", "logistics")),
        Mismatch("logisticsNo", ("order", "logistics")),
    )
    assert differing(build(SALE, PAID, replace(SHIPPED, currency="121"))) == {
        ("currency", "logistics")
    }


def test_documents_print_nobody() -> None:
    printed = repr(build(SALE, PAID, SHIPPED))
    assert SALE.order_no in printed
    for personal in (ANA.name, ANA.id_number, DOOR.phone, DOOR.address):
        assert personal not in printed


FEN = st.integers(0, 10**9)


@given(st.lists(st.tuples(st.integers(1, 1000), FEN), min_size=1, max_size=20), FEN, FEN, st.data())
def test_only_one_amount_is_right_and_it_is_what_the_payment_must_say(
    lines: list[tuple[int, int]], freight: int, tax: int, data: st.DataObject
) -> None:
    items = tuple(Item("s", "n", "190531", units, price) for units, price in lines)
    goods = sum(units * price for units, price in lines)
    discount = data.draw(st.integers(0, goods + freight + tax))
    right = goods + freight + tax - discount
    said = data.draw(st.integers(0, 2 * right + 1))
    sale = replace(
        SALE,
        items=items,
        goods_value=goods,
        freight=freight,
        tax_total=tax,
        discount=discount,
        actual_paid=said,
    )
    if said == right:
        made = build(sale, replace(PAID, amount=right), SHIPPED)
        assert differing(made) == set()
    else:
        with pytest.raises(Refused, match="actual-paid"):
            build(sale, PAID, SHIPPED)
        made = build(replace(sale, actual_paid=right), replace(PAID, amount=said), SHIPPED)
        assert differing(made) == {("acturalPaid", "payment")}


@given(st.uuids(), st.uuids())
def test_two_orders_never_share_a_number_and_every_number_is_short_enough(
    one: UUID, other: UUID
) -> None:
    numbers = order_no(str(one)), order_no(str(other))
    assert (one == other) == (numbers[0] == numbers[1])
    assert all(len(number) == 25 and number.isalnum() for number in numbers)
    assert int(numbers[0], 36) == one.int


@given(st.integers(0, 10**12))
def test_an_amount_is_written_with_two_decimals(fen: int) -> None:
    yuan, _, cents = decimal(fen).partition(".")
    assert (int(yuan) * 100 + int(cents), len(cents)) == (fen, 2)
