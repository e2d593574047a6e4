"""Accounts as a list: searched by name, address, post and telephone, filtered, ordered, page by page behind a key."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select

from mailhub.accounts.life.causes import IDLE, LEAVE
from mailhub.accounts.models import ENDED_STATES, Agency, Mailbox, MailboxKind, MailboxState, Person
from mailhub.accounts.records import Credential
from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.tree import below, find_agency, scope_of
from mailhub.text.folding import fold

_TELEPHONE = re.compile(r"\+?[\d .()-]{4,20}")
_COUNTRY = re.compile(r"^(\+?84|0)")  # Vietnam's code, or the zero that stands for it


class Only(StrEnum):
    """What a list may be cut down to."""

    IDLE = "idle"  # the login is closed because nobody used it
    AWAY = "away"  # on leave
    ENDING = "ending"  # an end is announced
    NO_PASSWORD = "no-password"  # noqa: S105 - in use, or approved, and nothing to log in with yet
    HELD = "held"  # by an order


class Order(StrEnum):
    """By what a list can be ordered."""

    ADDRESS = "address"
    NAME = "name"
    LAST_LOGIN = "last-login"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLine:
    """An account in a list; times in ms. `quota_mib` None: the setting's."""

    id: int
    address: str
    name: str
    kind: str
    agency: str
    state: str
    title: str = ""
    login_closed: str = ""
    ends_on: str | None = None
    last_login_at: int | None = None
    agency_name: str = ""
    quota_mib: int | None = None
    may_send: bool = True


def list_accounts(
    connection: Connection,
    actor: Actor,
    *,
    after: str = "",
    limit: int = 100,
    agency: str = "",
    state: str = "",
    kind: str = "",
    only: Collection[Only] = (),
    text: str = "",
    order: Order = Order.ADDRESS,
    falling: bool = False,
) -> Sequence[AccountLine]:
    """Accounts that the actor may see, in the order of their addresses (or of `order`), from behind the address
    `after` on.

    `agency` is a code: that agency and those below it. `text`: words of name, address or post, marks or not; or a
    telephone number.

    Raises:
        NotAllowed, NoSuchAgency.
    """
    query = _wanted(connection, actor, agency, state, kind, only, text, columns=_COLUMNS)
    key = _KEYS[order]
    if after:
        query = query.where(_behind(order, after, falling=falling))
    keys = (key,) if order is Order.ADDRESS else (key, Mailbox.address)
    turned = [one.desc() if falling else one.asc() for one in keys]
    return [_line(row) for row in connection.execute(query.order_by(*turned).limit(limit))]


def count_accounts(
    connection: Connection,
    actor: Actor,
    *,
    agency: str = "",
    state: str = "",
    kind: str = "",
    only: Collection[Only] = (),
    text: str = "",
) -> int:
    """How many `list_accounts` would give in all.

    Raises:
        NotAllowed, NoSuchAgency.
    """
    query = _wanted(connection, actor, agency, state, kind, only, text, columns=(func.count(),))
    return int(connection.execute(query).scalar_one())


def _wanted(
    connection: Connection,
    actor: Actor,
    agency: str,
    state: str,
    kind: str,
    only: Collection[Only],
    text: str,
    *,
    columns: Sequence[Any],
) -> Select[Any]:
    query = select(*columns).select_from(Mailbox).join(Agency, Agency.id == Mailbox.agency_id)
    query = query.outerjoin(Person, Person.id == Mailbox.person_id)
    scope = scope_of(connection, actor, Action.ACCOUNT_HOLD if Only.HELD in only else Action.ACCOUNT_READ)
    if scope.account_id is not None:
        query = query.where(Mailbox.id == scope.account_id)
    if scope.agencies is not None:
        query = query.where(Mailbox.agency_id.in_(scope.agencies))
    if agency:
        query = query.where(Mailbox.agency_id.in_(below(find_agency(connection, agency))))
    if state:
        query = query.where(Mailbox.state == state)
    if kind:
        query = query.where(Mailbox.kind == kind)
    return query.where(*(_ONLY[one] for one in only), *_says(text))


def _says(text: str) -> list[ColumnElement[bool]]:
    words = [Mailbox.folded.contains(word, autoescape=True) for word in fold(text).split()]
    if not _TELEPHONE.fullmatch(text.strip()):
        return words
    digits = _COUNTRY.sub("", re.sub(r"[^\d+]", "", text))
    return [or_(Person.phone.contains(digits, autoescape=True), and_(*words))] if digits else words


def _behind(order: Order, after: str, *, falling: bool) -> ColumnElement[bool]:
    """Rows that come after that address in this order; its own value of the key is looked up."""
    beyond = Mailbox.address < after if falling else Mailbox.address > after
    if order is Order.ADDRESS:
        return beyond
    key = _KEYS[order]
    last = select(key).where(Mailbox.address == after).scalar_subquery()
    return or_(key < last if falling else key > last, and_(key == last, beyond))


def _line(row: Row[*tuple[Any, ...]]) -> AccountLine:
    return AccountLine(
        id=row.id,
        address=row.address,
        name=row.name,
        kind=row.kind,
        agency=row.code,
        state=row.state,
        title=row.title or "",
        login_closed=row.login_closed,
        ends_on=None if row.ends_on is None else row.ends_on.isoformat(),
        last_login_at=row.last_login_at,
        agency_name=row.agency_name,
        quota_mib=row.quota_mib,
        may_send=row.may_send,
    )


_COLUMNS = (
    Mailbox.id,
    Mailbox.address,
    Mailbox.name,
    Mailbox.kind,
    Mailbox.state,
    Mailbox.login_closed,
    Mailbox.ends_on,
    Mailbox.last_login_at,
    Mailbox.quota_mib,
    Mailbox.may_send,
    Agency.code,
    Agency.name.label("agency_name"),
    Person.title,
)
_KEYS: dict[Order, ColumnElement[Any]] = {
    Order.ADDRESS: Mailbox.address.expression,
    Order.NAME: Mailbox.folded.expression,  # begins with the name, without marks
    Order.LAST_LOGIN: func.coalesce(Mailbox.last_login_at, 0),
}
_PASSWORDS = select(Credential.mailbox_id)
_ONLY: dict[Only, ColumnElement[bool]] = {
    Only.IDLE: Mailbox.login_closed.contains(IDLE),
    Only.AWAY: Mailbox.login_closed.contains(LEAVE),
    Only.ENDING: and_(Mailbox.ends_on.is_not(None), Mailbox.state.not_in(ENDED_STATES)),
    Only.NO_PASSWORD: and_(
        Mailbox.kind == MailboxKind.PERSONAL,
        or_(Mailbox.state == MailboxState.APPROVED, Mailbox.state == MailboxState.ACTIVE),
        Mailbox.id.not_in(_PASSWORDS),
    ),
    Only.HELD: Mailbox.legal_hold != "",
}
