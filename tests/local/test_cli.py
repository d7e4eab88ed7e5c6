"""What a person at the keyboard sees."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy import cli
from deploy.local import jars, java
from deploy.local.failure import Failure
from deploy.local.home import Home
from deploy.local.stack import Stack


def feira(*words: str, home: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "deploy.cli", *words],
        env={**os.environ, "FEIRA_HOME": str(home), "COLUMNS": "200", **more},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_up_ends_with_a_table_of_every_part_and_its_memory(running: Stack) -> None:
    said = feira("up", "--only", "infra", home=running.home.root)
    assert said.returncode == 0, said.stderr
    page = running.read()
    assert page is not None
    rows = {line.split()[0]: line.split() for line in said.stdout.splitlines() if line}
    assert rows["kafka"][1:3] == ["ready", page["kafka"]["url"]]
    assert int(rows["kafka"][-1]) > 100
    assert rows["mongo"][1:3] == ["ready", page["mongo"]["url"]]


def test_status_as_json_is_the_page_that_tells_how_to_join(running: Stack) -> None:
    said = feira("status", "--json", home=running.home.root)
    assert json.loads(said.stdout) == running.read()


def test_status_with_nothing_running_is_one_sentence(tmp_path: Path) -> None:
    said = feira("status", home=tmp_path / "home")
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr == "No stack is running here: `feira up` starts one.\n"


def test_logs_shows_the_end_and_knows_what_there_is(running: Stack) -> None:
    assert "Kafka Server started" in feira("logs", "kafka", home=running.home.root).stdout
    wrong = feira("logs", "tarts", home=running.home.root)
    assert wrong.returncode == 1
    assert wrong.stderr.startswith("There is no log of 'tarts' here; there is: ")
    assert wrong.stderr.endswith("kafka, mongo.\n")


def test_a_part_that_dies_shows_the_end_of_its_log(tmp_path: Path) -> None:
    mongod = tmp_path / "mongod"
    mongod.write_text("#!/bin/sh\necho I cannot bear it\nexit 1\n")
    mongod.chmod(0o755)
    said = feira("up", "--only", "infra", home=tmp_path / "home", FEIRA_MONGOD=str(mongod))
    assert said.returncode == 1
    assert said.stderr == "I cannot bear it\nmongo stopped while starting.\n"
    assert Stack(tmp_path / "home").status() == []


def test_a_token_is_all_that_token_prints(tmp_path: Path) -> None:
    said = feira("token", "--role", "host", "--subject", "rui", home=tmp_path)
    assert said.stdout.count(".") == 2
    assert said.stdout.count("\n") == 1


def test_an_old_python_hears_which_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 1))
    with pytest.raises(SystemExit, match=r"needs Python 3\.11 or newer"):
        cli.main()


def test_without_a_network_the_jars_are_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "HTTPS_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with pytest.raises(Failure, match="could not be downloaded"):
        jars.resolve(tmp_path / "repository")


def test_a_jar_that_is_not_the_listed_one_is_not_used(tmp_path: Path) -> None:
    jar = tmp_path / "kafka_2.13-4.3.1.jar"
    jar.write_bytes(b"not Kafka")
    with pytest.raises(Failure, match=r"is not the file that kafka\.lock lists"):
        jars.check(jar)


def test_a_java_that_is_too_old_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "bin" / "java"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    old.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    found = java.look_at(old)
    assert found is not None
    assert found.major == 11
    chosen = java.find(Home(tmp_path / "home"))
    assert chosen.binary != old
    assert chosen.major >= java.LEAST
