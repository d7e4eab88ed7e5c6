"""HTTP in: who may ask notify for what."""

from fastapi import APIRouter

from services.notify.people import People
from services.notify.queries import Queries
from services.notify.routes.endpoints import endpoints
from services.notify.routes.inbox import inbox
from services.notify.routes.recipients import recipients
from services.notify.webhooks import Webhooks
from shared.platform.outside.guard import Guard


def routes(people: People, webhooks: Webhooks, queries: Queries, guard: Guard) -> list[APIRouter]:
    return [
        recipients(people, queries),
        inbox(people, queries),
        endpoints(webhooks, queries, guard),
    ]
