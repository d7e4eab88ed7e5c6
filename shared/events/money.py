"""Money: integer minor units of an ISO 4217 currency, never a float."""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

Currency: TypeAlias = Literal["MOP", "HKD", "CNY"]
"""The currencies of the festival; each has two decimals (ISO 4217)."""


Amount: TypeAlias = Annotated[int, Field(ge=0, le=10**15)]
"""Minor units; no more of them than every reader's numbers hold."""


class Money(BaseModel):
    """An amount in minor units (avos, cents, fen) and its currency."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    amount: Amount
    currency: Currency

    def __add__(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add")
        return Money(amount=self.amount + other.amount, currency=self.currency)

    def __mul__(self, times: int) -> "Money":
        return Money(amount=self.amount * times, currency=self.currency)
