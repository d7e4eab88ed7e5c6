"""What orders alone must be told."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field, SecretStr

from shared.platform.settings import Address, Settings


class OrdersSettings(Settings, service="orders"):
    """FEIRA_ORDERS_*.

    Attributes:
        payments: Where the payment provider is.
        payments_key: What it knows us by.
        payments_secret: What its callbacks are signed with.
        hold_seconds: How long units wait for their buyer's money.
        max_open: How many orders of one buyer may wait for money at once, in one festival.
    """

    payments: Address
    payments_key: SecretStr
    payments_secret: SecretStr
    hold_seconds: Annotated[int, Field(ge=1, le=86_400)] = 900
    max_open: Annotated[int, Field(ge=1, le=1_000)] = 20

    @property
    def hold(self) -> timedelta:
        return timedelta(seconds=self.hold_seconds)

    @property
    def callback_url(self) -> str:
        """Where the provider tells us what came of a payment."""
        return f"{self.url or f'http://{self.host}:{self.port}'}/payments/callbacks"
