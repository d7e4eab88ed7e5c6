"""What notify says: messages to people, endpoints of systems. No address is ever in a fact."""

from typing import Literal

from shared.events.base import Event
from shared.events.ids import BuyerId, EndpointId, Id, Locale, MessageId


class MessageEvent(Event, topic="feira.notify.message.v1", key="message_id"):
    """Something that happened to a message."""

    message_id: MessageId


class MessageQueued(MessageEvent, type="feira.notify.message.queued"):
    """A message waits to be sent."""

    recipient_id: BuyerId
    template: str
    locale: Locale
    because: Id


class MessageSent(MessageEvent, type="feira.notify.message.sent"):
    """A mail server has taken the message."""

    recipient_id: BuyerId
    template: str


class MessageFailed(MessageEvent, type="feira.notify.message.failed"):
    """The message is given up."""

    recipient_id: BuyerId
    template: str
    reason: str


class EndpointEvent(Event, topic="feira.notify.endpoint.v1", key="endpoint_id"):
    """Something that happened to a webhook endpoint."""

    endpoint_id: EndpointId


class EndpointRegistered(EndpointEvent, type="feira.notify.endpoint.registered"):
    """A system wants to be told."""

    owner_id: BuyerId
    types: tuple[str, ...]


class EndpointDisabled(EndpointEvent, type="feira.notify.endpoint.disabled"):
    """The system is told no longer."""

    owner_id: BuyerId
    reason: Literal["owner", "gone", "failing"]
