"""Acts for two people: proposed by one, agreed to by another, used once, and for nothing else."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from mailhub.accounts.control import proposals
from mailhub.accounts.control.errors import NeedsSecondPerson, NoSuchProposal, SamePerson
from mailhub.accounts.control.grants import actor_of, grant_role
from mailhub.accounts.control.opening import Order, open_mailbox, propose_opening
from mailhub.accounts.control.proposals import ProposalKind
from mailhub.accounts.errors import InvalidValue, NotAllowed, WrongState
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.life.letters import LetterKind
from mailhub.accounts.life.models import Letter
from mailhub.accounts.models import Delegation
from mailhub.accounts.rights import Actor, Role, Subject, console
from mailhub.accounts.tree import agency_subject, find_agency
from mailhub.clock import HOUR, now_ms
from mailhub.store.database import Database
from tests.support.accounts import ROOT, make_account

ADMIN, APPROVER, STRANGER = "admin@tinh.gov.vn", "duyet@tinh.gov.vn", "khac@tinh.gov.vn"
WHAT = {"ends": 27}


@pytest.fixture
def people(province: Database) -> Database:
    make_account(province, ADMIN, password=None)
    make_account(province, APPROVER, password=None)
    make_account(province, STRANGER, agency="syt", password=None)
    with province.write() as c:
        grant_role(c, ROOT, ADMIN, Role.SYSTEM_ADMIN)
        grant_role(c, ROOT, APPROVER, Role.APPROVER)
    return province


def who(database: Database, address: str, via: str = "", *, proved: bool = False) -> Actor:
    with database.read() as c:
        return actor_of(c, find_mailbox(c, address), at=now_ms(), via=via, proved=proved)


def subject(database: Database, code: str = "snv") -> Subject:
    with database.read() as c:
        return agency_subject(c, "agency", code, find_agency(c, code))


def proposed(database: Database, actor: Actor, at: int | None = None) -> str:
    with database.write() as c:
        return proposals.propose(
            c, actor, ProposalKind.MASS_END, subject(database), WHAT, reason="danh sách T10", at=at
        )


def decide(database: Database, actor: Actor, code: str, *, agree: bool = True, at: int | None = None) -> None:
    with database.write() as c:
        proposals.decide(c, actor, code, agree=agree, at=at)


def use(database: Database, code: str, what: dict[str, int] | None = None, agency: str = "snv") -> str:
    with database.write() as c:
        return proposals.require(
            c, ProposalKind.MASS_END, subject(database, agency), WHAT if what is None else what, code, at=now_ms()
        )


def test_what_another_agreed_to_can_be_done_once(people: Database) -> None:
    code = proposed(people, who(people, ADMIN))
    with pytest.raises(NeedsSecondPerson, match="waiting"):
        use(people, code)
    decide(people, who(people, APPROVER), code)
    assert use(people, code) == APPROVER
    with pytest.raises(NeedsSecondPerson, match="used"):
        use(people, code)


def test_the_agreement_is_to_exactly_this(people: Database) -> None:
    code = proposed(people, who(people, ADMIN))
    decide(people, who(people, APPROVER), code)
    for what, agency in (({"ends": 28}, "snv"), (WHAT, "syt")):
        with pytest.raises(NeedsSecondPerson, match="something else"):
            use(people, code, what, agency)


@pytest.mark.parametrize("second", ["same account", "same console", "console after account", "unproved at the console"])
def test_the_first_person_is_not_the_second(people: Database, second: str) -> None:
    root = console("root")
    first, then = {
        "same account": (who(people, ADMIN), who(people, ADMIN)),
        "same console": (root, root),
        "console after account": (who(people, ADMIN, root.name), root),
        "unproved at the console": (root, who(people, APPROVER, root.name)),
    }[second]
    code = proposed(people, first)
    with pytest.raises(SamePerson):
        decide(people, then, code)


def test_a_second_person_at_the_same_console_proves_to_be_one(people: Database) -> None:
    root = console("root")
    code = proposed(people, root)
    decide(people, who(people, APPROVER, root.name, proved=True), code)
    assert APPROVER in use(people, code)


def test_who_has_no_right_to_decide_does_not_and_sees_nothing(people: Database) -> None:
    code = proposed(people, who(people, ADMIN))
    stranger = who(people, STRANGER)
    with pytest.raises(NotAllowed):
        decide(people, stranger, code)
    with people.read() as c:
        assert proposals.list_proposals(c, stranger) == []
        with pytest.raises(NoSuchProposal):
            proposals.show(c, stranger, code)
        assert [row.code for row in proposals.list_proposals(c, who(people, APPROVER), waiting=True)] == [code]


def test_refused_and_lapsed_are_not_agreed(people: Database) -> None:
    refused = proposed(people, who(people, ADMIN))
    decide(people, who(people, APPROVER), refused, agree=False)
    with pytest.raises(NeedsSecondPerson, match="refused"):
        use(people, refused)
    late = proposed(people, who(people, ADMIN), at=now_ms() - 100 * HOUR)
    with pytest.raises(WrongState, match="lapsed"):
        decide(people, who(people, APPROVER), late)


def test_who_could_not_do_it_alone_cannot_propose_it(people: Database) -> None:
    with pytest.raises(NotAllowed):
        proposed(people, who(people, STRANGER))


def test_a_mailbox_is_opened_by_an_order_and_two_people_to_read_and_its_owner_is_told(people: Database) -> None:
    make_account(people, "antt@tinh.gov.vn", password=None)
    with people.write() as c:
        grant_role(c, ROOT, "antt@tinh.gov.vn", Role.SECURITY_OFFICER)
    officer = who(people, "antt@tinh.gov.vn")
    order = Order(mailbox=STRANGER, reader="antt@tinh.gov.vn", decision="QĐ 45/QĐ-UBND", days=7)
    with people.write() as c:
        code = propose_opening(c, officer, order, reason="xác minh đơn thư")
    with pytest.raises(NeedsSecondPerson), people.write() as c:
        open_mailbox(c, officer, code, reason="xác minh đơn thư")
    decide(people, who(people, APPROVER), code)
    with people.write() as c:
        open_mailbox(c, officer, code, reason="xác minh đơn thư")
        given = c.execute(select(Delegation.right, Delegation.by_order, Delegation.because)).all()
        told = c.execute(select(Letter.to_address).where(Letter.kind == LetterKind.MAILBOX_OPENED)).scalars().all()
    assert [tuple(row) for row in given] == [("read", True, "QĐ 45/QĐ-UBND")]
    assert told == [STRANGER, "antt@tinh.gov.vn"]


def test_who_has_no_order_opens_nothing(people: Database) -> None:
    with people.write() as c:
        for order in (
            Order(mailbox=STRANGER, reader=APPROVER, decision=" ", days=7),
            Order(mailbox=STRANGER, reader=APPROVER, decision="QĐ 1", days=1000),
            Order(mailbox=STRANGER, reader=STRANGER, decision="QĐ 1", days=7),
        ):
            with pytest.raises(InvalidValue):
                propose_opening(c, who(people, ADMIN), order, reason="x")
    order = Order(mailbox=STRANGER, reader=APPROVER, decision="QĐ 1", days=7)
    with pytest.raises(NotAllowed), people.write() as c:
        propose_opening(c, who(people, APPROVER), order, reason="x")
