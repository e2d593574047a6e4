"""Other names, groups, and who holds a role mailbox."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, or_, select, update

from mailhub.accounts.act import act
from mailhub.accounts.addresses import check_free, claim, fold, lookup, read_own, split
from mailhub.accounts.errors import InvalidValue, NoSuchAccount, NoSuchGroup, Protected
from mailhub.accounts.finding import find_mailbox, load_mailbox, subject_of
from mailhub.accounts.models import Address, AddressKind, Domain, GroupMember, MailboxKind, MailGroup, RoleHolder
from mailhub.accounts.rights import Action, Actor, Subject
from mailhub.accounts.tree import agency_subject, find_agency
from mailhub.ids import new_id


def add_alias(connection: Connection, actor: Actor, alias: str, address: str, *, at: int | None = None) -> None:
    """Give the mailbox at `address` another name, which receives and may be sent from.

    Raises:
        AddressTaken, InvalidAddress, NoSuchDomain, NoSuchAccount, NotAllowed.
    """
    alias = read_own(alias)
    with act(connection, actor, at=at) as acting:
        mailbox = find_mailbox(connection, address)
        acting.check(Action.ALIAS_ADD, subject_of(connection, mailbox))
        claim(connection, alias, AddressKind.ALIAS, mailbox_id=mailbox.id)
        acting.after = {"alias": alias}


def remove_alias(connection: Connection, actor: Actor, alias: str, *, at: int | None = None) -> None:
    """Take another name away.

    Raises:
        NoSuchAccount: it is no alias. Protected: it is postmaster@ or abuse@. NotAllowed.
    """
    alias = fold(alias.strip())
    with act(connection, actor, at=at) as acting:
        row = connection.execute(select(Address.__table__).where(Address.address == alias)).mappings().one_or_none()
        if row is None or row["kind"] != AddressKind.ALIAS:
            raise NoSuchAccount(f"no account has the other name {alias}")
        mailbox = load_mailbox(connection, row["mailbox_id"])
        assert mailbox is not None
        acting.check(Action.ALIAS_REMOVE, subject_of(connection, mailbox))
        if row["protected"]:
            raise Protected(f"{alias} always exists; it can only be led elsewhere")
        connection.execute(delete(Address).where(Address.address == alias))
        acting.before = {"alias": alias}


def add_group(
    connection: Connection, actor: Actor, address: str, name: str, *, agency: str = "", at: int | None = None
) -> int:
    """Open a group address; gives the group's number.

    Raises:
        AddressTaken, InvalidAddress, NoSuchDomain, NoSuchAgency, NotAllowed.
    """
    address = read_own(address)
    with act(connection, actor, at=at) as acting:
        agency_id = find_agency(connection, agency)
        subject = agency_subject(connection, "group", address, agency_id)
        acting.check(Action.GROUP_ADD, subject)
        check_free(connection, address)
        number = new_id()
        row = {"address": address, "name": name.strip() or address, "agency_id": agency_id}
        connection.execute(insert(MailGroup).values(id=number, **row))
        claim(connection, address, AddressKind.GROUP, group_id=number)
        acting.after = {"name": row["name"], "agency": agency}
        return number


def add_member(connection: Connection, actor: Actor, group: str, member: str, *, at: int | None = None) -> None:
    """Put a mailbox (by any name), another group, or an address of a relayed domain into a group; once is enough.

    Raises:
        NoSuchGroup, NoSuchAccount (the member is none of these; outside addresses cannot be members), NotAllowed.
    """
    with act(connection, actor, at=at) as acting:
        group_id, subject = _find_group(connection, group)
        acting.check(Action.GROUP_MEMBER, subject)
        row = {"group_id": group_id, **_member(connection, member)}
        there = select(GroupMember.id).where(GroupMember.group_id == group_id, GroupMember.member == row["member"])
        if connection.execute(there).one_or_none() is None:
            connection.execute(insert(GroupMember).values(id=new_id(), **row))
        acting.after = {"member": row["member"]}


def remove_member(connection: Connection, actor: Actor, group: str, member: str, *, at: int | None = None) -> None:
    """Take a member out of a group.

    Raises:
        NoSuchGroup, NoSuchAccount (it is no member), NotAllowed.
    """
    with act(connection, actor, at=at) as acting:
        group_id, subject = _find_group(connection, group)
        acting.check(Action.GROUP_MEMBER, subject)
        primary = str(_member(connection, member)["member"])
        which = (GroupMember.group_id == group_id, GroupMember.member == primary)
        if connection.execute(delete(GroupMember).where(*which)).rowcount == 0:
            raise NoSuchAccount(f"{member} is not in the group {group}")
        acting.before = {"member": primary}


def hold_role(
    connection: Connection,
    actor: Actor,
    role: str,
    holder: str,
    *,
    from_at: int | None = None,
    until_at: int | None = None,
    at: int | None = None,
) -> None:
    """Let an official send as a role mailbox from a moment (now) until another (further notice); times in ms.

    Raises:
        NoSuchAccount; InvalidValue: `role` is no role mailbox, `holder` no personal one, or the times are odd.
        NotAllowed: the actor must have the right over both.
    """
    with act(connection, actor, at=at) as acting:
        mailbox, person = find_mailbox(connection, role), find_mailbox(connection, holder)
        acting.check(Action.ROLE_HOLD, subject_of(connection, person))
        acting.check(Action.ROLE_HOLD, subject_of(connection, mailbox))
        if mailbox.kind is not MailboxKind.ROLE or person.kind is not MailboxKind.PERSONAL:
            raise InvalidValue(f"an official's mailbox holds a role mailbox; {holder} and {role} are not that")
        start = acting.at if from_at is None else from_at
        if until_at is not None and until_at <= start:
            raise InvalidValue("the holding ends before it begins")
        row = {"mailbox_id": mailbox.id, "holder_id": person.id, "from_at": start, "until_at": until_at}
        connection.execute(insert(RoleHolder).values(id=new_id(), **row))
        acting.after = {"holder": person.address, "from_at": start, "until_at": until_at}


def release_role(connection: Connection, actor: Actor, role: str, holder: str, *, at: int | None = None) -> None:
    """The official holds the role mailbox no longer, from now on.

    Raises:
        NoSuchAccount: one of them does not exist, or the one does not hold the other. NotAllowed.
    """
    with act(connection, actor, at=at) as acting:
        mailbox, person = find_mailbox(connection, role), find_mailbox(connection, holder)
        acting.check(Action.ROLE_HOLD, subject_of(connection, mailbox))
        pair = (RoleHolder.mailbox_id == mailbox.id, RoleHolder.holder_id == person.id)
        running = or_(RoleHolder.until_at.is_(None), RoleHolder.until_at > acting.at)
        ended = connection.execute(update(RoleHolder).where(*pair, running).values(until_at=acting.at))
        if ended.rowcount == 0:
            raise NoSuchAccount(f"{holder} does not hold {role}")
        acting.before = {"holder": person.address}


def _find_group(connection: Connection, address: str) -> tuple[int, Subject]:
    query = select(MailGroup.id, MailGroup.address, MailGroup.agency_id).where(MailGroup.address == fold(address))
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NoSuchGroup(f"no group has the address {address}")
    return row.id, agency_subject(connection, "group", row.address, row.agency_id)


def _member(connection: Connection, text: str) -> dict[str, object]:
    address = fold(text.strip())
    found = lookup(connection, address)
    if found is not None and found[0] is AddressKind.GROUP:
        return {"member": address, "member_group_id": found[1]}
    if found is not None:
        mailbox = load_mailbox(connection, found[1])
        assert mailbox is not None
        return {"member": mailbox.address, "member_mailbox_id": mailbox.id}
    relayed = select(Domain.name).where(Domain.name == split(address)[1], Domain.relay.is_(True))
    if connection.execute(relayed).one_or_none() is None:
        raise NoSuchAccount(f"not an address of ours: {text}")
    return {"member": read_own(address)}
