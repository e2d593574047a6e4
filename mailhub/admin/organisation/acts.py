"""A form that does one act: read, rehearsed, shown with what would follow, and done on the second press.

The rehearsal is the act itself in a transaction that is taken back, so that the preview cannot promise what the act
would refuse. Whoever may not do the act at all does not get the form (`check`): there is no such page then. What is
typed into it and is beyond the actor is answered like what does not exist, beside the form (threats § 4.14).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from sqlalchemy import Connection
from starlette.responses import Response

from mailhub.accounts.control.errors import LastAdministrator, NeedsSecondPerson, SamePerson
from mailhub.accounts.errors import (
    AddressTaken,
    ChangedMeanwhile,
    InvalidAddress,
    NameTaken,
    NotAllowed,
    NotByHand,
    NotFound,
    ReasonMissing,
    WrongState,
)
from mailhub.accounts.organisation.ending import StillInUse
from mailhub.accounts.organisation.pools import PoolFull
from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import Action, Actor, Subject, may
from mailhub.accounts.sharing.rules import InvalidRule
from mailhub.admin.frame.errors import SessionOver
from mailhub.admin.frame.forms import Form, Mend
from mailhub.admin.frame.visit import Visit
from mailhub.errors import MailhubError, TemporaryError

T = TypeVar("T")
Run = Callable[[Connection, Actor], T]
SURE = "sure"
EDIT = "edit"  # the preview's way back to the form, and the form's to itself with a look at what was chosen
# The first that fits speaks. What is not there and what is not one's own are told alike.
_REFUSED: tuple[tuple[type[MailhubError], str], ...] = (
    (NotFound, "not-there"),
    (NotAllowed, "not-there"),
    (StillInUse, "still-in-use"),
    (PoolFull, "pool-full"),
    (AddressTaken, "address-taken"),
    (NameTaken, "name-taken"),
    (InvalidAddress, "address"),
    (InvalidRule, "rule"),
    (NotByHand, "by-rule"),
    (ReasonMissing, "reason"),
    (LastAdministrator, "last-administrator"),
    (NeedsSecondPerson, "second-person"),
    (SamePerson, "same-person"),
    (WrongState, "state"),
)


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an act's form. `kind`: text, area, date, select, tick, number, hidden, agency (a code, offered
    while one types), or part: the template that is the page's `part`; `label`, `help`: text ids.

    `value` stands there before anybody has typed; `suggests` are offered while one types.
    """

    name: str
    label: str
    kind: str = "text"
    value: str = ""
    required: bool = False
    help: str = ""
    options: Sequence[tuple[str, str]] = ()
    suggests: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ActForm:
    """The page of an act. `title`, `about`, `button` are words; `path` takes it, `back` is where it came from."""

    title: str
    path: str
    back: str
    button: str
    fields: Sequence[Field] = ()
    about: Sequence[str] = ()
    danger: bool = False
    crumbs: Sequence[tuple[str, str]] = field(default_factory=tuple)
    part: str = ""
    given: object = None  # what the part shows


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing(Generic[T]):
    """What the form does. `read` takes the form and gives the act; `foresee` says in words what the act did, asked
    inside the rehearsal; without it the act is done at once. `done`: (path, text id, values) of what follows."""

    read: Callable[[Form], Run[T]]
    done: Callable[[T], tuple[str, str, Mapping[str, object]]]
    foresee: Callable[[Connection, Actor, T], Sequence[str]] | None = None


class _TakenBack(Exception):
    """Leaves a rehearsal's transaction without committing it."""


def show_form(visit: Visit, page: ActForm, *, status: int = 200, follows: Sequence[str] | None = None) -> Response:
    """The form, or with `follows` what would be done, with what was typed as hidden fields."""
    return visit.page("organisation/act.html", status=status, page=page, follows=follows, form=visit.form)


def carry_out(visit: Visit, page: ActForm, doing: Doing[T]) -> Response:
    """Answer the form's POST: what to mend (422), the preview, or the act and where it leads."""
    form = visit.form
    if form.chosen(EDIT):
        return show_form(visit, page)
    for one in page.fields:
        if one.required:
            form.text(one.name, required=True, longest=5_000)
    try:
        run = doing.read(form)
        if not form:
            return show_form(visit, page, status=422)
        if doing.foresee is not None and not form.chosen(SURE):
            return show_form(visit, page, follows=rehearse(visit, run, doing.foresee))
        with visit.writing() as (connection, actor):
            result = run(connection, actor)
    except (SessionOver, TemporaryError, ChangedMeanwhile):
        raise
    except Mend as error:
        form.mend("", error.text, **error.values)
        return show_form(visit, page, status=422)
    except MailhubError as error:
        form.mend("", refusal_text(error), detail=str(error))
        return show_form(visit, page, status=422)
    path, text, values = doing.done(result)
    return visit.go(path, text, **values)


def rehearse(visit: Visit, run: Run[T], foresee: Callable[[Connection, Actor, T], Sequence[str]]) -> list[str]:
    """Do it, look, and take it back."""
    told: list[str] = []
    try:
        with visit.writing() as (connection, actor):
            told.extend(foresee(connection, actor, run(connection, actor)))
            raise _TakenBack
    except _TakenBack:
        return told


def refusal_text(error: MailhubError) -> str:
    """The id of the words for it; they may use `{detail}`, the error's own line."""
    name = next((name for kind, name in _REFUSED if isinstance(error, kind)), "other")
    return f"web.organisation.refused.{name}"


def check(actor: Actor, action: Action, subject: Subject) -> None:
    """Before the form: whoever may not do this here finds no such page.

    Raises:
        NotAllowed
    """
    if not may(actor, action, subject):
        raise refusal(actor, action, subject.name)
