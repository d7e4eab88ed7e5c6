"""The control room: sessions and their pin, as their hosts and the organisers want them."""

from collections.abc import Awaitable, Callable, Iterable

from services.livestream import moves, pin
from services.livestream.kept import DEALS, GOODS, SESSIONS, TIMELINES
from services.livestream.moves import Plan
from services.livestream.queries import Queries
from services.livestream.session import Asker, Session
from shared.events.base import Event
from shared.platform.change.aggregate import View
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome
from shared.platform.change.unit_of_work import UnitOfWork
from shared.platform.web.version import meant
from shared.refusal import Busy, Refused

_TRIES = 5


class _Moved(Refused):
    """Deals were asked for after the look that named those to be closed."""


class ControlRoom:
    """Each method is one change."""

    def __init__(self, uow: UnitOfWork, queries: Queries) -> None:
        self._uow, self._queries = uow, queries

    def schedule(
        self, id: str, plan: Plan, seen: int | None, asker: Asker, cause: Cause
    ) -> Awaitable[Outcome]:
        """Plan a session, or replace the plan *seen* (0: there was none): [SessionScheduled]."""
        ref = SESSIONS(id)
        goods = [GOODS(sku) for sku in dict.fromkeys(slot.sku for slot in plan.slots)]

        def decide(view: View) -> Iterable[Event]:
            said = moves.schedule(view[ref], plan, [view[one] for one in goods], asker)
            return meant(view, ref, seen, said)

        return self._uow.change([ref, *goods], decide, cause)

    def approve(self, id: str, seen: int | None, asker: Asker, cause: Cause) -> Awaitable[Outcome]:
        """Approve the plan that was *seen*: [SessionApproved]."""
        ref = SESSIONS(id)

        def decide(view: View) -> Iterable[Event]:
            view.expect(ref, seen)
            return moves.approve(view[ref], asker)

        return self._uow.change([ref], decide, cause)

    def start(self, id: str, asker: Asker, cause: Cause) -> Awaitable[Outcome]:
        """Open the room: [SessionStarted]."""
        ref = SESSIONS(id)
        return self._uow.change([ref], lambda view: moves.start(view[ref], asker, view.at), cause)

    def pause(self, id: str, asker: Asker, cause: Cause) -> Awaitable[Outcome]:
        """Show a slate: [SessionPaused]."""
        ref = SESSIONS(id)
        return self._uow.change([ref], lambda view: moves.pause(view[ref], asker), cause)

    def resume(self, id: str, asker: Asker, cause: Cause) -> Awaitable[Outcome]:
        """Go on: [SessionResumed]."""
        ref = SESSIONS(id)
        return self._uow.change([ref], lambda view: moves.resume(view[ref], asker), cause)

    async def end(self, id: str, asker: Asker, cause: Cause) -> Outcome:
        """Close the room and its deals: [ProductUnpinned, DealClosed…, SessionEnded]."""
        return await self._with_deals(
            id, lambda session, view: moves.end(session, asker, view.at), cause
        )

    async def cancel(self, id: str, asker: Asker, cause: Cause) -> Outcome:
        """Call it off: [DealClosed…, SessionCancelled]."""
        return await self._with_deals(id, lambda session, _: moves.cancel(session, asker), cause)

    async def let_go(self, over: Session) -> Outcome:
        """Let go what a session that nobody has ended still holds: [DealClosed…]."""
        cause = Cause(f"session-over:{over.id}:{over.ends_at}", patient=True)
        return await self._with_deals(
            over.id, lambda session, view: moves.let_go(session, view.at), cause
        )

    def pin(
        self, id: str, sku: str, expected_sequence: int, asker: Asker, cause: Cause
    ) -> Awaitable[Outcome]:
        """Show a product: [ProductPinned]."""
        ref = SESSIONS(id)
        return self._uow.change(
            [ref, TIMELINES(id)],
            lambda view: pin.pin(view[ref], sku, expected_sequence, asker, view.at),
            cause,
        )

    def unpin(
        self, id: str, expected_sequence: int | None, asker: Asker, cause: Cause
    ) -> Awaitable[Outcome]:
        """Show no product: [ProductUnpinned]."""
        ref = SESSIONS(id)
        return self._uow.change(
            [ref, TIMELINES(id)],
            lambda view: pin.unpin(view[ref], expected_sequence, asker, view.at),
            cause,
        )

    async def _with_deals(
        self, id: str, decide: Callable[[Session, View], Iterable[Event]], cause: Cause
    ) -> Outcome:
        """Change a session together with its open deals, in one commit.

        A change names what it touches, so the deals are looked up first; if another was asked for
        in between, nothing is done and they are looked up again.
        """
        ref = SESSIONS(id)
        for _ in range(_TRIES):
            named = await self._queries.open_deals(id)

            def with_deals(view: View, named: frozenset[str] = named) -> Iterable[Event]:
                session = view[ref]
                if not named.issuperset(lot.deal_id for lot in session.open_lots):
                    raise _Moved("session.deals-moved")
                return decide(session, view)

            try:
                return await self._uow.change(
                    [ref, TIMELINES(id), *map(DEALS, sorted(named))], with_deals, cause
                )
            except _Moved:
                continue
        raise Busy
