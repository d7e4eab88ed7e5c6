"""The composition root: which parts of livestream are real."""

from fastapi import FastAPI
from typing_extensions import override

from services.livestream.control import ControlRoom
from services.livestream.copies import Copies
from services.livestream.dealing import Dealing
from services.livestream.pages import pages
from services.livestream.queries import COLLECTIONS, Queries
from services.livestream.room.hall import Hall
from services.livestream.routes import routes
from services.livestream.settings import LivestreamSettings
from services.livestream.subscribers import overhear, subscribers
from services.livestream.timers import timers
from shared.platform.bus.signals import Signals
from shared.platform.bus.tap import Tap
from shared.platform.core import Core
from shared.platform.service import Role, Service
from shared.platform.web.app import Spans


class Livestream(Service):
    """A service whose hall lives only where there are doors to it."""

    signals: Signals
    tap: Tap
    hall: Hall

    @override
    def app(self, role: Role = "all", spans: Spans | None = None) -> FastAPI:
        if role != "worker":
            self.parts = [*self.parts, self.signals, self.tap, self.hall]
        return super().app(role, spans)


def assemble(settings: LivestreamSettings) -> Livestream:
    core = Core(settings, COLLECTIONS)
    queries = Queries(core.mongo)
    control, dealing = ControlRoom(core.uow, queries), Dealing(core.uow, queries)
    tap = Tap(settings.kafka, "livestream")
    signals = Signals(settings.kafka, "livestream")
    hall = Hall(queries.picture, signals, deaf=tap.trouble, most=settings.max_viewers)
    overhear(tap, hall)
    service = Livestream(
        settings,
        description="The rooms, what they show, and everybody who watches.",
        routers=[*routes(control, dealing, queries, hall), *pages(settings)],
        parts=[core.mongo, core.uow],
        background=[
            *core.relays,
            subscribers(settings.kafka, settings.database, dealing, Copies(core.uow)),
            *timers(control, dealing, queries),
        ],
    )
    service.signals, service.tap, service.hall = signals, tap, hall
    return service
