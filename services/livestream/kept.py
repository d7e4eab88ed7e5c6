"""What livestream keeps: its aggregates, and the copies it needs of others' facts."""

from services.livestream import (
    deal,
    goods,
    host,
    presence,
    retention,
    sale,
    seller,
    session,
    tally,
    timeline,
)
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
SELLERS = Aggregate("sellers", seller.Seller, new=seller.Seller, evolve=seller.evolve)
HOSTS = Aggregate("hosts", host.Host, new=host.Host, evolve=host.evolve)
PRESENCES = Aggregate("presences", presence.Presence, new=presence.Presence, evolve=presence.evolve)
SALES = Aggregate("sales", sale.Sale, new=sale.Sale, evolve=sale.evolve)
RETENTIONS = Aggregate(
    "retentions", retention.Retention, new=retention.Retention, evolve=retention.evolve
)
