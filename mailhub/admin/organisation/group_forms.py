"""The fields that acts on groups ask for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from mailhub.accounts.models import GroupSenders, GroupTask
from mailhub.accounts.sharing.computed import members_by_rule
from mailhub.accounts.sharing.group_views import GroupReport
from mailhub.accounts.sharing.officers import OWNER, find_group
from mailhub.accounts.sharing.rules import read_rule
from mailhub.admin.frame.forms import Form
from mailhub.admin.frame.visit import Visit
from mailhub.admin.organisation.acts import ActForm, Field
from mailhub.admin.organisation.rule_form import view_of
from mailhub.ids import read_code

_NAMED = 20

_REASON = Field("reason", "web.organisation.reason", kind="area")
_MUST = Field("reason", "web.organisation.reason", kind="area", required=True)


def group_fields(visit: Visit, report: GroupReport | None) -> list[Field]:
    """What a group is: of an existing one as it is now."""
    group = None if report is None else report.group
    owner = "" if report is None else next((one.address for one in report.officers if one.task == OWNER), "")
    choices = [(one.value, visit.t(f"web.groups.senders.{one.value}")) for one in GroupSenders]
    return [
        Field("name", "web.groups.name", value=group.name if group else ""),
        Field("rule", "web.groups.rule", kind="part"),
        Field("owner", "web.groups.owner", value=owner, help="web.groups.owner-help"),
        Field("senders", "web.groups.who-sends", kind="select", options=choices,
              value=group.senders.value if group else GroupSenders.ANYONE.value),
        Field("moderated", "web.groups.moderated-tick", kind="tick", value="1" if group and group.moderated else ""),
    ]  # fmt: skip


def with_rule(visit: Visit, page: ActForm, report: GroupReport | None) -> ActForm:
    """The page with the fields of a rule: of an existing group as it is now."""
    text, group = ("", "") if report is None else (report.group.rule or "", report.group.address)
    view = view_of(visit, text, agency=visit.form.text("agency"), group=group)
    return replace(page, part="groups/rule.html", given=view)


def _officer_fields(visit: Visit, report: GroupReport) -> list[Field]:
    tasks = [(one.value, visit.t(f"web.groups.task.{one.value}")) for one in GroupTask]
    known = [(one.address, visit.t(f"web.groups.task.{one.task}")) for one in report.officers if one.task != OWNER]
    return [
        Field("officer", "web.groups.officer", required=True, suggests=known),
        Field("task", "web.groups.task", kind="select", options=tasks, value=GroupTask.MODERATOR.value),
    ]


def _code_fields(visit: Visit, _: GroupReport) -> list[Field]:
    asked = visit.query.get("code") or visit.form.typed.get("code", "")
    code = Field("code", "web.groups.code", value=asked[:32] if read_code(asked) else "", required=True)
    return [code, _MUST if visit.path["act"] == "refuse" else _REASON]


def _ticked(visit: Visit, _: GroupReport) -> list[Field]:
    return [Field("x", "web.groups.member", kind="hidden", value=one) for one in visit.form.several("x")]


def reached(visit: Visit, connection: Connection, address: str) -> list[str]:
    """Who is in the group by its rule, by number and the first few by name."""
    group = find_group(connection, address)
    if group.rule is None:
        return [visit.t("web.groups.new.by-hand")]
    found = members_by_rule(connection, read_rule(group.rule), group.agency_id)
    told = [visit.t("web.groups.new.reaches", number=len(found))]
    told += [f"{one.name} ({one.address})" for one in found[:_NAMED]]
    return told


def senders_of(form: Form) -> GroupSenders:
    """Who may write to it; anybody, where nothing was said."""
    return GroupSenders(
        form.choice("senders", [one.value for one in GroupSenders], required=False) or GroupSenders.ANYONE
    )


FIELDS: dict[str, Callable[[Visit, GroupReport], Sequence[Field]]] = {
    "change": lambda visit, report: [*group_fields(visit, report), _REASON],
    "add": lambda _, __: [Field("members", "web.groups.add.members", kind="area", required=True,
                                help="web.groups.add.members-help")],
    "remove": _ticked,
    "officer": _officer_fields,
    "no-officer": _officer_fields,
    "end": lambda _, __: [_MUST],
    "approve": _code_fields,
    "refuse": _code_fields,
}  # fmt: skip
