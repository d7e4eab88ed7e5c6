"""An intake: units a merchant hands over, to be taken into the pool once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from services.catalog.merchant import answer_for
from services.catalog.product import Product, owner
from services.catalog.wish import Wish
from shared.events.catalog import StockDelivered
from shared.events.ids import Sku
from shared.refusal import Refused


class Delivery(Wish):
    """So many units of a product."""

    sku: Sku
    units: Annotated[int, Field(strict=True, ge=1, le=10_000_000)]


@dataclass(frozen=True, slots=True)
class Intake:
    """How an intake stands."""

    id: str
    status: Literal["new", "delivered"] = "new"
    sku: str = ""
    merchant_id: str = ""
    units: int = 0
    delivered_at: datetime | None = None


def deliver(
    intake: Intake, product: Product, delivery: Delivery, now: datetime, *, acting: str | None
) -> list[StockDelivered]:
    """Units are handed over. Said again, it is the same delivery; said otherwise, it is refused."""
    merchant_id = owner(product)
    answer_for(merchant_id, acting)
    if intake.status == "delivered":
        if (intake.sku, intake.units) == (delivery.sku, delivery.units):
            return []
        raise Refused(
            "intake.taken",
            "Another delivery goes by this name; a further one takes a name of its own.",
        )
    return [
        StockDelivered(
            sku=delivery.sku,
            intake_id=intake.id,
            merchant_id=merchant_id,
            units=delivery.units,
            delivered_at=now,
        )
    ]


def evolve(intake: Intake, fact: object) -> Intake:
    match fact:
        case StockDelivered(intake_id=intake.id):
            return Intake(
                intake.id, "delivered", fact.sku, fact.merchant_id, fact.units, fact.delivered_at
            )
        case _:
            return intake
