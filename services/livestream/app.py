"""The composition root: which parts of livestream are real."""

from fastapi import FastAPI
from typing_extensions import override

from services.livestream.chat.desk import ChatDesk
from services.livestream.chat.queries import ChatQueries
from services.livestream.directing.control import ControlRoom
from services.livestream.directing.floor import Floor
from services.livestream.directing.waiting import Waiting
from services.livestream.figures.meter import Meter
from services.livestream.figures.queries import FigureQueries
from services.livestream.figures.selling import Selling
from services.livestream.figures.visit import Visits
from services.livestream.games.queries import GameQueries
from services.livestream.games.table import Table
from services.livestream.pages import pages
from services.livestream.queries import COLLECTIONS, Queries
from services.livestream.record.archive import Archive
from services.livestream.room.hall import Hall
from services.livestream.routes import audience, chat, figures, games, moderation, routes
from services.livestream.settings import LivestreamSettings
from services.livestream.showing.copies import Copies
from services.livestream.showing.dealing import Dealing
from services.livestream.showing.handing import Handing
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
    meter: Meter

    @override
    def app(self, role: Role = "all", spans: Spans | None = None) -> FastAPI:
        if role != "worker":
            self.parts = [*self.parts, self.signals, self.tap, self.hall, self.meter]
        return super().app(role, spans)


def assemble(settings: LivestreamSettings) -> Livestream:
    core = Core(settings, COLLECTIONS)
    queries = Queries(core.mongo)
    control, dealing = ControlRoom(core.uow, queries), Dealing(core.uow, queries)
    handing = Handing(core.uow, queries)
    chats = ChatQueries(core.mongo)
    floor, archive = Floor(core.uow), Archive(core.uow, queries, chats)
    desk = ChatDesk(core.uow, chats, settings.trusted)
    copies, selling = Copies(core.uow), Selling(core.uow)
    played = GameQueries(core.mongo)
    table = Table(core.uow, played)
    tap = Tap(settings.kafka, "livestream")
    signals = Signals(settings.kafka, "livestream")
    hall = Hall(queries.picture, signals, deaf=tap.trouble, most=settings.max_viewers)
    waiting = Waiting()
    overhear(tap, hall, waiting)
    meter = Meter(core.uow, hall.watched)
    service = Livestream(
        settings,
        description="The rooms, what they show, and everybody who watches.",
        routers=[
            *routes(
                control,
                floor,
                dealing,
                handing,
                archive=archive,
                queries=queries,
                chats=chats,
                hall=hall,
                waiting=waiting,
            ),
            *chat.routes(desk, hall),
            *moderation.routes(desk, chats, queries),
            *audience.routes(meter, Visits(settings.viewers_key), hall),
            figures.routes(queries, FigureQueries(core.mongo), chats),
            games.routes(table, played),
            *pages(settings),
        ],
        parts=[core.mongo, core.uow],
        background=[
            *core.relays,
            subscribers(
                settings.kafka,
                settings.database,
                dealing=dealing,
                handing=handing,
                copies=copies,
                selling=selling,
            ),
            *timers(control, floor, dealing, archive, queries, table=table, games=played),
        ],
    )
    service.signals, service.tap, service.hall, service.meter = signals, tap, hall, meter
    return service
