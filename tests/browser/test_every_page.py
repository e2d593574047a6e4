"""Every page that a role can reach by links, in a real browser: axe, the console, strangers, the phone's width.

The pages are found, not listed: from each page of the menu one page a route is followed, so that a new screen is
looked at as soon as it is linked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import Error as PlaywrightError

from mailhub.admin.app import all_routes
from tests.support.chromium import DESKTOP, PHONE, Somebody, chromium, somebody
from tests.support.hub import RunningHub, letter

CLERK, ADMIN = "ptkhanh@tinh.gov.vn", "quantri@tinh.gov.vn"
OFFICIAL = "nmoanh@tinh.gov.vn"
OTHERS = (
    "tvlan",
    "htson",
    "vtha",
    "nmson",
    "bhgiang",
    "bhlan",
)  # approver, help desk, manager, auditor, security, agency
# A link with one of these does something else than show a page.
_FILES = re.compile(r"[?&]format=|/file/|/download|\.(?:xlsx|csv|pdf|docx|json|toml|png|ics)(?:$|\?)")


@pytest.fixture(scope="module")
def hub() -> Iterator[RunningHub]:
    with RunningHub(demo=True, web=True) as running:
        for number in range(3):
            running.submit(CLERK, [OFFICIAL], letter(CLERK, OFFICIAL, subject=f"Thư thử số {number}"))
        running.wait_for_mail(OFFICIAL, count=3)
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.mark.long
@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    ("address", "size", "dark", "language"),
    [
        (ADMIN, DESKTOP, False, "vi"),
        (ADMIN, PHONE, True, "en"),
        (CLERK, DESKTOP, True, "en"),
        (OFFICIAL, PHONE, True, "vi"),
        *((f"{one}@tinh.gov.vn", DESKTOP, False, "vi") for one in OTHERS),
    ],
)
def test_pages_are_accessible_and_ask_nobody_else(
    hub: RunningHub, browser: Browser, address: str, size: tuple[int, int], dark: bool, language: str
) -> None:
    seen: dict[str, str] = {}
    wrong: list[str] = []
    with somebody(browser, hub, address, size=size, dark=dark, language=language) as one:
        todo = ["/", *_links(one, "/")]
        while todo:
            path = todo.pop(0)
            route = _route_of(path)
            if route is None or route in seen:
                continue
            seen[route] = path
            try:
                one.open(path)
                one.check_page()
            except (AssertionError, PlaywrightError) as error:
                wrong.append(f"{path}: {error}")
                one.complaints.clear()
            one.shot(_name(route, address, size, dark, language), whole=False)
            todo += _links(one, "")
    assert not wrong, f"{len(wrong)} of {len(seen)} pages:\n" + "\n".join(wrong)
    assert len(seen) > (20 if address == ADMIN else 4), sorted(seen)


def _links(one: Somebody, path: str) -> list[str]:
    if path:
        one.open(path)
    found: list[str] = one.page.eval_on_selector_all("a[href]:not([download])", "all => all.map(a => a.href)")
    own = [link.removeprefix(one.origin).split("#")[0] for link in found if link.startswith(one.origin)]
    return [link for link in dict.fromkeys(own) if link and not _FILES.search(link)]


_ROUTES = {
    route.path: re.compile(re.sub(r"\\\{\w+(:path)?\\\}", lambda m: ".+" if m[1] else "[^/]+", re.escape(route.path)))
    for route in all_routes()
    if route.method == "GET"
}


def _route_of(path: str) -> str | None:
    """The route behind a link; those without places come first."""
    wanted = unquote(urlsplit(path).path)
    fits = [name for name, pattern in _ROUTES.items() if pattern.fullmatch(wanted)]
    return min(fits, key=lambda name: name.count("{"), default=None)


def _name(route: str, address: str, size: tuple[int, int], dark: bool, language: str) -> str:
    kind = "phone" if size == PHONE else "desktop"
    words = re.sub(r"[^a-z0-9]+", "-", route.lower()).strip("-") or "home"
    return f"{address.split('@', maxsplit=1)[0]}-{kind}-{'dark' if dark else 'light'}-{language}-{words}"
