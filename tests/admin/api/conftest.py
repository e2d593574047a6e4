"""A province whose program has a token, and a client that shows it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from starlette.testclient import TestClient

from mailhub.accounts import service
from mailhub.accounts.control.grants import actor_of, grant_role
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.rights import Role
from mailhub.accounts.web.scopes import TokenScope
from mailhub.accounts.web.tokens import make_token
from mailhub.admin.api import api_mount
from mailhub.admin.app import build
from mailhub.admin.frame.site import Site
from mailhub.store.database import Database
from tests.support.accounts import ROOT, make_account, make_province
from tests.support.databases import sqlite_database  # noqa: F401
from tests.support.web import ORIGIN, new_site

ADMIN, CLERK, OTHER = "quantri@tinh.gov.vn", "nva@tinh.gov.vn", "bacsi@tinh.gov.vn"


class Program:
    """Somebody's program."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.http = TestClient(
            build(site, api=api_mount(site)), base_url=ORIGIN, follow_redirects=False, raise_server_exceptions=False
        )
        self.headers: dict[str, str] = {}

    def shows(self, token: str) -> Program:
        self.headers = {"Authorization": f"Bearer {token}"}
        return self

    def get(self, path: str, **query: str) -> httpx.Response:
        return self.http.get(f"/api/v1{path}", params=query, headers=self.headers)

    def post(self, path: str, body: object) -> httpx.Response:
        return self.http.post(f"/api/v1{path}", json=body, headers=self.headers)


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The problem that it has to be."""
    assert answer.status_code == status, (answer.status_code, answer.text)
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = json.loads(answer.text)
    assert found["status"] == status
    assert found["instance"].endswith(found["id"])
    return found


@pytest.fixture
def site(sqlite_database: Database, tmp_path: Path) -> Site:  # noqa: F811
    """tinh > snv > snv-vp, syt: an administrator of the province, one of snv, and somebody at syt."""
    make_province(sqlite_database)
    for address, agency, role, place in (
        (ADMIN, "tinh", Role.SYSTEM_ADMIN, ""),
        (CLERK, "snv", Role.AGENCY_ADMIN, "snv"),
    ):
        make_account(sqlite_database, address, agency=agency)
        with sqlite_database.write() as connection:
            grant_role(connection, ROOT, address, role, agency=place, reason="thử")
    make_account(sqlite_database, OTHER, agency="syt", name="Trần Thị Bình")
    return new_site(sqlite_database, tmp_path, passwords={"second_factor_roles": []})


def token_of(site: Site, address: str, *scopes: TokenScope, days: int = 30) -> str:
    """A token that the account's owner makes."""
    with site.database.write() as connection:
        mailbox = find_mailbox(connection, address)
        actor = actor_of(connection, mailbox, at=site.clock(), proved=True)
        return make_token(
            connection, actor, address, "thử", scopes or tuple(TokenScope), days=days, settings=site.settings,
            at=site.clock(),
        )  # fmt: skip


@pytest.fixture
def program(site: Site) -> Iterator[Program]:
    """A program without a token yet."""
    one = Program(site)
    yield one
    one.http.close()


@pytest.fixture
def admins(program: Program) -> Program:
    """The program of the province's administrator, for everything."""
    return program.shows(token_of(program.site, ADMIN))


__all__ = ["ADMIN", "CLERK", "OTHER", "Program", "problem", "service", "token_of"]
