"""The basket: what somebody wants, what must be looked at for its price, what it comes to."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from services.orders import claims, deal, session, shelf, stock
from services.orders.claims import Claims
from services.orders.deal import Asked
from services.orders.kept import CLAIMS, DEALS, SESSIONS, SHELVES, STOCK
from shared.events.ids import BuyerId, Channel, DealId, FestivalId, Id, ListingId, SessionId, Sku
from shared.events.money import Money
from shared.events.orders import Line
from shared.platform.change.aggregate import AnyRef, View
from shared.refusal import Refused

_NOBODYS = Claims("")
"""Whoever buys at a booth is not known: what is limited for each buyer is limited for each sale."""


class Wanted(BaseModel):
    """So many units of a SKU, from the shelf or out of a deal."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sku: Sku
    quantity: Annotated[int, Field(ge=1, le=1000)]
    deal_id: DealId | None = None


class Wish(BaseModel):
    """What a buyer, or a cashier for one, wants."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    festival_id: FestivalId
    lines: Annotated[tuple[Wanted, ...], Field(min_length=1, max_length=50)]
    session_id: SessionId | None = None


class Basket:
    """A wish, whose it is and where it is bought.

    Attributes:
        refs: All that a decision on it looks at, each once.
    """

    def __init__(
        self, wish: Wish, buyer_id: BuyerId, channel: Channel, booth_id: Id | None = None
    ) -> None:
        """Name what is touched, once however often it is decided. Refuses deals at a booth."""
        if booth_id and (wish.session_id or any(line.deal_id for line in wish.lines)):
            raise Refused(
                "booth.off-shelf", "A booth sells nothing out of a live room.", kind="invalid"
            )
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
        refs = [*self._pools.values(), *self._deals.values(), *self._shelves.values()]
        self.refs: list[AnyRef] = [*refs, *filter(None, (self._claims, self._session))]

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

    def lines(self, view: View) -> tuple[Line, ...]:
        """The lines at the prices that count now; those of one SKU and deal are summed.

        Refuses what is not to be had.
        """
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

    def _price(
        self, view: View, mine: Claims, sku: Sku, quantity: int, deal_id: DealId | None
    ) -> tuple[ListingId | None, Money]:
        if deal_id is None:
            return shelf.take(view[self._shelves[sku]], mine, quantity, view.at)
        asked = Asked(self.wish.session_id, sku, quantity)
        return None, deal.take(view[self._deals[deal_id]], mine, asked, view.at)
