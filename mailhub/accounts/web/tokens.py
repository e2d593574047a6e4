"""Tokens of programs (`Authorization: Bearer mhub_…`, RFC 6750): for an account, some areas, until a day.

Shown once, kept as SHA-256. Who uses one is its owner, narrowed to the token's scopes (scopes.py); it stops with the
account, with the owner's missing second factor, and when it is revoked, at the next request.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection, RowMapping, insert, select, update

from mailhub.accounts import audit
from mailhub.accounts.act import act
from mailhub.accounts.control.grants import actor_of
from mailhub.accounts.errors import InvalidValue, NotAllowed, NotFound, WrongState
from mailhub.accounts.finding import MailboxRow, find_mailbox, load_mailbox, subject_of
from mailhub.accounts.life.letters import LetterKind, tell
from mailhub.accounts.login.rule import StandingSettings, standing_of
from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import Action, Actor, may
from mailhub.accounts.web.models import ApiToken
from mailhub.accounts.web.scopes import TokenScope, narrowed
from mailhub.accounts.web.sessions import digest
from mailhub.clock import DAY, MINUTE
from mailhub.ids import new_id
from mailhub.text.plain import plain_line

MARK = "mhub_"
MOST = 20  # tokens of one account
_SHOWN = 12  # of its signs, by which people tell tokens apart
_LENGTH = len(MARK) + 43


class TokenDays(Protocol):
    """What is read from `[web]`."""

    @property
    def token_days(self) -> int: ...


class TokenSettings(Protocol):
    """The sections that matter here."""

    @property
    def web(self) -> TokenDays: ...
    @property
    def passwords(self) -> StandingSettings: ...


class NoSuchToken(NotFound):
    """The account has no such token that is good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRow:
    """A token without its secret. Times in ms."""

    id: int
    prefix: str
    account_id: int
    name: str
    scopes: tuple[TokenScope, ...]
    made_at: int
    expires_at: int
    last_used_at: int | None
    last_ip: str
    revoked_at: int | None


@dataclass(frozen=True, slots=True)
class Bearer:
    """A token that was shown and is good, and the actor that it makes."""

    token: TokenRow
    actor: Actor


def make_token(
    connection: Connection,
    actor: Actor,
    address: str,
    name: str,
    scopes: Collection[TokenScope],
    *,
    days: int,
    settings: TokenSettings,
    at: int,
) -> str:
    """Make a token and give it back in clear, this once. `days` is required, `[web] token_days` at most.

    Raises:
        NoSuchAccount, InvalidValue. NotAllowed: only the owner makes one. WrongState: the account is not in use, lacks
        its second factor, or has 20 already.
    """
    name = " ".join(plain_line(name).split())
    if not name or len(name) > 100:
        raise InvalidValue("the token needs a name of at most 100 letters, such as 'Phần mềm một cửa'")
    if not 1 <= days <= settings.web.token_days:
        raise InvalidValue(f"a token is good for 1 to {settings.web.token_days} days")
    if not scopes:
        raise InvalidValue("a token needs at least one scope")
    with act(connection, actor, at=at) as acting:
        mailbox = find_mailbox(connection, address)
        acting.check(Action.API_TOKEN, subject_of(connection, mailbox))
        if actor.account_id != mailbox.id:
            raise NotAllowed(f"{actor.name} may revoke tokens of {mailbox.address}, and not make one")
        _check_state(connection, mailbox, settings, at=at)
        token = MARK + secrets.token_urlsafe(32)
        prefix, until = token[:_SHOWN], at + days * DAY
        row = {"id": new_id(), "token_sha256": digest(token), "prefix": prefix, "account_id": mailbox.id, "name": name}
        row |= {"scopes": " ".join(sorted(scopes)), "made_at": at, "expires_at": until}
        connection.execute(insert(ApiToken).values(**row))
        acting.after = {"token": prefix, "name": name, "scopes": sorted(scopes), "until": until}
        facts = {"address": mailbox.address, "name": mailbox.name, "device": name, "at": at, "ip": actor.ip}
        facts["act"] = "token"
        tell(connection, LetterKind.NEW_DEVICE, mailbox.address, facts, at=at)
    return token


def list_tokens(
    connection: Connection, actor: Actor, address: str, *, revoked: bool = False, at: int
) -> Sequence[TokenRow]:
    """The account's tokens, the oldest first; those that were revoked only when `revoked`. Others' leave a row in the
    audit log: call it where one may be written.

    Raises:
        NoSuchAccount, NotAllowed.
    """
    mailbox = find_mailbox(connection, address)
    subject = subject_of(connection, mailbox)
    if not may(actor, Action.API_TOKEN, subject):
        raise refusal(actor, Action.API_TOKEN, mailbox.address)
    if actor.account_id != mailbox.id:
        audit.record(connection, actor, Action.API_TOKEN, subject, after={"read": "tokens"}, at=at)
    query = select(ApiToken.__table__).where(ApiToken.account_id == mailbox.id)
    if not revoked:
        query = query.where(ApiToken.revoked_at.is_(None))
    return [_token(row) for row in connection.execute(query.order_by(ApiToken.id)).mappings()]


def revoke_tokens(
    connection: Connection, actor: Actor, address: str, which: int | None, *, reason: str = "", at: int
) -> int:
    """Take back the token with this number, or all (None); how many it were.

    Raises:
        NoSuchAccount, NotAllowed. NoSuchToken: none is like that.
    """
    with act(connection, actor, reason=reason.strip(), at=at) as acting:
        mailbox = find_mailbox(connection, address)
        acting.check(Action.API_TOKEN, subject_of(connection, mailbox))
        rows = [ApiToken.account_id == mailbox.id, ApiToken.revoked_at.is_(None)]
        if which is not None:
            rows.append(ApiToken.id == which)
        prefixes = list(connection.execute(select(ApiToken.prefix).where(*rows)).scalars())
        if which is not None and not prefixes:
            raise NoSuchToken(f"{mailbox.address} has no such token")
        connection.execute(update(ApiToken).where(*rows).values(revoked_at=at))
        acting.before = {"tokens": prefixes}
        return len(prefixes)


def find_token(
    connection: Connection, token: str, *, settings: TokenSettings, ip: str, at: int, writing: bool = False
) -> Bearer | None:
    """Who shows this token; None when it is none of ours, revoked, too old, or its account may not log in.

    Ask again with `writing` in the transaction that is about to write, first of all: then whoever closes the account or
    revokes the token is seen, or comes after.
    """
    if len(token) != _LENGTH or not token.startswith(MARK) or not token.isascii():
        return None
    if writing:
        audit.take_turn(connection)
    query = select(ApiToken.__table__).where(ApiToken.token_sha256 == digest(token))
    row = connection.execute(query).mappings().one_or_none()
    if row is None or row["revoked_at"] is not None or row["expires_at"] <= at:
        return None
    found, mailbox = _token(row), load_mailbox(connection, row["account_id"])
    if mailbox is None or not mailbox.logs_in:
        return None
    if standing_of(connection, mailbox.id, None, settings.passwords, at=at).lacks_factor:
        return None
    owner = actor_of(connection, mailbox, at=at, via=f"token {found.prefix}…", ip=ip)
    return Bearer(found, narrowed(owner, found.scopes))


def note_use(connection: Connection, token: TokenRow, *, ip: str, at: int) -> None:
    """Write down when and from where it was used last; ask `use_is_known` before."""
    connection.execute(update(ApiToken).where(ApiToken.id == token.id).values(last_used_at=at, last_ip=ip[:64]))


def use_is_known(token: TokenRow, *, at: int) -> bool:
    """Whether a use within this last minute is written down already."""
    return token.last_used_at is not None and token.last_used_at > at - MINUTE


def good_tokens(connection: Connection, account_id: int, *, at: int) -> int:
    """How many tokens of the account are neither revoked nor too old."""
    rows = (ApiToken.account_id == account_id, ApiToken.revoked_at.is_(None), ApiToken.expires_at > at)
    return len(connection.execute(select(ApiToken.id).where(*rows)).all())


def _check_state(connection: Connection, mailbox: MailboxRow, settings: TokenSettings, *, at: int) -> None:
    if not mailbox.logs_in:
        raise WrongState(f"{mailbox.address} is {mailbox.state}: tokens are for accounts in use")
    if standing_of(connection, mailbox.id, None, settings.passwords, at=at).lacks_factor:
        raise WrongState(f"{mailbox.address} must set up the second factor first")
    if good_tokens(connection, mailbox.id, at=at) >= MOST:
        raise WrongState(f"{mailbox.address} has {MOST} tokens: revoke those that are not used any more")


def _token(row: RowMapping) -> TokenRow:
    values = {name: row[name] for name in TokenRow.__dataclass_fields__}
    return TokenRow(**values | {"scopes": tuple(TokenScope(word) for word in row["scopes"].split())})
