"""What the queue's tests share: short ways to a message, and to an outcome."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, insert, select

from mailhub.ids import new_code, new_id
from mailhub.queue import service as queue
from mailhub.queue.inspections import Ruling
from mailhub.queue.models import Door, EventKind, RecipientState
from mailhub.queue.records import Claimed, Committed, NewMessage, NewRecipient, Outcome
from mailhub.queue.successors import Successor
from mailhub.signatures.models import SealAct
from mailhub.store.database import Database
from mailhub.store.spool import Location, Spool, StagedBody

NOW = 1_800_000_000_000
MINUTE = 60_000
PLACE = Location("segments/smtp-0-1.seg", 0, 5)


def message(*recipients: str | NewRecipient, body: StagedBody | None = None, **changes: Any) -> NewMessage:
    """To addresses of `mx:so.vn`, received at NOW."""
    if body is None:
        body = StagedBody(Spool.__new__(Spool))
    everyone = [
        r if isinstance(r, NewRecipient) else NewRecipient(address=r, destination="mx:so.vn") for r in recipients
    ]
    values: dict[str, Any] = {
        "id": new_id(),
        "code": new_code(),
        "door": Door.SUBMISSION,
        "received_at": NOW,
        "sender": "a@tinh.gov.vn",
        "sender_verified": True,
        "account_id": 1,
        "client": "192.0.2.1",
        "message_id": "<1@client.test>",
        "subject": "Công văn",
        "body": body,
        "prefix": b"Received: x\r\n",
        "cuts": ((3, 9), (20, 31)),
        "body_hash": b"h",
        "utf8": False,
        "eight_bit": False,
        "dsn_ret": None,
        "dsn_envid": None,
        "fingerprint": None,
        "junk": False,
        "derived_from": None,
        "recipients": tuple(everyone),
    }
    return NewMessage(**{**values, **changes})


def put(database: Database, *messages: NewMessage) -> list[Committed]:
    with database.write() as connection:
        return queue.enqueue(connection, messages, [PLACE] * len(messages))


def take(
    database: Database, worker: str = "w", *, now: int = NOW, limit: int = 100, lease: int = MINUTE, **more: Any
) -> list[Claimed]:
    with database.write() as connection:
        return queue.claim(connection, worker=worker, now=now, limit=limit, lease_until=now + lease, **more)


def outcome(
    claimed: Claimed,
    state: RecipientState = RecipientState.DELIVERED,
    due_at: int | None = None,
    event: EventKind | None = EventKind.RELAYED,
    **more: Any,
) -> Outcome:
    return Outcome(recipient=claimed, state=state, due_at=due_at, reply="250 2.0.0 ok", event=event, facts={}, **more)


def settle(database: Database, *outcomes: Outcome, worker: str = "w", now: int = NOW) -> None:
    with database.write() as connection:
        queue.settle(connection, outcomes, worker=worker, now=now, signed={})


def recipients(database: Database) -> dict[str, Row[Any]]:
    """The recipients' rows by address."""
    with database.read() as connection:
        return {row.address: row for row in connection.execute(select(queue.recipient_table))}


def seal(database: Database, first: NewMessage, *files: tuple[bytes, bytes]) -> NewMessage:
    """A sealed copy in the place of `first`, whose files were read; `files`: SHA-256 before and after."""
    copy = message(derived_from=first.id, subject=first.subject, sender=first.sender, account_id=first.account_id)
    told = {"files": [{"name": "a.pdf", "outcome": "sealed", "number": "1/CV"}]}
    with database.write() as connection:
        one = queue.claim_inspections(connection, worker="w", now=NOW, lease_until=NOW + MINUTE, limit=1)[0]
        ruling = Ruling(successor=Successor(message=copy, location=Location("large/seal-1", 0, 9), told=told))
        queue.finish_inspection(
            connection, one, worker="w", now=NOW, facts={}, local_prefix=b"", reason="read", ruling=ruling
        )
        act = {"agency_id": 1, "desk": first.sender, "clerk": first.sender, "path": "2", "kind": "main", "at": NOW}
        act |= {"doc_type": "CV", "number_symbol": "1/CV", "outcome": "sealed", "message_id": first.id}
        for before, after in files:
            row = {"id": new_id(), "code": first.code, "sealed_code": copy.code, "original": before, "sealed": after}
            connection.execute(insert(SealAct).values(**act, **row))
    return copy


def only_message(database: Database) -> Row[Any]:
    with database.read() as connection:
        return connection.execute(select(queue.message_table)).one()


def events(database: Database) -> list[tuple[str, str | None]]:
    """Kind and recipient of every line, oldest first."""
    with database.read() as connection:
        rows = connection.execute(select(queue.event_table).order_by(queue.event_table.c.id))
        return [(row.kind, row.recipient) for row in rows]
