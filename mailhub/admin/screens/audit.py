"""The audit log on a page: who did or read what, when and why; the reading is one more row."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from mailhub.accounts.control.log_reading import LogFilter, log_page, note_log_read
from mailhub.accounts.rights import Action
from mailhub.admin.frame.access import needs
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.templating import when
from mailhub.admin.frame.visit import Visit
from mailhub.admin.listing.paging import keyed
from mailhub.admin.listing.show import show
from mailhub.admin.listing.values import Cell, Column, Filter, Listing, Slice, Wanted
from mailhub.admin.refusals import in_words
from mailhub.clock import midnight

screens = Screens()
Row = Mapping[str, Any]


@screens.get("/system/audit", needs(Action.AUDIT_READ))
def show_log(visit: Visit) -> Response:
    """The newest first."""
    return show(visit, _listing(visit), "system/audit.html")


def _listing(visit: Visit) -> Listing[Row]:
    return Listing(
        name="nhat-ky",
        columns=(
            Column("at", "web.audit.at", lambda row: Cell(when(row["at"], seconds=True), at=row["at"]), tight=True),
            Column("actor", "web.audit.actor", _actor),
            Column("action", "web.audit.action", lambda row: _action(visit, row)),
            Column("object", "web.audit.object", _object),
            Column("change", "web.audit.change", _change),
            Column("reason", "web.audit.reason", lambda row: Cell(in_words(visit.t, row["reason"]))),
        ),
        filters=(
            Filter("object", "web.audit.object", placeholder="nva@…"),
            Filter("actor", "web.audit.actor", placeholder="quantri@…"),
            Filter("action", "web.audit.action", options=sorted(_actions(visit).items(), key=lambda one: one[1])),
            Filter("from", "web.audit.from", kind="date"),
            Filter("to", "web.audit.to", kind="date"),
        ),
        fetch=lambda wanted: _fetch(visit, wanted),
        searches=False,
    )


def _fetch(visit: Visit, wanted: Wanted) -> Slice[Row]:
    last = wanted.day("to")
    filtered = LogFilter(
        object=wanted.get("object").casefold() if "@" in wanted.get("object") else wanted.get("object"),
        actor=wanted.get("actor"),
        action=wanted.get("action"),
        since=midnight(first) if (first := wanted.day("from")) else 0,
        until=midnight(last + timedelta(days=1)) if last else None,
    )
    with visit.writing() as (connection, actor):
        if not wanted.after_number:
            note_log_read(connection, actor, " ".join(f"{key}={value}" for key, value in wanted.filters.items()) or "*")
        rows = log_page(connection, actor, filtered, before=wanted.after_number, limit=wanted.limit + 1)
    return keyed(rows, wanted.limit, lambda row: row["id"])


def _actor(row: Row) -> Cell:
    return Cell(row["actor"], note=row["actor_ip"])


def _action(visit: Visit, row: Row) -> Cell:
    action: str = row["action"]
    return Cell(_actions(visit).get(action, action), note=action, value=action)


def _object(row: Row) -> Cell:
    kind, name = row["object_kind"], row["object"]
    href = f"/accounts/{quote(name)}" if kind == "account" and "@" in name else ""
    return Cell(name, href=href)


def _change(row: Row) -> Cell:
    """Only what differs: a picture of before and after holds more."""
    before, after = row["before"], row["after"]
    keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    told = [
        f"{key}: " + (f"{_value(before[key])} → " if key in before else "") + _value(after.get(key))
        for key in keys
        if before.get(key) or after.get(key) not in (None, "", [], {})
    ]
    return Cell("; ".join(told)[:600])


def _value(value: Any) -> str:
    if value is None:
        return "–"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _actions(visit: Visit) -> dict[str, str]:
    return {action.value: visit.t(f"web.rights.action.{action.value}") for action in Action}
