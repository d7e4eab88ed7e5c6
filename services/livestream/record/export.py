"""The export of a session's evidence, by the clock of its recordings. Pure."""

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict

from services.livestream.chat.message import Message, Sight
from services.livestream.directing.life import Status
from services.livestream.directing.session import Session
from services.livestream.record.days import day_of
from services.livestream.record.retention import Retention, Sold, retain_until
from services.livestream.record.timeline import Timeline
from services.livestream.showing.deal import Deal
from services.livestream.showing.deal import Status as DealStatus
from services.livestream.showing.tally import Tally
from shared.events.ids import BuyerId, CouponId, DealId, FestivalId, Id, MerchantId, SessionId, Sku
from shared.events.livestream import ChatRole, HostType
from shared.events.money import Money
from shared.events.orders import CouponTerms
from shared.events.text import Text


class Record(NamedTuple):
    """All that is kept of a session, but for its chat, which has no bound."""

    session: Session
    timeline: Timeline
    deals: Sequence[Deal]
    tally: Tally
    retention: Retention
    sold: Sold


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class Replay(_Part):
    """A moment in a recording."""

    manifest: str
    position_ms: int


class PinEvidence(_Part):
    """A product that was pinned; `replay` is where to see it, null where nothing recorded it."""

    sku: Sku
    sequence: int
    from_ms: int
    until_ms: int | None
    replay: Replay | None


class SellerEvidence(_Part):
    """Who the room said sells what it pinned."""

    sku: Sku
    merchant_id: MerchantId
    legal_name: Text
    address: str | None
    contact: str | None
    sequence: int
    offset_ms: int
    replay: Replay | None


class CorrectionEvidence(_Part):
    """What was said wrongly, and put right."""

    number: int
    said: str
    corrected: str
    offset_ms: int
    replay: Replay | None


class LabelEvidence(_Part):
    """For how long the room did not say that its host is an AI."""

    from_ms: int
    until_ms: int | None
    replay: Replay | None


class CouponEvidence(_Part):
    """A coupon that the room handed out, on which terms."""

    coupon_id: CouponId
    terms: CouponTerms
    sequence: int
    from_ms: int
    until_ms: int | None
    replay: Replay | None


class RecordingEvidence(_Part):
    """Where the session is recorded."""

    manifest: str
    began_at: AwareDatetime
    sha256: str | None


class ChatEvidence(_Part):
    """What was said, also what moderators took out of sight, and why they did."""

    sequence: int
    author_id: Id
    nick: str
    role: ChatRole
    text: str
    at: AwareDatetime | None
    sight: Sight
    reason: str | None


class DealEvidence(_Part):
    """What a deal offered and what became of it; `day` is the day in China it was shown on."""

    deal_id: DealId
    sku: Sku
    status: DealStatus
    day: date | None
    starts_at: AwareDatetime | None
    ends_at: AwareDatetime | None
    units: int
    taken: int
    price: Money | None
    compared_price: Money | None
    per_buyer: int
    reason: str | None


class EvidenceView(_Part):
    """Everything kept of a session; its chat comes last, and then that this is all.

    `retain_until` is null while the session or an order of it is not over: that long it is kept.
    """

    exported_at: AwareDatetime
    session_id: SessionId
    festival_id: FestivalId
    titles: Text | None
    host_id: BuyerId
    host_type: HostType
    status: Status
    started_at: AwareDatetime | None
    ended_at: AwareDatetime | None
    retain_until: date | None
    legal_hold: Id | None
    deleted: bool
    recordings: list[RecordingEvidence]
    pins: list[PinEvidence]
    disclosures: list[SellerEvidence]
    coupons: list[CouponEvidence]
    corrections: list[CorrectionEvidence]
    unlabelled: list[LabelEvidence]
    deals: list[DealEvidence]
    orders: int
    units: int
    chat: list[ChatEvidence] = []
    messages: int = 0
    """How many messages the chat has here."""
    complete: bool = False
    """True, and the last thing written: a file that does not end with it was cut off."""


_LAST = {"chat", "messages", "complete"}


def export(record: Record, at: datetime) -> EvidenceView:
    """Write down all that is kept as of *at*, but for the chat."""
    session, timeline, kept = record.session, record.timeline, record.retention
    facts = {
        name: getattr(session, name)
        for name in ("festival_id", "titles", "host_id", "host_type", "started_at", "ended_at")
    }
    return EvidenceView(
        exported_at=at,
        session_id=session.id,
        status=session.status,
        **facts,
        retain_until=kept_until(record),
        legal_hold=kept.hold,
        deleted=kept.deleted,
        recordings=[RecordingEvidence.model_validate(one) for one in timeline.recordings],
        pins=_seen(PinEvidence, timeline.pins, record),
        disclosures=_seen(SellerEvidence, timeline.disclosures, record),
        coupons=_seen(CouponEvidence, timeline.coupons, record),
        corrections=corrections(record),
        unlabelled=_seen(LabelEvidence, timeline.unlabelled, record),
        deals=[_deal(one) for one in record.deals],
        orders=record.tally.orders,
        units=record.tally.units,
    )


async def written(view: EvidenceView, said: AsyncIterable[Sequence[Message]]) -> AsyncIterator[str]:
    """*view* as JSON, in pieces, with what was *said* as it comes: none of it is held.

    What fails meanwhile is raised: then the connection is broken off, before the last chunk of the
    answer (RFC 9112, 8). Whoever has only the file sees by its end whether it is whole.
    """
    yield view.model_dump_json(exclude=_LAST)[:-1] + ',"chat":['
    between, messages = "", 0
    async for some in said:
        told = (ChatEvidence.model_validate(one).model_dump_json() for one in some)
        yield between + ",".join(told)
        between, messages = ",", messages + len(some)
    yield f'],"messages":{messages},"complete":true}}'


def kept_until(record: Record) -> date | None:
    """The last day on which the evidence is kept, if that can be told already."""
    kept, sold = record.retention, record.sold
    if kept.retain_until:
        return date.fromisoformat(kept.retain_until)
    if kept.ended_at is None or sold.open:
        return None
    return retain_until(kept.ended_at, sold.last_at)


def corrections(record: Record) -> list[CorrectionEvidence]:
    """The corrections of a session, in the order they were made."""
    return _seen(CorrectionEvidence, record.timeline.corrections, record)


P = TypeVar("P", bound=_Part)


def _seen(kind: type[P], ones: Iterable[object], record: Record) -> list[P]:
    """*ones* as evidence of a *kind*, each with where in a recording it is to be seen."""
    names = kind.model_fields.keys() - {"replay"}
    facts = [{name: getattr(one, name) for name in names} for one in ones]
    begins = "from_ms" if "from_ms" in names else "offset_ms"
    return [kind.model_validate(one | {"replay": _replay(record, one[begins])}) for one in facts]


def _replay(record: Record, offset_ms: int) -> Replay | None:
    began = record.session.started_at
    place = began and record.timeline.place(began, offset_ms)
    return Replay.model_validate(place) if place else None


def _deal(deal: Deal) -> DealEvidence:
    names = DealEvidence.model_fields.keys() - {"deal_id", "day"}
    facts = {name: getattr(deal, name) for name in names}
    day = deal.starts_at and day_of(deal.starts_at)
    return DealEvidence.model_validate(facts | {"deal_id": deal.id, "day": day})
