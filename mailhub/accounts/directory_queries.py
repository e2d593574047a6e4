"""What the directory reads from the tables; it keeps the answers (directory.py)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, select

from mailhub.accounts.addresses import split
from mailhub.accounts.finding import MailboxRow, load_mailbox
from mailhub.accounts.models import (
    Address,
    AddressKind,
    Domain,
    MailboxState,
    MailGroup,
)
from mailhub.accounts.sharing.access import next_sharing_change, sends_for
from mailhub.accounts.sharing.expansion import GroupTree, read_group
from mailhub.accounts.sharing.targets import DomainEntry, Target, target_of
from mailhub.accounts.system import SYSTEM_LOCALS
from mailhub.accounts.tree import unit_address
from mailhub.clock import local_time, midnight
from mailhub.store.chunks import chunks


@dataclass(frozen=True, slots=True)
class Resolution:
    """What an address of ours leads to.

    kind: `mailbox`, `alias`, `group`, `ended` (it exists, takes no mail), `unknown`, `domain-relay`.
    targets: where it goes; empty for `ended`, `unknown`, and for a group without members that take mail.
    unit_address: for `ended`, whom to write to instead, when there is somebody.
    group: for `group`, who may write to it and its parts (sharing/passage.py).
    """

    kind: str
    targets: tuple[Target, ...] = ()
    unit_address: str | None = None
    group: GroupTree | None = None


__all__ = [
    "DomainEntry",
    "Resolution",
    "Target",
    "candidates",
    "load_domains",
    "next_change",
    "resolve",
    "sender_addresses",
]

UNKNOWN = Resolution("unknown")


def load_domains(connection: Connection, today: date) -> dict[str, DomainEntry]:
    """Every domain by its name."""
    rows = connection.execute(select(Domain.__table__)).mappings()
    return {
        row["name"]: DomainEntry(
            row["name"],
            row["canonical"],
            (row["official_from"] or today) <= today <= (row["official_until"] or today),
            row["receives"] and today <= (row["receives_until"] or today),
            row["alias_of"],
            row["home"],
            row["relay"],
            row["renamed_to"],
        )
        for row in rows
    }


def next_change(connection: Connection, at: int) -> int:
    """When time alone will change an answer (ms): at Vietnam's next midnight, or when a holding or delegation begins or
    ends."""
    tomorrow = midnight(local_time(at).date() + timedelta(days=1))
    sharing = next_sharing_change(connection, at)
    return tomorrow if sharing is None else min(tomorrow, sharing)


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
    found = _first(connection, list(candidates(local, entry, domains)))
    if found is None:
        return _unlisted(local, entry, domains)
    kind, number, detail = found
    if kind is AddressKind.GROUP:
        return _group(connection, domains, number) if entry.receives else Resolution("ended")
    mailbox = load_mailbox(connection, number)
    assert mailbox is not None
    if mailbox.state is MailboxState.REQUESTED:
        return UNKNOWN
    if not entry.receives or not mailbox.takes_mail:
        instead = mailbox.unit_address or unit_address(connection, mailbox.agency_id)
        return Resolution("ended", unit_address=instead if instead not in ("", mailbox.address) else None)
    there = target_of(mailbox.id, mailbox.address, mailbox.home, domains, detail, stored_as=mailbox.stored_as)
    return Resolution(kind.value, (there,))


def sender_addresses(
    connection: Connection, domains: dict[str, DomainEntry], mailbox: MailboxRow, at: int
) -> dict[str, int]:
    """The addresses in official domains that the account may send as at that moment, and whose each is: its own,
    those of the role mailboxes it holds, and of people who let it send for them."""
    owners = [mailbox.id, *sends_for(connection, mailbox, at)]
    query = select(Address.address, Address.mailbox_id).where(Address.mailbox_id.in_(owners))
    own: dict[str, int] = {row.address: row.mailbox_id for row in connection.execute(query)}
    others = {
        f"{split(address)[0]}@{entry.name}": owner
        for address, owner in own.items()
        for entry in domains.values()
        if entry.alias_of == split(address)[1]
    }
    for chunk in chunks(others.keys() - own.keys()):
        for taken in connection.execute(select(Address.address).where(Address.address.in_(chunk))).scalars():
            del others[taken]
    official = {entry.name for entry in domains.values() if entry.official}
    return {address: owner for address, owner in (others | own).items() if split(address)[1] in official}


def _group(connection: Connection, domains: dict[str, DomainEntry], number: int) -> Resolution:
    tree = read_group(connection, domains, number)
    if tree is None:
        agency = connection.execute(select(MailGroup.agency_id).where(MailGroup.id == number)).scalar_one()
        return Resolution("ended", unit_address=unit_address(connection, agency) or None)
    return Resolution("group", tree.targets, group=tree)


def candidates(local: str, entry: DomainEntry, domains: Mapping[str, DomainEntry]) -> Iterator[tuple[str, str]]:
    """The addresses that one stands for, the likeliest first, each with the `+detail` that it leaves."""
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
