"""A market stall: the smallest service that has one of everything the platform offers."""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from shared.events.ids import Id
from shared.platform import trail
from shared.platform.change.cause import Cause
from shared.platform.service import Service, run
from shared.platform.settings import Settings
from shared.platform.web.auth import Caller, allow, public, signed_in
from shared.platform.web.hot import HotRoute
from shared.platform.web.idempotency import because, without_cause
from shared.platform.web.paging import Page, Paging, paged
from shared.platform.web.version import Version, etag
from shared.refusal import Busy, Refused

Buyer = Annotated[Caller, allow("buyer")]
Asked = Annotated[Cause, because]


class StallSettings(Settings, service="stall"):
    shutter: str = "works"


class Line(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sku: Id
    quantity: Annotated[int, Field(ge=1, le=9)]


class Wish(BaseModel):
    model_config = ConfigDict(extra="forbid")

    lines: Annotated[list[Line], Field(min_length=1, max_length=200)]


class Placed(BaseModel):
    order_id: str
    buyer: str
    cause: str
    fingerprint: str
    units: int


hot = APIRouter(route_class=HotRoute)
ordinary = APIRouter()


@hot.post("/orders", status_code=201)
@ordinary.post("/unhurried/orders", status_code=201)
async def place(caller: Buyer, asked: Asked, wish: Wish) -> Placed:
    """Order tarts."""
    for line in wish.lines:
        match line.sku:
            case "sold-out":
                raise Refused("stock.sold-out", "None left.", sku=line.sku, status="gone")
            case "busy":
                raise Busy(2.5)
            case "broken":
                raise RuntimeError("the oven of Mrs. Lei is on fire")
            case _:
                pass
    return Placed(
        order_id="o1",
        buyer=caller.subject,
        cause=asked.key,
        fingerprint=asked.fingerprint,
        units=sum(line.quantity for line in wish.lines),
    )


@hot.post("/orders/{order_id}/lines", status_code=201)
@ordinary.post("/unhurried/orders/{order_id}/lines", status_code=201)
async def add(caller: Buyer, asked: Asked, order_id: Id, line: Line) -> Placed:
    """Add to an order."""
    return Placed(
        order_id=order_id,
        buyer=caller.subject,
        cause=asked.key,
        fingerprint=asked.fingerprint,
        units=line.quantity,
    )


@hot.post("/notices", dependencies=[public, without_cause("changes nothing")])
@ordinary.post("/unhurried/notices", dependencies=[public, without_cause("changes nothing")])
async def hear(request: Request) -> dict[str, str]:
    """Tell what was sent, as it was sent."""
    return {"kind": request.headers["content-type"], "body": (await request.body()).hex()}


@ordinary.put("/orders/{order_id}")
async def change(
    *, order_id: Id, caller: Buyer, asked: Asked, version: Version, wish: Wish, response: Response
) -> dict[str, object]:
    """Change an order."""
    if version not in {None, 7}:
        raise Refused("order.stale", "Read it again.", kind="stale")
    etag(response, 8)
    return {"order_id": order_id, "seen": version, "buyer": caller.subject}


@ordinary.get("/tarts", dependencies=[public])
async def tarts(paging: Annotated[Paging, paged(int, str)]) -> Page[str]:
    """List the tarts, by price and name."""
    everything = [(price, f"tart-{price}") for price in range(7)]
    found = [tart for tart in everything if paging.after is None or tart > paging.after]
    page = paging.page(found[: paging.enough], lambda tart: tart)
    return Page(items=[name for _, name in page.items], next=page.next)


@ordinary.get("/me")
async def me(caller: Annotated[Caller, signed_in]) -> dict[str, object]:
    """Tell the caller who they are."""
    return {"subject": caller.subject, "roles": sorted(caller.roles)}


@ordinary.get("/greeting")
async def greeting(caller: Annotated[Caller, public]) -> dict[str, object]:
    """Greet anyone."""
    return {"hello": caller.subject or "stranger"}


@ordinary.get("/refusals/{kind}", dependencies=[public])
async def refusals(kind: str) -> None:
    """Say no in every way there is."""
    raise Refused("tart.no", "No.", kind=kind)  # pyright: ignore[reportArgumentType] # any of them


@ordinary.post("/echo", dependencies=[public, without_cause("changes nothing")])
async def echo(request: Request) -> dict[str, int]:
    """Count the bytes sent."""
    return {"bytes": len(await request.body())}


@ordinary.get("/trail", dependencies=[public])
async def show_trail() -> dict[str, str]:
    """Tell the ids of this request."""
    now = trail.current.get() or trail.Trail.begin()
    return {"trace_id": now.trace_id, "traceparent": now.traceparent}


@ordinary.get("/ovens", dependencies=[public])
async def ovens(request: Request) -> StreamingResponse:
    """Tell how the ovens do, until the stall closes."""
    stopping: asyncio.Event = request.app.state.stopping

    async def news() -> AsyncGenerator[str]:
        yield "data: hot\n\n"
        await stopping.wait()
        yield "data: closing\n\n"

    return StreamingResponse(news(), media_type="text/event-stream")


@ordinary.get("/baking", dependencies=[public])
async def baking(request: Request) -> dict[str, str]:
    """Take a while, also when the stall closes meanwhile."""
    await request.app.state.stopping.wait()
    await asyncio.sleep(0.3)
    return {"tart": "done"}


@ordinary.get("/stuck", dependencies=[public])
async def stuck() -> None:
    """Never answer."""
    await asyncio.Event().wait()


class Shutter:
    """A part that tells what happens to it, and may not work at first."""

    def __init__(self, name: str, state: str) -> None:
        self.name, self.state = name, state

    def tell(self, what: str) -> None:
        print(json.dumps({"event": what, "part": self.name}), flush=True)  # noqa: T201 # beside the log

    async def start(self) -> None:
        if self.state == "stuck":
            self.state = "works"
            raise OSError("the shutter is stuck")
        if self.state == "jammed":
            await asyncio.Event().wait()
        self.tell("opened")

    async def stop(self) -> None:
        self.tell("closed")
        if self.state == "heavy":
            await asyncio.Event().wait()

    def trouble(self) -> str | None:
        return "The shutter is half open." if self.state == "half" else None


def assemble(settings: StallSettings) -> Service:
    return Service(
        settings,
        routers=[hot, ordinary],
        parts=[Shutter("counter", settings.shutter)],
        background=[Shutter("kitchen", "works")],
        description="A stall that sells egg tarts.",
    )


if __name__ == "__main__":
    run(StallSettings, assemble, sys.argv[1:])
