"""The host: runs one session by its run-of-show, pinning each product and opening the deals.

Units of the next deal are asked for while the last product is still explained, as a floor manager
would, so that a deal can be shown the moment its product is pinned.
"""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from deploy.demo.calendar import Calendar
from deploy.demo.cast import Person
from deploy.demo.data import Session, Slot
from deploy.demo.notebook import Notebook
from deploy.demo.wire import Door, new_key
from shared.events.base import instant

FUNDED_WITHIN = 10.0
READY_WITHIN = 10.0
LOOK_EVERY = 0.05
THERE_EVERY = 20.0
"""Every so many seconds the host says that they are there, lest they be missed."""


class Host:
    """One host in one room, and the organiser who moderates its chat."""

    def __init__(
        self,
        person: Person,
        moderator: Person,
        session: Session,
        calendar: Calendar,
        *,
        door: Door,
        notebook: Notebook,
    ) -> None:
        self._person, self._moderator = person, moderator
        self._session, self._calendar = session, calendar
        self._door, self._notebook = door, notebook
        self._home = f"/sessions/{session.session_id}"
        self._pins = 0
        self.doing = ""

    async def run(self) -> None:
        """Go live, show everything, close the room."""
        await self._do("POST", "/start")
        there = asyncio.create_task(self._be_there())
        began, told = datetime.now(UTC), 0
        whole = sum(slot.seconds for slot in self._session.lineup)
        pace = self._calendar.seconds(self._session) / whole
        deals = iter([slot for slot in self._session.lineup if slot.is_deal])
        ahead = asyncio.create_task(self._fund(next(deals, None)))
        try:
            for slot in self._session.lineup:
                self.doing = slot.sku
                deal_id = ""
                await self._pin(slot)
                if slot.is_deal:
                    deal_id = await ahead
                    ahead = asyncio.create_task(self._fund(next(deals, None)))
                    await self._show(deal_id)
                told += slot.seconds
                await until(began + timedelta(seconds=told * pace))
                if deal_id and slot.role == "benefit":
                    await self._close(deal_id)
        finally:
            there.cancel()
            ahead.cancel()
            self.doing = ""
        await self._do("POST", "/end")

    async def prepare(self) -> None:
        """See to what the checklist asks for on the day; the rest was seen to before."""
        session_id = self._session.session_id
        recording = {
            "manifest": f"https://media.feira.example/{session_id}/index.m3u8",
            "began_at": instant(datetime.now(UTC) - timedelta(seconds=1)),
        }
        await self._do("POST", "/recording", recording)
        presence, moderator = f"{self._home}/presence", self._moderator.token
        await self._door.do("POST", presence, token=moderator)
        with suppress(TimeoutError):  # then the start says what is missing
            async with asyncio.timeout(READY_WITHIN):
                ready = False
                while not ready:
                    await asyncio.sleep(LOOK_EVERY)
                    token = self._person.token
                    found = await self._door.get(f"{self._home}/checklist", token=token)
                    ready = found["ready"]

    async def _be_there(self) -> None:
        while True:
            await asyncio.sleep(THERE_EVERY)
            await self._do("POST", "/presence")

    async def _pin(self, slot: Slot) -> None:
        wish = {"sku": slot.sku, "expected_sequence": self._pins}
        self._pins = (await self._do("PUT", "/pin", wish))["sequence"]

    async def _fund(self, slot: Slot | None) -> str:
        """Have the units of a deal set aside; returns its id, or nothing if there are none."""
        if slot is None:
            return ""
        deal = await self._do("POST", "/deals", {"position": slot.position})
        deal_id = str(deal["deal_id"])
        async with asyncio.timeout(FUNDED_WITHIN):
            while deal["status"] == "requested":
                await asyncio.sleep(LOOK_EVERY)
                token = self._person.token
                deal = await self._door.get(f"{self._home}/deals/{deal_id}", token=token)
        if deal["status"] == "funded":
            return deal_id
        self._notebook.remarks.append(f"deal of {slot.sku} refused: {deal['reason']}")
        return ""

    async def _show(self, deal_id: str) -> None:
        if deal_id:
            await self._do("POST", f"/deals/{deal_id}/showing")
            self._notebook.counts["deals"] += 1

    async def _close(self, deal_id: str) -> None:
        """Take a deal back; one whose time has just run out is closed already."""
        path = f"{self._home}/deals/{deal_id}/closing"
        answer = await self._door.ask("POST", path, token=self._person.token, key=new_key())
        if answer.status != HTTPStatus.CONFLICT:
            self._door.must(answer, f"POST {path}")

    async def _do(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - any JSON
        token = self._person.token
        return await self._door.do(method, f"{self._home}{path}", token=token, body=body)


async def until(moment: datetime) -> None:
    """Wait for a moment of the wall clock."""
    await asyncio.sleep(max(0.0, (moment - datetime.now(UTC)).total_seconds()))
