"""Every route of the web as every role: who may open it, and that what is another agency's is as if it were not there.

The table is made from the routes themselves (threats § 3, "delegated admins"): a new route is tried without anybody
adding it here, and one with a place for which there is no sample fails.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailhub.accounts import service
from mailhub.accounts.control.grants import actor_of, grant_role
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.life.requests import request_end
from mailhub.accounts.rights import Role
from mailhub.accounts.sharing.groups import add_group
from mailhub.admin.app import all_routes
from mailhub.admin.frame.routes import ScreenRoute
from mailhub.admin.frame.site import Site
from mailhub.screening.rules import versions
from mailhub.store.database import Database
from tests.screening.policy_texts import rule
from tests.support.accounts import ROOT, make_province
from tests.support.databases import new_tables
from tests.support.web import HOST, ORIGIN, Browser, new_site, words

ROUTES = sorted(all_routes(), key=lambda route: route.name)
ROLES = [role for role in Role if role not in (Role.CONSOLE, Role.OFFICIAL)]
WHOLE = (Role.SYSTEM_ADMIN, Role.AUDITOR)  # these are of the province
NARROW = (Role.AGENCY_ADMIN, Role.HELP_DESK, Role.CLERK, Role.MANAGER, Role.APPROVER)
FOREIGN = "la.la@tinh.gov.vn"
OFFICE = "vanthu.syt@tinh.gov.vn"
GROUP = "nhom.syt@tinh.gov.vn"
# What stands in a route's places: something of another agency, and something that nobody has.
SAMPLES = {
    "address": (FOREIGN, "khong.co@tinh.gov.vn"),
    "code": ("", "7K4-QW2-M9"),
    "document": ("1", "999999"),
    "job": ("1", "999999"),
    "number": ("1", "999999"),
    "name": ("1", "999999"),
    "certificate": ("ab" * 32, "cd" * 32),
    "fingerprint": ("ab" * 32, "cd" * 32),
    "rule": ("khong-co", "khong-co-nua"),
    "version": ("999998", "999999"),
    "trial": ("1", "999999"),
    "act": ("hold", "hold"),
    "kind": ("end", "end"),
    "word": ("send", "send"),
    "form": ("csv", "csv"),
    "review": ("2026-Q4", "2026-Q9"),
    "proposal": ("7K4-QW2-M8", "7K4-QW2-M9"),
}


class Province:
    """Sở Nội vụ with somebody of each role, and Sở Y tế with what is theirs."""

    def __init__(self, database: Database, folder: Path) -> None:
        make_province(database)
        self.site: Site = new_site(database, folder)
        with database.write() as c:
            for role in ROLES:
                address = self.address(role)
                service.create_account(c, ROOT, address, f"Ông {role}", agency="snv")
                grant_role(c, ROOT, address, role, agency="" if role in WHOLE else "snv")
            service.create_account(c, ROOT, self.address(Role.OFFICIAL), "Bà Cán Bộ", agency="snv")
            service.create_account(c, ROOT, FOREIGN, "Lê Thị Lạ", agency="syt")
            service.add_role_mailbox(c, ROOT, OFFICE, "Văn thư Sở Y tế", agency="syt")
            add_group(c, ROOT, GROUP, "Nhóm Sở Y tế", agency="syt")
            request_end(c, ROOT, FOREIGN, basis="QĐ 1", reason="nghỉ hưu")
            versions.activate(c, ROOT, rule(stage="shadow"), reason="bắt đầu")
        self.browsers = {role: Browser(self.site, self.address(role)) for role in (*ROLES, Role.OFFICIAL)}
        self.nobody = Browser(self.site)

    @staticmethod
    def address(role: Role) -> str:
        return f"{role.value.replace('_', '.')}@tinh.gov.vn"


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    folder = tmp_path_factory.mktemp("matrix")
    database = new_tables("sqlite", folder)
    yield Province(database, folder)
    database.close()


def path_of(route: ScreenRoute, *, foreign: bool) -> str:
    def sample(match: re.Match[str]) -> str:
        name = match[1].partition(":")[0]
        assert name in SAMPLES, f"{route.name}: no sample for {{{name}}}"
        if name == "code" and route.path.startswith("/agencies"):
            return "syt" if foreign else "khongco"
        if name == "address" and foreign:
            return (
                OFFICE if route.path.startswith("/offices") else GROUP if route.path.startswith("/groups") else FOREIGN
            )
        return SAMPLES[name][0 if foreign else 1] or SAMPLES[name][1]

    return re.sub(r"\{([\w:]+)\}", sample, route.path)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_nobody_gets_past_the_login(province: Province, route: ScreenRoute) -> None:
    if not route.access.signed_in:
        return
    path = path_of(route, foreign=True)
    answer = province.nobody.get(path) if route.method == "GET" else province.nobody.send(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login")


@pytest.mark.parametrize("route", [one for one in ROUTES if one.method == "POST"], ids=lambda route: route.name)
def test_a_form_from_elsewhere_does_nothing(province: Province, route: ScreenRoute) -> None:
    path = path_of(route, foreign=True)
    admin = province.browsers[Role.SYSTEM_ADMIN]
    own = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}
    strange = {"Origin": "https://tinh-gov.vn", "Sec-Fetch-Site": "cross-site"}
    assert admin.http.post(path, data={"reason": "x"}, headers=own).status_code == 403  # no token
    token = {"csrf": "QUJD" * 22, "reason": "x"}
    assert admin.http.post(path, data=token, headers=own).status_code == 403  # another's token
    assert admin.http.post(path, data={"reason": "x"}, headers=strange).status_code == 403
    if not route.access.signed_in:
        assert province.nobody.http.post(path, data={"x": "1"}, headers=strange).status_code == 403


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_a_page_is_there_for_the_roles_that_it_names_and_for_no_other(province: Province, route: ScreenRoute) -> None:
    if not route.access.signed_in or route.path == "/logout":
        return
    path = path_of(route, foreign=True)
    for role, one in province.browsers.items():
        with province.site.database.read() as connection:
            actor = actor_of(connection, find_mailbox(connection, province.address(role)), at=province.site.clock())
        if route.access.admits(actor):
            if route.method == "GET":
                assert one.get(path).status_code in (200, 204, 303, 400, 404, 409, 422), (role, path)
        else:
            answer = one.get(path) if route.method == "GET" else one.send(path)
            assert answer.status_code == 403, (role, path, answer.status_code)


# A version of the rules is the whole hub's: whoever reads rules reads all of them.
GUESSABLE = [
    route
    for route in ROUTES
    if re.search(r"\{(address|code|document|number|name|review)", route.path)
    and not route.path.startswith("/rules/versions/")
]


@pytest.mark.parametrize("route", GUESSABLE, ids=lambda route: route.name)
def test_what_is_another_agencys_is_as_if_it_were_not_there(province: Province, route: ScreenRoute) -> None:
    for role in NARROW:
        foreign, missing = (answer_of(province, role, route, foreign=which) for which in (True, False))
        assert foreign == missing, (role, route.name)
        assert "Lê Thị Lạ" not in foreign[1]


def answer_of(province: Province, role: Role, route: ScreenRoute, *, foreign: bool) -> tuple[int, str]:
    """Status and words, without what names the object that was asked for."""
    one, path = province.browsers[role], path_of(route, foreign=foreign)
    answer = one.get(path) if route.method == "GET" else one.send(path, {"reason": "thử", "confirm": FOREIGN})
    told = re.sub(r"[2-9A-Z]{3}-[2-9A-Z]{3}-[2-9A-Z]{2}", "CODE", words(answer.text))
    for name in (FOREIGN, OFFICE, GROUP, *(sample for both in SAMPLES.values() for sample in both if len(sample) > 5)):
        told = told.replace(name, "X")
    return answer.status_code, told


def test_another_host_is_refused(province: Province) -> None:
    answer = province.nobody.http.get("/login", headers={"Host": "evil.example"})
    assert answer.status_code == 421
    assert province.nobody.http.get("/login", headers={"Host": HOST}).status_code == 200


SHAPE = re.compile(r"[^/]*@[^/?]*|=[^&]*")


def links_on(page: str) -> set[str]:
    """Where a page leads within the site."""
    found = {html.unescape(one).partition("#")[0] for one in re.findall(r'<a [^>]*href="(/[^"]*)"', page)}
    return {one for one in found if one and not one.startswith("/static/")}


@pytest.mark.parametrize("role", [*NARROW, Role.OFFICIAL])
def test_no_link_leads_where_its_reader_may_not_go(province: Province, role: Role) -> None:
    one, own = province.browsers[role], province.address(role)
    todo, done, shapes = [("/", "/login")], set[str](), Counter[str]()
    while todo:
        path, came_from = todo.pop(0)
        # A page of each shape is enough; one's own account, on which one has rights of one's own, is tried as well.
        shape = path if f"/{own}" in path else SHAPE.sub("=", path)
        if path in done or shapes[shape] >= 1:
            continue
        done.add(path)
        shapes[shape] += 1
        answer = one.get(path)
        assert answer.status_code in (200, 303), (role, came_from, path, answer.status_code)
        if answer.headers.get("content-type", "").startswith("text/html"):
            todo += [(link, path) for link in sorted(links_on(answer.text))]
        elif "location" in answer.headers:
            todo.append((answer.headers["location"], path))
    assert len(done) > 8
