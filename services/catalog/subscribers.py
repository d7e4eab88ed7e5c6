"""Kafka in: the complete list of what catalog hears, and what it does about it."""

from services.catalog.bookkeeping import Bookkeeping
from shared.events.livestream import SessionEnded, SessionStarted
from shared.events.orders import OrderConfirmed, RefundPaid
from shared.platform.bus.hearing import Reaction
from shared.platform.bus.subscriber import Subscriber
from shared.platform.change.cause import Cause


def subscribers(kafka: str, group: str, books: Bookkeeping) -> Subscriber:
    """Listen as *group*: another database is another reader, and begins at the beginning."""
    heard = Subscriber(kafka, "catalog", group=group)

    @heard.on(OrderConfirmed)
    def book_a_sale(event: OrderConfirmed, cause: Cause) -> Reaction:
        return books.sold(event, cause)

    @heard.on(RefundPaid)
    def book_a_refund(event: RefundPaid, cause: Cause) -> Reaction:
        return books.refunded(event, cause)

    @heard.on(SessionStarted, SessionEnded)
    def see_a_session(event: SessionStarted | SessionEnded, cause: Cause) -> Reaction:
        return books.showing(event, cause)

    return heard
