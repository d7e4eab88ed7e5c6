"""The sandbox, from its side: notices in both ways of signing."""

import hashlib
import hmac
import json
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given

from services.orders.psp.keys import secret_id
from services.orders.psp.provider import Reply
from services.orders.psp.sandbox import Sandbox
from tests.rules.orders.psp_world import (
    NOW,
    Letter,
    at_leisure,
    bodies_spoilt,
    headers_spoilt,
    sign,
    theirs,
)

BODY = json.dumps(
    {
        "notify_id": "ntf_1",
        "payment_id": "pay_1",
        "merchant_order": "order-1",
        "status": "succeeded",
        "amount": 4800,
        "currency": "MOP",
        "occurred_at": "2026-05-24T14:00:00.000Z",
    }
).encode()
NAMES = ("x-sandbox-timestamp", "x-sandbox-nonce", "x-sandbox-key-id", "x-sandbox-signature")


def sandbox(shared: str = "the-secret", *, rsa: bool = False) -> Sandbox:
    keys = theirs("k1") if rsa else None
    return Sandbox("http://nowhere", "key", shared, "http://us/callbacks", public_keys=keys)


def by_hmac(body: bytes = BODY, shared: str = "the-secret", nonce: str = "n1") -> Letter:
    stamp = str(int(NOW.timestamp()))
    content = f"{stamp}.{nonce}.".encode() + body
    values = (
        stamp,
        nonce,
        secret_id(shared),
        hmac.new(shared.encode(), content, hashlib.sha256).hexdigest(),
    )
    return Letter(dict(zip(NAMES, values, strict=True)), body)


def by_rsa(body: bytes = BODY, signer: str = "theirs", key_id: str = "k1") -> Letter:
    stamp = str(int(NOW.timestamp()))
    values = (stamp, "n1", key_id, sign(f"{stamp}.n1.".encode() + body, signer))
    return Letter(dict(zip(NAMES, values, strict=True)), body)


WAYS = [(by_hmac(), sandbox()), (by_rsa(), sandbox(rsa=True))]


@pytest.mark.parametrize(("true", "adapter"), WAYS)
def test_a_true_notice_is_read_whole(true: Letter, adapter: Sandbox) -> None:
    heard = true.read_by(adapter)
    assert (heard.told.payment_id, heard.told.merchant_order) == ("pay_1", "order-1")
    assert (heard.told.status, heard.told.amount) == ("succeeded", 4800)
    assert (heard.told.provider, heard.nonce) == ("sandbox", "n1")
    assert (heard.taken, heard.untaken) == (Reply(204), Reply(503))
    for seconds in (-301, 301):
        assert true.is_refused_by(adapter, NOW + timedelta(seconds=seconds))
        assert true.read_by(adapter, NOW + timedelta(seconds=seconds * 300 // 301))


@pytest.mark.parametrize(("true", "adapter"), WAYS)
def test_a_notice_changed_anywhere_is_refused(true: Letter, adapter: Sandbox) -> None:
    @at_leisure
    @given(bodies_spoilt(true))
    def body(changed: Letter) -> None:
        if changed.body != true.body:
            assert changed.is_refused_by(adapter)

    @at_leisure
    @given(headers_spoilt(true, NAMES))
    def headers(changed: Letter) -> None:
        if "x-sandbox-key-id" not in changed.headers:
            return  # it only helps to find the key
        if changed.headers != true.headers:
            assert changed.is_refused_by(adapter)

    body()
    headers()


def test_who_expects_rsa_is_not_content_with_a_shared_secret() -> None:
    assert by_hmac().is_refused_by(sandbox(rsa=True))
    assert by_rsa().is_refused_by(sandbox())


def test_the_secret_changes_without_a_gap() -> None:
    both = sandbox("the-next the-secret")
    assert by_hmac().read_by(both)
    assert by_hmac(shared="the-next").read_by(both)
    assert by_hmac(shared="the-last").is_refused_by(both)
    wrong_name = {**by_hmac().headers, "x-sandbox-key-id": secret_id("the-next")}
    assert Letter(wrong_name, BODY).is_refused_by(both)


@pytest.mark.parametrize(
    "letter",
    [
        by_rsa(signer="thief"),
        by_rsa(signer="next"),
        by_rsa(key_id="k2"),
        by_rsa(b"{}"),
        by_rsa(BODY.replace(b"4800", b"-1")),
        by_rsa(BODY.replace(b"succeeded", b"perhaps")),
        Letter({}, BODY),
    ],
)
def test_a_stranger_is_refused_and_so_is_signed_nonsense(letter: Letter) -> None:
    assert letter.is_refused_by(sandbox(rsa=True))


def test_without_a_nonce_or_a_secret_nothing_is_believed() -> None:
    assert by_hmac(nonce="").is_refused_by(sandbox())
    assert by_hmac(shared="").is_refused_by(sandbox(""))


def test_notices_of_long_ago_are_read_to_this_day() -> None:
    """Made once with openssl."""
    kept = json.loads((Path(__file__).parent / "vectors" / "sandbox.json").read_text())
    assert Letter(kept["headers"], kept["body"].encode()).read_by(sandbox()).told.amount == 4800
