"""Customs of the sandbox, over real HTTP: three documents, one decision, told and asked for."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from deploy.sandbox.declarations import OrderFiled, person_year
from tests.sandbox.trade import Trade, somebody
from tests.sandbox.world import Merchant, Sandbox
from tests.support.eventually import eventually


async def trouble(sandbox: Sandbox, **what: object) -> None:
    assert (await sandbox.http.post("/customs/faults", json=what)).status_code == 200


async def test_three_documents_that_agree_are_released_and_the_merchant_hears_it_signed(
    sandbox: Sandbox, merchant: Merchant
) -> None:
    trade = Trade(sandbox, merchant)
    stands = await trade.filed()
    assert stands == {
        "orderNo": trade.no,
        "status": "released",
        "code": None,
        "fields": [],
        "missing": [],
        "revision": 4,
        "occurredAt": stands["occurredAt"],
    }
    heard = await eventually(lambda: merchant.all(1))
    assert heard[0].is_signed()
    assert heard[0].says == stands


async def test_a_document_may_come_late_and_in_any_order(
    sandbox: Sandbox, merchant: Merchant
) -> None:
    trade = Trade(sandbox, merchant)
    missing: list[Any] = []
    for kind in ("logistics", "payments", "orders"):
        answer = await trade.file(kind)
        assert answer.json()["status"] == "accepted"
        stands = await trade.stands()
        missing.append((stands["status"], stands["missing"]))
    assert missing == [
        ("accepted", ["order", "payment"]),
        ("accepted", ["order"]),
        ("released", []),
    ]


async def test_a_document_filed_again_under_its_key_is_the_same_filing(
    sandbox: Sandbox, merchant: Merchant
) -> None:
    trade, key = Trade(sandbox, merchant), str(uuid4())
    first = await trade.file("orders", key)
    await trade.file("payments")
    await trade.file("logistics")
    again = await trade.file("orders", key)
    assert (again.status_code, again.content) == (201, first.content)
    other = await trade.file("orders", key, note="another")
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    under_another_key = await trade.file("orders")
    assert under_another_key.json() == first.json(), "the same words, so nothing new"
    assert (await trade.stands())["revision"] == 4
    changed = await trade.file("orders", note="another")
    assert (changed.status_code, changed.json()["code"]) == (409, "decided")


@pytest.mark.parametrize(
    ("kind", "change", "field"),
    [
        ("payments", {"amountPaid": "348.37"}, "acturalPaid"),
        ("payments", {"currency": "121"}, "currency"),
        ("payments", {"payerName": "李四"}, "buyerName"),
        ("payments", {"payerIdNumber": "11010519491231002X"}, "buyerIdNumber"),
        ("payments", {"payTransactionId": "pay_other"}, "payTransactionId"),
        ("logistics", {"logisticsNo": "SF0"}, "logisticsNo"),
        ("logistics", {"consignee": "李四"}, "consignee"),
        ("logistics", {"consigneeTelephone": "+853"}, "consigneeTelephone"),
        ("logistics", {"consigneeAddress": "澳門"}, "consigneeAddress"),
        ("logistics", {"currency": "121"}, "currency"),
    ],
)
async def test_documents_that_differ_are_held_until_one_is_corrected(
    sandbox: Sandbox, merchant: Merchant, kind: str, change: dict[str, str], field: str
) -> None:
    trade = Trade(sandbox, merchant)
    for each in ("orders", "payments", "logistics"):
        await trade.file(each, **(change if each == kind else {}))
    stands = await trade.stands()
    assert (stands["status"], stands["code"]) == ("held", "DOCUMENTS_DIFFER")
    other = "payment" if kind == "payments" else "logistics"
    assert stands["fields"] == [{"field": field, "documents": ["order", other]}]

    await trade.file(kind)
    assert (await trade.stands())["status"] == "released"
    heard = await eventually(lambda: merchant.all(2))
    told = sorted((one.says["revision"], one.says["status"]) for one in heard)
    assert told == [(4, "held"), (6, "released")]


@pytest.mark.parametrize(
    ("change", "code", "fields"),
    [
        ({"buyerIdNumber": "110105194912310021"}, "IDENTITY_INVALID", []),
        ({"buyerIdNumber": "M1234567"}, "IDENTITY_INVALID", []),
        ({"acturalPaid": "378.38"}, "SUMS_WRONG", ["acturalPaid"]),
        ({"goodsValue": "316.84"}, "SUMS_WRONG", ["goodsValue", "acturalPaid"]),
        ({"currency": "446"}, "CURRENCY", ["currency"]),
    ],
)
async def test_what_can_never_be_right_is_rejected_for_good(
    sandbox: Sandbox, merchant: Merchant, change: dict[str, str], code: str, fields: list[str]
) -> None:
    trade = Trade(sandbox, merchant)
    trade.order |= change
    stands = await trade.filed()
    assert (stands["status"], stands["code"]) == ("rejected", code)
    assert [one["field"] for one in stands["fields"]] == fields
    assert (await trade.file("orders", note="but")).status_code == 409


async def test_a_persons_year_is_one_for_all_merchants(
    sandbox: Sandbox, merchant: Merchant
) -> None:
    buyer = somebody()

    async def buys(*goods: int, ebc: str = "m01") -> tuple[str, str | None]:
        trade = Trade(sandbox, merchant, goods=goods, tax=0, discount=0, buyer=buyer, ebc=ebc)
        stands = await trade.filed()
        return stands["status"], stands["code"]

    for ebc in ("m01", "m02", "m03", "m04", "m05"):  # each of 5,000.00 with its freight
        assert await buys(4_980_00, ebc=ebc) == ("released", None)
    assert await buys(980_01, ebc="m06") == ("rejected", "CBEC_ANNUAL_LIMIT")
    assert await buys(980_00, ebc="m06") == ("released", None)
    assert await buys(1, ebc="m07") == ("rejected", "CBEC_ANNUAL_LIMIT")


async def test_more_than_five_thousand_passes_only_as_a_single_thing(
    sandbox: Sandbox, merchant: Merchant
) -> None:
    both = await Trade(sandbox, merchant, goods=(6_157_60, 30_00)).filed()
    assert (both["status"], both["code"]) == ("rejected", "CBEC_SINGLE_LIMIT")
    panel = await Trade(sandbox, merchant, goods=(6_157_60,), tax=1_496_30).filed()
    assert panel["status"] == "released"


async def test_a_held_order_uses_nothing_of_the_year(sandbox: Sandbox, merchant: Merchant) -> None:
    buyer = somebody()
    await trouble(sandbox, hold_percent=100)
    held = Trade(sandbox, merchant, goods=(25_000_00,), buyer=buyer)
    assert ((await held.filed())["status"], (await held.stands())["code"]) == ("held", "INSPECTION")
    await trouble(sandbox)
    other = Trade(sandbox, merchant, goods=(25_000_00,), buyer=buyer)
    assert (await other.filed())["status"] == "released"


def test_the_year_is_that_of_shanghai() -> None:
    eve = datetime(2025, 12, 31, 15, 59, 59, tzinfo=UTC)
    order = OrderFiled.model_construct(buyer_id_number="X")
    assert person_year(order, eve) == ("X", 2025)
    assert person_year(order, eve.replace(hour=16, minute=0)) == ("X", 2026)


async def test_customs_holds_rejects_and_is_slow_when_told_to(
    sandbox: Sandbox, merchant: Merchant
) -> None:
    await trouble(sandbox, hold_percent=100)
    held = Trade(sandbox, merchant)
    await held.filed()
    for status, code in (("released", None), ("released", "decided")):
        answer = await sandbox.http.post(
            f"/customs/orders/{held.no}/decision", json={"status": status}
        )
        assert answer.json()["code"] == code

    await trouble(sandbox, reject_percent=100, reject_code="NOT_FOR_SALE")
    stands = await Trade(sandbox, merchant).filed()
    assert (stands["status"], stands["code"]) == ("rejected", "NOT_FOR_SALE")

    await trouble(sandbox, delay_ms=150)
    slow = Trade(sandbox, merchant)
    assert (await slow.filed())["status"] == "accepted"
    await slow.file("logistics", weight="2.73")  # the first look is off: another comes
    await eventually(lambda: slow.heard(merchant))
    assert [one["status"] for one in slow.heard(merchant)] == ["released"]


async def test_a_corrected_order_is_accepted_again_until_customs_has_looked(
    sandbox: Sandbox, merchant: Merchant
) -> None:
    trade = Trade(sandbox, merchant)
    await trade.file("orders")
    await trade.file("logistics")
    await trade.file("payments", payerName="李四")
    assert (await trade.stands())["status"] == "held"
    await trouble(sandbox, delay_ms=150)
    await trade.file("payments")
    stands = await trade.stands()
    assert (stands["status"], stands["code"], stands["fields"]) == ("accepted", None, [])

    async def released() -> bool:
        return (await trade.stands())["status"] == "released"

    await eventually(released)


async def test_a_lost_word_never_comes_but_the_query_tells(
    sandbox: Sandbox, merchant: Merchant
) -> None:
    await trouble(sandbox, lost_percent=100)
    lost = Trade(sandbox, merchant)
    assert (await lost.filed())["status"] == "released"
    await trouble(sandbox)
    told = Trade(sandbox, merchant)
    await told.filed()
    await eventually(lambda: told.heard(merchant))
    assert lost.heard(merchant) == []


async def test_word_comes_again_until_the_merchant_takes_it(
    sandbox: Sandbox, merchant: Merchant
) -> None:
    merchant.answers.extend([500, 404, 200])
    await Trade(sandbox, merchant).filed()
    heard = await eventually(lambda: merchant.all(3))
    assert len({one.body for one in heard}) == 1


@pytest.mark.parametrize(("when", "known"), [("before", 404), ("after", 200)])
async def test_an_error_may_come_before_or_after_all_is_done(
    sandbox: Sandbox, merchant: Merchant, when: str, known: int
) -> None:
    await trouble(sandbox, **{f"http_{when}_percent": 100})
    trade, key = Trade(sandbox, merchant), str(uuid4())
    assert (await trade.file("orders", key)).status_code == 503
    await trouble(sandbox)
    assert (await sandbox.http.get(f"/customs/orders/{trade.no}")).status_code == known
    assert (await trade.file("orders", key)).status_code == 201


@pytest.mark.parametrize(
    "change",
    [
        {"orderNo": "N" * 31},
        {"goodsValue": 316.83},
        {"goodsValue": "316.8"},
        {"goodsValue": "-1.00"},
        {"goodsValue": "٣.00"},
        {"items": []},
        {"currency": "CNY"},
        {"callbackUrl": "ftp://somewhere"},
        {"surprise": "1"},
    ],
)
async def test_a_document_that_cannot_be_read_is_not_taken_and_not_quoted(
    sandbox: Sandbox, merchant: Merchant, change: dict[str, object]
) -> None:
    trade = Trade(sandbox, merchant)
    answer = await trade.file("orders", **change)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_body")
    assert trade.order["buyerIdNumber"] not in answer.text
    assert (await sandbox.http.get(f"/customs/orders/{trade.no}")).status_code == 404


async def test_customs_speaks_with_those_who_have_the_key(
    sandbox: Sandbox, merchant: Merchant
) -> None:
    trade = Trade(sandbox, merchant)
    for method, path in (
        ("POST", "/customs/orders"),
        ("POST", "/customs/payments"),
        ("POST", "/customs/logistics"),
        ("GET", f"/customs/orders/{trade.no}"),
        ("POST", "/payments/p/customs"),
    ):
        answer = await sandbox.http.request(method, path, headers={"Authorization": "Bearer no"})
        assert answer.status_code == 401
    keyless = await sandbox.http.post("/customs/orders", json=trade.order)
    assert (keyless.status_code, keyless.json()["code"]) == (400, "key_required")
