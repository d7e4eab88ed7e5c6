"""HTTP in: who may ask livestream for what."""

from fastapi import APIRouter

from services.livestream.control import ControlRoom
from services.livestream.dealing import Dealing
from services.livestream.queries import Queries
from services.livestream.room.hall import Hall
from services.livestream.routes import deals, pins, rooms, sessions


def routes(control: ControlRoom, dealing: Dealing, queries: Queries, hall: Hall) -> list[APIRouter]:
    """The doors of livestream; the one to the rooms is for everybody."""
    return [
        sessions.routes(control, queries),
        pins.routes(control, queries),
        deals.routes(dealing, queries),
        rooms.routes(hall),
    ]
