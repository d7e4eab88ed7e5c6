"""The core every service stands on: its database, its unit of work, its relays."""

from collections.abc import Mapping, Sequence

from shared.platform.bus.relay import Relay
from shared.platform.change.unit_of_work import UnitOfWork
from shared.platform.mongo import IndexModel, Mongo
from shared.platform.settings import Settings


class Core:
    """Built from settings alone.

    Attributes:
        mongo: The service's own database.
        uow: The only way to change what is in it.
        relays: One a lane; they carry what the unit of work says to Kafka. Background parts.
    """

    def __init__(self, settings: Settings, collections: Mapping[str, Sequence[IndexModel]]) -> None:
        self.mongo = Mongo(
            settings.mongo.get_secret_value(), settings.database, collections=collections
        )
        self.uow = UnitOfWork(
            self.mongo,
            settings.service,
            lanes=settings.lanes,
            max_waiting=settings.max_waiting,
            patience=settings.queue_deadline,
        )
        self.relays = [Relay(self.mongo, settings.kafka, lane) for lane in range(settings.lanes)]
        self.uow.listeners += [relay.hand for relay in self.relays]
