"""Rà soát: rounds in which agencies confirm their accounts, and one round with an answer for each account."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import Connection
from starlette.responses import Response

from mailhub.accounts.life.review import Answer
from mailhub.accounts.life.review_reading import Line, NoSuchReview, Round, list_reviews, show_review
from mailhub.accounts.rights import Action, Actor, Subject, may
from mailhub.admin.frame.access import needs, reaches_others
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.visit import Visit
from mailhub.admin.listing.paging import counted, keyed
from mailhub.admin.listing.show import show
from mailhub.admin.listing.values import AGENCY, BulkAct, Cell, Column, Filter, Listing, Slice, Wanted
from mailhub.clock import local_time

screens = Screens()
NONE = "none"  # in addresses, for "not answered"
_BADGES = {
    Answer.NONE: "wait",
    Answer.KEPT: "good",
    Answer.ENDS: "warn",
    Answer.MOVED: "info",
    Answer.SUSPENDED: "bad",
}


@screens.get("/reviews", needs(Action.REVIEW_READ))
def show_rounds(visit: Visit) -> Response:
    """The rounds, the newest first, counted over what one may see."""

    def fetch(wanted: Wanted) -> Slice[Round]:
        with visit.reading() as (connection, actor):
            return counted(list_reviews(connection, actor), wanted.after_number, wanted.limit)

    t = visit.t
    listing: Listing[Round] = Listing(
        name="ra-soat",
        columns=(
            Column("name", "web.reviews.name", lambda one: Cell(one.name, href=f"/reviews/{one.name}")),
            Column(
                "opened", "web.reviews.opened", lambda one: Cell(f"{local_time(one.opened_at):%d/%m/%Y}"), tight=True
            ),
            Column("due", "web.reviews.due", lambda one: Cell(f"{one.due_on:%d/%m/%Y}"), tight=True),
            Column("open", "web.reviews.unanswered", lambda one: Cell(f"{one.open} / {one.accounts}"), numeric=True),
            Column("state", "web.rosters.state", lambda one: state_cell(visit, one), tight=True),
        ),
        fetch=fetch,
        searches=False,
        empty="web.reviews.empty",
    )
    may_open = visit.actor is not None and reaches_others(visit.actor, (Action.REVIEW_OPEN,))
    return show(visit, listing, "reviews/list.html", may_open=may_open, title=t("web.menu.accounts.reviews"))


@screens.get("/reviews/{name}", needs(Action.REVIEW_READ))
def show_round(visit: Visit) -> Response:
    """One round: its accounts with what their agencies said."""
    name = visit.path["name"]
    with visit.reading() as (connection, actor):
        one = round_of(connection, actor, name)
        may_close = may(actor, Action.REVIEW_CLOSE, Subject(kind="review", name=one.name))
    running = one.closed_at is None
    may_answer = running and visit.actor is not None and reaches_others(visit.actor, (Action.REVIEW_ANSWER,))

    def fetch(wanted: Wanted) -> Slice[Line]:
        asked = wanted.get("answer")
        answer = None if not asked else "" if asked == NONE else asked
        with visit.reading() as (connection, actor):
            rows = show_review(
                connection,
                actor,
                name,
                agency=wanted.get("agency"),
                answer=answer,
                after=wanted.after,
                limit=wanted.limit + 1,
            )
        return keyed(rows, wanted.limit, lambda row: row.address)

    listing = _lines(visit, one, fetch, answers=may_answer)
    return show(
        visit,
        listing,
        "reviews/one.html",
        one=one,
        state=state_cell(visit, one),
        may_answer=may_answer,
        may_close=may_close and running,
    )


def round_of(connection: Connection, actor: Actor, name: str) -> Round:
    """The round with counts over what the actor may see.

    Raises:
        NoSuchReview, NotAllowed.
    """
    found: Sequence[Round] = list_reviews(connection, actor)
    for one in found:
        if one.name == name:
            return one
    raise NoSuchReview(name)


def state_cell(visit: Visit, one: Round) -> Cell:
    """Open, overdue or closed."""
    if one.closed_at is not None:
        return Cell(visit.t("web.reviews.state.closed"), badge="off")
    if one.due_on < local_time(visit.at).date():
        return Cell(visit.t("web.reviews.state.overdue"), badge="warn")
    return Cell(visit.t("web.reviews.state.open"), badge="wait")


def answer_text(visit: Visit, answer: str) -> str:
    """The words of an answer."""
    return visit.t(f"web.reviews.answer.{answer or NONE}")


def _lines(visit: Visit, one: Round, fetch: Callable[[Wanted], Slice[Line]], *, answers: bool) -> Listing[Line]:
    bulk = [BulkAct(f"/reviews/{one.name}/answer", "web.reviews.answer.button", "clipboard-check")]
    choices = [(answer.value or NONE, answer_text(visit, answer.value)) for answer in Answer]

    def when(row: Line) -> Cell:
        told = "" if row.answered_at is None else f"{local_time(row.answered_at):%d/%m/%Y %H:%M}"
        return Cell(told, note=row.answered_by)

    return Listing(
        name=f"ra-soat-{one.name}",
        columns=(
            Column("account", "web.reviews.account",
                   lambda row: Cell(row.name, href=f"/accounts/{row.address}", note=row.address)),
            Column("agency", "web.rosters.agency", lambda row: Cell(row.agency, href=f"/agencies/{row.agency}")),
            Column("answer", "web.reviews.answer",
                   lambda row: Cell(answer_text(visit, row.answer), badge=_BADGES[Answer(row.answer)]), tight=True),
            Column("note", "web.reviews.note", lambda row: Cell(row.note)),
            Column("when", "web.reviews.answered", when),
        ),
        fetch=fetch,
        filters=(Filter("answer", "web.reviews.answer", choices), Filter("agency", "web.rosters.agency", kind=AGENCY)),
        searches=False,
        empty="web.reviews.none",
        row_key=(lambda row: row.address) if answers else None,
        bulk=bulk if answers else [],
    )  # fmt: skip
