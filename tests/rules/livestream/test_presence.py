"""Being there: a host who drops out is waited for, an AI host is labelled all along."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.livestream.directing.presence import HOST_GRACE, LABEL_GAP
from services.livestream.directing.session import Asker
from services.livestream.record.timeline import Unlabelled
from shared.events.livestream import AiLabelMissed, AiLabelRestored, SessionPaused
from tests.rules.livestream.room import (
    HOST,
    MORNING,
    ORGANISER,
    OTHER_HOST,
    PLAN,
    Room,
    live_room,
    refused,
)

A_MOMENT = timedelta(milliseconds=1)


def ai_room() -> Room:
    room = Room()
    room.schedule(plan=replace(PLAN, host_type="ai"))
    room.approve()
    room.label()
    room.start()
    return room


def test_a_host_who_comes_back_within_the_grace_keeps_the_session() -> None:
    room = live_room()
    for _ in range(5):
        room.now += HOST_GRACE - A_MOMENT
        with refused("presence.not-due"):
            room.drop()
        room.attend()
    assert room.session.status == "live"


def test_a_host_who_stays_away_longer_has_the_session_paused() -> None:
    room = live_room()
    room.pin("FEI-BAK-001", 0)
    room.now += HOST_GRACE
    assert room.drop() == [SessionPaused(session_id="sess-1", reason="host-dropped")]
    assert room.session.status == "paused"
    assert room.session.pin  # it is there again when they go on
    room.now += HOST_GRACE
    with refused("session.illegal-move"):
        room.drop()


def test_who_goes_on_is_there_again() -> None:
    room = live_room()
    room.now += HOST_GRACE
    room.drop()
    room.now += timedelta(minutes=10)
    room.resume()
    with refused("presence.not-due"):
        room.drop()
    room.now += HOST_GRACE
    room.drop()


def test_a_moderator_who_is_there_does_not_stand_in_for_the_host() -> None:
    room = live_room()
    room.now += HOST_GRACE
    room.attend(ORGANISER)
    room.drop()
    assert room.session.status == "paused"


def test_nobody_is_missed_in_a_room_that_is_not_live() -> None:
    room = live_room()
    room.pause()
    assert not room.presence.watched
    room.resume()
    assert room.presence.watched
    room.end()
    assert not room.presence.watched


def test_strangers_are_not_there() -> None:
    room = live_room()
    for stranger in (OTHER_HOST, Asker("buyer-li")):
        with refused("session.not-yours"):
            room.attend(stranger)
    room.end()
    with refused("presence.over"):
        room.attend()


def test_a_label_that_is_not_heard_of_is_an_incident_told_once() -> None:
    room = ai_room()
    room.now += LABEL_GAP - A_MOMENT
    with refused("ai-label.not-due"):
        room.miss_label()
    room.now += A_MOMENT
    offset_ms = LABEL_GAP // A_MOMENT
    assert room.miss_label() == [
        AiLabelMissed(session_id="sess-1", since=MORNING, offset_ms=offset_ms)
    ]
    assert not room.presence.label_watched
    with refused("ai-label.not-due"):
        room.miss_label()
    assert room.session.status == "live"


def test_a_label_that_is_back_ends_the_incident_and_is_watched_again() -> None:
    room = ai_room()
    room.now += LABEL_GAP
    room.miss_label()
    room.now += timedelta(seconds=5)
    restored = room.label()[-1]
    assert isinstance(restored, AiLabelRestored)
    assert room.timeline.unlabelled == (Unlabelled(30_000, 35_000),)
    assert room.presence.label_watched
    assert [fact for fact in room.label() if isinstance(fact, AiLabelRestored)] == []


def test_the_label_is_watched_of_ai_hosts_alone_and_while_they_are_live() -> None:
    assert not live_room().presence.label_watched
    with refused("ai-label.human"):
        live_room().label()
    room = ai_room()
    assert room.presence.label_watched
    room.pause()
    assert not room.presence.label_watched
    room.resume()
    assert room.presence.label_watched


@pytest.mark.parametrize("kind", ["ai", "mixed"])
def test_another_host_does_not_vouch_for_the_label(kind: str) -> None:
    room = Room()
    room.schedule(plan=replace(PLAN, host_type=kind))  # type: ignore[arg-type]
    with refused("session.not-yours"):
        room.label(OTHER_HOST)
    room.label(HOST)
