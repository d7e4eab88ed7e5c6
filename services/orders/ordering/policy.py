"""The terms orders are sold on: how long each side has for what it owes the other."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from shared.events.ids import Channel
from shared.events.money import Currency


@dataclass(frozen=True, slots=True)
class Policy:
    """What an operator may set.

    Attributes:
        holds: How long units wait for their buyer's money, by channel.
        most_open: How many orders of one buyer may wait for money at once, in one festival.
        grace: How long a buyer may withdraw after paying, while nothing has left.
        ship_within: From the payment, or the release by customs, until the last goods leave.
        answer_within: How long customs may take before somebody asks.
        decide_within: How long a consignment may be held before somebody decides.
        deliver_within: How long a carrier may take.
        return_within: Time to return goods for no reason (Consumer Law art. 25: seven days).
        refund_within: Time to pay back after goods came back (the same article: seven days).
        freight: What it costs to send one wish into the mainland, in fen.
        look_after: How long customs and carrier may say nothing before they are asked.
        refund_limit: What one person may give back alone, in minor units, by currency.
    """

    holds: Mapping[Channel, timedelta]
    most_open: int = 20
    grace: timedelta = timedelta(minutes=30)
    ship_within: timedelta = timedelta(hours=48)
    answer_within: timedelta = timedelta(days=2)
    decide_within: timedelta = timedelta(days=3)
    deliver_within: timedelta = timedelta(days=15)
    return_within: timedelta = timedelta(days=7)
    refund_within: timedelta = timedelta(days=7)
    freight: int = 0
    look_after: timedelta = timedelta(seconds=30)
    refund_limit: Mapping[Currency, int] = field(
        default_factory=lambda: {"MOP": 100_000, "HKD": 100_000, "CNY": 100_000}
    )
