"""Kafka in: notify hears everything; who wants to know of it is looked up, not listed here."""

from services.notify.mailroom import Mailroom
from services.notify.public import PUBLIC
from services.notify.webhooks import Webhooks
from shared.events.base import Event
from shared.events.catalog import ProductState
from shared.events.livestream import HostFollowed, HostUnfollowed, SessionStarted
from shared.events.orders import OrderConfirmed, OrderPlaced, RefundPaid
from shared.platform.bus.hearing import Reaction
from shared.platform.bus.subscriber import Subscriber
from shared.platform.change.cause import Cause


def subscribers(kafka: str, group: str, mailroom: Mailroom, webhooks: Webhooks) -> Subscriber:
    heard = Subscriber(kafka, "notify", group=group)

    @heard.on(ProductState)
    def learn_names(event: ProductState, cause: Cause) -> Reaction:
        return mailroom.learn_names(event, cause)

    @heard.on(OrderPlaced)
    def learn_buyer(event: OrderPlaced, cause: Cause) -> Reaction:
        return mailroom.learn_buyer(event, cause)

    @heard.on(OrderConfirmed)
    def confirm(event: OrderConfirmed, cause: Cause) -> Reaction:
        return mailroom.confirm(event, cause)

    @heard.on(RefundPaid)
    def refund(event: RefundPaid, cause: Cause) -> Reaction:
        return mailroom.refund(event, cause)

    @heard.on(HostFollowed)
    def follow(event: HostFollowed, cause: Cause) -> Reaction:
        return mailroom.follow(event, cause)

    @heard.on(HostUnfollowed)
    def unfollow(event: HostUnfollowed, cause: Cause) -> Reaction:
        return mailroom.unfollow(event, cause)

    @heard.on(SessionStarted)
    def announce(event: SessionStarted, cause: Cause) -> Reaction:
        return mailroom.announce(event, cause)

    @heard.on(*PUBLIC.values())
    def tell(event: Event, cause: Cause) -> Reaction:
        return webhooks.tell(event, cause)

    return heard
