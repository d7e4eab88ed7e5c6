"""Duty: what the state takes when goods reach a buyer, line by line, and by which way they come."""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt, StringConstraints

from shared.events.ids import Sku
from shared.events.money import Amount, Currency

SupplyChannel: TypeAlias = Literal[
    "DOMESTIC_STOCK",
    "CBEC_BONDED_1210",
    "CBEC_BONDED_1239",
    "CBEC_DIRECT_9610",
    "POSTAL_PERSONAL",
    "GENERAL_TRADE_0110",
    "ATA_DISPLAY",
    "MACAU_LOCAL",
]
"""By which way goods reach the buyer; four digits are China Customs' code of supervision mode.

Stock cleared already; cross-border e-commerce out of a bonded zone in a pilot city (1210) or
elsewhere (1239), or sent after the order (9610); the post, for one's own use; general trade
(0110); shown under an ATA carnet, not sold; sold in Macau.
"""

BasisPoints: TypeAlias = Annotated[int, Field(ge=0, le=10_000)]
"""A rate in ten-thousandths: 13 % is 1300."""

RulesDate: TypeAlias = Annotated[
    str,
    StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$"),
    Field(json_schema_extra={"format": "date"}),
]
"""Which tables were used: the day (ISO 8601) from which they are in force without a change."""


class Rates(BaseModel):
    """The rates a line was taxed at, and which share of consumption tax and VAT is collected."""

    model_config = ConfigDict(frozen=True)

    tariff: BasisPoints
    consumption_tax: BasisPoints
    vat: BasisPoints
    collected: BasisPoints


class LineDuty(BaseModel):
    """What one line of a cart comes to; amounts in minor units of the order's currency.

    Attributes:
        line: Which line of the cart it is, counted from 0.
        price: What the goods are sold for, all units, price reductions taken off.
        freight: The line's share of the freight.
        insurance: The line's share of the insurance.
        rates: None where nothing is collected: in Macau, and on stock cleared already.
        quota: How much counts towards the buyer's yearly limit.
    """

    model_config = ConfigDict(frozen=True)

    line: NonNegativeInt
    sku: Sku
    quantity: PositiveInt
    channel: SupplyChannel
    price: Amount
    freight: Amount
    insurance: Amount
    tariff: Amount
    consumption_tax: Amount
    vat: Amount
    quota: Amount
    rules: RulesDate
    rates: Rates | None = None

    @property
    def value(self) -> int:
        """The customs value V: the price paid, with freight and insurance (Tariff Law)."""
        return self.price + self.freight + self.insurance

    @property
    def tax(self) -> int:
        return self.tariff + self.consumption_tax + self.vat


class Duty(BaseModel):
    """What one order of one supply channel comes to.

    Attributes:
        tender: What vouchers and points pay of it; they are money and lower no tax.
    """

    model_config = ConfigDict(frozen=True)

    currency: Currency
    channel: SupplyChannel
    lines: Annotated[tuple[LineDuty, ...], Field(min_length=1)]
    tender: Amount = 0

    @property
    def price(self) -> int:
        """`goodsValue` of the order message CEB311."""
        return sum(line.price for line in self.lines)

    @property
    def freight(self) -> int:
        """`freight` of CEB311; insurance is told apart."""
        return sum(line.freight for line in self.lines)

    @property
    def insurance(self) -> int:
        return sum(line.insurance for line in self.lines)

    @property
    def value(self) -> int:
        """The customs value of all lines."""
        return sum(line.value for line in self.lines)

    @property
    def tax(self) -> int:
        """`taxTotal` of CEB311."""
        return sum(line.tax for line in self.lines)

    @property
    def quota(self) -> int:
        """How much counts towards the buyer's yearly limit."""
        return sum(line.quota for line in self.lines)

    @property
    def payable(self) -> int:
        """What the buyer pays: CEB311's `acturalPaid`, and the sum of the payment document."""
        return self.value + self.tax - self.tender
