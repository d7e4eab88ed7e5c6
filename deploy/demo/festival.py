"""A whole festival from the first download to the last proof, as one coroutine."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from deploy.demo import collect, loading
from deploy.demo.books import Books, Reader
from deploy.demo.bus import Bus
from deploy.demo.calendar import Calendar, compress
from deploy.demo.cast import Cast, gather
from deploy.demo.console import Screen
from deploy.demo.data import Festival
from deploy.demo.doors import Doors
from deploy.demo.figures import Figures, work_out
from deploy.demo.integrator import Integrator
from deploy.demo.journals import Journals
from deploy.demo.loading import Loading
from deploy.demo.notebook import Notebook
from deploy.demo.play import Play
from deploy.demo.proof import Finding, prove
from deploy.demo.settle import Settling, Watch
from deploy.local.issuer import Issuer
from shared.platform.clock import utc_now

LEAD = timedelta(seconds=8)
"""From the moment the calendar is fixed to the festival's first: what has a date is loaded then."""

TROUBLE = {"http_error_percent": 1}
"""The provider does not answer as it should to one of a hundred calls of the services."""

REFUSED_LETTERS = 20
"""So many letters are to come again: the mail server has no room just now."""


@dataclass(frozen=True, slots=True)
class Size:
    """How big a festival."""

    buyers: int = 2_000
    sessions: int = 6
    seconds: float = 24.0
    """How long each session takes."""
    hold_seconds: int = 20
    """How long units are held for who has not paid; 15 minutes at a real festival."""
    seed: int = 2025


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it."""

    festival: Festival
    size: Size
    cast: Cast
    calendar: Calendar
    findings: tuple[Finding, ...]
    figures: Figures
    books: Books
    notebook: Notebook
    took: dict[str, float] = field(default_factory=dict[str, float])
    """Seconds of each part."""

    @property
    def holds(self) -> bool:
        return all(finding.holds for finding in self.findings)


class Evening:
    """One festival on one running stack."""

    def __init__(
        self, festival: Festival, size: Size, page: dict[str, Any], screen: Screen
    ) -> None:
        """Play *festival* on the stack that *page* (its stack.json) describes."""
        self._festival, self._size, self._page, self._screen = festival, size, page, screen
        self._sessions = festival.played(size.sessions)
        self._notebook = Notebook()
        self._took: dict[str, float] = {}
        home = Path(page["env"]["FEIRA_HOME"])
        issuer = Issuer.load(home, page["issuer"]["url"])
        self._cast = gather(festival, self._sessions, issuer, buyers=size.buyers, seed=size.seed)

    async def hold(self) -> Outcome:
        """Load, play, settle, prove."""
        watch = Watch(
            Bus(self._page["kafka"]["url"]), Journals(self._page["mongo"]["url"]), Integrator()
        )
        doors = Doors.of(self._page)
        settling = Settling(
            doors,
            watch,
            token=self._cast.organiser.token,
            types=loading.TOLD_TYPES,
            say=self._screen.doing,
        )
        try:
            await watch.open()
            calendar = await self._load(doors, watch.integrator, settling)
            await self._play(doors, calendar)
            await self._settle(doors, settling)
            return await self._prove(doors, watch, calendar)
        finally:
            doors.close()
            await watch.close()

    async def _load(self, doors: Doors, integrator: Integrator, settling: Settling) -> Calendar:
        since = time.monotonic()
        self._screen.doing("loading")
        put = Loading(self._festival, self._sessions, self._cast, doors, self._loaded)
        await asyncio.gather(put.parties(), put.people())
        integrator.trust(await put.endpoint(integrator.url))
        await doors.payments.ask("POST", "/faults", body={**TROUBLE, "seed": self._size.seed})
        calendar = compress(
            self._festival, self._sessions, utc_now() + LEAD, seconds=self._size.seconds
        )
        await put.programme(calendar)
        await asyncio.gather(put.shelves(calendar), put.sessions(calendar))
        await settling.heard()
        late = (utc_now() - calendar.began).total_seconds()
        if late > 0:
            self._screen.say(f"The opening is {late:.1f} s late: loading took longer than planned.")
        self._took["load"] = time.monotonic() - since
        return calendar

    def _loaded(self, what: str, count: int) -> None:
        self._screen.say(f"loaded {count:,} {what}")

    async def _play(self, doors: Doors, calendar: Calendar) -> None:
        since = time.monotonic()
        refusal = {"domain": "feira.example", "code": 451, "times": REFUSED_LETTERS}
        await doors.mail.ask("POST", "/mail/faults", body=refusal)
        play = Play(self._festival, self._sessions, self._cast, doors, self._notebook)
        showing = asyncio.create_task(
            self._screen.follow(play.stage, calendar, self._notebook, doors)
        )
        try:
            await play.run(calendar)
        finally:
            showing.cancel()
            await asyncio.gather(showing, return_exceptions=True)
        self._took["play"] = time.monotonic() - since

    async def _settle(self, doors: Doors, settling: Settling) -> None:
        since = time.monotonic()
        await doors.payments.ask("DELETE", "/faults")
        await settling.over()
        for missing in settling.late:
            self._screen.say(f"Not waited for any longer: {missing}", style="yellow")
        self._took["settle"] = time.monotonic() - since

    async def _prove(self, doors: Doors, watch: Watch, calendar: Calendar) -> Outcome:
        since = time.monotonic()
        self._screen.doing("reading the books")
        books = await self._books(doors, watch)
        self._screen.doing("proving")
        findings = prove(books)
        figures = work_out(
            books,
            self._festival,
            self._sessions,
            cast=self._cast,
            calendar=calendar,
            notebook=self._notebook,
        )
        self._took["prove"] = time.monotonic() - since
        return Outcome(
            self._festival,
            self._size,
            self._cast,
            calendar,
            tuple(findings),
            figures=figures,
            books=books,
            notebook=self._notebook,
            took=self._took,
        )

    async def _books(self, doors: Doors, watch: Watch) -> Books:
        token, header = self._cast.organiser.token, self._festival.programme.festival
        await watch.journals.read()
        await watch.bus.listen()
        session_ids = [session.session_id for session in self._sessions]
        return Books(
            intake=self._festival.intake,
            stock=await collect.stock(doors, token),
            unreconciled=await collect.unreconciled(doors, token),
            orders=await collect.orders(doors, token),
            tries=tuple(self._notebook.tries),
            paid=tuple(self._notebook.paid),
            ledger=await collect.ledger(doors),
            letters=await collect.letters(doors),
            readers={each.id: Reader(each.email, each.locale) for each in self._cast.buyers},
            names={sku: product.names for sku, product in self._festival.products.items()},
            facts=tuple(watch.journals.facts),
            causes=tuple(watch.journals.causes),
            records=tuple(watch.bus.records),
            dead=watch.bus.dead,
            calls=tuple(watch.integrator.calls),
            told_types=loading.TOLD_TYPES,
            reported=await collect.report(doors, header.festival_id, token),
            tallies=await collect.tallies(doors, session_ids),
        )
