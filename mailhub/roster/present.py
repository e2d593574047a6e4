"""Who is in the directory now, as a staff list is compared with it: a few large reads instead of one a row."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Connection, select

from mailhub.accounts.models import (
    Address,
    AddressKind,
    Agency,
    Domain,
    Employment,
    Mailbox,
    MailboxKind,
    MailboxState,
    Person,
    Rank,
    RoleHolder,
)
from mailhub.accounts.periods import in_force
from mailhub.roster.units import Unit, Units, units_of

LIVE = (MailboxState.APPROVED, MailboxState.ACTIVE, MailboxState.SUSPENDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """Somebody with a personal mailbox."""

    mailbox_id: int
    address: str
    name: str
    folded: str
    title: str
    employment: Employment
    birth: date | None
    digest: bytes | None = field(repr=False)
    phone: str
    recovery: str = field(repr=False)
    agency_id: int
    state: MailboxState
    revision: int
    ends_on: date | None
    rank: Rank

    @property
    def is_live(self) -> bool:
        return self.state in LIVE


@dataclass(frozen=True, slots=True)
class Holding:
    """Somebody holds the mailbox of an office now."""

    role: str
    role_agency: int
    holder_id: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The directory as the plan sees it. `scope`: the agencies that the list is about; `hidden`: those in blocks."""

    units: Units
    people: tuple[Present, ...]
    addresses: dict[str, int]  # every address ever given out → mailbox, or 0 for a group
    scope: frozenset[int]
    hidden: frozenset[int]
    holdings: tuple[Holding, ...]
    own_domains: frozenset[str]
    agency_names: dict[int, str]


def take_snapshot(
    connection: Connection, base: int, scope: frozenset[int], hidden: Collection[int], at: int
) -> Snapshot:
    """Read everything that a plan for the agency `base` needs."""
    agencies = connection.execute(
        select(Agency.id, Agency.code, Agency.name, Agency.parent_id, Agency.identifier, Agency.former_identifier)
    ).all()
    every = [Unit(**row._asdict()) for row in agencies]
    outside = (one for one in every if one.id not in scope and one.id not in hidden)
    units = units_of(base, (one for one in every if one.id in scope), outside)
    addresses = {
        row.address: 0 if row.kind == AddressKind.GROUP else row.mailbox_id
        for row in connection.execute(select(Address.address, Address.kind, Address.mailbox_id))
    }
    return Snapshot(
        units=units,
        people=_people(connection),
        addresses=addresses,
        scope=scope,
        hidden=frozenset(hidden),
        holdings=_holdings(connection, at),
        own_domains=frozenset(connection.execute(select(Domain.name)).scalars()),
        agency_names={row.id: row.name for row in agencies},
    )


def _people(connection: Connection) -> tuple[Present, ...]:
    query = (
        select(
            Mailbox.id,
            Mailbox.address,
            Mailbox.name,
            Person.folded,
            Person.title,
            Person.employment,
            Person.birth_date,
            Person.identifier_digest,
            Person.phone,
            Person.recovery_address,
            Mailbox.agency_id,
            Mailbox.state,
            Mailbox.revision,
            Mailbox.ends_on,
            Person.rank,
        )
        .join(Person, Person.id == Mailbox.person_id)
        .where(Mailbox.kind == MailboxKind.PERSONAL)
        .order_by(Mailbox.id)
    )
    names = tuple(Present.__dataclass_fields__)
    found = []
    for row in connection.execute(query):
        values = dict(zip(names, row, strict=True))
        values |= {"employment": Employment(values["employment"]), "state": MailboxState(values["state"])}
        values["rank"] = Rank(values["rank"])
        found.append(Present(**values))
    return tuple(found)


def _holdings(connection: Connection, at: int) -> tuple[Holding, ...]:
    query = (
        select(Mailbox.address, Mailbox.agency_id, RoleHolder.holder_id)
        .join(Mailbox, Mailbox.id == RoleHolder.mailbox_id)
        .where(in_force(RoleHolder, at))
    )
    return tuple(Holding(*row) for row in connection.execute(query))
