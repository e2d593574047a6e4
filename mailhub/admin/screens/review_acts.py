"""A round of review is opened, answered, confirmed and closed; closing says first whom it would suspend."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Connection
from starlette.responses import Response

from mailhub.accounts.life import review as rounds
from mailhub.accounts.life.review import Answer
from mailhub.accounts.rights import Action, Actor
from mailhub.admin.frame.access import needs
from mailhub.admin.frame.forms import Form
from mailhub.admin.frame.jobs import Progress
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.visit import Visit
from mailhub.admin.organisation.acts import SURE, ActForm, Doing, Field, Run, carry_out, show_form
from mailhub.admin.organisation.lists import worker_of
from mailhub.admin.screens.reviews import answer_text, round_of
from mailhub.clock import local_time
from mailhub.lifecycle.reviewing import Foreseen, close_round
from mailhub.lifecycle.reviewing import foresee as foresee_closing

screens = Screens()
_ANSWERS = (Answer.KEPT, Answer.ENDS, Answer.MOVED)
_NAMED = 50


@screens.get("/reviews/new", needs(Action.REVIEW_OPEN))
def ask_open(visit: Visit) -> Response:
    """The form of a new round."""
    return show_form(visit, _open_page(visit))


@screens.post("/reviews/new", needs(Action.REVIEW_OPEN))
def open_round(visit: Visit) -> Response:
    """Begin it; the preview says how many accounts it has."""

    def read(form: Form) -> Run[tuple[str, int]]:
        name, due = form.text("name", longest=40), form.day("due", required=True)
        if "/" in name:
            form.mend("name", "web.reviews.open.no-slash")

        def run(connection: Connection, actor: Actor) -> tuple[str, int]:
            assert due is not None  # the form was asked
            return name, rounds.open_review(connection, actor, name, due, at=visit.at)

        return run

    def foresee(_: Connection, __: Actor, made: tuple[str, int]) -> Sequence[str]:
        return [visit.t("web.reviews.open.follows", name=made[0], number=made[1])]

    def done(made: tuple[str, int]) -> tuple[str, str, dict[str, object]]:
        return f"/reviews/{made[0]}", "web.reviews.open.done", {"number": made[1]}

    return carry_out(visit, _open_page(visit), Doing(read=read, foresee=foresee, done=done))


@screens.post("/reviews/{name}/answer", needs(Action.REVIEW_ANSWER))
def answer(visit: Visit) -> Response:
    """For the accounts that were ticked: first which answer, then what it does."""
    name, form = visit.path["name"], visit.form
    _must_be_there(visit)
    page = _answer_page(visit)
    if not form.several("x"):
        form.mend("", "web.reviews.answer.nobody")
        return show_form(visit, page, status=422)
    if "answer" not in form.typed:
        return show_form(visit, page)

    def read(form: Form) -> Run[int]:
        said, note = form.choice("answer", [one.value for one in _ANSWERS]), form.text("note", longest=300)
        addresses = form.several("x")

        def run(connection: Connection, actor: Actor) -> int:
            for address in addresses:
                rounds.answer_for(connection, actor, name, address, Answer(said), note=note, at=visit.at)
            return len(addresses)

        return run

    def foresee(_: Connection, __: Actor, number: int) -> Sequence[str]:
        said = answer_text(visit, form.typed["answer"])
        return [visit.t("web.reviews.answer.follows", number=number, answer=said), *form.several("x")[:_NAMED]]

    def done(number: int) -> tuple[str, str, dict[str, object]]:
        return f"/reviews/{name}", "web.reviews.answer.done", {"number": number}

    return carry_out(visit, page, Doing(read=read, foresee=foresee, done=done))


@screens.get("/reviews/{name}/confirm", needs(Action.REVIEW_ANSWER))
def ask_confirm(visit: Visit) -> Response:
    """The form of keeping all the rest of an agency."""
    _must_be_there(visit)
    return show_form(visit, _confirm_page(visit))


@screens.post("/reviews/{name}/confirm", needs(Action.REVIEW_ANSWER))
def confirm(visit: Visit) -> Response:
    """Keep whom nobody has answered for."""
    name = visit.path["name"]
    _must_be_there(visit)

    def read(form: Form) -> Run[int]:
        agency = form.text("agency", longest=64)
        return lambda c, a: rounds.confirm_rest(c, a, name, agency, at=visit.at)

    def foresee(_: Connection, __: Actor, number: int) -> Sequence[str]:
        return [visit.t("web.reviews.confirm.follows", number=number)]

    def done(number: int) -> tuple[str, str, dict[str, object]]:
        return f"/reviews/{name}", "web.reviews.confirm.done", {"number": number}

    return carry_out(visit, _confirm_page(visit), Doing(read=read, foresee=foresee, done=done))


@screens.get("/reviews/{name}/close", needs(Action.REVIEW_CLOSE))
def ask_close(visit: Visit) -> Response:
    """Whom closing would suspend, and the form."""
    return show_form(visit, _close_page(visit, _coming(visit)))


@screens.post("/reviews/{name}/close", needs(Action.REVIEW_CLOSE))
def close(visit: Visit) -> Response:
    """Close it as work: each suspension is an act of its own."""
    name, form, site = visit.path["name"], visit.form, visit.site
    page = _close_page(visit, _coming(visit))
    reason = form.text("reason", required=True)
    if not form:
        return show_form(visit, page, status=422)
    if not form.chosen(SURE):
        return show_form(visit, page, follows=_close_words(visit, _coming(visit)))
    worker = worker_of(visit)

    def work(progress: Progress) -> str:
        progress(0, 1)
        with worker.writing() as (_, actor):
            closing = actor
        close_round(site.database, site.settings, closing, name, reason=reason, at=site.clock())
        return f"/reviews/{name}"

    return visit.go(site.jobs.start(worker.account_id, "review", visit.t("web.reviews.close.work", name=name), work))


def _must_be_there(visit: Visit) -> None:
    """Raises: NoSuchReview, NotAllowed."""
    with visit.reading() as (connection, actor):
        round_of(connection, actor, visit.path["name"])


def _coming(visit: Visit) -> list[Foreseen]:
    """Raises: NoSuchReview, NotAllowed, WrongState."""
    name = visit.path["name"]
    with visit.reading() as (connection, actor):
        rounds.check_may_close(connection, actor, name)
        return foresee_closing(connection, visit.site.settings, name, at=visit.at)


def _close_words(visit: Visit, coming: Sequence[Foreseen]) -> list[str]:
    """Who administers something stands first: it may be that nobody thought of them."""
    suspended = [one for one in coming if not one.kept]
    told = [visit.t("web.reviews.close.follows", number=len(suspended))]
    for one in (one for one in coming if one.roles):
        roles = ", ".join(visit.t(f"web.rights.role.{role}") for role in one.roles)
        said = "web.reviews.close.kept" if one.kept else "web.reviews.close.administers"
        told.append(visit.t(said, address=one.address, roles=roles))
    plain = [one.address for one in suspended if not one.roles]
    told += plain[:_NAMED]
    if len(plain) > _NAMED:
        told.append(visit.t("web.reviews.close.more", number=len(plain) - _NAMED))
    return told


def _open_page(visit: Visit) -> ActForm:
    t, today = visit.t, local_time(visit.at).date()
    due = today + timedelta(days=visit.site.settings.accounts.review_days)
    quarter = f"{today.year}-Q{(today.month + 2) // 3}"
    return ActForm(
        title=t("web.reviews.open.title"),
        path="/reviews/new",
        back="/reviews",
        button=t("web.reviews.open.button"),
        fields=(
            Field("name", "web.reviews.name", value=quarter, required=True),
            Field("due", "web.reviews.due", kind="date", value=due.isoformat(), required=True),
        ),
        about=[t("web.reviews.open.about")],
        crumbs=((t("web.menu.accounts.reviews"), "/reviews"),),
    )


def _answer_page(visit: Visit) -> ActForm:
    t, ticked = visit.t, visit.form.several("x")
    choices = [(one.value, answer_text(visit, one.value)) for one in _ANSWERS]
    hidden = [Field("x", "web.reviews.account", kind="hidden", value=one) for one in ticked]
    fields = [Field("answer", "web.reviews.answer", kind="select", options=choices), Field("note", "web.reviews.note")]
    about = [t("web.reviews.answer.about", number=len(ticked)), ", ".join(ticked[:_NAMED])]
    return _page(visit, "answer", [*fields, *hidden], about)


def _confirm_page(visit: Visit) -> ActForm:
    agency = Field("agency", "web.rosters.agency", required=True, help="web.reviews.confirm.help")
    return _page(visit, "confirm", [agency], [visit.t("web.reviews.confirm.about")])


def _close_page(visit: Visit, coming: Sequence[Foreseen]) -> ActForm:
    reason = Field("reason", "web.organisation.reason", kind="area", required=True)
    number = len([one for one in coming if not one.kept])
    return _page(visit, "close", [reason], [visit.t("web.reviews.close.about", number=number)], danger=True)


def _page(visit: Visit, act: str, fields: Sequence[Field], about: Sequence[str], *, danger: bool = False) -> ActForm:
    t, name = visit.t, visit.path["name"]
    here = f"/reviews/{name}"
    return ActForm(
        title=t(f"web.reviews.{act}.title", name=name),
        path=f"{here}/{act}",
        back=here,
        button=t(f"web.reviews.{act}.button"),
        fields=fields,
        about=about,
        danger=danger,
        crumbs=((t("web.menu.accounts.reviews"), "/reviews"), (name, here)),
    )
