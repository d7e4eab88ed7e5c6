"""The shelf: what catalog lists of one SKU in one channel, and the price that counts now."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from services.orders.ordering.claims import Claims
from shared.events.catalog import ListingState, Offer
from shared.events.ids import Channel, FestivalId, ListingId, Sku
from shared.events.money import Money
from shared.refusal import Refused


@dataclass(frozen=True, slots=True)
class Shelf:
    """The offers of one SKU in one channel of a festival, by listing; windows do not overlap."""

    id: str
    offers: dict[str, Offer] = field(default_factory=dict[str, Offer])


def name(festival_id: FestivalId, sku: Sku, channel: Channel) -> str:
    """What the shelf of *sku* in *channel* is called; no id has a slash in it."""
    return f"{festival_id}/{sku}/{channel}"


def listed(shelf: Shelf, at: datetime) -> tuple[ListingId, Offer] | None:
    """The listing that counts at a time, as far as it is known: a price changed since is not."""
    for listing_id, offer in shelf.offers.items():
        if offer.valid_from <= at < offer.valid_until:
            return listing_id, offer
    return None


def take(shelf: Shelf, claims: Claims, quantity: int, now: datetime) -> tuple[ListingId, Money]:
    """Let a buyer take units; returns the listing that counts at *now* and the price of one.

    The clock decides when asked, never a job. Refuses what is not on sale, and more than the
    listing grants one buyer.
    """
    _, sku, channel = shelf.id.split("/")
    for listing_id, offer in shelf.offers.items():
        if offer.valid_from <= now < offer.valid_until:
            yours = claims.listings.get(listing_id, 0)
            if offer.max_per_buyer and yours + quantity > offer.max_per_buyer:
                raise Refused(
                    "listing.limit",
                    "There is a limit for each buyer.",
                    kind="limit",
                    sku=sku,
                    per_buyer=offer.max_per_buyer,
                    yours=yours,
                )
            return listing_id, offer.price
    raise Refused("listing.not-on-sale", "This is not on sale here now.", sku=sku, channel=channel)


def evolve(shelf: Shelf, fact: object) -> Shelf:
    """Copy how a listing stands."""
    match fact:
        case ListingState(listing_id=listing, withdrawn=True):
            offers = {known: o for known, o in shelf.offers.items() if known != listing}
            return replace(shelf, offers=offers)
        case ListingState(listing_id=listing, offer=offer):
            return replace(shelf, offers={**shelf.offers, listing: offer})
        case _:
            return shelf
