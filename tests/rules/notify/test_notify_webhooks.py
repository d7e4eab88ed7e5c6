"""Endpoints and deliveries: who owns them, who is told, when it is enough."""

import json
from base64 import b64decode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from services.notify import delivery, endpoint
from services.notify.delivery import Attempt, Delivery, Parcel, delivery_id
from services.notify.endpoint import OVERLAP, Endpoint, Wish
from services.notify.schedule import FAILING, WEBHOOK_PAUSES
from services.notify.signature import new_secret, signature
from shared.events.notify import EndpointDisabled, EndpointRegistered
from shared.refusal import Refused

NOW = datetime(2025, 5, 24, 2, tzinfo=UTC)
CONFIRMED, EXPIRED = "feira.orders.order.confirmed", "feira.orders.order.expired"
WISH = Wish("wish-1", "erp", "https://erp.example.mo/feira", (CONFIRMED,))
PARCEL = Parcel("event-1", CONFIRMED, '{"type":"…"}')
LASTS = timedelta(seconds=60)


def happen(thing: Any, facts: Any, evolve: Any = endpoint.evolve) -> Any:
    for fact in facts:
        thing = evolve(thing, fact)
    return thing


def registered(**changes: Any) -> Endpoint:
    new = Endpoint("erp-1")
    return replace(happen(new, endpoint.register(new, WISH, "whsec_a", NOW)), **changes)


def sending(tries: int = 1, **changes: Any) -> Delivery:
    waiting = Delivery(delivery_id("erp-1", "event-1"))
    waiting = happen(waiting, delivery.queue(waiting, "erp-1", PARCEL, NOW), delivery.evolve)
    claimed = delivery.claim(waiting, registered(), "c1", LASTS, NOW)
    return replace(happen(waiting, claimed, delivery.evolve), tries=tries, **changes)


def ended(status: int | None = None, **more: Any) -> Attempt:
    return Attempt("c1", NOW, 12, status, error="" if status else "timeout", **more)


def attempt(one: Delivery, to: Endpoint, how: Attempt, now: datetime = NOW) -> Any:
    facts = delivery.attempted(one, to, how, WEBHOOK_PAUSES, now)
    return happen(one, facts, delivery.evolve), happen(to, facts)


# Endpoints --------------------------------------------------------------------------------------


def test_a_new_endpoint_listens_from_now_on_to_what_it_asked_for() -> None:
    one = registered()
    assert one.wants(CONFIRMED, NOW)
    assert not one.wants(EXPIRED, NOW)
    assert not one.wants(CONFIRMED, NOW - timedelta(milliseconds=1))
    assert endpoint.register(one, WISH, "whsec_b", NOW + timedelta(days=1)) == []


def test_an_endpoint_is_of_no_concern_to_anybody_but_its_owner() -> None:
    one = registered()
    theirs = replace(WISH, owner_id="rui")
    refused = [
        lambda: endpoint.register(one, theirs, "whsec_b", NOW),
        lambda: endpoint.rotate(one, "rui", "whsec_b", "wish-2", NOW),
        lambda: endpoint.remove(one, "rui"),
        lambda: endpoint.owned(Endpoint("nobody's"), ""),
        lambda: delivery.replay(sending(status="failed"), one, "rui", NOW),
        lambda: endpoint.register(happen(one, endpoint.remove(one, "erp")), theirs, "whsec_b", NOW),
    ]
    for ask in refused:
        with pytest.raises(Refused) as no:
            ask()
        assert no.value.kind == "missing"


def test_a_change_keeps_the_secret_and_is_announced_only_when_the_types_change() -> None:
    one = registered()
    moved = endpoint.register(one, replace(WISH, url="https://new.example.mo"), "whsec_b", NOW)
    assert not any(isinstance(fact, EndpointRegistered) for fact in moved)
    more = endpoint.register(one, replace(WISH, types=(CONFIRMED, EXPIRED)), "whsec_b", NOW)
    assert isinstance(more[0], EndpointRegistered)
    assert happen(one, more).secret == one.secret


def test_what_is_removed_is_forgotten_and_can_be_registered_anew() -> None:
    gone = happen(registered(), endpoint.remove(registered(), "erp"))
    assert (gone.url, gone.secret, gone.types) == ("", "", ())
    back = happen(gone, endpoint.register(gone, WISH, "whsec_b", NOW))
    assert (back.status, back.secret) == ("active", "whsec_b")


@given(failing_for=st.timedeltas(timedelta(0), timedelta(days=12)))
def test_an_endpoint_is_disabled_after_five_days_of_failing_and_not_before(
    failing_for: timedelta,
) -> None:
    one = registered(failing_since=NOW)
    facts = endpoint.failed(one, NOW + failing_for)
    given_up = [fact for fact in facts if isinstance(fact, EndpointDisabled)]
    assert bool(given_up) is (failing_for >= FAILING)
    assert all(fact.reason == "failing" for fact in given_up)
    assert not happen(one, given_up).wants(CONFIRMED, NOW) or not given_up


def test_one_success_makes_up_for_all_failures() -> None:
    _, failing = attempt(sending(), registered(), ended(500))
    assert failing.failing_since == NOW
    _, still = attempt(sending(), failing, ended(500), NOW + timedelta(days=4))
    assert still.failing_since == NOW
    _, well = attempt(sending(), still, ended(204), NOW + timedelta(days=4, hours=1))
    assert well.failing_since is None
    _, again = attempt(sending(), well, ended(500), NOW + timedelta(days=6))
    assert again.status == "active"


# Deliveries -------------------------------------------------------------------------------------


@given(status=st.integers(200, 299))
def test_any_2xx_is_a_success(status: int) -> None:
    taken, _ = attempt(sending(), registered(), ended(status))
    assert (taken.status, taken.due) == ("delivered", None)


@given(status=st.integers(100, 599).filter(lambda s: not 200 <= s < 300 and s != 410))
def test_any_other_answer_is_a_failure_redirects_among_them(status: int) -> None:
    again, to = attempt(sending(), registered(), ended(status))
    assert again.status == "queued"
    assert again.due > NOW
    assert to.failing_since == NOW


def test_410_disables_the_endpoint_at_once() -> None:
    given_up, to = attempt(sending(), registered(), ended(410))
    assert (given_up.status, given_up.reason) == ("failed", "endpoint-gone")
    assert (to.status, to.reason) == ("disabled", "gone")


def test_the_tenth_failure_is_the_last() -> None:
    ninth, _ = attempt(sending(tries=9), registered(), ended())
    assert ninth.status == "queued"
    tenth, _ = attempt(sending(tries=10), registered(), ended())
    assert (tenth.status, tenth.reason) == ("failed", "tries-used-up")


def test_a_receiver_that_asks_for_an_hour_gets_it() -> None:
    again, _ = attempt(sending(), registered(), ended(429, retry_after=3600.0))
    assert again.due == NOW + timedelta(hours=1)


def test_only_one_replica_delivers_until_its_claim_lapses() -> None:
    claimed = sending()
    for too_early in (NOW, NOW + LASTS - timedelta(milliseconds=1)):
        with pytest.raises(Refused):
            delivery.claim(claimed, registered(), "c2", LASTS, too_early)
    taken_over = happen(
        claimed,
        delivery.claim(claimed, registered(), "c2", LASTS, NOW + LASTS),
        delivery.evolve,
    )
    assert taken_over.claim == "c2"
    late, _ = attempt(taken_over, registered(), ended(500))
    assert late == taken_over, "the failure of one who was given up changes nothing"
    taken, _ = attempt(taken_over, registered(), ended(200))
    assert taken.status == "delivered", "but its success is one"


def test_a_claim_given_back_unused_is_no_attempt() -> None:
    claimed = sending(tries=3)
    back = happen(claimed, delivery.release(claimed, "c1", NOW), delivery.evolve)
    assert (back.status, back.due, back.tries, back.attempts) == ("queued", NOW, 2, ())
    assert delivery.release(claimed, "c2", NOW) == []
    assert delivery.release(back, "c1", NOW) == []


def test_nothing_is_sent_to_an_endpoint_that_no_longer_listens() -> None:
    waiting = sending(status="queued", due=NOW)
    for status in ("disabled", "deleted"):
        silent = registered(status=status)
        with pytest.raises(Refused):
            delivery.claim(waiting, silent, "c2", LASTS, NOW)
        dropped = happen(waiting, delivery.drop(waiting, silent, NOW), delivery.evolve)
        assert (dropped.status, dropped.reason) == ("failed", f"endpoint-{status}")
    with pytest.raises(Refused):
        delivery.drop(waiting, registered(), NOW)


def test_a_replay_begins_from_the_beginning_under_the_same_id() -> None:
    failed = sending(tries=10, status="failed", due=None)
    again = happen(failed, delivery.replay(failed, registered(), "erp", NOW), delivery.evolve)
    assert (again.status, again.tries, again.due) == ("queued", 0, NOW)
    assert again.parcel.event_id == "event-1"
    assert delivery.replay(again, registered(), "erp", NOW) == []
    with pytest.raises(Refused):
        delivery.replay(failed, registered(status="disabled"), "erp", NOW)
    with pytest.raises(Refused):
        delivery.replay(replace(failed, endpoint_id="erp-2"), registered(), "erp", NOW)


# Signatures -------------------------------------------------------------------------------------


@given(said=st.text(max_size=200), event_id=st.uuids().map(str))
def test_a_foreign_library_finds_every_signature_good(said: str, event_id: str) -> None:
    secret, body = new_secret(), json.dumps({"data": said}).encode()
    now = int(datetime.now(UTC).timestamp())
    headers = {
        "webhook-id": event_id,
        "webhook-timestamp": str(now),
        "webhook-signature": signature([secret], event_id, now, body),
    }
    theirs = Webhook(secret)
    assert theirs.verify(body, headers) == {"data": said}
    forged = [
        (body + b" ", headers),
        (body, headers | {"webhook-id": "another"}),
        (body, headers | {"webhook-timestamp": str(now - 1)}),
        (body, headers | {"webhook-signature": signature([new_secret()], event_id, now, body)}),
    ]
    for what, how in forged:
        with pytest.raises(WebhookVerificationError):
            theirs.verify(what, how)


def test_secrets_are_32_random_bytes() -> None:
    secrets = {new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert all(len(b64decode(secret.removeprefix("whsec_"))) == 32 for secret in secrets)


def test_after_a_rotation_both_secrets_sign_for_a_day_and_then_the_new_one_alone() -> None:
    one = registered(secret=new_secret())
    rotated = happen(one, endpoint.rotate(one, "erp", new_secret(), "wish-2", NOW))
    assert rotated.secret != one.secret
    almost = NOW + OVERLAP - timedelta(milliseconds=1)
    assert rotated.secrets(almost) == [rotated.secret, one.secret]
    assert rotated.secrets(NOW + OVERLAP) == [rotated.secret]
    now = int(datetime.now(UTC).timestamp())
    headers = {
        "webhook-id": "event-1",
        "webhook-timestamp": str(now),
        "webhook-signature": signature(rotated.secrets(almost), "event-1", now, b"{}"),
    }
    for secret in (one.secret, rotated.secret):
        Webhook(secret).verify(b"{}", headers)


def test_secrets_and_urls_are_not_in_what_is_logged() -> None:
    shown = repr(registered(old_secret=new_secret())) + repr(WISH) + repr(sending())
    assert "whsec" not in shown
    assert "erp.example" not in shown
