"""Keys and numbers: found by id, read in one way, none too weak."""

import base64
import hashlib
import hmac
import uuid

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from hypothesis import given
from hypothesis import strategies as st

from services.orders.outside import Forged
from services.orders.psp.keys import PrivateKey, PublicKeys, Secrets, secret_id, unbase64
from services.orders.psp.trade import order_of, refund_number, trade_number
from tests.rules.orders.psp_world import ORDER, pem_of, public_pem_of, sign, theirs, verify

NAMES = ("old", "new", "other")


def test_an_old_key_and_a_new_one_are_good_side_by_side_each_under_its_own_id() -> None:
    keys = theirs("k1")
    keys.verify("k1", sign("hello"), b"hello")
    keys.verify("k1-next", sign("hello", "next"), b"hello")
    keys.verify(None, sign("hello", "next"), b"hello")
    for name, signer in (("k1", "next"), ("k1-next", "theirs"), ("k2", "theirs"), (None, "thief")):
        with pytest.raises(Forged):
            keys.verify(name, sign("hello", signer), b"hello")


def test_a_signature_is_written_in_one_way_only() -> None:
    keys, signature = theirs("k1"), sign("hello")
    for other in (f" {signature}", f"{signature}=", signature.rstrip("="), f"{signature}\n", "é"):
        with pytest.raises(Forged):
            keys.verify("k1", other, b"hello")


@given(st.binary(max_size=40), st.text("ABCDwxyz0189+/=", max_size=12))
def test_base64_is_canonical_or_none(raw: bytes, text: str) -> None:
    assert unbase64(base64.b64encode(raw).decode()) == raw
    try:
        decoded = unbase64(text)
    except Forged:
        return
    assert base64.b64encode(decoded).decode() == text


def test_secrets_change_without_a_gap() -> None:
    both = Secrets(["old", "new"])
    signed = {name: hmac.new(name.encode(), b"x", hashlib.sha256).hexdigest() for name in NAMES}
    for name in ("old", "new"):
        both.verify(None, signed[name], b"x")
        both.verify(secret_id(name), signed[name], b"x")
    for known_as, name in ((None, "other"), (secret_id("new"), "old"), ("0" * 8, "new")):
        with pytest.raises(Forged):
            both.verify(known_as, signed[name], b"x")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no key at all",
        "k\n-----BEGIN PUBLIC KEY-----\nbm8=\n-----END PUBLIC KEY-----",
        "weak",
        "other",
    ],
)
def test_what_is_no_strong_rsa_key_is_not_taken_and_not_repeated(text: str) -> None:
    form = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    weak_key = generate_private_key(65537, 1024)  # noqa: S505 - weak, to be refused
    weak = weak_key.public_key().public_bytes(*form).decode()
    other = Ed25519PrivateKey.generate().public_key().public_bytes(*form).decode()
    with pytest.raises(ValueError, match=r"^(it should be|a key in it|keys are)"):
        PublicKeys.read({"weak": weak, "other": other}.get(text, text))
    with pytest.raises(ValueError, match=r"^it should be a"):
        PrivateKey(text)
    with pytest.raises(ValueError, match=r"^it should be a"):
        PrivateKey(public_pem_of("ours"))


def test_what_we_sign_fits_our_public_key() -> None:
    verify("hello", PrivateKey(pem_of("ours")).sign(b"hello"))


@given(st.uuids(), st.text(), st.text())
def test_a_trade_number_tells_its_order_and_is_the_same_for_the_same_key(
    id: uuid.UUID, key: str, other: str
) -> None:
    number = trade_number(str(id), key)
    assert len(number) == 32
    assert order_of(number) == str(id)
    assert (number == trade_number(str(id), other)) is (key == other)


@pytest.mark.parametrize("number", ["", "o-1", "a" * 32, "B" * 25 + "7" + "A" * 6, "A" * 33])
def test_what_is_no_number_of_ours_names_no_order(number: str) -> None:
    with pytest.raises(ValueError, match="number of ours"):
        order_of(number)


def test_only_uuids_are_made_into_numbers() -> None:
    for order in ("order-1", ORDER.upper()):
        with pytest.raises(ValueError, match=r"UUID"):
            trade_number(order, "k")


def test_each_refund_of_a_payment_has_its_own_number() -> None:
    numbers = {refund_number(pay, key) for pay in ("p1", "p2") for key in ("a", "b", "a")}
    assert len(numbers) == 4
    assert all(len(number) == 32 for number in numbers)
