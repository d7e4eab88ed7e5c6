"""A part of a service: started in order, stopped in reverse, asked whether it is ready."""

from typing import Protocol


class Part(Protocol):
    """Something with a life: a database, the unit of work, the relay, the subscriber, timers."""

    async def start(self) -> None:
        """Begin; must come back soon, also when what it needs is away (then it tries on)."""
        ...

    async def stop(self) -> None:
        """Finish what is under way and let go, within a few seconds."""
        ...

    def trouble(self) -> str | None:
        """Why the service should get no work now, in one sentence; None when all is well."""
        ...
