"""Receipts over HTTP: as data, or as the paper reads."""

from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.responses import PlainTextResponse, Response

from services.orders.counter.receipt import Receipt, receipt
from services.orders.queries import Eyes, Queries
from services.orders.routes.door import eyes
from shared.events.ids import Id, Locale
from shared.platform.web.auth import Caller, allow

Payer = Annotated[Caller, allow("buyer", "cashier", "organiser", "operator")]


def receipt_routes(queries: Queries) -> APIRouter:
    router = APIRouter(tags=["receipts"])

    @router.get(
        "/orders/{order_id}/receipt",
        response_model=Receipt,
        responses={200: {"content": {"text/plain": {}}}},
    )
    async def show_receipt(
        order_id: Id,
        caller: Payer,
        lang: Locale | None = None,
        accept: Annotated[str, Header()] = "",
    ) -> Receipt | Response:
        """The receipt of one's order, or of one's sale, in a language; text if that is accepted."""
        # A merchant sees orders that hold lines of its own, but no receipt of what others sold.
        mine = Eyes(caller.subject) if eyes(caller) else None
        order = await queries.order(order_id, mine)
        skus = {line.sku for line in order.lines}
        written = receipt(
            order,
            lang or caller.locale or "pt",
            await queries.product_names(skus),
            await queries.sellers(line.merchant_id for line in order.lines),
        )
        headers = {"Content-Language": written.locale, "Vary": "Accept"}
        if _wants_text(accept):
            return PlainTextResponse(written.text, headers=headers)
        return Response(written.model_dump_json(), headers=headers, media_type="application/json")

    return router


def _wants_text(accept: str) -> bool:
    """Whether plain text was asked for, and JSON was not (RFC 9110 §12.5.1, without weights)."""
    kinds = {kind.partition(";")[0].strip().lower() for kind in accept.split(",")}
    return "text/plain" in kinds and "application/json" not in kinds
