"""Rà soát: at least once a quarter each agency confirms who still works there (QCVN 12:2026/BCA 3.7.2.5.2, S0 § 1.2a).

A round lists every account in use. Agencies answer for their own; who was not answered for is reminded of, and when
the round closes, suspended by rule. The rows stay as the evidence that inspectors ask for.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from enum import StrEnum

from sqlalchemy import Connection, func, insert, select, update

from mailhub.accounts.act import act, need_reason
from mailhub.accounts.errors import InvalidValue, NameTaken, WrongState
from mailhub.accounts.finding import find_mailbox, subject_of
from mailhub.accounts.life.letters import LetterKind, tell
from mailhub.accounts.life.models import Review, ReviewEntry
from mailhub.accounts.life.review_reading import NoSuchReview, Round, as_round
from mailhub.accounts.models import Grant, Mailbox, MailboxKind, MailboxState
from mailhub.accounts.periods import in_force
from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import Action, Actor, Role, Subject, may
from mailhub.accounts.tree import agency_subject, find_agency, scope_of, subtree, unit_address
from mailhub.clock import local_time
from mailhub.ids import new_id

REMIND_DAYS = (7, 3, 1)
_IN_USE = (MailboxState.APPROVED, MailboxState.ACTIVE)


class Answer(StrEnum):
    """What an agency says of an account; `suspended` is what the rule says when nobody did."""

    NONE = ""
    KEPT = "kept"
    ENDS = "ends"
    MOVED = "moved"
    SUSPENDED = "suspended"


def open_review(connection: Connection, actor: Actor, name: str, due_on: date, *, at: int | None = None) -> int:
    """Begin a round (`2026-Q4`) over every account in use, and tell each agency; gives how many accounts it lists.

    Raises:
        NotAllowed. NameTaken: there is one of that name. InvalidValue: the day is not in the future.
        WrongState: another round is still open.
    """
    name = name.strip()
    with act(connection, actor, at=at) as acting:
        acting.check(Action.REVIEW_OPEN, Subject(kind="review", name=name))
        if not name or due_on <= local_time(acting.at).date():
            raise InvalidValue("a review needs a name, such as 2026-Q4, and a last day in the future")
        if connection.execute(select(Review.id).where(Review.name == name)).first() is not None:
            raise NameTaken(f"there is a review of that name: {name}")
        running = connection.execute(select(Review.name).where(Review.closed_at.is_(None))).scalar()
        if running is not None:
            raise WrongState(f"the review {running} is still open: close it first")
        number = new_id()
        connection.execute(insert(Review).values(id=number, name=name, opened_at=acting.at, due_on=due_on))
        listed = select(Mailbox.id, Mailbox.agency_id).where(
            Mailbox.kind != MailboxKind.SYSTEM, Mailbox.state.in_(_IN_USE)
        )
        rows = [
            {"review_id": number, "mailbox_id": row.id, "agency_id": row.agency_id}
            for row in connection.execute(listed)
        ]
        if rows:
            connection.execute(insert(ReviewEntry), rows)
        _tell_agencies(connection, LetterKind.REVIEW_OPENED, number, f"review/{name}/opened", at=acting.at)
        acting.after = {"accounts": len(rows), "due_on": due_on.isoformat()}
        return len(rows)


def answer_for(
    connection: Connection,
    actor: Actor,
    review: str,
    address: str,
    answer: Answer,
    *,
    note: str = "",
    at: int | None = None,
) -> None:
    """Say of one account that it is kept, ends, or belongs elsewhere; an answer may be changed while the round is
    open. What ends or moves is then asked for as any other end or move.

    Raises:
        NoSuchReview, NoSuchAccount, NotAllowed. WrongState: the round is closed.
        InvalidValue: the account is not in the round, or that is no answer of an agency's.
    """
    if answer not in (Answer.KEPT, Answer.ENDS, Answer.MOVED):
        raise InvalidValue("an agency answers kept, ends or moved")
    with act(connection, actor, reason=note.strip(), at=at) as acting:
        mailbox = find_mailbox(connection, address)
        acting.check(Action.REVIEW_ANSWER, subject_of(connection, mailbox))
        found = open_round(connection, review)
        which = (ReviewEntry.review_id == found.id, ReviewEntry.mailbox_id == mailbox.id)
        values = {"answer": answer, "answered_by": actor.name, "answered_at": acting.at, "note": note.strip()[:300]}
        if connection.execute(update(ReviewEntry).where(*which).values(**values)).rowcount == 0:
            raise InvalidValue(f"{mailbox.address} is not in the review {found.name}: it came into use later")
        acting.after = {"review": found.name, "answer": answer}


def confirm_rest(connection: Connection, actor: Actor, review: str, agency: str, *, at: int | None = None) -> int:
    """Keep every account of the agency and those below that has no answer yet; gives how many.

    Raises:
        NoSuchReview, NoSuchAgency, NotAllowed. WrongState: the round is closed.
    """
    with act(connection, actor, at=at) as acting:
        agency_id = find_agency(connection, agency)
        acting.check(Action.REVIEW_ANSWER, agency_subject(connection, "agency", agency, agency_id))
        found = open_round(connection, review)
        below = subtree(connection, agency_id)
        scope = scope_of(connection, actor, Action.REVIEW_ANSWER)
        if scope.agencies is not None:
            below &= scope.agencies
        which = (ReviewEntry.review_id == found.id, ReviewEntry.agency_id.in_(below), ReviewEntry.answer == "")
        values = {"answer": Answer.KEPT, "answered_by": actor.name, "answered_at": acting.at}
        count = connection.execute(update(ReviewEntry).where(*which).values(**values)).rowcount
        acting.after = {"review": found.name, "confirmed": count}
        return count


def close_review(connection: Connection, actor: Actor, review: str, *, reason: str, at: int | None = None) -> Round:
    """Close the round: the counts stay as they are, and answers are taken no longer. Whom nobody answered for is
    the caller's business (`unanswered`): each suspension is an act of its own.

    Raises:
        NoSuchReview, ReasonMissing, NotAllowed. WrongState: it is closed.
    """
    with act(connection, actor, reason=need_reason(reason), at=at) as acting:
        found = open_round(connection, review)
        acting.check(Action.REVIEW_CLOSE, Subject(kind="review", name=found.name))
        connection.execute(update(Review).where(Review.id == found.id).values(closed_at=acting.at))
        acting.after = {"accounts": found.accounts, "unanswered": found.open}
        return found


def check_may_close(connection: Connection, actor: Actor, review: str) -> None:
    """Ask before anything is done whether the actor may close the round.

    Raises:
        NoSuchReview, NotAllowed. WrongState: it is closed.
    """
    found = open_round(connection, review)
    if not may(actor, Action.REVIEW_CLOSE, Subject(kind="review", name=found.name)):
        raise refusal(actor, Action.REVIEW_CLOSE, found.name)


def unanswered(connection: Connection, review_id: int) -> Sequence[str]:
    """Addresses that nobody answered for, and that are still in use."""
    query = (
        select(Mailbox.address)
        .join(ReviewEntry, ReviewEntry.mailbox_id == Mailbox.id)
        .where(ReviewEntry.review_id == review_id, ReviewEntry.answer == "", Mailbox.state.in_(_IN_USE))
    )
    return connection.execute(query.order_by(Mailbox.address)).scalars().all()


def mark_suspended(connection: Connection, review_id: int, address: str, *, at: int) -> None:
    """Inside the transaction of the suspension: the rule answered."""
    mailbox = find_mailbox(connection, address)
    which = (ReviewEntry.review_id == review_id, ReviewEntry.mailbox_id == mailbox.id)
    values = {"answer": Answer.SUSPENDED, "answered_by": "mailhub", "answered_at": at}
    connection.execute(update(ReviewEntry).where(*which).values(**values))


def remind(connection: Connection, today: date, *, at: int) -> int:
    """Enter the letters to agencies that have not answered, 7, 3 and 1 days before the end; gives how many."""
    told = 0
    for row in connection.execute(select(Review.__table__).where(Review.closed_at.is_(None))).all():
        left = (row.due_on - today).days
        step = min((days for days in REMIND_DAYS if left <= days), default=None)
        if step is not None and left >= 0:
            about = f"review/{row.name}/{step}"
            told += _tell_agencies(connection, LetterKind.REVIEW_REMINDER, row.id, about, at=at)
    return told


def open_round(connection: Connection, review: str) -> Round:
    """The round of that name, while it runs.

    Raises:
        NoSuchReview. WrongState: it is closed.
    """
    counts = select(func.count(), func.count().filter(ReviewEntry.answer == ""))
    row = connection.execute(select(Review.__table__).where(Review.name == review)).mappings().one_or_none()
    if row is None:
        raise NoSuchReview(f"no review has the name {review}: see `mailhub review list`")
    if row["closed_at"] is not None:
        raise WrongState(f"the review {review} is closed")
    accounts, left = connection.execute(counts.where(ReviewEntry.review_id == row["id"])).one()
    return as_round({**row, "accounts": accounts, "open": left})


def _tell_agencies(connection: Connection, kind: LetterKind, review_id: int, about: str, *, at: int) -> int:
    """To whoever answers for each agency that has not: its administrators and clerks, else its unit's address."""
    row = connection.execute(select(Review.name, Review.due_on).where(Review.id == review_id)).one()
    left = select(ReviewEntry.agency_id, func.count().label("open"))
    left = left.where(ReviewEntry.review_id == review_id, ReviewEntry.answer == "").group_by(ReviewEntry.agency_id)
    told = 0
    by_address: dict[str, int] = {}
    for agency_id, count in connection.execute(left).all():
        for address in _answering(connection, agency_id, at=at):
            by_address[address] = by_address.get(address, 0) + count
    for address, count in sorted(by_address.items()):
        facts = {"review": row.name, "due_on": row.due_on.isoformat(), "number": count}
        told += tell(connection, kind, address, facts, about=f"{about}/{address}", at=at)
    return told


def _answering(connection: Connection, agency_id: int, *, at: int) -> list[str]:
    query = (
        select(Mailbox.address)
        .join(Grant, Grant.account_id == Mailbox.id)
        .where(Grant.agency_id == agency_id, Grant.role.in_([Role.AGENCY_ADMIN.value, Role.CLERK.value]))
        .where(in_force(Grant, at))
        .where(Mailbox.state == MailboxState.ACTIVE)
    )
    found = sorted(set(connection.execute(query).scalars()))
    if found:
        return found
    unit = unit_address(connection, agency_id)
    return [unit] if unit else []
