"""The play: the opening, then two zone days with booths, shelves and rooms, by the calendar."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from deploy.demo.booth import Booth
from deploy.demo.buyers import Browser, Viewer
from deploy.demo.calendar import Calendar
from deploy.demo.cast import Cast
from deploy.demo.counter import Counter
from deploy.demo.data import Festival, Session
from deploy.demo.doors import Doors
from deploy.demo.host import Host, until
from deploy.demo.notebook import Notebook

DOORS_OPEN = timedelta(seconds=1.5)
"""How long before its session begins an audience starts to come in."""


@dataclass
class Stage:
    """What is going on just now, for whoever looks on."""

    doing: str = ""
    session: Session | None = None
    host: Host | None = None
    over: list[str] = field(default_factory=list[str])


class Play:
    """Everybody at once, each in their own time."""

    def __init__(
        self,
        festival: Festival,
        sessions: Sequence[Session],
        cast: Cast,
        doors: Doors,
        notebook: Notebook,
    ) -> None:
        self._festival, self._sessions, self._cast = festival, sessions, cast
        self._doors, self._notebook = doors, notebook
        self._id = festival.programme.festival.festival_id
        self._counter = Counter(doors, notebook, self._id)
        self.stage = Stage()

    async def run(self, calendar: Calendar) -> None:
        """Hold the festival."""
        await self._open(calendar)
        async with asyncio.TaskGroup() as everybody:
            for opens, closes in self._festival.days:
                everybody.create_task(self._day(calendar, opens, closes))
            for session in self._sessions:
                everybody.create_task(self._session(calendar, session))
        self.stage.doing = ""

    async def _open(self, calendar: Calendar) -> None:
        """The agreement is signed, the programme published, the ceremony held."""
        programme, organiser = self._festival.programme, self._cast.organiser.token
        self.stage.doing = "waiting for the opening"
        await until(calendar.wall(programme.opening[0].starts_at))
        self.stage.doing = programme.opening[0].titles.en
        catalog, mou = self._doors.catalog, programme.mou
        for party in mou.signatories:
            signing = {"party": party, "office": "representative"}
            await catalog.do(
                "POST", f"/agreements/{mou.mou_id}/signatures", token=organiser, body=signing
            )
        self.stage.over.append(f"{mou.titles.en}: signed by both associations")
        published = await catalog.do("POST", f"/festivals/{self._id}/publication", token=organiser)
        kinds = [activity["kind"] for activity in published["activities"]]
        model = "+".join(str(kinds.count(kind)) for kind in ("opening", "main", "promotion"))
        self.stage.over.append(f"Programme published: {model}")
        await catalog.do("POST", f"/festivals/{self._id}/opening", token=organiser)
        self.stage.over.append(f"{programme.opening[0].titles.en}: held")
        self.stage.doing = ""

    async def _day(self, calendar: Calendar, opens: datetime, closes: datetime) -> None:
        """Booths sell from opening to closing; some buyers look at the shelf in between."""
        await until(calendar.wall(opens))
        closed = asyncio.Event()
        seconds = (calendar.wall(closes) - datetime.now(UTC)).total_seconds()
        today = [s.session_id for s in self._sessions if opens <= s.starts_at <= closes]
        products = list(filter(self._festival.is_on_shelves, self._festival.goods.products))
        async with asyncio.TaskGroup() as people:
            for cashier in self._cast.cashiers:
                mine = [each for each in products if each.merchant_id == cashier.merchant_id]
                people.create_task(Booth(cashier, mine, self._counter).sell(closed))
            for buyer in self._cast.buyers:
                if buyer.browses and buyer.session_id in today:
                    browser = Browser(buyer, products, self._counter)
                    people.create_task(browser.browse(max(0.0, seconds)))
            await until(calendar.wall(closes))
            closed.set()
        self.stage.over.append(f"Zone day {opens:%-d %B}: closed")

    async def _session(self, calendar: Calendar, session: Session) -> None:
        """An audience comes in, the host goes live, everybody stays until the end."""
        audience = self._cast.audience(session.session_id)
        begins, ended = calendar.wall(session.starts_at), asyncio.Event()
        await until(begins - DOORS_OPEN)
        host = Host(
            self._cast.hosts[session.session_id],
            self._cast.organiser,
            session,
            calendar,
            door=self._doors.livestream,
            notebook=self._notebook,
        )
        await host.prepare()
        async with asyncio.TaskGroup() as people:
            for buyer in audience:
                viewer = Viewer(buyer, session, calendar, self._counter)
                people.create_task(viewer.watch(ended))
            await until(begins)
            self.stage.session, self.stage.host = session, host
            rooms = self._doors.rooms
            rooms.most_open = rooms.open_now
            try:
                await host.run()
            finally:
                ended.set()
                self.stage.session = self.stage.host = None
                self._notebook.viewers[session.session_id] = rooms.most_open
        self.stage.over.append(f"{session.titles.en}: {rooms.most_open} viewers")
