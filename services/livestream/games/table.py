"""The gaming table: packets opened and taken, draws published, entered, drawn, claimed."""

from collections.abc import Awaitable, Callable, Iterable, Sequence

from services.livestream.directing.session import Asker, Session
from services.livestream.games import draw, packet, prize
from services.livestream.games.draw import Draw, Entry, Terms
from services.livestream.games.packet import Packet, Wanted
from services.livestream.games.queries import GameQueries
from services.livestream.kept import DRAWS, ENTRIES, PACKETS, SESSIONS, TAKERS
from shared.events.base import Event
from shared.events.ids import derived_id
from shared.platform.change.aggregate import Note, View
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome
from shared.platform.change.unit_of_work import UnitOfWork


def id_in(game_id: str, subject: str) -> str:
    """The id that a person has in one game."""
    return derived_id(game_id, subject)


class Table:
    """Each method is one change."""

    def __init__(self, uow: UnitOfWork, queries: GameQueries) -> None:
        self._uow, self._queries = uow, queries

    # Packets ----------------------------------------------------------------------------------

    def open_packet(
        self,
        session_id: str,
        packet_id: str,
        wanted: Wanted,
        seed: bytes,
        asker: Asker,
        *,
        cause: Cause,
    ) -> Awaitable[Outcome]:
        """Offer a packet: [PacketOpened]."""
        session, one = SESSIONS(session_id), PACKETS(packet_id)
        return self._uow.change(
            [session, one],
            lambda view: packet.open_(view[session], view[one], wanted, seed, asker, at=view.at),
            cause,
        )

    def take(
        self, session_id: str, packet_id: str, word: str, asker: Asker, cause: Cause
    ) -> Awaitable[Outcome]:
        """Take one's part: [PacketTaken, and PacketClosed with the last]."""
        session, one = SESSIONS(session_id), PACKETS(packet_id)
        taker = TAKERS(id_in(packet_id, asker.id))
        return self._uow.change(
            [session, one, taker],
            lambda view: packet.take(
                view[session], view[one], view[taker], asker, view.at, word=word
            ),
            cause,
        )

    def close_packet(self, due: Packet) -> Awaitable[Outcome]:
        """Close a packet whose time is up: [PacketClosed]."""
        ref = PACKETS(due.id)
        cause = Cause(f"packet-time:{due.id}", patient=True)
        return self._uow.change([ref], lambda view: packet.close(view[ref], view.at), cause)

    # Draws ------------------------------------------------------------------------------------

    def publish(
        self,
        session_id: str,
        draw_id: str,
        terms: Terms,
        seed: bytes,
        asker: Asker,
        *,
        cause: Cause,
    ) -> Awaitable[Outcome]:
        """Publish a draw: [DrawPublished]."""
        session, one = SESSIONS(session_id), DRAWS(draw_id)
        return self._uow.change(
            [session, one],
            lambda view: draw.publish(view[session], view[one], terms, seed, asker, at=view.at),
            cause,
        )

    def enter(
        self, session_id: str, draw_id: str, asker: Asker, cause: Cause
    ) -> Awaitable[Outcome]:
        """Enter a draw."""
        return self._as_entrant(
            session_id,
            draw_id,
            asker,
            cause,
            lambda session, one, entry, view: draw.enter(session, one, entry, asker, view.at),
        )

    def answer(
        self, session_id: str, draw_id: str, asker: Asker, cause: Cause
    ) -> Awaitable[Outcome]:
        """Answer when called over."""
        return self._as_entrant(
            session_id,
            draw_id,
            asker,
            cause,
            lambda session, one, entry, view: draw.answer(session, one, entry, view.at),
        )

    def claim(
        self, session_id: str, draw_id: str, asker: Asker, cause: Cause
    ) -> Awaitable[Outcome]:
        """Claim what one has won: [PrizeClaimed]."""
        return self._as_entrant(
            session_id,
            draw_id,
            asker,
            cause,
            lambda _, one, entry, view: prize.claim(one, entry, view.at),
        )

    def _as_entrant(
        self,
        session_id: str,
        draw_id: str,
        asker: Asker,
        cause: Cause,
        decide: Callable[[Session, Draw, Entry, View], Iterable[Event | Note]],
    ) -> Awaitable[Outcome]:
        session, one = SESSIONS(session_id), DRAWS(draw_id)
        entry = ENTRIES(id_in(draw_id, asker.id))
        return self._uow.change(
            [session, one, entry],
            lambda view: decide(view[session], view[one], view[entry], view),
            cause,
        )

    async def move_on(self, due: Draw) -> Outcome:
        """Do what the time has come for: [DrawClosed], [DrawDone], [PrizeLapsed…, DrawRepeated]."""
        ref = DRAWS(due.id)
        present: Sequence[Entry] = ()
        if due.status != "open":  # by its time nobody answers any more
            present = await self._queries.present(due.id)

        def decide(view: View) -> Iterable[Event]:
            match due.status:
                case "open":
                    return draw.close(view[ref], view.at)
                case "drawing":
                    return draw.finish(view[ref], present, view.at)
                case _:
                    return prize.lapse(view[ref], present, view.at)

        cause = Cause(f"draw-time:{due.id}:{due.status}:{due.claim_until}", patient=True)
        return await self._uow.change([ref], decide, cause)
