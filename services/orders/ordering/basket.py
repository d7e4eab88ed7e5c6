"""The basket: what somebody wants, what must be looked at for its price, what it comes to."""

from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from services.orders.border.border import Border, Entry
from services.orders.kept import (
    CLAIMS,
    COUPONS,
    DEALS,
    PRICES,
    RATES,
    SESSIONS,
    SHELVES,
    STOCK,
)
from services.orders.ordering import attribution, claims, placing
from services.orders.ordering.claims import Claims
from services.orders.pool import deal, session, shelf, stock
from services.orders.pool.deal import Asked
from services.orders.pricing import rates
from services.orders.pricing.coupon import Presented, may_use, used_by
from services.orders.pricing.discount import discount
from shared.events.ids import (
    ActivityId,
    BuyerId,
    Channel,
    CouponId,
    DealId,
    FestivalId,
    Id,
    ListingId,
    SessionId,
    Sku,
)
from shared.events.money import Currency, Money, RateSnapshot
from shared.events.orders import Attribution, Import, Line
from shared.platform.change.aggregate import AnyRef, View
from shared.refusal import Refused

QUOTED = "quoted"
"""What the one set of exchange rates is called."""

_NOBODYS = Claims("")
"""Whoever buys at a booth is not known: what is limited for each buyer is limited for each sale."""


class Wanted(BaseModel):
    """So many units of a SKU, from the shelf or out of a deal."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sku: Sku
    quantity: Annotated[int, Field(strict=True, ge=1, le=1000)]
    deal_id: DealId | None = None


class Wish(BaseModel):
    """What a buyer, or a cashier for one, wants.

    Attributes:
        coupons: At most one for products and one for the shop.
        currency: What is to be paid in, if not in what the goods are listed in.
        entry: How the goods are to be sent into the mainland, if they are; they are paid in CNY.
        device: Where from, for the figures; so is activity_id.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    festival_id: FestivalId
    lines: Annotated[tuple[Wanted, ...], Field(min_length=1, max_length=50)]
    session_id: SessionId | None = None
    coupons: Annotated[tuple[CouponId, ...], Field(max_length=2)] = ()
    currency: Currency | None = None
    entry: Entry | None = None
    device: Id | None = None
    activity_id: ActivityId | None = None


class Bill(NamedTuple):
    """What one order comes to: lines, what is paid for them, and what that rests on."""

    lines: tuple[Line, ...]
    total: Money
    rate: RateSnapshot | None = None
    entry: Import | None = None


class Basket:
    """A wish, whose it is and where it is bought.

    Attributes:
        refs: All that a decision on it looks at, each once.
    """

    def __init__(
        self,
        wish: Wish,
        buyer_id: BuyerId,
        channel: Channel,
        *,
        booth_id: Id | None = None,
        year: int = 0,
    ) -> None:
        """Name what is touched, once however often it is decided; *year* is the one of quotas.

        Refuses deals and coupons at a booth, where nobody knows who buys.
        """
        if booth_id and (wish.session_id or any(line.deal_id for line in wish.lines)):
            raise Refused(
                "booth.off-shelf", "A booth sells nothing out of a live room.", kind="invalid"
            )
        if booth_id and (wish.coupons or wish.entry):
            raise Refused(
                "booth.nobody", "A booth sells to nobody it knows by name.", kind="invalid"
            )
        if wish.entry and wish.currency not in (None, "CNY"):
            raise Refused("duty.currency", "A mainland buyer is charged in CNY.", kind="invalid")
        self.wish, self.buyer_id = wish, buyer_id
        self.channel: Channel = channel
        self.booth_id = booth_id
        self._wanted: dict[tuple[Sku, DealId | None], int] = {}
        for line in wish.lines:
            place = (line.sku, line.deal_id)
            self._wanted[place] = self._wanted.get(place, 0) + line.quantity
        self._off_shelf = {sku: units for (sku, of), units in self._wanted.items() if not of}
        self._pools = {sku: STOCK(sku) for sku, _ in self._wanted}
        self._deals = {of: DEALS(of) for _, of in self._wanted if of}
        self._shelves = {
            sku: SHELVES(shelf.name(wish.festival_id, sku, channel)) for sku in self._off_shelf
        }
        self._claims = None if booth_id else CLAIMS(claims.name(wish.festival_id, buyer_id))
        self._session = SESSIONS(wish.session_id) if wish.session_id else None
        self._coupons = [COUPONS(coupon_id) for coupon_id in dict.fromkeys(wish.coupons)]
        self._currency: Currency | None = "CNY" if wish.entry else wish.currency
        self._rates = RATES(QUOTED) if self._currency else None
        self._border = Border(wish.entry, self._pools, year) if wish.entry else None
        # Who is paid at once tells at once what was paid; an order that waits tells when it is.
        prices = self._off_shelf if booth_id else ()
        self.refs: list[AnyRef] = [
            *self._pools.values(),
            *self._deals.values(),
            *self._shelves.values(),
            *self._coupons,
            *(PRICES(shelf.name(wish.festival_id, sku, channel)) for sku in prices),
            *filter(None, (self._claims, self._session, self._rates)),
            *(self._border.refs if self._border else ()),
        ]
        self.most_orders = len(self._wanted) if wish.entry else 1
        """As many orders it may have to be split into: one for each way into the mainland."""

    def available(self, view: View) -> None:
        """Refuse what pools and deals alone show to be sold out."""
        for (_, deal_id), quantity in self._wanted.items():
            if deal_id:
                deal.require(view[self._deals[deal_id]], quantity)
        stock.require(self._off_shelf, [view[self._pools[sku]] for sku in self._off_shelf])

    def admit(self, view: View, most_open: int) -> None:
        """Refuse a room that is not open, and a buyer who keeps too many orders waiting."""
        if self._session:
            session.must_be_live(view[self._session], self.wish.festival_id)
        if self._claims:
            claims.may_order(view[self._claims], most_open)

    def bills(self, view: View, freight: int) -> list[Bill]:
        """The orders the wish comes to now: one, but for goods with different ways to the buyer.

        *freight* is what it costs to send a wish into the mainland, in fen. Refuses what is not to
        be had.
        """
        lines, rate = self._in_currency(view, self._lines(view))
        total = placing.total(lines)
        if self._coupons:
            lines = discount(lines, self._presented(view), self.wish.festival_id, view.at)
            total = placing.total(lines)
        placing.must_cost(total)
        if self._border:
            parts = self._border.parts(view, self.buyer_id, lines, freight)
            for each in self._presented(view):
                uses = sum(each.coupon.id in used_by(part.lines) for part in parts)
                may_use(each, uses)
            return [Bill(part.lines, part.total, rate, part.entry) for part in parts]
        return [Bill(lines, total, rate)]

    def _in_currency(
        self, view: View, lines: tuple[Line, ...]
    ) -> tuple[tuple[Line, ...], RateSnapshot | None]:
        """The lines in the currency wished for: each unit's price converted, once."""
        to, listed = self._currency, lines[0].unit_price.currency
        if to is None or self._rates is None or to == listed:
            return lines, None
        snapshot = rates.snapshot(view[self._rates], listed, to, view.at)
        converted = tuple(
            line.model_copy(
                update={"unit_price": rates.convert(line.unit_price, to, snapshot.rates)}
            )
            for line in lines
        )
        return converted, snapshot

    def _presented(self, view: View) -> list[Presented]:
        mine = view[self._claims] if self._claims else _NOBODYS
        return [
            Presented(view[ref], mine.coupons.get(ref.id, 0), mine.claimed.get(ref.id))
            for ref in self._coupons
        ]

    def _lines(self, view: View) -> tuple[Line, ...]:
        """The lines at the prices that count now; those of one SKU and deal are summed."""
        mine = view[self._claims] if self._claims else _NOBODYS
        prices = [
            self._price(view, mine, sku, quantity, deal_id)
            for (sku, deal_id), quantity in self._wanted.items()
        ]
        stock.require(self._off_shelf, [view[pool] for pool in self._pools.values()])
        return tuple(
            Line(
                sku=sku,
                merchant_id=view[self._pools[sku]].merchant_id,
                quantity=quantity,
                unit_price=price,
                deal_id=deal_id,
                listing_id=listing_id,
            )
            for ((sku, deal_id), quantity), (listing_id, price) in zip(
                self._wanted.items(), prices, strict=True
            )
        )

    def attribution(self, view: View) -> Attribution | None:
        """Where the order comes from; None if there is nothing to say about that."""
        wish = self.wish
        if self._session:
            skus = [line.sku for line in wish.lines]
            return attribution.of_room(
                view[self._session],
                skus,
                view.at,
                device=wish.device,
                activity_id=wish.activity_id,
            )
        if self.booth_id or wish.device or wish.activity_id:
            return Attribution(
                rule="booth" if self.booth_id else "shelf",
                booth_id=self.booth_id,
                device=wish.device,
                activity_id=wish.activity_id,
            )
        return None

    def _price(
        self, view: View, mine: Claims, sku: Sku, quantity: int, deal_id: DealId | None
    ) -> tuple[ListingId | None, Money]:
        if deal_id is None:
            return shelf.take(view[self._shelves[sku]], mine, quantity, view.at)
        asked = Asked(self.wish.session_id, sku, quantity)
        return None, deal.take(view[self._deals[deal_id]], mine, asked, view.at)
