"""Mail by who sent it, to whom, by document number, code, subject, time and state; newest first, some rows a page.

Row numbers rise with time (`ids.py`), so that a page is cut by number. What an index answers is asked of it; the rest
is looked through `MOST_SCANNED` messages at a time, and a page then says how far back it looked: every page costs the
same, however much mail there is (bench/web.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, exists, func, or_, select, union

from mailhub.accounts import audit
from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import Action, Actor, Subject, may
from mailhub.clock import now_ms
from mailhub.ids import first_id, read_id, time_of
from mailhub.queue.blocks import hidden_of, visible_rows
from mailhub.queue.found_rows import FoundMail, rows_of
from mailhub.queue.models import ACTIVE, EventKind, Purpose, RecipientState
from mailhub.queue.sought import MailState, Sought
from mailhub.queue.spelling import as_kept, codes_near, differs_in_case
from mailhub.queue.successors import gave_its_place
from mailhub.queue.tables import event_table, message_table, recipient_table
from mailhub.queue.word_list import told_subject
from mailhub.registry.index import FIELDS, matches, search_table
from mailhub.registry.tables import attachment_table, document_table
from mailhub.registry.tokens import read_question
from mailhub.text.folding import fold

MOST_SCANNED = 10_000  # messages that one page looks at
MOST_ROWS = 1_000
MOST_SIMILAR = 5
MOST_SPELLINGS = 20  # of one address
MOST_DOCUMENTS = 500  # that one number may mean

Seen = Sequence[ColumnElement[bool]]
_message, _recipient, _event = message_table.c, recipient_table.c, event_table.c
_HERE = _recipient.message_id == _message.id
_FINAL = {
    MailState.DELIVERED: (RecipientState.DELIVERED,),
    MailState.FAILED: (RecipientState.BOUNCED, RecipientState.EXPIRED, RecipientState.REFUSED),
    MailState.REFUSED: (RecipientState.REFUSED, RecipientState.DESTROYED),
    MailState.WITHDRAWN: (RecipientState.WITHDRAWN,),
}


@dataclass(frozen=True, slots=True)
class FoundPage:
    """`next` is the `after` of the next page, "" when there is none. `back_to` (ms): the page ended because enough was
    looked through, this far back."""

    rows: Sequence[FoundMail]
    next: str = ""
    back_to: int | None = None


def find_mail(connection: Connection, actor: Actor, sought: Sought, *, after: str = "", limit: int = 50) -> FoundPage:
    """A page of what fits, from behind the row `after` on. That it was looked up is written down.

    Raises:
        NotAllowed
    """
    subject = Subject(kind="mail", name=sought.named() or "list")
    if not may(actor, Action.TRACE_READ, subject):
        raise refusal(actor, Action.TRACE_READ)
    audit.take_turn(connection)
    audit.record(connection, actor, Action.TRACE_READ, subject, at=now_ms())
    limit = max(1, min(limit, MOST_ROWS))
    before = read_id(after)
    found = _messages(connection, actor, sought, before, limit)
    refused = _refusals(connection, actor, sought, before, limit)
    rows = sorted([*found.rows, *refused], key=lambda row: row.id, reverse=True)
    if found.back_to is not None:  # beyond that nothing was looked at
        floor = int(found.next)
        rows = [row for row in rows if row.id >= floor]
    if len(rows) > limit:
        return FoundPage(rows[:limit], str(rows[limit - 1].id))
    more = found.next if found.back_to is not None or len(found.rows) > limit else ""
    return FoundPage(rows, more, found.back_to)


def similar_codes(connection: Connection, actor: Actor, code: str) -> Sequence[str]:
    """The codes of messages that differ from `code` in one sign, or by two that changed places: it was read out on the
    telephone, or copied from paper. Only for the actor's eyes what is the actor's to see.

    Raises:
        NotAllowed
    """
    if not may(actor, Action.TRACE_READ, Subject(kind="mail", name=code)):
        raise refusal(actor, Action.TRACE_READ)
    seen = visible_rows(connection, actor)
    query = select(_message.code).where(_message.code.in_(codes_near(code)))
    if seen:
        query = query.where(exists().where(_HERE, *seen).correlate(message_table))
    return connection.scalars(query.order_by(_message.id.desc()).limit(MOST_SIMILAR)).all()


def _messages(connection: Connection, actor: Actor, sought: Sought, before: int | None, limit: int) -> FoundPage:
    """Up to `limit` + 1 messages."""
    seen = visible_rows(connection, actor)
    narrow, conditions = _conditions(connection, sought, seen)
    if seen:  # some recipient has to be the actor's to see
        conditions.append(exists().where(_HERE, *seen).correlate(message_table))
    if before is not None:
        conditions.append(_message.id < before)
    floor = None if narrow else _floor(connection, before, sought)
    if floor is not None:
        conditions.append(_message.id >= floor)
    kept: list[int] = []
    columns = (_message.id, told_subject())
    query = select(*columns).where(*conditions).order_by(_message.id.desc())
    if not sought.words:
        query = query.limit(limit + 1)
    result = connection.execute(query.execution_options(yield_per=1_000))
    for number, subject in result:
        if _has_words(subject, sought.words):
            kept.append(number)
        if len(kept) > limit:
            break
    result.close()
    rows = rows_of(connection, kept, seen)
    if len(kept) > limit or floor is None or not _is_more(connection, floor, sought):
        return FoundPage(rows, str(kept[-1]) if kept else "")
    return FoundPage(rows, str(floor), time_of(floor))


def _conditions(connection: Connection, sought: Sought, seen: Seen) -> tuple[bool, list[ColumnElement[bool]]]:
    """The WHERE, and whether an index answers some of it. `seen`: which recipients may be told of."""
    found: list[ColumnElement[bool]] = []
    narrow = False
    if not sought.ident or "@" in sought.ident:  # who names one of the two codes means that one
        found.append(~gave_its_place())
    if sought.ident:
        found.append(_message.message_id == sought.ident if "@" in sought.ident else _message.code == sought.ident)
        narrow = True
    if sought.number:
        found.append(_message.id.in_(_numbered(connection, sought.number)))
        narrow = True
    for name, columns in (("sender", (_message.sender,)), ("to", (_recipient,)), ("someone", (_message, _recipient))):
        if text := getattr(sought, name).strip():
            narrow = narrow or is_address(text)
            ways = {"sender": columns[0] is not _recipient, "to": columns[-1] is _recipient}
            found.append(_someone(connection, text, seen, **ways))
    if sought.state is not None:
        waits, condition = _in_state(sought.state)
        narrow, found = narrow or waits, [*found, condition]
    if sought.doc_type:
        of_type = select(attachment_table.c.id).join(
            document_table, document_table.c.id == attachment_table.c.document_id
        )
        here = attachment_table.c.message_id == _message.id
        found.append(exists(of_type.where(here, document_table.c.doc_type == sought.doc_type).correlate(message_table)))
    if sought.since is not None:
        found.append(_message.id >= first_id(sought.since))
    if sought.until is not None:
        found.append(_message.id < first_id(sought.until))
    return narrow, found


def is_address(text: str) -> bool:
    """Whether `text` is a whole address, which an index knows, and not a part of one."""
    local, at, domain = text.strip().rpartition("@")
    return bool(local and at and "." in domain)


def _someone(connection: Connection, text: str, seen: Seen, *, sender: bool, to: bool) -> ColumnElement[bool]:
    if is_address(text):
        kept = _spellings(connection, text)
        if not to:
            return _message.sender.in_(kept)
        got = select(_recipient.message_id).where(_is_mail(), *seen)
        if seen:
            got = got.join(message_table, _HERE)
        # `original`: as it was written, a group's address, a former one.
        ways = [
            got.where(_recipient.address.in_(kept)),
            got.where(_recipient.original.in_([f"rfc822;{one}" for one in kept])),
        ]
        if sender:  # an address without a key: the Message-ID looks like one, too
            ident = f"<{text.strip()}>"
            ways += [select(_message.id).where(or_(_message.sender.in_(kept), _message.message_id == ident))]
        return _message.id.in_(union(*ways).subquery().select())
    part = text.strip().lower()
    wrote = func.lower(_message.sender).contains(part, autoescape=True)
    reached = exists().where(_HERE, _is_mail(), *seen, func.lower(_recipient.address).contains(part, autoescape=True))
    reached = reached.correlate(message_table)
    return or_(wrote, reached) if sender and to else wrote if sender else reached


def _spellings(connection: Connection, address: str) -> Sequence[str]:
    """What the address is kept as: as it is typed, else in whatever letter case it is known."""
    kept = as_kept(address)
    exact = (
        select(_message.id).where(_message.sender.in_(kept)),
        select(_recipient.id).where(_recipient.address.in_(kept)),
        select(_recipient.id).where(_recipient.original.in_([f"rfc822;{one}" for one in kept])),
    )
    if any(connection.execute(query.limit(1)).first() for query in exact):
        return kept
    found = set(kept)
    for column in (_message.sender, _recipient.address):
        known = select(column).where(differs_in_case(connection, column, address.strip())).distinct()
        found |= set(connection.scalars(known.limit(MOST_SPELLINGS)))
    return sorted(found)


def _numbered(connection: Connection, number: str) -> Select[tuple[int]]:
    """The messages that brought a document of this number."""
    question = read_question(number)
    clauses = question.number or question.exact or question.folded
    index = search_table(FIELDS)
    query = select(index.c.rowid).where(matches(connection, FIELDS, list(clauses))) if clauses else None
    found: list[int] = []
    if query is not None:
        found += connection.scalars(query.order_by(index.c.rowid.desc()).limit(MOST_DOCUMENTS))
    return select(attachment_table.c.message_id).where(attachment_table.c.document_id.in_(found))


def _in_state(state: MailState) -> tuple[bool, ColumnElement[bool]]:
    """Whether the partial indexes of what waits answer it, and the condition."""
    waiting = select(_recipient.message_id).where(_is_mail())
    if state is MailState.HELD:
        held = waiting.where(_recipient.held_for.is_not(None), _recipient.state == RecipientState.HELD.value)
        return True, _message.id.in_(held)
    if state is MailState.WAITING:
        active = [one.value for one in ACTIVE]
        return True, _message.id.in_(waiting.where(_recipient.due_at.is_not(None), _recipient.state.in_(active)))
    if state is MailState.DEFERRED:
        later = waiting.where(_recipient.due_at.is_not(None), _recipient.state == RecipientState.DEFERRED.value)
        return True, _message.id.in_(later)
    wanted = [one.value for one in _FINAL[state]]
    return False, exists().where(_HERE, _is_mail(), _recipient.state.in_(wanted)).correlate(message_table)


def _is_mail() -> ColumnElement[bool]:
    return _recipient.purpose == Purpose.MAIL.value


def _floor(connection: Connection, before: int | None, sought: Sought) -> int | None:
    """The number down to which one page looks; None: to the end."""
    if not sought.words and not sought.doc_type and not _is_scanned(sought):
        return None
    query = select(_message.id).order_by(_message.id.desc()).offset(MOST_SCANNED).limit(1)
    tops = [one for one in (before, None if sought.until is None else first_id(sought.until)) if one is not None]
    if tops:
        query = query.where(_message.id < min(tops))
    return connection.scalar(query)


def _is_scanned(sought: Sought) -> bool:
    return sought.state is not None or any((sought.sender, sought.to, sought.someone))


def _is_more(connection: Connection, floor: int, sought: Sought) -> bool:
    """Whether messages of the time asked for lie below the floor."""
    query = select(_message.id).where(_message.id < floor).limit(1)
    if sought.since is not None:
        query = query.where(_message.id >= first_id(sought.since))
    return connection.execute(query).first() is not None


def _has_words(subject: str, words: Sequence[str]) -> bool:
    plain = fold(subject) if words else ""
    return all(word in plain for word in words)


def _refusals(
    connection: Connection, actor: Actor, sought: Sought, before: int | None, limit: int
) -> Iterator[FoundMail]:
    """What was refused at the door: it has no message, and is found by its code or whom it was for."""
    to = sought.to or sought.someone
    asked = is_address(to) if to else bool(sought.ident)
    other = sought.words or sought.number or sought.doc_type or sought.sender
    if not asked or other or sought.state not in (None, MailState.REFUSED, MailState.FAILED):
        return
    query = select(event_table).where(_event.message_id.is_(None), _event.kind == EventKind.REFUSED.value)
    if sought.ident:
        query = query.where(_event.code == sought.ident)
    if to:
        query = query.where(_event.recipient.in_(as_kept(to)))
    for moment, at_or_above in ((sought.since, True), (sought.until, False)):
        if moment is not None:
            query = query.where(_event.id >= first_id(moment) if at_or_above else _event.id < first_id(moment))
    if before is not None:
        query = query.where(_event.id < before)
    rows: Sequence[Any] = connection.execute(query.order_by(_event.id.desc()).limit(limit + 1)).all()
    hidden = hidden_of(connection, actor, [row.recipient for row in rows if row.recipient])
    for row in rows:
        if row.recipient not in hidden:
            yield FoundMail.of_refusal(row)
