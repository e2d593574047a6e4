"""One request: who comes, in which language, and the answers that handlers give."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mailhub.accounts.control.grants import actor_of
from mailhub.accounts.finding import load_mailbox
from mailhub.accounts.rights import Actor
from mailhub.accounts.web.sessions import FULL, SessionRow, find_session, still_open
from mailhub.admin.frame import csrf
from mailhub.admin.frame.came import Came
from mailhub.admin.frame.errors import SessionOver
from mailhub.admin.frame.forms import Form
from mailhub.admin.frame.site import Site
from mailhub.admin.frame.templating import render
from mailhub.i18n import Texts, texts

SESSION_COOKIE = "__Host-mailhub"
SAID_COOKIE = "__Host-said"  # what the page after a redirect says; shown once, escaped like all data


@dataclass(slots=True, kw_only=True)
class Visit(Came):
    """One request, as handlers see it. `actor` is who came as of the beginning; acts use the one of `writing`."""

    site: Site
    request: Request
    session: SessionRow | None = None
    token: str = ""
    actor: Actor | None = None
    name: str = ""  # of the person, for the page's head
    language: str = "vi"
    form: Form = field(default_factory=Form)
    fault_id: str = ""

    @property
    def t(self) -> Texts:
        """The words of the visitor's language."""
        return texts(self.language)

    @property
    def query(self) -> Mapping[str, str]:
        """The address's query."""
        return self.request.query_params

    @property
    def is_part(self) -> bool:
        """Whether htmx asks for a part of a page (not when it restores one from history)."""
        headers = self.request.headers
        return "hx-request" in headers and "hx-history-restore-request" not in headers

    @contextmanager
    def reading(self) -> Iterator[tuple[Connection, Actor]]:
        """A connection to read on, and who comes. Services that write down who read need `writing`."""
        with self.site.database.read() as connection:
            session = find_session(connection, self.token, settings=self.site.settings, at=self.at)
            yield connection, self._actor_of(connection, session)

    @contextmanager
    def writing(self) -> Iterator[tuple[Connection, Actor]]:
        """One transaction as who comes, whose session and rights are read again inside it: a suspension that was
        committed a moment ago stops this act (threats § 4.12).

        Raises:
            SessionOver
        """
        with self.site.database.write() as connection:
            session = still_open(connection, self.token, settings=self.site.settings, at=self.at)
            yield connection, self._actor_of(connection, session)

    def page(self, template: str, /, *, status: int = 200, **values: Any) -> Response:
        """The template as a page."""
        response = HTMLResponse(render(self, template, values), status)
        if SAID_COOKIE in self.request.cookies:
            response.delete_cookie(SAID_COOKIE, path="/", secure=True, httponly=True, samesite="lax")
        response.headers["Vary"] = "Cookie, HX-Request"
        return response

    def go(self, to: str, /, said: str = "", **values: object) -> Response:
        """Lead on to another page of ours after an act (RFC 9110 § 15.4.4); `said` is a text id it then shows."""
        assert to.startswith("/")
        assert not to.startswith("//")
        response = RedirectResponse(quote(to, safe="/?&=%#:,+~@*!$'();[]-._"), 303)
        if said:
            told = json.dumps([said, {name: str(value) for name, value in values.items()}])
            kept = base64.urlsafe_b64encode(told.encode()).decode()
            response.set_cookie(SAID_COOKIE, kept[:3500], max_age=60, secure=True, httponly=True, samesite="lax")
        return response

    def csrf_token(self) -> str:
        """The token that forms of this page carry."""
        return "" if self.session is None else csrf.masked(self.session.csrf)

    def said(self) -> str:
        """What the act before this page has to say; "" when nothing, or when somebody made it up."""
        try:
            ident, values = json.loads(base64.urlsafe_b64decode(self.request.cookies[SAID_COOKIE]))
            return self.t(str(ident), **{str(key): str(value) for key, value in values.items()})
        except Exception:
            return ""

    def _actor_of(self, connection: Connection, session: SessionRow | None) -> Actor:
        if session is None or session.stage != FULL:
            raise SessionOver
        mailbox = load_mailbox(connection, session.account_id)
        if mailbox is None or not mailbox.logs_in:
            raise SessionOver
        return actor_of(connection, mailbox, at=self.at, proved=True, ip=self.ip)


def own_path(text: str) -> str:
    """A path of ours, whatever somebody wrote there: never another host's (CWE-601)."""
    fine = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable() and "\\" not in text
    return text if fine else "/"
