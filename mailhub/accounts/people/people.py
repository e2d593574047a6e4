"""People, entered once each: whoever has been entered before is refused by name, so that nobody gets a second box."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, insert, select, update

from mailhub.accounts.act import act
from mailhub.accounts.control.above import check_not_above
from mailhub.accounts.errors import InvalidValue
from mailhub.accounts.finding import find_mailbox, load_mailbox, subject_of
from mailhub.accounts.life.concurrency import change, start
from mailhub.accounts.models import Agency, Domain, Employment, Mailbox, Person, Rank
from mailhub.accounts.people.errors import PersonExists
from mailhub.accounts.people.folded import person_words
from mailhub.accounts.people.names import read_name
from mailhub.accounts.people.person import NewPerson, read_birth_date, read_phone, read_recovery, read_title
from mailhub.accounts.people.ranks import rank_of
from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import Action, Actor, may
from mailhub.clock import local_time
from mailhub.ids import new_id

__all__ = ["NewPerson", "PersonFacts", "PersonReport", "change_person", "enter", "refuse_twice", "show_person"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFacts:
    """What a person is known by, to be changed; None leaves what is there, '' empties it.

    Name, post, rank and employment are changed with the account (life/changing.py).
    """

    birth_date: date | None = None
    identifier_digest: bytes | None = field(default=None, repr=False)
    phone: str | None = None
    recovery_address: str | None = field(default=None, repr=False)
    consent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonReport:
    """A person, as administrators see one."""

    address: str
    name: str
    agency: str
    title: str
    rank: Rank
    employment: Employment
    birth_date: date | None
    phone: str
    has_identifier: bool
    has_recovery: bool


def enter(connection: Connection, full_name: str, agency_id: int, person: NewPerson, *, actor: Actor, at: int) -> int:
    """Inside an act: enter a person of the agency; gives the number. The caller has checked the right.

    Raises:
        InvalidValue: a name, birth date, phone or recovery address that cannot be.
        PersonExists: the personal identifier is somebody's already.
    """
    name, title = read_name(full_name), read_title(person.title)
    if person.identifier_digest is not None:
        refuse_twice(connection, person.identifier_digest, actor)
    number = new_id()
    connection.execute(
        insert(Person).values(
            id=number,
            full_name=name,
            folded=person_words(name),
            title=title,
            rank=rank_of(title) if person.rank is None else person.rank,
            employment=person.employment,
            birth_date=read_birth_date(person.birth_date, today=local_time(at).date()),
            identifier_digest=person.identifier_digest,
            phone=read_phone(person.phone),
            recovery_address=read_recovery(
                person.recovery_address, consent=person.consent, own=_own_domains(connection)
            ),
            agency_id=agency_id,
        )
    )
    return number


def refuse_twice(connection: Connection, digest: bytes, actor: Actor, *, but: int | None = None) -> None:
    """Ask whether the personal identifier is free (`but`: a person who may have it).

    Raises:
        PersonExists: naming their mailbox when the actor may see it.
    """
    query = select(Person.id, Mailbox.id.label("mailbox")).outerjoin(Mailbox, Mailbox.person_id == Person.id)
    row = connection.execute(query.where(Person.identifier_digest == digest)).one_or_none()
    if row is None or row.id == but:
        return
    mailbox = None if row.mailbox is None else load_mailbox(connection, row.mailbox)
    if mailbox is None:
        raise PersonExists("somebody with this personal identifier has been entered already, without a mailbox")
    if not may(actor, Action.ACCOUNT_READ, subject_of(connection, mailbox)):
        raise PersonExists(
            "somebody with this personal identifier has a mailbox in an agency that you do not administer: "
            "ask the administrators of the province"
        )
    raise PersonExists(
        f"this person has the mailbox {mailbox.address} ({mailbox.state}) already: move or restore that one",
        mailbox.address,
    )


def change_person(
    connection: Connection,
    actor: Actor,
    address: str,
    facts: PersonFacts,
    *,
    reason: str = "",
    expect: int | None = None,
    at: int | None = None,
) -> None:
    """Change what is known of the person whose account `address` is. The audit log says what, never the values.

    The recovery address is a way into the account: it needs the right to recovery as well, and nobody sets the
    identifier of themselves.

    Raises:
        NoSuchAccount, NotAllowed, ChangedMeanwhile, PersonExists. InvalidValue: nothing to change, a value that cannot
        be, or an account that is nobody's.
    """
    with act(connection, actor, reason=reason.strip(), at=at) as acting:
        mailbox = start(connection, acting, Action.ACCOUNT_CHANGE, address, expect=expect)
        if mailbox.person_id is None:
            raise InvalidValue(f"{mailbox.address} belongs to no person")
        values: dict[str, Any] = {}
        if facts.birth_date is not None:
            values["birth_date"] = read_birth_date(facts.birth_date, today=local_time(acting.at).date())
        if facts.identifier_digest is not None:
            refuse_twice(connection, facts.identifier_digest, actor, but=mailbox.person_id)
            values["identifier_digest"] = facts.identifier_digest
        if facts.phone is not None:
            values["phone"] = read_phone(facts.phone)
        if facts.recovery_address is not None:
            acting.check(Action.ACCOUNT_RECOVER, subject_of(connection, mailbox))
            check_not_above(connection, actor, mailbox, Action.ACCOUNT_RECOVER, at=acting.at)
            acting.check(Action.ACCOUNT_CHANGE, subject_of(connection, mailbox))
            own = _own_domains(connection)
            values["recovery_address"] = read_recovery(facts.recovery_address, consent=facts.consent, own=own)
        if not values:
            raise InvalidValue(f"nothing to change in {mailbox.address}: name what is new")
        connection.execute(update(Person).where(Person.id == mailbox.person_id).values(**values))
        change(connection, acting, mailbox)
        acting.after = {"changed": sorted(values), "consent": facts.consent if facts.recovery_address else None}


def show_person(connection: Connection, actor: Actor, address: str) -> PersonReport:
    """What is known of the person whose account it is. Of identifier and recovery address only that there is one.

    Raises:
        NoSuchAccount, NotAllowed. InvalidValue: it is nobody's.
    """
    mailbox = find_mailbox(connection, address)
    if not may(actor, Action.ACCOUNT_READ, subject_of(connection, mailbox)):
        raise refusal(actor, Action.ACCOUNT_READ, mailbox.address)
    query = select(Person.__table__, Agency.code).join(Agency, Agency.id == Person.agency_id)
    row = connection.execute(query.where(Person.__table__.c.id == mailbox.person_id)).one_or_none()
    if row is None:
        raise InvalidValue(f"{mailbox.address} belongs to no person")
    return PersonReport(
        address=mailbox.address,
        name=row.full_name,
        agency=row.code,
        title=row.title,
        rank=Rank(row.rank),
        employment=Employment(row.employment),
        birth_date=row.birth_date,
        phone=row.phone,
        has_identifier=row.identifier_digest is not None,
        has_recovery=bool(row.recovery_address),
    )


def _own_domains(connection: Connection) -> frozenset[str]:
    return frozenset(connection.execute(select(Domain.name)).scalars())
