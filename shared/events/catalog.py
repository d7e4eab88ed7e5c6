"""What catalog says: agreements, festivals, merchants, products, listings, goods taken in."""

from datetime import date
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PositiveInt

from shared.events.base import Event
from shared.events.ids import (
    ActivityId,
    AgreementId,
    BuyerId,
    Channel,
    FestivalId,
    Id,
    ListingId,
    MerchantId,
    OrganisationId,
    Sku,
    ZoneId,
)
from shared.events.money import Money
from shared.events.text import Text


class OrganisationEvent(Event, topic="feira.catalog.organisation.v1", key="organisation_id"):
    """Something that happened to an organisation: an association, a bureau, a delegation."""

    organisation_id: OrganisationId


class OrganisationRegistered(OrganisationEvent, type="feira.catalog.organisation.registered"):
    """An organisation takes part."""

    names: Text
    role: str


class OrganisationRevised(OrganisationEvent, type="feira.catalog.organisation.revised"):
    """An organisation goes by other names, or has another part."""

    names: Text
    role: str


class AgreementEvent(Event, topic="feira.catalog.agreement.v1", key="agreement_id"):
    """Something that happened to an agreement between organisations."""

    agreement_id: AgreementId


class Commitment(BaseModel):
    """What the parties of an agreement promise each other."""

    model_config = ConfigDict(frozen=True)

    code: Id
    titles: Text


class AgreementDrafted(AgreementEvent, type="feira.catalog.agreement.drafted"):
    """The text stands; it is valid only once every party has signed."""

    titles: Text
    parties: tuple[OrganisationId, ...]
    witnesses: tuple[OrganisationId, ...]
    commitments: tuple[Commitment, ...]


class AgreementRevised(AgreementEvent, type="feira.catalog.agreement.revised"):
    """The text is another one; nobody had signed yet."""

    titles: Text
    parties: tuple[OrganisationId, ...]
    witnesses: tuple[OrganisationId, ...]
    commitments: tuple[Commitment, ...]


class AgreementSigned(AgreementEvent, type="feira.catalog.agreement.signed"):
    """One party has signed."""

    party: OrganisationId
    office: str | None = None
    signed_at: AwareDatetime | None = None


class AgreementConcluded(AgreementEvent, type="feira.catalog.agreement.concluded"):
    """The last party has signed: the agreement is valid."""

    parties: tuple[OrganisationId, ...]


class FestivalEvent(Event, topic="feira.catalog.festival.v1", key="festival_id"):
    """Something that happened to a festival."""

    festival_id: FestivalId


class FestivalAnnounced(FestivalEvent, type="feira.catalog.festival.announced"):
    """There will be a festival."""

    titles: Text
    starts_on: date
    ends_on: date
    timezone: str


class FestivalRevised(FestivalEvent, type="feira.catalog.festival.revised"):
    """The festival has another title or other days."""

    titles: Text
    starts_on: date
    ends_on: date
    timezone: str


class Activity(BaseModel):
    """One entry of the programme: the opening, a main activity or a promotion."""

    model_config = ConfigDict(frozen=True)

    activity_id: ActivityId
    kind: Literal["opening", "main", "promotion"]
    titles: Text
    starts_at: AwareDatetime
    ends_at: AwareDatetime


class ProgrammePublished(FestivalEvent, type="feira.catalog.festival.programme-published"):
    """The programme stands: one opening, nine main activities, N promotions (1+9+N)."""

    activities: tuple[Activity, ...]


class FestivalOpened(FestivalEvent, type="feira.catalog.festival.opened"):
    """The opening ceremony was held."""


class FestivalClosed(FestivalEvent, type="feira.catalog.festival.closed"):
    """The festival is over."""


class ZonePlanned(FestivalEvent, type="feira.catalog.festival.zone-planned"):
    """An exhibition zone will be open for a while, with room for so many products."""

    zone_id: ZoneId
    titles: Text
    opens_at: AwareDatetime
    closes_at: AwareDatetime
    capacity: PositiveInt


class ZoneRevised(FestivalEvent, type="feira.catalog.festival.zone-revised"):
    """The zone has another title, window or room for another number of products."""

    zone_id: ZoneId
    titles: Text
    opens_at: AwareDatetime
    closes_at: AwareDatetime
    capacity: PositiveInt


class SelectionEvent(Event, topic="feira.catalog.selection.v1", key="zone_id"):
    """Something that happened to the selection of products for a zone."""

    zone_id: ZoneId
    festival_id: FestivalId


class ProductSelected(SelectionEvent, type="feira.catalog.selection.product-selected"):
    """A product will be shown in the zone."""

    sku: Sku
    merchant_id: MerchantId


class ProductDropped(SelectionEvent, type="feira.catalog.selection.product-dropped"):
    """A product will not be shown in the zone after all."""

    sku: Sku
    merchant_id: MerchantId


class SelectionClosed(SelectionEvent, type="feira.catalog.selection.closed"):
    """The zone is full: the selection stands."""

    skus: tuple[Sku, ...]


class MerchantEvent(Event, topic="feira.catalog.merchant.v1", key="merchant_id"):
    """Something that happened to a merchant."""

    merchant_id: MerchantId


class MerchantRegistered(MerchantEvent, type="feira.catalog.merchant.registered"):
    """A merchant joins.

    *names* are its legal name; with *address* and *contact* it is shown wherever its goods are sold
    (Consumer Rights Regulations 2024).
    """

    names: Text
    category: str
    country: str
    address: str | None = None
    contact: str | None = None


class MerchantRevised(MerchantEvent, type="feira.catalog.merchant.revised"):
    """A merchant goes by other names, is found elsewhere, or sells other things."""

    names: Text
    category: str
    country: str
    address: str | None = None
    contact: str | None = None


class MerchantVerified(MerchantEvent, type="feira.catalog.merchant.verified"):
    """An organiser has looked at who the merchant is (E-Commerce Law art. 27).

    It is to be looked at again by *next_verification_at*, six calendar months later at the most.
    """

    verified_at: AwareDatetime
    next_verification_at: AwareDatetime
    by: BuyerId


class VerificationExpired(MerchantEvent, type="feira.catalog.merchant.verification-expired"):
    """Nobody has looked at the merchant again in time: no room that sells its goods goes live."""

    next_verification_at: AwareDatetime


class ProductEvent(Event, topic="feira.catalog.product.v1", key="sku"):
    """Something that happened to a product."""

    sku: Sku


NEVER_LIVE = frozenset({"exhibit_only", "medicine_restricted"})
"""Flags of products that no live room may sell: shown in the zone only, or a drug."""


class Description(BaseModel):
    """What a product is."""

    model_config = ConfigDict(frozen=True)

    merchant_id: MerchantId
    names: Text
    category: str
    gtin: str | None = None
    hs_code: str
    origin: str
    net_content: str
    weight_g: PositiveInt
    flags: tuple[str, ...] = ()


class ProductSubmitted(ProductEvent, type="feira.catalog.product.submitted"):
    """A merchant offers a product to the festival."""

    product: Description


class ProductRevised(ProductEvent, type="feira.catalog.product.revised"):
    """A merchant corrects what a product is."""

    product: Description


class ProductState(
    Event,
    topic="feira.catalog.product.state.v1",
    key="sku",
    type="feira.catalog.product.stands",
):
    """How a product stands now."""

    sku: Sku
    product: Description


class Offer(BaseModel):
    """At which price a product is sold through a channel, and from when until when."""

    model_config = ConfigDict(frozen=True)

    festival_id: FestivalId
    sku: Sku
    merchant_id: MerchantId
    channel: Channel
    price: Money
    valid_from: AwareDatetime
    valid_until: AwareDatetime
    max_per_buyer: PositiveInt | None = None


class ListingEvent(Event, topic="feira.catalog.listing.v1", key="listing_id"):
    """Something that happened to a listing."""

    listing_id: ListingId


class ListingOpened(ListingEvent, type="feira.catalog.listing.opened"):
    """A product is on sale through a channel."""

    offer: Offer


class ListingChanged(ListingEvent, type="feira.catalog.listing.changed"):
    """The price or the window is another one now."""

    offer: Offer


class ListingWithdrawn(ListingEvent, type="feira.catalog.listing.withdrawn"):
    """The product is no longer on sale there."""

    offer: Offer


class ListingState(
    Event,
    topic="feira.catalog.listing.state.v1",
    key="listing_id",
    type="feira.catalog.listing.stands",
):
    """How a listing stands now."""

    listing_id: ListingId
    offer: Offer
    withdrawn: bool = False


class IntakeEvent(Event, topic="feira.catalog.intake.v1", key="sku"):
    """Something that happened to goods on their way in."""

    sku: Sku


class StockDelivered(IntakeEvent, type="feira.catalog.intake.delivered"):
    """A merchant has handed over units; orders takes them into the pool."""

    intake_id: Id
    merchant_id: MerchantId
    units: PositiveInt = Field(le=10_000_000)
    delivered_at: AwareDatetime | None = None
