"""Webhooks as integrators and events ask for them: endpoints, and what is to be delivered."""

import asyncio
from collections.abc import Awaitable, Sequence
from datetime import datetime

import orjson

from services.notify import delivery, endpoint
from services.notify.delivery import Parcel, delivery_id
from services.notify.directory import Directory
from services.notify.endpoint import Wish
from services.notify.kept import DELIVERIES, ENDPOINTS
from services.notify.signature import new_secret
from shared.events.base import Event, Stamp, instant
from shared.platform.bus.hearing import Reaction
from shared.platform.change.aggregate import Note, View
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome
from shared.platform.change.unit_of_work import UnitOfWork
from shared.platform.clock import utc_now
from shared.platform.web.version import meant

PING = "feira.notify.ping"
"""The type of what is delivered to try an endpoint out; no event is of it."""


class Webhooks:
    """Endpoints belong to who registered them; what they are told is public to all systems."""

    def __init__(self, uow: UnitOfWork, directory: Directory) -> None:
        self._uow, self._directory = uow, directory

    # What integrators ask -----------------------------------------------------------------------

    def register(
        self, endpoint_id: str, wish: Wish, seen: int | None, cause: Cause
    ) -> Awaitable[Outcome]:
        ref, secret = ENDPOINTS(endpoint_id), new_secret()

        def decide(view: View) -> Sequence[Event | Note]:
            facts = endpoint.register(view[ref], wish, secret, view.at)
            return meant(view, ref, seen, facts, stands=view[ref].differs(wish))

        return self._uow.change([ref], decide, cause)

    def rotate(self, endpoint_id: str, owner_id: str, cause: Cause) -> Awaitable[Outcome]:
        ref, secret = ENDPOINTS(endpoint_id), new_secret()
        return self._uow.change(
            [ref],
            lambda view: endpoint.rotate(view[ref], owner_id, secret, cause.key, view.at),
            cause,
        )

    def remove(
        self, endpoint_id: str, owner_id: str, version: int | None, cause: Cause
    ) -> Awaitable[Outcome]:
        ref = ENDPOINTS(endpoint_id)

        def decide(view: View) -> endpoint.Facts:
            facts = endpoint.remove(view[ref], owner_id)
            view.expect(ref, version)
            return facts

        return self._uow.change([ref], decide, cause)

    async def ping(self, endpoint_id: str, owner_id: str, cause: Cause) -> str:
        """Deliver something that is no event; returns the id of the delivery."""
        event_id = delivery_id(endpoint_id, cause.key)  # the same wish is the same ping
        data = orjson.dumps({"endpoint_id": endpoint_id})
        parcel = Parcel(event_id, PING, _body(PING, utc_now(), data))
        ref, target = DELIVERIES(delivery_id(endpoint_id, event_id)), ENDPOINTS(endpoint_id)

        def decide(view: View) -> delivery.Facts:
            endpoint.owned(view[target], owner_id)
            delivery.see_listening(view[target])
            return delivery.queue(view[ref], endpoint_id, parcel, view.at)

        await self._uow.change([ref, target], decide, cause)
        return ref.id

    def replay(
        self, endpoint_id: str, delivery_id: str, owner_id: str, cause: Cause
    ) -> Awaitable[Outcome]:
        ref, target = DELIVERIES(delivery_id), ENDPOINTS(endpoint_id)
        return self._uow.change(
            [ref, target],
            lambda view: delivery.replay(view[ref], view[target], owner_id, view.at),
            cause,
        )

    # What happens -------------------------------------------------------------------------------

    def tell(self, event: Event, cause: Cause) -> Reaction:
        """Have *event* delivered to every endpoint that wants to know."""
        assert cause.heard is not None  # noqa: S101 - it was heard
        return asyncio.create_task(self._tell(event, cause.heard))

    async def _tell(self, event: Event, stamp: Stamp) -> None:
        at = _time_of(stamp)
        endpoints = await self._directory.fresh()
        wanting = [each.id for each in endpoints.values() if each.wants(event.type, at)]
        if not wanting:
            return
        parcel = Parcel(stamp.id, event.type, _body(event.type, at, event.write()))
        refs = {DELIVERIES(delivery_id(each, stamp.id)): each for each in wanting}

        def decide(view: View) -> list[Event | Note]:
            return [
                fact
                for ref, each in refs.items()
                for fact in delivery.queue(view[ref], each, parcel, view.at)
            ]

        await self._uow.change(list(refs), decide, Cause.of(stamp).also("webhooks"))


def _time_of(stamp: Stamp) -> datetime:
    """When it happened; what does not say so happened just now."""
    try:
        at = stamp.at
    except ValueError:
        return utc_now()
    return at if at.tzinfo else utc_now()


def _body(type: str, at: datetime, data: bytes) -> str:
    """The body of a delivery, written once so that every attempt signs the same."""
    written = orjson.dumps({"type": type, "timestamp": instant(at), "data": orjson.Fragment(data)})
    return written.decode()
