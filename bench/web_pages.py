"""The web over HTTP in process, for bench/web.py: every page that can be opened in bench/province.py's province,
searches as people type them, the API, a scrape of the metrics, the weight of the first load, a year's reports.

The application is the real one (`admin.app.build`, with the API), spoken to by Starlette's client; only TLS and the
socket are missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, text
from starlette.testclient import TestClient

from bench.accounts import GOAL_MS, Questions
from bench.population import DOMAIN, ROOT
from mailhub.accounts.control.grants import actor_of, grant_role
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.rights import Role
from mailhub.accounts.web.scopes import TokenScope
from mailhub.accounts.web.tokens import make_token
from mailhub.admin.api import api_mount
from mailhub.admin.app import all_routes, build
from mailhub.admin.frame.site import Site
from mailhub.admin.metrics.exposition import HubCollector
from mailhub.clock import DAY, local_time, now_ms
from mailhub.reports.counting.keeping import count_days
from mailhub.reports.periods import of_days
from mailhub.reports.service import Wanted, make_report
from mailhub.reports.values import ReportKind
from mailhub.store.database import Database
from tests.support.web import ORIGIN, Browser, new_site

HOME_MS, REPORT_MS, SCRAPE_MS = 500.0, 10_000.0, 100.0
FIRST_LOAD = 300_000  # bytes
ADMIN = f"p5@{DOMAIN}"
_ASSET = re.compile(r'(?:src|href)="(/static/[^"#]+)"')
_SEARCHES = (
    "/accounts?q=lan+chuyen+vien", "/accounts?q=p1234", "/accounts?after=p9@tinh.gov.vn", "/accounts?q=khong+co+ai",
    "/mail?q=p5@tinh.gov.vn", "/mail?q=t%E1%BB%AB:p5@tinh.gov.vn", "/mail?q=%C4%91%E1%BA%BFn:vanthu1@tinh.gov.vn",
    "/mail?q=giao+ban", "/mail?q=tr%E1%BA%A1ng-th%C3%A1i:l%E1%BB%97i", "/mail?q=s%E1%BB%91:125/CV-U120",
    "/mail?q=khong.co@ai.vn", "/mail?q=khong+co+tu+nay", "/documents?q=b%C3%A1o+c%C3%A1o", "/documents?q=125/CV-U120",
    "/documents?q=khong+co+tu+nay", "/audit?q=p5@tinh.gov.vn", "/groups?q=nhom", "/agencies?q=tan",
)  # fmt: skip


class Web:
    """The site, with a browser of the province's administrator and a token of theirs."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.site: Site = new_site(database, folder, passwords={"second_factor_roles": []})
        with database.write() as c:
            grant_role(c, ROOT, ADMIN, Role.SYSTEM_ADMIN, reason="bench")
            actor = actor_of(c, find_mailbox(c, ADMIN), at=now_ms(), proved=True)
            self.token = make_token(
                c, actor, ADMIN, "bench", tuple(TokenScope), days=1, settings=self.site.settings, at=now_ms()
            )
            self.samples = _samples(c)
        count_days(database)  # what a hub has done each night; nothing when bench/province.py counted them
        self.browser = Browser(self.site, ADMIN)
        self.browser.http.headers["Accept-Encoding"] = "gzip"
        self.program = TestClient(build(self.site, api=api_mount(self.site)), base_url=ORIGIN)
        self.program.headers["Authorization"] = f"Bearer {self.token}"

    def page(self, path: str) -> Callable[[], object]:
        """Open it; anything but a page is a fault of the benchmark."""

        def ask() -> object:
            answer = self.browser.get(path)
            assert answer.status_code == 200, (path, answer.status_code)
            return [None] * answer.text.count("<tr")

        return ask

    def call(self, path: str) -> Callable[[], object]:
        """The same of the API."""

        def ask() -> object:
            answer = self.program.get(f"/api/v1{path}")
            assert answer.status_code == 200, (path, answer.text)
            return answer.json().get("items", [None])

        return ask

    def opens(self, path: str) -> bool:
        """Whether it is a page here and now."""
        answer = self.browser.get(path)
        return answer.status_code == 200 and "text/html" in answer.headers["content-type"]


def _samples(c: Connection) -> dict[str, str]:
    """Something for each place of a path."""

    def one(sql: str) -> str:
        return str(c.execute(text(sql)).scalar_one_or_none() or "")

    return {
        "/accounts": f"p1234@{DOMAIN}", "/mail": one("SELECT code FROM message ORDER BY id DESC LIMIT 1 OFFSET 5000"),
        "/documents": one("SELECT id FROM document ORDER BY id DESC LIMIT 1 OFFSET 900"), "/agencies": "u120",
        "/groups": f"nhom0@{DOMAIN}", "/offices": f"vanthu7@{DOMAIN}", "/reviews": "2026-Q4",
        "/requests": one("SELECT code FROM account_request LIMIT 1"), "/rosters": "BENCHROSTER",
        "/proposals": one("SELECT code FROM proposal LIMIT 1"), "/rules": "tep-thuc-thi",
        "/reports": "usage",
    }  # fmt: skip


def pages(web: Web) -> Questions:
    """Every page that opens, home, and searches."""
    found: Questions = {"GET / (home)": (HOME_MS, web.page("/"))}
    left = []
    for route in all_routes():
        if route.method != "GET" or route.path == "/":
            continue
        first = "/" + route.path.split("/")[1]
        path = re.sub(r"\{[\w:]+\}", web.samples.get(first, "1"), route.path)
        if web.opens(path):
            goal = REPORT_MS if first == "/reports" else HOME_MS if first == "/system" else GOAL_MS
            found[f"GET {route.path}"] = (goal, web.page(path))
        else:
            left.append(route.path)
    print("not pages without more (forms in steps, downloads, what only others may open):", ", ".join(left))
    found |= {f"GET {path}": (GOAL_MS, web.page(path)) for path in _SEARCHES if web.opens(path)}
    calls = (
        "/accounts?words=lan", f"/accounts/p1234@{DOMAIN}", f"/trace?recipient=vanthu1@{DOMAIN}&since=2026-01-01",
        f"/trace?sender=vanthu1@{DOMAIN}&since=2026-01-01", f"/mail?sender=p5@{DOMAIN}", "/mail?limit=200",
        "/documents?words=b%C3%A1o+c%C3%A1o",
    )  # fmt: skip
    return found | {f"API {path}": (GOAL_MS, web.call(path)) for path in calls}


def scrapes(web: Web) -> Questions:
    """Prometheus."""
    collector = HubCollector(web.site)
    return {"metrics: a scrape of the hub": (SCRAPE_MS, lambda: list(collector.collect()))}


def reports(web: Web) -> Questions:
    """A year's four reports."""
    today = local_time(now_ms() - 3 * DAY).date()
    year = of_days(local_time(now_ms() - 362 * DAY).date(), today)
    database, settings = web.site.database, web.site.settings

    def make(kind: ReportKind) -> Callable[[], object]:
        return lambda: make_report(database, ROOT, Wanted(kind=kind, period=year), settings=settings).sections

    return {f"report {kind}, a year": (REPORT_MS, make(kind)) for kind in ReportKind}


def first_load(web: Web) -> dict[str, int]:
    """Bytes of the login and the home page, each with everything that it loads, as they go over the wire."""
    nobody = Browser(web.site)
    nobody.http.headers["Accept-Encoding"] = "gzip, br"
    found = {}
    for path, browser in (("/login", nobody), ("/", web.browser)):
        size, html = _raw(browser, path)
        assets = sorted(set(_ASSET.findall(html)))
        found[path] = size + sum(_raw(browser, one)[0] for one in assets)
    return found


def _raw(browser: Browser, path: str) -> tuple[int, str]:
    with browser.http.stream("GET", path, headers={"Accept-Encoding": "gzip, br"}) as answer:
        assert answer.status_code == 200, (path, answer.status_code)
        size = sum(len(chunk) for chunk in answer.iter_raw())
    return size, browser.get(path).text
