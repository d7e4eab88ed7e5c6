"""Going live: the checklist, all of which must be true, and the start it guards. Rules, pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, TypeAlias

from services.livestream.directing import host as hosts
from services.livestream.directing.host import Host, LicenceKind
from services.livestream.directing.moves import is_over, must_be, must_run
from services.livestream.directing.presence import Presence
from services.livestream.directing.session import Asker, Session
from services.livestream.record.days import day_of
from services.livestream.record.timeline import Timeline
from services.livestream.showing.goods import Goods
from services.livestream.showing.seller import Seller
from shared.events.livestream import SessionStarted
from shared.refusal import Refused

FOOD = frozenset({"02", "03", "04", *(f"{n:02d}" for n in (*range(7, 13), *range(15, 23)))})
"""Chapters of the Harmonized System that are food and drink."""

ALCOHOL = frozenset({"2203", "2204", "2205", "2206", "2207", "2208"})
"""Headings of the Harmonized System that are beer, wine and spirits."""


class Check(NamedTuple):
    """One line of the checklist.

    Attributes:
        reason: What is missing, None if nothing is.
        about: The SKUs, or the kinds of licence, that it is missing for.
    """

    name: str
    reason: str | None
    about: Sequence[str] = ()


_Missing: TypeAlias = tuple[str | None, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Readiness:
    """All that the checklist looks at; `goods` are those of the run-of-show."""

    session: Session
    host: Host
    presence: Presence
    timeline: Timeline
    goods: Sequence[Goods]
    sellers: Mapping[str, Seller]


def start(ready: Readiness, asker: Asker, at: datetime) -> list[SessionStarted]:
    """Open the room, or say everything that is missing."""
    session = ready.session
    must_run(session, asker)
    must_be(session, "start")
    if is_over(session, at):
        raise Refused("session.too-late", "The session should have ended by now.")
    missing = [check for check in checklist(ready, at) if check.reason]
    if missing:
        raise Refused(
            "session.not-ready",
            "; ".join(f"{check.name}: {check.reason}" for check in missing),
            missing=[
                {"check": check.name, "reason": check.reason, "about": list(check.about)}
                for check in missing
            ],
        )
    assert session.titles is not None, "scheduled with titles"  # noqa: S101 - for the types
    return [
        SessionStarted(
            session_id=session.id,
            festival_id=session.festival_id,
            titles=session.titles,
            skus=session.skus,
            started_at=at,
            host_type=session.host_type,
            host_id=session.host_id,
        )
    ]


def checklist(ready: Readiness, at: datetime) -> list[Check]:
    """Look at everything a session needs to go live at *at*; no item waits for another."""
    day = day_of(at)
    return [
        Check("line-up", _line_up(ready.session)),
        Check("sellers", *_skus("Nobody knows who sells", _undisclosed(ready))),
        Check(
            "verification", *_skus("Nobody has looked lately at who sells", _unverified(ready, at))
        ),
        Check("prices", *_skus("No live listing asks the price shown for", _mispriced(ready, at))),
        Check("stock", *_stock(ready)),
        Check("host", hosts.unverified(ready.host, day)),
        Check("age", hosts.under_age(ready.host, day)),
        Check("ai-label", _label(ready, at)),
        Check("recording", None if ready.timeline.recordings else "Nothing records the session."),
        Check("moderator", None if ready.presence.is_moderated(at) else "No moderator is there."),
        Check("licences", *_licences(ready, at)),
    ]


def _line_up(session: Session) -> str | None:
    approved = session.status not in ("scheduled", "cancelled") and session.slots
    return None if approved else "Nobody but the host has approved the run-of-show."


def _skus(what: str, skus: Sequence[str]) -> _Missing:
    return (f"{what} {', '.join(skus)}." if skus else None), skus


def _undisclosed(ready: Readiness) -> list[str]:
    """Products that the room could not say who sells (SPC 2022 art. 12)."""
    known = {name for name, seller in ready.sellers.items() if seller.legal_name}
    return [one.id for one in ready.goods if one.merchant_id not in known]


def _unverified(ready: Readiness, at: datetime) -> list[str]:
    """Products of merchants whom nobody has looked at in six months (E-Commerce Law art. 27)."""
    good = {name for name, seller in ready.sellers.items() if seller.is_verified(at)}
    return [one.id for one in ready.goods if one.merchant_id not in good]


def _mispriced(ready: Readiness, at: datetime) -> list[str]:
    """Products whose price in the run-of-show is not what a buyer is asked at the checkout."""
    session, goods = ready.session, {one.id: one for one in ready.goods}
    when = max(at, session.starts_at or at)
    return [
        slot.sku
        for slot in session.slots
        if not goods[slot.sku].costs(slot.price, session.festival_id, when)
    ]


def _stock(ready: Readiness) -> _Missing:
    lots = ready.session.open_lots
    if waiting := [lot.sku for lot in lots if lot.stage == "requested"]:
        return _skus("Units asked for are not set aside yet:", waiting)
    aside = {lot.sku for lot in lots if lot.units}
    short = [one.id for one in ready.goods if not one.free and one.id not in aside]
    return _skus("Nothing is free or set aside of", short)


def _label(ready: Readiness, at: datetime) -> str | None:
    """An AI host is labelled as one all along (SAMR and CAC Order 117 art. 37)."""
    if ready.session.host_type == "human" or ready.presence.is_labelled(at):
        return None
    return "The room does not say that its host is an AI."


def _licences(ready: Readiness, at: datetime) -> _Missing:
    day = day_of(at)
    needed: dict[LicenceKind, None] = dict.fromkeys(
        kind for one in ready.goods for kind in _needs(one)
    )
    lacking = [kind for kind in needed if not hosts.is_licensed(ready.host, kind, day)]
    return (f"The host has no licence for {' and '.join(lacking)}." if lacking else None), lacking


def _needs(goods: Goods) -> Iterator[LicenceKind]:
    if goods.hs_code[:2] in FOOD:
        yield "food"
    if goods.hs_code[:4] in ALCOHOL:
        yield "alcohol"
