"""What goes on a session's record by hand: corrections, recordings. Rules, pure."""

from datetime import datetime

from services.livestream.directing.moves import known, must_run
from services.livestream.directing.session import Asker, Session, may
from services.livestream.record.timeline import Recording, Timeline
from shared.events.livestream import CorrectionIssued, RecordingRegistered
from shared.refusal import Refused

MOST_CORRECTIONS, MOST_RECORDINGS = 500, 100


def correct(
    session: Session, timeline: Timeline, said: str, corrected: str, asker: Asker, *, at: datetime
) -> list[CorrectionIssued]:
    """Put right what was said in the room, then or afterwards (SAMR and CAC Order 117 art. 31)."""
    if not may(session, asker.id, "moderate", at):
        must_run(session, asker)
    known(session)
    if session.started_at is None or session.status == "archived":
        raise Refused(
            "correction.not-live",
            f"In a session that is {session.status} there is nothing to correct.",
            state=session.status,
        )
    number = len(timeline.corrections) + 1
    if number > MOST_CORRECTIONS:
        raise Refused(
            "correction.limit", f"A session has {MOST_CORRECTIONS} at most.", kind="limit"
        )
    return [
        CorrectionIssued(
            session_id=session.id,
            number=number,
            said=said,
            corrected=corrected,
            offset_ms=session.offset_ms(session.ended_at or at),
        )
    ]


def record(
    session: Session, timeline: Timeline, recording: Recording, asker: Asker, at: datetime
) -> list[RecordingRegistered]:
    """Know where the session's picture and sound are kept, or their digest once it is over."""
    must_run(session, asker)
    if session.status not in ("approved", "live", "paused", "ended"):
        raise Refused(
            "recording.not-now",
            f"A session that is {session.status} is not recorded.",
            state=session.status,
        )
    if recording.began_at > at:
        raise Refused("recording.future", "It has not begun yet.", kind="invalid")
    if recording in timeline.recordings:
        return []
    names = {one.manifest for one in timeline.recordings}
    if len(names | {recording.manifest}) > MOST_RECORDINGS:
        raise Refused("recording.limit", f"A session has {MOST_RECORDINGS} at most.", kind="limit")
    return [
        RecordingRegistered(
            session_id=session.id,
            manifest=recording.manifest,
            began_at=recording.began_at,
            sha256=recording.sha256,
        )
    ]
