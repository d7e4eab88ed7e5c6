"""The lease: one holder a lane, a new epoch with each, and a position only the holder moves."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from shared.platform.bus import lease as lease_module
from shared.platform.bus.lease import LEASES, Lease, LeaseLost
from shared.platform.mongo import Mongo
from tests.support.eventually import eventually


@pytest.fixture
async def mongo(mongo_url: str, database: str) -> AsyncIterator[Mongo]:
    opened = Mongo(mongo_url, database, collections={LEASES: []})
    await opened.start()
    yield opened
    await opened.stop()


async def take(mongo: Mongo, holder: str, lane: int = 0) -> Lease:
    lease = await Lease.take(mongo, lane, holder)
    assert lease
    return lease


async def test_of_twenty_who_reach_for_a_lane_at_once_one_gets_it(mongo: Mongo) -> None:
    asked = await asyncio.gather(
        *(Lease.take(mongo, 0, f"relay-{n}") for n in range(20)), return_exceptions=True
    )
    assert sum(isinstance(lease, Lease) for lease in asked) == 1


async def test_lanes_are_held_one_by_one(mongo: Mongo) -> None:
    assert (await take(mongo, "one", lane=0)).epoch == (await take(mongo, "two", lane=1)).epoch == 1


async def test_a_holder_keeps_its_epoch_and_the_next_gets_a_new_one(mongo: Mongo) -> None:
    first = await take(mongo, "one")
    assert (await take(mongo, "one")).epoch == first.epoch
    assert await Lease.take(mongo, 0, "two") is None
    await first.let_go(mongo)
    assert (await take(mongo, "two")).epoch == first.epoch + 1


async def test_who_comes_next_goes_on_where_the_last_one_stopped(mongo: Mongo) -> None:
    first = await take(mongo, "one")
    first.position = 41
    await first.save(mongo)
    await first.let_go(mongo)
    assert (await take(mongo, "two")).position == 41


async def test_who_lost_the_lane_can_neither_move_nor_free_nor_renew_it(
    mongo: Mongo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease_module, "LEASE_SECONDS", 0.2)
    first = await take(mongo, "one")
    first.position = 7
    second = await eventually(lambda: Lease.take(mongo, 0, "two"))
    with pytest.raises(LeaseLost):
        first.check()
    monkeypatch.setattr(lease_module, "LEASE_SECONDS", 10.0)
    await second.renew(mongo)
    for attempt in (first.save, first.let_go, first.renew):
        with pytest.raises(LeaseLost):
            await attempt(mongo)
    kept = await mongo[LEASES].find_one({"_id": 0}) or {}
    assert (kept["turn"], kept["owner"]) == (0, "two")


async def test_a_lease_is_renewed_long_before_it_ends(
    mongo: Mongo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease_module, "LEASE_SECONDS", 1.0)
    lease = await take(mongo, "one")
    assert not lease.due
    await eventually(lambda: lease.due, within=1)
    lease.check()
    await lease.renew(mongo)
    assert not lease.due
