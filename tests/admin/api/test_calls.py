"""What every call to the API goes through: token, scope, rate, input, problems."""

from __future__ import annotations

import json
import logging
from typing import Any

import httpx2 as httpx
import pytest

from mailhub.accounts import service
from mailhub.accounts.web.scopes import TokenScope
from mailhub.accounts.web.tokens import revoke_tokens
from mailhub.admin.api.endpoints import Endpoint
from mailhub.admin.api.limits import Buckets
from mailhub.admin.api.mounting import METHODS
from mailhub.admin.api.problems import STATUS
from mailhub.admin.api.serving import MOST_BODY
from mailhub.admin.api.tables import ENDPOINTS
from mailhub.admin.frame.site import Site
from mailhub.clock import DAY
from mailhub.i18n import LANGUAGES, texts
from tests.admin.api.conftest import ADMIN, CLERK, Program, problem, token_of
from tests.support.accounts import ROOT
from tests.support.web import Browser

pytestmark = pytest.mark.unit


def filled(path: str) -> str:
    """A path with something in its places."""
    return path.replace("{address}", CLERK).replace("{name}", "1").replace("{kind}", "usage")


def test_nothing_is_said_without_a_token_nor_with_one_for_something_else(site: Site, program: Program) -> None:
    tokens = {
        wanted: token_of(site, ADMIN, *(scope for scope in TokenScope if scope != wanted))
        for wanted in {one.scope for one in ENDPOINTS}
    }
    for endpoint in ENDPOINTS:

        def challenge(token: str, status: int, endpoint: Endpoint = endpoint) -> str:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            path = f"/api/v1{filled(endpoint.path)}"
            answer = program.http.request(endpoint.method, path, json={}, headers=headers)
            problem(answer, status)
            return answer.headers["www-authenticate"]

        assert challenge("", 401) == 'Bearer realm="mailhub"'
        assert 'error="invalid_token"' in challenge("mhub_" + "x" * 43, 401)
        assert f'scope="{endpoint.scope}"' in challenge(tokens[endpoint.scope], 403)


def test_a_session_opens_no_api_and_a_token_no_page(site: Site, program: Program) -> None:
    browser = Browser(site, ADMIN)
    program.http.cookies = browser.http.cookies
    problem(program.get("/accounts"), 401)
    program.http.cookies.clear()
    program.shows(token_of(site, ADMIN))
    assert program.get("/accounts").status_code == 200
    page = program.http.get("/accounts", headers=program.headers)
    assert page.status_code == 303
    assert page.headers["location"].startswith("/login")


def test_the_token_is_taken_from_the_header_alone(site: Site, program: Program) -> None:
    token = token_of(site, ADMIN)
    problem(program.get("/accounts", access_token=token), 401)


def test_a_token_that_was_revoked_or_ran_out_or_whose_account_is_closed_does_nothing_more(
    site: Site, program: Program
) -> None:
    program.shows(token_of(site, CLERK))
    assert program.get("/accounts").status_code == 200
    with site.database.write() as connection:
        revoke_tokens(connection, ROOT, CLERK, None, at=site.clock())
    problem(program.get("/accounts"), 401)
    program.shows(token_of(site, CLERK, days=1))
    later = site.clock() + 2 * DAY
    object.__setattr__(site, "clock", lambda: later)
    problem(program.get("/accounts"), 401)
    program.shows(token_of(site, CLERK, days=9))
    assert program.get("/accounts").status_code == 200
    with site.database.write() as connection:
        service.suspend_account(connection, ROOT, CLERK, reason="thử")
    problem(program.get("/accounts"), 401)


def test_whoever_asks_too_often_hears_when_to_come_again(program: Program, site: Site) -> None:
    now = 0.0
    buckets = Buckets(lambda: now)
    assert [buckets.wait_for(1, 60) for _ in range(60)] == [0.0] * 60
    assert buckets.wait_for(1, 60) == pytest.approx(1.0)
    assert buckets.wait_for(2, 60) == 0.0
    now = 1.0
    assert buckets.wait_for(1, 60) == 0.0
    assert buckets.wait_for(1, 60) > 0


def test_the_limit_is_the_settings(site: Site, program: Program) -> None:
    program.shows(token_of(site, ADMIN))
    few = site.settings.model_copy(update={"web": site.settings.web.model_copy(update={"api_per_minute": 2})})
    object.__setattr__(site.live, "_fixed", few)
    answers = [program.get("/accounts") for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    problem(answers[2], 429)
    assert int(answers[2].headers["retry-after"]) >= 1


def test_what_is_not_understood_is_named_and_never_ignored(admins: Program) -> None:
    told = problem(admins.get("/accounts", wrods="lan"), 400)
    assert [one["field"] for one in told["errors"]] == ["wrods"]
    problem(admins.get("/accounts", limit="0"), 400)
    problem(admins.http.get("/api/v1/accounts?agency=snv&agency=syt", headers=admins.headers), 400)
    told = problem(admins.post("/accounts", {"name": "A", "agency": "snv", "password": "Song-Lo.2026"}), 400)
    assert [one["field"] for one in told["errors"]] == ["password"]
    assert "Song-Lo" not in json.dumps(told)


def test_bodies_are_json_and_bounded(admins: Program) -> None:
    def send(kind: str = "application/json", **more: Any) -> httpx.Response:
        headers = admins.headers | ({"content-type": kind} if kind else {})
        return admins.http.post("/api/v1/accounts", headers=headers, **more)

    problem(send("", data={"name": "A"}), 415)
    problem(send(content=b"{" * 50_000), 400)
    problem(send(content=b"\xff\xfe"), 400)
    problem(send(content=b'"' + b"x" * MOST_BODY + b'"'), 413)
    problem(send(content=(b"x" * 10_000 for _ in range(10))), 413)


def test_other_methods_and_paths_are_problems_not_pages(admins: Program) -> None:
    answer = admins.http.delete("/api/v1/accounts", headers=admins.headers)
    problem(answer, 405)
    assert set(answer.headers["allow"].split(", ")) == {"GET", "POST"}
    for method in METHODS:
        answer = admins.http.request(method, "/api/v1/nothing/here", headers=admins.headers)
        if method != "HEAD":
            problem(answer, 404)
    assert admins.http.get("/api/v1/openapi.json").json()["openapi"].startswith("3.1")


def test_an_unforeseen_fault_shows_its_identifier_and_nothing_else(
    admins: Program, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("secret words")

    monkeypatch.setattr(service, "list_accounts", breaks)
    with caplog.at_level(logging.ERROR):
        told = problem(admins.get("/accounts"), 500)
    assert "secret" not in json.dumps(told)
    assert any(told["id"] in record.getMessage() for record in caplog.records)


def test_problems_speak_the_callers_language(program: Program) -> None:
    titles = set()
    for language in LANGUAGES:
        answer = program.http.get("/api/v1/accounts", headers={"Accept-Language": f"{language}-XX,fr;q=0.5"})
        told = problem(answer, 401)
        assert told["title"] == texts(language)("api.problem.no-token")
        titles.add(told["title"])
    assert len(titles) == len(LANGUAGES)
    for kind in STATUS:
        assert all(texts(language)(f"api.problem.{kind}") for language in LANGUAGES)


def test_each_use_of_a_token_is_known_by_its_time_and_place(admins: Program) -> None:
    from mailhub.accounts.web.tokens import list_tokens

    admins.get("/accounts")
    with admins.site.database.write() as connection:
        (token,) = list_tokens(connection, ROOT, ADMIN, at=admins.site.clock())
    assert token.last_used_at is not None
    assert token.last_ip == "testclient"
