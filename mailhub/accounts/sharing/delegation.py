"""Delegations: somebody reads another's mail, drafts for them or sends for them, with the own login, named.

Rows are written when it is given and when it is ended by somebody; everything else (a day that passes, a suspension
of either) is looked at when somebody comes (access.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, or_, select, update
from sqlalchemy.orm import aliased

from mailhub.accounts.act import Act, act
from mailhub.accounts.control.above import check_not_above
from mailhub.accounts.errors import InvalidValue, NoSuchAccount, NotAllowed
from mailhub.accounts.finding import MailboxRow, find_mailbox, subject_of
from mailhub.accounts.life.letters import LetterKind, tell
from mailhub.accounts.models import Delegation, DelegationRight, Mailbox, MailboxKind
from mailhub.accounts.periods import not_over
from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.sharing.blocks import keep_within_block
from mailhub.accounts.tree import scope_of
from mailhub.clock import now_ms
from mailhub.ids import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegationRow:
    """A delegation as it was given; times in ms, `until_at` None until further notice. `now`: its time is running."""

    id: int
    mailbox: str
    name: str
    delegate: str
    delegate_name: str
    right: DelegationRight
    from_at: int
    until_at: int | None
    because: str
    now: bool


def delegate_mailbox(
    connection: Connection,
    actor: Actor,
    mailbox: str,
    delegate: str,
    right: DelegationRight,
    *,
    from_at: int | None = None,
    until_at: int | None = None,
    because: str = "",
    at: int | None = None,
) -> int:
    """Let `delegate` work in the personal mailbox `mailbox`, from a moment (now) until another; gives its number.

    The owner may give it to anybody; an administrator to people whom the own right reaches as well. Both are told.

    Raises:
        NoSuchAccount. InvalidValue: not two people's mailboxes, or odd times.
        NotAllowed: the actor has no right to it, or would give it to themselves, or out of a block.
    """
    with act(connection, actor, reason=because.strip(), at=at) as acting:
        owner, person = find_mailbox(connection, mailbox), find_mailbox(connection, delegate)
        check_delegation(connection, acting, owner, person)
        start = acting.at if from_at is None else from_at
        if until_at is not None and until_at <= max(start, acting.at):
            raise InvalidValue("the delegation ends before it begins")
        number, reason = new_id(), because.strip()[:300]
        row = {"mailbox_id": owner.id, "delegate_id": person.id, "right": right.value, "because": reason}
        connection.execute(insert(Delegation).values(id=number, from_at=start, until_at=until_at, **row))
        _tell(connection, owner, person, right, from_at=start, until_at=until_at, because=reason, at=acting.at)
        acting.after = {"delegate": person.address, "right": right, "from_at": start, "until_at": until_at}
        return number


def end_delegations(
    connection: Connection, actor: Actor, mailbox: str, delegate: str, *, reason: str = "", at: int | None = None
) -> int:
    """Everything that was given of `mailbox` to `delegate` ends now; how many delegations. The owner may, and so may
    whoever it was given to.

    Raises:
        NoSuchAccount: an address is none, or nothing was given. NotAllowed.
    """
    with act(connection, actor, reason=reason.strip(), at=at) as acting:
        owner, person = find_mailbox(connection, mailbox), find_mailbox(connection, delegate)
        # Who was given it may also give it back; nobody else's right over the delegate reaches the owner's mailbox.
        given_back = acting.actor.account_id == person.id
        acting.check(Action.DELEGATE, subject_of(connection, person if given_back else owner))
        pair = (Delegation.mailbox_id == owner.id, Delegation.delegate_id == person.id)
        # What was opened by an order ends with its days: neither the owner nor who asks for the owner ends it.
        running = Delegation.by_order.is_(False) & not_over(Delegation, acting.at)
        rows = connection.execute(select(Delegation.__table__).where(*pair, running)).all()
        if not rows:
            raise NoSuchAccount(f"{person.address} has nothing of {owner.address}'s mailbox")
        which = Delegation.id.in_([row.id for row in rows])
        connection.execute(update(Delegation).where(which).values(until_at=acting.at))
        highest = max((DelegationRight(row.right) for row in rows), key=list(DelegationRight).index)
        _tell(connection, owner, person, highest, from_at=None, until_at=acting.at, at=acting.at, ended=True)
        acting.before = {"mailbox": owner.address, "delegate": person.address, "rights": [row.right for row in rows]}
        return len(rows)


def check_delegation(connection: Connection, acting: Act, owner: MailboxRow, person: MailboxRow) -> None:
    """Name the act, and hold it to the rules: the owner gives it, or an administrator of both, who is neither.

    Raises:
        NotAllowed: the actor has no right to it, or would give it to themselves, or out of a block.
        InvalidValue: not two people's mailboxes.
    """
    if acting.actor.account_id != owner.id:
        acting.check(Action.DELEGATE, subject_of(connection, person))
        if acting.actor.account_id == person.id:
            raise NotAllowed("nobody opens another's mailbox to themselves")
        check_not_above(connection, acting.actor, owner, Action.DELEGATE, at=acting.at)
    acting.check(Action.DELEGATE, subject_of(connection, owner))
    if owner.kind is not MailboxKind.PERSONAL or person.kind is not MailboxKind.PERSONAL:
        raise InvalidValue(f"a person delegates to a person; {owner.address} and {person.address} are not both that")
    if owner.id == person.id:
        raise InvalidValue(f"{owner.address} needs no delegation for itself")
    keep_within_block(connection, owner, person)


def list_delegations(
    connection: Connection, actor: Actor, *, account: str = "", past: bool = False, at: int | None = None
) -> Sequence[DelegationRow]:
    """Those whose mailbox or delegate the actor may see, by mailbox; with `account`, those given by it or to it.

    Openings by order are not among them: who may know of one has it from the order (control/opening.py).

    Raises:
        NotAllowed, NoSuchAccount.
    """
    moment, scope = now_ms() if at is None else at, scope_of(connection, actor, Action.ACCOUNT_READ)
    owner, person = aliased(Mailbox), aliased(Mailbox)
    query = (
        select(
            Delegation.__table__,
            owner.address.label("owner"),
            owner.name.label("owner_name"),
            person.address.label("person"),
            person.name.label("person_name"),
        )
        .join(owner, owner.id == Delegation.mailbox_id)
        .join(person, person.id == Delegation.delegate_id)
        .where(Delegation.by_order.is_(False))
    )
    if scope.agencies is not None:
        mine = or_(owner.agency_id.in_(scope.agencies), Delegation.delegate_id == (actor.account_id or 0))
        query = query.where(or_(mine, Delegation.mailbox_id == (actor.account_id or 0)))
    if scope.account_id is not None:
        query = query.where(_of(scope.account_id))
    if account:
        query = query.where(_of(find_mailbox(connection, account).id))
    if not past:
        query = query.where(not_over(Delegation, moment))
    return [_read(row, moment) for row in connection.execute(query.order_by(owner.address, Delegation.id))]


def _tell(
    connection: Connection,
    owner: MailboxRow,
    person: MailboxRow,
    right: DelegationRight,
    *,
    from_at: int | None,
    until_at: int | None,
    because: str = "",
    at: int,
    ended: bool = False,
) -> None:
    """Both hear of it: an owner must not learn by chance who reads their mail."""
    facts: dict[str, Any] = {"address": owner.address, "owner": owner.name, "delegate": person.name, "right": right}
    facts |= {"from_at": from_at, "until_at": until_at, "because": because, "ended": ended}
    for one in (person, owner):
        tell(connection, LetterKind.DELEGATED, one.address, facts | {"name": one.name}, at=at)


def _of(account_id: int) -> ColumnElement[bool]:
    return or_(Delegation.mailbox_id == account_id, Delegation.delegate_id == account_id)


def _read(row: Row[Any], at: int) -> DelegationRow:
    return DelegationRow(
        id=row.id,
        mailbox=row.owner,
        name=row.owner_name,
        delegate=row.person,
        delegate_name=row.person_name,
        right=DelegationRight(row.right),
        from_at=row.from_at,
        until_at=row.until_at,
        because=row.because,
        now=row.from_at <= at and (row.until_at is None or row.until_at > at),
    )
