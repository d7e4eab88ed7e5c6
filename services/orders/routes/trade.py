"""Coupons, exchange rates and compared prices over HTTP."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints

from services.orders.pool import shelf
from services.orders.pricing import coupon as coupons
from services.orders.pricing import price
from services.orders.pricing.coupon import Coupon, Presented, Standing
from services.orders.pricing.trade import Trade
from services.orders.queries import Queries
from services.orders.routes.door import Asked, Buyer, House, Keeper, Sender, acting, one_line
from shared.events.ids import Channel, CouponId, FestivalId, Sku
from shared.events.money import Currency, Money, Rate, RateText
from shared.events.orders import CouponTerms
from shared.platform.clock import utc_now
from shared.platform.web.auth import public
from shared.platform.web.paging import Page, Paging, paged
from shared.refusal import Refused


class CouponWish(CouponTerms):
    """The terms of a coupon as somebody writes them: a misspelt one would hold for good."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CouponView(BaseModel):
    """A coupon: its terms, and how many more orders may use it."""

    coupon_id: CouponId
    terms: CouponTerms
    left: int
    withdrawn: bool


class ClaimView(BaseModel):
    """A coupon that one has claimed: until when one may use it, how often one has and may still.

    Attributes:
        used: How many of one's orders use it, paid or waiting for money.
        left: How many more may, as far as others leave any: a claim reserves none.
    """

    coupon_id: CouponId
    terms: CouponTerms
    claimed_at: AwareDatetime
    until: AwareDatetime
    used: int
    left: int
    state: Standing


class Quotation(BaseModel):
    """What one unit of a currency costs in another, who says so, and of when."""

    model_config = ConfigDict(extra="forbid")

    rate: RateText
    source: Annotated[str, StringConstraints(min_length=1, max_length=200), one_line]
    as_of: AwareDatetime


class Compared(BaseModel):
    """The most a price may be compared with now; None if it was never sold here for such money."""

    highest: Money | None


def coupon_routes(trade: Trade, queries: Queries) -> APIRouter:
    router = APIRouter(tags=["coupons"])

    @router.put("/coupons/{coupon_id}")
    async def issue_coupon(
        coupon_id: CouponId, caller: Sender, asked: Asked, wish: CouponWish
    ) -> CouponView:
        """Let buyers use a coupon: a merchant its own, at its own cost. Terms never change."""
        terms = CouponTerms(**dict(wish))
        _check_may_issue(acting(caller), terms)
        await trade.issue(coupon_id, terms, asked)
        return _view(await queries.coupon(coupon_id))

    @router.get("/coupons", dependencies=[public])
    async def list_coupons(
        festival_id: FestivalId, paging: Annotated[Paging, paged(str)]
    ) -> Page[CouponView]:
        """The coupons of a festival."""
        [after] = paging.after or ("",)
        found = await queries.coupons(festival_id, after, paging.enough)
        return paging.page([_view(coupon) for coupon in found], lambda v: (v.coupon_id,))

    @router.get("/coupons/{coupon_id}", dependencies=[public])
    async def show_coupon(coupon_id: CouponId) -> CouponView:
        """One coupon."""
        return _view(await queries.coupon(coupon_id))

    @router.delete("/coupons/{coupon_id}", status_code=204)
    async def withdraw_coupon(coupon_id: CouponId, caller: Sender, asked: Asked) -> None:
        """Let no further order use a coupon."""
        _check_may_issue(acting(caller), _view(await queries.coupon(coupon_id)).terms)
        await trade.withdraw(coupon_id, asked)

    @router.post("/coupons/{coupon_id}/claims", status_code=204)
    async def claim_coupon(coupon_id: CouponId, caller: Buyer, asked: Asked) -> None:
        """Keep a coupon, as often as one says so: its days begin once, if its terms count any."""
        terms = _view(await queries.coupon(coupon_id)).terms
        await trade.claim(coupon_id, terms, caller.subject, asked)

    @router.get("/coupon-claims")
    async def list_claims(
        festival_id: FestivalId, caller: Buyer, paging: Annotated[Paging, paged(str)]
    ) -> Page[ClaimView]:
        """The coupons of a festival that one has claimed, on whatever device."""
        [after] = paging.after or ("",)
        now = utc_now()
        found = await queries.claimed(festival_id, caller.subject, after, paging.enough)
        mine = [_claim(each, each.claimed_at, now) for each in found if each.claimed_at]
        return paging.page(mine, lambda v: (v.coupon_id,))

    return router


def rate_routes(trade: Trade, queries: Queries) -> APIRouter:
    router = APIRouter(tags=["rates"])

    @router.put("/rates/{base}/{quote}")
    async def set_rate(
        base: Currency, quote: Currency, caller: House, asked: Asked, said: Quotation
    ) -> Rate:
        """Say what one unit of *base* costs in *quote*. Orders placed keep the rate they had."""
        del caller
        rate = Rate(base=base, quote=quote, **said.model_dump())
        await trade.set_rate(rate, asked)
        return rate

    @router.get("/rates", dependencies=[public])
    async def list_rates() -> list[Rate]:
        """The rates that are known."""
        return list((await queries.rates()).known.values())

    @router.get("/prices/{sku}/compared")
    async def compare_price(
        sku: Sku,
        caller: Keeper,
        festival_id: Annotated[FestivalId, Query()],
        channel: Channel,
        currency: Currency,
    ) -> Compared:
        """What a price may lawfully be compared with (SAMR Order 56): ask when a cut begins."""
        del caller
        ledger = await queries.prices(shelf.name(festival_id, sku, channel))
        return Compared(highest=price.highest_compared(ledger, currency, utc_now()))

    return router


def _check_may_issue(merchant_id: str | None, terms: CouponTerms) -> None:
    """Refuse a merchant another's coupon, or one at the platform's cost."""
    mine = terms.merchant_id == merchant_id and terms.funded_by == "merchant"
    if merchant_id is not None and not mine:
        raise Refused("coupon.not-yours", "A merchant issues its own coupons.", kind="forbidden")


def _view(coupon: Coupon) -> CouponView:
    if coupon.terms is None:
        raise Refused("coupon.unknown", "There is no such coupon.", kind="missing")
    return CouponView(
        coupon_id=coupon.id,
        terms=coupon.terms,
        left=coupon.left,
        withdrawn=coupon.status == "withdrawn",
    )


def _claim(presented: Presented, claimed_at: datetime, now: datetime) -> ClaimView:
    of = _view(presented.coupon)
    return ClaimView(
        coupon_id=of.coupon_id,
        terms=of.terms,
        claimed_at=claimed_at,
        until=coupons.until(of.terms, claimed_at),
        used=presented.yours,
        left=coupons.left_of(presented),
        state=coupons.standing(presented, claimed_at, now),
    )
