"""Alipay, from its side: notices that are true, and all that are not; calls signed as it wants."""

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.orders.outside import Declined, Forged, Unreachable
from services.orders.psp.alipay import Alipay, fen, yuan
from services.orders.psp.keys import PublicKeys
from services.orders.psp.provider import Reply
from services.orders.psp.trade import trade_number
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
    ours,
    sign,
    speaking,
    theirs,
    verify,
)

PRICE = Money(amount=8888, currency="CNY")
UNTIL = NOW + timedelta(minutes=15)


def alipay(url: str = "http://nowhere") -> Alipay:
    return Alipay(
        url,
        app_id="2021000118",
        seller_id="2088102146225135",
        key=ours(""),
        public_keys=theirs("unnamed"),
        callback_url="https://orders.example/payments/callbacks/alipay",
    )


def params(**other: str) -> dict[str, str]:
    return {
        "notify_time": "2026-05-24 22:00:03",
        "notify_type": "trade_status_sync",
        "notify_id": "ac05099524730693a8b330c5ecf72da9786",
        "charset": "utf-8",
        "version": "1.0",
        "app_id": "2021000118",
        "seller_id": "2088102146225135",
        "trade_no": "2026052422001400580500000001",
        "out_trade_no": TRADE,
        "trade_status": "TRADE_SUCCESS",
        "total_amount": "88.88",
        "receipt_amount": "88.88",
        "buyer_logon_id": "159****5620",
        "subject": "Feira 澳門 & friends",
        "gmt_payment": "2026-05-24 22:00:02",
        "fund_bill_list": '[{"amount":"88.88","fundChannel":"ALIPAYACCOUNT"}]',
        **other,
    }


def notice(signer: str = "theirs", **other: str) -> Letter:
    said = params(**other)
    content = "&".join(f"{name}={said[name]}" for name in sorted(said))
    form = urlencode({**said, "sign": sign(content, signer), "sign_type": "RSA2"})
    return Letter({"content-type": "application/x-www-form-urlencoded"}, form.encode())


TRUE = notice()


def test_a_true_notice_says_that_money_came_and_wants_to_hear_success() -> None:
    heard = TRUE.read_by(alipay())
    told = heard.told
    assert (told.payment_id, told.merchant_order, told.status) == (TRADE, ORDER, "succeeded")
    assert (told.money, told.provider) == (PRICE, "alipay")
    assert heard.nonce == "ac05099524730693a8b330c5ecf72da9786"
    assert heard.taken == Reply(200, "text/plain", b"success")
    assert heard.untaken.status == 503
    assert heard.untaken.body != b"success"


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"trade_status": "TRADE_FINISHED"}, "succeeded"),
        ({"trade_status": "WAIT_BUYER_PAY"}, "pending"),
        ({"trade_status": "TRADE_CLOSED"}, "succeeded"),  # paid once, and all of it went back
    ],
)
def test_each_status_of_a_trade_is_one_of_ours(said: dict[str, str], status: str) -> None:
    assert notice(**said).read_by(alipay()).told.status == status


def test_a_trade_that_is_closed_without_ever_being_paid_has_expired() -> None:
    said = params(trade_status="TRADE_CLOSED")
    del said["gmt_payment"]
    content = "&".join(f"{name}={said[name]}" for name in sorted(said))
    form = urlencode({**said, "sign": sign(content), "sign_type": "RSA2"})
    assert Letter({}, form.encode()).read_by(alipay()).told.status == "expired"


@at_leisure
@given(bodies_spoilt(TRUE))
def test_a_notice_changed_anywhere_is_refused_or_says_the_very_same(changed: Letter) -> None:
    """Only how a form is written may differ: %2f is %2F."""
    try:
        heard = changed.read_by(alipay())
    except Forged:
        return
    assert parse_qsl(changed.body.decode()) == parse_qsl(TRUE.body.decode())
    assert heard == TRUE.read_by(alipay())


@at_leisure
@given(st.sampled_from([*params(), "sign", "sign_type"]), st.sampled_from(("gone", "twice", "")))
def test_a_notice_lacking_or_repeating_a_parameter_is_refused(name: str, how: str) -> None:
    pairs = parse_qsl(TRUE.body.decode())
    if how == "twice":
        pairs.append(next(pair for pair in pairs if pair[0] == name))
    else:
        pairs = [pair for pair in pairs if pair[0] != name] + ([(name, how)] if not how else [])
    assert Letter({}, urlencode(pairs).encode()).is_refused_by(alipay())


def test_parameters_folded_into_one_another_are_refused_though_the_signature_fits() -> None:
    """Or a trade that was paid and went back would be one that nobody has paid."""
    said = dict(parse_qsl(notice(trade_status="TRADE_CLOSED").body.decode()))
    said["fund_bill_list"] += f"&gmt_payment={said.pop('gmt_payment')}"
    assert Letter({}, urlencode(said).encode()).is_refused_by(alipay())


@pytest.mark.parametrize(
    ("other", "signer"),
    [
        ({}, "thief"),
        ({"app_id": "2021000119"}, "theirs"),
        ({"seller_id": "2088000000000000"}, "theirs"),
        ({"notify_time": "2026-05-24 21:54:59"}, "theirs"),
        ({"notify_time": "2026-05-24 22:05:01"}, "theirs"),
        ({"notify_time": "yesterday"}, "theirs"),
        ({"notify_id": ""}, "theirs"),
        ({"trade_status": "TRADE_PENDING"}, "theirs"),
        ({"total_amount": "88.8"}, "theirs"),
        ({"total_amount": "-88.88"}, "theirs"),
        ({"out_trade_no": "order-1"}, "theirs"),
    ],
)
def test_a_notice_that_is_not_for_us_now_is_refused_however_well_signed(
    other: dict[str, str], signer: str
) -> None:
    assert notice(signer, **other).is_refused_by(alipay())


@pytest.mark.parametrize("body", [b"", b"sign", b"\xff=1", b"a=1&a=2", b"sign_type=RSA2&sign=%zz"])
def test_what_is_no_form_is_refused(body: bytes) -> None:
    assert Letter({}, body).is_refused_by(alipay())


def test_notices_of_long_ago_are_read_to_this_day() -> None:
    """Made once with openssl and a key thrown away since."""
    kept = json.loads((Path(__file__).parent / "vectors" / "alipay.json").read_text())
    adapter = Alipay(
        "http://nowhere",
        app_id="2021000118",
        seller_id="2088102146225135",
        key=ours(""),
        public_keys=PublicKeys.read(kept["public_keys"]),
        callback_url="",
    )
    assert Letter({}, kept["body"].encode()).read_by(adapter).told.money == PRICE
    assert Letter({}, kept["body"].encode()).is_refused_by(alipay())


@at_leisure
@given(st.integers(0, 10**13 - 1))
def test_yuan_and_fen_are_the_same_money(amount: int) -> None:
    assert fen(yuan(amount)) == amount


# Calls ------------------------------------------------------------------------------------------


def answering(method: str, said: Mapping[str, Any], signer: str = "theirs") -> Answering:
    """A gateway that answers *method*, signed."""
    node = json.dumps({"code": "10000", "msg": "Success", **said}, ensure_ascii=False)
    name = method.replace(".", "_")

    def answer(_: Asked) -> tuple[int, dict[str, str], bytes]:
        return 200, {}, f'{{"{name}_response": {node}, "sign":"{sign(node, signer)}"}}'.encode()

    return answer


def wish_in(asked: Asked) -> dict[str, Any]:
    """What was asked for, once the gateway has checked who asks."""
    said = dict(parse_qsl(asked.body.decode(), strict_parsing=True))
    content = "&".join(f"{name}={said[name]}" for name in sorted(said) if name != "sign")
    verify(content, said["sign"])
    assert (said["app_id"], said["sign_type"], said["charset"]) == ("2021000118", "RSA2", "utf-8")
    return {"method": said["method"], **json.loads(said["biz_content"])}


async def test_a_buyer_is_asked_for_money_by_a_code_under_our_number() -> None:
    gateway = answering("alipay.trade.precreate", {"qr_code": "https://qr.alipay.com/bax0001"})
    async with speaking(alipay, gateway) as (adapter, teller):
        expected = await adapter.authorise(ORDER, PRICE, UNTIL, "first-try")
    assert (expected.payment_id, expected.pay_url) == (TRADE, "https://qr.alipay.com/bax0001")
    assert wish_in(teller.asked[0]) == {
        "method": "alipay.trade.precreate",
        "out_trade_no": TRADE,
        "total_amount": "88.88",
        "subject": f"Feira {ORDER}",
        "time_expire": "2026-05-24 22:15:00",
    }


async def test_other_money_than_yuan_is_not_asked_for() -> None:
    for money in (Money(amount=8888, currency="MOP"), Money(amount=0, currency="CNY")):
        with pytest.raises(Refused, match=r"payment\.currency"):
            await alipay().authorise(ORDER, money, UNTIL, "k")


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"trade_status": "TRADE_SUCCESS", "send_pay_date": "2026-05-24 22:00:02"}, "succeeded"),
        ({"trade_status": "TRADE_CLOSED", "send_pay_date": "2026-05-24 22:00:02"}, "succeeded"),
        ({"trade_status": "TRADE_CLOSED"}, "expired"),
        ({"trade_status": "WAIT_BUYER_PAY"}, "pending"),
    ],
)
async def test_a_query_tells_what_came_of_a_payment(said: dict[str, str], status: str) -> None:
    found = {"out_trade_no": TRADE, "total_amount": "88.88", **said}
    async with speaking(alipay, answering("alipay.trade.query", found)) as (adapter, teller):
        told = await adapter.query(TRADE)
        assert told == await adapter.capture(TRADE, PRICE, "k")
    assert (told.status, told.money, told.merchant_order) == (status, PRICE, ORDER)
    assert wish_in(teller.asked[0])["out_trade_no"] == TRADE


NO = {"code": "40004", "sub_code": "ACQ.TRADE_HAS_SUCCESS"}


async def test_a_trade_that_nobody_has_scanned_is_pending() -> None:
    unknown = {"code": "40004", "sub_code": "ACQ.TRADE_NOT_EXIST"}
    async with speaking(alipay, answering("alipay.trade.query", unknown)) as (adapter, _teller):
        assert (await adapter.query(TRADE)).status == "pending"


async def test_what_can_no_longer_be_closed_is_asked_about() -> None:
    paid = {
        "out_trade_no": TRADE,
        "total_amount": "88.88",
        "trade_status": "TRADE_SUCCESS",
    }

    def gateway(asked: Asked) -> tuple[int, Mapping[str, str], bytes]:
        closing = wish_in(asked)["method"] == "alipay.trade.close"
        return (
            answering("alipay.trade.close", NO)
            if closing
            else answering("alipay.trade.query", paid)
        )(asked)

    async with speaking(alipay, gateway) as (adapter, _teller):
        assert (await adapter.void(TRADE)).status == "succeeded"
    async with speaking(alipay, answering("alipay.trade.close", {})) as (adapter, _teller):
        assert (await adapter.void(TRADE)).status == "voided"


async def test_a_part_goes_back_under_a_number_of_its_own_and_a_repeat_is_asked_about() -> None:
    async with speaking(
        alipay, answering("alipay.trade.refund", {"fund_change": "Y", "refund_fee": "10.00"})
    ) as (adapter, teller):
        part = Money(amount=1000, currency="CNY")
        first = await adapter.refund(TRADE, PRICE, part, "broken", "r1")
        other = await adapter.refund(TRADE, PRICE, part, "broken", "r2")
    assert (first.status, first.amount) == ("succeeded", 1000)
    asked = [wish_in(each) for each in teller.asked]
    assert [each["out_request_no"] for each in asked] == [first.refund_id, other.refund_id]
    assert asked[0]["refund_amount"] == "10.00"
    assert first.refund_id != other.refund_id

    def again(asked: Asked) -> tuple[int, Mapping[str, str], bytes]:
        method = wish_in(asked)["method"]
        said = {"fund_change": "N", "refund_status": "REFUND_SUCCESS", "refund_amount": "10.00"}
        return answering(method, said)(asked)

    async with speaking(alipay, again) as (adapter, teller):
        repeated = await adapter.refund(TRADE, PRICE, part, "broken", "r1")
    assert repeated == first


@pytest.mark.parametrize(
    ("said", "signer", "raised"),
    [
        (NO, "theirs", Declined),
        ({"code": "40004", "sub_code": "ACQ.SYSTEM_ERROR"}, "theirs", Unreachable),
        ({"code": "20000", "sub_code": "isp.unknow-error"}, "theirs", Unreachable),
        ({"code": "10000"}, "theirs", Unreachable),
        ({"qr_code": "https://qr.alipay.com/bax0001"}, "thief", Unreachable),
    ],
)
async def test_a_no_is_a_no_and_whatever_is_unclear_is_unknown(
    said: dict[str, str], signer: str, raised: type[Exception]
) -> None:
    async with speaking(alipay, answering("alipay.trade.precreate", said, signer)) as (
        adapter,
        _teller,
    ):
        with pytest.raises(Unreachable) as caught:
            await adapter.authorise(ORDER, PRICE, UNTIL, "k")
    assert type(caught.value) is raised


async def test_an_answer_about_another_payment_is_none() -> None:
    other = {"out_trade_no": trade_number(ORDER, "other"), "total_amount": "88.88"}
    found = {**other, "trade_status": "TRADE_SUCCESS"}
    async with speaking(alipay, answering("alipay.trade.query", found)) as (adapter, _teller):
        with pytest.raises(Unreachable, match="something else"):
            await adapter.query(TRADE)


@pytest.mark.parametrize(
    "answer",
    [
        (500, b"{}"),
        (302, b"{}"),
        (429, b"{}"),
        (200, b"<html>"),
        (200, b'{"alipay_trade_query_response":{"code":"10000"}}'),
        (200, b'{"alipay_trade_query_response":' + b"[" * 5000),
        (200, b"\xff\xfe"),
        (200, b"[]"),
    ],
)
async def test_nonsense_is_no_answer(answer: tuple[int, bytes]) -> None:
    async with speaking(alipay, lambda _: (answer[0], {}, answer[1])) as (adapter, _teller):
        with pytest.raises(Unreachable) as caught:
            await adapter.query(TRADE)
    assert type(caught.value) is Unreachable
