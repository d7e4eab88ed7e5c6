"""Crowds: buyers and tills in processes of their own, and the books they bring back."""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from deploy.local.home import PROJECT
from tests.support.crowd_process import Book, Job

LONGEST_LINE = 64 * 1024 * 1024


@dataclass
class Crowd:
    """Some jobs, done at once, each in a process of its own."""

    jobs: Sequence[Job]
    answered: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def progress(self) -> float:
        """Which part of all attempts has been answered."""
        return sum(self.answered.values()) / sum(job.attempts for job in self.jobs)

    async def work(self) -> Book:
        """Do all jobs; the books as one. Nobody is left at work, whatever happens."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._send(job)) for job in self.jobs]
        whole = Book()
        for book in (task.result() for task in tasks):
            whole.orders += book["orders"]
            whole.refused += Counter(book["refused"])
            whole.drawers |= book["drawers"]
            whole.answered += book["answered"]
        return whole

    async def _send(self, job: Job) -> dict[str, Any]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.support.crowd_process",
            cwd=PROJECT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=LONGEST_LINE,
        )
        assert process.stdin, "a pipe was asked for"
        assert process.stdout, "a pipe was asked for"
        told: dict[str, Any] = {}
        try:
            process.stdin.write(json.dumps(asdict(job)).encode())
            process.stdin.write_eof()
            async for line in process.stdout:
                told = json.loads(line)
                self.answered[job.name] = told["answered"]
            if await process.wait() or "orders" not in told:
                raise AssertionError(f"{job.name} ended with {process.returncode}, its log above")
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return told
