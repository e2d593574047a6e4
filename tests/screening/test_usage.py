"""Figures about private mail: who sees which, what is summed, how names go."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from mailhub.accounts import service
from mailhub.accounts.errors import NotAllowed
from mailhub.accounts.rights import Actor, Role, console
from mailhub.accounts.tree import find_agency
from mailhub.cli.policy_use import figure_line
from mailhub.clock import DAY as DAY_MS
from mailhub.clock import midnight
from mailhub.ids import first_id, new_id
from mailhub.screening.models import Correspondent, KnownNetwork, PolicyDecision, PrivateMailUse
from mailhub.screening.records.private_use import Use
from mailhub.screening.records.retention import forget
from mailhub.screening.records.usage import By, Figure, figures
from mailhub.settings.sections.policy import PolicySection
from mailhub.store.database import Database
from tests.support.accounts import ROOT, make_account

TODAY = date(2026, 11, 23)
NOVEMBER, OCTOBER = date(2026, 11, 2), date(2026, 10, 30)
AN, BINH, CHI = "nva@tinh.gov.vn", "ttb@tinh.gov.vn", "lvc@tinh.gov.vn"


def used(
    connection: Connection, agency: str, account_id: int, day: date, provider: str = "gmail.com", **n: int
) -> None:
    row = {"day": day, "account_id": account_id, "agency_id": find_agency(connection, agency), "provider": provider}
    connection.execute(insert(PrivateMailUse).values(row | n))


@pytest.fixture
def people(province: Database) -> dict[str, int]:
    """Three people in snv-vp, syt and the Party's block, with what they did."""
    with province.write() as connection:
        service.add_agency(connection, ROOT, "tu", "Tỉnh ủy", block=True)
    names = {AN: "snv-vp", BINH: "syt", CHI: "tu"}
    found = {
        address: make_account(province, address, agency=code, password=None, name=f"Người {number}")
        for number, (address, code) in enumerate(names.items())
    }
    with province.write() as connection:
        used(connection, "snv-vp", found[AN], NOVEMBER, sent=3, documents=1)
        used(connection, "snv-vp", found[AN], OCTOBER, sent=1)
        used(connection, "snv-vp", found[AN], NOVEMBER, "yahoo.com", received=2)
        used(connection, "syt", found[BINH], NOVEMBER, sent=10, own_private=4)
        used(connection, "syt", 0, NOVEMBER, issued=5)
        used(connection, "tu", found[CHI], NOVEMBER, sent=7)
    return found


def ask(database: Database, actor: Actor, by: By = "agency", **more: Any) -> list[Figure]:
    with database.read() as connection:
        return list(figures(connection, actor, date(2026, 10, 1), date(2026, 11, 30), by=by, **more))


def holder(database: Database, role: Role, agency: str = "") -> Actor:
    with database.read() as connection:
        return Actor(name="ql@tinh.gov.vn", role=role, agency_id=find_agency(connection, agency), account_id=1)


def keys(found: list[Figure]) -> dict[str, int]:
    return {one.key: one.messages for one in found}


@pytest.mark.usefixtures("people")
def test_the_console_sees_everything_by_whatever_it_asks(province: Database) -> None:
    root = console("test")
    assert keys(ask(province, root)) == {"syt": 10, "tu": 7, "snv-vp": 6}
    assert keys(ask(province, root, "person")) == {BINH: 10, CHI: 7, AN: 6}
    assert keys(ask(province, root, "provider")) == {"gmail.com": 21, "yahoo.com": 2}
    assert keys(ask(province, root, "month")) == {"2026-10": 1, "2026-11": 22}
    assert [one.key for one in ask(province, root, "month")] == ["2026-10", "2026-11"]
    by_agency = {one.key: one for one in ask(province, root)}
    assert by_agency["syt"].counts == Use(sent=10, own_private=4, issued=5)
    assert by_agency["snv-vp"].name == "Văn phòng Sở Nội vụ"


@pytest.mark.usefixtures("people")
def test_an_agency_asked_for_brings_those_below_it(province: Database) -> None:
    root = console("test")
    assert keys(ask(province, root, agency="snv")) == {"snv-vp": 6}
    assert keys(ask(province, root, "person", agency="syt")) == {BINH: 10}


@pytest.mark.usefixtures("people")
def test_days_outside_are_left_out(province: Database) -> None:
    with province.read() as connection:
        found = figures(connection, console("test"), NOVEMBER, NOVEMBER, by="person", agency="snv")
    assert keys(list(found)) == {AN: 5}


@pytest.mark.usefixtures("people")
def test_rights_end_at_the_own_agency_and_at_blocks(province: Database) -> None:
    assert keys(ask(province, holder(province, Role.AGENCY_ADMIN, "snv"))) == {"snv-vp": 6}
    assert keys(ask(province, holder(province, Role.AUDITOR))) == {"syt": 10, "snv-vp": 6}
    assert keys(ask(province, holder(province, Role.SECURITY_OFFICER), "person")) == {BINH: 10, AN: 6}
    assert keys(ask(province, holder(province, Role.MANAGER, "tu"), "person")) == {CHI: 7}


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("role", [Role.AGENCY_ADMIN, Role.AUDITOR, Role.CLERK, Role.HELP_DESK, Role.OFFICIAL])
def test_names_are_for_those_entitled(province: Database, role: Role) -> None:
    with pytest.raises(NotAllowed):
        ask(province, holder(province, role), "person")


@pytest.mark.usefixtures("people")
def test_an_official_sees_no_figures(province: Database) -> None:
    with pytest.raises(NotAllowed):
        ask(province, holder(province, Role.OFFICIAL))


# ---------------------------------------------------------------------- retention


def at_end_of(day: date) -> int:
    return midnight(day) + DAY_MS - 1


@pytest.mark.usefixtures("people")
def test_names_leave_the_figures_and_every_sum_stays(province: Database) -> None:
    root, rules = console("test"), PolicySection(names_kept_days=20)
    with province.write() as connection:
        used(connection, "syt", 0, NOVEMBER, "yahoo.com", received=1)
    before = {by: keys(ask(province, root, by)) for by in ("agency", "provider", "month")}
    for _ in range(2):  # again it does nothing
        forget(province, rules, at=at_end_of(date(2026, 11, 21)))  # the 2nd is 19 days ago, the 30th 22
    assert {by: keys(ask(province, root, by)) for by in ("agency", "provider", "month")} == before
    assert keys(ask(province, root, "person")) == {BINH: 10, CHI: 7, AN: 5, "": 1}
    forget(province, rules, at=at_end_of(TODAY + timedelta(days=30)))
    assert {by: keys(ask(province, root, by)) for by in ("agency", "provider", "month")} == before
    nameless = {(one.key, one.agency): one.messages for one in ask(province, root, "person")}
    assert nameless == {("", "syt"): 11, ("", "tu"): 7, ("", "snv-vp"): 6}
    with province.read() as connection:
        rows = connection.execute(select(PrivateMailUse.__table__).where(PrivateMailUse.issued > 0)).all()
    assert [(row.sent, row.issued) for row in rows] == [(10, 5)]


def test_what_is_old_is_forgotten_and_what_is_not_stays(
    province: Database, people: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailhub.screening.records.retention.BATCH", 2)
    now = at_end_of(TODAY)
    old, young = now - 401 * DAY_MS, now - 399 * DAY_MS
    number, an = new_id(), people[AN]
    decided = {"code": "x", "version": 1, "facts": "{}", "outcome": "{}"}
    with province.write() as connection:
        for moment in (old, old + 1, old + 2, old + 3, old + 4, young):
            connection.execute(insert(PolicyDecision).values(decided | {"message_id": first_id(moment) + number % 9}))
        for address, last_at in (("cu@so.vn", now - 1_101 * DAY_MS), ("moi@so.vn", now - 1_099 * DAY_MS)):
            row = {"address": address, "mailbox_id": an, "last_at": last_at}
            connection.execute(insert(Correspondent).values(row))
        for network, last_at in (("192.0.2.0/24", old), ("198.51.100.0/24", young)):
            row = {"account_id": an, "network": network, "first_at": last_at, "last_at": last_at}
            connection.execute(insert(KnownNetwork).values(row))
    done = forget(province, PolicySection(), at=now)
    assert done == {"decisions": 5, "correspondents": 1, "networks": 1}
    assert forget(province, PolicySection(), at=now) == {}
    with province.read() as connection:
        assert connection.execute(select(Correspondent.address)).scalars().all() == ["moi@so.vn"]
        assert len(connection.execute(select(PolicyDecision.code)).all()) == 1


@pytest.mark.unit
def test_a_line_says_what_each_figure_counts() -> None:
    counts = Use(sent=3, received=2, own_private=1, documents=4)
    line = figure_line(Figure(key=AN, name="Nguyễn Văn An", agency="SNV", counts=counts))
    assert line == (
        f"{AN} Nguyễn Văn An: gửi đến hộp thư cá nhân 3 thư; trong đó 1 thư gửi đến "
        "hộp thư cá nhân của chính mình; nhận từ hộp thư cá nhân 2 thư; kèm 4 văn bản"
    )
    unnamed = figure_line(Figure(key="", name="", agency="SNV", counts=Use()))
    assert unnamed == "(tên không còn lưu, đơn vị SNV): không có"
