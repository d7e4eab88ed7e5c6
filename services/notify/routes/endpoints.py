"""HTTP in: where systems want to be told, and the log of what they were."""

from datetime import datetime
from typing import Annotated, Literal, cast

from fastapi import APIRouter, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from services.notify.delivery import Delivery
from services.notify.endpoint import Endpoint, Wish
from services.notify.public import PUBLIC
from services.notify.queries import Queries
from services.notify.webhooks import Webhooks
from shared.events.ids import Id
from shared.platform.change.cause import Cause
from shared.platform.outside.guard import Forbidden, Guard
from shared.platform.web.auth import Caller, allow
from shared.platform.web.idempotency import because
from shared.platform.web.paging import Page, Paging, paged
from shared.platform.web.version import MaybeVersion, Seen, etag
from shared.refusal import Refused

Integrator = Annotated[Caller, allow("integrator")]
Asked = Annotated[Cause, because]


def _known_type(name: str) -> str:
    if name not in PUBLIC:
        raise ValueError("there is no event of this type")
    return name


class EndpointWish(BaseModel):
    """Where to tell, and of which types of events."""

    model_config = ConfigDict(extra="forbid")

    url: Annotated[str, Field(max_length=2_000)]
    types: Annotated[
        list[Annotated[str, Field(max_length=100), AfterValidator(_known_type)]],
        Field(min_length=1, max_length=200),
    ]


class EndpointView(BaseModel):
    """An endpoint. `secret` is shown once, to the request that made it."""

    endpoint_id: str
    url: str
    types: list[str]
    status: Literal["active", "disabled"]
    reason: str | None
    listening_since: datetime | None
    failing_since: datetime | None
    secret: str | None = None


class AttemptView(BaseModel):
    """How one attempt ended: with a status, or an error instead."""

    at: datetime
    milliseconds: int
    status: int | None
    error: str | None


class DeliveryView(BaseModel):
    """One event for one endpoint; `due` is when it is attempted next."""

    delivery_id: str
    event_id: str
    type: str
    status: Literal["queued", "sending", "delivered", "failed"]
    reason: str | None
    queued_at: datetime | None
    due: datetime | None
    attempts: list[AttemptView]


class Pinged(BaseModel):
    """The delivery that will try the endpoint out."""

    delivery_id: str


def endpoints(webhooks: Webhooks, queries: Queries, guard: Guard) -> APIRouter:
    router = APIRouter(tags=["webhooks"])

    async def show(
        endpoint_id: str, caller: Caller, response: Response, cause: str = ""
    ) -> EndpointView:
        """The endpoint as it stands; the wish that made its secret is told it."""
        found, version = await queries.endpoint(endpoint_id, caller.subject)
        etag(response, version)
        return _view(found, found.secret if cause and found.secret_for == cause else None)

    @router.put("/endpoints/{endpoint_id}", response_model_exclude_none=True)
    async def register_endpoint(
        endpoint_id: Id,
        caller: Integrator,
        asked: Asked,
        *,
        seen: Seen,
        body: EndpointWish,
        response: Response,
    ) -> EndpointView:
        """Register an endpoint, change it, or bring a disabled one back."""
        await _see_callable(guard, body.url)
        types = tuple(sorted(set(body.types)))
        wish = Wish(asked.key, caller.subject, body.url, types)
        await webhooks.register(endpoint_id, wish, seen, asked)
        shown = await show(endpoint_id, caller, response, asked.key)
        response.status_code = 201 if shown.secret else 200
        return shown

    @router.get("/endpoints")
    async def list_endpoints(
        caller: Integrator, paging: Annotated[Paging, paged(str)]
    ) -> Page[EndpointView]:
        """List your endpoints."""
        (after,) = paging.after or ("",)
        found = await queries.endpoints(caller.subject, after, paging.enough)
        page = paging.page(found, lambda endpoint: (endpoint.id,))
        return Page(items=list(map(_view, page.items)), next=page.next)

    @router.get("/endpoints/{endpoint_id}", response_model_exclude_none=True)
    async def show_endpoint(
        endpoint_id: Id, caller: Integrator, response: Response
    ) -> EndpointView:
        """Show one endpoint."""
        return await show(endpoint_id, caller, response)

    @router.delete("/endpoints/{endpoint_id}", status_code=204)
    async def remove_endpoint(
        endpoint_id: Id, caller: Integrator, asked: Asked, version: MaybeVersion
    ) -> None:
        """Be told no longer."""
        await webhooks.remove(endpoint_id, caller.subject, version, asked)

    @router.post("/endpoints/{endpoint_id}/secret", status_code=201)
    async def rotate_secret(
        endpoint_id: Id, caller: Integrator, asked: Asked, response: Response
    ) -> EndpointView:
        """Get a new secret; for 24 hours the one before signs as well."""
        await webhooks.rotate(endpoint_id, caller.subject, asked)
        return await show(endpoint_id, caller, response, asked.key)

    @router.post("/endpoints/{endpoint_id}/ping", status_code=202)
    async def ping_endpoint(endpoint_id: Id, caller: Integrator, asked: Asked) -> Pinged:
        """Have something delivered that is no event, to try the endpoint out."""
        return Pinged(delivery_id=await webhooks.ping(endpoint_id, caller.subject, asked))

    @router.get("/endpoints/{endpoint_id}/deliveries")
    async def list_deliveries(
        endpoint_id: Id, caller: Integrator, paging: Annotated[Paging, paged(datetime, str)]
    ) -> Page[DeliveryView]:
        """List what was delivered in the last 30 days, or should have been; the newest first."""
        await queries.endpoint(endpoint_id, caller.subject)
        found = await queries.deliveries(endpoint_id, paging.after, paging.enough)
        page = paging.page(found, lambda delivery: (delivery.queued_at, delivery.id))
        return Page(items=list(map(_log, page.items)), next=page.next)

    @router.post("/endpoints/{endpoint_id}/deliveries/{delivery_id}/replay", status_code=202)
    async def replay_delivery(
        endpoint_id: Id, delivery_id: Id, caller: Integrator, asked: Asked
    ) -> None:
        """Have it delivered once more, under the same webhook-id."""
        await webhooks.replay(endpoint_id, delivery_id, caller.subject, asked)

    return router


async def _see_callable(guard: Guard, url: str) -> None:
    """Say at once what every delivery would run into; a host without an address may get one."""
    try:
        await guard.look(url)
    except Forbidden as no:
        raise Refused("endpoint.url", no.detail, kind="invalid") from no


def _view(endpoint: Endpoint, secret: str | None = None) -> EndpointView:
    return EndpointView(
        endpoint_id=endpoint.id,
        url=endpoint.url,
        types=list(endpoint.types),
        status=cast("Literal['active', 'disabled']", endpoint.status),
        reason=endpoint.reason or None,
        listening_since=endpoint.listening_since,
        failing_since=endpoint.failing_since,
        secret=secret,
    )


def _log(delivery: Delivery) -> DeliveryView:
    return DeliveryView(
        delivery_id=delivery.id,
        event_id=delivery.parcel.event_id,
        type=delivery.parcel.type,
        status=cast("Literal['queued', 'sending', 'delivered', 'failed']", delivery.status),
        reason=delivery.reason or None,
        queued_at=delivery.queued_at,
        due=delivery.due,
        attempts=[
            AttemptView(
                at=attempt.at,
                milliseconds=attempt.milliseconds,
                status=attempt.status,
                error=attempt.error or None,
            )
            for attempt in delivery.attempts
        ],
    )
