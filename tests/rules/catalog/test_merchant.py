"""A merchant can be found by buyers, and is looked at every six months."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog import merchant as rules
from services.catalog.merchant import Merchant, months_after
from shared.events.catalog import MerchantRegistered, VerificationExpired
from shared.refusal import Refused
from tests.rules.catalog.fair import merchant, told

AT = datetime(2025, 5, 24, 2, tzinfo=UTC)


def verified() -> Merchant:
    return told(merchant(), rules.evolve, rules.verify(merchant(), None, "ana", AT))


def test_who_cannot_be_found_does_not_join() -> None:
    profile = merchant().profile
    assert profile
    for missing in ("address", "contact"):
        with pytest.raises(Refused, match="address and contact"):
            rules.register(Merchant("m01"), profile.model_copy(update={missing: None}))


def test_what_was_told_before_addresses_were_is_still_understood() -> None:
    profile = merchant().profile
    assert profile
    old = MerchantRegistered(
        merchant_id="m01", names=profile.names, category="bakery", country="MO"
    )
    one = rules.evolve(Merchant("m01"), old)
    assert one.profile
    assert (one.profile.address, one.profile.contact) == (None, None)
    with pytest.raises(Refused) as no:
        rules.verify(one, None, "ana", AT)
    assert no.value.code == "merchant.no-contact"


def test_a_merchant_is_verified_for_six_calendar_months_at_most() -> None:
    [said] = rules.verify(merchant(), None, "ana", AT)
    latest = datetime(2025, 11, 24, 2, tzinfo=UTC)
    assert (said.verified_at, said.next_verification_at, said.by) == (AT, latest, "ana")
    [sooner] = rules.verify(merchant(), AT + timedelta(days=1), "ana", AT)
    assert sooner.next_verification_at == AT + timedelta(days=1)
    for until in (AT, latest + timedelta(milliseconds=1)):
        with pytest.raises(Refused) as no:
            rules.verify(merchant(), until, "ana", AT)
        assert no.value.code == "merchant.verification"
    with pytest.raises(Refused, match="no such merchant"):
        rules.verify(Merchant("m02"), None, "ana", AT)


@pytest.mark.parametrize(
    ("looked_at", "due"),
    [
        ("2025-08-31T02:00Z", "2026-02-28T02:00Z"),
        ("2027-08-30T02:00Z", "2028-02-29T02:00Z"),
        ("2025-09-30T20:00Z", "2026-03-31T20:00Z"),  # in Macau 1 October, 4 in the morning
        ("2025-12-31T02:00Z", "2026-06-30T02:00Z"),
    ],
)
def test_months_are_those_of_the_calendar_where_macau_is(looked_at: str, due: str) -> None:
    assert months_after(datetime.fromisoformat(looked_at), 6) == datetime.fromisoformat(due)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - bounds are naive
def test_six_months_are_from_181_to_184_days(at: datetime) -> None:
    assert timedelta(days=181) <= months_after(at, 6) - at <= timedelta(days=184)


def test_a_verification_runs_out_once_and_is_good_again_after_another_look() -> None:
    one = verified()
    due = one.next_verification_at
    assert due
    with pytest.raises(Refused) as early:
        rules.expire(one, due - timedelta(milliseconds=1))
    assert early.value.code == "merchant.not-due"
    [said] = rules.expire(one, due)
    assert said == VerificationExpired(merchant_id="m01", next_verification_at=due)
    lapsed = told(one, rules.evolve, [said])
    assert not lapsed.verified
    with pytest.raises(Refused):
        rules.expire(lapsed, due)
    again = told(lapsed, rules.evolve, rules.verify(lapsed, None, "ana", due))
    assert again.verified
    assert again.next_verification_at == datetime(2026, 5, 24, 2, tzinfo=UTC)


def test_a_look_again_before_its_time_keeps_the_merchant_verified() -> None:
    one = verified()
    due = one.next_verification_at
    assert due
    later = told(one, rules.evolve, rules.verify(one, None, "ana", due - timedelta(days=1)))
    with pytest.raises(Refused):
        rules.expire(later, due)
    assert replace(later, next_verification_at=due) == one
