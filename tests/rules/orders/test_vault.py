"""The vault: what is sealed is opened with its keys for its person, and by nothing else."""

import base64
import hashlib
import hmac
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from services.orders.people.identity import Identity
from services.orders.people.sealed import Sealed
from services.orders.people.vault import Unopenable, Vault, read_key, read_keys
from services.orders.settings import OrdersSettings
from tests.rules.orders.test_identity import names, numbers

OLD, NEW, INDEX = bytes(range(32)), bytes(range(32, 64)), bytes(range(64, 96))
ANA = Identity("王小明", "11010519491231002X")
BEA = Identity("王小明", "110101199001011237")

VAULT = Vault({"k1": OLD}, INDEX)
TOKEN, OTHER = VAULT.token(ANA.id_number), VAULT.token(BEA.id_number)
SEALED = VAULT.seal(ANA)


def unopenable(token: str, sealed: Sealed, vault: Vault = VAULT) -> None:
    with pytest.raises(Unopenable) as caught:
        vault.open(token, sealed)
    assert str(caught.value) == "a sealed record cannot be opened"
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def flips(data: bytes) -> list[bytes]:
    """*data* with each of its bytes changed, and with some missing or too much."""
    changed = [data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :] for at in range(len(data))]
    return [*changed, b"", data[:-1], data[1:], data + b"\0", data[:12], data[:13]]


def test_a_token_is_the_same_for_ever() -> None:
    """Quotas are counted by it, so another way to make tokens would give everybody a new quota."""
    said = b"feira/person-token/1\x0011010519491231002X"
    digest = hmac.new(INDEX, said, hashlib.sha256).digest()[:20]
    assert f"person-{base64.b32encode(digest).decode().lower()}" == TOKEN
    assert TOKEN.removeprefix("person-") == "gbzl2cp75wnfhouedsint4oxggyhugdl"


def test_what_was_sealed_once_is_opened_for_ever() -> None:
    sealed = Sealed(
        version=1,
        key_id="k1",
        wrapped=bytes.fromhex(
            "eebce178cdec7694b23c66fe5e1c658345b78a8a5972b7003052189f791c8fe673a5d5de8ca2"
            "988f4f8fc025a91db4c4d5165f12810f5fb9b615a758"
        ),
        ciphertext=base64.b64decode(
            "AItmON0zaTnzYUiB7jXagR7GAsfMDgdGtZHS5TyODAozotWVxixbRlWfuHWmcWegNwUh+117Ak/x"
            "3id9a3orrnDULwRHhFF1JP3AYF98F0tQSjM9A/NtfOIrDEMZ1BreVAltCFRsV0Y8nfP/SNmzaNa4"
            "KYaAa7snDBu8KEXCi3WvS/EWRtljDLHF+NRtni9/G0N/V4aaYg5z+WxqERPWFmEE5M40wpnQ8x1I"
            "rnwbNlQvgg9MSo/GyJZG4CwJhQdvyTdnrUDwWlFjIEpudyty3JpnEEMbsd5XrvFhBRJBeR5gSiuE"
            "CC/DjBjvYWCIcPi8z13TrzwyLJC1D5S0Sh2Y7O+vh6fq1FJydL6MqGDT1jYCY4xwLHqHIXKWQto="
        ),
        tag="12cd5ced0f73263aabdfb5ff062b49d6",
    )
    assert VAULT.open(TOKEN, sealed) == ANA
    assert sealed.tag == SEALED.tag


@given(names, numbers())
def test_what_is_sealed_is_opened_as_it_was(name: str, number: str) -> None:
    identity = Identity(name, number)
    sealed = VAULT.seal(identity)
    assert VAULT.open(VAULT.token(number), sealed) == identity
    assert len(sealed.ciphertext) == len(SEALED.ciphertext), "no length tells of a name"


@given(numbers(), numbers())
def test_a_token_is_one_persons_and_says_nothing_without_the_key(one: str, other: str) -> None:
    assert (VAULT.token(one) == VAULT.token(other)) == (one == other)
    assert VAULT.token(one) != Vault({"k1": OLD}, NEW).token(one)


def test_sealed_twice_nothing_is_the_same_but_the_tag() -> None:
    again = VAULT.seal(ANA)
    assert again.tag == SEALED.tag
    for one, other in ((again.wrapped, SEALED.wrapped), (again.ciphertext, SEALED.ciphertext)):
        assert one[:12] != other[:12]
        assert one[12:] != other[12:]


def test_a_tag_tells_the_same_person_from_another_name() -> None:
    assert VAULT.seal(BEA).tag != SEALED.tag
    assert VAULT.seal(Identity("王小月", ANA.id_number)).tag != SEALED.tag


def test_whatever_byte_is_changed_nothing_is_opened() -> None:
    for wrapped in flips(SEALED.wrapped):
        unopenable(TOKEN, replace(SEALED, wrapped=wrapped))
    for ciphertext in flips(SEALED.ciphertext):
        unopenable(TOKEN, replace(SEALED, ciphertext=ciphertext))
    for version in (0, 2):
        unopenable(TOKEN, replace(SEALED, version=version))


@settings(max_examples=50)
@given(st.binary(max_size=400), st.binary(max_size=100))
def test_what_was_never_sealed_is_not_opened(ciphertext: bytes, wrapped: bytes) -> None:
    unopenable(TOKEN, replace(SEALED, ciphertext=ciphertext))
    unopenable(TOKEN, replace(SEALED, wrapped=wrapped))


def test_nobody_is_opened_in_the_place_of_another() -> None:
    """A record put under another's token, whole or in part, is not theirs."""
    theirs = VAULT.seal(BEA)
    unopenable(OTHER, SEALED)
    unopenable(TOKEN, theirs)
    unopenable(TOKEN, replace(SEALED, wrapped=theirs.wrapped))
    unopenable(TOKEN, replace(SEALED, ciphertext=theirs.ciphertext))
    again = VAULT.seal(ANA)
    unopenable(TOKEN, replace(SEALED, ciphertext=again.ciphertext))


def test_without_its_key_a_record_is_noise() -> None:
    unopenable(TOKEN, SEALED, Vault({"k1": NEW}, INDEX))
    unopenable(TOKEN, SEALED, Vault({"k2": OLD}, INDEX))
    unopenable(TOKEN, replace(SEALED, wrapped=b""))


def test_a_new_key_seals_while_the_old_one_still_opens() -> None:
    both = Vault({"k2": NEW, "k1": OLD}, INDEX)
    assert (both.key_id, both.retired) == ("k2", ["k1"])
    assert both.token(ANA.id_number) == TOKEN
    assert both.open(TOKEN, SEALED) == ANA
    sealed = both.seal(ANA)
    assert sealed.key_id == "k2"
    unopenable(TOKEN, sealed, VAULT)


def test_once_all_is_rewrapped_the_old_key_may_go() -> None:
    both = Vault({"k2": NEW, "k1": OLD}, INDEX)
    rewrapped = both.rewrap(TOKEN, SEALED)
    assert rewrapped == replace(SEALED, key_id="k2", wrapped=rewrapped.wrapped)
    new = Vault({"k2": NEW}, INDEX)
    assert new.open(TOKEN, rewrapped) == ANA
    unopenable(TOKEN, SEALED, new)  # nor can a backup of before be opened any more
    for wrong in (replace(SEALED, key_id="k2"), replace(SEALED, version=2)):
        with pytest.raises(Unopenable):
            both.rewrap(TOKEN, wrong)
    with pytest.raises(Unopenable):
        both.rewrap(OTHER, SEALED)


def test_a_fingerprint_has_a_key_and_tells_its_parts_apart() -> None:
    assert VAULT.fingerprint("a", "b") == VAULT.fingerprint("a", "b")
    assert VAULT.fingerprint("a", "b") != VAULT.fingerprint("ab", "")
    assert VAULT.fingerprint("a", "b") != Vault({"k1": OLD}, NEW).fingerprint("a", "b")


def test_nothing_that_is_shown_says_what_is_inside() -> None:
    told = f"{SEALED!r} {VAULT!r} {Unopenable()!r}"
    for secret in (SEALED.wrapped, SEALED.ciphertext, OLD, INDEX):
        assert repr(secret)[2:-1] not in told
    assert SEALED.tag not in told


# Keys as they are told. ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "write",
    [
        lambda key: base64.b64encode(key).decode(),
        lambda key: base64.urlsafe_b64encode(key).decode(),
        lambda key: base64.urlsafe_b64encode(key).decode().rstrip("="),
        lambda key: base64.b64encode(key).decode() + "\n",
    ],
)
@given(key=st.binary(min_size=32, max_size=32))
def test_a_key_is_read_however_base64_is_written(write: Any, key: bytes) -> None:
    assert read_key(write(key)) == key


def b64(key: bytes) -> str:
    return base64.b64encode(key).decode()


def test_several_keys_are_read_in_their_order() -> None:
    assert list(read_keys(f"k2:{b64(NEW)}, k1:{b64(OLD)}").items()) == [("k2", NEW), ("k1", OLD)]


@pytest.mark.parametrize(
    "told",
    [
        "",
        "k1",
        b64(OLD),
        f"k1:{b64(OLD)},",
        f"K1:{b64(OLD)}",
        f"k1:{b64(OLD)},k1:{b64(NEW)}",
        f"k1:{b64(OLD[:16])}",
        f"k1:{b64(OLD + NEW)}",
        "k1:canary!",
        f"k1:{b64(OLD)[:-2]}é=",
    ],
)
def test_what_are_no_keys_is_refused_without_being_repeated(told: str) -> None:
    with pytest.raises(ValueError, match="should") as caught:
        read_keys(told)
    assert "canary" not in str(caught.value)
    assert b64(OLD)[:8] not in str(caught.value)


def test_a_vault_needs_a_key_and_another_one_for_tokens() -> None:
    for keys in ({}, {"k1": INDEX}):
        with pytest.raises(ValueError, match=r"index key|at least"):
            Vault(keys, INDEX)


@pytest.mark.parametrize(
    ("keys", "index", "complaint"),
    [
        ("k1:short", b64(INDEX), "VAULT_KEYS is not acceptable: a key should be 32 bytes"),
        (f"k1:{b64(OLD)}", "short", "VAULT_INDEX_KEY is not acceptable: a key should be 32 bytes"),
        (f"k1:{b64(OLD)}", b64(OLD), "VAULT_INDEX_KEY is not acceptable: it should be none of"),
    ],
)
def test_a_service_does_not_start_on_wrong_keys(keys: str, index: str, complaint: str) -> None:
    told: Any = {
        "kafka": "k:1",
        "mongo": "mongodb://m/",
        "issuer": "http://i",
        "jwks": "http://i/jwks",
        "database": "orders",
        "payments": "http://p",
        "payments_key": "k",
        "payments_secret": "s",
        "customs": "http://c",
        "customs_key": "k",
        "customs_secret": "s",
        "carrier": "http://c",
        "carrier_key": "k",
        "carrier_checkword": "s",
    }
    with pytest.raises(ValidationError) as caught:
        OrdersSettings(**told, vault_keys=keys, vault_index_key=index)
    [told_to_a_person] = OrdersSettings.complaints(caught.value)
    assert complaint in told_to_a_person
    settings = OrdersSettings(
        **told, vault_keys=f"k2:{b64(NEW)},k1:{b64(OLD)}", vault_index_key=b64(INDEX)
    )
    assert settings.vault.open(TOKEN, SEALED) == ANA
    assert b64(OLD) not in repr(settings)
