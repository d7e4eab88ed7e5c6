"""Time in: deals whose time is up, and what is still set aside when a session is long over."""

from typing import Any

from services.livestream.control import ControlRoom
from services.livestream.dealing import Dealing
from services.livestream.queries import Queries
from shared.platform.timers import Timer


def timers(control: ControlRoom, dealing: Dealing, queries: Queries) -> list[Timer[Any]]:
    return [
        Timer("deal-time", queries.due_deals, dealing.expire, every=0.5),
        Timer("session-time", queries.over_sessions, control.let_go, every=5.0),
    ]
