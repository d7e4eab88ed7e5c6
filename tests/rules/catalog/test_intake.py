"""Intakes: what is handed over counts once."""

import pytest

from services.catalog import intake as rules
from services.catalog.intake import Delivery, Intake
from services.catalog.product import Product
from shared.events.catalog import StockDelivered
from tests.rules.catalog.fair import NOW, refusal, tart, told

TWELVE = Delivery(sku="TART", units=12)


def deliver(
    delivery: Delivery = TWELVE, intake: Intake | None = None, acting: str | None = "m01"
) -> list[StockDelivered]:
    return rules.deliver(intake or Intake("i1"), tart(delivery.sku), delivery, NOW, acting=acting)


def test_a_delivery_names_its_merchant_even_if_the_organiser_hands_it_over() -> None:
    [said] = deliver(acting=None)
    assert (said.merchant_id, said.units, said.delivered_at) == ("m01", 12, NOW)


def test_the_same_intake_twice_takes_effect_once() -> None:
    taken = told(Intake("i1"), rules.evolve, deliver())
    assert deliver(intake=taken) == []


@pytest.mark.parametrize("other", [Delivery(sku="TART", units=13), Delivery(sku="PIE", units=12)])
def test_another_delivery_does_not_go_by_the_same_name(other: Delivery) -> None:
    taken = told(Intake("i1"), rules.evolve, deliver())
    with refusal("intake.taken"):
        deliver(other, taken)


def test_a_merchant_delivers_its_own_goods() -> None:
    with refusal("merchant.another"):
        deliver(acting="m02")


def test_what_is_delivered_is_a_product() -> None:
    with refusal("product.unknown"):
        rules.deliver(Intake("i1"), Product("TART"), TWELVE, NOW, acting=None)
