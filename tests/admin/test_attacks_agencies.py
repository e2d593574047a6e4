"""An agency's people who want more: another agency's names in the fields and queries of pages that are their own to
open, and a block (the Party's agency) that a province's administrator does not see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from mailhub.accounts import service
from mailhub.accounts.control.grants import grant_role
from mailhub.accounts.rights import Role
from mailhub.accounts.sharing.groups import add_group
from mailhub.admin.app import all_routes
from mailhub.admin.frame.routes import ScreenRoute
from mailhub.admin.frame.site import Site
from mailhub.ids import new_id
from mailhub.store.database import Base
from tests.queue.parts import message, put
from tests.registry.parts import DECISION, facts, keep, recognition, sighting
from tests.support.accounts import ROOT, make_account, make_province
from tests.support.databases import new_tables
from tests.support.web import Browser, new_site

pytestmark = pytest.mark.unit

ROUTES = sorted(all_routes(), key=lambda one: one.name)
ADMIN, OWN = "quantri@tinh.gov.vn", "an@tinh.gov.vn"
WANTING = (Role.AGENCY_ADMIN, Role.HELP_DESK, Role.CLERK, Role.MANAGER, Role.APPROVER)
SECRET = "Lê Thị Kín"
BLOCK = "Ban Tổ chức Kín"
FOREIGN, OFFICE, GROUP = "kin@tinh.gov.vn", "vanthu.kin@tinh.gov.vn", "nhom.kin@tinh.gov.vn"
TABLES = ("mailbox", "address", "mail_group", "group_member", "role_grant", "role_holder", "delegation", "person",
          "agency", "credential", "api_token", "recipient")  # fmt: skip
# What a field may be called on some page, and what of the block a curious person would write there.
NAMES = ("account", "address", "x", "who", "holder", "officer", "owner", "handover", "to", "by", "members",
         "own_address", "successor", "q", "sender", "person", "text")  # fmt: skip
PLACES = {"agency": "kin", "parent": "kin", "place": "kin", "box": OFFICE, "desk": OFFICE, "office": OFFICE}


def address(role: Role) -> str:
    return f"{role.value.replace('_', '.')}@tinh.gov.vn"


class Province:
    """Sở Nội vụ with somebody of each role; a block with a person, an office, a group, a mail and a document."""

    def __init__(self, folder: Path) -> None:
        self.database = new_tables("sqlite", folder)
        make_province(self.database)
        make_account(self.database, ADMIN, agency="tinh")
        make_account(self.database, OWN, agency="snv")
        with self.database.write() as c:
            service.add_agency(c, ROOT, "kin", BLOCK, block=True)
            grant_role(c, ROOT, ADMIN, Role.SYSTEM_ADMIN, reason="thử")
            for role in WANTING:
                service.create_account(c, ROOT, address(role), f"Ông {role.value}", agency="snv")
                grant_role(c, ROOT, address(role), role, agency="snv", reason="thử")
            service.create_account(c, ROOT, FOREIGN, SECRET, agency="kin")
            service.add_role_mailbox(c, ROOT, OFFICE, f"Văn thư {BLOCK}", agency="kin")
            add_group(c, ROOT, GROUP, f"Nhóm {BLOCK}", agency="kin", owner=FOREIGN)
            service.add_role_mailbox(c, ROOT, "vanthu.snv@tinh.gov.vn", "Văn thư", agency="snv")
            add_group(c, ROOT, "nhom@tinh.gov.vn", "Nhóm", agency="snv")
        number = new_id()
        put(self.database, message(FOREIGN, id=number, subject=f"Thư của {SECRET}", sender="a@so.vn"))
        keep(self.database, sighting("k", facts(recognition=recognition({**DECISION, "subject": f"Việc của {SECRET}"})),
                                     message_id=number))  # fmt: skip
        self.site: Site = new_site(self.database, folder)

    def of_the_block(self) -> dict[str, list[Any]]:
        """Everything kept about the block, and every role that anybody has."""
        with self.database.read() as c:
            rows = {name: list(map(tuple, c.execute(select(Base.metadata.tables[name])))) for name in TABLES}
        kept = (FOREIGN, OFFICE, GROUP, SECRET, BLOCK, "kin")
        return {
            name: [row for row in found if name == "role_grant" or any(text in map(str, row) for text in kept)]
            for name, found in rows.items()
        }


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    made = Province(tmp_path_factory.mktemp("agencies"))
    yield made
    made.site.jobs.close()
    made.database.close()


def own_path(route: ScreenRoute) -> str:
    places = {"offices": "vanthu.snv@tinh.gov.vn", "groups": "nhom@tinh.gov.vn", "agencies": "snv"}
    return re.sub(r"\{[\w:]+\}", places.get(route.path.split("/")[1], OWN), route.path)


def foreign_path(route: ScreenRoute) -> str:
    places = {"offices": OFFICE, "groups": GROUP, "agencies": "kin"}
    return re.sub(r"\{[\w:]+\}", places.get(route.path.split("/")[1], FOREIGN), route.path)


@pytest.mark.parametrize("role", [Role.AGENCY_ADMIN, Role.MANAGER, Role.SYSTEM_ADMIN], ids=lambda role: role.value)
def test_a_block_is_on_no_page_and_in_no_file_whatever_the_query_asks(province: Province, role: Role) -> None:
    one = Browser(province.site, ADMIN if role is Role.SYSTEM_ADMIN else address(role))
    asked = "&".join([f"{name}={FOREIGN}" for name in NAMES] + [f"{name}={what}" for name, what in PLACES.items()])
    for route in ROUTES:
        if route.method != "GET" or route.path == "/logout":
            continue
        for path in (f"{own_path(route)}?{asked}", f"{own_path(route)}?q=k%C3%ADn&format=csv", foreign_path(route)):
            answer = one.get(path)
            assert answer.status_code < 500, path
            assert SECRET not in answer.text, path
            assert BLOCK not in answer.text, path


@pytest.mark.parametrize("role", [Role.AGENCY_ADMIN, Role.CLERK], ids=lambda role: role.value)
def test_no_form_reaches_another_agency_or_raises_anybody(province: Province, role: Role) -> None:
    one, before = Browser(province.site, address(role)), province.of_the_block()
    said = {"reason": "thử", "basis": "QĐ 1", "confirm": FOREIGN, "sure": "1", "agreed": "1", "step": "do", "until": "",
            "on": "2027-01-31", "from": "2026-01-01", "because": "leave", "title": "Thử", "name": "Thử"}  # fmt: skip
    whose = dict.fromkeys(NAMES, FOREIGN) | PLACES
    for route in ROUTES:
        if route.method != "POST" or not route.access.signed_in or route.path in ("/logout", "/lock"):
            continue
        for path in (own_path(route), foreign_path(route)):
            for raised in (Role.SYSTEM_ADMIN, Role.CLERK):
                mine = {"account": address(role), "agency": ""} if raised is Role.SYSTEM_ADMIN else {}
                answer = one.send(path, said | whose | {"role": raised.value} | mine)
                assert answer.status_code < 500, path
                assert SECRET not in answer.text, path
    after = province.of_the_block()
    assert {name: rows for name, rows in after.items() if rows != before[name]} == {}
