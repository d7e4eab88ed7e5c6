"""A room as a screen reader has it: its parts by name in four languages, what is said aloud."""

import json
import re
from typing import get_args

import pytest
from playwright.async_api import Browser, Page, expect

from deploy.local import web
from shared.events.ids import Locale
from tests.support.browsing import DESK, Visitor, visitor
from tests.support.on_air import NATA, ROOM, TART_IN, pin, tab_to
from tests.support.staged import Staged

pytestmark = pytest.mark.timeout(300)

ROOM_TREE = """
- banner:
  - link "{skip}"
  - link "Feira"
  - navigation "{nav_title}":
    - link "{nav_festival}"
  - combobox "{language}"
  - button "{signin}"
- main:
  - heading "{title}" [level=1]
  - button "{follow_host}"
  - log "{chat_title}"
  - textbox "{chat_say}"
  - button "{chat_send}"
  - 'button /{likes_like}: \\d+/'
  - region "{room_offers}":
    - article "{name}":
      - heading "{name}" [level=2]
      - 'button /^{buy} .*42.*: {name}$/'
"""

LISTEN = """() => {
  const LIVE = '[role=status], [role=alert], [aria-live=polite], [aria-live=assertive]';
  window.heard = [];
  const hear = (root, region) =>
    new MutationObserver(() => {
      const said = region.textContent.replace(/\\s+/g, ' ').trim();
      if (said && said !== window.heard.at(-1)) window.heard.push(said);
    }).observe(root, { subtree: true, childList: true, characterData: true });
  const walk = (root, region) => {
    for (const each of root.querySelectorAll('*')) {
      if (each.closest('[aria-hidden=true]')) continue;
      const inside = region ?? each.closest(LIVE);
      if (each.matches(LIVE)) hear(each, each);
      if (!each.shadowRoot) continue;
      if (inside) hear(each.shadowRoot, inside);
      walk(each.shadowRoot, inside);
    }
  };
  walk(document, null);
}"""


@pytest.mark.parametrize("locale", get_args(Locale))
async def test_every_part_of_a_room_has_its_name_and_the_order_button_says_what_for_how_much(
    locale: str, browser: Browser, festival: Staged, host: Visitor
) -> None:
    await pin(host, TART_IN["en"])
    async with visitor(browser, festival.pages, size=DESK, locale=locale) as guest:
        page = guest.page
        await guest.goes(ROOM)
        await expect(page.get_by_role("heading", name=TART_IN[locale])).to_be_visible()
        tree = ROOM_TREE.format(
            title=(await page.get_by_role("heading", level=1).inner_text()).strip(),
            buy=messages(locale)["offer.buy"].replace("{price}", "").strip(),
            name=TART_IN[locale],
            **{key.replace(".", "_"): words for key, words in messages(locale).items()},
        )
        await expect(page.locator("body")).to_match_aria_snapshot(escaped(tree))


async def test_a_deal_that_opens_and_sells_out_is_said_once_each_and_its_countdown_never(
    browser: Browser, festival: Staged, host: Visitor
) -> None:
    brittle, token = "Crunchy peanut brittle", festival.token("host", "host-sess-1")
    async with visitor(browser, festival.pages) as guest:
        page = guest.page
        await pin(host, NATA)
        await guest.goes(ROOM, festival.token("buyer", "tam"))
        await expect(page.get_by_role("heading", name=NATA)).to_be_visible()
        await page.evaluate(LISTEN)
        await pin(host, brittle)
        wish = {"sku": "FEI-CON-001", "units": 1}
        await festival.do("livestream", "POST", "/sessions/sess-1/deals", token, wish)
        await host.page.reload()
        await host.page.get_by_role("button", name=f"Open deal: {brittle}").click()
        runs = page.get_by_role("article", name=brittle).get_by_role("timer")
        for _ in range(3):
            await expect(runs).not_to_have_text(await runs.inner_text())
        async with visitor(browser, festival.pages) as other:
            await other.goes(ROOM, festival.token("buyer", "uma"))
            await other.page.get_by_role("button", name="Buy").first.click()
            await expect(other.page.get_by_text("Yours until")).to_be_visible()
        await expect(page.get_by_role("button", name=f"Sold out: {brittle}")).to_be_visible()
        assert await page.evaluate("window.heard") == [
            f"Now shown: {brittle}",
            f"New deal: {brittle}",
            f"Sold out: {brittle}",
        ]


async def test_an_order_is_told_step_by_step_and_the_keyboard_is_never_left_nowhere(
    browser: Browser, festival: Staged, host: Visitor
) -> None:
    await pin(host, TART_IN["en"])
    async with visitor(browser, festival.pages) as guest:
        page = guest.page
        await guest.goes(ROOM, festival.token("buyer", "vic"))
        await expect(page.get_by_role("heading", name=TART_IN["en"])).to_be_visible()
        await page.evaluate(LISTEN)
        await tab_to(guest, "Buy")
        await page.keyboard.press("Enter")
        sheet = page.get_by_role("dialog", name=re.compile("Yours until"))
        await expect(sheet).to_be_visible()
        await focuses(page, "Pay")
        await page.keyboard.press("Enter")
        await expect(sheet.get_by_role("img", name="QR code")).to_be_visible()
        await focuses(page, "Open the payment page")
        await tab_to(guest, "Let it go")
        await page.keyboard.press("Enter")
        await expect(sheet).to_be_hidden()
        await focuses(page, "Buy")
        heard = await page.evaluate("window.heard")
        assert [re.sub(r"\d", "0", each) for each in heard] == ["Yours until 00:00"]


async def focuses(page: Page, name: str) -> None:
    """Wait until what has the focus is called so."""
    focused = re.compile(re.escape(name))
    await expect(page.locator("button:focus, a:focus")).to_have_text(focused)


def messages(locale: str) -> dict[str, str]:
    return json.loads((web.SOURCES / "src" / "i18n" / f"{locale}.json").read_text("utf-8"))


def escaped(tree: str) -> str:
    """The tree with the brackets of names meant as they are where a line is a pattern."""
    lines = tree.splitlines()
    return "\n".join(
        re.sub(r"[()]", r"\\\g<0>", line) if line.lstrip().startswith("- 'button /") else line
        for line in lines
    )
