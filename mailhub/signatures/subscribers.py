"""Whom certificates were issued to, as people confirmed it: nothing in a certificate says for sure whether it is a
person's or an agency's, and after a merger it names the old agency (reference/signatures § 3.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, or_, select

from mailhub.accounts.act import act, need_reason
from mailhub.accounts.errors import InvalidValue
from mailhub.accounts.models import Agency
from mailhub.accounts.rights import Action, Actor, Subject
from mailhub.accounts.tree import agency_subject, find_agency, root_agency, scope_of
from mailhub.signatures.models import KnownSubject
from mailhub.signatures.trust.errors import NoSuchCertificate
from mailhub.signatures.verdict import Subscriber
from mailhub.text.fingerprints import read_fingerprint
from mailhub.text.plain import plain_line

_table = KnownSubject.__table__


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberRow:
    """One of them. `agency`: a code, "" for none of ours; `confirmed_at` ms."""

    certificate: str
    subscriber: Subscriber
    name: str
    agency: str
    confirmed_by: str
    confirmed_at: int
    reason: str


def confirm_subscriber(
    connection: Connection,
    actor: Actor,
    certificate: str,
    subscriber: Subscriber,
    name: str,
    *,
    agency: str = "",
    reason: str,
    at: int | None = None,
) -> None:
    """Say whom the certificate with this SHA-256 belongs to; what was said before is replaced.

    Raises:
        NotAllowed, ReasonMissing, NoSuchAgency. InvalidValue: no fingerprint, no name, or neither person nor agency.
    """
    sha256, named = _fingerprint(certificate), plain_line(name).strip()
    if not 0 < len(named) <= 300 or subscriber is Subscriber.UNKNOWN:
        raise InvalidValue("a name of 1 to 300 characters, and whether it is a person's or an agency's certificate")
    with act(connection, actor, reason=need_reason(reason), at=at) as acting:
        number = find_agency(connection, agency) if agency else None
        acting.check(Action.SUBJECT_CONFIRM, _subject(connection, sha256, number))
        old = _find(connection, sha256)
        if old is not None:
            acting.check(Action.SUBJECT_CONFIRM, _subject(connection, sha256, old.agency_id))
            acting.before = {"subscriber": old.subscriber, "name": old.name, "agency": old.agency_id}
            connection.execute(delete(KnownSubject).where(_table.c.certificate == sha256))
        connection.execute(
            insert(KnownSubject).values(
                certificate=sha256, subscriber=subscriber.value, name=named, agency_id=number,
                confirmed_by=actor.name[:320], confirmed_at=acting.at, reason=plain_line(reason)[:500],
            )
        )  # fmt: skip
        acting.after = {"certificate": sha256, "subscriber": subscriber.value, "name": named, "agency": agency}


def forget_subscriber(
    connection: Connection, actor: Actor, certificate: str, *, reason: str, at: int | None = None
) -> None:
    """Take back what was said.

    Raises:
        NotAllowed, ReasonMissing, InvalidValue. NoSuchCertificate: nothing was said.
    """
    sha256 = _fingerprint(certificate)
    with act(connection, actor, reason=need_reason(reason), at=at) as acting:
        old = _find(connection, sha256)
        acting.check(Action.SUBJECT_CONFIRM, _subject(connection, sha256, old.agency_id if old else None))
        if old is None:
            raise NoSuchCertificate(f"nobody confirmed whom {sha256} belongs to")
        connection.execute(delete(KnownSubject).where(_table.c.certificate == sha256))
        acting.before = {"subscriber": old.subscriber, "name": old.name, "agency": old.agency_id}


def list_subscribers(connection: Connection, actor: Actor) -> Sequence[SubscriberRow]:
    """What was confirmed, of the agencies that the actor may confirm for; of no agency is the province's.

    Raises:
        NotAllowed
    """
    scope = scope_of(connection, actor, Action.SUBJECT_CONFIRM)
    query = select(*_table.c, Agency.code).outerjoin(Agency, Agency.id == _table.c.agency_id)
    if scope.agencies is not None:
        inside = _table.c.agency_id.in_(scope.agencies)
        whole = root_agency(connection) in scope.agencies
        query = query.where(or_(inside, _table.c.agency_id.is_(None)) if whole else inside)
    return [
        SubscriberRow(
            certificate=row.certificate, subscriber=Subscriber(row.subscriber), name=row.name, agency=row.code or "",
            confirmed_by=row.confirmed_by, confirmed_at=row.confirmed_at, reason=row.reason,
        )
        for row in connection.execute(query.order_by(_table.c.name, _table.c.certificate))
    ]  # fmt: skip


def _find(connection: Connection, sha256: str) -> Row[Any] | None:
    return connection.execute(select(*_table.c).where(_table.c.certificate == sha256)).one_or_none()


def _subject(connection: Connection, sha256: str, agency_id: int | None) -> Subject:
    number = root_agency(connection) if agency_id is None else agency_id
    if number is None:
        return Subject(kind="certificate", name=sha256)
    return agency_subject(connection, "certificate", sha256, number)


def _fingerprint(text: str) -> str:
    sha256 = read_fingerprint(text)
    if sha256 is None:
        raise InvalidValue(f"{text!r} is no SHA-256 of a certificate: 64 hexadecimal digits")
    return sha256
