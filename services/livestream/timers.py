"""Time in: deals whose time is up."""

from services.livestream.deal import Deal
from services.livestream.dealing import Dealing
from services.livestream.queries import Queries
from shared.platform.timers import Timer


def timers(dealing: Dealing, queries: Queries) -> list[Timer[Deal]]:
    return [Timer("deal-time", queries.due_deals, dealing.expire, every=0.5)]
