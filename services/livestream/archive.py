"""The archive: sessions whose orders are over, and evidence kept for as long as it must be."""

from collections.abc import Awaitable

from services.livestream import retention
from services.livestream.kept import RETENTIONS, SESSIONS, TIMELINES
from services.livestream.queries import Queries
from services.livestream.retention import Retention
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome
from shared.platform.change.unit_of_work import UnitOfWork


class Archive:
    """Each method is one change."""

    def __init__(self, uow: UnitOfWork, queries: Queries) -> None:
        self._uow, self._queries = uow, queries

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
        """Delete evidence that has been kept for long enough: [EvidenceDeleted]."""
        sold = await self._queries.sold(due.id)
        kept = RETENTIONS(due.id)
        return await self._uow.change(
            [SESSIONS(due.id), kept, TIMELINES(due.id)],
            lambda view: retention.delete(view[kept], sold, view.at),
            Cause(f"evidence:{due.id}:{due.delete_at}", patient=True),
        )

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
