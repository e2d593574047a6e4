"""A group is changed, ended; members and officers come and go; a moderator lets mail go or refuses it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from mailhub.accounts import service
from mailhub.accounts.errors import NoSuchGroup
from mailhub.accounts.models import GroupTask
from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.sharing.group_views import GroupReport, show_group
from mailhub.accounts.sharing.groups import GroupChange
from mailhub.accounts.sharing.officers import OWNER, find_group, subject_of_group
from mailhub.accounts.tree import agency_subject
from mailhub.admin.frame.access import SIGNED_IN
from mailhub.admin.frame.forms import Form
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.visit import Visit
from mailhub.admin.organisation.acts import ActForm, Doing, Run, carry_out, check, show_form
from mailhub.admin.organisation.group_forms import FIELDS, reached, senders_of, with_rule
from mailhub.admin.organisation.rule_form import rule_text
from mailhub.admin.organisation.rule_words import rule_words
from mailhub.queue import moderation

screens = Screens()
_NAMED = 20


@screens.get("/groups/{address}/{act}", SIGNED_IN)
def show_act(visit: Visit) -> Response:
    """The form of an act; owners and moderators have it too."""
    return show_form(visit, _page(visit, _report(visit)))


@screens.post("/groups/{address}/{act}", SIGNED_IN)
def do_act(visit: Visit) -> Response:
    """The act."""
    report = _report(visit)
    page = _page(visit, report)
    if visit.path["act"] == "remove" and not visit.form.several("x"):
        visit.form.mend("", "web.groups.remove.nobody")
    return carry_out(visit, page, _DOING[visit.path["act"]](visit, report))


def _report(visit: Visit) -> GroupReport:
    """The group, to whoever may do the act in it.

    Raises:
        NoSuchGroup, NotAllowed.
    """
    act, address = visit.path["act"], visit.path["address"]
    if act not in _DOING:
        raise NoSuchGroup(act)
    with visit.reading() as (connection, actor):
        report = show_group(connection, actor, address, limit=0, at=visit.at)
        tasks: Sequence[str] = moderation.MODERATORS if act in ("approve", "refuse") else (OWNER,)
        subject = subject_of_group(connection, actor, report.group, tasks, at=visit.at)
        if _ACTIONS[act] is Action.GROUP_CHANGE:
            subject = agency_subject(connection, "group", report.group.address, report.group.agency_id)
        check(actor, _ACTIONS[act], subject)
        return report


def _page(visit: Visit, report: GroupReport) -> ActForm:
    t, act, group = visit.t, visit.path["act"], report.group
    here = f"/groups/{group.address}"
    page = ActForm(
        title=t(f"web.groups.{act}.title", group=group.address),
        path=f"{here}/{act}",
        back=here,
        button=t(f"web.groups.{act}.button"),
        fields=FIELDS[act](visit, report),
        about=[t(f"web.groups.{act}.about")],
        danger=act in ("end", "refuse"),
        crumbs=((t("web.menu.accounts.groups"), "/groups"), (group.address, here)),
    )
    return with_rule(visit, page, report) if act == "change" else page


def _change(visit: Visit, report: GroupReport) -> Doing[None]:
    group = report.group
    owner_now = next((one.address for one in report.officers if one.task == OWNER), "")

    def read(form: Form) -> Run[None]:
        name, rule, owner = form.text("name", longest=200), rule_text(visit, form), form.text("owner")
        senders, moderated = senders_of(form), form.chosen("moderated")
        change = GroupChange(
            name=name if name != group.name else None,
            rule=rule if rule != (group.rule or "") else None,
            owner=owner if owner != owner_now else None,
            senders=senders if senders is not group.senders else None,
            moderated=moderated if moderated != group.moderated else None,
        )
        reason = form.text("reason")
        return lambda c, a: service.change_group(c, a, group.address, change, reason=reason, at=visit.at)

    def foresee(connection: Connection, _: Actor, __: None) -> Sequence[str]:
        now = find_group(connection, group.address)
        told = []
        for key in ("name", "rule", "senders", "moderated"):
            before, after = getattr(group, key), getattr(now, key)
            if before != after:
                what = visit.t(f"web.groups.{_LABELS[key]}")
                values = {"before": _shown(visit, key, before), "after": _shown(visit, key, after)}
                told.append(visit.t("web.organisation.before-after", what=what, **values))
        if now.rule == group.rule:
            return told
        before = visit.t("web.groups.rule.before", number=report.number)
        return [*told, before, *reached(visit, connection, group.address)]

    return Doing(read=read, foresee=foresee, done=lambda _: (f"/groups/{group.address}", "web.groups.change.done", {}))


def _shown(visit: Visit, key: str, value: object) -> str:
    if key == "senders":
        return visit.t(f"web.groups.senders.{value}")
    if key == "moderated":
        return visit.t("web.yes" if value else "web.no")
    if key == "rule":
        return rule_words(visit.t, str(value)) if value else visit.t("web.groups.by-hand")
    return str(value or visit.t("web.rosters.blank"))


def _add(visit: Visit, report: GroupReport) -> Doing[int]:
    address = report.group.address

    def read(form: Form) -> Run[int]:
        members = re.split(r"[\s,;]+", form.text("members", longest=20_000))

        def run(connection: Connection, actor: Actor) -> int:
            for member in members:
                service.add_member(connection, actor, address, member, at=visit.at)
            return len(members)

        return run

    def done(number: int) -> tuple[str, str, dict[str, object]]:
        return f"/groups/{address}", "web.groups.add.done", {"number": number}

    return Doing(read=read, done=done)


def _remove(visit: Visit, report: GroupReport) -> Doing[int]:
    address = report.group.address

    def read(form: Form) -> Run[int]:
        members = form.several("x")

        def run(connection: Connection, actor: Actor) -> int:
            for member in members:
                service.remove_member(connection, actor, address, member, at=visit.at)
            return len(members)

        return run

    def foresee(_: Connection, __: Actor, number: int) -> Sequence[str]:
        told = [visit.t("web.groups.remove.follows", number=number)]
        return [*told, *visit.form.several("x")[:_NAMED]]

    def done(number: int) -> tuple[str, str, dict[str, object]]:
        return f"/groups/{address}", "web.groups.remove.done", {"number": number}

    return Doing(read=read, foresee=foresee, done=done)


def _officer(act: Callable[..., None], said: str) -> Callable[[Visit, GroupReport], Doing[str]]:
    def doing(visit: Visit, report: GroupReport) -> Doing[str]:
        address = report.group.address

        def read(form: Form) -> Run[str]:
            officer = form.text("officer", longest=320)
            task = GroupTask(form.choice("task", [one.value for one in GroupTask]) or GroupTask.SENDER)

            def run(connection: Connection, actor: Actor) -> str:
                act(connection, actor, address, officer, task, at=visit.at)
                return officer

            return run

        return Doing(read=read, done=lambda who: (f"/groups/{address}", said, {"who": who}))

    return doing


def _end(visit: Visit, report: GroupReport) -> Doing[None]:
    address = report.group.address

    def read(form: Form) -> Run[None]:
        reason = form.text("reason")
        return lambda c, a: service.end_group(c, a, address, reason=reason, at=visit.at)

    def foresee(_: Connection, __: Actor, ___: None) -> Sequence[str]:
        return [visit.t("web.groups.end.follows", number=report.number)]

    return Doing(read=read, foresee=foresee, done=lambda _: (f"/groups/{address}", "web.groups.end.done", {}))


def _moderate(verb: str) -> Callable[[Visit, GroupReport], Doing[int]]:
    def doing(visit: Visit, report: GroupReport) -> Doing[int]:
        address = report.group.address
        decide = moderation.approve if verb == "approve" else moderation.refuse

        def read(form: Form) -> Run[int]:
            code, reason = form.text("code", required=True, longest=32), form.text("reason", longest=500)
            return lambda c, a: decide(c, a, code, group=address, reason=reason, at=visit.at)

        def done(number: int) -> tuple[str, str, dict[str, object]]:
            return f"/groups/{address}", f"web.groups.{verb}.done", {"number": number}

        return Doing(read=read, done=done)

    return doing


_LABELS = {"name": "name", "rule": "rule", "senders": "who-sends", "moderated": "moderated-tick"}


_DOING: dict[str, Callable[[Visit, GroupReport], Doing[Any]]] = {
    "change": _change,
    "add": _add,
    "remove": _remove,
    "officer": _officer(service.add_officer, "web.groups.officer.done"),
    "no-officer": _officer(service.remove_officer, "web.groups.no-officer.done"),
    "end": _end,
    "approve": _moderate("approve"),
    "refuse": _moderate("refuse"),
}
_ACTIONS = {
    "change": Action.GROUP_CHANGE,
    "add": Action.GROUP_MEMBER,
    "remove": Action.GROUP_MEMBER,
    "officer": Action.GROUP_CHANGE,
    "no-officer": Action.GROUP_CHANGE,
    "end": Action.GROUP_CHANGE,
    "approve": Action.GROUP_MODERATE,
    "refuse": Action.GROUP_MODERATE,
}
