"""The books behind a festival's report: what orders and livestream say, counted once."""

from collections.abc import Awaitable, Iterable
from datetime import datetime

from services.catalog import report, sale
from services.catalog.kept import FESTIVALS, REPORTS, SALES
from services.catalog.queries import Queries
from services.catalog.sale import RefundBooked, SaleBooked
from shared.events.livestream import SessionEnded, SessionStarted
from shared.events.orders import OrderConfirmed, RefundPaid
from shared.platform.change.aggregate import Note, View
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome
from shared.platform.change.unit_of_work import UnitOfWork


class Bookkeeping:
    """Nothing in here is said to anybody: the facts are others', the books are ours."""

    def __init__(self, uow: UnitOfWork, queries: Queries) -> None:
        self._uow, self._queries = uow, queries

    def sold(self, order: OrderConfirmed, cause: Cause) -> Awaitable[Outcome]:
        """Book an order that was paid."""
        ref, books = SALES(order.order_id), REPORTS(order.festival_id)
        host = FESTIVALS(order.festival_id)

        def decide(view: View) -> Iterable[SaleBooked | RefundBooked]:
            return sale.sell(view[ref], order, view[host], _when(cause, view))

        return self._uow.change([ref, books, host], decide, cause)

    def refunded(self, refund: RefundPaid, cause: Cause) -> Awaitable[None]:
        """Note a refund now, in order of arrival; then book it, where the sale tells in which."""
        ref = SALES(refund.order_id)

        def decide(view: View) -> Iterable[Note]:
            return sale.hear(view[ref], refund, _when(cause, view))

        return self._book(self._uow.change([ref], decide, cause), refund.order_id, cause)

    async def _book(self, noted: Awaitable[Outcome], order_id: str, cause: Cause) -> None:
        await noted
        ref, known = SALES(order_id), await self._queries.sale(order_id)
        if known.status == "confirmed":
            books, host = REPORTS(known.festival_id), FESTIVALS(known.festival_id)
            await self._uow.change(
                [ref, books, host],
                lambda view: sale.settle(view[ref], view[host]),
                cause.also("booked"),
            )

    def showing(self, event: SessionStarted | SessionEnded, cause: Cause) -> Awaitable[Outcome]:
        """Know when a live session began, and when it ended."""
        return self._uow.change(
            [REPORTS(event.festival_id)],
            lambda view: report.see(event, _when(cause, view)),
            cause,
        )


def _when(cause: Cause, view: View) -> datetime:
    """When it happened, as the envelope says; what says nothing happened now."""
    return cause.heard.at if cause.heard and cause.heard.time else view.at
