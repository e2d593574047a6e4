"""A list is compared with the directory, carried out, and taken back."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from mailhub.accounts import service
from mailhub.accounts.control.errors import NeedsSecondPerson
from mailhub.accounts.errors import NotAllowed
from mailhub.accounts.models import Mailbox, MailboxState, Person
from mailhub.accounts.rights import Actor, Role
from mailhub.accounts.tree import find_agency
from mailhub.roster import applying
from mailhub.roster.deciding import RowAct
from mailhub.roster.errors import NoTable, TooFewRows, WrongMoment
from mailhub.roster.keeping import RowState
from mailhub.store.database import Database
from tests.support.rosters import ROOT, SETTINGS, agree, apply, everything, later, plan, rows, sheet, undo

AN = ("1", "Nguyễn Văn An", "05/03/1975", "Trưởng phòng", "Văn phòng", "001075000001", "")
BINH = ("2", "Trần Thị Bình", "06/04/1985", "Chuyên viên", "", "001185000002", "")
CUC = ("3", "Lê Thị Cúc", "07/05/1990", "Chuyên viên", "", "", "")


def acts(made: Any) -> dict[str, int]:
    return {act.value: count for act, count in made.counts.items() if count}


def mailbox(database: Database, address: str) -> Any:
    with database.read() as connection:
        query = select(Mailbox.__table__, Person.title, Person.birth_date).join(Person, Person.id == Mailbox.person_id)
        return connection.execute(query.where(Mailbox.address == address)).one_or_none()


def test_new_people_get_addresses_by_the_rule_and_wait_for_their_slips(province: Database) -> None:
    made = plan(province, sheet(AN, BINH), agency="snv")
    assert acts(made) == {"create": 2}
    assert [row.address for row in made.rows] == ["annv@tinh.gov.vn", "binhtt@tinh.gov.vn"]
    assert apply(province, made.code) == {"done": 2}
    an = mailbox(province, "annv@tinh.gov.vn")
    assert (an.state, an.title, an.birth_date.year) == (MailboxState.APPROVED, "Trưởng phòng", 1975)
    with province.read() as connection:
        assert an.agency_id == find_agency(connection, "snv-vp")


def test_the_same_list_again_changes_nothing(province: Database) -> None:
    apply(province, plan(province, sheet(AN, BINH, CUC), agency="snv").code)
    again = plan(province, sheet(AN, BINH, CUC), agency="snv", complete=True)
    assert acts(again) == {"same": 3}


def test_post_and_unit_change_and_undo_gives_back_what_was(province: Database) -> None:
    apply(province, plan(province, sheet(AN, BINH), agency="snv").code)
    before = everything(province)
    moved = (*BINH[:3], "Phó Trưởng phòng", "Văn phòng Sở Nội vụ", *BINH[5:])
    made = plan(province, sheet((*AN[:3], "Chánh Văn phòng", *AN[4:]), moved, CUC), agency="snv")
    assert acts(made) == {"change": 1, "move": 1, "create": 1}
    assert made.rows[0].fresh == {"chức vụ": ("Trưởng phòng", "Chánh Văn phòng")}
    apply(province, made.code)
    assert mailbox(province, "binhtt@tinh.gov.vn").title == "Phó Trưởng phòng"
    assert undo(province, made.code) == {"undone": 3, "kept": 0}
    assert everything(province) == before


def test_a_whole_list_ends_whom_it_leaves_out_with_a_second_person(province: Database) -> None:
    apply(province, plan(province, sheet(AN, BINH, CUC), agency="snv").code)
    before = everything(province)
    made = plan(province, sheet(AN, BINH), agency="snv", complete=True)
    assert acts(made) == {"same": 2, "end": 1}
    assert made.above_limit
    with pytest.raises(NeedsSecondPerson), province.write() as connection:
        applying.begin(connection, ROOT, made.code, rules=SETTINGS)
    assert apply(province, made.code) == {"done": 1}
    assert mailbox(province, "cuclt@tinh.gov.vn").state == MailboxState.RETAINED
    undo(province, made.code)
    assert everything(province) == before


def test_a_list_without_complete_ends_nobody(province: Database) -> None:
    apply(province, plan(province, sheet(AN, BINH), agency="snv").code)
    assert acts(plan(province, sheet(AN), agency="snv")) == {"same": 1}


def test_an_empty_or_foreign_list_that_claims_to_be_whole_is_stopped(province: Database) -> None:
    apply(province, plan(province, sheet(AN, BINH, CUC), agency="snv").code)
    with pytest.raises(TooFewRows):
        plan(province, sheet(), agency="snv", complete=True)
    with pytest.raises(TooFewRows):
        plan(province, sheet(("1", "Vũ Văn Khác", "", "", "", "", "")), agency="snv", complete=True)
    with pytest.raises(NoTable):
        plan(province, sheet(header=("a", "b")), agency="snv", complete=True)


def test_somebody_whose_row_is_wrong_is_not_ended_for_it(province: Database) -> None:
    apply(province, plan(province, sheet(AN, BINH, CUC), agency="snv").code)
    broken = (*CUC[:2], "31/02/1990", *CUC[3:])
    assert acts(plan(province, sheet(AN, BINH, broken), agency="snv", complete=True)) == {"same": 2, "wrong": 1}


def test_a_row_that_says_since_when_somebody_is_gone_ends_that_one(province: Database) -> None:
    header = ("STT", "Họ và tên", "Ngày sinh", "Nghỉ việc từ")
    apply(province, plan(province, sheet(AN, BINH), agency="snv").code)
    made = plan(
        province,
        sheet(("1", "Nguyễn Văn An", "05/03/1975", "01/01/2026"), ("2", "Trần Thị Bình", "06/04/1985", "31/12/2090"),
              header=header),
        agency="snv",
    )  # fmt: skip
    assert acts(made) == {"end": 2}
    apply(province, made.code)
    assert mailbox(province, "annv@tinh.gov.vn").state == MailboxState.RETAINED
    binh = mailbox(province, "binhtt@tinh.gov.vn")
    assert (binh.state, str(binh.ends_on)) == (MailboxState.APPROVED, "2090-12-31")


def test_two_of_one_name_in_one_office_are_two_people_and_stay_so(province: Database) -> None:
    twins = [("1", "Lê Văn Hai", "", "Chuyên viên", "", "", ""), ("2", "Lê Văn Hai", "", "Kế toán", "", "", "")]
    made = plan(province, sheet(*twins), agency="snv")
    assert [row.address for row in made.rows] == ["hailv@tinh.gov.vn", "hailv2@tinh.gov.vn"]
    apply(province, made.code)
    assert acts(plan(province, sheet(*twins), agency="snv", complete=True)) == {"same": 2}
    vague = plan(province, sheet(("1", "Lê Văn Hai", "", "", "", "", "")), agency="snv")
    assert acts(vague) == {"wrong": 1}


def test_a_new_row_that_may_be_somebody_who_is_there_waits_for_a_word(province: Database) -> None:
    apply(province, plan(province, sheet(AN, CUC), agency="snv").code)
    made = plan(province, sheet(AN, (*CUC[:2], "", "Chuyên viên", "Văn phòng", "", "")), agency="snv", complete=True)
    (doubtful,) = [row for row in made.rows if row.doubt]
    assert "cuclt@tinh.gov.vn" in doubtful.doubt
    assert made.counts[RowAct.END] == 0  # nobody is ended who may be the one of the doubtful row
    assert apply(province, made.code) == {"doubt": 1}
    with province.write() as connection:
        assert applying.retry(connection, ROOT, made.code, doubts=True) == 1
    assert apply(province, made.code) == {"done": 1}
    assert mailbox(province, "cuclt2@tinh.gov.vn") is not None


def test_an_account_changed_since_the_plan_is_a_conflict_and_told(province: Database) -> None:
    apply(province, plan(province, sheet(AN, BINH), agency="snv").code)
    new_posts = [(*AN[:3], "Giám đốc", *AN[4:]), (*BINH[:3], "Văn thư", *BINH[4:])]
    made = plan(province, sheet(*new_posts), agency="snv")
    with province.write() as connection:
        service.suspend_account(connection, ROOT, "annv@tinh.gov.vn", reason="mất máy")
    assert apply(province, made.code) == {"conflict": 1, "done": 1}
    (conflict,) = rows(province, made.code, RowState.CONFLICT)
    assert "console:test" in conflict.problem
    assert mailbox(province, "annv@tinh.gov.vn").title == "Trưởng phòng"
    with province.write() as connection:
        assert applying.retry(connection, ROOT, made.code, conflicts=True) == 1
    assert apply(province, made.code) == {"done": 2}
    assert mailbox(province, "annv@tinh.gov.vn").title == "Giám đốc"


def test_one_row_that_fails_does_not_stop_the_others(province: Database) -> None:
    given = [(*AN[:6], "an@tinh.gov.vn"), (*BINH[:6], "binh@tinh.gov.vn")]
    made = plan(province, sheet(*given), agency="snv")
    with province.write() as connection:
        service.create_account(connection, ROOT, "an@tinh.gov.vn", "Vũ Thị An", agency="syt")
    assert apply(province, made.code) == {"failed": 1, "done": 1}
    assert "đã có người dùng" in rows(province, made.code, RowState.FAILED)[0].problem


def test_a_proposed_address_that_somebody_took_meanwhile_becomes_the_next_one(province: Database) -> None:
    made = plan(province, sheet(AN), agency="snv")
    with province.write() as connection:
        service.create_account(connection, ROOT, "annv@tinh.gov.vn", "Ngô Văn An", agency="syt")
    assert apply(province, made.code) == {"done": 1}
    assert mailbox(province, "annv2@tinh.gov.vn").name == "Nguyễn Văn An"


def test_an_interrupted_apply_goes_on_where_it_was(province: Database) -> None:
    people = [(str(n), f"Nguyễn Văn {'ABCDEFGHIJ'[n]}a", "", f"Việc {n}", "", "", "") for n in range(10)]
    made = plan(province, sheet(*people), agency="snv")
    apply(province, made.code, size=3, batches=2)  # and then nothing: as after a kill
    assert len(rows(province, made.code, RowState.DONE)) == 6
    assert apply(province, made.code, size=3) == {"done": 10}
    undo(province, made.code, size=4, batches=1)
    assert len(rows(province, made.code, RowState.UNDONE)) == 4
    assert undo(province, made.code, size=4) == {"undone": 10, "kept": 0}
    assert mailbox(province, "aanv@tinh.gov.vn") is None


def test_undo_keeps_a_new_account_that_is_used_or_has_mail(province: Database) -> None:
    made = plan(province, sheet(AN, BINH, CUC), agency="snv")
    apply(province, made.code)
    with province.write() as connection:
        connection.execute(
            update(Mailbox).where(Mailbox.address == "annv@tinh.gov.vn").values(state="active", last_login_at=1)
        )
    assert undo(province, made.code, mail=["binhtt@tinh.gov.vn"]) == {"undone": 1, "kept": 2}
    assert {row.problem for row in rows(province, made.code, RowState.KEPT)} == {
        "đã có người đăng nhập: giữ lại tài khoản",
        "đã có thư gửi đến: giữ lại tài khoản",
    }


def test_undo_keeps_what_somebody_changed_since_and_says_who(province: Database) -> None:
    apply(province, plan(province, sheet(AN), agency="snv").code)
    made = plan(province, sheet((*AN[:3], "Giám đốc", *AN[4:])), agency="snv")
    apply(province, made.code)
    with province.write() as connection:
        service.suspend_account(connection, ROOT, "annv@tinh.gov.vn", reason="mất máy")
    assert undo(province, made.code) == {"undone": 0, "kept": 1}
    assert "console:test" in rows(province, made.code, RowState.KEPT)[0].problem
    assert mailbox(province, "annv@tinh.gov.vn").title == "Giám đốc"


def test_after_its_hours_a_list_is_not_undone(province: Database) -> None:
    made = plan(province, sheet(AN), agency="snv")
    apply(province, made.code)
    with pytest.raises(WrongMoment):
        undo(province, made.code, at=later(24.1))


def test_somebody_of_another_agency_is_moved_by_who_may_and_refused_to_others(province: Database) -> None:
    apply(province, plan(province, sheet((*AN[:4], "", *AN[5:])), agency="syt").code)
    here = sheet((*AN[:4], "Văn phòng", *AN[5:]))
    assert acts(plan(province, here, agency="snv")) == {"move": 1}
    with province.read() as connection:
        snv = find_agency(connection, "snv")
    clerk = Actor(name="qt@tinh.gov.vn", role=Role.AGENCY_ADMIN, agency_id=snv, account_id=1)
    made = plan(province, here, agency="snv", actor=clerk)
    assert acts(made) == {"wrong": 1}
    assert "annv" not in str(made.rows[0].findings)


def test_an_agency_administrator_plans_but_does_not_apply_and_not_elsewhere(province: Database) -> None:
    with province.read() as connection:
        snv = find_agency(connection, "snv")
    clerk = Actor(name="qt@tinh.gov.vn", role=Role.AGENCY_ADMIN, agency_id=snv, account_id=1)
    made = plan(province, sheet(AN), agency="snv", actor=clerk)
    with pytest.raises(NotAllowed), province.write() as connection:
        applying.begin(connection, clerk, made.code, rules=SETTINGS)
    with pytest.raises(NotAllowed):
        plan(province, sheet(AN), agency="syt", actor=clerk)


def test_a_later_list_makes_an_older_plan_void(province: Database) -> None:
    older = plan(province, sheet(AN), agency="snv")
    apply(province, plan(province, sheet(BINH), agency="snv").code)
    agree(province, older.code)
    with pytest.raises(WrongMoment), province.write() as connection:
        applying.begin(connection, ROOT, older.code, rules=SETTINGS)


def test_every_account_of_a_list_has_its_audit_row_and_the_chain_holds(province: Database) -> None:
    made = plan(province, sheet(AN, BINH), agency="snv")
    apply(province, made.code)
    undo(province, made.code)
    with province.read() as connection:
        from mailhub.accounts.audit import verify_chain
        from mailhub.accounts.records import AuditRow

        told = [(row.action, row.object) for row in connection.execute(select(AuditRow.__table__))]
        assert verify_chain(connection).ok
    assert told.count(("account.create", "annv@tinh.gov.vn")) == 1
    assert told.count(("roster.undo", "annv@tinh.gov.vn")) == 1
    assert [action for action, _ in told].count("roster.apply") == 2


def test_no_identifier_is_kept_in_the_clear(province: Database) -> None:
    made = plan(province, sheet(AN), agency="snv")
    apply(province, made.code)
    assert AN[5] not in str(everything(province)) + str(rows(province, made.code))


def test_an_identifier_in_a_column_that_slipped_is_not_kept_either(province: Database) -> None:
    header = ("STT", "Họ và tên", "Chức vụ", "Email")
    people = (("1", "Trần Thị Mơ 001080077777", "Kế toán", ""), ("2", "Lê Na", "Kế toán", "001080099999"))
    made = plan(province, sheet(*people, header=header), agency="snv")
    kept = rows(province, made.code)
    assert "001080077777" not in str(kept)
    assert "001080099999" not in str(kept)
    assert "Trần Thị Mơ …" in str(kept)


def test_an_office_that_would_lose_its_last_holder_is_named(province: Database) -> None:
    apply(province, plan(province, sheet(AN, BINH, CUC), agency="snv").code)
    with province.write() as connection:
        service.add_role_mailbox(connection, ROOT, "vanthu.snv@tinh.gov.vn", "Văn thư", agency="snv")
        connection.execute(update(Mailbox).where(Mailbox.address == "cuclt@tinh.gov.vn").values(state="active"))
        service.hold_role(connection, ROOT, "vanthu.snv@tinh.gov.vn", "cuclt@tinh.gov.vn")
    made = plan(province, sheet(AN, BINH), agency="snv", complete=True)
    assert made.offices == ("vanthu.snv@tinh.gov.vn",)


def test_what_a_column_means_is_remembered_for_the_agency(province: Database) -> None:
    from mailhub.roster.headers import Field

    header = ("STT", "Họ và tên", "Nhiệm vụ")
    row = ("1", "Nguyễn Văn An", "Kế toán")
    made = plan(province, sheet(row, header=header), agency="snv", columns={"nhiem vu": Field.TITLE})
    assert made.rows[0].wanted["title"] == "Kế toán"
    assert plan(province, sheet(row, header=header), agency="snv").rows[0].wanted["title"] == "Kế toán"
    assert "title" not in plan(province, sheet(row, header=header), agency="syt").rows[0].wanted


def test_undo_gives_back_the_offices_that_a_move_took(province: Database) -> None:
    header = ("STT", "Họ và tên", "Chức vụ", "Mã đơn vị", "Số CCCD")
    apply(province, plan(province, sheet(("1", "Nguyễn Văn An", "Văn thư", "snv", AN[5]), header=header)).code)
    with province.write() as connection:
        connection.execute(update(Mailbox).where(Mailbox.address == "annv@tinh.gov.vn").values(state="active"))
        service.add_role_mailbox(connection, ROOT, "vt.snv@tinh.gov.vn", "Văn thư", agency="snv")
        service.hold_role(connection, ROOT, "vt.snv@tinh.gov.vn", "annv@tinh.gov.vn")
    before = everything(province)
    made = plan(province, sheet(("1", "Nguyễn Văn An", "Kế toán", "syt", AN[5]), header=header))
    assert (acts(made), made.offices) == ({"move": 1}, ("vt.snv@tinh.gov.vn",))
    apply(province, made.code)
    assert everything(province)["role_holder"] != before["role_holder"]
    undo(province, made.code)
    assert everything(province) == before
