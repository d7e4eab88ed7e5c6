"""Products over HTTP."""

from fastapi import APIRouter, Response

from services.catalog.assortment import Assortment
from services.catalog.kept import PRODUCTS
from services.catalog.product import Particulars, Product
from services.catalog.queries import Queries
from services.catalog.routes.door import (
    Asked,
    ById,
    Seller,
    acting,
    after,
    fields,
    put_answers,
    show,
)
from services.catalog.wish import Slug
from shared.events.catalog import Description, ProductSubmitted
from shared.events.ids import MerchantId, Sku
from shared.platform.web.auth import public
from shared.platform.web.paging import Page
from shared.platform.web.version import Seen


class ProductView(Description):
    """A product."""

    sku: Sku


def product_routes(assortment: Assortment, queries: Queries) -> APIRouter:
    router = APIRouter(tags=["products"])

    @router.put("/products/{sku}", responses=put_answers(ProductView))
    async def describe_product(
        *, sku: Sku, caller: Seller, asked: Asked, seen: Seen, said: Particulars, response: Response
    ) -> ProductView:
        """Offer a product to the festival, or correct what was said about it."""
        outcome = await assortment.describe(sku, said, seen, asked, acting=acting(caller))
        found = await queries.get(PRODUCTS, sku)
        return product_view(show(response, found, outcome, ProductSubmitted))

    @router.get("/products", dependencies=[public])
    async def list_products(
        paging: ById, merchant_id: MerchantId | None = None, category: Slug | None = None
    ) -> Page[ProductView]:
        """Products: all, or those of a merchant, or of a category."""
        where = {"description.merchant_id": merchant_id, "description.category": category}
        found = await queries.find(PRODUCTS, where, after(paging), paging.enough)
        return paging.page([product_view(product) for product in found], lambda v: (v.sku,))

    @router.get("/products/{sku}", dependencies=[public])
    async def show_product(sku: Sku, response: Response) -> ProductView:
        """One product."""
        return product_view(show(response, await queries.get(PRODUCTS, sku)))

    return router


def product_view(product: Product) -> ProductView:
    return ProductView(sku=product.id, **fields(product.description))
