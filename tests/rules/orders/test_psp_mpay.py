"""MPay through Antom, from its side: notices, calls signed as it wants, answers it has signed."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import given

from services.orders.outside import Declined, Unreachable
from services.orders.psp.keys import PublicKeys
from services.orders.psp.mpay import MPay
from services.orders.psp.provider import Reply
from services.orders.psp.trade import refund_number, trade_number
from shared.events.money import Money
from shared.refusal import Refused
from tests.rules.orders.psp_world import (
    NOW,
    ORDER,
    TRADE,
    Answering,
    Asked,
    Letter,
    at_leisure,
    bodies_spoilt,
    headers_spoilt,
    ours,
    sign,
    speaking,
    theirs,
    verify,
)

PRICE = Money(amount=8888, currency="MOP")
CLIENT = "SANDBOX_5Y3A2N2YEB3002022"
AMOUNT = {"value": "8888", "currency": "MOP"}
OTHER = trade_number(ORDER, "other")
PATH = "/payments/callbacks/mpay"


def mpay(url: str = "http://nowhere") -> MPay:
    return MPay(
        url,
        client_id=CLIENT,
        key=ours("1"),
        public_keys=theirs("2"),
        callback_url=f"https://orders.example{PATH}",
        return_url="https://feira.example/thanks",
    )


def signed(content: bytes, signer: str = "theirs", version: str = "2") -> str:
    signature = quote(sign(content, signer), safe="")
    return f"algorithm=RSA256, keyVersion={version}, signature={signature}"


def notice(
    *,
    signer: str = "theirs",
    version: str = "2",
    client: str = CLIENT,
    stamp: str = "2026-05-24T22:00:03+08:00",
    path: str = PATH,
    result: str = "S",
    **other: Any,
) -> Letter:
    body = json.dumps(
        {
            "notifyType": "PAYMENT_RESULT",
            "result": {"resultCode": "SUCCESS", "resultStatus": result, "resultMessage": "ok"},
            "paymentRequestId": TRADE,
            "paymentId": "202605241940108001001886C0209051248",
            "paymentAmount": AMOUNT,
            "paymentTime": "2026-05-24T22:00:02+08:00",
            **other,
        }
    ).encode()
    signature = signed(f"POST {path}\n{client}.{stamp}.".encode() + body, signer, version)
    headers = {"client-id": client, "request-time": stamp, "signature": signature}
    return Letter(headers, body)


TRUE = notice()


def test_a_true_notice_says_that_money_came_and_wants_to_hear_s() -> None:
    heard = TRUE.read_by(mpay())
    told = heard.told
    assert (told.payment_id, told.merchant_order, told.status) == (TRADE, ORDER, "succeeded")
    assert (told.money, told.provider) == (PRICE, "mpay")
    success = b'{"result":{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"success"}}'
    assert heard.taken == Reply(200, "application/json", success)
    assert heard.untaken.status == 503
    assert json.loads(heard.untaken.body)["result"]["resultStatus"] == "U"


@pytest.mark.parametrize(
    ("other", "status"),
    [
        ({"result": "F"}, "failed"),
        ({"notifyType": "PAYMENT_PENDING"}, "pending"),
        ({"stamp": "1779631203000"}, "succeeded"),
        ({"signer": "next", "version": "2-next"}, "succeeded"),
    ],
)
def test_each_end_of_a_payment_is_one_of_ours(other: dict[str, Any], status: str) -> None:
    assert notice(**other).read_by(mpay()).told.status == status


def test_a_notice_that_comes_again_is_another_and_one_that_is_played_again_is_not() -> None:
    again = notice(stamp="2026-05-24T22:02:03+08:00").read_by(mpay())
    assert again.nonce != TRUE.read_by(mpay()).nonce
    rewritten = {**TRUE.headers, "signature": TRUE.headers["signature"].replace(", ", ",")}
    assert Letter(rewritten, TRUE.body).read_by(mpay()).nonce == TRUE.read_by(mpay()).nonce


@pytest.mark.parametrize(("there", "instead"), [("%3D", "%3d"), ("%3D", "="), ("%3D%3D", "%3D")])
def test_a_signature_is_written_in_one_way_only(there: str, instead: str) -> None:
    other = TRUE.headers["signature"].replace(there, instead)
    assert Letter({**TRUE.headers, "signature": other}, TRUE.body).is_refused_by(mpay())


@at_leisure
@given(bodies_spoilt(TRUE))
def test_a_body_changed_anywhere_is_refused(changed: Letter) -> None:
    if changed.body != TRUE.body:
        assert changed.is_refused_by(mpay())


@at_leisure
@given(headers_spoilt(TRUE, ("client-id", "request-time", "signature")))
def test_a_header_changed_anywhere_or_left_out_is_refused(changed: Letter) -> None:
    tight = {name: value.replace(" ", "") for name, value in changed.headers.items()}
    if tight != {name: value.replace(" ", "") for name, value in TRUE.headers.items()}:
        assert changed.is_refused_by(mpay())


@pytest.mark.parametrize(
    "other",
    [
        {"signer": "thief"},
        {"signer": "next"},
        {"version": "1"},
        {"client": "SANDBOX_OTHER"},
        {"path": "/payments/callbacks/sandbox"},
        {"stamp": "2026-05-24T21:54:59+08:00"},
        {"stamp": "2026-05-24T22:05:01+08:00"},
        {"stamp": "2026-05-24T22:00:03"},
        {"stamp": "9" * 30},
        {"stamp": ""},
        {"result": "U"},
        {"notifyType": "REFUND_RESULT"},
        {"paymentAmount": None},
        {"paymentAmount": {"value": "-1", "currency": "MOP"}},
        {"paymentAmount": {"value": "8888", "currency": "USD"}},
        {"paymentRequestId": "order-1"},
    ],
)
def test_what_is_not_a_notice_for_us_now_is_refused_however_well_signed(
    other: dict[str, Any],
) -> None:
    assert notice(**other).is_refused_by(mpay())


def test_notices_of_long_ago_are_read_to_this_day() -> None:
    """Made once with openssl and a key thrown away since."""
    kept = json.loads((Path(__file__).parent / "vectors" / "mpay.json").read_text())
    adapter = MPay(
        "http://nowhere",
        client_id=CLIENT,
        key=ours("1"),
        public_keys=PublicKeys.read(kept["public_keys"]),
        callback_url=f"https://orders.example{PATH}",
        return_url="",
    )
    letter = Letter(kept["headers"], kept["body"].encode())
    assert letter.read_by(adapter).told.money == PRICE
    assert letter.is_refused_by(mpay())


# Calls ------------------------------------------------------------------------------------------

Saying = Callable[[Asked], Mapping[str, Any]]


def antom(says: Saying, *, signer: str = "theirs", age: timedelta = timedelta()) -> Answering:
    """Answers what *says* says; the result is a success unless it says otherwise."""

    def answer(asked: Asked) -> tuple[int, Mapping[str, str], bytes]:
        result = {"resultStatus": "S", "resultCode": "SUCCESS", "resultMessage": "success."}
        body = json.dumps({"result": result, **says(asked)}).encode()
        stamp = (datetime.now(UTC) - age).isoformat()
        content = f"POST {asked.path}\n{CLIENT}.{stamp}.".encode() + body
        headers = {"Client-Id": CLIENT, "Response-Time": stamp}
        return 200, {**headers, "Signature": signed(content, signer)}, body

    return answer


def result(status: str, code: str) -> dict[str, Any]:
    return {"result": {"resultStatus": status, "resultCode": code, "resultMessage": ""}}


def payment(status: str, paid: datetime = NOW, **other: Any) -> dict[str, Any]:
    return {
        "paymentStatus": status,
        "paymentRequestId": TRADE,
        "paymentId": "2026052419401080",
        "paymentAmount": AMOUNT,
        "paymentTime": paid.isoformat(),
        **other,
    }


def check(asked: Asked) -> Any:
    """What was asked for, once Antom has checked who asks."""
    found = re.fullmatch(
        r"algorithm=RSA256,keyVersion=1,signature=(\S+)", asked.headers["signature"]
    )
    assert found
    stamp = asked.headers["request-time"]
    assert asked.headers["client-id"] == CLIENT
    verify(f"POST {asked.path}\n{CLIENT}.{stamp}.".encode() + asked.body, unquote(found[1]))
    return json.loads(asked.body)


async def test_a_buyer_is_sent_to_a_page_to_pay_under_our_number() -> None:
    begun = result("U", "PAYMENT_IN_PROCESS") | {"normalUrl": "https://mpay.example/pay/1"}
    async with speaking(mpay, antom(lambda _: begun)) as (adapter, teller):
        until = NOW + timedelta(minutes=14)
        expected = await adapter.authorise(ORDER, PRICE, until, "first-try")
    assert (expected.payment_id, expected.pay_url) == (TRADE, "https://mpay.example/pay/1")
    assert teller.asked[0].path == "/ams/api/v1/payments/pay"
    wish = check(teller.asked[0])
    assert (wish["paymentRequestId"], wish["paymentAmount"]) == (TRADE, AMOUNT)
    assert wish["paymentMethod"] == {"paymentMethodType": "MPAY"}
    assert wish["paymentNotifyUrl"] == f"https://orders.example{PATH}"
    assert wish["paymentExpiryTime"] == "2026-05-24T14:14:00.000Z"


async def test_only_patacas_are_asked_for_and_one_avo_at_least() -> None:
    for money in (Money(amount=1, currency="CNY"), Money(amount=0, currency="MOP")):
        with pytest.raises(Refused, match=r"payment\.currency"):
            await mpay().authorise(ORDER, money, NOW, "k")


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("SUCCESS", "succeeded"),
        ("FAIL", "failed"),
        ("CANCELLED", "voided"),
        ("PROCESSING", "pending"),
        ("PENDING", "pending"),
    ],
)
async def test_a_query_tells_what_came_of_a_payment(state: str, status: str) -> None:
    async with speaking(mpay, antom(lambda _: payment(state))) as (adapter, teller):
        told = await adapter.query(TRADE)
        assert told == await adapter.capture(TRADE, PRICE, "k")
    assert (told.status, told.money, told.merchant_order) == (status, PRICE, ORDER)
    assert check(teller.asked[0]) == {"paymentRequestId": TRADE}


@pytest.mark.parametrize(
    ("first", "then", "status", "calls"),
    [
        ("PROCESSING", "CANCELLED", "voided", ["inquiryPayment", "cancel", "inquiryPayment"]),
        ("PROCESSING", "SUCCESS", "succeeded", ["inquiryPayment", "cancel", "inquiryPayment"]),
        ("SUCCESS", "SUCCESS", "succeeded", ["inquiryPayment"]),
    ],
)
async def test_what_is_paid_is_not_cancelled_but_told(
    first: str, then: str, status: str, calls: list[str]
) -> None:
    states = iter((first, then))

    def says(asked: Asked) -> Mapping[str, Any]:
        return {} if asked.path.endswith("cancel") else payment(next(states))

    async with speaking(mpay, antom(says)) as (adapter, teller):
        assert (await adapter.void(TRADE)).status == status
    assert [asked.path.rpartition("/")[2] for asked in teller.asked] == calls


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({}, "succeeded"),
        (result("U", "REFUND_IN_PROCESS"), "pending"),
        (result("U", "UNKNOWN_EXCEPTION"), "pending"),
    ],
)
async def test_a_part_goes_back_under_a_number_of_its_own(
    answer: dict[str, Any], status: str
) -> None:
    def says(asked: Asked) -> Mapping[str, Any]:
        match asked.path.rpartition("/")[2]:
            case "inquiryPayment":
                return payment("SUCCESS", datetime.now(UTC) - timedelta(days=364))
            case "inquiryRefund":
                part = {"value": "1000", "currency": "MOP"}
                return {"refundStatus": "PROCESSING", "refundAmount": part}
            case _:
                return answer

    async with speaking(mpay, antom(says)) as (adapter, teller):
        part = Money(amount=1000, currency="MOP")
        back = await adapter.refund(TRADE, PRICE, part, "broken", "r1")
    assert (back.status, back.amount, back.payment_id) == (status, 1000, TRADE)
    assert back.refund_id == refund_number(TRADE, "r1")
    wish = check(teller.asked[1])
    assert wish["paymentId"] == "2026052419401080"
    assert (wish["refundRequestId"], wish["refundAmount"]["value"]) == (back.refund_id, "1000")


async def test_after_a_year_nothing_goes_back_and_nothing_is_asked() -> None:
    long_ago = datetime.now(UTC) - timedelta(days=365, minutes=1)
    async with speaking(mpay, antom(lambda _: payment("SUCCESS", long_ago))) as (adapter, teller):
        with pytest.raises(Declined, match="365 days"):
            await adapter.refund(TRADE, PRICE, PRICE, "late", "r1")
    assert [asked.path.rpartition("/")[2] for asked in teller.asked] == ["inquiryPayment"]


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (antom(lambda _: result("F", "ORDER_NOT_EXIST")), Declined),
        (antom(lambda _: result("U", "UNKNOWN_EXCEPTION")), Unreachable),
        (antom(lambda _: payment("LATER")), Unreachable),
        (antom(lambda _: payment("SUCCESS", paymentRequestId=OTHER)), Unreachable),
        (antom(lambda _: {}), Unreachable),
        (antom(lambda _: payment("SUCCESS"), signer="thief"), Unreachable),
        (antom(lambda _: payment("SUCCESS"), age=timedelta(minutes=6)), Unreachable),
        (antom(lambda _: result("F", "NO"), signer="thief"), Unreachable),
        (lambda _: (200, {}, json.dumps(payment("SUCCESS")).encode()), Unreachable),
        (lambda _: (404, {}, b""), Unreachable),
        (lambda _: (502, {}, b"<html>"), Unreachable),
    ],
)
async def test_a_no_is_a_no_and_whatever_is_unclear_is_unknown(
    answer: Answering, raised: type[Exception]
) -> None:
    async with speaking(mpay, answer) as (adapter, _teller):
        with pytest.raises(Unreachable) as caught:
            await adapter.query(TRADE)
    assert type(caught.value) is raised


async def test_a_payment_that_may_or_may_not_have_begun_is_unknown() -> None:
    unclear = antom(lambda _: result("U", "UNKNOWN_EXCEPTION"))
    async with speaking(mpay, unclear) as (adapter, _teller):
        with pytest.raises(Unreachable):
            await adapter.authorise(ORDER, PRICE, NOW, "k")
