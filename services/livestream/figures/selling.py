"""Selling: what orders says of the orders that sessions brought about."""

from collections.abc import Awaitable

from services.livestream.figures import taking
from services.livestream.figures.taking import Heard
from services.livestream.kept import TAKINGS
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome
from shared.platform.change.unit_of_work import UnitOfWork


class Selling:
    """Each method is one change."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    def note(self, heard: Heard, cause: Cause) -> Awaitable[Outcome]:
        """Know of an order placed or paid, or of money that went back."""
        ref = TAKINGS(heard.order_id)
        return self._uow.change([ref], lambda view: taking.note(view[ref], heard, view.at), cause)
