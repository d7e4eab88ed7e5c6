"""A product: what a merchant offers to the festival, described in four languages."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from services.catalog import gtin, hs
from services.catalog.merchant import Merchant, answer_for
from services.catalog.wish import Country, Label, Slug, Wish
from shared.events.catalog import Description, ProductRevised, ProductState, ProductSubmitted
from shared.events.ids import MerchantId
from shared.events.text import Text
from shared.refusal import Refused


class Particulars(Wish):
    """What a merchant says about a product."""

    merchant_id: MerchantId
    names: Text
    category: Slug
    gtin: Annotated[str, StringConstraints(max_length=32)] | None = None
    hs_code: Annotated[str, StringConstraints(max_length=32)]
    origin: Country
    net_content: Label
    weight_g: Annotated[int, Field(ge=1, le=10_000_000)]
    flags: Annotated[tuple[Slug, ...], Field(max_length=30)] = ()

    @property
    def description(self) -> Description:
        """The same in the published language."""
        return Description(**dict(self))


@dataclass(frozen=True, slots=True)
class Product:
    """How a product stands."""

    id: str
    status: Literal["new", "submitted"] = "new"
    description: Description | None = None


def describe(
    product: Product, merchant: Merchant, said: Particulars, *, acting: str | None
) -> list[ProductSubmitted | ProductRevised]:
    """A product is offered, or what was said about it is corrected."""
    answer_for(said.merchant_id, acting)
    if product.description and product.description.merchant_id != said.merchant_id:
        answer_for(product.description.merchant_id, acting)
        raise Refused("product.owned", "A product does not pass to another merchant.")
    if product.description == said.description:
        return []
    if merchant.status == "new":
        raise Refused("merchant.unknown", "No such merchant has joined.", kind="invalid")
    _check(said)
    event = ProductSubmitted if product.status == "new" else ProductRevised
    return [event(sku=product.id, product=said.description)]


def _check(said: Particulars) -> None:
    if said.gtin is not None and not gtin.is_sound(said.gtin):
        raise Refused(
            "product.gtin",
            "A GTIN has thirteen digits, of which the last checks the others.",
            kind="invalid",
        )
    if not hs.is_sound(said.hs_code):
        raise Refused(
            "product.hs-code",
            "An HS code has six digits and begins with a chapter, 01 to 97 without 77.",
            kind="invalid",
        )


def owner(product: Product) -> str:
    """The merchant whose product it is; who names one that is not there is told so."""
    if product.description is None:
        raise Refused("product.unknown", "There is no such product.", kind="invalid")
    return product.description.merchant_id


def flags(product: Product) -> frozenset[str]:
    """What is to be minded about it."""
    return frozenset(product.description.flags if product.description else ())


def evolve(product: Product, fact: object) -> Product:
    match fact:
        case ProductSubmitted(sku=product.id) | ProductRevised(sku=product.id):
            return Product(product.id, "submitted", fact.product)
        case _:
            return product


def tell(product: Product) -> ProductState:
    """How it stands now, for those who keep a copy."""
    if product.description is None:
        raise ValueError(f"{product.id} has never been described")
    return ProductState(sku=product.id, product=product.description)
