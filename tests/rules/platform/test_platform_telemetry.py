"""What is written to the log: one line a fact, with its trail, and nobody's business but ours."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from pydantic import BaseModel

from shared.platform import trail
from shared.platform.telemetry import configure_logs
from shared.platform.trail import Traceparent, Trail

Lines = Callable[[], list[str]]


@pytest.fixture(params=["json", "text"])
def form(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def lines(form: Any) -> Iterator[Lines]:
    out = io.BytesIO()
    before = logging.getLogger().handlers[:], logging.getLogger().level
    configure_logs("orders", "info", form, out)
    yield lambda: out.getvalue().decode().split("\n")[:-1]
    structlog.reset_defaults()
    logging.captureWarnings(capture=False)
    logging.getLogger().handlers, logging.getLogger().level = before


def test_a_line_tells_what_who_and_on_which_trail(lines: Lines) -> None:
    now = Trail.begin("r1", "c1")
    mark = trail.current.set(now)
    structlog.get_logger("orders.checkout").info("order placed", order_id="o1", sku="蛋撻")
    trail.current.reset(mark)

    (line,) = lines()

    if line.startswith("{"):
        told = json.loads(line)
        assert told.pop("timestamp").endswith("Z")
        assert told == {
            "event": "order placed",
            "level": "info",
            "logger": "orders.checkout",
            "service": "orders",
            "order_id": "o1",
            "sku": "蛋撻",
            "request_id": "r1",
            "correlation_id": "c1",
            "trace_id": now.trace_id,
        }
    else:
        for part in ("info", "order placed", "order_id=o1", "sku=蛋撻", "correlation_id=c1"):
            assert part in line


def test_what_libraries_log_comes_the_same_way(lines: Lines) -> None:
    logging.getLogger("aiokafka.cluster").warning("no %s", "broker")
    logging.getLogger("some.library").log(35, "odd level")
    logging.getLogger("some.library").debug("too quiet")
    first, second = lines()
    assert "no broker" in first
    assert "aiokafka.cluster" in first
    assert "odd level" in second


@pytest.mark.parametrize("library", ["pymongo.command", "httpx", "httpcore", "uvicorn.access"])
def test_libraries_that_repeat_what_they_carry_keep_quiet(library: str, lines: Lines) -> None:
    logging.getLogger(library).info("canary")
    assert lines() == []


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r", "\x1b[2K", "\x0b", "\x85", "\u2028"])
def test_nobody_can_write_a_line_of_their_own(ending: str, lines: Lines, form: str) -> None:
    forged = f"ana{ending}2026-12-01 info paid"
    structlog.get_logger().info(forged, name_of=forged)
    try:
        raise ValueError(forged)
    except ValueError:
        structlog.get_logger().exception("bad")

    first, second, *traceback = lines()

    assert "paid" in first
    assert "bad" in second
    if form == "json":
        assert json.loads(first)["event"] == forged
        assert traceback == []
    else:
        assert all(row.startswith("    | ") for row in traceback)
        told = "".join([first, second, *traceback])
        assert not set(ending) & set(told) - {"[", "2", "K"}


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "Authorization",
        "access_token",
        "api_key",
        "email",
        "phone",
        "real_name",
        "id_number",
        "recipient",
        "address",
        "payments_secret",
    ],
)
def test_what_is_private_is_masked_by_its_name(name: str, lines: Lines) -> None:
    structlog.get_logger().info("seen", **{name: "canary"}, inside={"deep": {name: "canary"}})
    assert "canary" not in lines()[0]


def test_a_traceback_does_not_repeat_what_was_sent(lines: Lines) -> None:
    class Wish(BaseModel):
        quantity: int

    sent = {"quantity": "canary"}
    try:
        Wish.model_validate(sent)
    except ValueError:
        structlog.get_logger().exception("not understood")
    told = "".join(lines())
    assert "quantity" in told
    assert "canary'" not in told.replace('"canary"}', "")


def test_what_is_not_json_is_told_all_the_same(lines: Lines) -> None:
    structlog.get_logger().info("odd", thing=object, number=2**70, keys={1: b"x"}, bad="\ud800")
    assert len(lines()) == 1


# Trails.


@pytest.mark.parametrize(
    "text",
    [
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
    ],
)
def test_a_trace_context_is_read_and_written_back(text: str) -> None:
    parsed = Traceparent.parse(text)
    assert parsed is not None
    assert str(parsed) == text
    assert Trail.begin("r", "c", text) == Trail("r", "c", text)


def test_a_later_version_may_say_more() -> None:
    text = "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-09-what-comes"
    assert Traceparent.parse(text) == ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\n",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
    ],
)
def test_what_is_no_trace_context_begins_a_new_trace(text: str) -> None:
    assert Traceparent.parse(text) is None
    assert Traceparent.parse(Trail.begin(traceparent=text).traceparent)


@pytest.mark.parametrize("text", ["", "a b", "-a", "a" * 65, "a\nb", "é", "a;b"])
def test_an_id_that_is_not_sound_is_not_taken_over(text: str) -> None:
    now = Trail.begin(text, text)
    assert now.request_id not in {text, ""}
    assert now.correlation_id == now.request_id


def test_no_two_wishes_share_a_trail() -> None:
    trails = [Trail.begin() for _ in range(1_000)]
    assert len({now.request_id for now in trails}) == 1_000
    assert len({now.trace_id for now in trails}) == 1_000
