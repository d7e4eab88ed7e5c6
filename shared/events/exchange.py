"""Exchange: money of one currency told in another, at a rate that is kept with what it priced."""

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from shared.events.money import Currency, Money

_ONE = 1_000_000


class ExchangeRate(BaseModel):
    """What one unit of *base* is worth in *quote*, as *source* said at a time.

    It prices a catalogue and pays a merchant. No tax is reckoned with it: a mainland buyer is
    charged in CNY, and that price is the customs value.

    Attributes:
        millionths: The rate in millionths: 0.8950 is 895000.
    """

    model_config = ConfigDict(frozen=True)

    base: Currency
    quote: Currency
    millionths: Annotated[int, Field(gt=0, le=1000 * _ONE)]
    source: str
    as_of: AwareDatetime

    def convert(self, money: Money) -> Money:
        """The same worth in the other currency, half-up to its minor unit.

        Raises:
            ValueError: The money is not of the rate's base.
        """
        if money.currency != self.base:
            raise ValueError(f"{money.currency} is not converted at {self.base}/{self.quote}")
        amount = (2 * money.amount * self.millionths + _ONE) // (2 * _ONE)
        return Money(amount=amount, currency=self.quote)
