"""Selling: what orders says of the orders that sessions brought about."""

from collections.abc import Awaitable

from services.livestream.figures import sale
from services.livestream.figures.sale import Heard
from services.livestream.kept import SALES
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome
from shared.platform.change.unit_of_work import UnitOfWork


class Selling:
    """Each method is one change."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    def note(self, heard: Heard, cause: Cause) -> Awaitable[Outcome]:
        """Know of an order placed or paid, or of money that went back."""
        ref = SALES(heard.order_id)
        return self._uow.change([ref], lambda view: sale.note(view[ref], heard, view.at), cause)
