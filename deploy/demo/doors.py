"""The doors of a running stack: every server the demo speaks to, by what it is."""

from dataclasses import dataclass
from typing import Any, Self

from deploy.demo.sse import Rooms
from deploy.demo.wire import Door


@dataclass(frozen=True)
class Doors:
    """The four services, the world outside, and the rooms' streams."""

    catalog: Door
    orders: Door
    livestream: Door
    notify: Door
    payments: Door
    mail: Door
    rooms: Rooms

    @classmethod
    def of(cls, page: dict[str, Any]) -> Self:
        """Find them on a stack's own page, stack.json."""
        urls = {name: service["url"] for name, service in page["services"].items()}
        return cls(
            catalog=Door(urls["catalog"]),
            orders=Door(urls["orders"]),
            livestream=Door(urls["livestream"]),
            notify=Door(urls["notify"]),
            payments=Door(page["sandbox"]["payments"]),
            mail=Door(page["sandbox"]["mail"], lines=4),
            rooms=Rooms(urls["livestream"]),
        )

    @property
    def all(self) -> tuple[Door, ...]:
        return (
            self.catalog,
            self.orders,
            self.livestream,
            self.notify,
            self.payments,
            self.mail,
        )

    def close(self) -> None:
        for door in self.all:
            door.close()
