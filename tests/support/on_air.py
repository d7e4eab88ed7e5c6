"""The first room of the stage, on the air: what its host and its guests do in their browsers."""

from playwright.async_api import expect

from tests.support.browsing import Visitor

ROOM = "rooms/sess-1"
TART = "Traditional almond cookies (12 pcs)"
NATA = "Pastel de nata baking mix kit (makes 12)"
TART_IN = {
    "pt": "Bolachas de amêndoa tradicionais (12 un.)",
    "zh-Hant": "傳統杏仁餅（12件）",
    "zh-Hans": "传统杏仁饼（12枚）",
    "en": TART,
}


async def pin(host: Visitor, name: str) -> None:
    """Show a product, unless it is shown already."""
    row = host.page.get_by_role("listitem").filter(has_text=name)
    button, shown = row.get_by_role("button", name=f"Pin: {name}"), row.get_by_text("Shown now")
    await expect(button.or_(shown)).to_be_visible()
    if await button.is_visible():
        await button.click()
    await expect(shown).to_be_visible()


async def offer(host: Visitor, name: str) -> None:
    """Pin a product and open a deal of it."""
    page = host.page
    await pin(host, name)
    await page.get_by_role("button", name=f"Prepare deal: {name}").click()
    await page.get_by_role("button", name=f"Open deal: {name}").click()
    await expect(page.get_by_role("button", name=f"End deal: {name}")).to_be_visible()


FOCUSED = """() => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return at?.innerText || at?.getAttribute('aria-label') || '';
}"""


async def tab_to(guest: Visitor, name: str) -> None:
    """Press Tab until what is called *name* has the focus."""
    for _ in range(40):
        await guest.page.keyboard.press("Tab")
        if name in await guest.page.evaluate(FOCUSED):
            return
    raise AssertionError(f"Tab never comes to {name!r}")
