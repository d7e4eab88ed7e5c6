"""The directory: which endpoints listen, never older than the moment it is asked."""

import asyncio
from collections.abc import Awaitable, Mapping

from services.notify.endpoint import Endpoint
from services.notify.queries import Queries


class Directory:
    """Read afresh whenever it is asked; those who ask at the same time share one reading."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries
        self._reading: asyncio.Task[Mapping[str, Endpoint]] | None = None
        self.known: Mapping[str, Endpoint] = {}
        """As last read."""

    def fresh(self) -> Awaitable[Mapping[str, Endpoint]]:
        """Every endpoint that listens, by its id, read after this call."""
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())
        return asyncio.shield(self._reading)

    async def _read(self) -> Mapping[str, Endpoint]:
        self._reading = None  # who asks from now on needs a later reading
        self.known = {endpoint.id: endpoint for endpoint in await self._queries.listening()}
        return self.known
