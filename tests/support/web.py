"""The web in process: the real application over a real database, spoken to over HTTP without a socket.

with browser(site, "nva@tinh.gov.vn") as nva:
    page = nva.get("/accounts")
    page = nva.send("/accounts/x/suspend", {"reason": "…"})     # fetches the form's token first
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2 as httpx
from starlette.testclient import TestClient

from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.web.sessions import FULL, open_session
from mailhub.admin.app import build
from mailhub.admin.frame.csrf import masked
from mailhub.admin.frame.site import Site
from mailhub.admin.frame.visit import SESSION_COOKIE
from mailhub.settings import LiveSettings, Settings
from mailhub.store.database import Database

HOST = "mail.tinh.gov.vn"
ORIGIN = f"https://{HOST}"


class FixedSettings(LiveSettings):
    """Settings that come from no file."""

    def __init__(self, settings: Settings) -> None:
        self._fixed = settings

    @property
    def current(self) -> Settings:
        return self._fixed


def new_site(database: Database, directory: Path, **sections: Any) -> Site:
    """A site over this database. `sections` are sections of the settings as dicts."""
    (directory / "keys").mkdir(mode=0o700, exist_ok=True)
    sections.setdefault("hub", {"domain": "tinh.gov.vn", "hostname": HOST, "province": "tỉnh Minh Họa"})
    return Site(FixedSettings(Settings(directory=directory, **sections)), database)


class Browser:
    """Somebody's browser, or one in which nobody has logged in ("")."""

    def __init__(self, site: Site, address: str = "", *, agent: str = "test") -> None:
        self.site = site
        self.http = TestClient(build(site), base_url=ORIGIN, follow_redirects=False, raise_server_exceptions=False)
        self.csrf = b""
        if address:
            self._log_in(address, agent)

    def _log_in(self, address: str, agent: str) -> None:
        with self.site.database.write() as connection:
            mailbox = find_mailbox(connection, address)
            at = self.site.clock()
            made = open_session(connection, mailbox.id, stage=FULL, ip="192.0.2.1", agent=agent, at=at)
        self.csrf = made.csrf
        self.http.cookies.set(SESSION_COOKIE, made.token, domain=HOST, path="/")

    def get(self, path: str, **headers: str) -> httpx.Response:
        """A page, without following where it leads."""
        return self.http.get(path, headers=headers)

    def send(
        self,
        path: str,
        data: Mapping[str, str | Sequence[str]] | None = None,
        *,
        files: Mapping[str, tuple[str, bytes]] | None = None,
        follow: bool = False,
    ) -> httpx.Response:
        """A form as a page of ours would send it."""
        fields: dict[str, Any] = dict(data or {})
        if self.csrf:
            fields["csrf"] = masked(self.csrf)
        headers = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}
        return self.http.post(path, data=fields, files=files, headers=headers, follow_redirects=follow)

    def read(self, path: str) -> str:
        """The text of a page that has to be there (200), without tags and runs of blanks."""
        page = self.get(path)
        assert page.status_code == 200, (path, page.status_code, words(page.text)[:400])
        return words(page.text)


def words(html: str) -> str:
    """What a reader sees."""
    body = re.sub(r"<(script|style)[^>]*>.*?</\1>", " ", html, flags=re.DOTALL)
    text = re.sub(r"<[^>]+>", " ", body.replace("<wbr>", ""))
    for entity, sign in (("&lt;", "<"), ("&gt;", ">"), ("&#34;", '"'), ("&#39;", "'"), ("&nbsp;", " "), ("&amp;", "&")):
        text = text.replace(entity, sign)
    return re.sub(r"\s+", " ", text).strip()


@contextmanager
def browser(site: Site, address: str = "") -> Iterator[Browser]:
    """A browser, closed at the end."""
    one = Browser(site, address)
    try:
        yield one
    finally:
        one.http.close()
