"""What a message is, above its timeline: its head, everybody who gets it, the documents that it brought."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import Action, Actor, Subject, may
from mailhub.queue.blocks import visible_rows
from mailhub.queue.models import OPEN, Door, HeldFor, Purpose, RecipientState
from mailhub.queue.tables import message_table, recipient_table
from mailhub.queue.word_list import told_subject
from mailhub.queue.written import original_of
from mailhub.registry.tables import attachment_table, document_table, file_table

MOST_RECIPIENTS = 1_000

_message, _recipient = message_table.c, recipient_table.c


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientLine:
    """One recipient now; `id` is its row number. `written`: as the sender wrote it, when that is another address (a
    group's); times in ms."""

    id: int
    address: str
    written: str
    state: RecipientState
    held_for: HeldFor | None
    due_at: int | None
    attempts: int
    last_reply: str
    rule: str
    finished_at: int | None

    @property
    def waits(self) -> bool:
        """Whether its story has not ended."""
        return self.state in OPEN


@dataclass(frozen=True, slots=True)
class BroughtDocument:
    """A document that came with it; `file_type` tells two files of one document apart."""

    id: int
    doc_type: str
    number_symbol: str
    file_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MailHead:
    """`subject` is "" while something attached is unread. `account_id`: the account of ours that sent it."""

    id: int
    code: str
    at: int
    sender: str
    subject: str
    size: int
    door: Door
    message_id: str
    account_id: int | None
    recipients: Sequence[RecipientLine]
    documents: Sequence[BroughtDocument] = ()

    @property
    def waits(self) -> bool:
        """Whether somebody still waits for it."""
        return any(one.waits for one in self.recipients)

    @property
    def states(self) -> dict[RecipientState, int]:
        """For how many recipients each state is true."""
        return dict(Counter(one.state for one in self.recipients))


def head_of(connection: Connection, actor: Actor, code: str) -> MailHead | None:
    """The head of the message with this code (as stored), for who may see everybody's; None: there is no such message,
    or none that is the actor's to see. The timeline, which is read with it, writes down that it was read.

    Raises:
        NotAllowed
    """
    if not may(actor, Action.TRACE_READ, Subject(kind="timeline", name=code)):
        raise refusal(actor, Action.TRACE_READ)
    seen = visible_rows(connection, actor)
    found = load_head(connection, code)
    if found is None or not seen:
        return found
    query = select(_recipient.address).join(message_table, _message.id == _recipient.message_id)
    known = set(connection.scalars(query.where(_message.code == code, *seen)))
    left = [one for one in found.recipients if one.address in known]
    return load_head(connection, code, only=frozenset(known)) if left else None


def load_head(connection: Connection, code: str, *, only: frozenset[str] | None = None) -> MailHead | None:
    """The head, whoever asks; with `only` these recipients."""
    columns = (_message.id, _message.code, _message.received_at, _message.sender, told_subject(), _message.size)
    more = (_message.door, _message.message_id, _message.account_id)
    row = connection.execute(select(*columns, *more).where(_message.code == code)).first()
    if row is None:
        return None
    query = select(recipient_table).where(_recipient.message_id == row.id, _recipient.purpose == Purpose.MAIL.value)
    if only is not None:
        query = query.where(_recipient.address.in_(only))
    rows = connection.execute(query.order_by(_recipient.id).limit(MOST_RECIPIENTS))
    return MailHead(
        id=row.id,
        code=row.code,
        at=row.received_at,
        sender=row.sender,
        subject=row.subject,
        size=row.size,
        door=Door(row.door),
        message_id=row.message_id,
        account_id=row.account_id,
        recipients=[
            RecipientLine(
                id=one.id,
                address=one.address,
                written=original_of(one.original),
                state=RecipientState(one.state),
                held_for=HeldFor(one.held_for) if one.held_for else None,
                due_at=one.due_at,
                attempts=one.attempts,
                last_reply=one.last_reply or "",
                rule=one.rule,
                finished_at=one.finished_at,
            )
            for one in rows
        ],
        documents=_documents(connection, row.id),
    )


def _documents(connection: Connection, message_id: int) -> list[BroughtDocument]:
    here = attachment_table.c.message_id == message_id
    kind = func.coalesce(file_table.c.type, "")
    told = (document_table.c.id, document_table.c.doc_type, document_table.c.number_symbol, kind)
    query = select(*told).distinct().outerjoin(file_table, file_table.c.sha256 == document_table.c.sha256)
    query = query.join(attachment_table, attachment_table.c.document_id == document_table.c.id).where(here)
    return [BroughtDocument(*row) for row in connection.execute(query.limit(20))]
