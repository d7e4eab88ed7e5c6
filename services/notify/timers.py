"""Time in: mail and deliveries that are due, broadcasts and forgetting that are not done yet."""

from services.notify.broadcast import Broadcast
from services.notify.courier import Courier
from services.notify.delivery import Delivery
from services.notify.mailroom import Mailroom
from services.notify.people import People
from services.notify.postman import Postman
from services.notify.pump import Pump
from services.notify.queries import Outgoing, Queries
from services.notify.recipient import Recipient
from shared.platform.timers import Timer

LETTERS_AT_ONCE = 64
DELIVERIES_AT_ONCE = 500


def timers(
    mailroom: Mailroom, people: People, postman: Postman, courier: Courier, queries: Queries
) -> tuple[Timer[Broadcast], Timer[Recipient], Pump[Outgoing], Pump[Delivery]]:
    return (
        Timer("broadcasts", queries.running, mailroom.go_on, every=0.5, at_once=4),
        Timer("forgetting", queries.gone, people.erase, every=2.0, at_once=4),
        Pump("mail", postman.find, postman.send, at_once=LETTERS_AT_ONCE),
        Pump(
            "webhooks",
            courier.find,
            courier.deliver,
            at_once=DELIVERIES_AT_ONCE,
            line=lambda due: due.endpoint_id,
            width=courier.width,
        ),
    )
