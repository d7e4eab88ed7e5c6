"""A real browser on the pages: found on this machine, or brought by its package manager."""

import os
import shutil
import subprocess
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    async_playwright,
    expect,
)

from deploy.local import web

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PHONE, DESK = (390, 844), (1280, 800)
TAGS = {"pt": "pt-PT", "zh-Hant": "zh-HK", "zh-Hans": "zh-CN", "en": "en-GB"}

AXE = web.SOURCES / "node_modules" / "axe-core" / "axe.min.js"

_PATIENCE_MS = 30_000
_CAMERA = ("--use-fake-device-for-media-stream",)
"""A camera that shows a picture of the browser's own, to pages that may use one."""
_NO_NETWORK = "net::ERR_"
"""What the console says of a network that was cut on purpose, or a service that said no."""
_SAID_NO = "Failed to load resource"


def find() -> str | None:
    """Where a browser is; where root may, the package manager is asked for one first."""
    if found := next(filter(None, map(shutil.which, BROWSERS)), None):
        return found
    if os.geteuid() == 0 and (manager := shutil.which("apt-get")):
        print("No browser is here: installing chromium by apt-get, once.")  # noqa: T201 - it takes a minute
        for words in (["update", "-qq"], ["install", "-qqy", "chromium", "fonts-noto-cjk"]):
            subprocess.run([manager, *words], capture_output=True, check=False)  # noqa: S603 - ours
    return shutil.which("chromium")


@asynccontextmanager
async def browsing(path: str) -> AsyncGenerator[Browser]:
    """The browser at *path*, without a window."""
    expect.set_options(timeout=_PATIENCE_MS)
    async with async_playwright() as playwright:
        # In a container there are no namespaces to shut the pages into.
        bare = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = await playwright.chromium.launch(executable_path=path, args=[*bare, *_CAMERA])
        yield browser
        await browser.close()


@dataclass
class Visitor:
    """Somebody with a browser of their own; what went wrong in it is kept."""

    context: BrowserContext
    page: Page
    home: str
    faults: list[str] = field(default_factory=list[str])

    async def goes(self, place: str, token: str = "") -> None:
        """Open a page of ours, signed in with *token*."""
        await self.page.goto("about:blank")
        fragment = f"#/{place}" if not token else f"#/{place}#token={token}"
        await self.page.goto(f"{self.home}/{fragment}")

    def heard(self, message: ConsoleMessage) -> None:
        text = message.text
        if message.type == "error" and _NO_NETWORK not in text and _SAID_NO not in text:
            self.faults.append(text)

    def broke(self, error: Error) -> None:
        self.faults.append(str(error))


async def grave_faults(page: Page) -> list[str]:
    """What axe-core finds on *page* that keeps somebody out; its context has to bypass the CSP."""
    await page.add_script_tag(path=AXE)
    found = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{each['id']}: {each['nodes'][0]['html'][:200]}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
    ]


@asynccontextmanager
async def visitor(
    browser: Browser,
    home: str,
    *,
    size: tuple[int, int] = PHONE,
    locale: str = "en",
    **more: Any,
) -> AsyncGenerator[Visitor]:
    """A visitor of *home*; once they leave, nothing may have gone wrong in their browser."""
    width, height = size
    context = await browser.new_context(
        viewport={"width": width, "height": height}, locale=TAGS[locale], **more
    )
    context.set_default_timeout(_PATIENCE_MS)
    page = await context.new_page()
    guest = Visitor(context, page, home)
    page.on("console", guest.heard)
    page.on("pageerror", guest.broke)
    yield guest
    await context.close()
    assert not guest.faults, guest.faults
