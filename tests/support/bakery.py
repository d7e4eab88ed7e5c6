"""A tiny service for trying the platform: a bakery that counts tarts."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from shared.events.base import Event
from shared.events.ids import new_id
from shared.platform.change.aggregate import Aggregate, Ref, View
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome
from shared.platform.change.unit_of_work import UnitOfWork
from shared.platform.mongo import Mongo
from shared.refusal import Refused


class TartEvent(Event, topic="feira.bakery.tart.v1", key="tart"):
    """Something about one sort of tart."""

    tart: str


class TartsBaked(TartEvent, type="feira.bakery.tart.baked"):
    """There are more tarts."""

    units: int


class TartSold(TartEvent, type="feira.bakery.tart.sold"):
    """A buyer has a tart."""

    order: str


class ReceiptEvent(Event, topic="feira.bakery.receipt.v1", key="order"):
    """Something about a receipt."""

    order: str


class ReceiptWritten(ReceiptEvent, type="feira.bakery.receipt.written"):
    """The sale is on paper."""

    tart: str


class TartState(
    Event, topic="feira.bakery.tart.state.v1", key="tart", type="feira.bakery.tart.stands"
):
    """How many tarts there are."""

    tart: str
    left: int


@dataclass(frozen=True, slots=True)
class Tart:
    """One sort of tart."""

    id: str
    left: int = 0
    sold: int = 0


@dataclass(frozen=True, slots=True)
class Receipt:
    """One sale."""

    id: str
    tart: str = ""


def _tart(state: Tart, fact: object) -> Tart:
    match fact:
        case TartsBaked(tart=state.id):
            return Tart(state.id, state.left + fact.units, state.sold)
        case TartSold(tart=state.id):
            return Tart(state.id, state.left - 1, state.sold + 1)
        case _:
            return state


def _receipt(state: Receipt, fact: object) -> Receipt:
    match fact:
        case ReceiptWritten(order=state.id):
            return Receipt(state.id, fact.tart)
        case _:
            return state


TARTS = Aggregate(
    "tarts", Tart, new=Tart, evolve=_tart, tell=lambda s: TartState(tart=s.id, left=s.left)
)
RECEIPTS = Aggregate("receipts", Receipt, new=Receipt, evolve=_receipt)
COLLECTIONS: dict[str, list[Any]] = {"tarts": [], "receipts": []}


class Bakery:
    """Bakes and sells, over one unit of work."""

    def __init__(self, uow: UnitOfWork) -> None:
        self.uow = uow

    def bake(self, tart: str, units: int, cause: Cause) -> Awaitable[Outcome]:
        return self.uow.change([TARTS(tart)], lambda _: [TartsBaked(tart=tart, units=units)], cause)

    def sell(
        self,
        tart: str,
        cause: Cause,
        *,
        order: str = "",
        also: Callable[[View], None] = lambda _: None,
    ) -> Awaitable[Outcome]:
        order = order or new_id()
        stock: Ref[Tart] = TARTS(tart)

        def require(view: View) -> None:
            if view[stock].left < 1:
                raise Refused("tart.sold-out", tart=tart)

        def decide(view: View) -> list[Event]:
            also(view)
            require(view)
            return [TartSold(tart=tart, order=order), ReceiptWritten(order=order, tart=tart)]

        return self.uow.change([stock, RECEIPTS.fresh(order)], decide, cause, foresee=require)


def open_bakery(  # the options are the unit of work's
    url: str,
    database: str,
    **options: Any,
) -> tuple[Mongo, UnitOfWork, Bakery]:
    """A bakery on its own database; the caller starts and stops the parts."""
    mongo = Mongo(url, database, collections=COLLECTIONS)
    uow = UnitOfWork(mongo, "bakery", **options)
    return mongo, uow, Bakery(uow)


@asynccontextmanager
async def running(url: str, database: str, **options: Any) -> AsyncGenerator[tuple[Mongo, Bakery]]:
    """A bakery at work until the block ends."""
    mongo, uow, bakery = open_bakery(url, database, **options)
    await mongo.start()
    await uow.start()
    try:
        yield mongo, bakery
    finally:
        await uow.stop()
        await mongo.stop()


async def pages(mongo: Mongo) -> list[dict[str, Any]]:
    """The journal, in order."""
    return await mongo["journal"].find().sort([("lane", 1), ("turn", 1)]).to_list(None)


async def tart(mongo: Mongo, name: str = "egg") -> dict[str, Any]:
    """How one sort of tart is kept."""
    return await mongo["tarts"].find_one({"_id": name}) or {}
