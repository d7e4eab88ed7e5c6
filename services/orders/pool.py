"""The pool's side: goods that come in, prices that are listed, rooms and the deals they have."""

from collections.abc import Awaitable

from services.orders import deal, shelf, stock
from services.orders.kept import DEALS, SESSIONS, SHELVES, STOCK
from shared.events.catalog import ListingState, StockDelivered
from shared.events.livestream import DealClosed, DealRequested, DealShown, SessionState
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome
from shared.platform.change.unit_of_work import UnitOfWork


class Pool:
    """Follows what catalog and livestream say. Each method is one change."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    def receive(self, delivered: StockDelivered, cause: Cause) -> Awaitable[Outcome]:
        """Take delivered units in: [StockReceived]."""
        return self._uow.change([STOCK(delivered.sku)], lambda _: stock.receive(delivered), cause)

    def copy(self, listing: ListingState, cause: Cause) -> Awaitable[Outcome]:
        """Know the price that catalog lists."""
        offer = listing.offer
        ref = SHELVES(shelf.name(offer.festival_id, offer.sku, offer.channel))
        return self._uow.change([ref], lambda _: [listing], cause)

    def know(self, session: SessionState, cause: Cause) -> Awaitable[Outcome]:
        """Know whether a room is open."""
        return self._uow.change([SESSIONS(session.session_id)], lambda _: [session], cause)

    def fund(self, asked: DealRequested, cause: Cause) -> Awaitable[Outcome]:
        """Set units aside for a room: [DealFunded] or [DealRefused]."""
        ref, pool = DEALS(asked.deal_id), STOCK(asked.sku)
        return self._uow.change(
            [ref, pool], lambda view: deal.fund(view[ref], view[pool], asked), cause
        )

    def show(self, shown: DealShown, cause: Cause) -> Awaitable[Outcome]:
        """Know until when a deal is offered."""
        return self._uow.change([DEALS(shown.deal_id)], lambda _: [shown], cause)

    def settle(self, closed: DealClosed, cause: Cause) -> Awaitable[Outcome]:
        """Take back what a deal did not sell: [DealSettled]."""
        ref = DEALS(closed.deal_id)
        return self._uow.change(
            [ref, STOCK(closed.sku)], lambda view: deal.settle(view[ref]), cause
        )
