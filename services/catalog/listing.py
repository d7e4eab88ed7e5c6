"""A listing: a product on sale through a channel at a price; one price at a time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from services.catalog.festival import Festival
from services.catalog.merchant import answer_for
from services.catalog.product import Product, flags, owner
from services.catalog.window import Window, window
from services.catalog.wish import Instant, Wish
from shared.events.catalog import (
    NEVER_LIVE,
    ListingChanged,
    ListingOpened,
    ListingState,
    ListingWithdrawn,
    Offer,
)
from shared.events.ids import Channel, FestivalId, Sku
from shared.events.money import Money
from shared.refusal import Refused


class Terms(Wish):
    """What is sold where, at which price, and from when until when."""

    festival_id: FestivalId
    sku: Sku
    channel: Channel
    price: Money
    valid_from: Instant
    valid_until: Instant
    max_per_buyer: Annotated[int, Field(strict=True, ge=1, le=1_000_000)] | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """How a listing stands."""

    id: str
    status: Literal["new", "open", "withdrawn"] = "new"
    offer: Offer | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """When one listing holds the shelf."""

    listing_id: str
    valid_from: datetime
    valid_until: datetime

    @property
    def window(self) -> Window:
        return Window(self.valid_from, self.valid_until)


@dataclass(frozen=True, slots=True)
class Shelf:
    """The place of one product in one channel, which one listing holds at a time."""

    id: str
    slots: tuple[Slot, ...] = ()


def shelf_of(channel: str, sku: str) -> str:
    """The name of a shelf; a channel has no colon in it, a SKU may."""
    return f"{channel}:{sku}"


def its_shelf(listing: Listing) -> str:
    """The name of the shelf a listing stands on."""
    if listing.offer is None:
        raise Refused("listing.unknown", "There is no such listing.", kind="missing")
    return shelf_of(listing.offer.channel, listing.offer.sku)


def offer(
    listing: Listing,
    shelf: Shelf,
    product: Product,
    festival: Festival,
    terms: Terms,
    *,
    acting: str | None,
) -> list[ListingOpened | ListingChanged]:
    """A product goes on sale, or its price or window becomes another one."""
    merchant_id = owner(product)
    if listing.offer is not None:
        answer_for(listing.offer.merchant_id, acting)
    answer_for(merchant_id, acting)
    wanted = Offer(merchant_id=merchant_id, **dict(terms))
    if listing.status == "withdrawn":
        raise Refused("listing.withdrawn", "It is withdrawn; a new one takes a new name.")
    if listing.offer == wanted:
        return []
    if listing.offer is not None and _place(listing.offer) != _place(wanted):
        raise Refused(
            "listing.another", "Festival, product and channel of a listing stay the same."
        )
    if festival.status == "new":
        raise Refused("festival.unknown", "There is no such festival.", kind="invalid")
    if festival.status == "closed":
        raise Refused("festival.closed", "The festival is over.")
    if terms.price.amount == 0:
        raise Refused("listing.price", "A price is more than nothing.", kind="invalid")
    if terms.channel == "live" and (kept_out := NEVER_LIVE & flags(product)):
        raise Refused("listing.never-live", "No live room may sell this.", flags=sorted(kept_out))
    _find_room(listing, shelf, window(terms.valid_from, terms.valid_until))
    said = ListingOpened if listing.status == "new" else ListingChanged
    return [said(listing_id=listing.id, offer=wanted)]


def _place(offered: Offer) -> tuple[str, str, str]:
    return offered.festival_id, offered.sku, offered.channel


def _find_room(listing: Listing, shelf: Shelf, wanted: Window) -> None:
    """Refuse a window in which another listing holds the shelf."""
    for slot in shelf.slots:
        if slot.listing_id != listing.id and slot.window.overlaps(wanted):
            raise Refused(
                "listing.overlap",
                "Another listing sells this product through this channel in that time.",
                listing_id=slot.listing_id,
                valid_from=slot.valid_from.isoformat(),
                valid_until=slot.valid_until.isoformat(),
            )


def withdraw(listing: Listing, *, acting: str | None) -> list[ListingWithdrawn]:
    """The product is no longer on sale there."""
    if listing.offer is None:
        raise Refused("listing.unknown", "There is no such listing.", kind="missing")
    answer_for(listing.offer.merchant_id, acting)
    if listing.status == "withdrawn":
        return []
    return [ListingWithdrawn(listing_id=listing.id, offer=listing.offer)]


def evolve(listing: Listing, fact: object) -> Listing:
    match fact:
        case ListingOpened(listing_id=listing.id) | ListingChanged(listing_id=listing.id):
            return Listing(listing.id, "open", fact.offer)
        case ListingWithdrawn(listing_id=listing.id):
            return Listing(listing.id, "withdrawn", fact.offer)
        case _:
            return listing


def evolve_shelf(shelf: Shelf, fact: object) -> Shelf:
    if not isinstance(fact, ListingOpened | ListingChanged | ListingWithdrawn):
        return shelf
    if shelf_of(fact.offer.channel, fact.offer.sku) != shelf.id:
        return shelf
    others = tuple(slot for slot in shelf.slots if slot.listing_id != fact.listing_id)
    if isinstance(fact, ListingWithdrawn):
        return Shelf(shelf.id, others)
    slot = Slot(fact.listing_id, fact.offer.valid_from, fact.offer.valid_until)
    return Shelf(shelf.id, (*others, slot))


def tell(listing: Listing) -> ListingState:
    """How it stands now, for those who keep a copy."""
    if listing.offer is None:
        raise ValueError(f"{listing.id} has never been offered")
    return ListingState(
        listing_id=listing.id, offer=listing.offer, withdrawn=listing.status == "withdrawn"
    )
