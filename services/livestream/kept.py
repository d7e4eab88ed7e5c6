"""What livestream keeps: its aggregates, and the copies it needs of others' facts."""

from services.livestream import deal, goods, session, tally, timeline
from shared.platform.change.aggregate import Aggregate

SESSIONS = Aggregate(
    "sessions",
    session.Session,
    new=session.Session,
    evolve=session.evolve,
    tell=session.state_of,
)
DEALS = Aggregate("deals", deal.Deal, new=deal.Deal, evolve=deal.evolve)
TIMELINES = Aggregate("timelines", timeline.Timeline, new=timeline.Timeline, evolve=timeline.evolve)
TALLIES = Aggregate(
    "tallies", tally.Tally, new=tally.Tally, evolve=tally.evolve, tell=tally.state_of
)
GOODS = Aggregate("goods", goods.Goods, new=goods.Goods, evolve=goods.evolve)
