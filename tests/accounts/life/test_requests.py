"""Requests: who may ask, who decides, what an approval does, and what a refusal gives back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from mailhub.accounts import service
from mailhub.accounts.errors import AddressTaken, NoSuchAccount, NotAllowed, ReasonMissing, WrongState
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.life.deciding import approve, lapse, refuse, withdraw
from mailhub.accounts.life.models import RequestState
from mailhub.accounts.life.moving import Move
from mailhub.accounts.life.newcomers import Newcomer, SuspectedDuplicate
from mailhub.accounts.life.request_rows import NoSuchRequest, list_requests, show_request
from mailhub.accounts.life.requests import Made, request_end, request_move, request_new, request_password
from mailhub.accounts.models import Mailbox, MailboxState, Person
from mailhub.accounts.people.naming import Naming
from mailhub.accounts.people.person import NewPerson
from mailhub.accounts.records import AuditRow
from mailhub.accounts.rights import Actor, Role, console, schedule
from mailhub.settings.sections.accounts import AccountsSection
from mailhub.store.database import Database
from tests.accounts.life.support import AT, NVA, TODAY, letters, make_actor, noon
from tests.support.accounts import ROOT, make_account

BASIS = "QĐ 156/QĐ-SNV ngày 20/11/2026"
SETTINGS = AccountsSection()


@pytest.fixture
def clerk(province: Database) -> Actor:
    return make_actor(province, "vt@tinh.gov.vn", Role.CLERK, "snv")


@pytest.fixture
def approver(province: Database) -> Actor:
    return make_actor(province, "duyet@tinh.gov.vn", Role.APPROVER)


def ask(
    database: Database, actor: Actor, name: str = "Nguyễn Văn An", *, address: str = "", agency: str = "snv"
) -> Made:
    newcomer = Newcomer(name=name, agency=agency, address=address, person=NewPerson(title="Chuyên viên"))
    with database.write() as c:
        return request_new(c, actor, newcomer, basis=BASIS, naming=Naming(), at=AT)


def test_a_newcomer_is_asked_for_approved_and_welcomed(province: Database, clerk: Actor, approver: Actor) -> None:
    made = ask(province, clerk)
    assert made.address == "annv@tinh.gov.vn"
    with province.write() as c:
        row = find_mailbox(c, made.address)
        assert (row.state, row.takes_mail, row.logs_in) == (MailboxState.REQUESTED, False, False)
        kind, to, facts = letters(c)[-1]
        assert (kind, to) == ("request-made", "duyet@tinh.gov.vn")
        assert (facts["request"], facts["because"], facts["name"]) == (made.code, BASIS, "Nguyễn Văn An")
        decided = approve(c, approver, made.code, settings=SETTINGS, at=AT)
        assert decided.state is RequestState.APPROVED
        row = find_mailbox(c, made.address)
        assert (row.state, row.takes_mail, row.logs_in) == (MailboxState.APPROVED, True, False)
        told = [(kind, to) for kind, to, _ in letters(c)][1:]
    assert told == [("welcome", "annv@tinh.gov.vn"), ("request-decided", "vt@tinh.gov.vn")]


def test_the_same_name_twice_gets_another_address(province: Database, clerk: Actor) -> None:
    first = ask(province, clerk)
    newcomer = Newcomer(name="Nguyễn Văn An", agency="snv", override="người khác, sinh 1990")
    with province.write() as c:
        second = request_new(c, clerk, newcomer, basis=BASIS, naming=Naming(), at=AT)
    assert (first.address, second.address) == ("annv@tinh.gov.vn", "annv2@tinh.gov.vn")


def test_who_may_be_here_already_is_shown_until_it_is_said_why_it_is_another(province: Database, clerk: Actor) -> None:
    first = ask(province, clerk)
    with pytest.raises(SuspectedDuplicate, match="annv@") as told:
        ask(province, clerk, "NGUYỄN VĂN ÁN")
    assert told.value.suspects == (first.address,)
    other = make_actor(province, "vt2@tinh.gov.vn", Role.CLERK, "syt")
    assert ask(province, other, agency="syt").address == "annv2@tinh.gov.vn"


@pytest.mark.parametrize("name", ["H'Hen Niê", "Tùng", "Công Tằng Tôn Nữ Thị Quỳnh Anh Nguyễn Phúc Hoàng Trâm Anh Vy"])
def test_unusual_names_get_an_address(province: Database, clerk: Actor, name: str) -> None:
    made = ask(province, clerk, name)
    with province.read() as c:
        assert find_mailbox(c, made.address).name == name


def test_a_clerk_asks_for_the_own_tree_only(province: Database, clerk: Actor) -> None:
    ask(province, clerk, agency="snv-vp")
    with pytest.raises(NotAllowed):
        ask(province, clerk, agency="syt")


def test_nobody_decides_what_they_asked_for(province: Database) -> None:
    both = make_actor(province, "ca-hai@tinh.gov.vn", Role.SYSTEM_ADMIN)
    made = ask(province, both)
    for own in (False, True):
        with pytest.raises(NotAllowed, match="another person"), province.write() as c:
            approve(c, both, made.code, own=own, at=AT)


def test_the_console_decides_its_own_only_when_it_says_so(province: Database) -> None:
    made = ask(province, ROOT)
    with pytest.raises(NotAllowed, match="--own"), province.write() as c:
        approve(c, ROOT, made.code, at=AT)
    with province.write() as c:
        approve(c, ROOT, made.code, own=True, at=AT)


def test_one_who_acts_as_another_at_the_same_console_is_no_second_person(province: Database, approver: Actor) -> None:
    made = ask(province, console("root"))
    as_other = Actor(
        name="duyet@tinh.gov.vn (console:root)",
        role=approver.role,
        agency_id=approver.agency_id,
        account_id=approver.account_id,
        via="console:root",
    )
    with pytest.raises(NotAllowed), province.write() as c:
        approve(c, as_other, made.code, at=AT)


def test_a_refused_newcomer_leaves_nothing_and_the_address_is_free(
    province: Database, clerk: Actor, approver: Actor
) -> None:
    made = ask(province, clerk)
    with pytest.raises(ReasonMissing), province.write() as c:
        refuse(c, approver, made.code, answer=" ", at=AT)
    with province.write() as c:
        people = c.execute(select(func.count()).select_from(Person)).scalar_one()
        refuse(c, approver, made.code, answer="chưa có quyết định tuyển dụng", at=AT)
        assert c.execute(select(func.count()).select_from(Person)).scalar_one() == people - 1
        kind, to, facts = letters(c)[-1]
        assert (kind, to, facts["answer"]) == ("request-decided", "vt@tinh.gov.vn", "chưa có quyết định tuyển dụng")
        shown = show_request(c, clerk, made.code)
        assert (shown.address, shown.state, shown.mailbox_id) == (made.address, RequestState.REFUSED, None)
    with province.read() as c, pytest.raises(NoSuchAccount):
        find_mailbox(c, made.address)
    assert ask(province, clerk).address == made.address


def test_an_address_that_something_names_stays_taken_after_a_refusal(
    province: Database, clerk: Actor, approver: Actor
) -> None:
    made = ask(province, clerk)
    with province.write() as c:
        service.add_alias(c, ROOT, "an@tinh.gov.vn", made.address)
        refuse(c, approver, made.code, answer="trùng", at=AT)
        assert find_mailbox(c, made.address).state is MailboxState.ERASED
    with pytest.raises(AddressTaken):
        ask(province, clerk, address=made.address)


def test_a_request_is_decided_once(province: Database, clerk: Actor, approver: Actor) -> None:
    made = ask(province, clerk)
    with province.write() as c:
        approve(c, approver, made.code.lower().replace("-", ""), at=AT)
    for again in (approve, refuse):
        with pytest.raises(WrongState, match="approved by duyet@"), province.write() as c:
            again(c, approver, made.code, answer="x", at=AT)
    with pytest.raises(NoSuchRequest), province.write() as c:
        approve(c, approver, "222-222-22", at=AT)


def test_who_asked_takes_it_back_and_another_agency_does_not(province: Database, clerk: Actor) -> None:
    made = ask(province, clerk)
    other = make_actor(province, "vt2@tinh.gov.vn", Role.CLERK, "syt")
    with pytest.raises(NotAllowed), province.write() as c:
        withdraw(c, other, made.code, at=AT)
    with province.write() as c:
        assert withdraw(c, clerk, made.code, reason="nhầm", at=AT).state is RequestState.WITHDRAWN


def test_what_nobody_decided_lapses(province: Database, clerk: Actor) -> None:
    made = ask(province, clerk)
    with province.write() as c:
        assert lapse(c, schedule(), days=30, at=noon(29)) == []
        assert lapse(c, schedule(), days=30, at=noon(31)) == [made.code]
        assert show_request(c, clerk, made.code).state is RequestState.LAPSED
        assert letters(c)[-1][:2] == ("request-decided", "vt@tinh.gov.vn")


def test_a_transfer_is_asked_for_by_either_side_and_decided_over_both(province: Database, clerk: Actor) -> None:
    make_account(province, NVA, agency="syt")
    with province.write() as c:
        made = request_move(c, clerk, NVA, Move(agency="snv", because=BASIS), reason="điều động", at=AT)
    half = make_actor(province, "duyet2@tinh.gov.vn", Role.APPROVER, "snv")
    with pytest.raises(NotAllowed), province.write() as c:
        approve(c, half, made.code, at=AT)
    whole = make_actor(province, "duyet3@tinh.gov.vn", Role.APPROVER)
    with province.write() as c:
        approve(c, whole, made.code, at=AT)
        assert service.show_account(c, ROOT, NVA, at=AT).agency == "snv"


def test_an_end_is_asked_for_from_a_day_on_or_at_once(province: Database, clerk: Actor, approver: Actor) -> None:
    day = TODAY + timedelta(days=10)
    for address in (NVA, "ltb@tinh.gov.vn"):
        make_account(province, address, agency="snv")
    with province.write() as c:
        later = request_end(c, clerk, NVA, basis=BASIS, reason="nghỉ hưu", on=day, at=AT)
        now = request_end(c, clerk, "ltb@tinh.gov.vn", basis=BASIS, reason="thôi việc", at=AT)
        for made in (later, now):
            approve(c, approver, made.code, settings=SETTINGS, at=AT)
        assert (find_mailbox(c, NVA).state, find_mailbox(c, NVA).ends_on) == (MailboxState.ACTIVE, day)
        ended = find_mailbox(c, "ltb@tinh.gov.vn")
        assert (ended.state, ended.ends_because) == (MailboxState.RETAINED, BASIS)


def test_an_end_approved_after_its_day_is_an_end_now(province: Database, clerk: Actor, approver: Actor) -> None:
    make_account(province, NVA, agency="snv")
    with province.write() as c:
        made = request_end(c, clerk, NVA, basis=BASIS, reason="x", on=TODAY + timedelta(days=2), at=AT)
        approve(c, approver, made.code, settings=SETTINGS, at=noon(5))
        assert find_mailbox(c, NVA).state is MailboxState.RETAINED


def test_the_same_is_not_asked_twice(province: Database, clerk: Actor) -> None:
    make_account(province, NVA, agency="snv")
    with province.write() as c:
        made = request_password(c, clerk, NVA, reason="quên mật khẩu", at=AT)
    with pytest.raises(WrongState, match=made.code), province.write() as c:
        request_password(c, clerk, NVA, reason="quên mật khẩu", at=AT)


def test_each_agency_sees_its_own_requests(province: Database, clerk: Actor, approver: Actor) -> None:
    made = ask(province, clerk)
    other = make_actor(province, "vt2@tinh.gov.vn", Role.CLERK, "syt")
    with province.read() as c:
        assert [one.code for one in list_requests(c, clerk)] == [made.code]
        assert [one.code for one in list_requests(c, approver)] == [made.code]
        assert list(list_requests(c, other)) == []
        with pytest.raises(NotAllowed):
            show_request(c, other, made.code)


def test_the_whole_story_of_a_request_is_in_the_audit_log(province: Database, clerk: Actor, approver: Actor) -> None:
    made = ask(province, clerk)
    with province.write() as c:
        approve(c, approver, made.code, answer="đồng ý", at=AT)
        rows = c.execute(select(AuditRow.actor, AuditRow.action).where(AuditRow.object == made.address)).all()
    assert [tuple(row) for row in rows] == [
        ("vt@tinh.gov.vn", "request.make"),  # the mailbox, kept while the request waits
        ("vt@tinh.gov.vn", "request.make"),
        ("duyet@tinh.gov.vn", "request.decide"),
    ]


def test_a_birth_date_is_kept_with_the_person(province: Database, clerk: Actor) -> None:
    person = NewPerson(title="Giám đốc", birth_date=date(1980, 5, 1))
    with province.write() as c:
        made = request_new(
            c, clerk, Newcomer(name="Lê Thị Bình", agency="snv", person=person), basis="", naming=Naming(), at=AT
        )
        query = select(Person.birth_date).join(Mailbox, Mailbox.person_id == Person.id)
        assert c.execute(query.where(Mailbox.address == made.address)).scalar_one() == date(1980, 5, 1)
