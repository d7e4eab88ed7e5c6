"""Copies: what livestream must know of others' products and sales, written as they were told."""

from collections.abc import Awaitable
from datetime import datetime

from services.livestream.kept import GOODS, SALES, SELLERS, TALLIES
from services.livestream.record import sale
from shared.events.catalog import ListingState, MerchantEvent, ProductState
from shared.events.orders import OrderConfirmed, StockState
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome
from shared.platform.change.unit_of_work import UnitOfWork


class Copies:
    """Each method is one change."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    def know(self, heard: ProductState | StockState, cause: Cause) -> Awaitable[Outcome]:
        """Know a product's names and merchant, or how many of it are free."""
        return self._uow.change([GOODS(heard.sku)], lambda _: [heard], cause)

    def price(self, heard: ListingState, cause: Cause) -> Awaitable[Outcome]:
        """Know at which price a product is sold in live rooms."""
        return self._uow.change([GOODS(heard.offer.sku)], lambda _: [heard], cause)

    def know_seller(self, heard: MerchantEvent, cause: Cause) -> Awaitable[Outcome]:
        """Know who a merchant is, and whether somebody has looked at it lately."""
        return self._uow.change([SELLERS(heard.merchant_id)], lambda _: [heard], cause)

    def add_up(self, session_id: str, heard: OrderConfirmed, cause: Cause) -> Awaitable[Outcome]:
        """Add a paid order to what a session has sold, and follow it until it is over."""
        refs = [TALLIES(session_id), SALES(heard.order_id)]
        return self._uow.change(refs, lambda _: [heard], cause)

    def follow(
        self, order_id: str, at: datetime, cause: Cause, *, over: bool
    ) -> Awaitable[Outcome]:
        """Know that something was done about an order, and whether it is over."""
        ref = SALES(order_id)
        return self._uow.change([ref], lambda view: sale.follow(view[ref], at, over=over), cause)
