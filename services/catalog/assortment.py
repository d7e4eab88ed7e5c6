"""What is offered: products, the listings that sell them, the units handed over.

*acting* is the merchant who asks, None for the organiser.
"""

from collections.abc import Awaitable, Sequence

from services.catalog import intake, listing, product
from services.catalog.intake import Delivery
from services.catalog.kept import (
    FESTIVALS,
    INTAKES,
    LISTINGS,
    MERCHANTS,
    PRODUCTS,
    SHELVES,
)
from services.catalog.listing import Listing, Terms, shelf_of
from services.catalog.product import Particulars
from shared.events.base import Event
from shared.platform.change.aggregate import View
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome
from shared.platform.change.unit_of_work import UnitOfWork
from shared.platform.web.version import meant


class Assortment:
    """Each method is one change."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    def describe(
        self, sku: str, said: Particulars, seen: int | None, cause: Cause, *, acting: str | None
    ) -> Awaitable[Outcome]:
        ref, seller = PRODUCTS(sku), MERCHANTS(said.merchant_id)
        return self._uow.change(
            [ref, seller],
            lambda view: meant(
                view, ref, seen, product.describe(view[ref], view[seller], said, acting=acting)
            ),
            cause,
        )

    def offer(
        self, id: str, terms: Terms, seen: int | None, cause: Cause, *, acting: str | None
    ) -> Awaitable[Outcome]:
        ref, shelf = LISTINGS(id), SHELVES(shelf_of(terms.channel, terms.sku))
        sold, host = PRODUCTS(terms.sku), FESTIVALS(terms.festival_id)

        def decide(view: View) -> Sequence[Event]:
            said = listing.offer(
                view[ref], view[shelf], view[sold], view[host], terms, acting=acting
            )
            return meant(view, ref, seen, said)

        return self._uow.change([ref, shelf, sold, host], decide, cause)

    def withdraw(
        self, standing: Listing, seen: int | None, cause: Cause, *, acting: str | None
    ) -> Awaitable[Outcome]:
        """Take a listing off its shelf; on which it is *standing* never changes."""
        ref, shelf = LISTINGS(standing.id), SHELVES(listing.its_shelf(standing))

        def decide(view: View) -> Sequence[Event]:
            view.expect(ref, seen)
            return listing.withdraw(view[ref], acting=acting)

        return self._uow.change([ref, shelf], decide, cause)

    def deliver(
        self, id: str, delivery: Delivery, cause: Cause, *, acting: str | None
    ) -> Awaitable[Outcome]:
        ref, delivered = INTAKES(id), PRODUCTS(delivery.sku)
        return self._uow.change(
            [ref, delivered],
            lambda view: intake.deliver(
                view[ref], view[delivered], delivery, view.at, acting=acting
            ),
            cause,
        )
