"""Time in: deals, games, hosts and labels whose time is up, sessions and evidence long over."""

from typing import Any

from services.livestream.directing.control import ControlRoom
from services.livestream.directing.floor import Floor
from services.livestream.games.queries import GameQueries
from services.livestream.games.table import Table
from services.livestream.queries import Queries
from services.livestream.record.archive import Archive
from services.livestream.showing.dealing import Dealing
from shared.platform.timers import Timer


def timers(
    control: ControlRoom,
    floor: Floor,
    dealing: Dealing,
    archive: Archive,
    queries: Queries,
    *,
    table: Table,
    games: GameQueries,
) -> list[Timer[Any]]:
    return [
        Timer("packet-time", games.due_packets, table.close_packet, every=1.0),
        Timer("draw-time", games.due_draws, table.move_on, every=0.5),
        Timer("deal-time", queries.due_deals, dealing.expire, every=0.5),
        Timer("host-dropped", queries.silent_hosts, floor.drop, every=1.0),
        Timer("ai-label", queries.missed_labels, floor.miss_label, every=1.0),
        Timer("session-time", queries.over_sessions, control.let_go, every=5.0),
        Timer("archive", queries.archivable, archive.archive, every=60.0),
        Timer("evidence", queries.deletable, archive.delete, every=600.0),
    ]
