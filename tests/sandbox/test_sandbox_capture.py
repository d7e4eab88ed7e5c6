"""Money set aside and taken later; refunds asked about; callbacks signed with a key of our own."""

import base64
import re
from uuid import uuid4

import httpx
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
)

from tests.sandbox.world import Heard, Merchant, Sandbox, launch
from tests.support.eventually import eventually


async def paid(sandbox: Sandbox, merchant: Merchant, **wish: str) -> str:
    """A payment that was asked for in another way than most, and paid."""
    payment_id = await sandbox.asked(merchant, **wish)
    assert (await sandbox.pay(payment_id)).status_code == 200
    return payment_id


async def capture(sandbox: Sandbox, payment_id: str, **wish: int) -> httpx.Response:
    headers = {"Idempotency-Key": str(uuid4())}
    return await sandbox.http.post(f"/payments/{payment_id}/capture", json=wish, headers=headers)


async def test_money_that_is_set_aside_is_taken_when_the_merchant_says_so_and_once(
    sandbox: Sandbox, merchant: Merchant
) -> None:
    payment_id = await paid(sandbox, merchant, capture="manual")
    heard = await eventually(lambda: merchant.all(1))
    assert heard[0].says["status"] == "authorised"
    before = await sandbox.payment(payment_id)
    assert (before["status"], before["captured"]) == ("authorised", 0)
    assert (await sandbox.refund(payment_id, 1)).status_code == 409

    for _ in range(2):
        taken = await capture(sandbox, payment_id, amount=4800)
        assert (taken.status_code, taken.json()["captured"]) == (200, 4800)
    heard = await eventually(lambda: merchant.all(2))
    assert heard[1].says["status"] == "succeeded"
    assert heard[1].says["notify_id"] != heard[0].says["notify_id"]
    void = await sandbox.http.post(f"/payments/{payment_id}/void")
    assert void.json()["code"] == "already_captured"


async def test_only_money_that_is_set_aside_is_captured_and_all_of_it(
    sandbox: Sandbox, merchant: Merchant
) -> None:
    pending = await sandbox.asked(merchant, capture="manual")
    assert (await capture(sandbox, pending)).json()["code"] == "not_authorised"
    await sandbox.pay(pending)
    assert (await capture(sandbox, pending, amount=4799)).json()["code"] == "not_the_amount"
    void = await sandbox.http.post(f"/payments/{pending}/void")
    assert (void.status_code, void.json()["status"]) == (200, "voided")
    assert (await capture(sandbox, pending)).json()["code"] == "not_authorised"
    assert (await sandbox.payment(pending))["captured"] == 0


async def test_what_was_captured_before_a_fall_is_told_after_it(
    tmp_path_factory: pytest.TempPathFactory, merchant: Merchant
) -> None:
    book = str(tmp_path_factory.mktemp("books") / "ledger.jsonl")
    async with Sandbox.running(FEIRA_SANDBOX_STATE=book) as sandbox:
        payment_id = await paid(sandbox, merchant, capture="manual")
        await eventually(lambda: merchant.all(1))
        merchant.always = 503
        await capture(sandbox, payment_id)
        await eventually(lambda: len(merchant.heard) > 1)
    merchant.always = 200
    merchant.heard.clear()
    async with Sandbox.running(FEIRA_SANDBOX_STATE=book) as sandbox:
        heard = await eventually(lambda: merchant.heard)
        assert [one.says["status"] for one in heard] == ["succeeded"]
        assert (await sandbox.payment(payment_id))["captured"] == 4800


async def test_a_refund_is_known_by_its_id(sandbox: Sandbox, merchant: Merchant) -> None:
    payment_id = await sandbox.paid(merchant)
    made = (await sandbox.refund(payment_id, 1000)).json()
    assert await sandbox.look(f"/payments/{payment_id}/refunds/{made['refund_id']}") == made
    other = await sandbox.http.get(f"/payments/{payment_id}/refunds/ref_none")
    assert (other.status_code, other.json()["code"]) == (404, "no_such_refund")


async def public_key(sandbox: Sandbox) -> tuple[str, RSAPublicKey]:
    """The sandbox's key as it shows it, under a line that is its id."""
    text = (await sandbox.http.get("/keys", headers={"Authorization": ""})).text
    id, _, pem = text.partition("\n")  # noqa: A001 - what the line is
    key = load_pem_public_key(pem.encode())
    assert isinstance(key, RSAPublicKey)
    return id, key


def check(heard: Heard, key: RSAPublicKey) -> None:
    """Raises InvalidSignature."""
    stamp, nonce = heard.headers["x-sandbox-timestamp"], heard.headers["x-sandbox-nonce"]
    signature = base64.b64decode(heard.headers["x-sandbox-signature"])
    key.verify(signature, f"{stamp}.{nonce}.".encode() + heard.body, PKCS1v15(), SHA256())


async def test_callbacks_are_signed_with_a_key_that_everybody_may_see_if_that_is_wished(
    sandbox: Sandbox, merchant: Merchant
) -> None:
    await paid(sandbox, merchant, signature="rsa-sha256")
    [heard] = await eventually(lambda: merchant.all(1))
    key_id, key = await public_key(sandbox)
    assert heard.headers["x-sandbox-key-id"] == key_id
    check(heard, key)
    other = generate_private_key(65537, 2048).public_key()
    with pytest.raises(InvalidSignature):
        check(heard, other)
    await sandbox.paid(merchant)
    [_, plain] = await eventually(lambda: merchant.all(2))
    assert plain.is_signed()
    assert re.fullmatch(r"[0-9a-f]{8}", plain.headers["x-sandbox-key-id"])


async def test_the_key_is_the_one_that_was_given() -> None:
    given = generate_private_key(65537, 2048)
    pem = given.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    async with Sandbox.running(FEIRA_SANDBOX_PRIVATE_KEY=pem) as sandbox:
        _, key = await public_key(sandbox)
    form = (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert key.public_bytes(*form) == given.public_key().public_bytes(*form)


async def test_a_key_that_is_none_is_told_in_one_sentence() -> None:
    process = await launch(FEIRA_SANDBOX_PRIVATE_KEY="canary")
    said, complained = await process.communicate()
    assert (process.returncode, said) == (2, b"")
    assert b"FEIRA_SANDBOX_PRIVATE_KEY" in complained
    assert b"canary" not in complained
    assert complained.count(b"\n") == 1
