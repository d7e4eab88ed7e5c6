"""Exchange: prices set in one currency, told in another at a rate that is known by its day."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shared.events.money import Currency, Money


class ExchangeRate(BaseModel):
    """So many units of *quote* for one of *base*, as *source* said on a day.

    It prices a catalogue and pays a merchant. No tax is reckoned with it: a mainland buyer is
    charged in CNY, and that price is the customs value.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    base: Currency
    quote: Currency
    rate: Annotated[Decimal, Field(gt=0, le=1000, decimal_places=8)]
    source: str
    as_of: date

    def convert(self, money: Money) -> Money:
        """The same worth in the other currency, half-up to its minor unit.

        Raises:
            ValueError: The money is not of the rate's base.
        """
        if money.currency != self.base:
            raise ValueError(f"{money.currency} is not converted at {self.base}/{self.quote}")
        return Money(amount=half_up(money.amount * Fraction(self.rate)), currency=self.quote)


def half_up(amount: Fraction) -> int:
    """An exact amount of minor units, none of them negative, as a whole number of them."""
    return int(amount + Fraction(1, 2))
