"""Ways in that nobody makes for somebody else, whatever their role; tokens: scope, expiry, and what ends them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from mailhub.accounts import service
from mailhub.accounts.control.grants import actor_of, grant_role
from mailhub.accounts.credentials import set_password
from mailhub.accounts.errors import InvalidValue, NotAllowed, WrongState
from mailhub.accounts.finding import find_mailbox, subject_of
from mailhub.accounts.login import second_factor
from mailhub.accounts.login.app_passwords import make_app_password, revoke_app_passwords
from mailhub.accounts.login.models import Passkey
from mailhub.accounts.passwords import new_hash
from mailhub.accounts.records import AuditRow
from mailhub.accounts.rights import Action, Actor, Role, may
from mailhub.accounts.tree import scope_of
from mailhub.accounts.web import passkeys, tokens
from mailhub.accounts.web.models import ApiToken
from mailhub.accounts.web.relying import RelyingParty, relying_party
from mailhub.accounts.web.scopes import ACTIONS, TokenScope, read_scopes
from mailhub.accounts.web.sessions import SessionRow, Stage, find_session, open_session, still_open
from mailhub.clock import DAY, HOUR, MINUTE, now_ms
from mailhub.ids import new_id
from mailhub.settings.sections import WebSection
from mailhub.store.database import Database
from mailhub.store.sealing import open_sealer
from tests.support.accounts import ROOT, Passwords, Settings, make_account
from tests.support.logins import ADDRESS

NOW = now_ms()
ADMIN = "qt@tinh.gov.vn"
SETTINGS = Settings(passwords=Passwords(second_factor_roles=("system_admin",)), web=WebSection(token_days=90))
PARTY = RelyingParty("mail.tinh.gov.vn", "Tỉnh", ("https://mail.tinh.gov.vn",))
READ = frozenset((TokenScope.ACCOUNTS_READ,))


@pytest.fixture
def people(province: Database) -> Database:
    make_account(province, ADDRESS, agency="snv")
    make_account(province, ADMIN, name="Quản Trị")
    with province.write() as c:
        grant_role(c, ROOT, ADMIN, Role.AGENCY_ADMIN, agency="tinh", reason="thử", at=NOW)
    return province


def named(connection: Connection, address: str) -> Actor:
    return actor_of(connection, find_mailbox(connection, address), at=NOW)


def session_of(connection: Connection, address: str, *, at: int = NOW) -> SessionRow:
    number = find_mailbox(connection, address).id
    made = open_session(connection, number, stage=Stage.FULL, ip="192.0.2.1", agent="Firefox\x1b[2J", at=at)
    found = find_session(connection, made.token, settings=SETTINGS, at=at)
    assert found is not None
    return found


def make(connection: Connection, actor: Actor, **more: Any) -> str:
    words: dict[str, Any] = {"scopes": READ, "days": 30, "settings": SETTINGS, "at": NOW}
    return tokens.make_token(connection, actor, ADDRESS, "Một cửa", **words | more)


def test_nobody_makes_a_way_in_for_somebody_else(people: Database, tmp_path: Path) -> None:
    sealer = open_sealer(tmp_path)
    ways: list[Callable[[Connection, Actor, SessionRow], Any]] = [
        lambda c, a, s: make(c, a),
        lambda c, a, s: second_factor.pending(c, a, ADDRESS, sealer, issuer="x"),
        lambda c, a, s: second_factor.renew_recovery_codes(c, a, ADDRESS, at=NOW),
        lambda c, a, s: passkeys.begin_registration(c, a, s, PARTY, at=NOW),
        lambda c, a, s: passkeys.finish_registration(c, a, s, PARTY, "{}", name="x", at=NOW),
    ]
    for way in ways:
        for actor in (ROOT, None):
            with pytest.raises(NotAllowed), people.write() as c:
                way(c, actor or named(c, ADMIN), session_of(c, ADDRESS))
    with people.write() as c:
        assert make(c, named(c, ADDRESS)).startswith("mhub_")


@pytest.mark.parametrize("wrong", [{"days": 0}, {"days": 91}, {"scopes": frozenset()}, {"name": "\u202e "}], ids=str)
def test_a_token_needs_a_name_a_scope_and_an_end(people: Database, wrong: dict[str, Any]) -> None:
    words: dict[str, Any] = {"name": "x", "scopes": READ, "days": 30} | wrong
    with pytest.raises(InvalidValue), people.write() as c:
        tokens.make_token(c, named(c, ADDRESS), ADDRESS, **words, settings=SETTINGS, at=NOW)
    with pytest.raises(InvalidValue):
        read_scopes(["accounts:admin"])


def test_a_token_opens_until_its_day_and_never_after_what_ends_it(people: Database) -> None:
    with people.write() as c:
        token = make(c, named(c, ADDRESS))

    def opens(shown: str = token, *, at: int = NOW + 1) -> bool:
        with people.write() as c:
            return tokens.find_token(c, shown, settings=SETTINGS, ip="192.0.2.9", at=at, writing=True) is not None

    assert opens()
    assert not opens(token[:-1] + ("A" if token[-1] != "A" else "B"))
    assert not opens("mhub_" + "é" * 43)
    assert not opens(at=NOW + 30 * DAY)
    with people.write() as c:
        service.suspend_account(c, ROOT, ADDRESS, reason="thử")
    assert not opens()
    with people.write() as c:
        service.restore_account(c, ROOT, ADDRESS, reason="thử")
    assert opens(), "restoring gives back what was"
    with people.write() as c:
        grant_role(c, ROOT, ADDRESS, Role.SYSTEM_ADMIN, reason="thử", at=NOW)
    assert not opens(), "a role that demands a second factor, and none is there"
    with people.write() as c:
        (line,) = tokens.list_tokens(c, named(c, ADDRESS), ADDRESS, at=NOW)
        assert tokens.revoke_tokens(c, named(c, ADMIN), ADDRESS, line.id, at=NOW) == 1
        kept = str(c.execute(select(ApiToken.__table__)).all()) + str(c.execute(select(AuditRow.after)).all())
    assert not opens()
    assert token not in kept
    assert line.prefix == token[:12]


def test_a_token_does_what_its_scopes_name_and_never_more_than_its_owner(people: Database) -> None:
    def bearer(owner: str, *scopes: TokenScope) -> Actor:
        with people.write() as c:
            actor = named(c, owner)
            token = tokens.make_token(c, actor, owner, "x", scopes, days=1, settings=SETTINGS, at=NOW)
            found = tokens.find_token(c, token, settings=SETTINGS, ip="192.0.2.9", at=NOW + 1)
        assert found is not None
        return found.actor

    reader, writer = bearer(ADMIN, TokenScope.ACCOUNTS_READ), bearer(ADMIN, *TokenScope)
    official = bearer(ADDRESS, *TokenScope)
    with people.write() as c:
        scope_of(c, reader, Action.ACCOUNT_READ)
        with pytest.raises(NotAllowed):
            scope_of(c, reader, Action.DOCUMENT_READ)
        with pytest.raises(NotAllowed):
            service.suspend_account(c, reader, ADDRESS, reason="thử")
        with pytest.raises(NotAllowed):
            service.suspend_account(c, official, ADMIN, reason="thử")
        service.suspend_account(c, writer, ADDRESS, reason="thử")
        (who,) = c.execute(select(AuditRow.actor).where(AuditRow.action == "account.suspend")).scalars()
    assert who.startswith(f"{ADMIN} (token mhub_")
    ways_in = {Action.ACCOUNT_PASSWORD, Action.ACCOUNT_SLIP, Action.ACCOUNT_RECOVER, Action.APP_PASSWORD}
    ways_in |= {Action.SECOND_FACTOR, Action.SECOND_FACTOR_RESET, Action.RIGHT_GRANT, Action.API_TOKEN, Action.DELEGATE}
    ways_in |= {Action.PROPOSAL_DECIDE, Action.ACCOUNT_OPEN, Action.WEB_SESSION}
    assert not {action for actions in ACTIONS.values() for action in actions} & ways_in
    with people.read() as c:
        whole = Actor(name="x", role=Role.SYSTEM_ADMIN, only=writer.only)
        subject = subject_of(c, find_mailbox(c, ADDRESS))
    assert not any(may(whole, action, subject) for action in ways_in)


def test_the_transaction_that_writes_sees_what_the_requests_beginning_did_not(people: Database) -> None:
    with people.write() as c:
        number = find_mailbox(c, ADDRESS).id
        made = open_session(c, number, stage=Stage.FULL, ip="", agent="", at=NOW)
    with people.read() as c:
        assert find_session(c, made.token, settings=SETTINGS, at=NOW) is not None
    with people.write() as c:
        service.suspend_account(c, ROOT, ADDRESS, reason="thử")
    with people.write() as c:
        assert still_open(c, made.token, settings=SETTINGS, at=NOW) is None


def test_a_session_knows_its_age_its_idleness_and_which_secret_opened_it(people: Database) -> None:
    later = now_ms() + MINUTE
    with people.write() as c:
        session = session_of(c, ADDRESS, at=later)
        assert session.agent == "Firefox[2J"
        number = session.account_id
        made = open_session(c, number, stage=Stage.FULL, ip="", agent="", at=later)
        half = open_session(c, number, stage=Stage.PASSWORD, ip="", agent="", at=later)

    def stage(token: str, at: int) -> Stage | None:
        with people.read() as c:
            found = find_session(c, token, settings=SETTINGS, at=at)
            return None if found is None else found.stage

    assert stage(made.token, later + 29 * MINUTE) is Stage.FULL
    assert stage(made.token, later + 30 * MINUTE) is Stage.LOCKED
    assert stage(made.token, later + 12 * HOUR) is None
    assert (stage(half.token, later + 9 * MINUTE), stage(half.token, later + 10 * MINUTE)) == (Stage.PASSWORD, None)
    at = later + MINUTE
    with people.write() as c:
        make_app_password(c, named(c, ADDRESS), ADDRESS, "Máy", settings=SETTINGS.passwords, at=at)
        revoke_app_passwords(c, named(c, ADDRESS), ADDRESS, None, at=at)
    assert stage(made.token, at) is Stage.FULL, "an app password opens no page"
    with people.write() as c:
        set_password(c, ROOT, ADDRESS, new_hash(Passwords(), "Chiều-thu.2026", ADDRESS), at=at + 1)
    assert stage(made.token, at + 2) is None


def test_a_passkey_is_asked_for_under_configured_names_alone() -> None:
    names = frozenset(("mail.tinh.gov.vn", "thu.tinh.gov.vn", "localhost", "127.0.0.1"))

    def party(host: str, port: int = 443) -> RelyingParty | None:
        return relying_party(host, names=names, port=port, title="x")

    assert party("thu.tinh.gov.vn") == RelyingParty("thu.tinh.gov.vn", "x", ("https://thu.tinh.gov.vn",))
    assert party("localhost", 21443) == RelyingParty("localhost", "x", ("https://localhost:21443",))
    for host in ("tinh.gov.vn", "evil.vn", "mail.tinh.gov.vn.evil.vn", "127.0.0.1", "[::1]", ""):
        assert party(host) is None


def test_the_last_second_factor_is_not_taken_away_by_its_owner(people: Database) -> None:
    with people.write() as c:
        for number in (b"1", b"2"):
            row = {"credential_id": number, "public_key": b"k", "rp_id": "x.vn", "name": "khóa", "made_at": NOW}
            c.execute(insert(Passkey).values(id=new_id(), mailbox_id=find_mailbox(c, ADDRESS).id, **row))
        first, second = (line.id for line in passkeys.list_passkeys(c, named(c, ADDRESS), ADDRESS))
        passkeys.remove_passkey(c, named(c, ADDRESS), ADDRESS, first, at=NOW)
    with pytest.raises(WrongState), people.write() as c:
        passkeys.remove_passkey(c, named(c, ADDRESS), ADDRESS, second, at=NOW)
    with people.write() as c:
        second_factor.reset(c, ROOT, ADDRESS, reason="mất khóa")
        assert not passkeys.list_passkeys(c, ROOT, ADDRESS)
