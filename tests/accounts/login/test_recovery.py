"""Recovery: a code by the registered channel, the same answer to everybody, and a slip by hand."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from mailhub.accounts.control.grants import actor_of, grant_role
from mailhub.accounts.errors import CodeRefused, NotAllowed, ReasonMissing, WrongState
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.life.letters import LetterKind
from mailhub.accounts.life.models import Letter
from mailhub.accounts.login import codes, recovery
from mailhub.accounts.login.code_door import set_password_by_code
from mailhub.accounts.login.models import AppPassword
from mailhub.accounts.models import Mailbox, MailboxState, Person
from mailhub.accounts.records import AuditRow
from mailhub.accounts.rights import Role
from mailhub.clock import DAY, MINUTE
from mailhub.store.database import Database
from mailhub.store.errors import StoreUnavailable
from mailhub.store.sealing import Sealer, open_sealer
from tests.support.accounts import ROOT, Settings, make_account

START = 1_800_000_000_000
WHO = "nva@tinh.gov.vn"
PRIVATE = "an.rieng@gmail.com"
NEW = "Cau-Ham-Rong.26"


@dataclass(frozen=True)
class Rules:
    slip_days: int = 14
    slip_client_days: int = 3
    recovery_minutes: int = 30
    recoveries_per_day: int = 3


RULES = Rules()


@pytest.fixture
def sealer(tmp_path: Path) -> Sealer:
    return open_sealer(tmp_path)


@pytest.fixture
def account(province: Database) -> int:
    number = make_account(province, WHO, agency="snv")
    with province.write() as c:
        c.execute(update(Person).values(recovery_address=PRIVATE))
    return number


def ask(database: Database, sealer: Sealer, address: str = WHO, at: int = START, ip: str = "203.0.113.7") -> bool:
    with database.write() as c:
        return recovery.request(c, address, ip=ip, at=at, settings=RULES, sealer=sealer)


def waiting(database: Database, kind: LetterKind) -> list[tuple[str, dict[str, object]]]:
    with database.read() as c:
        rows = c.execute(select(Letter.to_address, Letter.facts).where(Letter.kind == kind.value).order_by(Letter.id))
        return [(row.to_address, json.loads(row.facts)) for row in rows]


def last_code(database: Database, sealer: Sealer) -> str:
    return recovery.reveal(sealer, waiting(database, LetterKind.RECOVERY_CODE)[-1][1])


def finish(database: Database, code: str, at: int) -> None:
    set_password_by_code(database, WHO, code, NEW, ip="203.0.113.7", at=at, settings=Settings())


def test_a_code_goes_to_the_registered_channel_and_sets_a_password(
    province: Database, account: int, sealer: Sealer
) -> None:
    assert ask(province, sealer)
    ((to, facts),) = waiting(province, LetterKind.RECOVERY_CODE)
    assert to == PRIVATE
    assert facts["until"] == START + 30 * MINUTE
    finish(province, last_code(province, sealer), START + MINUTE)
    ((to, facts),) = waiting(province, LetterKind.PASSWORD_CHANGED)
    assert (to, facts["by"], facts["ip"]) == (WHO, "recovery", "203.0.113.7")
    assert account


def test_the_code_is_nowhere_in_the_database(province: Database, account: int, sealer: Sealer, tmp_path: Path) -> None:
    ask(province, sealer)
    code = last_code(province, sealer)
    ((_, facts),) = waiting(province, LetterKind.RECOVERY_CODE)
    with province.read() as c:
        audit = c.execute(select(AuditRow.actor, AuditRow.action, AuditRow.after)).all()
    assert code[5:] not in str(facts) + str(audit)
    assert tuple(audit[-1])[:2] == (f"{WHO} (recovery)", "account.recover")
    with pytest.raises(StoreUnavailable):  # a copy of the database has no key
        recovery.reveal(open_sealer(_folder(tmp_path)), facts)
    assert account


def _folder(path: Path) -> Path:
    other = path / "other"
    other.mkdir()
    return other


def test_a_recovery_code_lapses_opens_no_client_and_ends_with_the_next(
    province: Database, account: int, sealer: Sealer
) -> None:
    ask(province, sealer)
    first = last_code(province, sealer)
    with province.write() as c:
        assert not codes.try_in_client(c, account, first, at=START + 1, settings=RULES)
    with pytest.raises(CodeRefused):
        finish(province, first, START + 30 * MINUTE)
    ask(province, sealer, at=START + 2)
    with pytest.raises(CodeRefused):
        finish(province, first, START + 3)


def test_a_strangers_request_ends_no_slip(province: Database, account: int, sealer: Sealer) -> None:
    with province.write() as c:
        slip = codes.issue(c, ROOT, WHO, at=START, settings=RULES)
        assert codes.try_in_client(c, account, slip, at=START + 1, settings=RULES)
    ask(province, sealer, at=START + 2)
    with province.write() as c:
        assert codes.try_in_client(c, account, slip, at=START + 3, settings=RULES)


def test_using_it_ends_the_slips_client_and_names_the_devices_that_go_on(
    province: Database, account: int, sealer: Sealer
) -> None:
    with province.write() as c:
        slip = codes.issue(c, ROOT, WHO, at=START, settings=RULES)
        assert codes.try_in_client(c, account, slip, at=START + 1, settings=RULES)
        row = {"id": 7, "mailbox_id": account, "device": "Outlook", "prefix": "abcd", "digest": b"x", "made_at": START}
        row |= {"last_ip": "", "last_service": ""}
        c.execute(insert(AppPassword).values(row))
    ask(province, sealer, at=START + 2)
    finish(province, last_code(province, sealer), START + 3)
    with province.write() as c:
        assert not codes.try_in_client(c, account, slip, at=START + 4, settings=RULES)
    assert waiting(province, LetterKind.PASSWORD_CHANGED)[0][1]["devices"] == ["Outlook"]


def test_three_a_day_and_no_more(province: Database, account: int, sealer: Sealer) -> None:
    assert [ask(province, sealer, at=START + turn) for turn in range(5)] == [True, True, True, False, False]
    assert ask(province, sealer, at=START + DAY + 1)
    assert account


def test_one_network_does_not_go_through_a_list_of_names(
    province: Database, account: int, sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovery, "PER_NETWORK", 1)
    make_account(province, "ttb@tinh.gov.vn")
    with province.write() as c:
        c.execute(update(Person).values(recovery_address=PRIVATE))
    assert ask(province, sealer)
    assert not ask(province, sealer, "ttb@tinh.gov.vn", at=START + 1)
    assert ask(province, sealer, "ttb@tinh.gov.vn", at=START + 1, ip="198.51.100.1")
    assert account


@pytest.mark.parametrize("address", ["nobody@tinh.gov.vn", "x\x00@y", "", "an.rieng@gmail.com"])
def test_unknown_addresses_get_nothing(province: Database, account: int, sealer: Sealer, address: str) -> None:
    assert not ask(province, sealer, address)
    assert not waiting(province, LetterKind.RECOVERY_CODE)
    assert account


def test_neither_do_suspended_accounts_nor_those_without_a_channel(
    province: Database, account: int, sealer: Sealer
) -> None:
    make_account(province, "ttb@tinh.gov.vn")
    assert not ask(province, sealer, "ttb@tinh.gov.vn")
    with province.write() as c:
        c.execute(update(Mailbox).where(Mailbox.id == account).values(state=MailboxState.SUSPENDED.value))
    assert not ask(province, sealer)


def test_an_administrator_of_the_agency_hands_a_slip_over(province: Database, account: int) -> None:
    make_account(province, "qtsnv@tinh.gov.vn", agency="snv")
    make_account(province, "qtsyt@tinh.gov.vn", agency="syt")
    with province.write() as c:
        grant_role(c, ROOT, "qtsnv@tinh.gov.vn", Role.AGENCY_ADMIN, agency="snv", at=START)
        grant_role(c, ROOT, "qtsyt@tinh.gov.vn", Role.HELP_DESK, agency="syt", at=START)
    with province.read() as c:
        own, foreign = (
            actor_of(c, find_mailbox(c, a), at=START + 1) for a in ("qtsnv@tinh.gov.vn", "qtsyt@tinh.gov.vn")
        )
    with province.write() as c, pytest.raises(ReasonMissing):
        recovery.hand_over(c, own, WHO, at=START, settings=RULES, reason=" ")
    with pytest.raises(NotAllowed), province.write() as c:
        recovery.hand_over(c, foreign, WHO, at=START, settings=RULES, reason="quên mật khẩu")
    for turn in range(3):
        with province.write() as c:
            code = recovery.hand_over(c, own, WHO, at=START + turn, settings=RULES, reason="quên mật khẩu")
    with pytest.raises(WrongState), province.write() as c:
        recovery.hand_over(c, own, WHO, at=START + 4, settings=RULES, reason="quên mật khẩu")
    finish(province, code, START + 5)
    with province.read() as c:
        rows = c.execute(select(AuditRow.actor, AuditRow.reason).where(AuditRow.action == "account.recover")).all()
    assert [tuple(row) for row in rows] == [("qtsnv@tinh.gov.vn", "quên mật khẩu")] * 3
    assert account


def test_an_official_gets_no_slip_for_the_own_account_by_the_right_to_recover_it(
    province: Database, account: int
) -> None:
    with province.read() as c:
        actor = actor_of(c, find_mailbox(c, WHO), at=START)
    with pytest.raises(NotAllowed), province.write() as c:
        recovery.hand_over(c, actor, WHO, at=START, settings=RULES, reason="quên")
    assert account


def test_strangers_who_ask_keep_no_administrator_from_helping(province: Database, account: int, sealer: Sealer) -> None:
    assert [ask(province, sealer, at=START + n) for n in range(4)] == [True, True, True, False]
    with province.write() as c:
        assert recovery.hand_over(c, ROOT, WHO, at=START + 9, settings=RULES, reason="quên mật khẩu")
    assert account
