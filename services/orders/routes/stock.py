"""Stock over HTTP: where units are, how they are moved by hand; deals."""

from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from services.orders.pool.deal import Deal
from services.orders.pool.pool import Pool
from services.orders.pool.stock import Stock
from services.orders.queries import Queries
from services.orders.routes.door import (
    ANY_ORDER,
    Anybody,
    Asked,
    House,
    Keeper,
    Why,
    only_merchant,
)
from shared.events.ids import DealId, Id
from shared.platform.web.auth import Caller
from shared.platform.web.paging import Page, Paging, paged
from shared.platform.web.problem import Problem
from shared.platform.web.version import Version, etag
from shared.refusal import Refused

Count = Annotated[int, Field(strict=True, ge=-10_000_000, le=10_000_000)]


class Correction(BaseModel):
    """What a count found: so many units more than known, or fewer."""

    model_config = ConfigDict(extra="forbid")

    units: Count
    reason: Why


class Transfer(BaseModel):
    """Units found unfit (`damaged`) or fit (`free`) to be sold; or given to a deal, or taken back.

    A place that is `deal` is the deal *deal_id*.
    """

    model_config = ConfigDict(extra="forbid")

    units: Annotated[int, Field(strict=True, ge=1, le=10_000_000)]
    source: Literal["free", "damaged", "deal"]
    target: Literal["free", "damaged", "deal"]
    reason: Why
    deal_id: DealId | None = None


class Unreconciled(BaseModel):
    """A place of a SKU: how many units the pool says are there, and how many its rows come to."""

    sku: str
    place: str
    pool: int
    rows: int


class ReconciliationView(BaseModel):
    """How many SKUs were looked at, and every place that does not agree with its rows."""

    skus: int
    differences: list[Unreconciled]


def stock_routes(pool: Pool, queries: Queries) -> APIRouter:
    router = APIRouter(tags=["stock"])

    @router.get("/stock/reconciliation")
    async def reconcile_stock(caller: House) -> ReconciliationView:
        """Add up orders, deals, tills and movements, and compare with the pool, at one instant."""
        del caller
        found = await queries.reconciliation()
        differences = [Unreconciled(**each._asdict()) for each in found.differences]
        return ReconciliationView(skus=found.skus, differences=differences)

    @router.get("/stock")
    async def list_stock(caller: Keeper, paging: Annotated[Paging, paged(str)]) -> Page[Stock]:
        """Where the units of each SKU are; a merchant sees its own."""
        [after] = paging.after or ("",)
        found = await queries.stocks(after, paging.enough, only_merchant(caller))
        return paging.page(found, lambda stock: (stock.id,))

    @router.get("/stock/{sku}")
    async def show_stock(sku: Id, caller: Keeper, response: Response) -> Stock:
        """Where the units of one SKU are."""
        stock, version = await queries.stock(sku)
        if only_merchant(caller) not in (None, stock.merchant_id):
            raise Problem(404, "stock.unknown", "There is no such SKU.")
        etag(response, version)
        return stock

    @router.post("/stock/{sku}/corrections", status_code=201)
    async def correct_stock(
        *,
        sku: Id,
        caller: House,
        asked: Asked,
        seen: Version,
        wish: Correction,
        response: Response,
    ) -> Stock:
        """Say what a count found."""
        del caller
        await pool.correct(sku, wish.units, reason=wish.reason, seen=seen, cause=asked)
        return await _now(sku, response)

    @router.post("/stock/{sku}/transfers", status_code=201)
    async def transfer_stock(
        *,
        sku: Id,
        caller: House,
        asked: Asked,
        seen: Version,
        wish: Transfer,
        response: Response,
    ) -> Stock:
        """Move units from one place to another."""
        del caller
        match wish.source, wish.target:
            case ("deal", "free") | ("free", "deal") if wish.deal_id:
                units = wish.units if wish.target == "deal" else -wish.units
                await pool.resize(
                    sku, units, deal_id=wish.deal_id, reason=wish.reason, seen=seen, cause=asked
                )
            case ("free", "damaged") | ("damaged", "free") as way if wish.deal_id is None:
                await pool.move(
                    sku, wish.units, way=way, reason=wish.reason, seen=seen, cause=asked
                )
            case _:
                raise Refused("stock.no-way", "Units do not go that way.", kind="invalid")
        return await _now(sku, response)

    async def _now(sku: str, response: Response) -> Stock:
        stock, version = await queries.stock(sku)
        etag(response, version)
        return stock

    return router


def deal_routes(queries: Queries) -> APIRouter:
    router = APIRouter(tags=["deals"])

    @router.get("/deals/{deal_id}")
    async def show_deal(deal_id: Id, caller: Anybody) -> Deal:
        """How a deal stands; before it is shown that is for those who run its room."""
        deal = await queries.deal(deal_id)
        if not (deal.was_shown or await _runs(caller, deal.session_id)):
            raise Refused("deal.unknown", "There is no such deal.", kind="missing")
        return deal

    async def _runs(caller: Caller, session_id: str) -> bool:
        """Whether *caller* is the host of a session, or an organiser."""
        if caller.roles & ANY_ORDER:
            return True
        if "host" not in caller.roles:
            return False
        return (await queries.session(session_id)).host_id == caller.subject

    return router
