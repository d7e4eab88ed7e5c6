"""Time in: games and deals whose time is up, what is still set aside when a session is over."""

from typing import Any

from services.livestream.control import ControlRoom
from services.livestream.dealing import Dealing
from services.livestream.games.queries import GameQueries
from services.livestream.games.table import Table
from services.livestream.queries import Queries
from shared.platform.timers import Timer


def timers(
    control: ControlRoom, dealing: Dealing, queries: Queries, table: Table, games: GameQueries
) -> list[Timer[Any]]:
    return [
        Timer("packet-time", games.due_packets, table.close_packet, every=1.0),
        Timer("draw-time", games.due_draws, table.move_on, every=0.5),
        Timer("deal-time", queries.due_deals, dealing.expire, every=0.5),
        Timer("session-time", queries.over_sessions, control.let_go, every=5.0),
    ]
