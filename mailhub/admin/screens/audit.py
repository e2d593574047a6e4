"""The audit log on a page: who did or read what, when and why; the reading is one more row."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from mailhub.accounts.action_words import ACTION_WORDS
from mailhub.accounts.control.log_reading import LogFilter, log_page, note_log_read
from mailhub.accounts.rights import Action
from mailhub.admin.frame.access import needs
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.templating import when
from mailhub.admin.frame.visit import Visit
from mailhub.admin.listing.show import show
from mailhub.admin.listing.values import Cell, Column, Filter, Listing, Slice, Wanted
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
            Column("at", "web.audit.at", lambda row: Cell(when(row["at"], seconds=True)), tight=True),
            Column("actor", "web.audit.actor", _actor),
            Column("action", "web.audit.action", _action),
            Column("object", "web.audit.object", _object),
            Column("change", "web.audit.change", _change),
            Column("reason", "web.audit.reason", lambda row: Cell(row["reason"])),
        ),
        filters=(
            Filter("object", "web.audit.object", placeholder="nva@…"),
            Filter("actor", "web.audit.actor", placeholder="quantri@…"),
            Filter("action", "web.audit.action", options=sorted(_actions().items(), key=lambda one: one[1])),
            Filter("from", "web.audit.from", kind="date"),
            Filter("to", "web.audit.to", kind="date"),
        ),
        fetch=lambda wanted: _fetch(visit, wanted),
        searches=False,
    )


def _fetch(visit: Visit, wanted: Wanted) -> Slice[Row]:
    last = _day(wanted.get("to"))
    filtered = LogFilter(
        object=wanted.get("object").casefold() if "@" in wanted.get("object") else wanted.get("object"),
        actor=wanted.get("actor"),
        action=wanted.get("action"),
        since=midnight(first) if (first := _day(wanted.get("from"))) else 0,
        until=midnight(last + timedelta(days=1)) if last else None,
    )
    before = int(wanted.after) if wanted.after.isascii() and wanted.after.isdigit() else 0
    with visit.writing() as (connection, actor):
        if not before:
            note_log_read(connection, actor, " ".join(f"{key}={value}" for key, value in wanted.filters.items()) or "*")
        rows = log_page(connection, actor, filtered, before=before, limit=wanted.limit + 1)
    shown = rows[: wanted.limit]
    return Slice(shown, str(shown[-1]["id"]) if len(rows) > wanted.limit else "")


def _actor(row: Row) -> Cell:
    return Cell(row["actor"], note=row["actor_ip"])


def _action(row: Row) -> Cell:
    action: str = row["action"]
    return Cell(_actions().get(action, action), note=action, value=action)


def _object(row: Row) -> Cell:
    kind, name = row["object_kind"], row["object"]
    href = f"/accounts/{quote(name)}" if kind == "account" and "@" in name else ""
    return Cell(name, href=href)


def _change(row: Row) -> Cell:
    """Only what differs: a picture of before and after holds more."""
    before, after = row["before"], row["after"]
    keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    return Cell("; ".join(f"{key}: {_value(before.get(key))} → {_value(after.get(key))}" for key in keys)[:600])


def _value(value: Any) -> str:
    if value is None:
        return "–"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _actions() -> dict[str, str]:
    return {action.value: words for action, words in ACTION_WORDS.items()}


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date() if text else None  # noqa: DTZ007 - a day, not a moment
    except ValueError:
        return None
