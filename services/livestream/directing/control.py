"""The control room: sessions and their pin, as their hosts and the organisers want them."""

from collections.abc import Awaitable, Callable, Iterable, Mapping

from services.livestream.directing import golive, moves
from services.livestream.directing.golive import Readiness
from services.livestream.directing.host import Host
from services.livestream.directing.moves import Plan
from services.livestream.directing.session import Asker, Session
from services.livestream.kept import (
    DEALS,
    GOODS,
    HOSTS,
    PRESENCES,
    RETENTIONS,
    SELLERS,
    SESSIONS,
    TIMELINES,
)
from services.livestream.queries import Queries
from services.livestream.showing import coupon, pin
from services.livestream.showing.goods import Goods
from services.livestream.showing.seller import Seller
from shared.events.base import Event
from shared.platform.change.aggregate import AnyRef, Note, Ref, View
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome
from shared.platform.change.unit_of_work import UnitOfWork
from shared.platform.web.version import meant
from shared.refusal import Busy, Refused

_TRIES = 5


class _Moved(Refused):
    """Something else has to be named than what the look before found."""


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

    def rehearse(self, id: str, asker: Asker, cause: Cause) -> Awaitable[Outcome]:
        """Try things out, unseen; nobody is told."""
        ref = SESSIONS(id)
        return self._uow.change([ref], lambda view: moves.rehearse(view[ref], asker), cause)

    def end_rehearsal(self, id: str, asker: Asker, cause: Cause) -> Awaitable[Outcome]:
        """Go back to where the session was before the rehearsal; nobody is told."""
        ref = SESSIONS(id)
        return self._uow.change([ref], lambda view: moves.end_rehearsal(view[ref], asker), cause)

    async def start(self, id: str, asker: Asker, cause: Cause) -> Outcome:
        """Open the room, if nothing is missing on its checklist: [SessionStarted].

        A change names what it touches, so what the checklist looks at is looked up first.
        """
        session, presence, timeline = SESSIONS(id), PRESENCES(id), TIMELINES(id)
        for _ in range(_TRIES):
            known = await self._queries.readiness(id)
            host = HOSTS(known.session.host_id)
            goods = {one.id: GOODS(one.id) for one in known.goods}
            sellers = {name: SELLERS(name) for name in known.sellers}

            def decide(
                view: View,
                host: Ref[Host] = host,
                goods: Mapping[str, Ref[Goods]] = goods,
                sellers: Mapping[str, Ref[Seller]] = sellers,
            ) -> Iterable[Event]:
                now = view[session]
                if now.host_id != host.id or not goods.keys() >= set(now.skus):
                    raise _Moved("session.plan-moved")
                ready = Readiness(
                    now,
                    view[host],
                    view[presence],
                    view[timeline],
                    [view[goods[sku]] for sku in now.skus],
                    {name: view[ref] for name, ref in sellers.items()},
                )
                return golive.start(ready, asker, view.at)

            refs: list[AnyRef] = [
                session,
                presence,
                timeline,
                host,
                *goods.values(),
                *sellers.values(),
            ]
            try:
                return await self._uow.change(refs, decide, cause)
            except _Moved:
                continue
        raise Busy

    def pause(self, id: str, asker: Asker, cause: Cause) -> Awaitable[Outcome]:
        """Show a slate: [SessionPaused]."""
        ref = SESSIONS(id)
        return self._uow.change(
            [ref, PRESENCES(id)], lambda view: moves.pause(view[ref], asker), cause
        )

    def resume(self, id: str, asker: Asker, cause: Cause) -> Awaitable[Outcome]:
        """Go on: [SessionResumed]."""
        ref = SESSIONS(id)
        return self._uow.change(
            [ref, PRESENCES(id)], lambda view: moves.resume(view[ref], asker, view.at), cause
        )

    async def end(self, id: str, asker: Asker, cause: Cause) -> Outcome:
        """Close the room: [CouponTakenDown…, ProductUnpinned, DealClosed…, SessionEnded]."""
        return await self._with_deals(
            id,
            lambda session, view: [
                *coupon.all_taken_down(session, view[TIMELINES(id)], view.at),
                *moves.end(session, asker, view.at),
            ],
            cause,
        )

    async def cancel(self, id: str, asker: Asker, cause: Cause) -> Outcome:
        """Call it off: [DealClosed…, SessionCancelled]."""
        return await self._with_deals(id, lambda session, _: moves.cancel(session, asker), cause)

    async def let_go(self, over: Session) -> Outcome:
        """End what nobody has ended, or let go what it holds: [DealClosed…, SessionEnded]."""
        cause = Cause(f"session-over:{over.id}:{over.ends_at}", patient=True)
        return await self._with_deals(
            over.id,
            lambda session, view: [
                *coupon.all_taken_down(session, view[TIMELINES(over.id)], view.at),
                *moves.let_go(session, view.at),
            ],
            cause,
        )

    async def pin(
        self, id: str, sku: str, expected_sequence: int, asker: Asker, cause: Cause
    ) -> Outcome:
        """Show a product and who sells it: [ProductPinned, SellerDisclosed]."""
        ref, merchant = SESSIONS(id), await self._queries.merchant_of(sku)
        seller = SELLERS(merchant) if merchant else None

        def decide(view: View) -> Iterable[Event | Note]:
            known = view[seller] if seller else Seller("")
            return pin.pin(view[ref], sku, expected_sequence, known, asker, at=view.at)

        refs: list[AnyRef] = [ref, TIMELINES(id), *([seller] if seller else [])]
        return await self._uow.change(refs, decide, cause)

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
        beside = TIMELINES(id), PRESENCES(id), RETENTIONS(id)
        for _ in range(_TRIES):
            named = await self._queries.open_deals(id)

            def with_deals(view: View, named: frozenset[str] = named) -> Iterable[Event]:
                session = view[ref]
                if not named.issuperset(lot.deal_id for lot in session.open_lots):
                    raise _Moved("session.deals-moved")
                return decide(session, view)

            try:
                return await self._uow.change(
                    [ref, *beside, *map(DEALS, sorted(named))], with_deals, cause
                )
            except _Moved:
                continue
        raise Busy
