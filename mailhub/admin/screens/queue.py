"""/queue: what has not reached everybody yet, and what a person does about it, seen before it is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, Row
from starlette.responses import Response

from mailhub.accounts.errors import ReasonMissing
from mailhub.accounts.rights import Action, Actor, Subject, may
from mailhub.admin.frame.access import needs
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.templating import when
from mailhub.admin.frame.visit import Visit, own_path
from mailhub.admin.listing.paging import keyed
from mailhub.admin.listing.show import show
from mailhub.admin.listing.values import BulkAct, Cell, Column, Filter, Listing, Slice, Wanted
from mailhub.admin.mail_words import of_one
from mailhub.ids import read_code, read_id
from mailhub.queue import acts
from mailhub.queue.acts import Selection
from mailhub.queue.errors import NotInQueue
from mailhub.queue.models import OPEN, HeldFor, RecipientState

screens = Screens()
Found = Row[Any]
ACTS: dict[str, tuple[Callable[..., int], bool, str]] = {  # the service, whether it wants a reason, the icon
    "retry": (acts.retry, False, "arrow-repeat"),
    "hold": (acts.hold, True, "hourglass-split"),
    "release": (acts.release, False, "send"),
    "drop": (acts.drop, True, "x-lg"),
}


@screens.get("/queue", needs(Action.QUEUE_READ))
def list_queue(visit: Visit) -> Response:
    """Recipients that wait, what waits longest first."""

    def fetch(wanted: Wanted) -> Slice[Found]:
        code = read_code(wanted.get("code")) if wanted.get("code") else None
        if wanted.get("code") and code is None:
            return Slice([])
        chosen = Selection(
            codes=(code,) if code else (),
            to=wanted.get("to"),
            sender=wanted.get("sender"),
            destination=wanted.get("destination"),
            state=wanted.get("state"),
        )
        with visit.reading() as (connection, actor):
            rows = acts.list_waiting(connection, actor, chosen, after=wanted.after_number, limit=wanted.limit + 1)
        return keyed(rows, wanted.limit, lambda row: row.id)

    assert visit.actor is not None
    changes = may(visit.actor, Action.QUEUE_CHANGE, Subject(kind="queue", name="queue"))
    return show(visit, _listing(visit, fetch, changes=changes), "mail/queue.html")


@screens.post("/queue/{act}", needs(Action.QUEUE_CHANGE))
def preview(visit: Visit) -> Response:
    """POST x=row …: what the act would touch, with its consequences; nothing is changed."""
    return _preview(visit, visit.path["act"])


@screens.post("/queue/{act}/do", needs(Action.QUEUE_CHANGE))
def carry_out(visit: Visit) -> Response:
    """POST x=row …, reason, back: do it."""
    name, form = visit.path["act"], visit.form
    if name not in ACTS:
        raise NotInQueue(name)
    function, needs_reason, _ = ACTS[name]
    reason = form.text("reason", required=needs_reason, longest=500)
    if not form:
        return _preview(visit, name, status=422)
    try:
        with visit.writing() as (connection, actor):
            number = function(connection, actor, Selection(ids=_ids(visit)), reason=reason)
    except ReasonMissing:
        form.mend("reason", "web.queue.reason-for-rule")
        return _preview(visit, name, status=422)
    except NotInQueue as error:
        form.mend("", "web.form.refused", detail=str(error))
        return _preview(visit, name, status=422)
    back = form.text("back") or "/queue"
    return visit.go(own_path(back), f"web.queue.did.{name}", number=number)


def _preview(visit: Visit, name: str, *, status: int = 200) -> Response:
    if name not in ACTS:
        raise NotInQueue(name)
    _, needs_reason, icon = ACTS[name]
    ids = _ids(visit)
    with visit.reading() as (connection, actor):
        rows = _rows(connection, actor, ids)
    fitting = [row for row in rows if _fits(name, row)]
    reason = needs_reason or (name == "release" and any(_of_rule(row) for row in fitting))
    back = visit.form.text("back") or "/queue"
    return visit.page(
        "mail/queue_act.html", status=status, act=name, icon_name=icon, rows=fitting, left=len(ids) - len(fitting),
        needs_reason=reason, of_one=of_one, state_of=RecipientState, back=own_path(back),
    )  # fmt: skip


def _ids(visit: Visit) -> list[int]:
    found = (read_id(one) for one in visit.form.several("x"))
    return [one for one in found if one is not None][: acts.MOST_ROWS]


def _rows(connection: Connection, actor: Actor, ids: Sequence[int]) -> Sequence[Found]:
    return acts.list_waiting(connection, actor, Selection(ids=ids)) if ids else []


def _fits(name: str, row: Found) -> bool:
    held = row.state == RecipientState.HELD
    return name == "drop" or held is (name == "release")


def _of_rule(row: Found) -> bool:
    return row.held_for in (HeldFor.WORD, HeldFor.FAULT)


def _listing(visit: Visit, fetch: Callable[[Wanted], Slice[Found]], *, changes: bool) -> Listing[Found]:
    t = visit.t
    states = [(one.value, t(f"web.queue.state.{one.value}")) for one in OPEN]
    bulk = [BulkAct(f"/queue/{name}", f"web.queue.act.{name}", icon) for name, (_, _, icon) in ACTS.items()]
    return Listing(
        name="hang-doi",
        columns=[
            Column("to", "web.mail.to", lambda row: Cell(row.address, href=f"/mail/{row.code}", note=row.destination)),
            Column("subject", "web.mail.subject", lambda row: Cell(_subject(visit, row), note=row.sender or "<>")),
            Column("state", "web.mail.state", lambda row: _state(visit, row), tight=True),
            Column("due", "web.queue.due", lambda row: _due(visit, row), tight=True),
            Column("reply", "web.queue.reply", lambda row: Cell(row.last_reply or "")),
            Column(
                "at",
                "web.mail.at",
                lambda row: Cell(when(row.received_at), at=row.received_at, note=row.code),
                tight=True,
            ),
        ],
        fetch=fetch,
        filters=[
            Filter("to", "web.mail.to"),
            Filter("sender", "web.mail.sender"),
            Filter("destination", "web.queue.destination", placeholder="mx:gmail.com"),
            Filter("code", "web.mail.code", placeholder="7K4-QW2-M9"),
            Filter("state", "web.mail.state", options=states),
        ],
        searches=False,
        empty="web.queue.empty",
        row_key=lambda row: str(row.id),
        bulk=bulk if changes else (),
    )


def _subject(visit: Visit, row: Found) -> str:
    unread = row.held_for == HeldFor.INSPECTION  # it may prove to be a secret
    return visit.t("web.mail.being-read") if unread else row.subject or visit.t("web.mail.no-subject")


def _state(visit: Visit, row: Found) -> Cell:
    words, badge = of_one(RecipientState(row.state), visit.t)
    return Cell(words, badge=badge, note=visit.t(f"web.mail.held.{row.held_for}") if row.held_for else "")


def _due(visit: Visit, row: Found) -> Cell:
    note = visit.t("web.queue.attempts", number=row.attempts) if row.attempts else ""
    return Cell(when(row.due_at) if row.due_at else "–", at=row.due_at, note=note)
