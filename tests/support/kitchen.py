"""A bakery at work: its unit of work and its relays, and what is in its journal."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from shared.platform.bus.lease import LEASES
from shared.platform.bus.relay import Relay
from shared.platform.change.unit_of_work import UnitOfWork
from shared.platform.mongo import Mongo
from tests.support.bakery import Bakery, open_bakery
from tests.support.bus import Record, header


@asynccontextmanager
async def open_kitchen(
    url: str, database: str, **options: int
) -> AsyncGenerator[tuple[Mongo, UnitOfWork, Bakery]]:
    """A bakery's database, unit of work and bakery, started."""
    mongo, uow, bakery = open_bakery(url, database, **options)
    mongo.want({LEASES: []})
    await mongo.start()
    await uow.start()
    try:
        yield mongo, uow, bakery
    finally:
        await uow.stop()
        await mongo.stop()


@asynccontextmanager
async def relaying(
    mongo: Mongo, kafka: str, uow: UnitOfWork | None = None, lane: int = 0
) -> AsyncGenerator[Relay]:
    """A relay at work, woken by *uow* if given."""
    relay = Relay(mongo, kafka, lane)
    if uow:
        uow.listeners.append(relay.hand)
    await relay.start()
    try:
        yield relay
    finally:
        await relay.stop()


async def journal(mongo: Mongo) -> list[dict[str, Any]]:
    """All pages in turn order."""
    return await mongo["journal"].find().sort([("lane", 1), ("turn", 1)]).to_list(None)


async def said(mongo: Mongo) -> list[str]:
    """The ids of all events, in the order in which they happened."""
    return [event["id"] for page in await journal(mongo) for event in page["events"]]


async def lease_of(mongo: Mongo, lane: int = 0) -> dict[str, Any]:
    """Who holds the lane, and how far it is carried."""
    return await mongo[LEASES].find_one({"_id": lane}) or {"turn": 0, "epoch": 0, "owner": ""}


def ids(records: list[Record]) -> list[str]:
    """The event ids of *records*."""
    return [header(record, "ce_id") for record in records]


def first_heard(records: list[Record]) -> list[Record]:
    """*records* without repeats."""
    return list({header(record, "ce_id"): record for record in reversed(records)}.values())[::-1]
