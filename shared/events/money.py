"""Money: integer minor units of an ISO 4217 currency, never a float."""

from typing import Annotated, Literal, TypeAlias

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

Currency: TypeAlias = Literal["MOP", "HKD", "CNY"]
"""The currencies of the festival; each has two decimals (ISO 4217)."""


Amount: TypeAlias = Annotated[int, Field(strict=True, ge=0, le=10**15)]
"""Minor units: no more of them than every reader's numbers hold, said as a whole number; `true`,
`"1"` and `1.0` are none.
"""


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


RateText: TypeAlias = Annotated[
    str,
    StringConstraints(pattern=r"^(0\.0{0,7}[1-9][0-9]{0,7}|[1-9][0-9]{0,5}(\.[0-9]{1,8})?)$"),
]
"""A rate above zero in decimal digits, as text: a float would not hold 1.03."""


class Rate(BaseModel):
    """One unit of *base* costs *rate* units of *quote*: HKD, MOP, 1.03.

    Attributes:
        source: Who says so: the currency board, a central bank's fixing.
        as_of: The instant it was said for; absent if it is fixed and does not age.
    """

    model_config = ConfigDict(frozen=True)

    base: Currency
    quote: Currency
    rate: RateText
    source: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    as_of: AwareDatetime | None = None


class RateSnapshot(BaseModel):
    """The rates one conversion rests on, frozen in what it was for.

    None if nothing is converted, one, or two by way of a third currency, in the order of the way.
    """

    model_config = ConfigDict(frozen=True)

    rates: tuple[Rate, ...] = ()
