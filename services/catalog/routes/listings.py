"""Listings over HTTP."""

from fastapi import APIRouter, Response

from services.catalog.assortment import Assortment
from services.catalog.kept import LISTINGS
from services.catalog.listing import Listing, Terms
from services.catalog.queries import Queries
from services.catalog.routes.door import (
    Asked,
    ById,
    Seller,
    acting,
    after,
    fields,
    put_answers,
    show,
)
from shared.events.catalog import ListingOpened, Offer
from shared.events.ids import Channel, FestivalId, ListingId, Sku
from shared.platform.web.auth import public
from shared.platform.web.paging import Page
from shared.platform.web.version import MaybeVersion, Seen


class ListingView(Offer):
    """A listing."""

    listing_id: ListingId
    withdrawn: bool


def listing_routes(assortment: Assortment, queries: Queries) -> APIRouter:
    router = APIRouter(tags=["listings"])

    @router.put("/listings/{listing_id}", responses=put_answers(ListingView))
    async def offer_product(
        *,
        listing_id: ListingId,
        caller: Seller,
        asked: Asked,
        seen: Seen,
        terms: Terms,
        response: Response,
    ) -> ListingView:
        """Put a product on sale through a channel, or change its price or window there."""
        outcome = await assortment.offer(listing_id, terms, seen, asked, acting=acting(caller))
        found = await queries.get(LISTINGS, listing_id)
        return _listing(show(response, found, outcome, ListingOpened))

    @router.get("/listings", dependencies=[public])
    async def list_listings(
        paging: ById,
        sku: Sku | None = None,
        channel: Channel | None = None,
        festival_id: FestivalId | None = None,
    ) -> Page[ListingView]:
        """What is on sale, now or at other times; what was withdrawn is left out."""
        where = {
            "status": "open",
            "offer.sku": sku,
            "offer.channel": channel,
            "offer.festival_id": festival_id,
        }
        found = await queries.find(LISTINGS, where, after(paging), paging.enough)
        return paging.page([_listing(listing) for listing in found], lambda v: (v.listing_id,))

    @router.get("/listings/{listing_id}", dependencies=[public])
    async def show_listing(listing_id: ListingId, response: Response) -> ListingView:
        """One listing, withdrawn or not."""
        return _listing(show(response, await queries.get(LISTINGS, listing_id)))

    @router.delete("/listings/{listing_id}", status_code=204)
    async def withdraw_listing(
        listing_id: ListingId, caller: Seller, asked: Asked, seen: MaybeVersion
    ) -> None:
        """The product is no longer on sale there."""
        listing, _ = await queries.get(LISTINGS, listing_id)
        await assortment.withdraw(listing, seen, asked, acting=acting(caller))

    return router


def _listing(listing: Listing) -> ListingView:
    return ListingView(
        listing_id=listing.id, withdrawn=listing.status == "withdrawn", **fields(listing.offer)
    )
