"""Hostile text planted wherever somebody else's words are kept, then every page and file that an administrator can
reach by following links: nothing of it becomes markup, a template, a formula or a line of its own."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx2 as httpx
import pytest

from mailhub.accounts import service
from mailhub.accounts.control.grants import grant_role
from mailhub.accounts.life.requests import request_end
from mailhub.accounts.rights import Role
from mailhub.accounts.sharing.groups import add_group
from mailhub.admin.app import all_routes
from mailhub.admin.frame.site import Site
from mailhub.queue.models import EventKind, RecipientState
from mailhub.store.database import Database
from tests.queue.parts import message, outcome, put, settle, take
from tests.registry.parts import DECISION, facts, keep, recognition, sighting
from tests.support.accounts import ROOT, make_account, make_province
from tests.support.databases import sqlite_database
from tests.support.sheets import sheet_rows
from tests.support.web import ORIGIN, Browser, new_site

__all__ = ["sqlite_database"]
pytestmark = pytest.mark.unit

ADMIN, EVIL, OFFICE = "quantri@tinh.gov.vn", "la@tinh.gov.vn", "vanthu.evil@tinh.gov.vn"
CANARY = "=1+1|x'\"><xcanary oncanary=1 src=//evil.example/>{{7*7}}canary${7*7}"
TURNED = "\u202e"  # turns the rest of the line around: "fdp.exe" looks like "exe.pdf"
FORMULA = tuple("=+-@\t\r\n|%＝＋－＠")
MOST_PAGES = 260


class Page(HTMLParser):
    """What a browser would make of it: whatever the policy forbids or somebody smuggled in is in `faults`."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.faults: list[str] = []
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        if tag in ("xcanary", "style", "base", "iframe", "object", "embed"):
            self.faults.append(f"<{tag}>")
        for name, value in attrs:
            if name.startswith("on") or name in ("style", "srcdoc", "xcanary", "hx-on"):
                self.faults.append(f"{tag} {name}={value}")
            if name in ("href", "src", "action", "formaction", "hx-get", "hx-post"):
                self._follow(tag, name, value or "")

    def _follow(self, tag: str, name: str, value: str) -> None:
        if urlsplit(value).scheme not in ("", "mailto", "tel", "data") or value.startswith("//"):
            self.faults.append(f"{tag} {name}={value}")
        elif name == "href" and tag == "a" and not urlsplit(value).scheme:
            self.links.append(value)

    def handle_data(self, data: str) -> None:
        if self._inside == "script" and data.strip():
            self.faults.append(f"script {data[:40]}")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""


@pytest.fixture
def site(sqlite_database: Database, tmp_path: Path) -> Iterator[Site]:
    """An agency, a person, an office, a group, a request, a mail, a document and a use of private mail, named so."""
    database = sqlite_database
    make_province(database)
    make_account(database, ADMIN, agency="tinh")
    with database.write() as c:
        grant_role(c, ROOT, ADMIN, Role.SYSTEM_ADMIN, reason=CANARY)
        service.add_agency(c, ROOT, "evil", CANARY, parent="snv")
        service.create_account(c, ROOT, EVIL, CANARY, agency="evil")
        service.add_role_mailbox(c, ROOT, OFFICE, CANARY, agency="evil")
        add_group(c, ROOT, "nhom.evil@tinh.gov.vn", CANARY, agency="evil", owner=EVIL)
        request_end(c, ROOT, EVIL, basis=CANARY, reason=CANARY)
    fill_mail(database)
    made = new_site(database, tmp_path)
    yield made
    made.jobs.close()


def fill_mail(database: Database) -> None:
    read = recognition({**DECISION, "subject": CANARY, "signer": CANARY, "issuer": CANARY}, doubted={"urgency": CANARY})
    found = sighting("a", facts(recognition=read), names=(f"{CANARY}{TURNED}fdp.exe",), path="2/zip:" + CANARY[:40])
    mail = message(EVIL, f'"{CANARY[:20]}"@so.vn', id=found.message_id, subject=CANARY + TURNED, sender="x@so.vn")
    put(database, mail)
    for one in take(database, now=9_000_000_000_000):
        bounced = outcome(one, RecipientState.BOUNCED, event=EventKind.BOUNCED)
        settle(database, replace(bounced, reply=f"550 {CANARY}"))
    keep(database, found)


def check(path: str, answer: httpx.Response) -> list[str]:
    """Look at an answer as what it says it is; gives the links that it has."""
    kind = answer.headers.get("content-type", "")
    assert answer.status_code < 500, (path, answer.status_code)
    for name, value in answer.headers.items():
        assert "xcanary" not in name + value or name == "location", (path, name, value)
    if kind.startswith("text/html"):
        page = Page(answer.text)
        assert not page.faults, (path, page.faults)
        assert "49canary" not in answer.text, path
        assert "$49" not in answer.text, path
        assert TURNED not in answer.text, path
        return page.links
    if "attachment" in answer.headers.get("content-disposition", ""):
        check_file(path, kind, answer.content)
    return []


def check_file(path: str, kind: str, content: bytes) -> None:
    if kind.startswith("text/csv"):
        for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))):
            for cell in row:
                assert not cell.lstrip(" ").startswith(FORMULA) or re.fullmatch(r"-?[\d.,%]+|[-−–]", cell), (path, cell)
    elif kind.endswith("spreadsheetml.sheet"):
        assert sheet_rows(content) is not None
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            for name in packed.namelist():
                assert b"<xcanary" not in packed.read(name), (path, name)


def test_hostile_words_stay_words_on_every_page_and_in_every_file(site: Site) -> None:
    admin = Browser(site, ADMIN)
    fixed = [route.path for route in all_routes() if route.method == "GET" and "{" not in route.path]
    waiting = [path for path in fixed if path not in ("/logout", "/lock", "/alive")]
    waiting += [f"{path}?format={form}" for path in waiting for form in ("csv", "xlsx")]
    seen: set[str] = set()
    shapes: dict[str, int] = {}
    canaries = 0
    while waiting and len(seen) < MOST_PAGES:
        path = waiting.pop(0)
        shape = re.sub(r"\d+|[0-9A-Z]{3}-[0-9A-Z]{3}-[0-9A-Z]{2}|[^/=&?]+@[^/&]+", "N", path)
        if path in seen or shapes.get(shape, 0) > 1:
            continue
        seen.add(path)
        shapes[shape] = shapes.get(shape, 0) + 1
        answer = admin.get(path)
        canaries += "xcanary" in answer.text
        for link in check(path, answer):
            target = urlsplit(urljoin(ORIGIN + path, link))
            assert target.netloc == urlsplit(ORIGIN).netloc, (path, link)
            if target.path not in ("/logout", "/lock"):
                waiting.append(target.path + (f"?{target.query}" if target.query else ""))
    assert canaries > 20  # they are there to be seen
