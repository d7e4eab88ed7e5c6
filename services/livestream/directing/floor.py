"""The floor: what changes around a session under way: its order, who may what, who is there."""

from collections.abc import Awaitable, Iterable, Sequence

from services.livestream.directing import attending, following, grants, host, running
from services.livestream.directing.following import following_id
from services.livestream.directing.host import HostVouched
from services.livestream.directing.presence import Presence
from services.livestream.directing.session import Asker, Grant
from services.livestream.kept import FOLLOWINGS, GOODS, HOSTS, PRESENCES, SESSIONS, TIMELINES
from services.livestream.record import evidence
from services.livestream.record.timeline import Recording
from shared.events.livestream import Slot
from shared.platform.change.aggregate import Note, View
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome
from shared.platform.change.unit_of_work import UnitOfWork
from shared.platform.web.version import meant


class Floor:
    """Each method is one change."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    def vouch(self, said: HostVouched, seen: int | None, cause: Cause) -> Awaitable[Outcome]:
        """Know what an organiser vouches for of a host; told to nobody."""
        ref = HOSTS(said.host_id)

        def decide(view: View) -> Iterable[Note]:
            return meant(view, ref, seen, host.vouch(view[ref], said))

        return self._uow.change([ref], decide, cause)

    # Running order ----------------------------------------------------------------------------

    def reorder(
        self, id: str, slots: Sequence[Slot], seen: int | None, asker: Asker, cause: Cause
    ) -> Awaitable[Outcome]:
        """Change the running order: [RunningOrderChanged], or nothing yet if it needs a second."""
        ref = SESSIONS(id)
        goods = [GOODS(sku) for sku in dict.fromkeys(slot.sku for slot in slots)]
        return self._uow.change(
            [ref, *goods],
            lambda view: running.change(
                view[ref], slots, [view[one] for one in goods], asker, seen=seen, at=view.at
            ),
            cause,
        )

    def approve_order(
        self, id: str, seen: int | None, asker: Asker, cause: Cause
    ) -> Awaitable[Outcome]:
        """Agree to the running order that was *seen* waiting: [RunningOrderChanged]."""
        ref = SESSIONS(id)
        return self._uow.change(
            [ref], lambda view: running.approve(view[ref], asker, seen=seen, at=view.at), cause
        )

    # People -----------------------------------------------------------------------------------

    def grant(self, id: str, wanted: Grant, asker: Asker, cause: Cause) -> Awaitable[Outcome]:
        """Let somebody do something for a while: [GrantGiven]."""
        ref = SESSIONS(id)
        return self._uow.change(
            [ref], lambda view: grants.give(view[ref], wanted, asker, view.at), cause
        )

    def revoke(self, id: str, subject: str, asker: Asker, cause: Cause) -> Awaitable[Outcome]:
        """Take back what somebody was let do: [GrantRevoked]."""
        ref = SESSIONS(id)
        return self._uow.change([ref], lambda view: grants.revoke(view[ref], subject, asker), cause)

    def follow(
        self, session_id: str, host_id: str, buyer_id: str, cause: Cause
    ) -> Awaitable[Outcome]:
        """Follow the host of a session: [HostFollowed], or nothing if they do already.

        The host is named so that what is said of them keeps its order.
        """
        ref, one = SESSIONS(session_id), FOLLOWINGS(following_id(host_id, buyer_id))
        return self._uow.change(
            [HOSTS(host_id), ref, one],
            lambda view: following.follow(view[one], view[ref], host_id, buyer_id, view.at),
            cause,
        )

    def unfollow(self, host_id: str, buyer_id: str, cause: Cause) -> Awaitable[Outcome]:
        """Follow a host no longer: [HostUnfollowed], or nothing if they do not."""
        one = FOLLOWINGS(following_id(host_id, buyer_id))
        return self._uow.change(
            [HOSTS(host_id), one], lambda view: following.unfollow(view[one], view.at), cause
        )

    def attend(self, id: str, asker: Asker, cause: Cause) -> Awaitable[Outcome]:
        """Know that somebody is there; told to nobody."""
        ref = SESSIONS(id)
        return self._uow.change(
            [ref, PRESENCES(id)], lambda view: attending.attend(view[ref], asker, view.at), cause
        )

    def label(self, id: str, asker: Asker, cause: Cause) -> Awaitable[Outcome]:
        """Know that the label of an AI host is shown: [AiLabelRestored] after a gap."""
        ref, presence = SESSIONS(id), PRESENCES(id)
        return self._uow.change(
            [ref, presence, TIMELINES(id)],
            lambda view: attending.label(view[ref], view[presence], asker, view.at),
            cause,
        )

    def drop(self, due: Presence) -> Awaitable[Outcome]:
        """Pause a session whose host has dropped out: [SessionPaused]."""
        ref, presence = SESSIONS(due.id), PRESENCES(due.id)
        return self._uow.change(
            [ref, presence],
            lambda view: attending.drop(view[ref], view[presence], view.at),
            Cause(f"host-dropped:{due.id}:{due.silent_at}", patient=True),
        )

    def miss_label(self, due: Presence) -> Awaitable[Outcome]:
        """Tell that the label of an AI host is missing: [AiLabelMissed]."""
        ref, presence = SESSIONS(due.id), PRESENCES(due.id)
        return self._uow.change(
            [ref, presence, TIMELINES(due.id)],
            lambda view: attending.miss_label(view[ref], view[presence], view.at),
            Cause(f"ai-label:{due.id}:{due.unlabelled_at}", patient=True),
        )

    # Record -----------------------------------------------------------------------------------

    def correct(
        self, id: str, said: str, corrected: str, asker: Asker, cause: Cause
    ) -> Awaitable[Outcome]:
        """Put right what was said: [CorrectionIssued]."""
        ref, timeline = SESSIONS(id), TIMELINES(id)
        return self._uow.change(
            [ref, timeline],
            lambda view: evidence.correct(
                view[ref], view[timeline], said, corrected, asker, at=view.at
            ),
            cause,
        )

    def record(
        self, id: str, recording: Recording, asker: Asker, cause: Cause
    ) -> Awaitable[Outcome]:
        """Know where the session is recorded: [RecordingRegistered]."""
        ref, timeline = SESSIONS(id), TIMELINES(id)
        return self._uow.change(
            [ref, timeline],
            lambda view: evidence.record(view[ref], view[timeline], recording, asker, view.at),
            cause,
        )
