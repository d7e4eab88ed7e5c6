"""The archive: sessions whose orders are over, and evidence kept for as long as it must be."""

from collections.abc import Awaitable, Sequence

from services.livestream.chat.message import ChatForgotten, Message
from services.livestream.chat.queries import ChatQueries
from services.livestream.kept import MESSAGES, RETENTIONS, SESSIONS, TIMELINES
from services.livestream.queries import Queries
from services.livestream.record import retention
from services.livestream.record.retention import Retention, Sold
from shared.events.livestream import EvidenceDeleted
from shared.platform.change.aggregate import View
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome
from shared.platform.change.unit_of_work import UnitOfWork

AT_ONCE = 500
"""How many messages are forgotten in one change."""


class Archive:
    """Each method is one change."""

    def __init__(self, uow: UnitOfWork, queries: Queries, chats: ChatQueries) -> None:
        self._uow, self._queries, self._chats = uow, queries, chats

    async def archive(self, due: Retention) -> Outcome:
        """Archive a session whose orders are all over, or look again: [SessionArchived]."""
        sold = await self._queries.sold(due.id)
        session, kept = SESSIONS(due.id), RETENTIONS(due.id)
        return await self._uow.change(
            [session, kept],
            lambda view: retention.archive(view[session], view[kept], sold, view.at),
            Cause(f"archive:{due.id}:{due.look_at}", patient=True),
        )

    async def delete(self, due: Retention) -> Outcome:
        """Delete evidence that has been kept for long enough: [EvidenceDeleted].

        What was said goes first, so many at a time; who dies in between begins where they were.
        """
        sold = await self._queries.sold(due.id)
        kept = RETENTIONS(due.id)
        while said := await self._chats.kept(due.id, AT_ONCE):
            forgotten = await self._forget(due, sold, said)
            if not forgotten:
                break
        return await self._uow.change(
            [SESSIONS(due.id), kept, TIMELINES(due.id)],
            lambda view: retention.delete(view[kept], sold, view.at),
            Cause(f"evidence:{due.id}:{due.delete_at}", patient=True),
        )

    async def _forget(self, due: Retention, sold: Sold, said: Sequence[Message]) -> bool:
        """Forget what was *said*, unless it has to be kept longer by now."""
        kept, messages = RETENTIONS(due.id), [MESSAGES(one.id) for one in said]
        may = False

        def decide(view: View) -> Sequence[ChatForgotten]:
            nonlocal may
            over = retention.delete(view[kept], sold, view.at)
            may = any(isinstance(fact, EvidenceDeleted) for fact in over)
            return [ChatForgotten(due.id)] if may else []

        cause = Cause(f"evidence-chat:{due.id}:{said[0].id}:{due.delete_at}", patient=True)
        await self._uow.change([kept, *messages], decide, cause)
        return may

    def hold(self, id: str, reference: str, cause: Cause) -> Awaitable[Outcome]:
        """Keep evidence for a case: [LegalHoldPlaced]."""
        session, kept = SESSIONS(id), RETENTIONS(id)
        return self._uow.change(
            [session, kept],
            lambda view: retention.hold(view[session], view[kept], reference),
            cause,
        )

    def lift(self, id: str, cause: Cause) -> Awaitable[Outcome]:
        """Keep evidence no longer than its date says: [LegalHoldLifted]."""
        session, kept = SESSIONS(id), RETENTIONS(id)
        return self._uow.change(
            [session, kept], lambda view: retention.lift(view[session], view[kept]), cause
        )
