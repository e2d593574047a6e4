"""`/api/v1/accounts`: the same rights as the pages, and an audit row for each call."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from mailhub.accounts.records import AuditRow
from mailhub.admin.frame.site import Site
from tests.admin.api.conftest import ADMIN, CLERK, OTHER, Program, problem, token_of

pytestmark = pytest.mark.unit


def audited(site: Site, action: str) -> list[tuple[str, str]]:
    with site.database.read() as connection:
        query = select(AuditRow.object, AuditRow.actor).where(AuditRow.action == action).order_by(AuditRow.id)
        return [tuple(row) for row in connection.execute(query)]  # type: ignore[misc]


def test_lists_are_paged_by_their_next(admins: Program) -> None:
    seen, after = [], ""
    while True:
        page = admins.get("/accounts", limit="1", **({"after": after} if after else {})).json()
        seen += [one["address"] for one in page["items"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert seen == sorted(seen)
    assert {ADMIN, CLERK, OTHER} <= set(seen)
    found = admins.get("/accounts", words="tran binh").json()["items"]
    assert [one["address"] for one in found] == [OTHER]
    assert [one["address"] for one in admins.get("/accounts", agency="snv").json()["items"]] == [CLERK]
    assert audited(admins.site, "account.read")[-1][1].startswith(ADMIN)


def test_an_agency_neither_lists_nor_finds_nor_changes_anothers(site: Site, program: Program) -> None:
    program.shows(token_of(site, CLERK))
    assert [one["address"] for one in program.get("/accounts").json()["items"]] == [CLERK]
    there = problem(program.get(f"/accounts/{OTHER}"), 404)
    nowhere = problem(program.get("/accounts/khongco@tinh.gov.vn"), 404)
    assert {**there, "id": "", "instance": ""} == {**nowhere, "id": "", "instance": ""}
    problem(program.post(f"/accounts/{OTHER}/suspend", {"reason": "thử"}), 404)
    problem(program.post("/accounts", {"name": "Lê Văn C", "agency": "syt"}), 404)
    problem(program.get(f"/accounts/{OTHER}/why", reason="hỏi giúp"), 404)


def test_an_account_is_opened_suspended_restored_and_ended(admins: Program) -> None:
    made = admins.post("/accounts", {"name": "Lê Văn Cường", "agency": "snv", "title": "Chuyên viên"})
    assert made.status_code == 201, made.text
    account = made.json()
    assert account["address"] == "cuonglv@tinh.gov.vn"
    assert (account["agency"], account["title"], account["state"]) == ("snv", "Chuyên viên", "active")
    path = f"/accounts/{account['address']}"
    closed = admins.post(f"{path}/suspend", {"reason": "mất điện thoại", "expect": account["revision"]}).json()
    assert (closed["state"], closed["login"], closed["receives"]) == ("suspended", False, True)
    stale = {"reason": "nghỉ", "expect": account["revision"]}
    problem(admins.post(f"{path}/end", stale), 409)
    assert admins.post(f"{path}/restore", {}).json()["state"] == "active"
    problem(admins.post(f"{path}/restore", {}), 409)
    announced = admins.post(f"{path}/end", {"reason": "nghỉ hưu", "on": "2999-01-01"}).json()
    assert (announced["state"], announced["ends_on"]) == ("active", "2999-01-01")
    ended = admins.post(f"{path}/end", {"reason": "nghỉ hưu", "because": "QĐ 1/QĐ-SNV"}).json()
    assert ended["state"] == "retained"
    assert ended["retained_until"] is not None
    problem(admins.post("/accounts", {"address": account["address"], "name": "Lê C", "agency": "snv"}), 409)
    why = admins.get(f"{path}/why", reason="hỏi giúp").json()
    done = {(one["action"], one["because"]) for one in why["changes"]}
    assert {("account.end", "QĐ 1/QĐ-SNV"), ("account.create", ""), ("account.restore", "")} <= done
    assert (account["address"], audited(admins.site, "account.why")[0][1]) == audited(admins.site, "account.why")[0]
    assert all("token" in actor for _, actor in audited(admins.site, "account.suspend"))


def test_acts_need_a_reason_and_readings_of_tries_as_well(admins: Program) -> None:
    told = problem(admins.post(f"/accounts/{OTHER}/suspend", {"reason": "  "}), 400)
    assert [one["field"] for one in told["errors"]] == ["reason"]
    problem(admins.get(f"/accounts/{OTHER}/why"), 400)
    problem(admins.get("/accounts", only="sleeping"), 422)
    problem(admins.post(f"/accounts/{OTHER}/end", {"reason": "x", "on": "2999-01-01", "unit_address": ADMIN}), 422)
