"""Consignees: who may be named, whose they are, what stays of them."""

from datetime import UTC, datetime
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.orders.border.documents import Consignee
from services.orders.people import consignee
from services.orders.people.consignee import ConsigneeRecord, receiver
from services.orders.people.vault import Unopenable, Vault
from shared.refusal import Refused

NOW = datetime(2026, 3, 1, tzinfo=UTC)
VAULT = Vault({"k1": bytes(range(32))}, bytes(range(64, 96)))
ROTATED = Vault({"k2": bytes(range(32, 64)), "k1": bytes(range(32))}, bytes(range(64, 96)))
TOKEN, OTHER = VAULT.consignee_token("one wish"), VAULT.consignee_token("another wish")
ANA = receiver(" 陳安娜 ", "+8613800138000", "北京市朝陽區光華路1號")
SEALED = VAULT.seal_consignee(TOKEN, ANA)
KEPT = reduce(
    consignee.evolve,
    consignee.name_anew(ConsigneeRecord(TOKEN), "ana", SEALED, known=False),
    ConsigneeRecord(TOKEN),
)
ERASED = reduce(consignee.evolve, consignee.erase(KEPT, "ana", NOW), KEPT)

lines = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=50)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"name": " "}, "consignee.name"),
        ({"name": "陳\n安娜"}, "consignee.name"),
        ({"phone": "13800138000"}, "consignee.phone"),
        ({"phone": "+8612800138000"}, "consignee.phone"),
        ({"phone": "+85366123"}, "consignee.phone"),
        ({"phone": "+351912345678"}, "consignee.phone"),
        ({"address": ""}, "consignee.address"),
        ({"address": "路" * 201}, "consignee.address"),
    ],
)
def test_what_no_carrier_could_use_is_refused_and_not_repeated(
    changed: dict[str, str], code: str
) -> None:
    said = {"name": "陳安娜", "phone": "+85366123456", "address": "澳門新馬路1號"}
    assert receiver(**said)
    with pytest.raises(Refused) as no:
        receiver(**said | changed)
    assert (no.value.code, no.value.facts) == (code, {})
    assert (changed.get("phone") or "陳\n安娜") not in no.value.detail


@given(lines, lines)
def test_what_is_sealed_is_opened_as_it_was_and_no_length_tells(name: str, address: str) -> None:
    to = Consignee(name, "+85366123456", address * 4)
    sealed = VAULT.seal_consignee(TOKEN, to)
    assert VAULT.open_consignee(TOKEN, sealed) == to
    assert len(sealed.ciphertext) == len(SEALED.ciphertext)


def test_the_longest_that_may_be_named_has_the_length_of_all() -> None:
    longest = receiver("𠮷" * 50, "+8613800138000", "𠮷" * 200)
    assert len(VAULT.seal_consignee(TOKEN, longest).ciphertext) == len(SEALED.ciphertext)


def test_nobody_is_opened_in_the_place_of_another_nor_as_a_person() -> None:
    for token in (OTHER, TOKEN.replace("consignee", "person")):
        with pytest.raises(Unopenable):
            VAULT.open_consignee(token, SEALED)
    with pytest.raises(Unopenable):
        VAULT.open(TOKEN, SEALED)


def test_a_tag_changes_with_what_is_sealed_and_is_no_other_tokens() -> None:
    moved = Consignee(ANA.name, ANA.phone, "上海市南京東路1號")
    assert VAULT.seal_consignee(TOKEN, ANA).tag == SEALED.tag
    assert VAULT.seal_consignee(TOKEN, moved).tag != SEALED.tag
    assert VAULT.seal_consignee(OTHER, ANA).tag != SEALED.tag


def test_a_record_comes_under_a_new_key() -> None:
    after = ROTATED.rewrap(TOKEN, SEALED)
    again = reduce(consignee.evolve, consignee.rewrap(KEPT, SEALED, after), KEPT)
    assert again.sealed == after
    assert ROTATED.open_consignee(TOKEN, after) == ANA
    assert consignee.rewrap(again, SEALED, after) == []


def test_only_its_buyer_uses_corrects_or_erases_it_and_an_operator_erases_any() -> None:
    consignee.may_receive(KEPT, "ana")
    for wish in (
        lambda: consignee.may_receive(KEPT, "bea"),
        lambda: consignee.may_receive(ConsigneeRecord(TOKEN), "ana"),
        lambda: consignee.name_anew(KEPT, "bea", SEALED, known=True),
        lambda: consignee.name_anew(ConsigneeRecord(TOKEN), "ana", SEALED, known=True),
        lambda: consignee.erase(KEPT, "bea", NOW),
        lambda: consignee.erase(ConsigneeRecord(TOKEN), None, NOW),
    ):
        with pytest.raises(Refused, match=r"consignee\.unknown"):
            wish()
    assert consignee.erase(KEPT, None, NOW) == consignee.erase(KEPT, "ana", NOW)


def test_what_is_erased_is_gone_until_its_buyer_says_it_again() -> None:
    assert (ERASED.sealed, ERASED.erased_at) == (None, NOW)
    assert consignee.erase(ERASED, "ana", NOW) == []
    for wish in (
        lambda: consignee.check_known(ERASED),
        lambda: consignee.may_receive(ERASED, "ana"),
    ):
        with pytest.raises(Refused):
            wish()
    again = consignee.name_anew(ERASED, "ana", SEALED, known=True)
    assert consignee.check_known(reduce(consignee.evolve, again, ERASED)) == SEALED
