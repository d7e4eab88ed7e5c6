"""Games over HTTP: red packets opened and taken, draws published, entered and claimed."""

import secrets
from datetime import timedelta
from typing import Annotated, Literal, TypeAlias

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.livestream.games.draw import Draw, Entry, Terms
from services.livestream.games.packet import Wanted
from services.livestream.games.queries import GameQueries
from services.livestream.games.table import Table, id_in
from services.livestream.routes.callers import Because, Director, asker
from shared.events.ids import Id, SessionId, new_id
from shared.events.livestream import PacketOpened, PacketTaken, Prize
from shared.events.money import Money
from shared.events.text import Text
from shared.platform.web.auth import Caller, allow, signed_in

Player: TypeAlias = Annotated[Caller, allow("buyer")]
Looker: TypeAlias = Annotated[Caller, signed_in]

_SEED = 32


class PacketWish(BaseModel):
    """A sum to give away, in so many parts; with a *word* that has to be said for one."""

    model_config = ConfigDict(extra="forbid")

    packet_id: Id | None = None
    total: Money
    parts: Annotated[int, Field(ge=1, le=2_000)]
    opens_in: Annotated[int, Field(ge=0, le=999 * 60)] = 0
    lasts: Annotated[int, Field(ge=10, le=86_400)] = 600
    word: Annotated[str, Field(max_length=40)] = ""


class PacketView(BaseModel):
    """A packet as it was opened."""

    packet_id: Id
    total: Money
    parts: int
    opens_at: AwareDatetime
    closes_at: AwareDatetime
    asks_word: bool


class TakeWish(BaseModel):
    """What has to be said, if anything has."""

    model_config = ConfigDict(extra="forbid")

    word: Annotated[str, Field(max_length=80)] = ""


class ShareView(BaseModel):
    """What one got, as the so many-th."""

    packet_id: Id
    share: Money
    number: int


class PrizeWish(Prize):
    """Something to win."""

    model_config = ConfigDict(extra="forbid")

    units: Annotated[int, Field(ge=1, le=1_000)]


class DrawWish(BaseModel):
    """The terms of a draw; once published they stand.

    Entries are open for `open_seconds`; then entrants are called over for `call_seconds`, and
    winners have `claim_seconds`. What they do not claim is drawn again, once, on the same terms.
    """

    model_config = ConfigDict(extra="forbid")

    draw_id: Id | None = None
    rules: Text
    prizes: Annotated[tuple[PrizeWish, ...], Field(min_length=1, max_length=20)]
    open_seconds: Annotated[int, Field(ge=1, le=999 * 60)]
    call_seconds: Annotated[int, Field(ge=1, le=600)] = 30
    claim_seconds: Annotated[int, Field(ge=1, le=30 * 86_400)] = 2 * 86_400


class WonView(BaseModel):
    """What an entrant won, *again* if somebody else had not claimed it; what became of it."""

    number: int
    prize: int
    fate: Literal["won", "claimed", "lapsed"]
    again: bool


class DrawView(BaseModel):
    """How a draw stands; the seed is told once it is drawn."""

    draw_id: Id
    status: Literal["open", "drawing", "drawn"]
    rules: Text
    prizes: list[Prize]
    commit: str
    seed: str | None
    closes_at: AwareDatetime
    draws_at: AwareDatetime
    claim_until: AwareDatetime | None
    entries: int
    present: int
    winners: list[WonView]
    number: int | None
    """The caller's own, if they have entered."""
    called: bool
    """Whether the caller has answered."""


def routes(table: Table, queries: GameQueries) -> APIRouter:
    router = APIRouter(prefix="/rooms/{session_id}", tags=["games"])

    @router.post("/packets", status_code=201)
    async def open_packet(
        session_id: SessionId, wish: PacketWish, caller: Director, asked: Because
    ) -> PacketView:
        """Give a sum away in a room that is live."""
        wanted = Wanted(
            wish.total,
            wish.parts,
            timedelta(seconds=wish.opens_in),
            timedelta(seconds=wish.lasts),
            wish.word.strip(),
        )
        seed = secrets.token_bytes(_SEED)
        [opened] = await table.open_packet(
            session_id, wish.packet_id or new_id(), wanted, seed, asker(caller), cause=asked
        )
        assert isinstance(opened, PacketOpened)  # noqa: S101 - for the types
        return PacketView.model_validate(opened, from_attributes=True)

    @router.post("/packets/{packet_id}/shares", status_code=201)
    async def take(
        session_id: SessionId, packet_id: Id, wish: TakeWish, caller: Player, asked: Because
    ) -> ShareView:
        """Take one's part of a packet."""
        taken, *_ = await table.take(session_id, packet_id, wish.word, asker(caller), asked)
        assert isinstance(taken, PacketTaken)  # noqa: S101 - for the types
        return ShareView(packet_id=packet_id, share=taken.share, number=taken.number)

    @router.post("/draws", status_code=201)
    async def publish(
        session_id: SessionId, wish: DrawWish, caller: Director, asked: Because
    ) -> DrawView:
        """Publish a draw with all its terms, and the digest of the seed that will decide."""
        terms = Terms(
            wish.rules,
            [Prize(**dict(prize)) for prize in wish.prizes],
            timedelta(seconds=wish.open_seconds),
            timedelta(seconds=wish.call_seconds),
            timedelta(seconds=wish.claim_seconds),
        )
        seed = secrets.token_bytes(_SEED)
        [published] = await table.publish(
            session_id, wish.draw_id or new_id(), terms, seed, asker(caller), cause=asked
        )
        return await shown(session_id, published.key, caller)

    @router.get("/draws/{draw_id}")
    async def look(session_id: SessionId, draw_id: Id, caller: Looker) -> DrawView:
        """Show a draw, and how the caller stands in it."""
        return await shown(session_id, draw_id, caller)

    @router.post("/draws/{draw_id}/entries", status_code=201)
    async def enter(session_id: SessionId, draw_id: Id, caller: Player, asked: Because) -> DrawView:
        """Enter a draw that is open."""
        await table.enter(session_id, draw_id, asker(caller), asked)
        return await shown(session_id, draw_id, caller)

    @router.post("/draws/{draw_id}/presence")
    async def answer(
        session_id: SessionId, draw_id: Id, caller: Player, asked: Because
    ) -> DrawView:
        """Answer when entrants are called over: only who does can win."""
        await table.answer(session_id, draw_id, asker(caller), asked)
        return await shown(session_id, draw_id, caller)

    @router.post("/draws/{draw_id}/claim")
    async def claim(session_id: SessionId, draw_id: Id, caller: Player, asked: Because) -> DrawView:
        """Claim what one has won."""
        await table.claim(session_id, draw_id, asker(caller), asked)
        return await shown(session_id, draw_id, caller)

    async def shown(session_id: str, draw_id: str, caller: Caller) -> DrawView:
        found = await queries.draw(session_id, draw_id)
        return _view(found, await queries.entry(id_in(draw_id, caller.subject)))

    return router


def _view(draw: Draw, entry: Entry) -> DrawView:
    known = {name: getattr(draw, name) for name in DrawView.model_fields if hasattr(draw, name)}
    own = {
        "draw_id": draw.id,
        "seed": draw.seed.hex() if draw.status == "drawn" else None,
        "number": entry.number or None,
        "called": entry.present,
    }
    return DrawView.model_validate(known | own, from_attributes=True)
