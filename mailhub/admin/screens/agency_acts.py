"""What is done to an agency: renamed, moved, ended, reopened, given a pool or a unit below; each rehearsed first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from mailhub.accounts import service
from mailhub.accounts.errors import NoSuchAgency
from mailhub.accounts.organisation import AgencyChanges, find_agency_row
from mailhub.accounts.organisation.ending import TakenOver
from mailhub.accounts.organisation.pools import pool_of
from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.tree import agency_subject, code_of
from mailhub.admin.frame.access import needs
from mailhub.admin.frame.forms import Form
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.visit import Visit
from mailhub.admin.organisation.acts import ActForm, Doing, Run, carry_out, check, show_form
from mailhub.admin.organisation.agency_forms import FIELDS
from mailhub.admin.screens.agencies import ACTS

screens = Screens()
_NAMED = 20
_TEXTS = ("name", "kind", "level", "identifier", "former_identifier", "domain", "unit_address")
_Row = Mapping[str, Any]


@screens.get("/agencies/{code}/{act}", needs(Action.AGENCY_CHANGE, Action.AGENCY_ADD, Action.AGENCY_END))
def show_act(visit: Visit) -> Response:
    """The form of an act."""
    row = _row(visit)
    return show_form(visit, _page(visit, row, _act(visit)))


@screens.post("/agencies/{code}/{act}", needs(Action.AGENCY_CHANGE, Action.AGENCY_ADD, Action.AGENCY_END))
def do_act(visit: Visit) -> Response:
    """The act."""
    row, act = _row(visit), _act(visit)
    return carry_out(visit, _page(visit, row, act), _DOING[act](visit, row))


def _act(visit: Visit) -> str:
    act = visit.path["act"]
    if act not in _DOING:
        raise NoSuchAgency(act)
    return act


def _row(visit: Visit) -> _Row:
    """The agency's row, to whoever may do the act there.

    Raises:
        NoSuchAgency, NotAllowed.
    """
    code, act = visit.path["code"], _act(visit)
    with visit.reading() as (connection, actor):
        number = service.tree(connection, actor, code, depth=0, ended=True, at=visit.at)[0].id
        check(actor, ACTS[act], agency_subject(connection, "agency", code, number))
        return dict(find_agency_row(connection, code))


def _page(visit: Visit, row: _Row, act: str) -> ActForm:
    t, here = visit.t, f"/agencies/{row['code']}"
    return ActForm(
        title=t(f"web.agencies.{act}.title", name=row["name"]),
        path=f"{here}/{act}",
        back=here,
        button=t(f"web.agencies.{act}.button"),
        fields=FIELDS[act](visit, row),
        about=[t(f"web.agencies.{act}.about")],
        danger=act == "end",
        crumbs=((t("web.menu.accounts.agencies"), "/agencies"), (row["name"], here)),
    )


def _change(visit: Visit, row: _Row) -> Doing[None]:
    code = str(row["code"])

    def read(form: Form) -> Run[None]:
        given: dict[str, Any] = {}
        for key in _TEXTS:
            value = form.text(key, longest=320)
            if value != (row[key] or ""):
                given[key] = value
        staff = form.number("staff", most=1_000_000)
        if (staff or 0) != (row["staff"] or 0):
            given["staff"] = staff or 0
        day = form.day("starts_on")
        if day is not None and day != row["starts_on"]:
            given["starts_on"] = day
        if not given:
            form.mend("", "web.agencies.change.nothing")
        reason = form.text("reason")
        changes = AgencyChanges(**given)
        return lambda c, a: service.change_agency(c, a, code, changes, reason=reason, at=visit.at)

    def foresee(connection: Connection, _: Actor, __: None) -> Sequence[str]:
        before, after = row, find_agency_row(connection, code)
        return [
            visit.t(
                "web.organisation.before-after",
                what=visit.t(f"web.agencies.fact.{key}"),
                before=_shown(visit, before[key]),
                after=_shown(visit, after[key]),
            )
            for key in (*_TEXTS, "staff", "starts_on")
            if before[key] != after[key]
        ]

    return Doing(read=read, foresee=foresee, done=lambda _: (f"/agencies/{code}", "web.agencies.change.done", {}))


def _shown(visit: Visit, value: object) -> str:
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return str(value) if value else visit.t("web.rosters.blank")


def _add(visit: Visit, row: _Row) -> Doing[str]:
    def read(form: Form) -> Run[str]:
        texts: dict[str, Any] = {key: form.text(key, longest=320) for key in _TEXTS}
        name, code, starts = texts.pop("name"), form.text("code", longest=64), form.day("starts_on")

        def run(connection: Connection, actor: Actor) -> str:
            service.add_agency(
                connection, actor, code, name, parent=row["code"], starts_on=starts, at=visit.at, **texts
            )
            return code

        return run

    def foresee(_: Connection, __: Actor, code: str) -> Sequence[str]:
        return [visit.t("web.agencies.add.follows", code=code, parent=row["name"])]

    return Doing(read=read, foresee=foresee, done=lambda code: (f"/agencies/{code}", "web.agencies.add.done", {}))


def _move(visit: Visit, row: _Row) -> Doing[None]:
    code, size = str(row["code"]), visit.site.settings.mailboxes.quota_mib

    def read(form: Form) -> Run[None]:
        parent, reason = form.text("parent", longest=64), form.text("reason")
        return lambda c, a: service.move_agency(c, a, code, parent, reason=reason, default_quota_mib=size, at=visit.at)

    def foresee(connection: Connection, actor: Actor, _: None) -> Sequence[str]:
        lines = service.tree(connection, actor, code, ended=True, at=visit.at)
        now = find_agency_row(connection, code)
        told = visit.t(
            "web.organisation.before-after",
            what=visit.t("web.agencies.fact.parent_id"),
            before=code_of(connection, row["parent_id"]),
            after=code_of(connection, now["parent_id"]),
        )
        follows = visit.t("web.agencies.move.follows", units=len(lines) - 1, boxes=lines[0].below)
        return [told, follows, visit.t("web.agencies.move.addresses")]

    return Doing(read=read, foresee=foresee, done=lambda _: (f"/agencies/{code}", "web.agencies.move.done", {}))


def _pool(visit: Visit, row: _Row) -> Doing[None]:
    code, size = str(row["code"]), visit.site.settings.mailboxes.quota_mib

    def read(form: Form) -> Run[None]:
        mib, reason = form.number("mib", most=2**40), form.text("reason")
        return lambda c, a: service.set_pool(
            c, a, code, mib or None, reason=reason, default_quota_mib=size, at=visit.at
        )

    def foresee(connection: Connection, _: Actor, __: None) -> Sequence[str]:
        pool = pool_of(connection, int(row["id"]), size)
        if pool is None or pool.code != code:
            return [visit.t("web.agencies.pool.none")]
        return [visit.t("web.agencies.pool.follows", given=pool.given_mib, pool=pool.pool_mib)]

    return Doing(read=read, foresee=foresee, done=lambda _: (f"/agencies/{code}", "web.agencies.pool.done", {}))


def _end(visit: Visit, row: _Row) -> Doing[TakenOver]:
    code, size = str(row["code"]), visit.site.settings.mailboxes.quota_mib

    def read(form: Form) -> Run[TakenOver]:
        day, heir, reason = form.day("on"), form.text("successor", longest=64), form.text("reason")
        return lambda c, a: service.end_agency(
            c, a, code, reason=reason, ends_on=day, successor=heir, default_quota_mib=size, at=visit.at
        )

    def foresee(connection: Connection, _: Actor, done: TakenOver) -> Sequence[str]:
        now = find_agency_row(connection, code)
        told = [visit.t("web.agencies.end.from", day=f"{now['ends_on']:%d/%m/%Y}")]
        heir = code_of(connection, now["successor_id"])
        if heir:
            told.append(visit.t("web.agencies.end.heir", heir=heir))
        if done.agencies or done.accounts or done.people or done.groups:
            counts = {"units": len(done.agencies), "people": done.people, "boxes": len(done.accounts)}
            told.append(visit.t("web.agencies.end.takes", groups=len(done.groups), **counts))
            told += [f"· {one}" for one in (*done.agencies, *done.accounts)[:_NAMED]]
        return [*told, visit.t("web.agencies.end.stays")]

    return Doing(read=read, foresee=foresee, done=lambda _: (f"/agencies/{code}", "web.agencies.end.done", {}))


def _reopen(visit: Visit, row: _Row) -> Doing[None]:
    code = str(row["code"])

    def read(form: Form) -> Run[None]:
        reason = form.text("reason")
        return lambda c, a: service.reopen_agency(c, a, code, reason=reason, at=visit.at)

    def foresee(_: Connection, __: Actor, ___: None) -> Sequence[str]:
        return [visit.t("web.agencies.reopen.follows")]

    return Doing(read=read, foresee=foresee, done=lambda _: (f"/agencies/{code}", "web.agencies.reopen.done", {}))


_DOING: dict[str, Callable[[Visit, _Row], Doing[Any]]] = {
    "change": _change,
    "add": _add,
    "move": _move,
    "pool": _pool,
    "end": _end,
    "reopen": _reopen,
}
