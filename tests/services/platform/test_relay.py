"""The relay: what it promises while all is well, on a real Kafka and a real MongoDB."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from aiokafka.partitioner import DefaultPartitioner
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event

from shared.events.base import PARTITIONS, catalogue
from shared.platform.bus import relay as relay_module
from shared.platform.bus.lease import LEASES
from shared.platform.bus.relay import Relay
from shared.platform.change.cause import Cause
from shared.platform.change.journal import Page
from shared.platform.change.unit_of_work import UnitOfWork
from shared.platform.mongo import Mongo
from tests.support.bakery import RECEIPTS, TARTS, Bakery, ReceiptWritten
from tests.support.bus import Record, header, listening, make_topics
from tests.support.eventually import eventually
from tests.support.kitchen import ids, journal, lease_of, open_kitchen, relaying, said


@pytest.fixture(autouse=True, scope="module")
async def _topics(kafka: str) -> None:
    await make_topics(kafka)


@pytest.fixture
async def kitchen(mongo_url: str, database: str) -> AsyncIterator[tuple[Mongo, UnitOfWork, Bakery]]:
    async with open_kitchen(mongo_url, database) as parts:
        yield parts


@pytest.fixture
def tart() -> str:
    """A sort of tart no other test knows: the topics are shared."""
    return f"tart-{uuid4().hex[:8]}"


def assert_in_order(records: Sequence[Record], key: str) -> None:
    """What was said of *key* on each topic came in the order in which it happened, and once."""
    of_it = [record for record in records if record.key == key.encode()]
    for topic in {record.topic for record in of_it}:
        sequence = [header(record, "ce_sequence") for record in of_it if record.topic == topic]
        assert sequence == sorted(set(sequence))


async def test_every_fact_reaches_kafka_as_the_journal_has_it(
    kitchen: tuple[Mongo, UnitOfWork, Bakery], kafka: str, tart: str
) -> None:
    mongo, uow, bakery = kitchen
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    async with listening(kafka) as ear, relaying(mongo, kafka, uow):
        await bakery.bake(tart, 3, Cause("bake", correlation="wish-1", traceparent=trace))
        await bakery.sell(tart, Cause("sell", causation="request-7"), order=f"o-{tart}")
        records = {header(record, "ce_id"): record for record in await ear.until(5)}
    pages = await journal(mongo)
    assert len(records) == sum(len(page["events"]) for page in pages)
    for page in pages:
        for index, event in enumerate(page["events"]):
            record = records[event["id"]]
            kind = catalogue[event["type"]]
            assert (record.topic, record.partition) == (kind.topic, event["partition"])
            assert (record.key, record.value) == (event["key"].encode(), event["value"])
            assert record.timestamp == int(page["at"].timestamp() * 1000)
            headers = {name: value.decode() for name, value in record.headers}
            change = page["changes"][event["change"]] if event["change"] >= 0 else {}
            assert headers == {
                "content-type": "application/json",
                "ce_specversion": "1.0",
                "ce_type": event["type"],
                "ce_dataschema": f"/schemas/{event['type']}.json",
                "ce_id": event["id"],
                "ce_source": "/feira/bakery/0",
                "ce_time": page["at"].isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "ce_subject": event["key"],
                "ce_partitionkey": event["key"],
                "ce_sequence": f"{page['turn']:012d}.{index:05d}",
                **({"ce_causationid": change["causation"]} if change else {}),
                **({"ce_correlationid": "wish-1"} if change.get("cause") == "bake" else {}),
                **({"traceparent": trace} if change.get("cause") == "bake" else {}),
            }


async def test_a_foreign_cloudevents_library_and_the_java_way_of_keys_agree(
    kitchen: tuple[Mongo, UnitOfWork, Bakery], kafka: str, tart: str
) -> None:
    mongo, uow, bakery = kitchen
    async with listening(kafka) as ear, relaying(mongo, kafka, uow):
        await bakery.bake(tart, 40, Cause("bake"))
        await asyncio.gather(
            *(bakery.sell(tart, Cause(f"b-{n}"), order=f"é-{n}-{tart}") for n in range(40))
        )
        records = await ear.until(len(await said(mongo)))
    place = DefaultPartitioner()
    for record in records:
        assert record.key
        every = list(range(PARTITIONS))
        assert record.partition == place(record.key, every, every)
        message = KafkaMessage(dict(record.headers), record.key, record.value or b"")
        event = from_binary_event(message)  # it checks the attributes itself
        kind = catalogue[event.get_type()]
        assert event.get_data() == json.loads(kind.read(record.value).write())
        assert event.get_extension("partitionkey") == event.get_subject() == record.key.decode()


async def test_the_facts_of_a_key_come_in_the_order_in_which_they_happened(
    kitchen: tuple[Mongo, UnitOfWork, Bakery], kafka: str, tart: str
) -> None:
    mongo, uow, bakery = kitchen
    async with listening(kafka) as ear, relaying(mongo, kafka, uow):
        await bakery.bake(tart, 400, Cause("bake"))
        await asyncio.gather(*(bakery.sell(tart, Cause(f"b-{n}")) for n in range(300)))
        for n in range(30):
            await bakery.sell(tart, Cause(f"late-{n}"))
        happened = await said(mongo)
        records = await ear.exactly(len(happened))
    assert sorted(ids(records)) == sorted(happened)
    assert_in_order(records, tart)


async def test_what_was_committed_here_is_carried_as_it_was_written_and_not_read_again(
    kitchen: tuple[Mongo, UnitOfWork, Bakery], kafka: str, tart: str
) -> None:
    mongo, _, _ = kitchen
    page = Page(lane=0, turn=1, source="/feira/bakery/0")
    change = page.enter(Cause("from memory"))
    page.say(ReceiptWritten(order=f"o-{tart}", tart=tart), b"{}", change)
    async with listening(kafka) as ear, relaying(mongo, kafka) as relay:
        await eventually(lambda: mongo[LEASES].find_one({"owner": relay._me}))
        relay.hand([page.document(datetime.now(UTC), timedelta(days=1), [])])
        [record] = await ear.until(1)  # no journal has it: this is all anybody knows of it
    assert (record.value, header(record, "ce_causationid")) == (b"{}", "from memory")


async def test_the_pages_of_others_come_between_those_that_were_handed_over(
    kitchen: tuple[Mongo, UnitOfWork, Bakery],
    mongo_url: str,
    database: str,
    kafka: str,
    tart: str,
) -> None:
    mongo, uow, bakery = kitchen
    async with (
        open_kitchen(mongo_url, database) as (_, _, elsewhere),
        listening(kafka) as ear,
        relaying(mongo, kafka, uow),
    ):
        await bakery.bake(tart, 100, Cause("bake"))
        for n in range(20):
            await asyncio.gather(
                bakery.sell(tart, Cause(f"here-{n}")),
                elsewhere.sell(tart, Cause(f"there-{n}")),
            )
        happened = await said(mongo)
        records = await ear.exactly(len(happened))
    assert sorted(ids(records)) == sorted(happened)
    assert_in_order(records, tart)


async def test_more_than_may_be_held_in_memory_is_read_from_the_journal(
    kitchen: tuple[Mongo, UnitOfWork, Bakery],
    kafka: str,
    tart: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mongo, uow, bakery = kitchen
    monkeypatch.setattr(relay_module, "EVENTS", 20)
    async with listening(kafka) as ear, relaying(mongo, kafka, uow):
        await bakery.bake(tart, 400, Cause("bake"))
        await asyncio.gather(*(bakery.sell(tart, Cause(f"b-{n}")) for n in range(200)))
        happened = await said(mongo)
        assert sorted(ids(await ear.exactly(len(happened)))) == sorted(happened)


async def test_facts_too_large_for_one_batch_keep_their_order(
    kitchen: tuple[Mongo, UnitOfWork, Bakery], kafka: str, tart: str
) -> None:
    mongo, uow, _ = kitchen
    refs = [TARTS(tart), RECEIPTS(f"o-{tart}")]
    facts = [ReceiptWritten(order=f"o-{tart}", tart=f"{n}{uuid4().hex * 6000}") for n in range(9)]
    await asyncio.gather(
        *(uow.change(refs, lambda _, f=f: [f], Cause(f"c-{n}")) for n, f in enumerate(facts))
    )
    async with listening(kafka, late=True) as ear, relaying(mongo, kafka):
        records = await ear.until(9)
    assert [record.value for record in records] == [fact.write() for fact in facts]


async def test_while_two_relays_live_only_one_speaks(
    kitchen: tuple[Mongo, UnitOfWork, Bakery], kafka: str, tart: str
) -> None:
    mongo, uow, bakery = kitchen
    async with (
        listening(kafka) as ear,
        relaying(mongo, kafka, uow),
        relaying(mongo, kafka, uow),
    ):
        await bakery.bake(tart, 100, Cause("bake"))
        for n in range(50):
            await bakery.sell(tart, Cause(f"b-{n}"))
        happened = await said(mongo)
        assert sorted(ids(await ear.exactly(len(happened)))) == sorted(happened)


async def test_who_leaves_hands_the_lane_over_instead_of_letting_the_lease_run_out(
    kitchen: tuple[Mongo, UnitOfWork, Bakery], kafka: str, tart: str
) -> None:
    mongo, uow, bakery = kitchen
    async with listening(kafka) as ear, AsyncExitStack() as second:
        async with relaying(mongo, kafka, uow):
            await bakery.bake(tart, 100, Cause("bake"))
            await ear.until(2)
            await second.enter_async_context(relaying(mongo, kafka, uow))
            await bakery.sell(tart, Cause("b-1"))
        assert (await lease_of(mongo))["turn"] == 2  # nothing was left behind
        await bakery.sell(tart, Cause("b-2"))
        await ear.until(8, within=4)  # a lease lasts 10 seconds
        assert sorted(ids(ear.heard)) == sorted(await said(mongo))


async def test_one_who_stands_by_leaves_without_delay(
    kitchen: tuple[Mongo, UnitOfWork, Bakery], kafka: str
) -> None:
    mongo, _, _ = kitchen
    async with relaying(mongo, kafka) as first:
        await eventually(lambda: mongo[LEASES].find_one({"owner": first._me}))
        standing_by = Relay(mongo, kafka)
        await standing_by.start()
        await asyncio.sleep(0)
        async with asyncio.timeout(1):
            await standing_by.stop()


async def test_a_change_across_lanes_carries_its_causes_on_each_of_them(
    mongo_url: str, database: str, kafka: str, tart: str
) -> None:
    async with (
        open_kitchen(mongo_url, database, lanes=3) as (mongo, uow, bakery),
        listening(kafka) as ear,
        relaying(mongo, kafka, uow, 0),
        relaying(mongo, kafka, uow, 1),
        relaying(mongo, kafka, uow, 2),
    ):
        await bakery.bake(tart, 60, Cause("bake", causation="baker", correlation="morning"))
        await asyncio.gather(
            *(
                bakery.sell(tart, Cause(f"b-{n}", correlation=f"wish-{n}"), order=f"{n}-{tart}")
                for n in range(60)
            )
        )
        records = await ear.until(len(await said(mongo)))
    written = [r for r in records if header(r, "ce_type").endswith("receipt.written")]
    assert len({header(record, "ce_source") for record in written}) == 3
    for record in written:
        assert record.key
        number = record.key.decode().split("-")[0]
        assert header(record, "ce_causationid") == f"b-{number}"
        assert header(record, "ce_correlationid") == f"wish-{number}"


async def test_a_relay_in_another_process_is_woken_by_the_journal_itself(
    kitchen: tuple[Mongo, UnitOfWork, Bakery],
    kafka: str,
    tart: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mongo, _, bakery = kitchen
    monkeypatch.setattr(relay_module, "POLL_SECONDS", 60.0)
    relay = Relay(mongo, kafka)
    relay.follow = True
    async with listening(kafka) as ear:
        await relay.start()
        for n in range(20):  # its first look at the journal may come before it listens
            await bakery.bake(tart, 1, Cause(f"bake-{n}"))
            await asyncio.sleep(0.05)
        await ear.until(len(await said(mongo)), within=5)
        await relay.stop()
