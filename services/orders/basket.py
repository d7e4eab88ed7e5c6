"""The basket: what somebody wants, what must be looked at for its price, what it comes to."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from services.orders import deal, shelf
from services.orders.kept import CLAIMS, DEALS, SHELVES, STOCK
from services.orders.stock import Stock
from shared.events.ids import BuyerId, Channel, DealId, FestivalId, Id, SessionId, Sku
from shared.events.money import Money
from shared.events.orders import Line
from shared.platform.change.aggregate import AnyRef, Ref, View


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


@dataclass(frozen=True, slots=True)
class Basket:
    """A wish, whose it is and where it is bought."""

    wish: Wish
    buyer_id: BuyerId
    channel: Channel
    booth_id: Id | None = None

    @property
    def pools(self) -> list[Ref[Stock]]:
        """The stock of each SKU wanted."""
        return [STOCK(sku) for sku in dict.fromkeys(line.sku for line in self.wish.lines)]

    @property
    def refs(self) -> list[AnyRef]:
        """All that a decision on this basket looks at: stock, and shelves or deals and claims."""
        refs: dict[AnyRef, None] = dict.fromkeys(self.pools)
        for line in self.wish.lines:
            if line.deal_id:
                refs[DEALS(line.deal_id)] = None
                refs[self._claim(line.deal_id)] = None
            else:
                refs[self._shelf(line.sku)] = None
        return list(refs)

    def lines(self, view: View) -> tuple[Line, ...]:
        """The lines at the prices that count now; those of one SKU and deal are summed first."""
        wanted: dict[tuple[Sku, DealId | None], int] = {}
        for line in self.wish.lines:
            place = (line.sku, line.deal_id)
            wanted[place] = wanted.get(place, 0) + line.quantity
        return tuple(
            Line(
                sku=sku,
                merchant_id=view[STOCK(sku)].merchant_id,
                quantity=quantity,
                unit_price=self._price(view, sku, quantity, deal_id),
                deal_id=deal_id,
            )
            for (sku, deal_id), quantity in wanted.items()
        )

    def _price(self, view: View, sku: Sku, quantity: int, deal_id: DealId | None) -> Money:
        if deal_id is None:
            return shelf.price_at(view[self._shelf(sku)], quantity, view.at)
        asked = deal.Asked(self.wish.session_id, sku, quantity)
        return deal.take(view[DEALS(deal_id)], view[self._claim(deal_id)], asked, view.at)

    def _shelf(self, sku: Sku) -> Ref[shelf.Shelf]:
        return SHELVES(shelf.name(self.wish.festival_id, sku, self.channel))

    def _claim(self, deal_id: DealId) -> Ref[deal.Claim]:
        return CLAIMS(deal.claim_name(deal_id, self.buyer_id))
