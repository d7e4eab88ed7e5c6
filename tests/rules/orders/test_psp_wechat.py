"""WeChat Pay, from its side: sealed notices, calls signed as it wants, answers it has signed."""

import base64
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given

from services.orders.outside import Declined, Unreachable
from services.orders.psp.keys import PublicKeys
from services.orders.psp.provider import Reply
from services.orders.psp.trade import refund_number, trade_number
from services.orders.psp.wechat import WeChat
from shared.events.money import Money
from shared.refusal import Refused
from tests.rules.orders.psp_world import (
    NOW,
    ORDER,
    TRADE,
    Answering,
    Asked,
    Letter,
    Teller,
    at_leisure,
    bodies_spoilt,
    headers_spoilt,
    ours,
    sign,
    speaking,
    theirs,
    verify,
)

PRICE = Money(amount=8888, currency="CNY")
SECRET = "0123456789abcdef0123456789abcdef"  # noqa: S105 - of this test alone
SERIAL = "PUB_KEY_ID_0114232134912410000000000000"


def wechat(url: str = "http://nowhere", secret: str = SECRET) -> WeChat:
    return WeChat(
        url,
        app_id="wxd678efh567hg6787",
        merchant_id="1230000109",
        key=ours("1DDE55AD98ED71D6EDD4A4A16996DE7B47773A8C"),
        secret=secret,
        public_keys=theirs(SERIAL),
        callback_url="https://orders.example/payments/callbacks/wechat",
    )


def trade(**other: Any) -> dict[str, Any]:
    return {
        "mchid": "1230000109",
        "appid": "wxd678efh567hg6787",
        "out_trade_no": TRADE,
        "transaction_id": "1217752501201407033233368018",
        "trade_type": "NATIVE",
        "trade_state": "SUCCESS",
        "success_time": "2026-05-24T22:00:02+08:00",
        "amount": {"total": 8888, "payer_total": 8000, "currency": "CNY", "payer_currency": "CNY"},
        **other,
    }


def refund(**other: Any) -> dict[str, Any]:
    return {
        "mchid": "1230000109",
        "out_trade_no": TRADE,
        "out_refund_no": refund_number(TRADE, "r1"),
        "refund_id": "50200207182018070300011301001",
        "refund_status": "SUCCESS",
        "amount": {"total": 8888, "refund": 1000, "payer_total": 8888, "payer_refund": 1000},
        **other,
    }


def said(body: bytes, at: datetime, signer: str = "theirs", **other: str) -> dict[str, str]:
    """The headers under which WeChat Pay says anything."""
    stamp, nonce = str(int(at.timestamp())), "EbKvGmmqvrYRDD5EBzgZGtYGSuDrRsbJ"
    return {
        "wechatpay-timestamp": stamp,
        "wechatpay-nonce": nonce,
        "wechatpay-serial": SERIAL,
        "wechatpay-signature": sign(f"{stamp}\n{nonce}\n".encode() + body + b"\n", signer),
        "wechatpay-signature-type": "WECHATPAY2-SHA256-RSA2048",
        **other,
    }


def sealed(
    inside: Mapping[str, Any], *, secret: str = SECRET, kind: str = "transaction", **other: Any
) -> bytes:
    number, about = "fdasflkja484", kind
    ciphertext = AESGCM(secret.encode()).encrypt(
        number.encode(), json.dumps(inside).encode(), about.encode()
    )
    return json.dumps(
        {
            "id": "EV-2018022511223320873",
            "create_time": "2026-05-24T22:00:02+08:00",
            "resource_type": "encrypt-resource",
            "event_type": "TRANSACTION.SUCCESS",
            "summary": "支付成功",
            "resource": {
                "original_type": kind,
                "algorithm": "AEAD_AES_256_GCM",
                "ciphertext": base64.b64encode(ciphertext).decode(),
                "associated_data": about,
                "nonce": number,
                **other,
            },
        }
    ).encode()


def notice(body: bytes, at: datetime = NOW, signer: str = "theirs", **headers: str) -> Letter:
    return Letter(said(body, at, signer, **headers), body)


TRUE = notice(sealed(trade()))
NAMES = ("wechatpay-timestamp", "wechatpay-nonce", "wechatpay-serial", "wechatpay-signature")


def test_a_true_notice_is_opened_and_answered_with_success() -> None:
    heard = TRUE.read_by(wechat())
    told = heard.told
    assert (told.payment_id, told.merchant_order, told.status) == (TRADE, ORDER, "succeeded")
    assert told.money == PRICE, "what the order costs, whatever a coupon of theirs paid of it"
    assert (told.provider, told.refund) == ("wechat", None)
    assert heard.nonce == "EbKvGmmqvrYRDD5EBzgZGtYGSuDrRsbJ"
    assert heard.taken == Reply(200, "application/json", b'{"code":"SUCCESS"}')
    assert heard.untaken.status == 503
    assert json.loads(heard.untaken.body)["code"] == "FAIL"


@pytest.mark.parametrize(
    ("state", "status"), [("SUCCESS", "succeeded"), ("CLOSED", "failed"), ("ABNORMAL", "failed")]
)
def test_a_notice_of_a_refund_says_which_and_what_came_of_it(state: str, status: str) -> None:
    body = sealed(refund(refund_status=state), kind="refund")
    told = notice(body).read_by(wechat()).told
    assert (told.status, told.money) == ("succeeded", PRICE)
    assert told.refund
    assert told.refund.refund_id == refund_number(TRADE, "r1")
    assert (told.refund.status, told.refund.amount) == (status, 1000)


def test_a_notice_signed_with_the_next_key_is_as_good() -> None:
    body = sealed(trade())
    assert notice(body, NOW, "next", **{"wechatpay-serial": f"{SERIAL}-next"}).read_by(wechat())


@at_leisure
@given(bodies_spoilt(TRUE))
def test_a_body_changed_anywhere_is_refused(changed: Letter) -> None:
    if changed.body != TRUE.body:
        assert changed.is_refused_by(wechat())


@at_leisure
@given(headers_spoilt(TRUE, NAMES))
def test_a_header_changed_anywhere_or_left_out_is_refused(changed: Letter) -> None:
    if changed.headers != TRUE.headers:
        assert changed.is_refused_by(wechat())


@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_notice_of_another_time_is_refused(seconds: int) -> None:
    assert TRUE.is_refused_by(wechat(), NOW + timedelta(seconds=seconds))
    assert TRUE.read_by(wechat(), NOW + timedelta(seconds=seconds * 300 // 301))


@pytest.mark.parametrize(
    "letter",
    [
        notice(sealed(trade()), NOW, "thief"),
        notice(sealed(trade()), NOW, "next"),
        notice(sealed(trade(mchid="1"))),
        notice(sealed(trade(appid="wx1"))),
        notice(sealed(refund(mchid="1"), kind="refund")),
        notice(sealed(refund(refund_status="LATER"), kind="refund")),
        notice(sealed(trade(trade_state="LATER"))),
        notice(sealed(trade(out_trade_no="order-1"))),
        notice(sealed(trade(amount={"total": -1, "currency": "CNY"}))),
        notice(sealed(trade(amount={"total": 1, "currency": "USD"}))),
        notice(sealed(trade(), secret="x" * 32)),
        notice(sealed(trade(), algorithm="AES")),
        notice(sealed(trade(), associated_data="refund")),
        notice(sealed(trade(), nonce="fdasflkja485")),
        notice(sealed(trade(), nonce="")),
        notice(sealed(trade(), ciphertext="")),
        notice(sealed(trade(), original_type="coupon")),
        notice(b"{}"),
        notice(b""),
        notice(sealed(trade()), **{"wechatpay-timestamp": "²²"}),
        Letter({}, TRUE.body),
    ],
)
def test_what_is_not_a_notice_for_us_is_refused_however_well_signed(letter: Letter) -> None:
    assert letter.is_refused_by(wechat())


def test_notices_of_long_ago_are_read_to_this_day() -> None:
    """Made once with openssl and a key thrown away since."""
    kept = json.loads((Path(__file__).parent / "vectors" / "wechat.json").read_text())
    adapter = WeChat(
        "http://nowhere",
        app_id="wxd678efh567hg6787",
        merchant_id="1230000109",
        key=ours("1"),
        secret=SECRET,
        public_keys=PublicKeys.read(kept["public_keys"]),
        callback_url="",
    )
    letter = Letter(kept["headers"], kept["body"].encode())
    assert letter.read_by(adapter).told.money == PRICE
    assert letter.is_refused_by(wechat())


# Calls ------------------------------------------------------------------------------------------


def answering(inside: object, status: int = 200, signer: str = "theirs") -> Answering:
    body = b"" if inside is None else json.dumps(inside).encode()
    return lambda _: (status, said(body, datetime.now(UTC), signer), body)


def check(asked: Asked) -> Any:
    """What was asked for, once WeChat Pay has checked who asks."""
    scheme, _, rest = asked.headers["authorization"].partition(" ")
    assert scheme == "WECHATPAY2-SHA256-RSA2048"
    told = dict(re.findall(r'(\w+)="([^"]*)"', rest))
    assert told["mchid"] == "1230000109"
    assert told["serial_no"] == "1DDE55AD98ED71D6EDD4A4A16996DE7B47773A8C"
    assert abs(int(told["timestamp"]) - datetime.now(UTC).timestamp()) < 60
    assert len(told["nonce_str"]) == 32
    first = f"{asked.method}\n{asked.path}\n{told['timestamp']}\n{told['nonce_str']}\n"
    verify(first.encode() + asked.body + b"\n", told["signature"])
    assert asked.headers["accept"] == "application/json"
    return json.loads(asked.body) if asked.body else None


async def test_a_buyer_is_asked_for_money_by_a_code_under_our_number() -> None:
    async with Teller.listening(answering({"code_url": "weixin://wxpay/x?pr=1"})) as teller:
        adapter = wechat(f"{teller.url}/through/a/proxy")
        until = NOW + timedelta(minutes=15)
        expected = await adapter.authorise(ORDER, PRICE, until, "first-try")
        await adapter.stop()
    assert (expected.payment_id, expected.pay_url) == (TRADE, "weixin://wxpay/x?pr=1")
    assert teller.asked[0].path == "/through/a/proxy/v3/pay/transactions/native"
    assert check(teller.asked[0]) == {
        "appid": "wxd678efh567hg6787",
        "mchid": "1230000109",
        "description": f"Feira {ORDER}",
        "out_trade_no": TRADE,
        "time_expire": "2026-05-24T14:15:00.000Z",
        "notify_url": "https://orders.example/payments/callbacks/wechat",
        "amount": {"total": 8888, "currency": "CNY"},
    }


async def test_other_money_than_yuan_is_not_asked_for() -> None:
    with pytest.raises(Refused, match=r"payment\.currency"):
        await wechat().authorise(ORDER, Money(amount=1, currency="MOP"), NOW, "k")


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("SUCCESS", "succeeded"),
        ("REFUND", "succeeded"),
        ("NOTPAY", "pending"),
        ("USERPAYING", "pending"),
        ("CLOSED", "voided"),
        ("REVOKED", "voided"),
        ("PAYERROR", "failed"),
    ],
)
async def test_a_query_tells_what_came_of_a_payment(state: str, status: str) -> None:
    async with speaking(wechat, answering(trade(trade_state=state))) as (adapter, teller):
        told = await adapter.query(TRADE)
        assert told == await adapter.capture(TRADE, PRICE, "k")
    assert (told.status, told.money) == (status, PRICE)
    assert teller.asked[0].path == f"/v3/pay/transactions/out-trade-no/{TRADE}?mchid=1230000109"
    assert check(teller.asked[0]) is None


async def test_a_payment_is_closed_or_asked_about() -> None:
    async with speaking(wechat, answering(None, 204)) as (adapter, teller):
        assert (await adapter.void(TRADE)).status == "voided"
    assert check(teller.asked[0]) == {"mchid": "1230000109"}

    def paid(asked: Asked) -> tuple[int, Mapping[str, str], bytes]:
        closing = asked.path.endswith("/close")
        return (answering({"code": "ORDERPAID"}, 400) if closing else answering(trade()))(asked)

    async with speaking(wechat, paid) as (adapter, teller):
        assert (await adapter.void(TRADE)).status == "succeeded"


async def test_a_part_goes_back_under_a_number_of_its_own() -> None:
    state = refund(status="PROCESSING", refund_status="")
    state["amount"]["currency"] = "CNY"
    async with speaking(wechat, answering(state)) as (adapter, teller):
        part = Money(amount=1000, currency="CNY")
        back = await adapter.refund(TRADE, PRICE, part, "broken", "r1")
        assert back == await adapter.query_refund(TRADE, back.refund_id)
    assert (back.status, back.amount, back.payment_id) == ("pending", 1000, TRADE)
    wish = check(teller.asked[0])
    assert wish["out_refund_no"] == back.refund_id == refund_number(TRADE, "r1")
    assert wish["amount"] == {"refund": 1000, "total": 8888, "currency": "CNY"}
    assert teller.asked[1].path == f"/v3/refund/domestic/refunds/{back.refund_id}"
    check(teller.asked[1])


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (answering({"code": "PARAM_ERROR"}, 400), Declined),
        (answering({"code": "SYSTEM_ERROR"}, 500), Unreachable),
        (answering({"code": "FREQUENCY_LIMITED"}, 429), Unreachable),
        (answering({"code": "PARAM_ERROR"}, 400, "thief"), Unreachable),
        (answering(trade(), 200, "thief"), Unreachable),
        (answering(trade(trade_state="LATER")), Unreachable),
        (answering(trade(out_trade_no=trade_number(ORDER, "other"))), Unreachable),
        (answering(["nonsense"]), Unreachable),
        (lambda _: (200, {}, json.dumps(trade()).encode()), Unreachable),
        (lambda _: (200, said(b"{}", NOW - timedelta(days=9)), b"{}"), Unreachable),
    ],
)
async def test_a_no_is_a_no_and_whatever_is_unclear_is_unknown(
    answer: Answering, raised: type[Exception]
) -> None:
    async with speaking(wechat, answer) as (adapter, _teller):
        with pytest.raises(Unreachable) as caught:
            await adapter.query(TRADE)
    assert type(caught.value) is raised
