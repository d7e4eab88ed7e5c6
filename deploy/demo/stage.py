"""A stage: the festival loaded and opened from now on, for people to play it in the pages."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from deploy.demo import data
from deploy.demo.calendar import Calendar, compress
from deploy.demo.cast import Cast, gather
from deploy.demo.data import Festival, Session
from deploy.demo.doors import Doors
from deploy.demo.loading import Loading, Tell
from deploy.local.issuer import Issuer
from shared.events.base import instant
from shared.platform.clock import utc_now

LEAD = timedelta(seconds=2)
RATE = {"rate": "0.8950", "source": "made up for the demonstration"}
"""What one pataca costs in renminbi here."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Who plays, when, and the first session, which may begin at once."""

    festival: Festival
    cast: Cast
    calendar: Calendar

    @property
    def first(self) -> Session:
        return self.festival.programme.sessions[0]


async def set_stage(page: dict[str, Any], *, seconds: float, tell: Tell) -> Stage:
    """Load the festival into the stack that *page* (its stack.json) describes, and open it.

    Each session lasts so many *seconds*; none is begun: that is for its host to do.
    """
    festival = data.read()
    sessions = festival.played(len(festival.programme.sessions))
    issuer = Issuer.load(Path(page["env"]["FEIRA_HOME"]), page["issuer"]["url"])
    cast = gather(festival, sessions, issuer, buyers=0, seed=0)
    doors = Doors.of(page)
    try:
        put = Loading(festival, sessions, cast, doors, tell)
        await put.parties()
        calendar = compress(festival, sessions, utc_now() + LEAD, seconds=seconds)
        await put.programme(calendar)
        await asyncio.gather(put.shelves(calendar), put.sessions(calendar))
        await _open(festival, cast, doors)
        await asyncio.gather(*(_record(one, cast, doors) for one in sessions))
    finally:
        doors.close()
    return Stage(festival, cast, calendar)


async def _open(festival: Festival, cast: Cast, doors: Doors) -> None:
    """The rate is known, the programme published, the ceremony held."""
    organiser = cast.organiser.token
    quoted = {**RATE, "as_of": instant(datetime.now(UTC) - timedelta(minutes=1))}
    await doors.orders.do("PUT", "/rates/MOP/CNY", token=organiser, body=quoted)
    home = f"/festivals/{festival.programme.festival.festival_id}"
    await doors.catalog.do("POST", f"{home}/publication", token=organiser)
    await doors.catalog.do("POST", f"{home}/opening", token=organiser)


async def _record(session: Session, cast: Cast, doors: Doors) -> None:
    """Somebody records the session; who moderates it is for the people who play to say."""
    recording = {
        "manifest": f"https://media.feira.example/{session.session_id}/index.m3u8",
        "began_at": instant(datetime.now(UTC) - timedelta(seconds=1)),
    }
    host, path = cast.hosts[session.session_id], f"/sessions/{session.session_id}/recording"
    await doors.livestream.do("POST", path, token=host.token, body=recording)
