"""What waits for a word is told once each working day, in one letter a mailbox."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from mailhub.accounts.life.letters import LetterKind
from mailhub.accounts.life.models import Letter
from mailhub.clock import DAY, HOUR, MINUTE, VIETNAM
from mailhub.lifecycle.words import LetterText, subject_line, whole_text
from mailhub.queue import service as queue
from mailhub.queue.models import RecipientState
from mailhub.queue.records import Asking, Fate, NewRecipient
from mailhub.screening.consequences.digest import send_digests
from mailhub.store.database import Database
from tests.queue.parts import PLACE, message
from tests.support.accounts import make_account, make_province

AN, BINH = "an@tinh.gov.vn", "binh@tinh.gov.vn"


def moment(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=VIETNAM).timestamp() * 1000)


FRIDAY = moment("2026-11-27T08:00")


@pytest.fixture
def people(database: Database) -> dict[str, int]:
    make_province(database)
    return {address: make_account(database, address, agency="snv", password=None) for address in (AN, BINH)}


def hold(database: Database, people: dict[str, int], owner: str, *, at: int, sender: str = AN, **more: Any) -> str:
    """A message that waits for the owner's word since that moment; its code."""
    facts = {"vi": "kèm Công văn 156/SYT", "en": "with a letter", "because_vi": "Điều 5", "because_en": "Article 5"}
    asking = Asking(owner_id=people[owner], owner=owner, rule="r", until=at + 5 * DAY, reason_needed=True, facts=facts)
    fate = Fate(state=RecipientState.HELD, rule="r", asking=asking)
    to = NewRecipient(address="x@gmail.com", destination="mx:gmail.com", fate=fate)
    values: dict[str, Any] = {
        "sender": sender,
        "account_id": people.get(sender),
        "received_at": at,
        "judged": {"rules": ["r"]},
    }
    given = message(to, **values, **more)
    with database.write() as c:
        queue.enqueue(c, [given], [PLACE])
    return given.code


def digests(database: Database, at: int) -> int:
    with database.write() as c:
        return send_digests(c, hour=8, at=at)


def told(database: Database) -> list[tuple[str, dict[str, Any]]]:
    with database.read() as c:
        rows = c.execute(
            select(Letter.to_address, Letter.facts).where(Letter.kind == "held-digest").order_by(Letter.id)
        )
        return [(row.to_address, json.loads(row.facts)) for row in rows]


def test_each_mailbox_is_told_once_a_working_day(database: Database, people: dict[str, int]) -> None:
    first = hold(database, people, AN, at=FRIDAY - HOUR, subject="Báo cáo")
    second = hold(database, people, AN, at=FRIDAY - HOUR + 1)
    third = hold(database, people, BINH, at=FRIDAY - HOUR, sender="ai@so.vn")
    assert digests(database, FRIDAY - 1) == 0
    assert digests(database, FRIDAY) == 2
    assert digests(database, FRIDAY + MINUTE) == digests(database, FRIDAY + 5 * HOUR) == 0
    found = dict(told(database))
    assert [one["code"] for one in found[AN]["items"]] == [first, second]
    assert [one["code"] for one in found[BINH]["items"]] == [third]
    assert (found[AN]["number"], found[AN]["items"][0]["then"], found[BINH]["items"][0]["then"]) == (
        2,
        "owner",
        "nobody",
    )
    assert digests(database, FRIDAY + DAY) == 0  # Saturday
    assert digests(database, FRIDAY + 3 * DAY) == 2  # Monday


def test_what_came_since_eight_is_told_tomorrow(database: Database, people: dict[str, int]) -> None:
    hold(database, people, AN, at=FRIDAY + MINUTE)
    assert digests(database, FRIDAY + HOUR) == 0
    assert digests(database, FRIDAY + 3 * DAY) == 1


def test_a_hub_that_was_off_at_eight_catches_up(database: Database, people: dict[str, int]) -> None:
    hold(database, people, AN, at=FRIDAY - HOUR)
    assert digests(database, FRIDAY + 3 * HOUR) == 1


def test_what_was_decided_or_is_over_is_not_told(database: Database, people: dict[str, int]) -> None:
    hold(database, people, AN, at=FRIDAY - 6 * DAY)  # its time is over, and the next round gives it back
    assert digests(database, FRIDAY) == 0


def test_the_letter_lists_everything_that_one_needs(database: Database, people: dict[str, int]) -> None:
    code = hold(database, people, AN, at=FRIDAY - HOUR, subject="Báo cáo\x1b[31m quý IV")
    digests(database, FRIDAY)
    [(_, facts)] = told(database)
    one = LetterText(kind=LetterKind.HELD_DIGEST, facts=facts, name="An", code="2", support="s", host="h")
    assert subject_line(one) == "1 thư đang chờ ý kiến của Ông/Bà"
    text = whole_text(one).partition("----")[0]
    assert f"– Mã {code}: Báo cáo" in text
    assert "gửi x@gmail.com. Lý do: kèm Công văn 156/SYT (Điều 5)." in text
    assert "Quá 07 giờ 00 ngày 02/12/2026 không có ý kiến: thư được trả lại Ông/Bà." in text
    assert f"ví dụ: GỬI {code}, lý do: trả lời kiến nghị của công dân; hoặc HỦY {code}" in text
    assert "\x1b" not in text
