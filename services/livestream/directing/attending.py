"""Being there: who may say so, and what comes of it when nobody does. Rules, pure."""

from datetime import datetime

from services.livestream.directing.moves import must_be, must_not_be_over, must_run
from services.livestream.directing.presence import Labelled, Part, Presence, Seen
from services.livestream.directing.session import Asker, Session, may
from shared.events.livestream import AiLabelMissed, AiLabelRestored, SessionPaused
from shared.refusal import Refused


def attend(session: Session, asker: Asker, at: datetime) -> list[Seen]:
    """Somebody who has a part in the session is there."""
    must_not_be_over(session, "presence")
    return [Seen(session.id, asker.id, part_of(session, asker, at), at)]


def part_of(session: Session, asker: Asker, at: datetime) -> Part:
    """What somebody is in a session; Refused (`session.not-yours`) if they have no part in it."""
    if asker.hosts and asker.id == session.host_id:
        return "host"
    if asker.organises or may(session, asker.id, "moderate", at):
        return "moderator"
    if any(grant.subject == asker.id and at < grant.until for grant in session.grants):
        return "guest"
    raise Refused("session.not-yours", "You have no part in this session.", kind="forbidden")


def label(
    session: Session, presence: Presence, asker: Asker, at: datetime
) -> list[Labelled | AiLabelRestored]:
    """The room shows that its host is an AI (SAMR and CAC Order 117 art. 37)."""
    must_run(session, asker)
    must_not_be_over(session, "ai-label")
    if session.host_type == "human":
        raise Refused("ai-label.human", "A person hosts this session.")
    labelled = Labelled(session.id, at)
    if not presence.gap:
        return [labelled]
    offset_ms = session.offset_ms(at)
    return [labelled, AiLabelRestored(session_id=session.id, offset_ms=offset_ms)]


def drop(session: Session, presence: Presence, at: datetime) -> list[SessionPaused]:
    """The host has not been heard of for too long: the room shows a slate until they go on."""
    must_be(session, "pause")
    if not presence.watched or presence.silent_at is None or at < presence.silent_at:
        raise Refused("presence.not-due", "The host is there.")
    return [SessionPaused(session_id=session.id, reason="host-dropped")]


def miss_label(session: Session, presence: Presence, at: datetime) -> list[AiLabelMissed]:
    """The label of an AI host has not been heard of for too long: an incident, told once."""
    if not presence.label_watched or presence.is_labelled(at):
        raise Refused("ai-label.not-due", "The label is shown, or its absence is known.")
    since = presence.labelled_at or session.started_at or at
    return [AiLabelMissed(session_id=session.id, since=since, offset_ms=session.offset_ms(at))]
