"""The record of what clerks had sealed: a row before the signer is asked, its outcome when it has answered.

Each part is a transaction of its own, so that a seal that was put on is in the record and in the audit log whatever
becomes of the mail afterwards. A crash between the two leaves the row `asked`; the next try takes it up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from mailhub.accounts import audit
from mailhub.accounts.rights import Action, Actor, Role, Subject
from mailhub.accounts.tree import agency_subject, scope_of
from mailhub.ids import new_id
from mailhub.sealing.switching import SealingDesk
from mailhub.signatures.models import SealAct

ASKED, SEALED = "asked", "sealed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clerk:
    """Whose authenticated act it is: who logged in and sent as the desk, or who gave the command."""

    address: str
    account_id: int | None = None
    ip: str = ""

    def actor(self) -> Actor:
        """As the audit log names them."""
        return Actor(name=self.address, role=Role.OFFICIAL, account_id=self.account_id, ip=self.ip)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A seal that is to be asked for. `message_id` None and `code` "": by command. `original`: SHA-256."""

    desk: SealingDesk
    clerk: Clerk
    path: str
    kind: str
    original: bytes
    message_id: int | None = None
    code: str = ""
    doc_type: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it: `SEALED`, or a word of `reasons`."""

    word: str
    sealed: bytes | None = None
    certificate: str = ""
    timestamped: bool = False


def begin(connection: Connection, wanted: Wanted, *, at: int) -> int:
    """Enter the row, or take up the one of an earlier try that did not come to an end; its number."""
    if wanted.message_id is not None:
        same = (SealAct.message_id == wanted.message_id, SealAct.path == wanted.path, SealAct.outcome == ASKED)
        before: int | None = connection.scalar(select(SealAct.id).where(*same))
        if before is not None:
            return before
    number = new_id()
    connection.execute(
        insert(SealAct).values(
            id=number,
            message_id=wanted.message_id,
            code=wanted.code,
            agency_id=wanted.desk.agency_id,
            desk=wanted.desk.desk,
            clerk=wanted.clerk.address,
            account_id=wanted.clerk.account_id,
            path=wanted.path[:200],
            kind=wanted.kind,
            doc_type=wanted.doc_type[:16],
            number_symbol=wanted.number[:120],
            original=wanted.original,
            outcome=ASKED,
            at=at,
        )
    )
    return number


def end(connection: Connection, number: int, wanted: Wanted, outcome: Outcome, *, at: int) -> None:
    """Write the outcome, and a line of the audit log with the document's hash."""
    subject = subject_of(connection, wanted)
    after = {
        "act": "seal",
        "outcome": outcome.word,
        "desk": wanted.desk.desk,
        "agency": wanted.desk.agency,
        "code": wanted.code,
        "kind": wanted.kind,
        "number": wanted.number,
        "original": wanted.original.hex(),
        "sealed": outcome.sealed.hex() if outcome.sealed else "",
        "certificate": outcome.certificate,
        "timestamped": outcome.timestamped,
    }
    audit.record(connection, wanted.clerk.actor(), Action.SEAL, subject, after=after, at=at)
    connection.execute(
        update(SealAct)
        .where(SealAct.id == number)
        .values(
            outcome=outcome.word[:40],
            sealed=outcome.sealed,
            certificate=outcome.certificate,
            timestamped=outcome.timestamped,
            doc_type=wanted.doc_type[:16],
            number_symbol=wanted.number[:120],
            done_at=at,
        )
    )


def give_up(connection: Connection, message_id: int, word: str, *, at: int) -> bool:
    """End what was asked for that message and never answered; whether there was anything."""
    waiting = (SealAct.message_id == message_id, SealAct.outcome == ASKED)
    return bool(connection.execute(update(SealAct).where(*waiting).values(outcome=word, done_at=at)).rowcount)


def note_code(connection: Connection, numbers: Sequence[int], code: str) -> None:
    """The message that carries what was sealed by these acts."""
    connection.execute(update(SealAct).where(SealAct.id.in_(list(numbers))).values(sealed_code=code))


def note_bad(connection: Connection, numbers: Sequence[int], word: str) -> None:
    """What was sealed by these acts is not used after all."""
    connection.execute(update(SealAct).where(SealAct.id.in_(list(numbers))).values(outcome=word[:40]))


def subject_of(connection: Connection, wanted: Wanted) -> Subject:
    """What is sealed, as rights look at it: the agency's."""
    name = wanted.number or wanted.code or wanted.original.hex()[:16]
    return agency_subject(connection, "seal", name, wanted.desk.agency_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActRow:
    """A seal that was asked for. Times in ms, hashes hexadecimal."""

    id: int
    at: int
    agency_id: int
    desk: str
    clerk: str
    code: str
    sealed_code: str
    kind: str
    number_symbol: str
    outcome: str
    original: str
    sealed: str
    certificate: str
    timestamped: bool


def list_acts(connection: Connection, actor: Actor, *, before: int = 0, limit: int = 100) -> Sequence[ActRow]:
    """What was asked for in the agencies that the actor may see, newest first; with `before`, those older than the row
    of that number. Who had what sealed is personal: reading it is written down.

    Raises:
        NotAllowed
    """
    scope = scope_of(connection, actor, Action.SEAL_READ)
    if not before:
        audit.record(connection, actor, Action.SEAL_READ, Subject(kind="seal", name="acts"))
    query = select(SealAct.__table__).order_by(SealAct.id.desc()).limit(limit)
    if before:
        query = query.where(SealAct.id < before)
    if not scope.everything:
        query = query.where(SealAct.agency_id.in_(scope.agencies or frozenset()))
    return [
        ActRow(
            id=row.id,
            at=row.at,
            agency_id=row.agency_id,
            desk=row.desk,
            clerk=row.clerk,
            code=row.code,
            sealed_code=row.sealed_code,
            kind=row.kind,
            number_symbol=row.number_symbol,
            outcome=row.outcome,
            original=bytes(row.original).hex(),
            sealed=bytes(row.sealed).hex() if row.sealed else "",
            certificate=row.certificate,
            timestamped=row.timestamped,
        )
        for row in connection.execute(query)
    ]
