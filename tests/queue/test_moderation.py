"""What waits for a group's moderator: it goes once, is refused once, and is never forgotten."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import func, select

from mailhub.accounts import service
from mailhub.accounts.control.grants import actor_of
from mailhub.accounts.errors import NotAllowed, ReasonMissing
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.life.models import Letter
from mailhub.accounts.models import GroupTask
from mailhub.accounts.records import AuditRow
from mailhub.accounts.rights import Actor
from mailhub.clock import HOUR, now_ms
from mailhub.queue import moderation
from mailhub.queue.errors import NotInQueue
from mailhub.queue.models import PendingInspection, PendingModeration
from mailhub.queue.records import Inspecting, Moderating, NewMessage, NewRecipient
from mailhub.store.database import Database
from tests.queue.parts import NOW, events, message, only_message, outcome, put, recipients, settle, take
from tests.support.accounts import ROOT, make_account, make_province

SOON = 9_000_000_000_000
LIST, OTHER = "duan@tinh.gov.vn", "khac@tinh.gov.vn"
AN, BINH = "an@tinh.gov.vn", "binh@tinh.gov.vn"


@pytest.fixture
def lists(database: Database) -> dict[str, int]:
    """Two moderated lists of snv; an owns the first, binh moderates both."""
    make_province(database)
    for address in (AN, BINH):
        make_account(database, address, agency="snv", password=None)
    with database.write() as c:
        found = {
            LIST: service.add_group(c, ROOT, LIST, "Dự án", agency="snv", owner=AN, moderated=True),
            OTHER: service.add_group(c, ROOT, OTHER, "Khác", agency="snv", moderated=True),
        }
        for address in (LIST, OTHER):
            service.add_officer(c, ROOT, address, BINH, GroupTask.MODERATOR)
    return found


def held(lists: dict[str, int], *addresses: str, groups: tuple[str, ...] = (LIST,), **more: Any) -> NewMessage:
    numbers = tuple(lists[one] for one in groups)
    everybody = [NewRecipient(address=one, destination="local", held_about=numbers) for one in addresses]
    asked = [Moderating(group_id=lists[one], group=one, until=NOW + HOUR, tell=(AN, BINH)) for one in groups]
    return message(*everybody, "frei@so.vn", account_id=None, moderating=tuple(asked), **more)


def actor(database: Database, address: str) -> Actor:
    with database.read() as c:
        return actor_of(c, find_mailbox(c, address), at=now_ms())


def decide(database: Database, name: str, by: Actor, *words: Any, **more: Any) -> int:
    with database.write() as c:
        return int(getattr(moderation, name)(c, by, *words, **more))


def letters(database: Database, kind: str) -> list[tuple[str, dict[str, Any]]]:
    with database.read() as c:
        rows = c.execute(select(Letter.to_address, Letter.facts).where(Letter.kind == kind).order_by(Letter.id))
        return [(row.to_address, json.loads(row.facts)) for row in rows]


def count(database: Database, table: type) -> int:
    with database.read() as c:
        return c.execute(select(func.count()).select_from(table)).scalar_one()


def test_the_group_waits_and_the_others_do_not(database: Database, lists: dict[str, int]) -> None:
    given = held(lists, "x@tinh.gov.vn", "y@tinh.gov.vn")
    put(database, given)
    assert [one.address for one in take(database, now=SOON)] == ["frei@so.vn"]
    assert ("held", None) in events(database)
    told = letters(database, "moderation")
    assert [to for to, _ in told] == [AN, BINH]
    assert told[0][1] == {
        "group": LIST, "code": given.code, "sender": "a@tinh.gov.vn", "subject": "Công văn", "until": NOW + HOUR,
    }  # fmt: skip
    with database.read() as c:
        [row] = moderation.list_for_moderators(c, actor(database, BINH))
    assert (row.code, row.group, row.recipients) == (given.code, LIST, 2)


def test_it_is_approved_once_and_delivered_once(database: Database, lists: dict[str, int]) -> None:
    given = held(lists, "x@tinh.gov.vn")
    put(database, given)
    settle(database, *(outcome(one) for one in take(database)))
    assert only_message(database).done_at is None
    assert decide(database, "approve", actor(database, AN), given.code.lower(), reason="đúng việc") == 1
    with pytest.raises(NotInQueue):
        decide(database, "approve", actor(database, BINH), given.code)
    [freed] = take(database, now=SOON)
    assert freed.address == "x@tinh.gov.vn"
    settle(database, outcome(freed))
    assert only_message(database).done_at is not None
    assert count(database, PendingModeration) == 0
    with database.read() as c:
        row = c.execute(select(AuditRow).where(AuditRow.action == "group.moderate")).mappings().one()
    assert (row["actor"], row["object"], row["reason"]) == (AN, LIST, "đúng việc")
    assert json.loads(row["after"])["message"] == given.code


def test_it_is_refused_with_a_reason_that_its_sender_hears(database: Database, lists: dict[str, int]) -> None:
    given = held(lists, "x@tinh.gov.vn", fingerprint=b"f")
    put(database, given)
    with pytest.raises(ReasonMissing):
        decide(database, "refuse", actor(database, AN), given.code, reason=" ")
    decide(database, "refuse", actor(database, AN), given.code, reason="gửi nhầm nhóm")
    assert recipients(database)["x@tinh.gov.vn"].state == "refused"
    assert [one.address for one in take(database, now=SOON)] == ["frei@so.vn"]
    [(to, facts)] = letters(database, "moderation-refused")
    assert (to, facts["because"], facts["late"], facts["code"]) == (
        "a@tinh.gov.vn", "gửi nhầm nhóm", False, given.code,
    )  # fmt: skip
    assert ("refused", None) in events(database)
    again = held(lists, "x@tinh.gov.vn", fingerprint=b"f")
    assert not put(database, again)[0].repeated  # who sends it again asks again


def test_nobody_unproved_is_told(database: Database, lists: dict[str, int]) -> None:
    given = held(lists, "x@tinh.gov.vn", sender="ai@khac.example", sender_verified=False)
    put(database, given)
    decide(database, "refuse", ROOT, given.code, reason="thư rác")
    assert letters(database, "moderation-refused") == []


def test_only_its_own_moderators_in_use_decide(database: Database, lists: dict[str, int]) -> None:
    given = held(lists, "x@tinh.gov.vn", groups=(OTHER,))
    put(database, given)
    with pytest.raises(NotAllowed):
        decide(database, "approve", actor(database, AN), given.code)  # owns the other list
    moderator = actor(database, BINH)
    with database.write() as c:
        service.suspend_account(c, ROOT, BINH, reason="điều tra")
    for by in (moderator, actor(database, BINH)):
        with pytest.raises(NotAllowed):
            decide(database, "approve", by, given.code)
    with database.read() as c:
        assert moderation.list_for_moderators(c, moderator) == []
    assert recipients(database)["x@tinh.gov.vn"].state == "held"


def test_two_groups_one_agrees_and_one_does_not(database: Database, lists: dict[str, int]) -> None:
    given = held(lists, "x@tinh.gov.vn", groups=(LIST, OTHER))
    put(database, given)
    decide(database, "refuse", actor(database, BINH), given.code, group=LIST, reason="không")
    assert recipients(database)["x@tinh.gov.vn"].state == "held"
    assert decide(database, "approve", actor(database, BINH), given.code) == 1
    assert {one.address for one in take(database, now=SOON)} == {"x@tinh.gov.vn", "frei@so.vn"}


def test_what_nobody_decides_is_refused_when_its_time_is_over(database: Database, lists: dict[str, int]) -> None:
    put(database, held(lists, "x@tinh.gov.vn"))
    with database.write() as c:
        assert moderation.lapse(c, at=NOW + HOUR - 1) == 0
        assert not moderation.is_moderation_late(c, at=NOW + HOUR - 1)
        assert moderation.is_moderation_late(c, at=NOW + HOUR)
        assert moderation.lapse(c, at=NOW + HOUR) == 1
        assert moderation.lapse(c, at=NOW + HOUR) == 0
    assert recipients(database)["x@tinh.gov.vn"].state == "refused"
    [(_, facts)] = letters(database, "moderation-refused")
    assert (facts["late"], facts["because"]) == (True, "")


def test_an_ended_groups_mail_is_refused_at_once(database: Database, lists: dict[str, int]) -> None:
    put(database, held(lists, "x@tinh.gov.vn"))
    with database.write() as c:
        service.end_group(c, ROOT, LIST, reason="xong dự án")
        assert moderation.lapse(c, at=NOW + 1) == 1


def test_what_is_still_being_read_waits_for_that_after_the_moderator(database: Database, lists: dict[str, int]) -> None:
    given = held(lists, "x@tinh.gov.vn", inspecting=Inspecting(until=NOW + HOUR, what=("a.pdf: scanned pages",)))
    put(database, given)
    assert "subject" not in letters(database, "moderation")[0][1]  # it may prove to be a secret
    decide(database, "approve", actor(database, AN), given.code)
    row = recipients(database)["x@tinh.gov.vn"]
    assert (row.state, row.held_for, row.held_about) == ("held", "inspection", "")
    assert count(database, PendingInspection) == 1


def test_a_flood_brings_no_flood_of_letters(database: Database, lists: dict[str, int]) -> None:
    put(database, *(held(lists, "x@tinh.gov.vn") for _ in range(30)))
    assert len(letters(database, "moderation")) == 40
    assert count(database, PendingModeration) == 30
