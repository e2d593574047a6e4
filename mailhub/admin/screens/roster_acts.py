"""What is done with a planned list: a second person is asked, it is applied, its rows are tried again, it is undone."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import Connection
from starlette.responses import Response

from mailhub.accounts.rights import Action, Actor
from mailhub.admin.frame.access import needs
from mailhub.admin.frame.forms import Form
from mailhub.admin.frame.jobs import Progress
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.visit import Visit
from mailhub.admin.organisation import list_words as words
from mailhub.admin.organisation.acts import ActForm, Doing, Field, Run, carry_out, check, show_form
from mailhub.admin.organisation.lists import Worker, apply_list, job_kind, under_way, undo_list, worker_of
from mailhub.queue.received import addresses_with_mail
from mailhub.roster import applying, undoing
from mailhub.roster.errors import NoSuchImport, WrongMoment
from mailhub.roster.keeping import (
    ROSTER,
    ImportRow,
    ImportState,
    RowState,
    check_readable,
    count_states,
    find_import,
    rows_of,
    subject_of_import,
)

screens = Screens()
_REASON = Field("reason", "web.rosters.reason", kind="area")
_MUST = Field("reason", "web.rosters.reason", kind="area", required=True)
_REHEARSED = 200  # rows that a rehearsal of undoing looks at
_NAMED = 20


@screens.get("/rosters/{code}/{act}", needs(Action.ROSTER_APPLY))
def show_act(visit: Visit) -> Response:
    """The form of `ask`, `apply`, `retry` or `undo`."""
    return show_form(visit, _page(visit, _act(visit)))


@screens.post("/rosters/{code}/{act}", needs(Action.ROSTER_APPLY))
def do_act(visit: Visit) -> Response:
    """The act: first what it would do, then the work."""
    act = _act(visit)
    page = _page(visit, act)
    return _DOING[act](visit, page)


def _act(visit: Visit) -> str:
    act = visit.path["act"]
    if act not in _DOING:
        raise NoSuchImport(visit.path["code"])
    return act


def _page(visit: Visit, act: str) -> ActForm:
    """Raises: NoSuchImport, NotAllowed."""
    with visit.reading() as (connection, actor):
        one = find_import(connection, visit.path["code"])
        check_readable(connection, actor, one)
        if one.kind != ROSTER:
            raise NoSuchImport(one.code)
        check(actor, _ACTIONS[act], subject_of_import(connection, one))
    t, here = visit.t, f"/rosters/{one.code}"
    return ActForm(
        title=t(f"web.rosters.{act}.title", code=one.code),
        path=f"{here}/{act}",
        back=here,
        button=t(f"web.rosters.{act}.button"),
        fields=_FIELDS[act],
        about=[t(f"web.rosters.{act}.about", file=one.file_name)],
        danger=act == "undo",
        crumbs=((t("web.menu.accounts.rosters"), "/rosters"), (one.code, here)),
    )


def _ask(visit: Visit, page: ActForm) -> Response:
    code, settings = visit.path["code"], visit.site.settings.accounts

    def read(form: Form) -> Run[str]:
        reason = form.text("reason")
        return lambda c, a: applying.ask_second_person(
            c, a, code, reason=reason, hours=settings.proposal_hours, at=visit.at
        )

    return carry_out(
        visit, page, Doing(read=read, done=lambda made: (page.back, "web.rosters.ask.done", {"code": made}))
    )


def _apply(visit: Visit, page: ActForm) -> Response:
    code, rules = visit.path["code"], visit.site.settings.accounts

    def read(form: Form) -> Run[ImportRow]:
        _must_rest(visit, code)
        reason = form.text("reason", longest=300)
        return lambda c, a: applying.begin(c, a, code, rules=rules, reason=reason, at=visit.at)

    def foresee(connection: Connection, _: Actor, one: ImportRow) -> Sequence[str]:
        counts = count_states(connection, one.id)
        told = [
            f"{words.act_words(visit.t, act)}: {number}"
            for (act, state), number in sorted(counts.items())
            if act in applying.WRITING and state is RowState.PLANNED
        ]
        return [*told, visit.t("web.rosters.apply.undo", hours=rules.undo_hours)]

    return carry_out(visit, page, Doing(read=read, foresee=foresee, done=lambda one: _work(visit, one.code, "apply")))


def _retry(visit: Visit, page: ActForm) -> Response:
    code = visit.path["code"]

    def read(form: Form) -> Run[tuple[ImportRow, int]]:
        _must_rest(visit, code)
        lines = _lines(form)
        conflicts, doubts = form.chosen("conflicts"), form.chosen("doubts")

        def run(connection: Connection, actor: Actor) -> tuple[ImportRow, int]:
            again = applying.retry(
                connection, actor, code, lines=lines, conflicts=conflicts, doubts=doubts, at=visit.at
            )
            return find_import(connection, code), again

        return run

    def foresee(_: Connection, __: Actor, result: tuple[ImportRow, int]) -> Sequence[str]:
        return [visit.t("web.rosters.retry.rows", number=result[1])]

    def done(result: tuple[ImportRow, int]) -> tuple[str, str, Mapping[str, object]]:
        one, again = result
        if again and one.state is ImportState.APPLYING:
            return _work(visit, one.code, "apply")
        return page.back, "web.rosters.retry.rows", {"number": again}

    return carry_out(visit, page, Doing(read=read, foresee=foresee, done=done))


def _undo(visit: Visit, page: ActForm) -> Response:
    code, rules = visit.path["code"], visit.site.settings.accounts

    def read(form: Form) -> Run[ImportRow]:
        _must_rest(visit, code)
        reason = form.text("reason", longest=300)
        return lambda c, a: undoing.begin_undo(c, a, code, rules=rules, reason=reason, at=visit.at)

    def foresee(connection: Connection, actor: Actor, one: ImportRow) -> Sequence[str]:
        return _what_stays(visit, connection, actor, one)

    return carry_out(visit, page, Doing(read=read, foresee=foresee, done=lambda one: _work(visit, one.code, "undo")))


def _what_stays(visit: Visit, connection: Connection, actor: Actor, one: ImportRow) -> list[str]:
    """Inside the rehearsal: the first rows are really taken back, so that what stays is known, and by name."""
    counts = count_states(connection, one.id)
    done = sum(number for (_, state), number in counts.items() if state is RowState.DONE)
    told = [visit.t("web.rosters.undo.rows", number=done)]
    undoing.undo_batch(connection, actor, one.code, has_mail=addresses_with_mail, size=_REHEARSED, at=visit.at)
    kept = rows_of(connection, one.id, states=[RowState.KEPT], limit=_NAMED)
    for row in kept:
        told.append(visit.t("web.rosters.undo.stays", address=row.wanted["address"], why=row.problem))
    if done > _REHEARSED or len(kept) == _NAMED:
        told.append(visit.t("web.rosters.undo.more"))
    elif not kept:
        told.append(visit.t("web.rosters.undo.nothing-stays"))
    return told


def _must_rest(visit: Visit, code: str) -> None:
    """Raises: WrongMoment."""
    with visit.reading() as (connection, _):
        if under_way(connection, find_import(connection, code).code, at=visit.at):
            raise WrongMoment(visit.t("web.rosters.under-way"))


def _work(visit: Visit, code: str, act: str) -> tuple[str, str, Mapping[str, object]]:
    """Begin the work; gives where its progress is shown."""
    worker = worker_of(visit)
    carry: Callable[[Worker, str, Progress], None] = apply_list if act == "apply" else undo_list

    def work(progress: Progress) -> str:
        carry(worker, code, progress)
        return f"/rosters/{code}"

    title = visit.t(f"web.rosters.work.{act}", code=code)
    return visit.site.jobs.start(worker.account_id, job_kind(code), title, work), "", {}


def _lines(form: Form) -> list[int]:
    """`12, 15 17`: rows of the file."""
    text = form.text("lines")
    if text and re.fullmatch(r"[0-9]{1,7}(?:[\s,;]+[0-9]{1,7})*", text) is None:
        form.mend("lines", "web.rosters.retry.not-lines")
        return []
    return [int(one) for one in re.findall(r"[0-9]+", text)]


_DOING: dict[str, Callable[[Visit, ActForm], Response]] = {
    "ask": _ask,
    "apply": _apply,
    "retry": _retry,
    "undo": _undo,
}
_ACTIONS = {
    "ask": Action.ROSTER_APPLY,
    "apply": Action.ROSTER_APPLY,
    "retry": Action.ROSTER_APPLY,
    "undo": Action.ROSTER_UNDO,
}
_FIELDS: dict[str, Sequence[Field]] = {
    "ask": (_MUST,),
    "apply": (_REASON,),
    "retry": (
        Field("conflicts", "web.rosters.retry.conflicts", kind="tick"),
        Field("doubts", "web.rosters.retry.doubts", kind="tick"),
        Field("lines", "web.rosters.retry.lines", help="web.rosters.retry.lines-help"),
    ),
    "undo": (_MUST,),
}
