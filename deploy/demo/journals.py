"""The journals of the four services, read and never written: what each says has happened."""

import asyncio
from dataclasses import dataclass
from typing import Any

from pymongo import MongoClient

from deploy.local.stack import SERVICES


@dataclass(frozen=True, slots=True)
class Fact:
    """One event as a journal holds it."""

    id: str
    type: str
    source: str
    topic: str
    partition: int
    key: str


class Journals:
    """All facts so far; each reading goes on where the last one ended."""

    def __init__(self, mongo: str, databases: dict[str, str] | None = None) -> None:
        self._client: MongoClient[dict[str, Any]] = MongoClient(
            mongo, readPreference="primaryPreferred", appname="feira-demo"
        )
        self._databases = databases or {service: service for service in SERVICES}
        self._turns: dict[tuple[str, int], int] = {}
        self.facts: list[Fact] = []
        self.causes: list[tuple[str, str]] = []
        """What acted: the service and the name of the cause."""

    async def read(self) -> int:
        """Read what is new; returns how many facts there are."""
        await asyncio.to_thread(self._read)
        return len(self.facts)

    def close(self) -> None:
        self._client.close()

    def _read(self) -> None:
        for service, database in self._databases.items():
            for page in self._pages(service, database):
                self._turns[service, page["lane"]] = page["turn"]
                self.causes += [(service, change["cause"]) for change in page.get("changes", ())]
                self.facts += [
                    Fact(
                        id=said["id"],
                        type=said["type"],
                        source=page["source"],
                        topic=said["topic"],
                        partition=said["partition"],
                        key=said["key"],
                    )
                    for said in page["events"]
                ]

    def _pages(self, service: str, database: str) -> list[dict[str, Any]]:
        journal = self._client[database]["journal"]
        shown = {"lane": 1, "turn": 1, "source": 1, "changes.cause": 1}
        shown |= {f"events.{field}": 1 for field in ("id", "type", "topic", "partition", "key")}
        pages: list[dict[str, Any]] = []
        for lane in journal.distinct("lane"):
            after = {"lane": lane, "turn": {"$gt": self._turns.get((service, lane), 0)}}
            pages += journal.find(after, shown).sort("turn", 1)
        return pages
