"""The documents that came to, or went out from, an agency or a desk by mail on one day: what a clerk's register of
that day has to hold (Nghị định 30/2020/NĐ-CP, Phụ lục IV, Sổ đăng ký văn bản đến and đi).

One line a document: several files of it, and several messages with it on that day, are one (`identity`); of a mail that
was sealed, the sealed one. Annexes stand with their documents, state secrets are no business of mail; neither is
listed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, or_, select

from mailhub.accounts import audit
from mailhub.accounts.errors import NoSuchAgency
from mailhub.accounts.models import Address, Agency, Mailbox, MailboxKind
from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.tree import Scope, agency_subject, find_agency, subtree
from mailhub.clock import midnight
from mailhub.documents.grammar.recognition import ANNEX, NOT_A_DOCUMENT
from mailhub.ids import first_id
from mailhub.registry.access import scope_of
from mailhub.registry.filtering import IN
from mailhub.registry.readings import stored_facts
from mailhub.registry.records import DocumentLine
from mailhub.registry.sealed import first_mail_of_a_sealed_one, sealed_among
from mailhub.registry.search import line_of
from mailhub.registry.tables import attachment_table, document_table, message, recipient
from mailhub.store.chunks import chunks

MOST_LINES = 1_000
_UNLISTED = (NOT_A_DOCUMENT, ANNEX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Whose register. `name` for people; `desk` is an address, "" for the whole agency with all below it."""

    agency: str  # its code
    name: str
    desk: str = ""

    @property
    def key(self) -> str:
        """What asks for it."""
        return self.desk or self.agency


@dataclass(slots=True, kw_only=True)
class RegisterLine:
    """One document of the day. `at` ms, when it first came or went; `to`: addresses, of the place's own for what came,
    of all for what went; `named`: the recipients that the document itself lists; `sealed`: by this hub."""

    at: int
    line: DocumentLine
    codes: list[str] = field(default_factory=list)
    to: list[str] = field(default_factory=list)
    named: tuple[str, ...] = ()
    sealed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """A day's. `cut`: there were more lines than are listed."""

    place: Place
    day: date
    lines: Sequence[RegisterLine]
    cut: bool = False


def list_places(connection: Connection, actor: Actor, *, limit: int = 300) -> Sequence[Place]:
    """The desks (role mailboxes) of the agencies whose documents the actor may read, by address.

    Raises:
        NotAllowed
    """
    query = select(Mailbox.address, Mailbox.name, Agency.code, Mailbox.agency_id)
    query = query.join(Agency, Agency.id == Mailbox.agency_id).where(Mailbox.kind == MailboxKind.ROLE)
    scope = scope_of(connection, actor, Action.DOCUMENT_READ)
    if scope.account_id is not None:
        return ()
    if scope.agencies is not None:
        query = query.where(Mailbox.agency_id.in_(scope.agencies))
    rows = connection.execute(query.order_by(Mailbox.address).limit(limit))
    return [Place(agency=row.code, name=row.name, desk=row.address) for row in rows]


def day_register(connection: Connection, actor: Actor, key: str, day: date, direction: str) -> Register:
    """What came (`in`) or went (`out`) on `day`. `key`: an agency's code, or a desk's address. Looking is written down.

    Raises:
        NotAllowed. NoSuchAgency: neither is known, or not to the actor.
    """
    place, inside = _place(connection, scope_of(connection, actor, Action.DOCUMENT_READ), key)
    subject = agency_subject(connection, "documents", f"{key} {day.isoformat()} {direction}", min(inside))
    audit.record(connection, actor, Action.DOCUMENT_READ, subject)
    addresses = _addresses(connection, place)
    lines: dict[str, RegisterLine] = {}
    files: dict[str, set[bytes]] = defaultdict(set)
    cut = False
    for row in _rows(connection, day, _came(addresses, inside, place) if direction == IN else _went(inside, place)):
        document = line_of({name: row[f"document_{name}"] for name in document_table.c.keys()})  # noqa: SIM118
        ident = document.identity or str(document.id)
        if ident not in lines and len(lines) >= MOST_LINES:
            cut = True
            continue
        one = lines.setdefault(ident, RegisterLine(at=row["at"], line=document))
        files[ident].add(document.sha256)
        if row["code"] not in one.codes:
            one.codes.append(row["code"])
    _tell_recipients(connection, list(lines.values()), place, inside, only_own=direction == IN)
    sealed = sealed_among(connection, (sha256 for found in files.values() for sha256 in found))
    for ident, one in lines.items():
        one.sealed = not sealed.isdisjoint(files[ident])
    return Register(place=place, day=day, lines=list(lines.values()), cut=cut)


def _place(connection: Connection, scope: Scope, key: str) -> tuple[Place, frozenset[int]]:
    """What `key` means, and the agencies whose mail it is, as far as the actor's right reaches."""
    missing = NoSuchAgency(f"no agency and no desk is known as {key[:100]!r}")
    if scope.account_id is not None:
        raise missing
    if "@" in key:
        query = select(Mailbox.name, Mailbox.address, Agency.id, Agency.code).join(
            Agency, Agency.id == Mailbox.agency_id
        )
        fits = (Mailbox.address == key.strip().casefold(), Mailbox.kind == MailboxKind.ROLE)
        row = connection.execute(query.where(*fits)).one_or_none()
        if row is None or (scope.agencies is not None and row.id not in scope.agencies):
            raise missing
        return Place(agency=row.code, name=row.name, desk=row.address), frozenset((row.id,))
    number = find_agency(connection, key)
    inside = subtree(connection, number)
    if scope.agencies is not None:
        inside &= scope.agencies
        if number not in inside:
            raise missing
    name = connection.scalar(select(Agency.name).where(Agency.id == number)) or ""
    return Place(agency=key, name=name), inside


def _addresses(connection: Connection, place: Place) -> Sequence[str]:
    """Every address of the desk; () for a whole agency."""
    if not place.desk:
        return ()
    mailbox = select(Mailbox.id).where(Mailbox.address == place.desk).scalar_subquery()
    return list(connection.scalars(select(Address.address).where(Address.mailbox_id == mailbox)))


def _came(addresses: Sequence[str], inside: frozenset[int], place: Place) -> ColumnElement[bool]:
    """A message to the place, and not from it."""
    got = select(recipient.c.message_id).where(recipient.c.message_id == attachment_table.c.message_id)
    if place.desk:
        mine = got.where(recipient.c.address.in_(addresses)).exists()
        return mine & ~_sent_by(place)
    boxes = got.join(Address, Address.address == recipient.c.address).join(Mailbox, Mailbox.id == Address.mailbox_id)
    sender = attachment_table.c.sender_agency_id
    return boxes.where(Mailbox.agency_id.in_(inside)).exists() & or_(sender.is_(None), sender.not_in(inside))


def _went(inside: frozenset[int], place: Place) -> ColumnElement[bool]:
    return _sent_by(place) if place.desk else attachment_table.c.sender_agency_id.in_(inside)


def _sent_by(place: Place) -> ColumnElement[bool]:
    """Under the desk's address: whoever of its clerks wrote it."""
    sent = select(message.c.id).where(message.c.id == attachment_table.c.message_id, message.c.sender == place.desk)
    return sent.exists()


def _rows(connection: Connection, day: date, fits: ColumnElement[bool]) -> Iterable[Any]:
    """Sightings of the day, the first one first. Row numbers rise with time, but a scan is read later than it came."""
    begin, end = midnight(day), midnight(day + timedelta(days=1))
    seen = attachment_table.c
    columns = [column.label(f"document_{column.name}") for column in document_table.c]
    query = select(seen.code, seen.at, *columns).join(document_table, document_table.c.id == seen.document_id)
    query = query.where(seen.id >= first_id(begin), seen.id < first_id(midnight(day + timedelta(days=3))))
    query = query.where(seen.at >= begin, seen.at < end, fits, ~first_mail_of_a_sealed_one())
    query = query.where(document_table.c.secrecy == "", document_table.c.doc_type.not_in(_UNLISTED))
    return connection.execute(query.order_by(seen.id)).mappings()


def _tell_recipients(
    connection: Connection, lines: Sequence[RegisterLine], place: Place, inside: frozenset[int], *, only_own: bool
) -> None:
    """Enter who got each: of the place's own, or everybody and whom the document itself lists."""
    by_code: dict[str, list[RegisterLine]] = {}
    for one in lines:
        for code in one.codes:
            by_code.setdefault(code, []).append(one)
    columns = (attachment_table.c.code, recipient.c.address, Mailbox.agency_id)
    query = (
        select(*columns)
        .join(recipient, recipient.c.message_id == attachment_table.c.message_id)
        .outerjoin(Address, Address.address == recipient.c.address)
        .outerjoin(Mailbox, Mailbox.id == Address.mailbox_id)
        .distinct()
    )
    for some in chunks(by_code):
        for row in connection.execute(query.where(attachment_table.c.code.in_(some)).order_by(recipient.c.address)):
            if only_own and row.agency_id not in inside and row.address != place.desk:
                continue
            for one in by_code[row.code]:
                if row.address not in one.to:
                    one.to.append(row.address)
    for one in () if only_own else lines:
        facts, _ = stored_facts(connection, one.line.sha256)
        if facts is not None and facts.recognition is not None:
            one.named = facts.recognition.recipients
