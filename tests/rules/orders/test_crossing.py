"""Crossing the border: when to look, which word of customs counts, what a route does."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.orders.border import carriage, crossing, documents, entry, filing
from services.orders.border.crossing import Crossing
from services.orders.border.documents import Consignee, Person
from services.orders.border.entry import Word
from services.orders.border.tracking import RouteNode, ShipmentStatus
from services.orders.ordering import course, refund
from services.orders.ordering.order import Order
from services.orders.ordering.policy import Policy
from shared.events.catalog import Description
from shared.events.duty import Duty, LineDuty
from shared.events.money import Money
from shared.events.orders import Import, Line, OrderConfirmed, OrderPlaced
from shared.events.text import Text
from shared.refusal import Refused

NOW = datetime(2026, 3, 1, tzinfo=UTC)
GRACE = NOW + timedelta(minutes=30)
LATER = GRACE + timedelta(hours=1)
POLICY = Policy(holds={})
ID = str(UUID(int=7))
WAYBILL = "SF0000000000001"
FIRST = timedelta(seconds=30)
LINE: dict[str, Any] = {"merchant_id": "m01", "unit_price": Money(amount=60_86, currency="CNY")}


def duty(channel: Any = "CBEC_DIRECT_9610", price: int = 182_58, quantity: int = 3) -> Duty:
    zero = dict.fromkeys(("insurance", "tariff", "consumption_tax"), 0)
    line = LineDuty(
        line=0,
        sku="cookies",
        quantity=quantity,
        channel=channel,
        price=price,
        freight=20_00,
        vat=18_43,
        quota=price + 20_00,
        rules="2026-01-01",
        **zero,
    )
    return Duty(currency="CNY", channel=channel, lines=(line,))


def confirmed(**of: Any) -> Order:
    its = duty(**of)
    lines = (Line(sku="cookies", quantity=its.lines[0].quantity, **LINE),)
    total = Money(amount=its.payable, currency="CNY")
    named: dict[str, Any] = {"festival_id": "f", "buyer_id": "b", "channel": "online"}
    way = Import(
        person=f"person-{'a' * 32}", consignee=f"consignee-{'a' * 32}", year=2026, duty=its
    )
    placed = OrderPlaced(
        order_id=ID,
        **named,
        lines=lines,
        total=total,
        placed_at=NOW,
        hold_until=GRACE,
        entry=way,
    )
    paid = OrderConfirmed(
        order_id=ID,
        **named,
        lines=lines,
        total=total,
        method="provider",
        payment_id="pay_1",
        at=NOW,
        grace_until=GRACE,
    )
    return after(Order(ID), [placed, paid])


def after(standing: Order, facts: Iterable[object]) -> Order:
    return reduce(course.evolve, facts, standing)


PAID = confirmed()
DECLARED = after(PAID, entry.declare(PAID, "rcp_1", WAYBILL, LATER, POLICY))
HELD = after(DECLARED, entry.hear(DECLARED, Word("held", "X", ("buyerName",), 3), LATER, POLICY))
RELEASED = after(DECLARED, entry.hear(DECLARED, Word("released", "", (), 3), LATER, POLICY))


def its(standing: Order) -> Crossing:
    assert standing.crossing
    return standing.crossing


def node(number: int, status: ShipmentStatus, waybill: str = WAYBILL) -> RouteNode:
    at = LATER + timedelta(minutes=number)
    return RouteNode(f"n{number}", waybill, at, status, "0", "北京")


PICKED, SIGNED = node(1, ShipmentStatus.PICKED_UP), node(2, ShipmentStatus.DELIVERED)


def test_goods_are_declared_when_their_buyer_may_no_longer_withdraw() -> None:
    assert its(PAID).look_at == GRACE
    with pytest.raises(Refused, match=r"entry\.grace"):
        entry.declare(PAID, "rcp_1", WAYBILL, GRACE - timedelta(seconds=1), POLICY)
    assert its(DECLARED).look_at == LATER


def test_stock_in_the_mainland_passes_no_customs() -> None:
    domestic = confirmed(channel="DOMESTIC_STOCK")
    assert domestic.crossing is None
    with pytest.raises(Refused, match=r"entry\.none"):
        entry.declare(domestic, "rcp_1", WAYBILL, LATER, POLICY)


def test_looks_that_come_to_nothing_are_longer_and_longer_apart_up_to_an_hour() -> None:
    standing, pauses = DECLARED, list[timedelta]()
    for _ in range(9):
        now = its(standing).look_at
        assert now
        assert crossing.put_off(ID, its(standing), now - timedelta(seconds=1), FIRST) == []
        standing = after(standing, crossing.put_off(ID, its(standing), now, FIRST))
        pauses.append((its(standing).look_at or now) - now)
    assert pauses[:3] == [FIRST, 2 * FIRST, 4 * FIRST]
    assert pauses[-1] == timedelta(hours=1)
    assert its(after(standing, entry.release(standing, LATER, POLICY))).looks == 0


def test_of_the_words_of_customs_the_latest_counts_however_they_come() -> None:
    words = [
        Word("held", "DOCUMENTS_DIFFER", ("buyerName",), 4),
        Word("accepted", "accepted", (), 5),
        Word("released", "released", (), 6),
    ]
    for told in permutations(words * 2):
        standing = DECLARED
        for word in told:
            standing = after(standing, entry.hear(standing, word, LATER, POLICY))
        assert (standing.status, its(standing).revision) == ("released", 6)


def test_a_hold_is_told_once_for_each_reason_and_names_the_fields() -> None:
    assert HELD.history[-1].why == "customs.X: buyerName"
    assert entry.hold(HELD, "customs.X", ("buyerName",), LATER, POLICY) == []
    again = entry.hear(HELD, Word("held", "INSPECTION", (), 4), LATER, POLICY)
    assert after(HELD, again).history[-1].why == "customs.INSPECTION"


def test_what_customs_still_says_counts_of_an_order_that_was_declared_anew() -> None:
    anew = after(HELD, entry.declare(HELD, "rcp_1", WAYBILL, LATER, POLICY))
    same = Word("held", "X", ("buyerName",), 3)
    assert entry.hear(anew, same, LATER, POLICY) == []
    assert after(anew, entry.hear(anew, same, LATER, POLICY, fresh=True)).status == "customs-held"
    assert (entry.attempt(HELD), entry.attempt(HELD, "carrier.")) == (1, 0)


def test_what_was_turned_away_stays_so_whatever_customs_says_later() -> None:
    away = after(DECLARED, entry.hear(DECLARED, Word("rejected", "X", (), 3), LATER, POLICY))
    assert (away.status, away.refunds[0].amount) == ("rejected", PAID.terms.total)
    assert entry.hear(away, Word("released", "", (), 4), LATER, POLICY) == []
    assert its(away).look_at is None


def test_nodes_in_any_order_and_twice_bring_the_parcel_once() -> None:
    for told in permutations([PICKED, SIGNED, PICKED, SIGNED]):
        standing = RELEASED
        for each in told:
            standing = after(standing, carriage.follow(standing, [each], SIGNED.at, POLICY))
        whats = [step.what for step in standing.history]
        assert (whats.count("shipped"), whats.count("delivered")) == (1, 1)
        assert standing.return_until == SIGNED.at + POLICY.return_within
        assert its(standing).look_at is None


def test_picked_up_before_the_release_leaves_with_it() -> None:
    early = after(DECLARED, carriage.follow(DECLARED, [PICKED], PICKED.at, POLICY))
    assert early.status == "declared"
    free = after(early, entry.hear(early, Word("released", "", (), 3), PICKED.at, POLICY))
    assert after(free, carriage.follow(free, [PICKED], PICKED.at, POLICY)).status == "shipped"


def test_another_parcel_moves_nothing() -> None:
    other = node(1, ShipmentStatus.DELIVERED, "SF-other")
    assert carriage.follow(RELEASED, [other], LATER, POLICY) == []


WHO = Person("陳安娜", "11010519491231002X")
TO = Consignee("陳安娜", "+8613800138000", "北京市朝陽區光華路1號")
GOODS = {
    "cookies": Description(
        merchant_id="m01",
        names=Text.model_validate(dict.fromkeys(("pt", "zh-Hant", "zh-Hans", "en"), "杏仁饼")),
        category="bakery",
        hs_code="190531",
        origin="MO",
        net_content="300 g",
        weight_g=420,
    )
}


@given(st.integers(1, 10**7), st.integers(1, 1000))
def test_the_lines_of_a_declaration_come_to_what_was_paid_to_the_fen(fen: int, units: int) -> None:
    standing = confirmed(price=fen, quantity=units)
    made = filing.build(standing, WHO, TO, GOODS, WAYBILL)
    items = made.order.sale.items
    assert sum(item.total for item in items) == fen
    assert sum(item.quantity for item in items) == units
    assert filing.weigh(standing, GOODS) == 420 * units
    assert documents.mismatches(made.order, made.payment, made.logistics) == ()


def test_money_that_went_back_meanwhile_is_a_document_that_differs() -> None:
    some = Money(amount=1, currency="CNY")
    limit = POLICY.refund_limit
    less = after(PAID, refund.ask(PAID, "r", some, NOW, reason="x", by="o", limit=limit))
    made = filing.build(less, WHO, TO, GOODS, WAYBILL)
    found = documents.mismatches(made.order, made.payment, made.logistics)
    assert [one.field for one in found] == ["acturalPaid"]


def test_general_trade_is_not_filed_with_three_documents() -> None:
    with pytest.raises(Refused, match=r"entry\.general-trade"):
        filing.build(confirmed(channel="GENERAL_TRADE_0110"), WHO, TO, GOODS, WAYBILL)


def test_goods_nothing_is_known_of_are_not_declared() -> None:
    with pytest.raises(Refused, match=r"entry\.unknown-goods"):
        filing.build(PAID, WHO, TO, {}, WAYBILL)


@given(st.uuids())
def test_an_order_is_known_by_its_number(id: UUID) -> None:
    assert documents.order_id(documents.order_no(str(id))) == str(id)


@pytest.mark.parametrize("no", ["", "0", "z" * 25, "Z" * 25, "-" * 25, "0" * 26, "é" * 25])
def test_what_is_no_number_of_ours_is_no_order(no: str) -> None:
    with pytest.raises(Refused, match=r"order\.unknown"):
        documents.order_id(no)
