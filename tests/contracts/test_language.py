"""The published language: what was promised to subscribers still holds."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event
from cloudevents.core.formats.json import JSONFormat

from deploy.language import schemas
from deploy.language.__main__ import stale, written
from deploy.language.schemas import published
from shared.events.base import Event, catalogue
from shared.events.partition import partition_of
from shared.platform.bus.sender import headers_of
from shared.platform.change.cause import Cause
from shared.platform.change.journal import Page

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("sample", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.stem)
def test_an_event_once_said_can_still_be_read_and_loses_nothing(sample: Path) -> None:
    event = catalogue[sample.stem]
    said = json.loads(sample.read_text(encoding="utf-8"))
    assert json.loads(event.read(sample.read_bytes()).write()) == said


def test_a_reader_lets_pass_what_it_does_not_know() -> None:
    for sample in GOLDEN.glob("*.json"):
        now = json.loads(sample.read_text(encoding="utf-8"))
        later = json.dumps(now | {"added_next_year": {"x": 1}}).encode()
        event = catalogue[sample.stem]
        assert event.read(later) == event.read(json.dumps(now).encode())


def test_what_subscribers_read_is_in_step_with_the_code() -> None:
    assert stale(written()) == []


def test_every_event_has_a_sample() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(published())


@pytest.mark.parametrize(
    ("was", "now", "complaint"),
    [
        ({"a": {"type": "string"}}, {}, "a was removed"),
        ({"a": {"type": "string"}}, {"a": {"type": "integer"}}, "became 'integer'"),
        ({"a": {"enum": ["x"]}}, {"a": {"enum": ["x", "y"]}}, "readers do not know ['y']"),
    ],
)
def test_a_change_that_breaks_subscribers_is_told(
    tmp_path: Path, was: object, now: object, complaint: str
) -> None:
    (tmp_path / "feira.x.json").write_text(json.dumps({"properties": was}))
    files = {"docs/schemas/feira.x.json": json.dumps({"properties": now})}
    [said] = schemas.breaks(tmp_path, files)
    assert complaint in said


def test_a_new_field_breaks_nobody(tmp_path: Path) -> None:
    (tmp_path / "feira.x.json").write_text(json.dumps({"properties": {}}))
    files = {"docs/schemas/feira.x.json": json.dumps({"properties": {"a": {"type": "string"}}})}
    assert list(schemas.breaks(tmp_path, files)) == []


def test_a_foreign_cloudevents_client_reads_our_records() -> None:
    sample = GOLDEN / "feira.orders.order.placed.json"
    event: Event = catalogue[sample.stem].read(sample.read_bytes())
    page = Page(0, 7, "/feira/orders/0")
    page.say(event, event.write(), page.enter(Cause("c", causation="request:1", correlation="w")))
    said = page.events[0]
    written_down = page.document(datetime.now(UTC), timedelta(days=1), [])
    headers = headers_of(written_down, said, 0)
    read = from_binary_event(
        KafkaMessage(dict(headers), said["key"].encode(), said["value"]), JSONFormat()
    )
    assert (read.get_id(), read.get_type(), read.get_subject()) == (
        said["id"],
        event.type,
        event.key,
    )
    assert read.get_extension("sequence") == "000000000007.00000"
    assert read.get_data() == json.loads(event.write())
    assert said["partition"] == partition_of(event.key)


def test_the_catalogue_page_names_every_event() -> None:
    page = written()["docs/events.md"]
    assert all(f"`{name}`" in page for name in published())


def test_asyncapi_has_a_channel_for_every_topic_and_a_message_for_every_event() -> None:
    told = yaml.safe_load(written()["docs/asyncapi.yaml"])
    assert set(told["channels"]) == {event.topic for event in published().values()}
    assert set(told["components"]["messages"]) == set(published())
