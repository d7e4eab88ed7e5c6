"""Which Node.js builds the pages, and what is said when there is none."""

from pathlib import Path

import pytest
from typing_extensions import override

from deploy.local import node
from deploy.local.failure import Failure
from deploy.local.home import Home


class Own(Home):
    """A home with tools of its own."""

    @property
    @override
    def tools(self) -> Path:
        return self.root / "tools"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home without Node.js and without a network."""
    monkeypatch.setenv("PATH", str(tmp_path))
    nowhere = "http://127.0.0.1:9/simple"
    monkeypatch.setenv("PIP_INDEX_URL", nowhere)
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("UV_INDEX_URL", nowhere)
    monkeypatch.setenv("UV_NO_CACHE", "1")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    own = Own(tmp_path / "home")
    own.tools.mkdir(parents=True)
    return own


def put(folder: Path, name: str, version: str) -> None:
    """Put a program there that says its version."""
    program = folder / name
    program.write_text(f"#!/bin/sh\necho {version}\n")
    program.chmod(0o755)


def test_a_node_that_is_new_enough_is_taken_from_the_path(home: Home, tmp_path: Path) -> None:
    put(tmp_path, "node", "v22.12.0")
    put(tmp_path, "npm", "11.0.0")
    found = node.find(home)
    assert (found.binary, found.npm) == (tmp_path / "node", (str(tmp_path / "npm"),))


def test_one_that_is_too_old_is_not_and_the_lack_of_another_is_one_sentence(
    home: Home, tmp_path: Path
) -> None:
    put(tmp_path, "node", "v18.19.1")
    put(tmp_path, "npm", "9.2.0")
    with pytest.raises(Failure, match=r"The pages need Node\.js 20\.19 or newer.*network"):
        node.find(home)
    assert not (home.tools / "node").exists()
