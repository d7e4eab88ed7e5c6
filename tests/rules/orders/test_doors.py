"""What the doors of orders take: whole numbers said as such, and texts of one line."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import TypeAdapter, ValidationError

from services.catalog.intake import Delivery
from services.livestream.routes.deals import DealWish
from services.orders.ordering.basket import Wish
from services.orders.routes import routes
from services.orders.routes.door import Why
from services.orders.routes.trade import Quotation
from shared.events.money import Money
from shared.events.orders import StockCorrected, Units
from shared.platform.web.problem import problem_of, told
from shared.refusal import Refused

NOBODY: dict[str, Any] = dict.fromkeys(
    (
        "checkout",
        "paying",
        "dispatch",
        "pool",
        "tills",
        "trade",
        "real_names",
        "consignees",
        "clearing",
        "outside",
        "provider",
        "queries",
    )
)
BODIES = {
    f"{min(context.methods or {'?'})} {context.path}": route.body_field.field_info.annotation
    for router in routes(**NOBODY)
    for context in iter_route_contexts(router.routes)
    if isinstance(route := context.original_route, APIRoute) and route.body_field
}


def schemas_of(schema: object) -> Iterator[dict[str, Any]]:
    """Every schema in a schema."""
    if isinstance(schema, dict):
        yield schema
        for inner in schema.values():
            yield from schemas_of(inner)
    elif isinstance(schema, list | tuple):
        for inner in schema:
            yield from schemas_of(inner)


@pytest.mark.parametrize("door", BODIES)
def test_a_door_takes_a_number_only_if_it_is_said_as_one(door: str) -> None:
    whole = TypeAdapter[Any](BODIES[door]).core_schema
    numbers = [schema for schema in schemas_of(whole) if schema.get("type") == "int"]
    assert all(number.get("strict") for number in numbers), numbers


def test_there_are_doors_that_take_numbers() -> None:
    taking = {
        door
        for door, body in BODIES.items()
        if any(s.get("type") == "int" for s in schemas_of(TypeAdapter[Any](body).core_schema))
    }
    assert {"POST /orders", "POST /tills/{till_id}/sales", "PUT /coupons/{coupon_id}"} <= taking
    assert len(taking) >= 10, taking


@pytest.mark.parametrize("odd", ["true", '"1"', "1.0", "1e0"])
@pytest.mark.parametrize(
    ("kind", "written"),
    [
        (Units, '{"sku":"a","quantity":%s}'),
        (Money, '{"amount":%s,"currency":"MOP"}'),
        (Wish, '{"festival_id":"f","lines":[{"sku":"a","quantity":%s}]}'),
        (Delivery, '{"units":%s}'),
        (DealWish, '{"sku":"a","position":1,"units":%s,"per_buyer":1,"seconds":5}'),
    ],
)
def test_what_is_like_a_number_is_none(kind: Any, written: str, odd: str) -> None:
    for read in (kind.model_validate_json, lambda text: kind.model_validate(orjson.loads(text))):
        with pytest.raises(ValidationError) as no:
            read(written % odd)
        mistaken = {error["loc"][-1] for error in no.value.errors() if error["type"] == "int_type"}
        assert mistaken & {"quantity", "amount", "units"}


@pytest.mark.parametrize("sign", ["\0", "\n", "\r", "\t", "\x1b", "\x7f", "\x85", "\u2028"])
def test_a_reason_and_a_source_are_one_line_without_control_characters(sign: str) -> None:
    why, text = TypeAdapter[str](Why), f"counted{sign}again"
    for refused in (
        lambda: why.validate_python(text),
        lambda: Quotation.model_validate(
            {"rate": "0.9", "source": text, "as_of": "2025-05-24T00:00:00Z"}
        ),
    ):
        with pytest.raises(ValidationError):
            refused()
    written = {"sku": "a", "movement_id": "m", "units": 1, "reason": text}
    assert StockCorrected.read(orjson.dumps(written)).reason == text, "what was said is read on"


@pytest.mark.parametrize("text", ["contado à mão, «duas» vezes", "退貨:包裝破損 👨‍👩‍👧", "-" * 200])
def test_people_say_why_in_their_own_words(text: str) -> None:
    assert TypeAdapter[str](Why).validate_python(text) == text


@pytest.mark.parametrize("fact", [2**64, -(2**70), {1: 2**80}, [10**40], "\ud800", {(1,)}])
def test_a_refusal_is_written_down_whatever_its_facts_are(fact: object) -> None:
    problem = problem_of(Refused("coupon.shape", "It is none.", kind="invalid", figure=fact))
    assert problem
    body, _ = told(problem)
    read = TypeAdapter[Any](dict[str, Any]).validate_json(body)
    assert (read["status"], read["type"]) == (422, "urn:feira:problem:coupon.shape")
    if isinstance(fact, int):
        assert read["figure"] == fact
