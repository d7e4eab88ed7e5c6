"""The ground: the stack of the demo's own, what it is told, and that it leaves nothing behind."""

import os
import shutil
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from deploy.local.failure import Failure
from deploy.local.home import PROJECT, locked
from deploy.local.part import Say
from deploy.local.stack import Stack

HOME = PROJECT / ".feira" / "demo"

HEEDED = ("FEIRA_LOG", "FEIRA_LOG_FORMAT", "FEIRA_OTLP", "FEIRA_LOCAL", "FEIRA_MONGOD")
"""What a shell may tell the demo; a shell that has joined another stack is not to lead it there."""


def settings(hold_seconds: int) -> dict[str, str]:
    """What the services are told so that a festival fits into minutes."""
    return {
        "FEIRA_ORDERS_HOLD_SECONDS": str(hold_seconds),
        "FEIRA_NOTIFY_MAIL_RETRY": "1",
        "FEIRA_NOTIFY_WEBHOOK_INSECURE": "true",
        "FEIRA_NOTIFY_WEBHOOK_ALLOW": "127.0.0.0/8",
        "FEIRA_NOTIFY_WEBHOOK_PAUSES": "0.5,1,2,5,10",
    }


@contextmanager
def cleared(home: Path, told: Mapping[str, str], *, keep: bool, say: Say) -> Generator[Stack]:
    """A stack of which nothing runs and nothing is remembered; afterwards nothing of it runs again.

    Whatever an earlier demo left in *home* is stopped and forgotten first. With *keep* the stack
    is left up, unless something went wrong.
    """
    home.mkdir(parents=True, exist_ok=True)
    with _alone(home), _environment(told):
        stack = Stack(home, say=say)
        stack.reset()
        kept = False
        try:
            yield stack
            kept = keep
        finally:
            if not kept:
                stack.down()
                for folder in ("kafka", "mongo", "sandbox"):
                    shutil.rmtree(home / folder, ignore_errors=True)


@contextmanager
def _alone(home: Path) -> Generator[None]:
    """One demo at a time in one home."""
    try:
        with locked(home / "demo.lock", within=0):
            yield
    except Failure as failure:
        if "demo.lock" in failure.sentence:
            raise Failure("Another demo is being played here; wait for its end.") from None
        raise


@contextmanager
def _environment(told: Mapping[str, str]) -> Generator[None]:
    """Say what is *told* to all that is started, and nothing of another stack."""
    before = {name: value for name, value in os.environ.items() if name.startswith("FEIRA_")}
    for name in before:
        if not name.startswith(HEEDED):
            del os.environ[name]
    os.environ.update(told)
    try:
        yield
    finally:
        for name in [name for name in os.environ if name.startswith("FEIRA_")]:
            del os.environ[name]
        os.environ.update(before)
