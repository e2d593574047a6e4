"""A real Chromium for tests: somebody at a screen, or with a phone, in front of a running hub.

with chromium() as browser:
    with somebody(browser, hub, "quantri@tinh.gov.vn") as quantri:
        quantri.open("/accounts")
        quantri.check_page()          # axe, console, width
        quantri.shot("accounts")
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Request, expect, sync_playwright

from tests.support.hub import PASSWORD, ROOT, RunningHub

PROGRAM = "/usr/bin/chromium"
DESKTOP = (1280, 900)
PHONE = (390, 844)
SHOTS = ROOT / "build" / "screenshots"
# No sandbox as root; nothing of the browser's own goes out (this is no test of Chromium).
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_PATIENCE = float(os.environ.get("MAILHUB_BROWSER_MS", "20000"))
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=_ARGUMENTS)
        yield browser
        browser.close()


class Somebody:
    """One browser window, and whatever it complained about."""

    def __init__(self, context: BrowserContext, hub: RunningHub) -> None:
        self.hub = hub
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self.strange: list[str] = []
        self.page.on("console", lambda message: self._hear(message.type, message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._see)

    @property
    def origin(self) -> str:
        return f"https://localhost:{self.hub.base_port + 443}"

    def _hear(self, kind: str, text: str) -> None:
        # A page of an error (404) is what some tests ask for; what the browser blocks is what nobody wants.
        if kind == "error" and "Failed to load resource" not in text:
            self.complaints.append(text)

    def _see(self, request: Request) -> None:
        if not request.url.startswith((self.origin, "data:", "blob:")):
            self.strange.append(request.url)

    def open(self, path: str) -> None:
        """Go to a page, which has to be there."""
        answer = self.page.goto(self.origin + path)
        assert answer is not None
        assert answer.ok, f"{path}: {answer.status}\n{self.page.inner_text('body')[:500]}"

    def log_in(self, address: str, password: str = PASSWORD) -> None:
        """By the form, as people do."""
        self.open("/login")
        form = self.page.locator("form:has(input[type=password])")
        form.locator("input[type=password]").fill(password)
        form.locator("input:not([type=hidden]):not([type=password])").first.fill(address)
        form.locator("button:not([type=button])").first.click()
        self.page.wait_for_url(lambda url: "/login" not in url)

    def press(self, words: str) -> None:
        """Click the button with these words."""
        self.page.get_by_role("button", name=words, exact=True).click()

    def follow(self, words: str) -> None:
        """Click the link with these words: on the page itself, else in the menu."""
        link = self.page.get_by_role("main").get_by_role("link", name=words, exact=True)
        anywhere = self.page.get_by_role("link", name=words, exact=True)
        anywhere.first.wait_for(state="attached")
        (link if link.count() else anywhere).first.click()

    def fill(self, fields: Mapping[str, str]) -> None:
        """Type into the fields that bear these labels."""
        for label, value in fields.items():
            self.page.get_by_label(label, exact=True).fill(value)

    def choose(self, label: str, words: str) -> None:
        """Choose from a list by what it shows."""
        self.page.get_by_label(label, exact=True).select_option(label=words)

    def sees(self, *words: str) -> None:
        """The page says this; waits for it."""
        for one in words:
            expect(self.page.get_by_text(one).and_(self.page.locator(":visible")).first).to_be_visible()

    def text(self) -> str:
        """What the page says, runs of blanks as one."""
        return " ".join(self.page.get_by_role("main").inner_text().split())

    def download(self, click: Callable[[], None]) -> Path:
        """The file that a click brings."""
        with self.page.expect_download() as coming:
            click()
        return Path(coming.value.path())

    def check_page(self) -> None:
        """Nothing asked of others, nothing blocked, no sideways scrolling, and what axe finds: nothing."""
        where = self.page.url.removeprefix(self.origin)
        assert not self.strange, f"{where} asks elsewhere: {self.strange}"
        assert not self.complaints, f"{where}: {self.complaints}"
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 1, f"{where} is {wide} px wider than the window"
        found = self.violations()
        assert not found, f"{where}:\n" + "\n".join(found)

    def violations(self) -> list[str]:
        """What axe says of the page against WCAG 2.1 AA, a line each."""
        if not self.page.evaluate("typeof axe === 'object'"):
            self.page.evaluate((ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text())
        options = json.dumps({"runOnly": _RULES, "resultTypes": ["violations"]})
        result: dict[str, Any] = self.page.evaluate(f"axe.run(document, {options})")
        return [
            f"{one['id']}: {one['help']}: {node['html'][:200]} ({(node.get('failureSummary') or '')[:300]})"
            for one in result["violations"]
            for node in one["nodes"][:3]
        ]

    def shot(self, name: str, *, whole: bool = True) -> Path:
        """A picture of the page in build/screenshots; `whole`: not only what fits into the window."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        path = SHOTS / f"{name}.png"
        self.page.screenshot(path=path, full_page=whole)
        return path


@contextmanager
def somebody(
    browser: Browser,
    hub: RunningHub,
    address: str = "",
    *,
    size: tuple[int, int] = DESKTOP,
    dark: bool = False,
    language: str = "vi",
    script: bool = True,
) -> Iterator[Somebody]:
    """A window of its own; `address` has logged in."""
    context = browser.new_context(
        ignore_https_errors=True,
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if dark else "light",
        locale="vi-VN",
        java_script_enabled=script,
        accept_downloads=True,
    )
    context.set_default_timeout(_PATIENCE)
    expect.set_options(timeout=_PATIENCE)
    try:
        one = Somebody(context, hub)
        if language != "vi":
            context.add_cookies([{"name": "language", "value": language, "url": one.origin, "secure": True}])
        if address:
            one.log_in(address)
        try:
            yield one
        except BaseException:
            one.shot(f"failed-{address.split('@', maxsplit=1)[0]}")  # what stood there
            raise
    finally:
        context.close()
