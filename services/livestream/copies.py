"""Copies: what livestream must know of others' products and sales, written as they were told."""

from collections.abc import Awaitable

from services.livestream.kept import GOODS, TALLIES
from shared.events.catalog import ProductState
from shared.events.orders import OrderConfirmed, StockState
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome
from shared.platform.change.unit_of_work import UnitOfWork


class Copies:
    """Each method is one change."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    def know(self, heard: ProductState | StockState, cause: Cause) -> Awaitable[Outcome]:
        """Know a product's names, or how many of it are free."""
        return self._uow.change([GOODS(heard.sku)], lambda _: [heard], cause)

    def add_up(self, session_id: str, heard: OrderConfirmed, cause: Cause) -> Awaitable[Outcome]:
        """Add a paid order to what a session has sold."""
        return self._uow.change([TALLIES(session_id)], lambda _: [heard], cause)
