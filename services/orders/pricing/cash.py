"""Cash: what is paid in coins where the smallest coin is larger than the minor unit."""

from typing import NamedTuple

from shared.events.money import Money

SMALLEST_COIN = {"MOP": 10}
"""Minor units: 10 avos are the smallest coin used in Macau. A currency not named has no such."""


class Cash(NamedTuple):
    """What goes into the till, and how much more than the total that is, or less, in minor units.

    The difference is booked apart: the order's total, and any tax on it, stay what they are.
    """

    due: Money
    difference: int


def round_cash(total: Money) -> Cash:
    """Round a total that is paid in cash, half-up to the smallest coin.

    Totals only, and only cash: rounded lines would not add up, and a card pays the minor unit.
    A total below half a coin comes to nothing.
    """
    coin = SMALLEST_COIN.get(total.currency, 1)
    due = (2 * total.amount + coin) // (2 * coin) * coin
    return Cash(Money(amount=due, currency=total.currency), due - total.amount)
