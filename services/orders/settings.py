"""What orders alone must be told."""

from datetime import timedelta
from typing import Annotated, get_args

from pydantic import Field, SecretStr

from services.orders.policy import Policy
from shared.events.ids import Channel
from shared.events.money import Currency
from shared.platform.settings import Address, Settings


class OrdersSettings(Settings, service="orders"):
    """FEIRA_ORDERS_*.

    Attributes:
        payments: Where the payment provider is.
        payments_key: What it knows us by.
        payments_secret: What its callbacks are signed with.
        hold_seconds: How long units wait for their buyer's money, and where another time counts:
        hold_seconds_live: in a live room.
        hold_seconds_booth: at a booth.
        max_open: How many orders of one buyer may wait for money at once, in one festival.
        grace_seconds: How long a buyer may withdraw after paying, while nothing has left.
        ship_hours: How soon goods are to leave, from the payment or the release by customs.
        return_days: How long goods may be returned for no reason, once their buyer has them.
        refund_limit: What one person may give back alone, in minor units of any currency.
        lease_seconds: How long a till may sell units on its own, if it does not say.
        lease_grace_seconds: How long after that it may tell what it sold of them.
        stuck_minutes: How late an order may be before it is reported as stuck.
    """

    payments: Address
    payments_key: SecretStr
    payments_secret: SecretStr
    hold_seconds: Annotated[int, Field(ge=1, le=86_400)] = 900
    hold_seconds_live: Annotated[int, Field(ge=1, le=86_400)] | None = None
    hold_seconds_booth: Annotated[int, Field(ge=1, le=86_400)] | None = None
    max_open: Annotated[int, Field(ge=1, le=1_000)] = 20
    grace_seconds: Annotated[int, Field(ge=0, le=604_800)] = 1_800
    ship_hours: Annotated[int, Field(ge=1, le=2_000)] = 48
    return_days: Annotated[int, Field(ge=7, le=365)] = 7
    refund_limit: Annotated[int, Field(ge=0)] = 100_000
    lease_seconds: Annotated[int, Field(ge=1, le=86_400)] = 1_800
    lease_grace_seconds: Annotated[int, Field(ge=0, le=86_400)] = 120
    stuck_minutes: Annotated[int, Field(ge=1, le=10_000)] = 5

    @property
    def policy(self) -> Policy:
        """The terms orders are sold on."""
        holds = {
            "online": self.hold_seconds,
            "live": self.hold_seconds_live or self.hold_seconds,
            "booth": self.hold_seconds_booth or self.hold_seconds,
        }
        return Policy(
            holds={channel: timedelta(seconds=holds[channel]) for channel in get_args(Channel)},
            most_open=self.max_open,
            grace=timedelta(seconds=self.grace_seconds),
            ship_within=timedelta(hours=self.ship_hours),
            return_within=timedelta(days=self.return_days),
            refund_limit=dict.fromkeys(get_args(Currency), self.refund_limit),
        )

    @property
    def callback_url(self) -> str:
        """Where the provider tells us what came of a payment."""
        return f"{self.url or f'http://{self.host}:{self.port}'}/payments/callbacks"
