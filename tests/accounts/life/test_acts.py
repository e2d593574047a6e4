"""Suspending, ending, restoring, announcing, holding, changing: what holds afterwards, and who hears of it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import func, insert, select, update

from mailhub.accounts import service
from mailhub.accounts.control.errors import LastAdministrator
from mailhub.accounts.errors import ChangedMeanwhile, InvalidValue, NotAllowed, WrongState
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.life import activation, ending, holding, keeping
from mailhub.accounts.life.changing import Change, change_account
from mailhub.accounts.life.retention import add_months, retained_until
from mailhub.accounts.login.models import AppPassword
from mailhub.accounts.models import Address, Grant, Mailbox, MailboxKind, MailboxState, Person, Rank
from mailhub.accounts.organisation.pools import PoolFull
from mailhub.accounts.records import AuditRow, Credential
from mailhub.accounts.rights import Role
from mailhub.ids import new_id
from mailhub.settings.sections.accounts import AccountsSection
from mailhub.store.database import Database
from tests.accounts.life.support import AT, NVA, TODAY, letters, make_actor, noon
from tests.support.accounts import ROOT, make_account

SETTINGS = AccountsSection()
BASIS = "QĐ 156/QĐ-SNV ngày 20/11/2026"


@pytest.mark.parametrize(
    ("day", "months", "result"),
    [
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2026, 12, 1), 12, date(2027, 12, 1)),
        (date(2026, 6, 30), 6, date(2026, 12, 30)),
    ],
)
def test_months_end_where_the_calendar_lets_them(day: date, months: int, result: date) -> None:
    assert add_months(day, months) == result


def test_retention_is_a_table_by_rank_and_an_office_is_kept_as_long_as_any() -> None:
    kept = {rank: retained_until(rank, TODAY, SETTINGS) for rank in (*Rank, None)}
    assert kept[Rank.STAFF] == kept[Rank.HEAD] == date(2027, 5, 22)
    assert kept[Rank.LEADER] == kept[None] == date(2027, 11, 22)


def test_an_end_is_kept_by_rank_names_its_document_and_the_unit_hears_of_it(province: Database) -> None:
    make_account(province, NVA, agency="snv-vp")
    make_account(province, "ltb@tinh.gov.vn", agency="snv", name="Lê Thị Bình")
    with province.write() as c:
        c.execute(update(Person).values(rank=Rank.LEADER))
        ended = service.end_account(
            c, ROOT, NVA, reason="nghỉ hưu", because=BASIS, handover="ltb@tinh.gov.vn", settings=SETTINGS, at=AT
        )
        assert (ended.retained_until, ended.ends_because, ended.ends_on) == (date(2027, 11, 22), BASIS, TODAY)
        (kind, to, facts), taker = letters(c)[-2:]
    assert (kind, to) == ("ended", "vanthu.snv@tinh.gov.vn")
    assert (taker[:2], taker[2]["act"]) == (("ended", "ltb@tinh.gov.vn"), "taker")
    assert (facts["because"], facts["handover"]) == (BASIS, "ltb@tinh.gov.vn")
    assert facts["retained_until"] == "2027-11-22"
    assert facts["agency"] == "Văn phòng Sở Nội vụ"


def test_nobody_takes_over_from_themselves_or_from_where_no_mail_arrives(province: Database) -> None:
    make_account(province, NVA)
    make_account(province, "ltb@tinh.gov.vn")
    with province.write() as c:
        service.end_account(c, ROOT, "ltb@tinh.gov.vn", reason="x", at=AT)
    for taker in (NVA, "ltb@tinh.gov.vn"):
        with pytest.raises(InvalidValue, match="cannot take over"), province.write() as c:
            service.end_account(c, ROOT, NVA, reason="x", handover=taker, at=AT)


def test_restoring_gives_back_the_state_that_was_and_what_was_suspended_before_the_end_is_again(
    province: Database,
) -> None:
    make_account(province, NVA)
    with province.write() as c:
        c.execute(update(Mailbox).where(Mailbox.address == NVA).values(state=MailboxState.APPROVED))
        service.suspend_account(c, ROOT, NVA, reason="x", refuse_mail=True, at=AT)
        service.suspend_account(c, ROOT, NVA, reason="x", refuse_mail=True, at=AT)
        service.end_account(c, ROOT, NVA, reason="x", at=AT)
        first = service.restore_account(c, ROOT, NVA, at=AT)
        assert (first.state, first.takes_mail) == (MailboxState.SUSPENDED, False)
        second = service.restore_account(c, ROOT, NVA, at=AT)
    assert (second.state, second.takes_mail, second.former_states) == (MailboxState.APPROVED, True, "")
    assert (second.ends_on, second.ended_at, second.retained_until) == (None, None, None)


def test_an_announced_end_that_a_restored_account_lost_is_known(province: Database) -> None:
    make_account(province, NVA)
    with province.write() as c:
        ending.announce(c, ROOT, NVA, TODAY + timedelta(days=9), reason="x", at=AT)
        assert ending.announced_end(c, find_mailbox(c, NVA), at=AT) is None
        service.end_account(c, ROOT, NVA, reason="x", at=AT)
        assert ending.announced_end(c, find_mailbox(c, NVA), at=AT) == TODAY + timedelta(days=9)
        assert ending.announced_end(c, find_mailbox(c, NVA), at=noon(9)) is None
        assert service.restore_account(c, ROOT, NVA, at=AT).ends_on is None


def test_one_comes_back_on_the_last_day_of_retention_and_not_after(province: Database) -> None:
    for address, days, comes in ((NVA, 181, True), ("ltb@tinh.gov.vn", 182, False)):
        make_account(province, address)
        with province.write() as c:
            ended = service.end_account(c, ROOT, address, reason="x", at=AT)
            assert ended.retained_until == TODAY + timedelta(days=181)
        if comes:
            with province.write() as c:
                assert service.restore_account(c, ROOT, address, at=noon(days)).state is MailboxState.ACTIVE
        else:
            with pytest.raises(WrongState, match="request new"), province.write() as c:
                service.restore_account(c, ROOT, address, at=noon(days))


def test_what_is_suspended_tells_its_unit_once_and_not_why(province: Database) -> None:
    make_account(province, NVA, agency="snv")
    with province.write() as c:
        service.suspend_account(c, ROOT, NVA, reason="đang bị điều tra", at=AT)
        service.suspend_account(c, ROOT, NVA, reason="đang bị điều tra", at=AT)
        told = letters(c)
    assert [kind for kind, _, _ in told] == ["suspended"]
    assert "điều tra" not in str(told)


def test_the_second_of_two_administrators_is_told_who_was_faster(province: Database) -> None:
    make_account(province, NVA)
    with province.read() as c:
        seen = find_mailbox(c, NVA).revision
    with province.write() as c:
        change_account(c, ROOT, NVA, Change(name="Nguyễn Văn Ân"), expect=seen, at=AT)
    with pytest.raises(ChangedMeanwhile) as told, province.write() as c:
        service.suspend_account(c, ROOT, NVA, reason="x", expect=seen, at=AT)
    assert (told.value.who, told.value.when) == ("console:test", AT)
    assert "22/11/2026 09:00:00" in str(told.value)
    with province.read() as c:
        assert find_mailbox(c, NVA).state is MailboxState.ACTIVE


def test_the_last_administrator_is_neither_suspended_nor_ended_nor_announced(province: Database) -> None:
    make_actor(province, "qt1@tinh.gov.vn", Role.SYSTEM_ADMIN)
    with province.write() as c:
        c.execute(update(Grant).values(agency_id=None))
    with pytest.raises(LastAdministrator), province.write() as c:
        service.suspend_account(c, ROOT, "qt1@tinh.gov.vn", reason="x", at=AT)
    with pytest.raises(LastAdministrator), province.write() as c:
        service.end_account(c, ROOT, "qt1@tinh.gov.vn", reason="x", at=AT)
    with pytest.raises(LastAdministrator), province.write() as c:
        ending.announce(c, ROOT, "qt1@tinh.gov.vn", TODAY + timedelta(days=9), reason="x", at=AT)
    make_actor(province, "qt2@tinh.gov.vn", Role.SYSTEM_ADMIN)
    with province.write() as c:
        assert service.suspend_account(c, ROOT, "qt1@tinh.gov.vn", reason="x", at=AT).state is MailboxState.SUSPENDED


def test_an_announced_end_comes_on_its_day_and_once(province: Database) -> None:
    make_account(province, NVA)
    make_account(province, "ltb@tinh.gov.vn")
    day = TODAY + timedelta(days=9)
    with province.write() as c:
        ending.announce(c, ROOT, NVA, day, reason="nghỉ hưu", because=BASIS, handover="ltb@tinh.gov.vn", at=AT)
        assert find_mailbox(c, NVA).logs_in
        assert ending.due(c, day - timedelta(days=1)) == []
        assert ending.carry_out(c, ROOT, NVA, settings=SETTINGS, at=noon(8)) is None
        assert ending.due(c, day) == [NVA]
        ended = ending.carry_out(c, ROOT, NVA, settings=SETTINGS, at=noon(9))
        assert ended is not None
        assert (ended.state, ended.ends_because) == (MailboxState.RETAINED, BASIS)
        assert ended.handover_id == find_mailbox(c, "ltb@tinh.gov.vn").id
        assert ending.carry_out(c, ROOT, NVA, settings=SETTINGS, at=noon(9)) is None
        assert ending.due(c, day) == []


def test_an_announced_end_can_be_called_off(province: Database) -> None:
    make_account(province, NVA)
    with province.write() as c:
        ending.announce(c, ROOT, NVA, TODAY + timedelta(days=9), reason="nghỉ hưu", at=AT)
        ending.call_off(c, ROOT, NVA, reason="gia hạn hợp đồng", at=AT)
        assert ending.due(c, TODAY + timedelta(days=30)) == []
    with pytest.raises(WrongState, match="nothing to call off"), province.write() as c:
        ending.call_off(c, ROOT, NVA, reason="x", at=AT)


@pytest.mark.parametrize("days", [0, -1])
def test_an_end_is_announced_for_a_day_to_come(province: Database, days: int) -> None:
    make_account(province, NVA)
    with pytest.raises(InvalidValue, match="not in the future"), province.write() as c:
        ending.announce(c, ROOT, NVA, TODAY + timedelta(days=days), reason="x", at=AT)


def test_what_an_order_holds_is_neither_archived_nor_erased(province: Database) -> None:
    make_account(province, NVA)
    with province.write() as c:
        holding.hold_account(c, ROOT, NVA, order="QĐ 12/QĐ-CA ngày 03/11/2026", reason="điều tra", at=AT)
        holding.hold_account(c, ROOT, NVA, order="QĐ 15/QĐ-VKS ngày 09/11/2026", reason="điều tra", at=AT)
        service.end_account(c, ROOT, NVA, reason="x", at=AT)
        assert keeping.archivable(c, TODAY + timedelta(days=9999)) == []
    with pytest.raises(WrongState, match="QĐ 12/QĐ-CA"), province.write() as c:
        keeping.mark_archived(c, ROOT, NVA, reason="x", at=noon(400))
    with pytest.raises(InvalidValue, match="several"), province.write() as c:
        holding.release_hold(c, ROOT, NVA, reason="x", at=AT)
    with province.write() as c:
        holding.release_hold(c, ROOT, NVA, order="QĐ 12/QĐ-CA ngày 03/11/2026", reason="x", at=AT)
    with pytest.raises(WrongState, match="QĐ 15/QĐ-VKS"), province.write() as c:
        keeping.mark_archived(c, ROOT, NVA, reason="x", at=noon(400))
    with province.write() as c:
        holding.release_hold(c, ROOT, NVA, reason="x", at=AT)
        assert keeping.mark_archived(c, ROOT, NVA, reason="x", at=noon(400)).state is MailboxState.ARCHIVED


@pytest.mark.parametrize("order", ["", "  ", ";"])
def test_a_hold_needs_an_order(province: Database, order: str) -> None:
    make_account(province, NVA)
    with pytest.raises(InvalidValue, match="order"), province.write() as c:
        holding.hold_account(c, ROOT, NVA, order=order, reason="x", at=AT)


def test_nothing_is_archived_or_erased_before_its_time(province: Database) -> None:
    make_account(province, NVA)
    with province.write() as c:
        service.end_account(c, ROOT, NVA, reason="x", at=AT)
        assert keeping.archivable(c, TODAY + timedelta(days=181)) == []
        assert keeping.archivable(c, TODAY + timedelta(days=182)) == [NVA]
    with pytest.raises(WrongState, match="is kept until"), province.write() as c:
        keeping.mark_archived(c, ROOT, NVA, reason="x", at=noon(181))
    with province.write() as c:
        keeping.mark_archived(c, ROOT, NVA, reason="hết hạn lưu", at=noon(182))
        assert keeping.erasable(c, TODAY + timedelta(days=182 + 5 * 365), SETTINGS) == []
        assert keeping.erasable(c, TODAY + timedelta(days=182 + 5 * 366), SETTINGS) == [NVA]
        for_ever = AccountsSection(archive_years=0)
        assert keeping.erasable(c, TODAY + timedelta(days=99999), for_ever) == []
    with pytest.raises(WrongState, match="is kept until"), province.write() as c:
        keeping.mark_erased(c, ROOT, NVA, reason="x", settings=SETTINGS, at=noon(183))
    with pytest.raises(WrongState, match="for ever"), province.write() as c:
        keeping.mark_erased(c, ROOT, NVA, reason="x", settings=for_ever, at=noon(9999))


def test_of_an_erased_account_nothing_is_left_but_its_address(province: Database) -> None:
    number = make_account(province, NVA, agency="snv", name="Nguyễn Văn An")
    with province.write() as c:
        c.execute(
            update(Person).values(phone="0912345678", recovery_address="an@gmail.com", birth_date=date(1970, 1, 1))
        )
        row = {"mailbox_id": number, "device": "điện thoại", "prefix": "abc", "digest": b"x", "made_at": AT}
        c.execute(insert(AppPassword).values(id=new_id(), last_ip="", last_service="", **row))
        service.add_group(c, ROOT, "tatca@tinh.gov.vn", "Tất cả")
        service.add_member(c, ROOT, "tatca@tinh.gov.vn", NVA)
        service.add_alias(c, ROOT, "an@tinh.gov.vn", NVA)
        service.end_account(c, ROOT, NVA, reason="x", at=AT)
        keeping.mark_archived(c, ROOT, NVA, reason="x", at=noon(400))
        erased = keeping.mark_erased(c, ROOT, NVA, reason="x", settings=SETTINGS, at=noon(400 + 5 * 366))
        person = c.execute(select(Person.__table__).where(Person.id == erased.person_id)).mappings().one()
        assert (erased.name, person["full_name"], person["folded"]) == ("(đã xóa)", "(đã xóa)", "")
        assert (person["phone"], person["recovery_address"], person["birth_date"]) == ("", "", None)
        for table in (Credential, AppPassword):
            mine = select(func.count()).select_from(table).where(table.mailbox_id == number)
            assert c.execute(mine).scalar_one() == 0
        assert service.show_account(c, ROOT, NVA, at=noon(9999)).groups == ()
        kept = c.execute(select(Address.address).where(Address.mailbox_id == number)).scalars()
        assert set(kept) == {NVA, "an@tinh.gov.vn"}


NAMES = [
    ("H'Hen Niê", "h'hen nie"),
    ("H’Hen Niê", "h'hen nie"),
    ("Tùng", "tung"),
    ("Công Tằng Tôn Nữ Thị Quỳnh Anh Nguyễn Phúc Hoàng Trâm Anh Vy", None),
    ("  Nguyễn   Văn  An ", "nguyen van an"),
]


@pytest.mark.parametrize(("name", "words"), NAMES)
def test_names_as_people_have_them_are_taken_and_found(province: Database, name: str, words: str | None) -> None:
    make_account(province, NVA)
    with province.write() as c:
        changed = change_account(c, ROOT, NVA, Change(name=name), at=AT)
        person = c.execute(select(Person.full_name, Person.folded).where(Person.id == changed.person_id)).one()
    assert changed.name == person.full_name
    assert words is None or (person.folded == words and words in changed.folded)
    assert "  " not in changed.name


@pytest.mark.parametrize("name", ["", "   ", "123", "---", "x" * 201])
def test_what_is_no_name_is_refused(province: Database, name: str) -> None:
    make_account(province, NVA)
    with pytest.raises(InvalidValue), province.write() as c:
        change_account(c, ROOT, NVA, Change(name=name), at=AT)


def test_a_new_post_brings_its_rank_unless_one_is_given(province: Database) -> None:
    make_account(province, NVA)
    with province.write() as c:
        person = find_mailbox(c, NVA).person_id

        def rank() -> str:
            return c.execute(select(Person.rank).where(Person.id == person)).scalar_one()

        change_account(c, ROOT, NVA, Change(title="Giám đốc Sở"), at=AT)
        assert rank() == Rank.LEADER
        change_account(c, ROOT, NVA, Change(title="Chuyên viên", rank=Rank.HEAD), at=AT)
        assert rank() == Rank.HEAD
        change_account(c, ROOT, NVA, Change(quota_mib=500), at=AT)
        assert rank() == Rank.HEAD


def test_nobody_raises_their_own_quota_or_rank(province: Database) -> None:
    admin = make_actor(province, "qt@tinh.gov.vn", Role.AGENCY_ADMIN, "snv")
    for wanted in (Change(quota_mib=9999), Change(quota_mib=0), Change(rank=Rank.LEADER), Change(title="Giám đốc")):
        with pytest.raises(NotAllowed, match="nobody"), province.write() as c:
            change_account(c, admin, "qt@tinh.gov.vn", wanted, at=AT)


def test_a_quota_stays_within_the_agencys_pool(province: Database) -> None:
    make_account(province, NVA, agency="snv-vp")
    with province.write() as c:
        change_account(c, ROOT, NVA, Change(quota_mib=300), at=AT)
        service.set_pool(c, ROOT, "snv", 500)
        change_account(c, ROOT, NVA, Change(quota_mib=500), at=AT)
    with pytest.raises(PoolFull), province.write() as c:
        change_account(c, ROOT, NVA, Change(quota_mib=501), at=AT)


def test_an_office_has_no_rank(province: Database) -> None:
    with province.write() as c:
        service.create_account(c, ROOT, "may@tinh.gov.vn", "Máy quét", kind=MailboxKind.SERVICE)
    with pytest.raises(InvalidValue, match="no person"), province.write() as c:
        change_account(c, ROOT, "may@tinh.gov.vn", Change(rank=Rank.HEAD), at=AT)
    with pytest.raises(InvalidValue, match="nothing to change"), province.write() as c:
        change_account(c, ROOT, "may@tinh.gov.vn", Change(), at=AT)


def test_an_approved_account_is_in_use_from_its_first_login_on(province: Database) -> None:
    number = make_account(province, NVA)
    with province.write() as c:
        c.execute(update(Mailbox).where(Mailbox.id == number).values(state=MailboxState.APPROVED))
        assert activation.activate(c, number, at=AT)
        assert not activation.activate(c, number, at=AT + 5)
        row = find_mailbox(c, NVA)
    assert (row.state, row.last_login_at) == (MailboxState.ACTIVE, AT)


def test_each_act_leaves_its_document_in_the_audit_log(province: Database) -> None:
    make_account(province, NVA)
    with province.write() as c:
        service.suspend_account(c, ROOT, NVA, reason="x", because=BASIS, at=AT)
        service.restore_account(c, ROOT, NVA, reason="x", because=BASIS, at=AT)
        service.end_account(c, ROOT, NVA, reason="x", because=BASIS, at=AT)
        after = c.execute(select(AuditRow.after).order_by(AuditRow.id.desc()).limit(3)).scalars()
        assert all(BASIS in picture for picture in after)
