"""Who administers what: roles given to accounts for an agency and those below it, from a day until another.

Nobody changes a role of their own, and nobody gives what is not below their own (threats 4.15): an agency's
administrator may make clerks, managers and a help desk of the own sub-tree, and no other administrator.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from mailhub.accounts.act import act
from mailhub.accounts.control.errors import LastAdministrator, NoSuchGrant
from mailhub.accounts.errors import InvalidValue, NotAllowed
from mailhub.accounts.finding import MailboxRow, find_mailbox, subject_of
from mailhub.accounts.models import Agency, Grant, Mailbox, MailboxKind, MailboxState
from mailhub.accounts.periods import in_force, not_over
from mailhub.accounts.rights import Action, Actor, Held, Role, Subject
from mailhub.accounts.tree import agency_subject, find_agency, root_agency, scope_of
from mailhub.clock import now_ms
from mailhub.ids import new_id

# Roles that are given; console is whoever stands at the server, and an official is everybody.
GIVEN = tuple(role for role in Role if role not in (Role.CONSOLE, Role.OFFICIAL))
ADMINISTERING = (Role.SYSTEM_ADMIN, Role.AGENCY_ADMIN, Role.APPROVER, Role.HELP_DESK, Role.SECURITY_OFFICER)
# Of the province as a whole, never of a part: what they do has no agency.
_WHOLE = (Role.SYSTEM_ADMIN, Role.AUDITOR)
_BELOW_AGENCY_ADMIN = (Role.CLERK, Role.MANAGER, Role.HELP_DESK)
# One person may not watch over themselves (QCVN 12:2026/BCA 3.15.2.1.1).
_APART = ({Role.SYSTEM_ADMIN, Role.SECURITY_OFFICER}, {Role.SYSTEM_ADMIN, Role.AUDITOR})


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRow:
    """A role as it was given. `agency` is a code, '' for the whole province; times in ms."""

    account: str
    name: str
    role: str
    agency: str
    from_at: int
    until_at: int | None


def grant_role(
    connection: Connection,
    actor: Actor,
    address: str,
    role: Role,
    *,
    agency: str = "",
    reason: str = "",
    from_at: int | None = None,
    until_at: int | None = None,
    at: int | None = None,
) -> None:
    """Give a role for an agency (a code; '' = the province, its blocks excepted) and those below it.

    Raises:
        NoSuchAccount, NoSuchAgency. NotAllowed: it is not the actor's to give, or the actor's own.
        InvalidValue: not a person's account, a role that is not given, odd times, or two that exclude each other.
    """
    with act(connection, actor, reason=reason.strip(), at=at) as acting:
        mailbox = find_mailbox(connection, address)
        acting.check(Action.RIGHT_GRANT, subject_of(connection, mailbox))
        where = _where(connection, role, agency)
        acting.check(Action.RIGHT_GRANT, _within(connection, mailbox, where))
        _check_giver(actor, mailbox, role)
        start = acting.at if from_at is None else from_at
        if until_at is not None and until_at <= max(start, acting.at):
            raise InvalidValue("the role ends before it begins")
        if mailbox.kind is not MailboxKind.PERSONAL or role not in GIVEN:
            raise InvalidValue(f"a role is given to a person's account; {address} cannot be {role}")
        held = {one.role for one in roles_of(connection, mailbox.id, at=acting.at)} | {role}
        if any(pair <= held for pair in _APART):
            raise InvalidValue(f"{mailbox.address} cannot be {role} as well as {', '.join(held - {role})}")
        row = {"account_id": mailbox.id, "role": role.value, "agency_id": where}
        connection.execute(insert(Grant).values(id=new_id(), **row, from_at=start, until_at=until_at))
        acting.after = {"role": role, "agency": agency, "from_at": start, "until_at": until_at}


def take_role(
    connection: Connection,
    actor: Actor,
    address: str,
    role: Role,
    *,
    agency: str = "",
    reason: str,
    at: int | None = None,
) -> None:
    """The account holds the role no longer, from now on.

    Raises:
        NoSuchAccount, NoSuchAgency, NoSuchGrant, NotAllowed. LastAdministrator.
    """
    with act(connection, actor, reason=reason.strip(), at=at) as acting:
        mailbox = find_mailbox(connection, address)
        where = _where(connection, role, agency)
        acting.check(Action.RIGHT_TAKE, _within(connection, mailbox, where))
        _check_giver(actor, mailbox, role)
        if role is Role.SYSTEM_ADMIN:
            keep_an_administrator(connection, mailbox.id, at=acting.at)
        same = Grant.agency_id.is_(None) if where is None else Grant.agency_id == where
        which = (Grant.account_id == mailbox.id, Grant.role == role.value, same, not_over(Grant, acting.at))
        ended = connection.execute(update(Grant).where(*which).values(until_at=acting.at))
        if ended.rowcount == 0:
            raise NoSuchGrant(f"{address} is not {role} of {agency or 'the province'}")
        acting.before = {"role": role, "agency": agency}


def list_grants(
    connection: Connection, actor: Actor, *, account: str = "", past: bool = False, at: int | None = None
) -> Sequence[GrantRow]:
    """The roles given to accounts that the actor may see, by account; those that are over only when `past`.

    Raises:
        NotAllowed, NoSuchAccount.
    """
    moment, scope = now_ms() if at is None else at, scope_of(connection, actor, Action.RIGHT_READ)
    query = select(Mailbox.address, Mailbox.name, Grant.role, Agency.code, Grant.from_at, Grant.until_at)
    query = query.join(Mailbox, Mailbox.id == Grant.account_id).outerjoin(Agency, Agency.id == Grant.agency_id)
    if scope.agencies is not None:
        query = query.where(Mailbox.agency_id.in_(scope.agencies))
    if scope.account_id is not None:
        query = query.where(Mailbox.id == scope.account_id)
    if account:
        query = query.where(Mailbox.id == find_mailbox(connection, account).id)
    if not past:
        query = query.where(not_over(Grant, moment))
    rows = connection.execute(query.order_by(Mailbox.address, Grant.id))
    return [GrantRow(account=r[0], name=r[1], role=r[2], agency=r[3] or "", from_at=r[4], until_at=r[5]) for r in rows]


def roles_of(connection: Connection, account_id: int, *, at: int) -> tuple[Held, ...]:
    """The roles that the account holds at that moment. One for the whole province is one for its root."""
    query = select(Grant.role, Grant.agency_id).where(Grant.account_id == account_id, in_force(Grant, at))
    rows = connection.execute(query.order_by(Grant.id)).all()
    root = root_agency(connection) if any(row.agency_id is None for row in rows) else None
    return tuple(Held(Role(row.role), row.agency_id if row.agency_id is not None else root) for row in rows)


def actor_of(
    connection: Connection, mailbox: MailboxRow, *, at: int, via: str = "", proved: bool = False, ip: str = ""
) -> Actor:
    """The account as an actor, with every role it holds; an account that may not log in has none left."""
    held = roles_of(connection, mailbox.id, at=at) if mailbox.logs_in else ()
    first, *others = (*held, Held(Role.OFFICIAL, None))
    return Actor(
        name=mailbox.address if not via else f"{mailbox.address} ({via})",
        role=first.role,
        agency_id=first.agency_id,
        account_id=mailbox.id,
        ip=ip,
        also=tuple(others),
        via=via,
        proved=proved,
    )


def holders_over(
    connection: Connection, roles: Collection[Role], subject: Subject, *, at: int, but: int | None
) -> list[str]:
    """The accounts in use, save `but`, that hold one of the roles over the subject. One for the whole province does not
    reach into a block."""
    query = (
        select(Mailbox.address, Grant.agency_id)
        .join(Mailbox, Mailbox.id == Grant.account_id)
        .where(Grant.role.in_([role.value for role in roles]), in_force(Grant, at))
        .where(Mailbox.state == MailboxState.ACTIVE, Mailbox.id != (but or 0))
    )
    above, whole = set(subject.agencies), not subject.in_block
    rows = connection.execute(query).all()
    return sorted({row.address for row in rows if (whole if row.agency_id is None else row.agency_id in above)})


def keep_an_administrator(connection: Connection, account_id: int, *, at: int) -> None:
    """Refuse to take the last administrator of the province away.

    Raises:
        LastAdministrator: the account is one, and no other in use is.
    """
    if set(administrators(connection, at=at)) == {account_id}:
        raise LastAdministrator(
            "đây là quản trị hệ thống thư duy nhất của tỉnh: trước hết giao quyền cho người khác (mailhub right grant)"
        )


def administrators(connection: Connection, *, at: int) -> dict[int, str]:
    """The administrators of the province who can log in: number → address."""
    query = (
        select(Grant.account_id, Mailbox.address)
        .join(Mailbox, Mailbox.id == Grant.account_id)
        .where(Grant.role == Role.SYSTEM_ADMIN.value, in_force(Grant, at))
        .where(Mailbox.state == MailboxState.ACTIVE, Mailbox.may_login.is_(True))
    )
    return {row.account_id: row.address for row in connection.execute(query)}


def roles_by_address(connection: Connection, *, at: int) -> dict[str, tuple[Role, ...]]:
    """Everybody who administers something at that moment, and as what."""
    query = select(Mailbox.address, Grant.role).join(Grant, Grant.account_id == Mailbox.id).where(in_force(Grant, at))
    found: dict[str, tuple[Role, ...]] = {}
    for row in connection.execute(query.order_by(Grant.id)):
        if (role := Role(row.role)) in ADMINISTERING and role not in found.get(row.address, ()):
            found[row.address] = (*found.get(row.address, ()), role)
    return found


def _where(connection: Connection, role: Role, agency: str) -> int | None:
    if role in _WHOLE and agency:
        raise InvalidValue(f"{role} is for the whole province: leave the agency out")
    return find_agency(connection, agency) if agency else None


def _within(connection: Connection, mailbox: MailboxRow, where: int | None) -> Subject:
    """The sub-tree that is given away, as what is acted upon."""
    if where is None:
        return Subject(kind="account", name=mailbox.address)
    return agency_subject(connection, "account", mailbox.address, where)


def _check_giver(actor: Actor, mailbox: MailboxRow, role: Role) -> None:
    if actor.account_id == mailbox.id:
        raise NotAllowed("nobody changes a role of their own")
    whole = any(held.role in (Role.CONSOLE, Role.SYSTEM_ADMIN) for held in actor.holds)
    if not whole and role not in _BELOW_AGENCY_ADMIN:
        raise NotAllowed(f"{actor.name} may not make anybody {role}")
