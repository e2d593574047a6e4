"""An incident is entered, or the one that it is again counts on: rows and letters in the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from mailhub.accounts.life.letters import LetterKind, tell
from mailhub.accounts.models import Agency, Mailbox, Person
from mailhub.clock import HOUR, local_time
from mailhub.ids import new_id
from mailhub.incidents.fingerprints import (
    line_fingerprints,
    part_fingerprints,
    subject_fingerprint,
    whole_fingerprint,
)
from mailhub.incidents.models import Incident, IncidentCopy, IncidentFingerprint, IncidentState, Kept
from mailhub.incidents.officers import agency_of, incident_subject, mailboxes_of, officers, secret_contact
from mailhub.incidents.secret_mail import PLACES, SecretMail
from mailhub.queue.models import Door
from mailhub.settings import Settings
from mailhub.store.sealing import Sealer

MOST_NAMED = 100  # recipients of one message
MOST_TOLD = 20  # incidents an hour that strangers caused, each with its letter
_LOCK = 5_260_005  # PostgreSQL's advisory lock of those who enter incidents


@dataclass(frozen=True, slots=True)
class Entered:
    """What was entered. `code` is the one that people are told, always the first one of the incident."""

    incident_id: int
    number: str
    code: str
    repeated: bool


def enter(
    connection: Connection,
    settings: Settings,
    sealer: Sealer,
    secret: SecretMail,
    kept: Kept,
    sealed_file: str = "",
    *,
    reached: int = 0,
) -> Entered:
    """Enter what was found, with its letters: one to the officers an incident, one to each sender of ours.

    `reached`: how many recipients had it before it was found out, because somebody let it go unread.
    """
    if connection.dialect.name == "postgresql":  # SQLite has one writer anyway
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    whole = whole_fingerprint(
        sealer, found_in=secret.found_in, subject=secret.subject, body=secret.body, file_hashes=secret.file_hashes
    )
    prints = (*part_fingerprints(sealer, secret), whole)
    before = _same(connection, prints)
    incident = _again(connection, settings, before, secret) if before is not None else None
    incident = incident or _new(connection, settings, secret, kept, sealed_file)
    _remember(connection, incident["id"], [*prints, *_of_copies(sealer, incident["id"], secret)])
    _search(connection, incident["id"], secret)
    reopened = before is not None and before["state"] == IncidentState.CLOSED
    _tell_officers(connection, settings, incident, reached, reopened=reopened)
    if secret.account_id is not None:
        _tell_sender(connection, settings, incident, secret)
    return Entered(incident["id"], incident["number"], incident["code"], before is not None)


def _same(connection: Connection, prints: Sequence[bytes]) -> Mapping[str, Any] | None:
    query = (
        select(Incident.__table__)
        .join(IncidentFingerprint, IncidentFingerprint.incident_id == Incident.id)
        .where(IncidentFingerprint.fingerprint.in_(prints), IncidentFingerprint.mistaken.is_(False))
        .order_by(Incident.id)
        .limit(1)
    )
    found = connection.execute(query).mappings().one_or_none()
    return None if found is None else dict(found)


def _again(connection: Connection, settings: Settings, before: Mapping[str, Any], secret: SecretMail) -> dict[str, Any]:
    """The same once more. What was closed is open again, with a new deadline."""
    values: dict[str, Any] = {"times": before["times"] + 1, "last_at": secret.at}
    if before["state"] == IncidentState.CLOSED:
        values |= {"state": IncidentState.OPEN.value, "deadline_at": _deadline(settings, secret.at)}
        values |= {"closed_at": None, "closed_by": "", "closed_reason": ""}
    connection.execute(update(Incident).where(Incident.id == before["id"]).values(**values))
    return {**before, **values}


def _new(
    connection: Connection, settings: Settings, secret: SecretMail, kept: Kept, sealed_file: str
) -> dict[str, Any]:
    row = {
        "id": new_id(),
        "number": _next_number(connection, secret.at),
        "code": secret.code,
        "opened_at": secret.at,
        "deadline_at": _deadline(settings, secret.at),
        "state": IncidentState.OPEN.value,
        "account_id": secret.account_id,
        "agency_id": agency_of(connection, secret.account_id, secret.recipients),
        "sender": secret.sender[:320],
        "client": secret.client[:64],
        "door": secret.door.value,
        "recipients": json.dumps([address[:320] for address in secret.recipients[:MOST_NAMED]], ensure_ascii=False),
        "size": secret.size,
        "level": secret.level,
        "found_in": ",".join(place for place in PLACES if place in secret.found_in),
        "rule": secret.rule[:80],
        "version": secret.version,
        "kept": kept.value,
        "sealed_file": sealed_file,
        "times": 1,
        "last_at": secret.at,
        "copies_removed": 0,
    }
    connection.execute(insert(Incident).values(**row))
    return row


def _deadline(settings: Settings, at: int) -> int:
    return at + settings.secrets.report_hours * HOUR


def _next_number(connection: Connection, at: int) -> str:
    """`2026-0001`, without gaps in a year: a transaction that is undone takes no number."""
    year = f"{local_time(at).year}-"
    newest = (func.length(Incident.number).desc(), Incident.number.desc())  # 10000 comes after 9999
    numbers = select(Incident.number).where(Incident.number.startswith(year)).order_by(*newest)
    last = connection.execute(numbers.limit(1)).scalar()
    return f"{year}{int(last.removeprefix(year)) + 1 if last else 1:04d}"


def _of_copies(sealer: Sealer, incident_id: int, secret: SecretMail) -> list[bytes]:
    lines = () if secret.body is None else (*secret.body.lines, *secret.body.forwarded)
    subject = subject_fingerprint(sealer, incident_id, secret.subject)
    return [*line_fingerprints(sealer, incident_id, lines), *(() if subject is None else (subject,))]


def _remember(connection: Connection, incident_id: int, prints: Sequence[bytes]) -> None:
    rows = [{"fingerprint": one, "incident_id": incident_id} for one in dict.fromkeys(prints)]
    fresh = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(IncidentFingerprint)
    for row in rows:
        connection.execute(fresh.values(row).on_conflict_do_nothing(index_elements=["fingerprint"]))


def _search(connection: Connection, incident_id: int, secret: SecretMail) -> None:
    """Have the sender's mailbox looked through, and that of the office in whose name it was sent. A printer's word for
    whose mail it is, is not enough: by a Message-ID others' mail goes from the mailbox as well."""
    own = [] if secret.account_id is None or secret.door is Door.MX else [secret.account_id]
    for mailbox_id in dict.fromkeys([*own, *(mailboxes_of(connection, (secret.sender,)) if own else ())]):
        search_mailbox(connection, incident_id, mailbox_id, secret.message_id, at=secret.at)


def search_mailbox(connection: Connection, incident_id: int, mailbox_id: int, message_id: str, *, at: int) -> None:
    """Have a mailbox looked through for copies, from now on at the times of `sweeping`."""
    same = (
        IncidentCopy.incident_id == incident_id,
        IncidentCopy.mailbox_id == mailbox_id,
        IncidentCopy.message_id == message_id[:1000],
    )
    again = connection.execute(update(IncidentCopy).where(*same).values(since=at, due_at=at, looked=0))
    if not again.rowcount:
        row = {"id": new_id(), "incident_id": incident_id, "mailbox_id": mailbox_id, "since": at, "due_at": at}
        connection.execute(insert(IncidentCopy).values(**row, message_id=message_id[:1000], looked=0, removed=0))


def _tell_officers(
    connection: Connection, settings: Settings, incident: Mapping[str, Any], reached: int, *, reopened: bool
) -> None:
    if incident["account_id"] is None and _is_flood(connection, incident["last_at"]):
        return  # `mailhub incident list` has them all
    subject = incident_subject(connection, incident["number"], incident["agency_id"])
    facts = {
        "number": incident["number"],
        "code": incident["code"],
        "at": incident["last_at"],
        "level": incident["level"],
        "sender": incident["sender"],
        "kept": incident["kept"],
        "deadline": incident["deadline_at"],
        **_places(incident["found_in"].split(",")),
        **_who(connection, incident["account_id"]),
        **({"reached": reached} if reached else {}),
        **({"again": True, "reopened": True} if reopened else {}),
    }
    for address in officers(connection, settings, subject, at=incident["last_at"]):
        about = f"incident/{incident['id']}/{incident['deadline_at']}/{address}"[:200]
        tell(connection, LetterKind.INCIDENT, address, facts, about=about, at=incident["last_at"])


def _places(found_in: Sequence[str]) -> dict[str, Any]:
    first, *others = found_in
    return {"found_first": first, **{f"in_{place}": True for place in others}}


def _who(connection: Connection, account_id: int | None) -> dict[str, str]:
    """Whom the officer is to call."""
    query = (
        select(Mailbox.name, Agency.name.label("agency"), Person.phone)
        .outerjoin(Agency, Agency.id == Mailbox.agency_id)
        .outerjoin(Person, Person.id == Mailbox.person_id)
        .where(Mailbox.id == account_id)
    )
    row = None if account_id is None else connection.execute(query).one_or_none()
    if row is None:
        return {}
    return {"sender_name": row.name or "", "sender_agency": row.agency or "", "sender_phone": row.phone or ""}


def _is_flood(connection: Connection, at: int) -> bool:
    """Whether strangers caused so many incidents lately that one letter each would bury the officers."""
    strange = (Incident.account_id.is_(None), Incident.opened_at > at - HOUR)
    number = connection.execute(select(func.count()).select_from(Incident).where(*strange)).scalar_one()
    return number > MOST_TOLD


def _tell_sender(connection: Connection, settings: Settings, incident: Mapping[str, Any], secret: SecretMail) -> None:
    address = connection.execute(select(Mailbox.address).where(Mailbox.id == secret.account_id)).scalar_one_or_none()
    if address is None:
        return
    kept = Kept(incident["kept"])
    facts = sender_facts(settings, code=incident["code"], at=secret.at, kept=kept, because=secret.because)
    about = f"secret/{incident['id']}/{secret.account_id}"
    tell(connection, LetterKind.SECRET_REFUSED, address, facts, about=about, at=secret.at)


def sender_facts(settings: Settings, *, code: str, at: int, kept: Kept, because: str) -> dict[str, Any]:
    """The facts of the letter to who sent it. `because`: the article, as `policy/wording.py` says it."""
    contact = settings.secrets.contact
    return {
        "refusal": code,
        "at": at,
        "kept": kept.value,
        "article": because or settings.hub.regulation,
        "contact": contact[:1].upper() + contact[1:],  # it begins a sentence
        "phone": secret_contact(settings),
    }
