"""Who is behind an address of ours, as rules ask of it: kind, office, rank, agencies. For the directory's cache."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, RowMapping, func, select

from mailhub.accounts.directory_queries import DomainEntry, candidates
from mailhub.accounts.models import Address, Agency, Mailbox, MailboxKind, MailGroup, Person
from mailhub.accounts.offices import office_by_address
from mailhub.store.chunks import chunks

GROUP = "group"
_DEEPEST = 50  # a circle in the tree must not become one here


@dataclass(frozen=True, slots=True)
class Line:
    """An agency with those above it, itself first, the province last. `level` is its own or the next one's above."""

    ids: tuple[int, ...] = ()
    codes: tuple[str, ...] = ()
    level: str = ""
    name: str = ""  # of the agency itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A mailbox or a group. `name` is the person's full name, or the office's; `private` the private address that the
    person gave for recovery, and `birth_year` theirs, or 0: both are for telling whose an address is, never told."""

    mailbox_id: int | None
    address: str
    kind: str  # MailboxKind, or "group"
    name: str
    office: str = ""
    rank: str = ""
    agency: Line = Line()
    person_id: int | None = None
    private: str = field(default="", repr=False)
    birth_year: int = field(default=0, repr=False)


def load_profiles(
    connection: Connection, domains: Mapping[str, DomainEntry], addresses: Iterable[str]
) -> dict[str, Profile | None]:
    """The profile of each of these folded addresses; None for what is in a domain of ours and leads to nobody known.
    Addresses in other domains are left out."""
    wanted: dict[str, list[str]] = {}
    for address in addresses:
        local, _at, domain = address.rpartition("@")
        entry = domains.get(domain)
        if entry is not None and address.isprintable():
            wanted[address] = [spelled for spelled, _detail in candidates(local, entry, domains)]
    rows = _rows(connection, {spelled for listed in wanted.values() for spelled in listed})
    lines = load_lines(connection, {row["agency_id"] for row in rows.values()})
    found: dict[str, Profile | None] = {}
    for address, spellings in wanted.items():
        row = next((rows[spelled] for spelled in spellings if spelled in rows), None)
        found[address] = None if row is None else _profile(row, lines)
    return found


def load_lines(connection: Connection, agency_ids: Iterable[int]) -> dict[int, Line]:
    """Each agency with those above it: one question a level, however many agencies."""
    known: dict[int, Row[Any]] = {}
    frontier = set(agency_ids)
    asked = frozenset(frontier)
    for _ in range(_DEEPEST):
        if not frontier:
            break
        for chunk in chunks(sorted(frontier)):
            query = select(Agency.id, Agency.code, Agency.level, Agency.parent_id, Agency.name)
            known |= {row.id: row for row in connection.execute(query.where(Agency.id.in_(chunk)))}
        frontier = {row.parent_id for row in known.values() if row.parent_id is not None} - known.keys()
    return {number: _line(number, known) for number in asked if number in known}


def _line(number: int, known: Mapping[int, Row[Any]]) -> Line:
    ids: list[int] = []
    level = ""
    here: int | None = number
    while here is not None and here in known and here not in ids:
        ids.append(here)
        level = level or known[here].level
        here = known[here].parent_id
    return Line(tuple(ids), tuple(known[one].code for one in ids), level, known[number].name)


def _rows(connection: Connection, addresses: Iterable[str]) -> dict[str, RowMapping]:
    found: dict[str, RowMapping] = {}
    for chunk in chunks(sorted(addresses)):
        for row in connection.execute(_QUERY.where(Address.address.in_(chunk))).mappings():
            found[row["listed"]] = row
    return found


def _profile(row: RowMapping, lines: Mapping[int, Line]) -> Profile:
    agency = lines.get(row["agency_id"], Line())
    if row["id"] is None:
        return Profile(mailbox_id=None, address=row["listed"], kind=GROUP, name=row["group_name"], agency=agency)
    office = row["office"]
    if not office and row["kind"] == MailboxKind.ROLE:
        office = office_by_address(row["address"])
    return Profile(
        mailbox_id=row["id"],
        address=row["address"],
        kind=str(row["kind"]),
        name=row["full_name"] or row["name"],
        office=office,
        rank=str(row["rank"] or ""),
        agency=agency,
        person_id=row["person_id"],
        private=row["recovery_address"] or "",
        birth_year=0 if row["birth_date"] is None else row["birth_date"].year,
    )


_QUERY = (
    select(
        Address.address.label("listed"),
        Mailbox.id,
        Mailbox.address,
        Mailbox.kind,
        Mailbox.name,
        Mailbox.office,
        Mailbox.person_id,
        MailGroup.name.label("group_name"),
        func.coalesce(Mailbox.agency_id, MailGroup.agency_id).label("agency_id"),
        Person.full_name,
        Person.rank,
        Person.birth_date,
        Person.recovery_address,
    )
    .outerjoin(Mailbox, Mailbox.id == Address.mailbox_id)
    .outerjoin(MailGroup, MailGroup.id == Address.group_id)
    .outerjoin(Person, Person.id == Mailbox.person_id)
)
