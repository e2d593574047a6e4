"""Domains of provinces that merged: the old one receives for years, what is sent names the new one, and it ends on a
day that people are reminded of (reference/organisation § 1 and § 6, cases 12 and 13)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from sqlalchemy import Connection, select, update

from mailhub.accounts.act import act, need_reason
from mailhub.accounts.addresses import read_domain, split
from mailhub.accounts.errors import InvalidValue
from mailhub.accounts.life.letters import LetterKind, tell
from mailhub.accounts.models import Address, Domain, Mailbox
from mailhub.accounts.organisation.domains import domain_picture, find_domain
from mailhub.accounts.rights import Action, Actor, Subject
from mailhub.clock import local_time
from mailhub.store.chunks import chunks

REMIND_DAYS = (90, 30, 7, 1)


def rename_domain(
    connection: Connection,
    actor: Actor,
    name: str,
    to: str,
    *,
    reason: str,
    receives_until: date | None = None,
    at: int | None = None,
) -> None:
    """From now on what is sent from `name` says `to`; `name` goes on receiving, to the end of a day or for good.

    Addresses with the same local part stand for each other, and whoever has only one in `to` is known by that one.

    Raises:
        NoSuchDomain, ReasonMissing, NotAllowed. InvalidValue: `to` is renamed itself or has its mailboxes elsewhere,
        or the day is over.
    """
    with act(connection, actor, reason=need_reason(reason), at=at) as acting:
        old, new = find_domain(connection, read_domain(name)), find_domain(connection, read_domain(to))
        acting.check(Action.DOMAIN_JOIN, Subject(kind="domain", name=old["name"]))
        acting.before = domain_picture(old)
        if old["name"] == new["name"] or new["renamed_to"] is not None or new["relay"]:
            raise InvalidValue(f"{name} cannot be known as {to}: name a domain whose mailboxes are listed here")
        if receives_until is not None and receives_until < local_time(acting.at).date():
            raise InvalidValue(f"{receives_until:%d/%m/%Y} is over: name a day to come")
        values = {"renamed_to": new["name"], "receives_until": receives_until}
        connection.execute(update(Domain).where(Domain.name == old["name"]).values(**values))
        # Who was renamed to the old one before is known by the new one: a chain would have to be followed each time.
        connection.execute(
            update(Domain).where(Domain.renamed_to == old["name"], Domain.name != new["name"]).values(renamed_to=to)
        )
        acting.after = domain_picture(find_domain(connection, old["name"]))


def make_canonical(connection: Connection, actor: Actor, name: str, *, reason: str, at: int | None = None) -> None:
    """The hub's own mail comes from this domain from now on, and the bare `postmaster` is there.

    Raises:
        NoSuchDomain, ReasonMissing, NotAllowed. InvalidValue: it is renamed, or its mailboxes are elsewhere.
    """
    with act(connection, actor, reason=need_reason(reason), at=at) as acting:
        row = find_domain(connection, read_domain(name))
        acting.check(Action.DOMAIN_JOIN, Subject(kind="domain", name=row["name"]))
        if row["renamed_to"] is not None or row["relay"] or not row["receives"]:
            raise InvalidValue(f"{name} cannot be the first domain: it must receive here, under its own name")
        acting.before = {"canonical": connection.scalar(select(Domain.name).where(Domain.canonical.is_(True)))}
        connection.execute(update(Domain).values(canonical=False))
        connection.execute(update(Domain).where(Domain.name == row["name"]).values(canonical=True))
        acting.after = {"canonical": row["name"]}


def former_addresses(connection: Connection, renamed: Mapping[str, str], addresses: Collection[str]) -> dict[str, str]:
    """Old address → the one of today, for whoever may send as `addresses`; `renamed` are domains, old → new.

    Always one of the same mailbox: the same local part first, else the mailbox's first address, else another of its
    names.
    """
    if not renamed or not addresses:
        return {}
    offers: dict[str, set[str]] = {}
    firsts: dict[str, str] = {}
    mine, others = Address.__table__, Address.__table__.alias("former")
    for chunk in chunks(sorted(addresses)):
        query = (
            select(others.c.address.label("old"), mine.c.address.label("new"), Mailbox.address.label("first"))
            .join_from(mine, others, others.c.mailbox_id == mine.c.mailbox_id)
            .join(Mailbox, Mailbox.id == mine.c.mailbox_id)
            .where(mine.c.address.in_(chunk), others.c.domain.in_(renamed))
        )
        for row in connection.execute(query).all():
            firsts[row.old] = row.first
            if split(row.new)[1] not in renamed:
                offers.setdefault(row.old, set()).add(row.new)
    found = {}
    for old, new in offers.items():
        local, domain = split(old)
        found[old] = min(new, key=lambda one: (one != f"{local}@{renamed[domain]}", one != firsts[old], one))
    return found


def remind_of_ends(connection: Connection, today: date, *, at: int) -> int:
    """Enter the letters to postmaster@ before a domain stops receiving: 90, 30, 7 and 1 days; gives how many."""
    told = 0
    canonical = connection.scalar(select(Domain.name).where(Domain.canonical.is_(True)))
    query = select(Domain.name, Domain.receives_until, Domain.renamed_to).where(Domain.receives_until >= today)
    for row in connection.execute(query).all():
        left = (row.receives_until - today).days
        step = min((days for days in REMIND_DAYS if left <= days), default=None)
        if step is not None and canonical is not None:
            facts = {"domain": row.name, "ends_on": row.receives_until.isoformat(), "new_domain": row.renamed_to or ""}
            about = f"domain/{row.name}/{row.receives_until.isoformat()}/{step}"
            told += tell(connection, LetterKind.DOMAIN_ENDING, f"postmaster@{canonical}", facts, about=about, at=at)
    return told
