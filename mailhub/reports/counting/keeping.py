"""Days that are over are counted once and written down; the last days are counted from the rows, when asked.

A day's counts and the row that says so (`report_day`) are one transaction, so that it counts once whatever is killed.
A few days pass before that: messages are judged again when their files are read late. Later than that, a person's
correction and an issuer's late answer change what is known of a document; its days are then counted anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from sqlalchemy import Connection, delete, func, insert, select

from mailhub.clock import DAY, local_time, now_ms
from mailhub.ids import first_id, time_of
from mailhub.queue.models import Event
from mailhub.registry.models import Attachment, Document
from mailhub.reports.counting.counts import EVERY, KINDS, Counts, Key, Part
from mailhub.reports.counting.documents import count_documents
from mailhub.reports.counting.mail import count_mail, note_senders
from mailhub.reports.counting.rules import count_rules
from mailhub.reports.models import ReportCount, ReportDay
from mailhub.screening.models import PolicyDecision
from mailhub.signatures.models import SignatureVerdict
from mailhub.store.database import Database

OPEN_DAYS = 3  # how long a day's rows may still change in the usual run of things
AGAIN_DAYS = 60  # how far back corrections and late answers are looked for
_BATCH = 5_000  # rows a statement

COUNTING: dict[Part, Callable[[Connection, date], Counts]] = {
    Part.RULES: count_rules,
    Part.MAIL: count_mail,
    Part.DOCUMENTS: count_documents,
}
_FIRST = {Part.RULES: PolicyDecision.message_id, Part.MAIL: Event.id, Part.DOCUMENTS: Attachment.id}


def count_days(database: Database, *, at: int | None = None, most: int = 0) -> list[tuple[Part, date]]:
    """Write down every day that is over and has not been counted, a day a transaction; which they were.

    `most` days (0: all). Counting happens before the transaction, so that nobody waits for it.

    Raises:
        StoreUnavailable: the rest is counted another time.
    """
    moment = now_ms() if at is None else at
    done: list[tuple[Part, date]] = []
    for part in Part:
        with database.read() as connection:
            days = uncounted(connection, part, local_time(moment).date())
            again = _changed(connection, moment) if part is Part.DOCUMENTS else []
        for day in [*days, *again]:
            if most and len(done) >= most:
                return done
            with database.read() as connection:
                counts = COUNTING[part](connection, day)
            with database.write() as connection:
                _write(connection, part, day, counts, at=moment)
            done.append((part, day))
    return done


def uncounted(connection: Connection, part: Part, today: date) -> list[date]:
    """The days before the open ones that have rows and no counts yet, in order."""
    first = first_day(connection, part)
    if first is None:
        return []
    last = today - timedelta(days=OPEN_DAYS + 1)
    done = counted(connection, part, first, last)
    return [day for day in days_between(first, last) if day not in done]


def counted(connection: Connection, part: Part, first: date, last: date) -> frozenset[date]:
    """The days whose counts are written down."""
    query = select(ReportDay.day).where(ReportDay.part == part.value, ReportDay.day.between(first, last))
    return frozenset(connection.scalars(query))


def first_day(connection: Connection, part: Part) -> date | None:
    """The day of the oldest row; None when there is none."""
    number = connection.scalar(select(func.min(_FIRST[part])))
    return None if number is None else local_time(time_of(number)).date()


def days_between(first: date, last: date) -> Sequence[date]:
    """Both counted."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _write(connection: Connection, part: Part, day: date, counts: Counts, *, at: int) -> None:
    kinds = [what.value + end for what in KINDS[part] for end in ("", EVERY)]
    connection.execute(delete(ReportCount).where(ReportCount.what.in_(kinds), ReportCount.day == day))
    connection.execute(delete(ReportDay).where(ReportDay.part == part.value, ReportDay.day == day))
    rows = [_row(day, "", key, number, more) for key, number, more in counts.rows()]
    rows += [_row(day, EVERY, key, number, more) for key, number, more in counts.together().rows()]
    for start in range(0, len(rows), _BATCH):
        connection.execute(insert(ReportCount), rows[start : start + _BATCH])
    connection.execute(insert(ReportDay).values(part=part.value, day=day, at=at))
    if part is Part.MAIL:
        note_senders(connection, day)


def _row(day: date, end: str, key: Key, number: int, more: int) -> dict[str, object]:
    about = {"agency_id": key.agency_id, "a": key.a, "b": key.b, "c": key.c}
    return {"what": key.what.value + end, "day": day, "number": number, "more": more} | about


def _changed(connection: Connection, at: int) -> list[date]:
    """Counted days of which something was learned since: a document corrected, a signature asked about again."""
    since = at - AGAIN_DAYS * DAY
    corrected = (
        select(Attachment.at, Document.corrected_at.label("changed"))
        .join(Document, Document.id == Attachment.document_id)
        .where(Document.corrected_at >= since)
    )
    answered = select(SignatureVerdict.seen_at, SignatureVerdict.at.label("changed")).where(
        SignatureVerdict.id >= first_id(since), SignatureVerdict.again > 0
    )
    changed: dict[date, int] = {}
    for query in (corrected, answered):
        for seen_at, moment in connection.execute(query):
            day = local_time(seen_at).date()
            changed[day] = max(changed.get(day, 0), moment or 0)
    made = select(ReportDay.day, ReportDay.at).where(ReportDay.part == Part.DOCUMENTS.value)
    return sorted(day for day, moment in connection.execute(made) if changed.get(day, 0) >= moment)
