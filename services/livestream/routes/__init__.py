"""HTTP in: who may ask livestream for what."""

from fastapi import APIRouter

from services.livestream.archive import Archive
from services.livestream.control import ControlRoom
from services.livestream.dealing import Dealing
from services.livestream.floor import Floor
from services.livestream.queries import Queries
from services.livestream.room.hall import Hall
from services.livestream.routes import (
    crew,
    deals,
    evidence,
    hosts,
    pins,
    rooms,
    running,
    sessions,
)


def routes(
    control: ControlRoom,
    floor: Floor,
    dealing: Dealing,
    *,
    archive: Archive,
    queries: Queries,
    hall: Hall,
) -> list[APIRouter]:
    """The doors of livestream; the one to the rooms is for everybody."""
    return [
        hosts.routes(floor, queries),
        sessions.routes(control, queries),
        running.routes(floor, queries),
        crew.routes(floor, queries),
        pins.routes(control, queries),
        deals.routes(dealing, queries),
        evidence.routes(floor, archive, queries),
        rooms.routes(hall),
    ]
