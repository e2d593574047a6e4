"""Copies in the sender's own folders: which are found, which are left alone, and when it is looked again."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Collection
from dataclasses import replace
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest
from sqlalchemy import insert, update

from mailhub.accounts.models import Mailbox
from mailhub.clock import DAY, HOUR, MINUTE
from mailhub.incidents import scrubbing, service
from mailhub.incidents.models import IncidentCopy
from mailhub.incidents.sweeping import Sweeper
from mailhub.mail.body_text import BodyText
from mailhub.mailboxes.copies import Copy
from mailhub.mailboxes.errors import DovecotError
from mailhub.queue.models import Door
from mailhub.queue.records import NewRecipient
from mailhub.store.errors import StoreUnavailable
from tests.incidents.conftest import AN, BINH, NOW, House
from tests.queue.parts import message, put

pytestmark = pytest.mark.unit

SUBJECT = "Phương án bảo vệ mục tiêu"
LINES = ("MẬT", "Phương án bảo vệ mục tiêu trọng điểm năm 2027", "Lực lượng gồm ba tổ, chốt tại ba điểm cao",
         "-- ", "Văn phòng Ủy ban nhân dân tỉnh Lào Cai, số 1 Trần Phú")  # fmt: skip


class Shelf:
    """A mailbox's folders in memory."""

    def __init__(self) -> None:
        self.mails: dict[int, tuple[Copy, bytes, int]] = {}
        self.away = False

    def put(self, text: str, *, subject: str = "", ident: str = "", folder: str = "Drafts", received: bool = False,
            at: int = NOW, file: bytes = b"") -> int:  # fmt: skip
        mail = EmailMessage(policy=SMTP)
        mail["From"], mail["Subject"] = AN, subject
        mail.set_content(text)
        if file:
            mail.add_attachment(file, maintype="application", subtype="pdf", filename="a.pdf")
        uid = len(self.mails) + 1
        raw = mail["Subject"].encode() if subject.isascii() else _encoded(mail)
        data = mail.as_bytes()
        self.mails[uid] = (Copy(folder, folder, uid, ident or f"<{uid}@draft>", raw, not received, len(data)), data, at)
        return uid

    @property
    def left(self) -> list[int]:
        return sorted(self.mails)

    async def with_message_id(self, message_id: str) -> list[Copy]:
        self._there()
        return [copy for copy, _, _ in self.mails.values() if copy.message_id == message_id]

    async def saved_since(self, at: int) -> list[Copy]:
        return [copy for copy, _, saved in self.mails.values() if saved >= at]

    async def read(self, copy: Copy) -> bytes:
        return self.mails[copy.uid][1]

    async def remove(self, copies: Collection[Copy]) -> int:
        for copy in copies:
            del self.mails[copy.uid]
        return len(copies)

    def _there(self) -> None:
        if self.away:
            raise DovecotError("doveadm fetch gave no answer in 10 s")


def _encoded(mail: EmailMessage) -> bytes:
    line = next(line for line in mail.as_bytes().split(b"\r\n") if line.startswith(b"Subject:"))
    return line.removeprefix(b"Subject:").strip()


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def sweeper(house: House, shelf: Shelf) -> Sweeper:
    return Sweeper(lambda: house.settings, house.database, house.spool, lambda _: shelf)


def caught(house: House, **changes: object) -> None:
    values = {"subject": SUBJECT, "body": BodyText(lines=LINES), "message_id": "<sent@client.test>"}
    service.refuse_at_door(house.database, house.settings, house.secret(**{**values, **changes}))


async def test_what_has_its_message_id_goes_wherever_it_lies(house: House, shelf: Shelf) -> None:
    for folder in ("Sent", "Drafts", "Trash", "Archive/2026"):
        shelf.put("x", ident="<sent@client.test>", folder=folder, at=0, received=folder == "Trash")
    caught(house)
    assert await sweeper(house, shelf).look(at=NOW) == 1
    assert shelf.left == []
    assert (house.incidents()[0].copies_removed, house.copies()[0].removed) == (4, 4)


@pytest.mark.parametrize(
    "draft",
    [
        {"text": "\n".join(LINES), "subject": "khác"},  # the whole, under another subject
        {"text": "\n".join(LINES[1:]), "subject": ""},  # before the mark was typed
        {"text": LINES[1], "subject": ""},  # only the first line yet
        {"text": LINES[1].upper() + "\nlực lượng", "subject": ""},
        {"text": "Kính gửi", "subject": SUBJECT},  # only the subject yet
        {"text": "Kính gửi", "subject": "[MẬT] Báo cáo"},  # a mark of its own
        {"text": "TUYỆT MẬT\nmột việc khác", "subject": ""},
    ],
)
async def test_a_draft_of_it_goes(sqlite_house: House, shelf: Shelf, draft: dict[str, Any]) -> None:
    shelf.put(**draft, at=NOW - 5 * MINUTE)
    caught(sqlite_house)
    await sweeper(sqlite_house, shelf).look(at=NOW)
    assert shelf.left == []


async def test_a_draft_with_the_file_goes(sqlite_house: House, shelf: Shelf) -> None:
    import hashlib

    octets = b"%PDF-1.7 scan of it"
    shelf.put("Kính gửi", file=octets)
    shelf.put("Kính gửi", file=b"%PDF-1.7 another")
    hashes = (hashlib.sha256(octets).digest(),)
    caught(sqlite_house, found_in=frozenset({"scan"}), file_hashes=hashes, body=BodyText(lines=("Xin gửi",)))
    await sweeper(sqlite_house, shelf).look(at=NOW)
    assert shelf.left == [2]


@pytest.mark.parametrize(
    "other",
    [
        {"text": "Lịch họp giao ban tuần 48 của Văn phòng", "subject": "Lịch họp"},
        {"text": "Kính gửi anh Bình", "subject": ""},
        {"text": "Kính gửi chị\n-- \nVăn phòng Ủy ban nhân dân tỉnh Lào Cai, số 1 Trần Phú"},
        {"text": "\n".join(LINES), "subject": SUBJECT, "received": True, "folder": "INBOX"},  # others wrote it
        {"text": "Kính gửi", "subject": SUBJECT, "at": NOW - 3 * DAY},
        {"text": LINES[1] + "\nvà mười dòng khác của một báo cáo thường kỳ\nkhông có gì phải giữ kín ở trong đó"},
        {"text": "trừ văn bản mật theo quy định; đổi mật khẩu trước ngày 28", "subject": "Nhắc việc"},
    ],
)
async def test_other_mail_stays(sqlite_house: House, shelf: Shelf, other: dict[str, Any]) -> None:
    shelf.put(**other)
    caught(sqlite_house)
    await sweeper(sqlite_house, shelf).look(at=NOW)
    assert shelf.left == [1]


async def test_what_the_hub_took_before_under_the_same_subject_stays(sqlite_house: House, shelf: Shelf) -> None:
    shelf.put("Kính gửi", subject=SUBJECT, ident="<before@client.test>", folder="Sent")
    given = message(NewRecipient(address=BINH, destination="local"), message_id="<before@client.test>")
    put(sqlite_house.database, replace(given, door=Door.SUBMISSION))
    caught(sqlite_house)
    await sweeper(sqlite_house, shelf).look(at=NOW)
    assert shelf.left == [1]


async def test_the_right_version_sent_later_under_the_same_subject_stays(sqlite_house: House, shelf: Shelf) -> None:
    caught(sqlite_house)
    look = sweeper(sqlite_house, shelf).look
    await look(at=NOW)
    shelf.put("Kính gửi, xin gửi giấy mời họp", subject=SUBJECT, at=NOW + 30)
    await look(at=NOW + MINUTE)
    assert shelf.left == [1]


async def test_it_is_looked_again_after_a_minute_ten_an_hour_and_a_day(house: House, shelf: Shelf) -> None:
    caught(house)
    look = sweeper(house, shelf).look
    for after in (0, MINUTE, 10 * MINUTE, HOUR, DAY):
        shelf.put("\n".join(LINES), at=NOW + after)
        assert await look(at=NOW + after) == 1, after
        assert shelf.left == []
        assert await look(at=NOW + after) == 0
    assert await look(at=NOW + 5 * DAY) == 0
    (place,) = house.copies()
    assert (place.looked, place.removed, place.due_at, place.message_id) == (5, 5, None, "")


async def test_a_deaf_dovecot_is_asked_again(house: House, shelf: Shelf) -> None:
    caught(house)
    shelf.put("x", ident="<sent@client.test>")
    shelf.away = True
    look = sweeper(house, shelf).look
    await look(at=NOW)
    assert "no answer" in house.copies()[0].fault
    shelf.away = False
    assert await look(at=NOW + MINUTE) == 1
    assert shelf.left == []
    assert house.copies()[0].fault == ""


async def test_where_no_dovecot_of_ours_runs_that_is_said(house: House) -> None:
    caught(house)
    await Sweeper(lambda: house.settings, house.database, house.spool, None).look(at=NOW)
    assert house.copies()[0].fault


async def test_sent_again_it_is_looked_for_again(house: House, shelf: Shelf) -> None:
    caught(house)
    look = sweeper(house, shelf).look
    await look(at=NOW)
    caught(house, at=NOW + 20 * MINUTE)
    shelf.put("x", ident="<sent@client.test>")
    assert await look(at=NOW + 20 * MINUTE) == 1
    assert shelf.left == []


async def test_a_mailbox_that_lives_elsewhere_is_not_made_here(house: House, shelf: Shelf) -> None:
    with house.database.write() as connection:
        connection.execute(update(Mailbox).where(Mailbox.id == house.an).values(home="cu.tinh.gov.vn:24"))
    shelf.put("x", ident="<sent@client.test>")
    caught(house)
    await sweeper(house, shelf).look(at=NOW)
    assert shelf.left == [1]
    assert "cu.tinh.gov.vn" in house.copies()[0].fault


async def test_what_lies_sealed_without_an_incident_goes(sqlite_house: House, shelf: Shelf) -> None:
    folder = service.sealed_folder(sqlite_house.settings)
    folder.mkdir()
    old, new = folder / "1.sealed", folder / "2.sealed"
    for path in (old, new):
        path.write_bytes(b"sealed")
    os.utime(old, (1, 1))
    running = asyncio.create_task(sweeper(sqlite_house, shelf).run())
    async with asyncio.timeout(10):
        while old.exists():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    running.cancel()
    assert new.exists()


async def test_octets_that_cannot_be_overwritten_yet_keep_no_mailbox_waiting(
    sqlite_house: House, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = sqlite_house
    caught(house)
    with house.database.write() as connection:
        number = house.incidents()[0].id
        row = {"id": 1, "incident_id": number, "stored_id": 7, "since": NOW - DAY, "due_at": NOW - DAY}
        connection.execute(insert(IncidentCopy).values(**row, looked=0, removed=0))
    shelf.put("x", ident="<sent@client.test>")

    def broken(*_: object) -> None:
        raise StoreUnavailable("spool: Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(scrubbing, "wipe", broken)
        assert await sweeper(house, shelf).look(at=NOW) == 2
    assert shelf.left == []
    (first, _) = house.copies()
    assert (first.due_at, first.fault) == (NOW + MINUTE, "spool: Input/output error")
    await sweeper(house, shelf).look(at=NOW + MINUTE)
    assert house.copies()[0].due_at is None
