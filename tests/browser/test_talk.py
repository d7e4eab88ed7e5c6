"""What is said in a room, in real browsers: heard, hidden, slowed, liked, put right, played."""

import re
from typing import get_args

import pytest
from playwright.async_api import Browser, Page, expect

from shared.events.ids import Locale
from tests.support.browsing import DESK, Visitor, visitor
from tests.support.staged import Staged

pytestmark = pytest.mark.timeout(300)

ROOM = "rooms/sess-1"
LOCALES = get_args(Locale)


async def say(page: Page, text: str) -> None:
    await page.get_by_label("Say something…").fill(text)
    await page.get_by_role("button", name="Send").click()


async def test_what_a_buyer_says_is_text_and_gone_everywhere_once_the_host_hides_it(
    browser: Browser, festival: Staged, host: Visitor
) -> None:
    rude = "<b>What</b> a <img src=x onerror=alert(1)> swindle"
    async with (
        visitor(browser, festival.pages) as buyer,
        visitor(browser, festival.pages) as other,
    ):
        await buyer.goes(ROOM, festival.token("buyer", "hua"))
        await other.goes(ROOM)
        await say(buyer.page, "Good evening")
        await say(buyer.page, rude)
        for page in (buyer.page, other.page, host.page):
            said = page.get_by_role("log").get_by_role("listitem").filter(has_text=rude)
            await expect(said).to_be_visible()
        row = host.page.get_by_role("log").get_by_role("listitem").filter(has_text=rude)
        await row.get_by_role("button", name="Moderate").click()
        dealing = host.page.get_by_role("group", name="Moderate")
        await dealing.get_by_label("Reason").select_option(label="Insult")
        await dealing.get_by_role("button", name="Hide").click()
        for page in (buyer.page, other.page, host.page):
            await expect(page.get_by_role("log").get_by_text(rude)).to_be_hidden()
        await buyer.page.reload()
        await expect(buyer.page.get_by_text("Good evening")).to_be_visible()
        await expect(buyer.page.get_by_text(rude)).to_be_hidden()


async def test_in_slow_mode_whoever_has_spoken_sees_the_seconds_until_they_may_again(
    browser: Browser, festival: Staged, host: Visitor, organiser: Visitor
) -> None:
    slow = host.page.get_by_label("Slow mode")
    await slow.select_option(label="60 s")
    async with visitor(browser, festival.pages) as buyer:
        page = buyer.page
        token = festival.token("buyer", "ivo")
        await buyer.goes(ROOM, token)
        await expect(page.get_by_text("one message every 60 seconds")).to_be_visible()
        await say(page, "First")
        await expect(page.get_by_role("log").get_by_text("First")).to_be_visible()
        waits = page.get_by_text(re.compile(r"You can write again in 0:\d\d"))
        await expect(waits).to_be_visible()
        first = await waits.inner_text()
        await expect(waits).not_to_have_text(first)
        # A page that has forgotten is told by the service.
        await page.reload()
        await expect(page.get_by_text("one message every 60 seconds")).to_be_visible()
        await say(page, "Second")
        await expect(waits).to_be_visible()
        await expect(page.get_by_label("Say something…")).to_have_value("Second")
        # What one moderator has set the other sees, and sets back.
        await organiser.page.get_by_label("Slow mode").select_option(label="Off")
        await expect(slow).to_have_value("0")


async def test_who_is_muted_is_told_until_when_and_who_is_let_speak_again_speaks(
    browser: Browser, festival: Staged, host: Visitor
) -> None:
    async with visitor(browser, festival.pages) as buyer:
        page = buyer.page
        await buyer.goes(ROOM, festival.token("buyer", "jia"))
        await say(page, "Buy at mine")
        row = host.page.get_by_role("log").get_by_role("listitem").filter(has_text="at mine")
        await row.get_by_role("button", name="Moderate").click()
        dealing = host.page.get_by_role("group", name="Moderate")
        await dealing.get_by_label("Reason").select_option(label="Spam or advertising")
        await dealing.get_by_role("button", name="Mute").click()
        await expect(dealing.get_by_text(re.compile(r"Muted until \d\d:\d\d"))).to_be_visible()
        await say(page, "Really")
        await expect(page.get_by_text("You cannot write until")).to_be_visible()
        await dealing.get_by_role("button", name="Let speak").click()
        await expect(dealing.get_by_role("button", name="Mute")).to_be_visible()
        await page.get_by_role("button", name="Send").click()
        await expect(page.get_by_role("log").get_by_text("Really")).to_be_visible()
        await dealing.get_by_role("button", name="Close").click()


async def test_who_is_muted_or_banned_is_listed_to_every_moderator_and_let_speak_again_there(
    browser: Browser, festival: Staged, host: Visitor
) -> None:
    token = festival.token("host", "host-sess-1")
    async with visitor(browser, festival.pages) as buyer:
        await buyer.goes(ROOM, festival.token("buyer", "pia"))
        said = {"text": "Cheaper at my shop", "nick": "Pia"}
        path = "/rooms/sess-1"
        buying = festival.token("buyer", "pia")
        spoken = await festival.do("livestream", "POST", f"{path}/messages", buying, said)
        ban = {"author_id": spoken["author"]["id"], "reason": "spam"}
        await festival.do("livestream", "POST", f"{path}/bans", token, ban)
        async with visitor(browser, festival.pages, size=DESK) as other:
            await other.goes("host/sess-1", festival.token("organiser", "organiser-2"))
            silenced = other.page.get_by_role("list", name="Muted and banned")
            row = silenced.get_by_role("listitem").filter(has_text="Pia")
            await expect(row.get_by_text("Banned")).to_be_visible()
            await expect(row.get_by_text("Spam or advertising")).to_be_visible()
            await say(buyer.page, "Hello?")
            await expect(buyer.page.get_by_text("You can no longer write")).to_be_visible()
            await row.get_by_role("button", name="Lift the ban: Pia").click()
            await expect(row).to_be_hidden()
        await buyer.page.get_by_role("button", name="Send").click()
        await expect(buyer.page.get_by_role("log").get_by_text("Hello?")).to_be_visible()


async def test_whom_the_host_lets_moderate_does_so_at_the_console_and_runs_nothing_else(
    browser: Browser, festival: Staged, host: Visitor
) -> None:
    now = await festival.do("livestream", "GET", "/sessions/sess-1", "")
    let = {"subject": "kit", "may": ["moderate"], "until": now["ends_at"]}
    token = festival.token("host", "host-sess-1")
    await festival.do("livestream", "POST", "/sessions/sess-1/grants", token, let)
    async with visitor(browser, festival.pages, size=DESK) as helper:
        await helper.goes("host/sess-1", festival.token("buyer", "kit"))
        await expect(helper.page.get_by_label("Slow mode")).to_be_visible()
        await expect(helper.page.get_by_role("button", name="End session")).to_be_hidden()
        await helper.goes("host/sess-1", festival.token("buyer", "lin"))
        await expect(helper.page.get_by_text("This console is for")).to_be_visible()


async def test_likes_of_one_window_reach_another(
    browser: Browser, festival: Staged, host: Visitor
) -> None:
    async with (
        visitor(browser, festival.pages) as buyer,
        visitor(browser, festival.pages) as other,
    ):
        await buyer.goes(ROOM, festival.token("buyer", "mo"))
        await other.goes(ROOM)
        hearts = other.page.get_by_role("button", name=re.compile(r"Like: \d+"))
        before = int((await hearts.inner_text()).strip())
        for _ in range(3):
            await buyer.page.get_by_role("button", name=re.compile(r"Like: \d+")).click()
        await expect(hearts).to_have_text(re.compile(rf"\s*{before + 3}\s*"))


async def test_what_was_said_wrong_is_put_right_before_everybody(
    browser: Browser, festival: Staged, host: Visitor
) -> None:
    async with visitor(browser, festival.pages) as guest:
        await guest.goes(ROOM)
        await expect(guest.page.get_by_text("watching")).to_be_visible()
        await host.page.get_by_label("What was said").fill("a kilogram")
        await host.page.get_by_label("What is right").fill("300 grams")
        await host.page.get_by_role("button", name="Publish", exact=True).click()
        right = "Correction: “a kilogram” should read “300 grams”."
        await expect(guest.page.get_by_text(right)).to_be_visible()


async def test_a_red_packet_is_opened_once_by_each_with_the_word(
    browser: Browser, festival: Staged, host: Visitor
) -> None:
    packet = host.page.get_by_role("form", name="Red packet")
    await packet.get_by_label("Sum (CNY)").fill("1")
    await packet.get_by_label("Parts").fill("1")
    await packet.get_by_label("Word to say").fill("Macau")
    async with visitor(browser, festival.pages) as buyer:
        page = buyer.page
        await buyer.goes(ROOM, festival.token("buyer", "noa"))
        await expect(page.get_by_text("watching")).to_be_visible()
        await packet.get_by_role("button", name="Give it away").click()
        card = page.get_by_role("region", name="Red packet")
        await expect(card.get_by_text("1 of 1 left")).to_be_visible()
        await card.get_by_label("The word").fill("Lisbon")
        await card.get_by_role("button", name="Open").click()
        await expect(page.get_by_text("That is not the word.")).to_be_visible()
        await card.get_by_label("The word").fill("macau")
        await card.get_by_role("button", name="Open").click()
        await expect(page.get_by_text("You got CN¥1.00.")).to_be_visible()


async def test_a_prize_has_a_name_in_each_language_and_elsewhere_the_first(
    browser: Browser, festival: Staged, host: Visitor
) -> None:
    draw = host.page.get_by_role("form", name="Lucky draw")
    await draw.get_by_label("Prize (English)").fill("Tin of tea")
    await draw.get_by_text("In the other languages").click()
    await draw.get_by_label("Prize (繁體中文)").fill("茶葉一罐")
    await draw.get_by_role("button", name="Publish the draw").click()
    shown = dict.fromkeys(LOCALES, "Tin of tea") | {"zh-Hant": "茶葉一罐"}
    async with visitor(browser, festival.pages) as guest:
        await guest.goes(ROOM)
        for locale, name in shown.items():
            await guest.page.locator("header select").select_option(locale)
            await expect(guest.page.get_by_text(f"1 × {name}")).to_be_visible()


async def test_a_lucky_draw_is_entered_answered_and_its_seed_is_shown(
    browser: Browser, festival: Staged, host: Visitor
) -> None:
    names = dict.fromkeys(LOCALES, "A box of cookies")
    prize = {"name": names, "value": {"amount": 6_800, "currency": "CNY"}, "units": 1}
    wish = {"rules": names, "prizes": [prize], "open_seconds": 5, "call_seconds": 5}
    async with visitor(browser, festival.pages) as buyer:
        page = buyer.page
        await buyer.goes(ROOM, festival.token("buyer", "ola"))
        await expect(page.get_by_text("watching")).to_be_visible()
        token = festival.token("host", "host-sess-1")
        await festival.do("livestream", "POST", "/rooms/sess-1/draws", token, wish)
        card = page.get_by_role("region", name="Lucky draw")
        await card.get_by_role("button", name="Enter").click()
        await expect(card.get_by_text("Your number is 1.")).to_be_visible()
        await card.get_by_role("button", name="I am here").click()
        await expect(card.get_by_text("You have won!")).to_be_visible()
        await card.get_by_text("Rules and proof").click()
        await expect(card.get_by_text(re.compile("^Seed: [0-9a-f]{64}"))).to_be_visible()
