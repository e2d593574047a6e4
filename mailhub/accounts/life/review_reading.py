"""The rounds of review as people read them: counts, and a line an account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select

from mailhub.accounts.errors import NotFound
from mailhub.accounts.life.models import Review, ReviewEntry
from mailhub.accounts.models import Agency, Mailbox
from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.tree import find_agency, scope_of, subtree


class NoSuchReview(NotFound):
    """No round of review has this name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A round with its counts: accounts, and those not answered for."""

    id: int
    name: str
    opened_at: int
    due_on: date
    closed_at: int | None
    accounts: int
    open: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One account in a round."""

    address: str
    name: str
    agency: str
    answer: str
    answered_by: str
    answered_at: int | None
    note: str


def list_reviews(connection: Connection, actor: Actor) -> Sequence[Round]:
    """The rounds, the newest first, counted over what the actor may see.

    Raises:
        NotAllowed
    """
    scope = scope_of(connection, actor, Action.REVIEW_READ)
    counts = select(
        ReviewEntry.review_id,
        func.count().label("accounts"),
        func.count().filter(ReviewEntry.answer == "").label("open"),
    ).group_by(ReviewEntry.review_id)
    if scope.agencies is not None:
        counts = counts.where(ReviewEntry.agency_id.in_(scope.agencies))
    if scope.account_id is not None:
        counts = counts.where(ReviewEntry.mailbox_id == scope.account_id)
    counted = counts.subquery()
    query = select(Review.__table__, counted.c.accounts, counted.c.open)
    query = query.outerjoin(counted, counted.c.review_id == Review.id).order_by(Review.id.desc())
    return [as_round(row) for row in connection.execute(query).mappings()]


def show_review(
    connection: Connection,
    actor: Actor,
    review: str,
    *,
    agency: str = "",
    answer: str | None = None,
    after: str = "",
    limit: int = 1000,
) -> Sequence[Line]:
    """The accounts of a round in the order of their addresses, from behind `after` on; `answer` '' = none yet.

    Raises:
        NoSuchReview, NoSuchAgency, NotAllowed.
    """
    scope = scope_of(connection, actor, Action.REVIEW_READ)
    number = connection.execute(select(Review.id).where(Review.name == review)).scalar_one_or_none()
    if number is None:
        raise NoSuchReview(f"no review has the name {review}: see `mailhub review list`")
    query = (
        select(Mailbox.address, Mailbox.name, Agency.code, ReviewEntry.__table__)
        .join(ReviewEntry, ReviewEntry.mailbox_id == Mailbox.id)
        .join(Agency, Agency.id == ReviewEntry.agency_id)
        .where(ReviewEntry.review_id == number, Mailbox.address > after)
    )
    if scope.agencies is not None:
        query = query.where(ReviewEntry.agency_id.in_(scope.agencies))
    if scope.account_id is not None:
        query = query.where(ReviewEntry.mailbox_id == scope.account_id)
    if agency:
        query = query.where(ReviewEntry.agency_id.in_(subtree(connection, find_agency(connection, agency))))
    if answer is not None:
        query = query.where(ReviewEntry.answer == answer)
    rows = connection.execute(query.order_by(Mailbox.address).limit(limit))
    return [
        Line(
            address=row.address,
            name=row.name,
            agency=row.code,
            answer=row.answer,
            answered_by=row.answered_by,
            answered_at=row.answered_at,
            note=row.note,
        )
        for row in rows
    ]


def as_round(row: Mapping[Any, Any]) -> Round:
    """A row of `review` with its counts."""
    values = {str(key): value for key, value in row.items()}
    return Round(**{**values, "accounts": values["accounts"] or 0, "open": values["open"] or 0})
