"""What the directory reads from the tables; it keeps the answers (directory.py)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import TypeVar

from sqlalchemy import Connection, and_, func, or_, select

from mailhub.accounts.addresses import split
from mailhub.accounts.finding import MailboxRow, load_mailbox
from mailhub.accounts.models import (
    RECEIVING_STATES,
    Address,
    AddressKind,
    Domain,
    GroupMember,
    Mailbox,
    MailboxKind,
    MailboxState,
    RoleHolder,
)
from mailhub.accounts.system import SYSTEM_LOCALS
from mailhub.accounts.tree import unit_address
from mailhub.clock import VIETNAM, local_time

T = TypeVar("T")
_CHUNK = 500  # parameters in one IN (…)


@dataclass(frozen=True, slots=True)
class Target:
    """One place where a message goes. `home` is '' for here, else smtp://host:port."""

    address: str
    mailbox_id: int | None
    home: str


@dataclass(frozen=True, slots=True)
class Resolution:
    """What an address of ours leads to.

    kind: `mailbox`, `alias`, `group`, `ended` (it exists, takes no mail), `unknown`, `domain-relay`.
    targets: where it goes; empty for `ended`, `unknown`, and for a group without members that take mail.
    unit_address: for `ended`, whom to write to instead, when there is somebody.
    """

    kind: str
    targets: tuple[Target, ...] = ()
    unit_address: str | None = None


@dataclass(frozen=True, slots=True)
class DomainEntry:
    """A domain, with today's answer to whether it is official."""

    name: str
    canonical: bool
    official: bool
    receives: bool
    alias_of: str | None
    home: str
    relay: bool


UNKNOWN = Resolution("unknown")


def load_domains(connection: Connection, today: date) -> dict[str, DomainEntry]:
    """Every domain by its name."""
    rows = connection.execute(select(Domain.__table__)).mappings()
    return {
        row["name"]: DomainEntry(
            row["name"],
            row["canonical"],
            (row["official_from"] or today) <= today <= (row["official_until"] or today),
            row["receives"],
            row["alias_of"],
            row["home"],
            row["relay"],
        )
        for row in rows
    }


def next_change(connection: Connection, at: int) -> int:
    """When time alone will change an answer (ms): Vietnam's next midnight, or a role that begins or ends."""
    midnight = datetime.combine(local_time(at).date() + timedelta(days=1), time(), VIETNAM)
    begins = select(func.min(RoleHolder.from_at)).where(RoleHolder.from_at > at)
    ends = select(func.min(RoleHolder.until_at)).where(RoleHolder.until_at > at)
    moments = [connection.execute(query).scalar_one_or_none() for query in (begins, ends)]
    return min([int(midnight.timestamp() * 1000), *(moment for moment in moments if moment is not None)])


def resolve(connection: Connection, domains: dict[str, DomainEntry], address: str) -> Resolution | None:
    """What the folded address leads to; None when its domain is not ours.

    The address itself is looked for first, then without its `+detail`, then under the domain that this one is
    another name of; postmaster@ and abuse@ at last with the canonical domain.
    """
    local, domain = split(address)
    entry = domains.get(domain)
    if entry is None:
        return None
    if not address.isprintable():  # PostgreSQL takes no NUL, and nobody has such an address
        return UNKNOWN
    found = _first(connection, list(_candidates(local, entry, domains)))
    if found is None:
        return _unlisted(local, entry, domains)
    kind, number, detail = found
    if kind is AddressKind.GROUP:
        return Resolution("group", expand(connection, domains, number)) if entry.receives else Resolution("ended")
    mailbox = load_mailbox(connection, number)
    assert mailbox is not None
    if mailbox.state is MailboxState.REQUESTED:
        return UNKNOWN
    if not entry.receives or not mailbox.takes_mail:
        instead = mailbox.unit_address or unit_address(connection, mailbox.agency_id)
        return Resolution("ended", unit_address=instead if instead not in ("", mailbox.address) else None)
    return Resolution(kind.value, (_target(mailbox.id, mailbox.address, mailbox.home, domains, detail),))


def expand(connection: Connection, domains: dict[str, DomainEntry], group_id: int) -> tuple[Target, ...]:
    """Everybody in the group and the groups within it who takes mail, once each; circles do no harm."""
    seen, frontier = {group_id}, [group_id]
    targets: dict[str, Target] = {}
    while frontier:
        inner: list[int] = []
        for chunk in _chunks(frontier):
            for row in connection.execute(_MEMBERS.where(GroupMember.group_id.in_(chunk))):
                if row.member_group_id is not None:
                    if row.member_group_id not in seen:
                        seen.add(row.member_group_id)
                        inner.append(row.member_group_id)
                elif row.member_mailbox_id is None:
                    entry = domains.get(split(row.member)[1])
                    if entry is not None and entry.relay:
                        targets[row.member] = Target(row.member, None, entry.home)
                elif _takes_mail(row.state, row.receives, row.refuses_while_suspended):
                    targets[row.address] = _target(row.member_mailbox_id, row.address, row.home, domains)
        frontier = inner
    return tuple(targets.values())


def sender_addresses(
    connection: Connection, domains: dict[str, DomainEntry], mailbox: MailboxRow, at: int
) -> frozenset[str]:
    """The addresses in official domains that the account may send as at that moment."""
    held = select(RoleHolder.mailbox_id).join(Mailbox, Mailbox.id == RoleHolder.mailbox_id)
    held = held.where(
        RoleHolder.holder_id == mailbox.id,
        RoleHolder.from_at <= at,
        or_(RoleHolder.until_at.is_(None), RoleHolder.until_at > at),
        and_(Mailbox.kind == MailboxKind.ROLE, Mailbox.state == MailboxState.ACTIVE, Mailbox.may_send.is_(True)),
    )
    owners = [mailbox.id, *connection.execute(held).scalars()]
    own = set(connection.execute(select(Address.address).where(Address.mailbox_id.in_(owners))).scalars())
    others = {
        f"{split(address)[0]}@{entry.name}"
        for address in own
        for entry in domains.values()
        if entry.alias_of == split(address)[1]
    }
    for chunk in _chunks(others - own):
        others -= set(connection.execute(select(Address.address).where(Address.address.in_(chunk))).scalars())
    official = {entry.name for entry in domains.values() if entry.official}
    return frozenset(address for address in own | others if split(address)[1] in official)


_MEMBERS = select(
    GroupMember.member,
    GroupMember.member_group_id,
    GroupMember.member_mailbox_id,
    Mailbox.address,
    Mailbox.home,
    Mailbox.state,
    Mailbox.receives,
    Mailbox.refuses_while_suspended,
).outerjoin(Mailbox, Mailbox.id == GroupMember.member_mailbox_id)


def _candidates(local: str, entry: DomainEntry, domains: dict[str, DomainEntry]) -> Iterator[tuple[str, str]]:
    base, _plus, detail = local.partition("+")
    for name in (entry.name, entry.alias_of):
        if name is not None:
            yield f"{local}@{name}", ""
            if detail and base:
                yield f"{base}@{name}", detail
    if local in SYSTEM_LOCALS:
        yield from ((f"{local}@{other.name}", "") for other in domains.values() if other.canonical)


def _first(connection: Connection, candidates: list[tuple[str, str]]) -> tuple[AddressKind, int, str] | None:
    query = select(Address.address, Address.kind, Address.mailbox_id, Address.group_id)
    rows = connection.execute(query.where(Address.address.in_([address for address, _ in candidates])))
    found = {row.address: row for row in rows}
    for address, detail in candidates:
        if address in found:
            row = found[address]
            kind = AddressKind(row.kind)
            return kind, row.group_id if kind is AddressKind.GROUP else row.mailbox_id, detail
    return None


def _unlisted(local: str, entry: DomainEntry, domains: dict[str, DomainEntry]) -> Resolution:
    lives = domains.get(entry.alias_of or "", entry) if not entry.relay else entry
    if not lives.relay:
        return UNKNOWN
    if not (entry.receives and lives.receives):
        return Resolution("ended")
    return Resolution("domain-relay", (Target(f"{local}@{lives.name}", None, lives.home),))


def _target(
    mailbox_id: int, address: str, home: str | None, domains: dict[str, DomainEntry], detail: str = ""
) -> Target:
    local, domain = split(address)
    entry = domains.get(domain)
    where = home if home is not None else entry.home if entry is not None else ""
    if detail and not where:  # Dovecot files by the detail; another server may not know what it is
        address = f"{local}+{detail}@{domain}"
    return Target(address, mailbox_id, where)


def _takes_mail(state: str, receives: bool, refuses_while_suspended: bool) -> bool:
    if state not in RECEIVING_STATES or not receives:
        return False
    return not (state == MailboxState.SUSPENDED and refuses_while_suspended)


def _chunks(values: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(values)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk
