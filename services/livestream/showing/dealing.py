"""Dealing: deals as rooms ask for them and show them, and as orders answers."""

from collections.abc import Awaitable, Callable, Iterable

from services.livestream.directing.session import Asker, Session
from services.livestream.kept import DEALS, GOODS, SESSIONS
from services.livestream.queries import Queries
from services.livestream.showing import deal
from services.livestream.showing.deal import Deal, Wanted
from shared.events.base import Event
from shared.events.orders import DealFunded, DealRefused, DealSettled, DealState
from shared.platform.change.aggregate import View
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome
from shared.platform.change.unit_of_work import UnitOfWork


class Dealing:
    """Each method is one change, of a deal and of its session, which counts the units."""

    def __init__(self, uow: UnitOfWork, queries: Queries) -> None:
        self._uow, self._queries = uow, queries

    async def request(
        self, session_id: str, deal_id: str, wanted: Wanted, asker: Asker, cause: Cause
    ) -> Outcome:
        """Ask orders for units: [DealRequested].

        A change names what it touches, so the product is looked up first.
        """
        standing, _ = await self._queries.session(session_id)
        session, one = SESSIONS(session_id), DEALS(deal_id)
        goods = GOODS(deal.slot_of(standing, wanted, asker).sku)
        return await self._uow.change(
            [session, one, goods],
            lambda view: deal.request(
                view[session], view[one], view[goods], wanted, asker, at=view.at
            ),
            cause,
        )

    def show(self, session_id: str, deal_id: str, asker: Asker, cause: Cause) -> Awaitable[Outcome]:
        """Offer a funded deal: [DealShown]."""
        return self._change(
            session_id,
            deal_id,
            lambda session, one, view: deal.show(session, one, asker, view.at),
            cause,
        )

    def close(
        self, session_id: str, deal_id: str, asker: Asker, cause: Cause
    ) -> Awaitable[Outcome]:
        """Take a deal back: [DealClosed]."""
        return self._change(
            session_id, deal_id, lambda session, one, _: deal.close(session, one, asker), cause
        )

    def expire(self, due: Deal) -> Awaitable[Outcome]:
        """Close a deal whose time is up: [DealClosed]."""
        return self._change(
            due.session_id,
            due.id,
            lambda _, one, view: deal.expire(one, view.at),
            Cause(f"deal-time:{due.id}", patient=True),
        )

    # What orders says -------------------------------------------------------------------------

    def fund(self, heard: DealFunded, cause: Cause) -> Awaitable[Outcome]:
        return self._change(
            heard.session_id, heard.deal_id, lambda _, one, __: deal.fund(one, heard), cause
        )

    def refuse(self, heard: DealRefused, cause: Cause) -> Awaitable[Outcome]:
        return self._change(
            heard.session_id, heard.deal_id, lambda _, one, __: deal.refuse(one, heard), cause
        )

    def settle(self, heard: DealSettled, cause: Cause) -> Awaitable[Outcome]:
        return self._change(
            heard.session_id, heard.deal_id, lambda _, one, __: deal.settle(one, heard), cause
        )

    def count(self, heard: DealState, cause: Cause) -> Awaitable[Outcome]:
        """Know how many units are left: [DealClosed] once there are none."""
        return self._change(
            heard.session_id, heard.deal_id, lambda _, one, __: deal.count(one, heard), cause
        )

    def _change(
        self,
        session_id: str,
        deal_id: str,
        decide: Callable[[Session, Deal, View], Iterable[Event]],
        cause: Cause,
    ) -> Awaitable[Outcome]:
        session, one = SESSIONS(session_id), DEALS(deal_id)
        return self._uow.change(
            [session, one], lambda view: decide(view[session], view[one], view), cause
        )
