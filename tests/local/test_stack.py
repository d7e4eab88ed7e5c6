"""A real Kafka and a real MongoDB on a bare machine, started, hurt and stopped."""

import asyncio
import http.server
import os
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from pymongo import MongoClient
from typing_extensions import override

from deploy.local import home, ports, replica_set
from deploy.local.failure import Failure
from deploy.local.ports import Ports
from deploy.local.process import Process, Records, spawn
from deploy.local.stack import Stack
from tests.support.eventually import eventually

FEIRA = [sys.executable, "-m", "deploy.cli"]


def pids(stack: Stack) -> dict[str, int]:
    return {process.part: process.pid for process in Records(stack.home).all() if process.alive}


def gone(pid: int) -> bool:
    """Ended, even if nobody has buried it yet."""
    try:
        left = psutil.Process(pid)
        return left.status() == psutil.STATUS_ZOMBIE and left.num_threads() <= 1
    except psutil.NoSuchProcess:
        return True


def kill(stack: Stack, *parts: str) -> None:
    for part in parts:
        victim = psutil.Process(pids(stack)[part])
        victim.kill()
        while not gone(victim.pid):
            time.sleep(0.01)


def note(page: dict[str, Any], text: str) -> None:
    with MongoClient[dict[str, Any]](page["mongo"]["url"]) as client:
        client["fair"]["notes"].insert_one({"_id": text})


def notes(page: dict[str, Any]) -> set[str]:
    with MongoClient[dict[str, Any]](page["mongo"]["url"]) as client:
        return {note["_id"] for note in client["fair"]["notes"].find()}


def feira(*words: str, home: Path, **more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own command
        [*FEIRA, *words],
        env={**os.environ, "FEIRA_HOME": str(home), **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def occupied(port: int) -> Generator[int]:
    """Another program's server, which finds every question a good one."""
    with Reused(("127.0.0.1", port), Pleased) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()


class Pleased(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


class Reused(socketserver.TCPServer):
    allow_reuse_address = True


async def test_kafka_takes_a_message_and_makes_no_topic_by_itself(running: Stack) -> None:
    page = running.up("infra")
    admin = AIOKafkaAdminClient(bootstrap_servers=page["kafka"]["url"])
    await admin.start()
    await admin.create_topics([NewTopic("fair", 3, 1)])
    producer = AIOKafkaProducer(bootstrap_servers=page["kafka"]["url"], enable_idempotence=True)
    await producer.start()
    told = await producer.send_and_wait("fair", b"tart", key=b"sku-1")
    assert told.offset == 0
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(producer.send("tarts", b"tart"), timeout=1)
    assert "tarts" not in await admin.list_topics()
    await producer.stop()
    await admin.close()


def test_up_twice_leaves_what_is_healthy_alone(running: Stack) -> None:
    first = running.up("infra")
    before = pids(running)
    assert set(before) >= {"kafka", "mongo"}
    assert running.up("infra")["env"] == first["env"]
    assert pids(running) == before
    assert {row.state for row in running.status()} == {"ready"}


def test_what_died_comes_back_at_the_same_address_with_all_it_knew(running: Stack) -> None:
    before = running.up("infra")
    note(before, "before the crash")
    kill(running, *pids(running))
    assert {row.state for row in running.status()} == {"dead"}

    after = running.up("infra")

    assert after["kafka"]["url"] == before["kafka"]["url"]
    assert after["mongo"]["url"] == before["mongo"]["url"]
    assert after["kafka"]["pid"] != before["kafka"]["pid"]
    assert "before the crash" in notes(after)


def test_a_stack_whose_ports_were_taken_moves_and_keeps_its_data(running: Stack) -> None:
    before = running.up("infra")
    note(before, "before the move")
    running.down()
    kept = Ports(running.home)
    with occupied(kept.get("kafka") or 0), occupied(kept.get("mongo") or 0):
        after = running.up("infra")

    assert after["kafka"]["url"] != before["kafka"]["url"]
    assert after["mongo"]["url"] != before["mongo"]["url"]
    assert "before the move" in notes(after)


def test_a_port_lost_between_the_look_and_the_bind_is_replaced(
    running: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.up("infra")
    lost = Ports(running.home).get("mongo") or 0
    kill(running, "mongo")
    look = ports.is_free

    def look_too_early(port: int) -> bool:
        return port == lost or look(port)

    monkeypatch.setattr(ports, "is_free", look_too_early)
    with occupied(lost):
        page = running.up("infra")
    assert f":{lost}/" not in page["mongo"]["url"]
    assert notes(page) is not None


def test_another_program_at_our_port_is_not_taken_for_ours(
    running: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.up("issuer")
    lost = Ports(running.home).get("issuer") or 0
    kill(running, "issuer")
    look = ports.is_free

    def look_too_early(port: int) -> bool:
        return port == lost or look(port)

    monkeypatch.setattr(ports, "is_free", look_too_early)
    with occupied(lost):
        page = running.up("issuer")
    assert page["issuer"]["url"] != f"http://127.0.0.1:{lost}"
    assert {row.state for row in running.status()} == {"ready"}


def test_what_is_to_start_anew_does_and_the_rest_runs_on(running: Stack) -> None:
    before = running.up("issuer")
    after = running.up("issuer", anew=["issuer"])
    assert after["issuer"]["pid"] != before["issuer"]["pid"]
    assert after["issuer"]["url"] == before["issuer"]["url"]
    assert after["kafka"] == before["kafka"]


def test_down_stops_all_and_says_so_once(running: Stack) -> None:
    running.up("infra")
    ours = pids(running)
    assert set(running.down()) >= {"kafka", "mongo"}
    assert all(gone(pid) for pid in ours.values())
    assert running.read() is None
    assert running.down() == []
    assert running.status() == []


def test_a_pid_that_now_belongs_to_a_stranger_is_spared(stack: Stack) -> None:
    stack.home.make()
    with subprocess.Popen(["/bin/sleep", "60"]) as stranger:
        Records(stack.home).keep(Process("kafka", stranger.pid, 1.0, "", "kafka.log"))
        assert stack.down() == []
        assert stranger.poll() is None
        stranger.kill()


def test_a_data_folder_that_began_without_a_replica_set_becomes_one(
    running: Stack, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEIRA_KAFKA", running.up("infra")["kafka"]["url"])
    stack.home.make()
    alone = Ports(stack.home).settle("mongo")
    stack.mongo.prepare(lambda _part, _doing: None)
    argv = [word for word in stack.mongo.recipe().argv if word not in {"--replSet", "feira"}]
    process = spawn("mongo", argv, os.environ, terms="alone", log=stack.home.log("mongo"))
    Records(stack.home).keep(process)
    address = f"mongodb://127.0.0.1:{alone}"
    note({"mongo": {"url": address}}, "from before")
    assert replica_set.objection(address) == "is not a replica set, which transactions need"

    page = stack.up("infra")

    assert not process.alive
    assert notes(page) == {"from before"}
    assert replica_set.objection(page["mongo"]["url"]) == ""


def test_other_servers_are_used_when_named_and_left_alone(
    running: Stack, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = running.up("infra")
    monkeypatch.setenv("FEIRA_KAFKA", theirs["kafka"]["url"])
    monkeypatch.setenv("FEIRA_MONGO", theirs["mongo"]["url"])

    page = stack.up("infra")

    assert page["kafka"] == {"url": theirs["kafka"]["url"], "pid": None, "log": None}
    assert page["env"]["FEIRA_MONGO"] == theirs["mongo"]["url"]
    assert stack.down() == []
    assert pids(running)["kafka"] == theirs["kafka"]["pid"]
    assert pids(running)["mongo"] == theirs["mongo"]["pid"]


def test_a_shell_that_joined_the_stack_may_say_up_again(
    running: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = running.up("infra")
    for name, value in page["env"].items():
        monkeypatch.setenv(name, value)
    assert running.up("infra")["kafka"] == page["kafka"]


def test_a_kafka_that_does_not_answer_fails_the_start_and_leaves_nothing(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEIRA_KAFKA", "127.0.0.1:1")
    with pytest.raises(Failure, match=r"FEIRA_KAFKA is 127.0.0.1:1, and no Kafka answers there."):
        stack.up("infra")
    assert pids(stack) == {}
    assert stack.read() is None


def test_a_mongod_for_another_system_is_named_and_leaves_nothing(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    foreign = tmp_path / "mongod"
    foreign.write_text(
        "#!/bin/sh\necho error while loading shared libraries: libfoo.so.9\nexit 127\n"
    )
    foreign.chmod(0o755)
    monkeypatch.setenv("FEIRA_MONGOD", str(foreign))
    with pytest.raises(Failure, match=r"built for another system .*libfoo"):
        stack.up("infra")
    assert pids(stack) == {}


def test_a_pinned_port_that_is_taken_is_a_plain_no(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    with occupied(0) as port:
        monkeypatch.setenv("FEIRA_MONGO_PORT", str(port))
        with pytest.raises(Failure, match=rf"Port {port} \(FEIRA_MONGO_PORT\) is taken."):
            stack.up("infra")
    assert pids(stack) == {}


def test_a_full_disk_is_found_before_anything_starts(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home, "LEAST_FREE_BYTES", 1 << 60)
    with pytest.raises(Failure, match="MiB free; Kafka and MongoDB need 1 GiB"):
        stack.up("infra")
    assert pids(stack) == {}


def test_a_name_that_is_no_part_is_refused(stack: Stack) -> None:
    with pytest.raises(Failure, match="There is no part 'tarts'"):
        stack.up("infra,tarts")


async def test_two_ups_at_once_start_one_stack(stack: Stack) -> None:
    both = [feira("up", "--only", "infra", home=stack.home.root) for _ in range(2)]
    said = [each.communicate(timeout=60) for each in both]
    assert [each.returncode for each in both] == [0, 0], said
    page = stack.read()
    assert page is not None
    assert pids(stack) == {"kafka": page["kafka"]["pid"], "mongo": page["mongo"]["pid"]}
    assert sum("kafka: starting" in out for out, _ in said) == 1


async def test_an_up_that_is_terminated_takes_down_what_it_started(stack: Stack) -> None:
    starting = feira("up", "--only", "infra", home=stack.home.root)
    started: Callable[[], bool] = lambda: "mongo" in pids(stack)  # noqa: E731 - a condition to wait for
    await eventually(started)
    ours = list(pids(stack).values())
    starting.terminate()
    starting.communicate(timeout=60)
    assert starting.returncode == 143
    assert pids(stack) == {}
    assert all(gone(pid) for pid in ours)


def test_reset_forgets_the_data_and_keeps_the_address(running: Stack) -> None:
    before = running.up("infra")
    note(before, "to be forgotten")
    running.reset()
    assert pids(running) == {}
    after = running.up("infra")
    assert after["mongo"]["url"] == before["mongo"]["url"]
    assert notes(after) == set()
