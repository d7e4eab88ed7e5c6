"""Coupons in a room: handed out at the console, claimed by a buyer, used with their next order."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, expect

from shared.events.base import instant
from tests.support.browsing import DESK, Visitor, visitor
from tests.support.on_air import ROOM, TART, pin
from tests.support.staged import Staged

pytestmark = pytest.mark.timeout(300)


async def issue(festival: Staged, coupon_id: str, **more: Any) -> None:
    """Be an organiser who issues a coupon: MOP 10 off from MOP 40 on."""
    now = datetime.now(UTC)
    terms = {
        "festival_id": festival.stage.festival.programme.festival.festival_id,
        "scope": "shop",
        "funded_by": "platform",
        "currency": "MOP",
        "minus": 1_000,
        "from_amount": 4_000,
        "total": 5,
        "per_buyer": 1,
        "valid_from": instant(now - timedelta(minutes=1)),
        "valid_until": instant(now + timedelta(hours=1)),
    }
    organiser = festival.token("organiser", "organiser-2")
    await festival.do("orders", "PUT", f"/coupons/{coupon_id}", organiser, terms | more)


async def test_a_coupon_goes_from_the_console_to_a_buyer_to_their_order_and_back_if_they_let_it_go(
    browser: Browser, festival: Staged, host: Visitor
) -> None:
    await pin(host, TART)
    await issue(festival, "ten-off")
    # Fifteen per cent off bread: by the days after it is claimed, and not for these cookies.
    bread = {"scope": "product", "skus": ["FEI-BAK-005"], "merchant_id": "m01"}
    more = {"minus": None, "from_amount": None, "pay_percent": 85, "days_from_claim": 2}
    await issue(festival, "bread", funded_by="merchant", **bread, **more)
    await host.page.reload()
    desk = host.page.get_by_role("region", name="Coupons")
    async with visitor(browser, festival.pages) as buyer:
        page = buyer.page
        await buyer.goes(ROOM, festival.token("buyer", "rui"))
        await expect(page.get_by_text("watching")).to_be_visible()
        for off in ("MOP 10.00 off", "15% off"):
            await desk.get_by_role("button", name=f"Hand out: {off}").click()
            await expect(desk.get_by_role("button", name=f"Take down: {off}")).to_be_visible()
        cards = page.get_by_role("region", name="Coupons").get_by_role("listitem")
        ten, fifteen = cards.filter(has_text="MOP 10.00 off"), cards.filter(has_text="15% off")
        await expect(ten.get_by_text("from MOP 40.00")).to_be_visible()
        await expect(ten.get_by_text("5 left")).to_be_visible()
        for card in (ten, fifteen):
            await card.get_by_role("button", name="Claim").click()
            await expect(card.get_by_text("Yours")).to_be_visible()
            await expect(card.get_by_label("Use with my next order")).to_be_checked()

        # MOP 48.00 less 10.00, in the currency of the coupon.
        await page.get_by_role("button", name="Buy").click()
        sheet = page.get_by_role("dialog")
        await expect(sheet.get_by_text("Coupon −MOP 10.00")).to_be_visible()
        await expect(sheet.get_by_role("button", name="Pay MOP 38.00")).to_be_visible()
        await expect(ten.get_by_text("4 left")).to_be_attached()
        await sheet.get_by_role("button", name="Let it go").click()
        await expect(ten.get_by_text("Yours")).to_be_visible()

        await ten.get_by_label("Use with my next order").uncheck()
        await page.get_by_role("button", name="Buy").click()
        await expect(sheet.get_by_role("button", name="Pay CN¥42.96")).to_be_visible()
        await sheet.get_by_role("button", name="Let it go").click()

        # What the room no longer shows is kept by who has claimed it.
        await desk.get_by_role("button", name="Take down: 15% off").click()
        await expect(desk.get_by_role("button", name="Hand out: 15% off")).to_be_visible()
        await expect(fifteen.get_by_text("Yours")).to_be_visible()
        async with visitor(browser, festival.pages) as other:
            await other.goes(ROOM, festival.token("buyer", "bea"))
            shown = other.page.get_by_role("region", name="Coupons").get_by_role("listitem")
            await expect(shown.filter(has_text="MOP 10.00 off")).to_be_visible()
            await expect(shown.filter(has_text="15% off")).to_be_hidden()


async def test_what_is_claimed_on_the_phone_is_on_the_laptop_and_says_how_it_stands(
    browser: Browser, festival: Staged, host: Visitor
) -> None:
    await pin(host, TART)
    await issue(festival, "eight-off", minus=800)
    await host.page.reload()
    desk = host.page.get_by_role("region", name="Coupons")
    await desk.get_by_role("button", name="Hand out: MOP 8.00 off").click()
    token = festival.token("buyer", "tai")
    async with (
        visitor(browser, festival.pages) as phone,
        visitor(browser, festival.pages, size=DESK) as laptop,
    ):

        def card(of: Visitor) -> Locator:
            cards = of.page.get_by_role("region", name="Coupons").get_by_role("listitem")
            return cards.filter(has_text="MOP 8.00 off")

        await phone.goes(ROOM, token)
        await card(phone).get_by_role("button", name="Claim").click()
        await expect(card(phone).get_by_text("Yours")).to_be_visible()

        await laptop.goes(ROOM, token)
        await expect(card(laptop).get_by_text("Yours")).to_be_visible()
        await laptop.page.get_by_role("button", name="Buy").click()
        sheet = laptop.page.get_by_role("dialog")
        await expect(sheet.get_by_text("Coupon −MOP 8.00")).to_be_visible()
        await expect(card(laptop).get_by_text("Used")).to_be_attached()

        # The phone is looked at again.
        await phone.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        await expect(card(phone).get_by_text("Used")).to_be_visible()
        await sheet.get_by_role("button", name="Let it go").click()
        await expect(card(laptop).get_by_text("Yours")).to_be_visible()

        organiser = festival.token("organiser", "organiser-2")
        await festival.do("orders", "DELETE", "/coupons/eight-off", organiser)
        await laptop.page.reload()
        await expect(card(laptop).get_by_text("Withdrawn")).to_be_visible()


async def test_a_coupon_that_orders_will_not_take_is_told_before_anything_is_paid(
    browser: Browser, festival: Staged, host: Visitor
) -> None:
    await pin(host, TART)
    await issue(festival, "five-off", minus=500)
    await host.page.reload()
    desk = host.page.get_by_role("region", name="Coupons")
    token = festival.token("buyer", "sol")
    async with visitor(browser, festival.pages) as buyer:
        page = buyer.page
        await buyer.goes(ROOM, token)
        await desk.get_by_role("button", name="Hand out: MOP 5.00 off").click()
        cards = page.get_by_role("region", name="Coupons").get_by_role("listitem")
        card = cards.filter(has_text="MOP 5.00 off")
        await card.get_by_role("button", name="Claim").click()
        await expect(card.get_by_text("Yours")).to_be_visible()
        # They use it on another device meanwhile, which this one does not know of.
        order = {
            "festival_id": festival.stage.festival.programme.festival.festival_id,
            "session_id": "sess-1",
            "lines": [{"sku": "FEI-BAK-005", "quantity": 1}],
            "coupons": ["five-off"],
        }
        await festival.do("orders", "POST", "/orders", token, order)
        await page.get_by_role("button", name="Buy").click()
        sheet = page.get_by_role("dialog")
        await expect(sheet.get_by_text("Without the coupon.")).to_be_visible()
        await expect(sheet.get_by_role("button", name="Pay CN¥42.96")).to_be_visible()
        await expect(card.get_by_text("Used")).to_be_attached()
