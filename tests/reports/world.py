"""A small province with mail of particular days, written as rows: what the figures are counted from."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import Connection, insert, select, update

from mailhub.accounts import service
from mailhub.accounts.life.activity import note_days
from mailhub.accounts.models import Address, Agency, Mailbox, MailboxKind, MailboxState, Person
from mailhub.accounts.rights import Actor, console
from mailhub.accounts.tree import find_agency
from mailhub.clock import HOUR, midnight
from mailhub.ids import first_id
from mailhub.queue.models import Door, Event, EventKind, Message, Recipient, RecipientState
from mailhub.registry.models import Attachment, Document, File
from mailhub.reports.periods import Period, month
from mailhub.reports.service import Wanted, make_report
from mailhub.reports.values import Report, ReportKind
from mailhub.screening.models import PolicyDecision, PrivateMailUse
from mailhub.settings import Settings
from mailhub.settings.sections.reports import ReportsSection
from mailhub.signatures.codec import judged_to_json
from mailhub.signatures.models import SignatureVerdict
from mailhub.signatures.verdict import (
    Hierarchy,
    JudgedDocument,
    JudgedSignature,
    Level,
    Signer,
    Subscriber,
    Verdict,
)
from mailhub.store.database import Database

ROOT = console("test")
OCTOBER = month(2026, 10)  # 15/09 to 14/10
NOON = 12 * HOUR
AFTER = midnight(date(2026, 11, 22)) + NOON  # when reports are made


def settings(**section: Any) -> Settings:
    """Settings as far as reports read them."""
    return cast("Settings", SimpleNamespace(reports=ReportsSection(**section)))


def report(
    database: Database,
    kind: ReportKind,
    period: Period = OCTOBER,
    *,
    actor: Actor = ROOT,
    at: int = AFTER,
    section: dict[str, Any] | None = None,
    **wanted: Any,
) -> Report:
    """A report made of the database."""
    asked = Wanted(kind=kind, period=period, **wanted)
    return make_report(database, actor, asked, settings=settings(**(section or {})), at=at)


def cell(made: Report, table: str, row: str, column: str) -> Any:
    """The cell of a row by its key; of the total for `total`."""
    found = made.table(table)
    place = found.column(column)
    if row == "total":
        assert found.total is not None
        return found.total.cells[place]
    return next(one for one in found.rows if one.key == row).cells[place]


def headline(made: Report, section: str, key: str) -> Any:
    """A headline's value."""
    return next(one for one in made.section(section).headlines if one.key == key).value


def used(
    connection: Connection, agency: str, day: date, provider: str = "gmail.com", account: int = 0, **n: int
) -> None:
    """Private mail of an agency on a day."""
    row = {"day": day, "account_id": account, "agency_id": find_agency(connection, agency), "provider": provider}
    connection.execute(insert(PrivateMailUse).values(row | n))


@dataclass
class Mail:
    """Writes rows of a day; numbers rise with time as the hub's do."""

    connection: Connection
    _last: dict[date, int] = field(default_factory=dict)

    def number(self, day: date) -> int:
        """The next row's number on that day, at noon."""
        self._last[day] = self._last.get(day, first_id(midnight(day) + NOON)) + 1
        return self._last[day]

    def person(self, address: str, agency: str, *, state: MailboxState = MailboxState.ACTIVE) -> int:
        """Somebody with a mailbox, since long ago."""
        return people(self.connection, agency, [address], state=state)[0]

    def message(
        self, day: date, sender: int | None, to: list[str], *, delay: int = 1_000, held: str = "", size: int = 100
    ) -> int:
        """A message that was taken over on the day, and delivered to all."""
        number, at = self.number(day), midnight(day) + NOON
        code = f"M{number % 10**12}"
        row = {
            "id": number, "code": code, "door": Door.MX if sender is None else Door.SUBMISSION, "received_at": at,
            "sender": "", "sender_verified": True, "account_id": sender, "client": "", "message_id": "", "subject": "",
            "size": size, "spool_file": "", "spool_offset": 0, "spool_length": 0, "prefix": b"", "body_hash": b"",
        }  # fmt: skip
        self.connection.execute(insert(Message).values(row))
        self.event(day, number, code, EventKind.RECEIVED, at)
        if held:
            self.event(day, number, code, EventKind.HELD, at, facts={"for": held})
            self.event(day, number, code, EventKind.RELEASED, at, facts={"for": held})
        for address in to:
            ours = self.connection.scalar(select(Address.address).where(Address.address == address)) is not None
            recipient = {
                "id": self.number(day), "message_id": number, "address": address, "destination": "local",
                "state": RecipientState.DELIVERED,
            }  # fmt: skip
            self.connection.execute(insert(Recipient).values(recipient))
            self.event(day, number, code, EventKind.DELIVERED if ours else EventKind.RELAYED, at + delay, to=address)
        return number

    def event(
        self, day: date, message: int | None, code: str, kind: EventKind, at: int, *, to: str | None = None,
        facts: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        """A line of the timeline."""
        row = {
            "id": self.number(day), "at": at, "message_id": message, "code": code, "recipient": to, "kind": kind,
            "facts": json.dumps(facts or {}),
        }  # fmt: skip
        self.connection.execute(insert(Event).values(row))

    def document(
        self, day: date, message: int, sender: str | None, *, doc_type: str = "CV", identity: str | None = None,
        octets: bytes = b"", desk: bool = False, secrecy: str = "",
    ) -> bytes:  # fmt: skip
        """A document in a message; gives its hash."""
        number, at = self.number(day), midnight(day) + NOON
        sha = (octets or str(number).encode()).rjust(32, b"0")[-32:]
        agency = None if sender is None else find_agency(self.connection, sender)
        known = self.connection.scalar(select(Document.id).where(Document.sha256 == sha))
        if known is None:
            known = self.number(day)
            fields = ("family", "state", "number_symbol", "issue_date", "issuer", "parent_issuer", "subject", "signer",
                      "signer_authority", "urgency", "labels", "unsure")  # fmt: skip
            row = dict.fromkeys(fields, "") | {
                "id": known, "sha256": sha, "doc_type": doc_type, "secrecy": secrecy, "confidence": 1.0,
                "identity": identity, "first_seen_at": at,
            }  # fmt: skip
            self.connection.execute(
                insert(File).values(sha256=sha, size=1, type="pdf", facts="{}", mode="full", rank=1,
                                    reader_version=1, read_at=at)
            )  # fmt: skip
            self.connection.execute(insert(Document).values(row))
        row = {
            "id": number, "message_id": message, "code": "", "path": str(number), "position": 0, "names": "[]",
            "declared": "", "sha256": sha, "at": at, "sender_agency_id": agency,
            "desk_agency_id": agency if desk else None, "document_id": known,
        }  # fmt: skip
        self.connection.execute(insert(Attachment).values(row))
        return sha

    def verdict(
        self, day: date, message: int, sha: bytes, *signatures: JudgedSignature, again: int = 0, at: int = 0
    ) -> None:
        """What was judged of the signatures in a file."""
        seen = midnight(day) + NOON
        worst = signatures[0].verdict
        judged = JudgedDocument(verdict=worst, level=Level.GOOD, signatures=signatures)
        row = {
            "id": self.number(day), "message_id": message, "code": "", "path": "1", "sha256": sha,
            "verdict": worst.value, "complete": "none", "judged": judged_to_json(judged), "signed": "{}", "trust": "",
            "seen_at": seen, "at": at or seen, "again": again,
        }  # fmt: skip
        self.connection.execute(insert(SignatureVerdict).values(row))

    def decision(self, day: date, agency: str, effect: str = "none", *rules: dict[str, Any]) -> None:
        """A judged message."""
        row = {
            "message_id": self.number(day), "code": "", "version": 1, "agency_id": find_agency(self.connection, agency),
            "facts": "{}", "outcome": json.dumps({"effect": effect, "rules": list(rules)}),
        }  # fmt: skip
        self.connection.execute(insert(PolicyDecision).values(row))


def signature(
    agency: str = "",
    *,
    verdict: Verdict = Verdict.VALID,
    hierarchy: Hierarchy = Hierarchy.OFFICIAL,
    subscriber: Subscriber = Subscriber.AGENCY,
) -> JudgedSignature:
    """A judged signature by a certificate that is `agency`'s."""
    signer = Signer(name="x", subscriber=subscriber, agency=agency)
    return JudgedSignature(signer=signer, verdict=verdict, hierarchy=hierarchy)


def people(
    connection: Connection, agency: str, addresses: list[str], *, state: MailboxState = MailboxState.ACTIVE,
    boxes: bool = True,
) -> list[int]:  # fmt: skip
    """Persons of an agency, with mailboxes of long ago; gives the mailboxes' numbers (the persons' without boxes)."""
    day = date(2025, 3, 3)
    base = first_id(midnight(day)) + hash((agency, addresses[0])) % 2**20 * 4_096
    agency_id = find_agency(connection, agency)
    persons = [
        {"id": base + place, "full_name": address, "agency_id": agency_id} for place, address in enumerate(addresses)
    ]
    connection.execute(insert(Person), persons)
    if not boxes:
        return [base + place for place in range(len(persons))]
    rows = [
        {
            "id": base + place, "address": address, "kind": MailboxKind.PERSONAL, "name": address, "state": state,
            "agency_id": agency_id, "person_id": base + place, "created_at": midnight(day),
        }
        for place, address in enumerate(addresses)
    ]  # fmt: skip
    connection.execute(insert(Mailbox), rows)
    connection.execute(
        insert(Address),
        [
            {"address": row["address"], "domain": "tinh.gov.vn", "kind": "mailbox", "mailbox_id": row["id"]}
            for row in rows
        ],
    )
    return [base + place for place in range(len(rows))]


def set_agency(connection: Connection, code: str, **values: Any) -> None:
    """Change an agency's row."""
    connection.execute(update(Agency).where(Agency.code == code).values(**values))


def add_agency(connection: Connection, code: str, name: str, **values: Any) -> None:
    """Enter an agency."""
    service.add_agency(connection, ROOT, code, name, **values)


def active(connection: Connection, accounts: list[int], days: list[date]) -> None:
    """These accounts were used on these days."""
    note_days(connection, [(account, day) for account in accounts for day in days])
