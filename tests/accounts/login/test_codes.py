"""The code of a slip: made once, used once, opening one mail client for some days; and what it does not do."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
from sqlalchemy import func, insert, select, update

from mailhub.accounts import service
from mailhub.accounts.control.grants import actor_of, grant_role
from mailhub.accounts.errors import CodeRefused, NotAllowed, WeakPassword, WrongState
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.life.letters import LetterKind
from mailhub.accounts.life.models import Letter
from mailhub.accounts.login import code_rows, codes
from mailhub.accounts.login.code_door import set_password_by_code
from mailhub.accounts.login.code_form import has_form, make_code, read_code
from mailhub.accounts.login.models import AppPassword, OneTimeCode, SecondFactor
from mailhub.accounts.models import Mailbox, MailboxKind, MailboxState
from mailhub.accounts.passwords import hasher_for
from mailhub.accounts.records import AuditRow, Credential
from mailhub.accounts.rights import Actor, Role
from mailhub.clock import DAY
from mailhub.store.database import Database
from tests.support.accounts import ROOT, Passwords, Settings, make_account

START = 1_800_000_000_000
WHO = "nva@tinh.gov.vn"
NEW = "Cau-Ham-Rong.26"


@dataclass(frozen=True)
class Rules:
    slip_days: int = 14
    slip_client_days: int = 3


RULES = Rules()


def state_of(database: Database, number: int) -> str:
    with database.read() as c:
        return str(c.execute(select(Mailbox.state).where(Mailbox.id == number)).scalar_one())


def slip(database: Database, address: str = WHO, actor: Actor = ROOT, at: int = START) -> str:
    with database.write() as c:
        return codes.issue(c, actor, address, at=at, settings=RULES)


def client(database: Database, number: int, secret: str, at: int, rules: Rules = RULES) -> bool:
    with database.write() as c:
        return codes.try_in_client(c, number, secret, at=at, settings=rules)


def own(database: Database, code: str, at: int, password: str = NEW, address: str = WHO) -> None:
    set_password_by_code(database, address, code, password, ip="203.0.113.7", at=at, settings=Settings())


@pytest.fixture
def newcomer(province: Database) -> int:
    """An approved account without a password."""
    number = make_account(province, WHO, agency="snv", password=None)
    with province.write() as c:
        c.execute(update(Mailbox).where(Mailbox.id == number).values(state=MailboxState.APPROVED.value))
    return number


def letters(database: Database, kind: LetterKind) -> list[dict[str, object]]:
    with database.read() as c:
        return [json.loads(f) for f in c.execute(select(Letter.facts).where(Letter.kind == kind.value)).scalars()]


def test_a_code_is_read_however_it_is_typed() -> None:
    code = make_code()
    assert code != make_code()
    assert len(code) == 19
    for typed in (code, code.lower(), code.replace("-", ""), f" {code.replace('-', ' ')} "):
        assert read_code(typed) == code
    assert not any(has_form(other) for other in ("", code[:-1], code + "2", "Song-Lo.2026", code[:-1] + "0", "2" * 99))


def test_a_slip_sets_the_persons_own_password_once(province: Database, newcomer: int) -> None:
    code = slip(province)
    assert state_of(province, newcomer) == MailboxState.APPROVED
    own(province, code.lower(), START + DAY, address=" NVA@tinh.gov.vn")
    assert state_of(province, newcomer) == MailboxState.ACTIVE
    with province.read() as c:
        stored = c.execute(select(Credential.hash).where(Credential.mailbox_id == newcomer)).scalar_one()
    assert hasher_for(Passwords()).verify(stored, NEW)
    with pytest.raises(CodeRefused):
        own(province, code, START + DAY + 1)
    (told,) = letters(province, LetterKind.PASSWORD_CHANGED)
    assert (told["by"], told["address"], told["devices"]) == ("slip", WHO, [])


def test_a_slip_opens_one_client_for_some_days_and_says_so(province: Database, newcomer: int) -> None:
    code = slip(province)
    assert client(province, newcomer, code, START + DAY)
    assert state_of(province, newcomer) == MailboxState.ACTIVE
    until = START + DAY + 3 * DAY
    assert [told["until"] for told in letters(province, LetterKind.WELCOME)] == [until]
    assert client(province, newcomer, code.replace("-", "").lower(), until - 1)
    assert not client(province, newcomer, code, until)
    with pytest.raises(CodeRefused):  # by then a new slip is needed
        own(province, code, until)
    with province.read() as c:
        row = c.execute(select(AppPassword.device, AppPassword.expires_at, AppPassword.last_used_at)).one()
    assert tuple(row) == ("Phiếu cấp tài khoản", until, until - 1)
    assert len(letters(province, LetterKind.WELCOME)) == 1


def test_a_code_that_a_client_took_still_sets_a_password_which_ends_the_client(
    province: Database, newcomer: int
) -> None:
    code = slip(province)
    assert client(province, newcomer, code, START + 1)
    own(province, code, START + DAY)
    assert not client(province, newcomer, code, START + DAY + 1)


def test_no_days_for_clients_leaves_the_code_for_a_password_only(province: Database, newcomer: int) -> None:
    code = slip(province)
    assert not client(province, newcomer, code, START + 1, Rules(slip_client_days=0))
    own(province, code, START + 2)


def test_with_a_second_factor_a_slip_opens_no_client(province: Database, newcomer: int) -> None:
    code = slip(province)
    with province.write() as c:
        row = {"mailbox_id": newcomer, "sealed_key": b"x", "made_at": 1, "confirmed_at": 1, "last_step": 0}
        c.execute(insert(SecondFactor).values(row))
    assert not client(province, newcomer, code, START + 1)


def test_a_newer_slip_ends_the_older_and_its_client(province: Database, newcomer: int) -> None:
    first = slip(province)
    assert client(province, newcomer, first, START + 1)
    second = slip(province, at=START + 2)
    assert not client(province, newcomer, first, START + 3)
    with pytest.raises(CodeRefused):
        own(province, first, START + 3)
    own(province, second, START + 4)


def test_a_slip_lapses_and_can_be_taken_back(province: Database, newcomer: int) -> None:
    code = slip(province)
    with pytest.raises(CodeRefused):
        own(province, code, START + 14 * DAY)
    with province.write() as c:
        assert codes.take_back(c, ROOT, WHO, at=START + 1, reason="in nhầm") == 1
    assert not client(province, newcomer, code, START + 2)
    with province.write() as c:
        assert code_rows.forget_codes(c, before=START + 15 * DAY) == 1


def test_a_weak_password_costs_the_code_nothing(province: Database, newcomer: int) -> None:
    code = slip(province)
    with pytest.raises(WeakPassword):
        own(province, code, START + 1, password="12345")
    own(province, code, START + 2)
    assert state_of(province, newcomer) == MailboxState.ACTIVE


def test_every_refusal_sounds_the_same(province: Database, newcomer: int) -> None:
    code = slip(province)
    other = make_account(province, "ttb@tinh.gov.vn")
    tries = [
        (WHO, make_code()),
        ("nobody@tinh.gov.vn", code),
        ("ttb@tinh.gov.vn", code),
        ("kẻ\x00lạ@x", code),
        (WHO, "no code"),
        (WHO, ""),
    ]
    said = set()
    for address, typed in tries:
        with pytest.raises(CodeRefused) as refused:
            own(province, typed, START + 1, address=address)
        said.add(str(refused.value))
    assert len(said) == 1
    assert other != newcomer


def test_guessing_is_slowed_down_and_a_right_code_waits_its_turn_too(province: Database, newcomer: int) -> None:
    code = slip(province)
    for _ in range(8):
        with pytest.raises(CodeRefused):
            own(province, make_code(), START + 1)
    with pytest.raises(CodeRefused):
        own(province, code, START + 1)
    own(province, code, START + 60_000)


@pytest.mark.parametrize("state", [s for s in MailboxState if s not in (MailboxState.APPROVED, MailboxState.ACTIVE)])
def test_other_states_get_no_slip_and_use_none(province: Database, newcomer: int, state: MailboxState) -> None:
    code = slip(province)
    with province.write() as c:
        c.execute(update(Mailbox).where(Mailbox.id == newcomer).values(state=state.value))
    with pytest.raises(WrongState):
        slip(province)
    with pytest.raises(CodeRefused):
        own(province, code, START + 1)
    assert not client(province, newcomer, code, START + 1)


def test_a_role_mailbox_gets_no_slip(province: Database) -> None:
    with province.write() as c:
        service.create_account(c, ROOT, "vanthu@tinh.gov.vn", "Văn thư", kind=MailboxKind.ROLE, may_login=False)
    with pytest.raises(WrongState):
        slip(province, "vanthu@tinh.gov.vn")


def as_actor(database: Database, address: str, role: Role, agency: str) -> Actor:
    make_account(database, address, agency=agency)
    with database.write() as c:
        grant_role(c, ROOT, address, role, agency=agency, at=START)
    with database.read() as c:
        return actor_of(c, find_mailbox(c, address), at=START + 1)


def test_a_help_desk_makes_slips_below_itself_but_not_into_accounts_that_administer(
    province: Database, newcomer: int
) -> None:
    desk = as_actor(province, "desk@tinh.gov.vn", Role.HELP_DESK, "snv")
    as_actor(province, "chief@tinh.gov.vn", Role.AGENCY_ADMIN, "snv")
    as_actor(province, "clerk@tinh.gov.vn", Role.CLERK, "snv")
    make_account(province, "bs@tinh.gov.vn", agency="syt")
    slip(province, WHO, desk, START + 2)
    slip(province, "clerk@tinh.gov.vn", desk, START + 2)
    for forbidden in ("chief@tinh.gov.vn", "bs@tinh.gov.vn", "desk@tinh.gov.vn"):
        with pytest.raises(NotAllowed):
            slip(province, forbidden, desk, START + 2)
    slip(province, "chief@tinh.gov.vn", ROOT, START + 2)


def test_neither_the_database_nor_the_audit_log_knows_the_code(province: Database, newcomer: int) -> None:
    code = slip(province)
    assert client(province, newcomer, code, START + 1)
    own(province, code, START + 2)
    with province.read() as c:
        rows = c.execute(select(OneTimeCode.digest, OneTimeCode.prefix)).all()
        audit = c.execute(select(AuditRow.before, AuditRow.after, AuditRow.action)).all()
        told = c.execute(select(Letter.facts)).all()
        clients = c.execute(select(AppPassword.digest, AppPassword.prefix)).all()
    secret = code[5:]
    for kept in (rows, audit, told, clients):
        assert secret not in str(kept)
        assert code.replace("-", "")[4:] not in str(kept)
    assert [row.action for row in audit][-3:] == ["account.slip", "app-password.change", "account.password"]


def test_codes_stay_unique_by_their_first_group(province: Database, newcomer: int) -> None:
    for turn in range(30):
        slip(province, at=START + turn)
    with province.read() as c:
        assert c.execute(select(func.count(func.distinct(OneTimeCode.prefix)))).scalar_one() == 30


def test_a_password_that_is_set_ends_codes_that_could_set_another(province: Database, newcomer: int) -> None:
    code = slip(province)
    assert client(province, newcomer, code, START)
    with province.write() as c:
        service.set_password(c, ROOT, WHO, hasher_for(Passwords()).hash(NEW), at=START + 1)
    assert not client(province, newcomer, code, START + 2)
    with pytest.raises(CodeRefused):
        own(province, code, START + 2)


def test_with_the_slip_the_sessions_end_that_it_opened(province: Database, newcomer: int) -> None:
    code = slip(province)
    assert sessions_from(province, newcomer) == 0
    client(province, newcomer, code, START)
    with province.write() as c:
        codes.take_back(c, ROOT, WHO, at=START + 5)
    ended = sessions_from(province, newcomer)
    assert ended > START + 5
    slip(province, at=START + 9)  # nothing was opened meanwhile: nobody has to log in anew
    assert sessions_from(province, newcomer) == ended


def sessions_from(database: Database, number: int) -> int:
    with database.read() as c:
        return int(c.execute(select(Mailbox.sessions_from).where(Mailbox.id == number)).scalar_one())
