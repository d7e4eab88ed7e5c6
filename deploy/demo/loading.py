"""Loading: the whole input through the services' public HTTP APIs, each part by whose it is.

Who takes part comes first; then the calendar is fixed, and all that has a date follows.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from deploy.demo.calendar import Calendar
from deploy.demo.cast import Cast
from deploy.demo.data import Festival, Product, Session, Slot
from deploy.demo.doors import Doors
from shared.events.base import instant
from shared.events.ids import Channel
from shared.events.text import Text

SLACK = timedelta(seconds=30)
"""How long a live price outlasts its session: a slow machine may run late."""

VERIFIED_FOR = timedelta(days=180)
"""For how long a host who was verified need not be looked at again."""

WEBHOOK = "demo-ledger"
TOLD_TYPES = ("feira.orders.order.confirmed", "feira.orders.order.refund-paid")
"""What the integrator's system wants to be told."""

Tell = Callable[[str, int], None]
"""Told what is being loaded, and how many of it."""


class Loading:
    """Puts the input in."""

    def __init__(
        self, festival: Festival, sessions: Sequence[Session], cast: Cast, doors: Doors, tell: Tell
    ) -> None:
        self._festival, self._sessions = festival, sessions
        self._cast, self._doors, self._tell = cast, doors, tell
        self._id = festival.programme.festival.festival_id

    # Who and what -------------------------------------------------------------------------------

    async def parties(self) -> None:
        """Organisations and their memorandum, not signed yet; merchants and their products."""
        programme, goods = self._festival.programme, self._festival.goods
        await self._all(
            "organisations",
            (
                self._organise(
                    f"/organisations/{party.party_id}",
                    {"names": text(party.names), "role": party.role},
                )
                for party in programme.parties
            ),
        )
        mou = programme.mou
        agreement = {
            "titles": text(mou.titles),
            "parties": mou.signatories,
            "witnesses": mou.witnesses,
            "commitments": [
                {"code": each.code, "titles": text(each.titles)} for each in mou.commitments
            ],
        }
        await self._all("agreement", [self._organise(f"/agreements/{mou.mou_id}", agreement)])
        await self._all(
            "merchants",
            (
                self._organise(
                    f"/merchants/{each.merchant_id}",
                    {
                        "names": text(each.names),
                        "category": each.category,
                        "country": each.country,
                        "address": f"Demonstration address of {each.merchant_id}, {each.country}",
                        "contact": each.contact_email,
                    },
                )
                for each in goods.merchants
            ),
        )
        await self._all(
            "merchants verified",
            (
                self._organise(f"/merchants/{each.merchant_id}/verification", {}, "POST")
                for each in goods.merchants
            ),
        )
        await self._all("products", map(self._product, goods.products))

    async def people(self) -> None:
        """Where to write to each buyer, and in which language; who follows what."""
        notify = self._doors.notify
        await self._all(
            "buyers",
            (
                notify.do(
                    "PUT",
                    "/recipients/me",
                    token=buyer.token,
                    body={"email": buyer.email, "locale": buyer.locale, "name": buyer.id},
                )
                for buyer in self._cast.buyers
            ),
        )
        await self._all(
            "follows",
            (
                notify.do("PUT", f"/follows/{buyer.session_id}", token=buyer.token)
                for buyer in self._cast.buyers
                if buyer.follows
            ),
        )

    async def endpoint(self, url: str) -> str:
        """Register the integrator's system; returns the secret its calls are signed with."""
        shown = await self._doors.notify.do(
            "PUT",
            f"/endpoints/{WEBHOOK}",
            token=self._cast.integrator.token,
            body={"url": url, "types": TOLD_TYPES},
        )
        return str(shown["secret"])

    # All that has a date ------------------------------------------------------------------------

    async def programme(self, calendar: Calendar) -> None:
        """The festival, its 1+9+N as a draft, its zone and the selection of the 60."""
        header, zone = self._festival.programme.festival, self._festival.programme.zone
        there = self._festival.programme.opening[0].starts_at.tzinfo
        last = calendar.began + timedelta(seconds=calendar.length)
        plan = {
            "titles": text(header.titles),
            "starts_on": calendar.began.astimezone(there).date().isoformat(),
            "ends_on": last.astimezone(there).date().isoformat(),
            "timezone": header.timezone,
        }
        days = self._festival.days
        layout = {
            "titles": text(zone.titles),
            **_window(calendar, days[0][0], days[-1][1], "opens_at", "closes_at"),
            "capacity": zone.product_count,
        }
        home = f"/festivals/{self._id}"
        await self._all("festival", [self._organise(home, plan)])
        await self._all(
            "activities",
            (
                self._organise(
                    f"{home}/activities/{each.activity_id}",
                    {
                        "kind": each.kind,
                        "titles": text(each.titles),
                        **_window(calendar, each.starts_at, each.ends_at),
                    },
                )
                for each in self._festival.programme.activities
            ),
        )
        await self._all("zone", [self._organise(f"{home}/zones/{zone.zone_id}", layout)])
        await self._all(
            "products selected",
            (
                self._organise(f"/zones/{zone.zone_id}/products", {"sku": product.sku}, "POST")
                for product in self._festival.goods.products
            ),
        )
        await self._organise(f"/zones/{zone.zone_id}/selection/closing", None, "POST")

    async def shelves(self, calendar: Calendar) -> None:
        """Prices for booth, shelf and live room, and the goods themselves, by each merchant."""
        days, products = self._festival.days, self._festival.products
        fair = days[0][0], days[-1][1]
        listings = [
            self._listing(calendar, product, channel, product.price, open_for=fair)
            for product in products.values()
            if self._festival.is_on_shelves(product)
            for channel in ("booth", "online")
        ]
        listings += [
            self._listing(
                calendar,
                products[slot.sku],
                "live",
                slot.price,
                open_for=(session.starts_at, session.ends_at),
                per_buyer=slot.per_buyer,
            )
            for session in self._sessions
            for slot in session.lineup
        ]
        await self._all("listings", listings)
        await self._all(
            "intakes",
            (
                self._merchant(
                    products[sku],
                    f"/intakes/intake-{sku}",
                    {"sku": sku, "units": units},
                )
                for sku, units in self._festival.intake.items()
            ),
        )

    async def sessions(self, calendar: Calendar) -> None:
        """The sessions by their hosts, each looked over by the organiser."""
        await self._all("sessions", (self._session(calendar, each) for each in self._sessions))

    async def _session(self, calendar: Calendar, session: Session) -> None:
        host = self._cast.hosts[session.session_id]
        home = f"/sessions/{session.session_id}"
        plan = {
            "festival_id": self._id,
            "zone_id": session.zone_id,
            "titles": text(session.titles),
            "host_id": host.id,
            "host_type": session.host_type,
            **_window(calendar, session.starts_at, session.ends_at),
            "slots": [
                {
                    "position": slot.position,
                    "sku": slot.sku,
                    "role": slot.role,
                    "price": self._money(slot.price),
                    "units": slot.units,
                    "per_buyer": slot.per_buyer,
                    "seconds": deal_seconds(calendar, session, slot),
                }
                for slot in session.lineup
            ],
        }
        await self._doors.livestream.do("PUT", home, token=host.token, body=plan)
        organiser = self._cast.organiser.token
        looked_at = (calendar.began + VERIFIED_FOR).date().isoformat()
        vouched = {
            "verified_until": looked_at,
            "born_on": "1990-05-24",
            "licences": [{"kind": kind, "until": looked_at} for kind in ("food", "alcohol")],
        }
        await self._doors.livestream.do("PUT", f"/hosts/{host.id}", token=organiser, body=vouched)
        await self._doors.livestream.do("POST", f"{home}/approval", token=organiser)

    # How ----------------------------------------------------------------------------------------

    async def _all(self, what: str, wishes: Iterable[Awaitable[object]]) -> None:
        done = await asyncio.gather(*wishes)
        self._tell(what, len(done))

    def _organise(self, path: str, body: object, method: str = "PUT") -> Awaitable[object]:
        token = self._cast.organiser.token
        return self._doors.catalog.do(method, path, token=token, body=body)

    def _merchant(self, product: Product, path: str, body: object) -> Awaitable[object]:
        token = self._cast.merchants[product.merchant_id].token
        return self._doors.catalog.do("PUT", path, token=token, body=body)

    def _product(self, product: Product) -> Awaitable[object]:
        said = {
            "merchant_id": product.merchant_id,
            "names": text(product.names),
            "category": product.category,
            "gtin": product.gtin,
            "hs_code": product.hs_code,
            "origin": product.origin,
            "net_content": product.net_content,
            "weight_g": product.weight_g,
            "flags": product.flags,
        }
        return self._merchant(product, f"/products/{product.sku}", said)

    def _listing(
        self,
        calendar: Calendar,
        product: Product,
        channel: Channel,
        price: int,
        *,
        open_for: tuple[datetime, datetime],
        per_buyer: int | None = None,
    ) -> Awaitable[object]:
        starts_at, ends_at = open_for
        terms: dict[str, Any] = {
            "festival_id": self._id,
            "sku": product.sku,
            "channel": channel,
            "price": self._money(price),
            "valid_from": instant(calendar.wall(starts_at)),
            "valid_until": instant(calendar.wall(ends_at) + SLACK),
            "max_per_buyer": per_buyer,
        }
        return self._merchant(product, f"/listings/{channel}-{product.sku}", terms)

    def _money(self, amount: int) -> dict[str, object]:
        return {"amount": amount, "currency": self._festival.goods.currency}


def deal_seconds(calendar: Calendar, session: Session, slot: Slot) -> int:
    """For how long the deal of a slot is offered: its share of the session, in whole seconds."""
    told = sum(each.seconds for each in session.lineup)
    return max(1, round(calendar.seconds(session) * slot.seconds / told))


def text(words: Text) -> dict[str, str]:
    return words.model_dump(by_alias=True)


def _window(
    calendar: Calendar,
    starts_at: datetime,
    ends_at: datetime,
    first: str = "starts_at",
    last: str = "ends_at",
) -> dict[str, str]:
    return {first: instant(calendar.wall(starts_at)), last: instant(calendar.wall(ends_at))}
