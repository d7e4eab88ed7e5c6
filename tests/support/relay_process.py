"""A relay in a process of its own, so that it can be frozen: MONGO DATABASE KAFKA LEASE_SECONDS."""

import asyncio
import sys

from shared.platform.bus import lease, relay
from shared.platform.mongo import Mongo


async def main(mongo_url: str, database: str, kafka: str, lease_seconds: str) -> None:
    """Carry until killed."""
    lease.LEASE_SECONDS = relay.LEASE_SECONDS = float(lease_seconds)
    mongo = Mongo(mongo_url, database)
    carrier = relay.Relay(mongo, kafka)
    await mongo.start()
    await carrier.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
