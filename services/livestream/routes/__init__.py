"""HTTP in: who may ask livestream for what."""

from fastapi import APIRouter

from services.livestream.chat.queries import ChatQueries
from services.livestream.directing.control import ControlRoom
from services.livestream.directing.floor import Floor
from services.livestream.directing.waiting import Waiting
from services.livestream.queries import Queries
from services.livestream.record.archive import Archive
from services.livestream.room.hall import Hall
from services.livestream.routes import (
    coupons,
    crew,
    deals,
    evidence,
    follows,
    hosts,
    pins,
    rooms,
    running,
    sessions,
)
from services.livestream.showing.dealing import Dealing
from services.livestream.showing.handing import Handing


def routes(
    control: ControlRoom,
    floor: Floor,
    dealing: Dealing,
    handing: Handing,
    *,
    archive: Archive,
    queries: Queries,
    chats: ChatQueries,
    hall: Hall,
    waiting: Waiting,
) -> list[APIRouter]:
    """The doors of livestream; the one to the rooms is for everybody."""
    return [
        hosts.routes(floor, queries),
        follows.routes(floor, queries),
        sessions.routes(control, queries),
        running.routes(floor, queries, waiting),
        crew.routes(floor, queries),
        pins.routes(control, queries),
        coupons.routes(handing, queries),
        deals.routes(dealing, queries),
        evidence.routes(floor, archive, queries, chats),
        rooms.routes(hall),
    ]
