"""Anybody can cause refusals: they are not kept for ever."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import insert, select

from mailhub.clock import DAY, HOUR, now_ms
from mailhub.delivery import housekeeping
from mailhub.ids import first_id
from mailhub.queue import service as queue
from mailhub.queue.models import RecipientState
from mailhub.queue.records import Asking, Fate, NewRecipient
from mailhub.settings import Settings
from mailhub.settings.sections import Hub, Limits
from mailhub.store.database import Database
from tests.queue.parts import message, put, recipients
from tests.support.accounts import make_account, make_province
from tests.support.databases import database, sqlite_database  # noqa: F401

pytestmark = pytest.mark.unit


def settings(days: int) -> Settings:
    hub = Hub(domain="tinh.gov.vn", hostname="mx.tinh.gov.vn")
    return Settings(directory=Path("/nowhere"), hub=hub, limits=Limits(refusals_kept_days=days))


def event(days_ago: int, number: int = 0, *, kind: str = "refused", message_id: int | None = None) -> dict[str, object]:
    at = now_ms() - days_ago * DAY
    ident = first_id(at) + number
    return {
        "id": ident, "at": at, "message_id": message_id, "code": "7K4-QW2-M9", "recipient": "b@so.vn", "kind": kind,
        "facts": "{}",
    }  # fmt: skip


def left(database: Database) -> set[int]:  # noqa: F811
    with database.read() as connection:
        return set(connection.scalars(select(queue.event_table.c.id)))


def write(database: Database, rows: list[dict[str, object]]) -> None:  # noqa: F811
    with database.write() as connection:
        connection.execute(insert(queue.event_table), rows)


def test_old_refusals_go_and_nothing_else(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setattr(housekeeping, "REFUSALS_AT_ONCE", 2)
    old = [event(31, n) for n in range(5)]
    kept = [event(31, 9, kind="received", message_id=1), event(29)]
    write(database, old + kept)
    assert housekeeping.clear_refusals(settings(0), database) == 0
    assert len(left(database)) == 7
    seen = housekeeping.clear_refusals(settings(30), database)
    assert left(database) == {row["id"] for row in kept}
    # The next turn begins where this one ended, and a shorter time is obeyed at once.
    assert housekeeping.clear_refusals(settings(20), database, seen) > seen
    assert left(database) == {kept[0]["id"]}


def test_what_waits_for_a_word_too_long_goes_back(database: Database) -> None:  # noqa: F811
    make_province(database)
    owner = make_account(database, "an@tinh.gov.vn", agency="snv", password=None)
    for hours in (-1, 1):
        until = now_ms() + hours * HOUR
        asking = Asking(owner_id=owner, owner="an@tinh.gov.vn", rule="r", until=until, reason_needed=True, facts={})
        fate = Fate(state=RecipientState.HELD, rule="r", asking=asking)
        to = NewRecipient(address=f"x{hours}@gmail.com", destination="mx:gmail.com", fate=fate)
        put(database, message(to, judged={"rules": ["r"]}))
    assert housekeeping.give_back_unanswered(database) == 1
    assert {name: row.state for name, row in recipients(database).items()} == {
        "x-1@gmail.com": "expired",
        "x1@gmail.com": "held",
    }
