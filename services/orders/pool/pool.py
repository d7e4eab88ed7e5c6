"""The pool's side: goods that come in or are moved, prices listed, rooms and their deals."""

from collections.abc import Awaitable, Sequence
from typing import Literal, TypeAlias

from services.orders.kept import (
    DEALS,
    GOODS,
    MOVEMENTS,
    PRICES,
    SELLERS,
    SESSIONS,
    SHELVES,
    STOCK,
)
from services.orders.pool import deal, shelf, stock
from shared.events.base import Event
from shared.events.catalog import (
    ListingState,
    MerchantRegistered,
    MerchantRevised,
    ProductState,
    StockDelivered,
)
from shared.events.ids import new_id
from shared.events.livestream import (
    DealClosed,
    DealRequested,
    DealShown,
    ProductPinned,
    ProductUnpinned,
    SessionState,
)
from shared.platform.change.aggregate import View
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome
from shared.platform.change.unit_of_work import UnitOfWork

Fitness: TypeAlias = Literal["free", "damaged"]


class Pool:
    """Follows what catalog and livestream say, and what is counted. Each method is one change."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    def receive(self, delivered: StockDelivered, cause: Cause) -> Awaitable[Outcome]:
        """Take delivered units in: [StockReceived]."""
        # No id has a slash in it, many have colons.
        refs = [STOCK(delivered.sku), MOVEMENTS(f"{delivered.sku}/{delivered.intake_id}")]
        return self._uow.change(refs, lambda _: stock.receive(delivered), cause)

    def correct(
        self, sku: str, units: int, *, reason: str, seen: int | None, cause: Cause
    ) -> Awaitable[Outcome]:
        """A count found more units, or fewer: [StockCorrected]."""
        ref, movement = STOCK(sku), new_id()

        def decide(view: View) -> Sequence[Event]:
            view.expect(ref, seen)
            return stock.correct(view[ref], movement, units, reason)

        return self._uow.change([ref, MOVEMENTS.fresh(movement)], decide, cause)

    def move(
        self,
        sku: str,
        units: int,
        *,
        way: tuple[Fitness, Fitness],
        reason: str,
        seen: int | None,
        cause: Cause,
    ) -> Awaitable[Outcome]:
        """Units are found fit or unfit to be sold: [StockMoved]."""
        ref, movement = STOCK(sku), new_id()

        def decide(view: View) -> Sequence[Event]:
            view.expect(ref, seen)
            return stock.move(view[ref], movement, units, way, reason)

        return self._uow.change([ref, MOVEMENTS.fresh(movement)], decide, cause)

    def resize(
        self,
        sku: str,
        units: int,
        *,
        deal_id: str,
        reason: str,
        seen: int | None,
        cause: Cause,
    ) -> Awaitable[Outcome]:
        """A deal has more units to sell, or fewer: [StockMoved]."""
        pool, ref, movement = STOCK(sku), DEALS(deal_id), new_id()

        def decide(view: View) -> Sequence[Event]:
            view.expect(pool, seen)
            return deal.resize(view[ref], view[pool], movement, units, reason)

        return self._uow.change([pool, ref, MOVEMENTS.fresh(movement)], decide, cause)

    def learn(self, product: ProductState, cause: Cause) -> Awaitable[Outcome]:
        """Know what a product is."""
        return self._uow.change([GOODS(product.sku)], lambda _: [product], cause)

    def copy(self, listing: ListingState, cause: Cause) -> Awaitable[Outcome]:
        """Know the price that catalog lists."""
        offer = listing.offer
        ref = SHELVES(shelf.name(offer.festival_id, offer.sku, offer.channel))
        return self._uow.change([ref], lambda _: [listing], cause)

    def introduce(
        self, merchant: MerchantRegistered | MerchantRevised, cause: Cause
    ) -> Awaitable[Outcome]:
        """Know what a merchant is called."""
        return self._uow.change([SELLERS(merchant.merchant_id)], lambda _: [merchant], cause)

    def know(
        self, session: SessionState | ProductPinned | ProductUnpinned, cause: Cause
    ) -> Awaitable[Outcome]:
        """Know whether a room is open, and what it shows."""
        return self._uow.change([SESSIONS(session.session_id)], lambda _: [session], cause)

    def fund(self, asked: DealRequested, cause: Cause) -> Awaitable[Outcome]:
        """Set units aside for a room: [DealFunded] or [DealRefused]."""
        ref, pool = DEALS(asked.deal_id), STOCK(asked.sku)
        paid = PRICES(shelf.name(asked.festival_id, asked.sku, "live"))
        return self._uow.change(
            [ref, pool, paid],
            lambda view: deal.fund(view[ref], view[pool], view[paid], asked, view.at),
            cause,
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
