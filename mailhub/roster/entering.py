"""New people of one batch, entered together: the same rows as `accounts.creating` makes one by one, in a tenth of the
time, each with its own row in the audit log. Whoever does not fit the common case is left to that function, which says
what is wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, insert, select

from mailhub.accounts import audit
from mailhub.accounts.act import bump_version
from mailhub.accounts.addresses import read_own, split
from mailhub.accounts.errors import AccountError, NotAllowed
from mailhub.accounts.models import (
    Address,
    AddressKind,
    Domain,
    Employment,
    Listing,
    Mailbox,
    MailboxKind,
    MailboxState,
    Person,
)
from mailhub.accounts.people.folded import mailbox_words, person_words
from mailhub.accounts.people.names import read_name
from mailhub.accounts.people.person import read_birth_date, read_phone, read_recovery, read_title
from mailhub.accounts.people.ranks import rank_of
from mailhub.accounts.rights import Action, Actor, Subject, may
from mailhub.accounts.tree import agency_subject, has_ended, path_of
from mailhub.clock import local_time
from mailhub.ids import new_id
from mailhub.roster.keeping import KeptRow


@dataclass(frozen=True, slots=True)
class _Place:
    """An agency as far as entering asks: whose subject its accounts are, and its code."""

    subject: Subject
    code: str


def enter_many(
    connection: Connection, actor: Actor, rows: Sequence[KeptRow], *, reason: str, at: int
) -> dict[int, int]:
    """Enter those of the `create` rows that nothing stands against; gives their mailboxes by the row's number.

    The caller's transaction; rights are asked for each agency (`account.create`).
    """
    audit.take_turn(connection)
    places = _places(connection, actor, {row.wanted["values"]["agency"] for row in rows}, at=at)
    free = _free(connection, rows)
    own = frozenset(connection.execute(select(Domain.name)).scalars())
    made: dict[int, dict[str, dict[str, Any]]] = {}
    for row in rows:
        values = row.wanted["values"]
        if row.number not in free or values["agency"] not in places or values.get("ends_on") or values.get("office"):
            continue
        subject, needed = places[values["agency"]].subject, [Action.ALIAS_ADD] if values.get("former") else []
        needed += [Action.ACCOUNT_HOME] if values.get("home") else []
        if not all(may(actor, action, subject) for action in needed):
            continue
        try:
            made[row.number] = _made(row, values, own, at)
        except AccountError:
            continue
    _insert(connection, list(made.values()))
    _record(connection, actor, [(one, places[one["mailbox"]["agency_id"]]) for one in made.values()], reason, at)
    return {number: one["mailbox"]["id"] for number, one in made.items()}


def _places(connection: Connection, actor: Actor, agencies: Iterable[int], *, at: int) -> dict[int, _Place]:
    """Agencies in which the actor may create, that have not ended, and that no quota pool bounds."""
    found = {}
    for number in agencies:
        subject = agency_subject(connection, "account", "", number)
        path = path_of(connection, number)
        if not may(actor, Action.ACCOUNT_CREATE, subject) or has_ended(connection, number, at=at):
            continue
        if all(step.quota_pool_mib is None for step in path):
            found[number] = _Place(subject, path[0].code)
    return found


def _free(connection: Connection, rows: Sequence[KeptRow]) -> set[int]:
    """Rows whose address and identifier nobody has, here or in the batch."""
    addresses = [row.wanted["address"] for row in rows]
    formers = [former for row in rows if (former := row.wanted["values"].get("former"))]
    digests = [bytes.fromhex(row.wanted["values"].get("digest", "")) for row in rows]
    query = select(Address.address).where(Address.address.in_([*addresses, *formers]))
    gone = set(connection.execute(query).scalars())
    people = select(Person.identifier_digest).where(Person.identifier_digest.in_([one for one in digests if one]))
    known = {bytes(one) for one in connection.execute(people).scalars() if one is not None}
    often, twice = Counter([*addresses, *formers]), Counter(digests)
    return {
        row.number
        for row, address, digest in zip(rows, addresses, digests, strict=True)
        if all(one not in gone and often[one] == 1 for one in (address, row.wanted["values"].get("former") or address))
        and (not digest or (digest not in known and twice[digest] == 1))
    }


def _made(row: KeptRow, values: dict[str, Any], own: frozenset[str], at: int) -> dict[str, dict[str, Any]]:
    """The three rows of one account, as `creating.create_account` makes them.

    Raises:
        AccountError: a value that cannot be.
    """
    address, name = read_own(row.wanted["address"]), read_name(values["name"])
    former, home = values.get("former", ""), values.get("home")
    domain = split(address)[1]
    if domain not in own or (former and split(read_own(former))[1] not in own):
        raise NotAllowed(domain)
    title, person_id, mailbox_id = read_title(values.get("title", "")), new_id(), new_id()
    recovery = read_recovery(values.get("recovery", ""), consent=True, own=own)
    born = date.fromisoformat(values["birth"]) if values.get("birth") else None
    person = {
        "id": person_id,
        "full_name": name,
        "folded": person_words(name),
        "title": title,
        "rank": rank_of(title),
        "employment": Employment(values.get("employment", "")),
        "birth_date": read_birth_date(born, today=local_time(at).date()),
        "identifier_digest": bytes.fromhex(values["digest"]) if values.get("digest") else None,
        "phone": read_phone(values.get("phone", "")),
        "recovery_address": recovery,
        "agency_id": values["agency"],
    }
    mailbox = {
        "id": mailbox_id,
        "address": address,
        "kind": MailboxKind.PERSONAL,
        "name": name,
        "agency_id": values["agency"],
        "person_id": person_id,
        "state": MailboxState.APPROVED,
        "listing": Listing.INTERNAL,
        "home": home,
        "stored_as": former if home else "",
        "folded": mailbox_words(name, address, title=title),
        "created_at": at,
    }
    claim = {"address": address, "domain": domain, "kind": AddressKind.MAILBOX, "mailbox_id": mailbox_id}
    made = {"person": person, "mailbox": mailbox, "address": claim}
    if former:
        made["former"] = claim | {"address": former, "domain": split(former)[1], "kind": AddressKind.ALIAS}
    return made


def _insert(connection: Connection, made: list[dict[str, dict[str, Any]]]) -> None:
    if not made:
        return
    connection.execute(insert(Person), [one["person"] for one in made])
    connection.execute(insert(Mailbox), [one["mailbox"] for one in made])
    connection.execute(insert(Address), [one[key] for one in made for key in ("address", "former") if key in one])


def _record(
    connection: Connection, actor: Actor, made: list[tuple[dict[str, dict[str, Any]], _Place]], reason: str, at: int
) -> None:
    entries = []
    for one, place in made:
        mailbox, person = one["mailbox"], one["person"]
        subject = Subject(
            kind="account",
            name=mailbox["address"],
            agencies=place.subject.agencies,
            in_block=place.subject.in_block,
        )
        after = {"name": mailbox["name"], "kind": mailbox["kind"], "agency": place.code, "home": mailbox["home"]}
        after |= {"password": False, "state": mailbox["state"], "title": person["title"]}
        former = one.get("former")
        entries.append(audit.Entry(str(Action.ACCOUNT_CREATE), subject, {}, after))
        if former is not None:
            told = {"alias": former["address"], "lives_there": bool(mailbox["stored_as"])}
            entries.append(audit.Entry(str(Action.ALIAS_ADD), subject, {}, told))
    if entries:
        audit.record_many(connection, actor, entries, reason=reason, at=at)
        bump_version(connection)
