"""The border: what goods look at on their way into the mainland, and what they come to there."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from services.orders.border.crossborder import quota
from services.orders.border.crossborder.cart import CartLine
from services.orders.border.crossborder.quote import quote
from services.orders.border.crossborder.shanghai import day_of, year_of
from services.orders.kept import CONSIGNEES, GOODS, PERSONS, QUOTAS
from services.orders.people import consignee, person
from shared.events.duty import Duty
from shared.events.ids import BuyerId, ConsigneeToken, PersonToken, Sku
from shared.events.money import Money
from shared.events.orders import Import, Line
from shared.platform.change.aggregate import AnyRef, View
from shared.refusal import Refused

AGE_GATE = "alcohol_age_gate"
"""Catalog's flag of what is not sold to minors (Law on the Protection of Minors, art. 59)."""


class Entry(BaseModel):
    """Goods are to be sent into the mainland.

    Attributes:
        person: Whose name and quota customs clears them on: the buyer's own.
        consignee: Who receives them, and where.
        general_trade: Whether full tariff and taxes are agreed to where that is the only way.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    person: PersonToken
    consignee: ConsigneeToken
    general_trade: bool = False


class Part(NamedTuple):
    """The lines that take one way into the mainland: an order of their own."""

    lines: tuple[Line, ...]
    total: Money
    entry: Import


class Border:
    """One basket's way into the mainland.

    Attributes:
        refs: What it looks at besides.
    """

    def __init__(self, wish: Entry, skus: Iterable[Sku], year: int) -> None:
        """Name what is touched; *year* is the one in whose quota the order would count."""
        self._wish, self._year = wish, year
        self._person, self._consignee = PERSONS(wish.person), CONSIGNEES(wish.consignee)
        self._quota = QUOTAS(quota.name(wish.person, year))
        self._goods = {sku: GOODS(sku) for sku in skus}
        self.refs: list[AnyRef] = [
            self._person,
            self._consignee,
            self._quota,
            *self._goods.values(),
        ]

    def parts(
        self, view: View, buyer_id: BuyerId, lines: Sequence[Line], freight: int
    ) -> list[Part]:
        """The orders that *lines* come to, with freight (in fen) and tax.

        Refuses who is not the person, whom the buyer has not named to receive it, what has no way
        in, and what limits forbid.
        """
        if year_of(view.at) != self._year:
            raise Refused("entry.new-year", "The year has just changed; order again.", kind="stale")
        cart = [self._cart_line(view, line) for line in lines]
        adults_only = any(AGE_GATE in line.flags for line in cart)
        person.may_buy(view[self._person], buyer_id, adults_only=adults_only)
        consignee.may_receive(view[self._consignee], buyer_id)
        duties = quote(
            cart,
            "CN",
            day_of(view.at),
            used=view[self._quota].taken,
            freight=freight,
            general_trade=self._wish.general_trade,
        )
        return [self._part(duty, lines) for duty in duties]

    def _part(self, duty: Duty, lines: Sequence[Line]) -> Part:
        return Part(
            tuple(lines[each.line] for each in duty.lines),
            Money(amount=duty.payable, currency=duty.currency),
            Import(
                person=self._wish.person,
                consignee=self._wish.consignee,
                year=self._year,
                duty=duty,
            ),
        )

    def _cart_line(self, view: View, line: Line) -> CartLine:
        product = view[self._goods[line.sku]].product
        if product is None:
            raise Refused("entry.unknown-goods", "Nothing is known of it yet.", sku=line.sku)
        whole = line.unit_price.amount * line.quantity
        return CartLine(
            sku=line.sku,
            quantity=line.quantity,
            unit_price=line.unit_price,
            reduction=whole - line.payable.amount,
            hs_code=product.hs_code,
            origin=product.origin,
            net_content=product.net_content,
            flags=product.flags,
        )
