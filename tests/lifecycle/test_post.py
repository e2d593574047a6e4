"""The post office: each letter goes once, to whom it may, and none stands in the way of the others."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from mailhub.accounts import service
from mailhub.accounts.directory import Directory
from mailhub.accounts.life.letters import LetterKind, tell
from mailhub.accounts.life.models import Letter
from mailhub.accounts.login import recovery
from mailhub.accounts.models import Person
from mailhub.clock import HOUR, now_ms
from mailhub.lifecycle import post
from mailhub.lifecycle.post import PostOffice
from mailhub.queue.tables import message_table, recipient_table
from mailhub.settings import Settings
from mailhub.settings.sections import Hub
from mailhub.store.database import Database
from mailhub.store.errors import StoreUnavailable
from mailhub.store.sealing import open_sealer
from mailhub.store.spool import Location, Spool
from tests.support.accounts import ROOT, make_account

WHO = "nva@tinh.gov.vn"
ENDING = {"address": WHO, "ends_on": "2026-12-01", "because": "Quyết định số 156/QĐ-SNV ngày 20/11/2026"}


class Office:
    """A post office over a database, and what it has put into the queue."""

    def __init__(self, database: Database, directory: Directory, folder: Path) -> None:
        hub = Hub(domain="tinh.gov.vn", hostname="thu.tinh.gov.vn", support="Phòng CNTT, 0214 3840 111")
        self.settings = Settings(directory=folder, hub=hub)
        self.settings.keys_directory.mkdir(parents=True)
        self.database = database
        self.spool = Spool(folder / "spool", "post")
        self.spool.prepare()
        self.post = PostOffice(lambda: self.settings, directory, database, self.spool)

    def tell(self, kind: LetterKind = LetterKind.ENDING, to: str = WHO, **facts: Any) -> None:
        with self.database.write() as c:
            tell(c, kind, to, facts or ENDING)

    def queued(self) -> list[tuple[EmailMessage, list[Any]]]:
        with self.database.read() as c:
            messages = c.execute(select(message_table).order_by(message_table.c.id)).all()
            recipients = c.execute(select(recipient_table)).all()
        found = []
        for row in messages:
            raw = b"".join(self.spool.read(Location(row.spool_file, row.spool_offset, row.spool_length)))
            parsed = email.message_from_bytes(raw, policy=email.policy.default)
            assert isinstance(parsed, EmailMessage)
            found.append((parsed, [(r.address, r.destination, r.notify) for r in recipients if r.message_id == row.id]))
        return found

    def letters(self) -> list[Any]:
        with self.database.read() as c:
            return list(c.execute(select(Letter.__table__).order_by(Letter.id)))


def text_of(message: Any) -> str:
    return str(message.get_content()).replace("\r\n", "\n")


@pytest.fixture
def office(province: Database, tmp_path: Path) -> Iterator[Office]:
    make_account(province, WHO, agency="snv")
    directory = Directory(province)
    yield Office(province, directory, tmp_path / "hub")
    directory.close()


def test_a_letter_is_a_message_from_the_administration_to_its_reader(office: Office) -> None:
    office.tell()
    assert office.post.send_waiting() == 1
    ((message, recipients),) = office.queued()
    assert recipients == [(WHO, "local", "NEVER")]
    assert message["From"] == "Quản trị thư điện tử <postmaster@tinh.gov.vn>"
    assert message["To"] == WHO
    assert message["Subject"] == f"Hộp thư {WHO} ngừng sử dụng từ ngày 01/12/2026"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime.utcoffset().total_seconds() == 7 * 3600
    (letter,) = office.letters()
    assert message["Message-ID"] == f"<letter.{letter.id}@thu.tinh.gov.vn>"
    text = text_of(message)
    assert text.startswith("Kính gửi Ông/Bà Nguyễn Văn An,\n")
    assert f"Mã {letter.code}; hỗ trợ: Phòng CNTT, 0214 3840 111." in text
    assert letter.sent_at
    assert not letter.outcome


@pytest.mark.parametrize("kind", [LetterKind.LEAVE_BEGINS, LetterKind.MAILBOX_OPENED])
def test_who_may_open_anothers_mailbox_is_told_the_login_name(office: Office, kind: LetterKind) -> None:
    with office.database.write() as c:
        tell(c, kind, WHO, {"address": "vt@tinh.gov.vn", "act": "reader", "until_on": "2026-12-01"})
    office.post.send_waiting()
    ((message, _),) = office.queued()
    assert f"tên đăng nhập vt@tinh.gov.vn*{WHO}" in text_of(message)


def test_a_letter_goes_once(office: Office) -> None:
    office.tell()
    assert [office.post.send_waiting() for _ in range(3)] == [1, 0, 0]
    assert len(office.queued()) == 1


def test_two_post_offices_at_once_send_it_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.tell()
    real = office.post._queue

    def slower(written: Any) -> None:
        monkeypatch.setattr(office.post, "_queue", real)
        office.post.send_waiting()  # the other one is faster
        real(written)

    monkeypatch.setattr(office.post, "_queue", slower)
    office.post.send_waiting()
    assert len(office.queued()) == 1


def test_a_full_disk_leaves_the_letter_waiting(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.tell()

    def full(_bodies: Any) -> list[Location]:
        raise StoreUnavailable("spool: No space left on device")

    monkeypatch.setattr(office.spool, "commit", full)
    with pytest.raises(StoreUnavailable):
        office.post.send_waiting()
    monkeypatch.undo()
    assert office.letters()[0].sent_at is None
    office.post.send_waiting()
    assert len(office.queued()) == 1


@pytest.mark.parametrize(
    ("to", "why"),
    [
        ("nobody@tinh.gov.vn", "unknown: takes no mail"),
        ("ended@tinh.gov.vn", "ended: takes no mail"),
        ("somebody@gmail.com", "not an address of ours"),
        ("", "no such address"),
        ("no address", "no such address"),
    ],
)
def test_who_cannot_be_written_to_is_marked_with_why_and_holds_up_nobody(office: Office, to: str, why: str) -> None:
    make_account(office.database, "ended@tinh.gov.vn")
    with office.database.write() as c:
        service.end_account(c, ROOT, "ended@tinh.gov.vn", reason="nghỉ hưu")
    office.tell(to=to)
    office.tell()
    office.post.send_waiting()
    assert [recipients for _, recipients in office.queued()] == [[(WHO, "local", "NEVER")]]
    first, second = office.letters()
    assert (first.outcome, first.code, second.outcome) == (why, None, "")
    assert first.sent_at
    assert office.post.send_waiting() == 0


def test_a_letter_that_trips_the_writer_holds_up_nobody(office: Office) -> None:
    office.tell()
    office.tell()
    with office.database.write() as c:
        first = c.execute(select(Letter.id).order_by(Letter.id).limit(1)).scalar_one()
        c.execute(update(Letter).where(Letter.id == first).values(kind="no-such-kind"))
    office.post.send_waiting()
    assert len(office.queued()) == 1
    assert office.letters()[0].outcome == "fault: ValueError"


@pytest.mark.parametrize(
    "facts",
    [
        "not JSON",
        "[1]",
        '{"address": {"a": 1}, "ends_on": [null], "devices": 7, "until": 9e99, "at": 99999999999999999}',
    ],
)
def test_odd_facts_still_make_a_letter(office: Office, facts: str) -> None:
    office.tell()
    with office.database.write() as c:
        c.execute(update(Letter).values(facts=facts))
    office.post.send_waiting()
    assert "Kính gửi Ông/Bà Nguyễn Văn An" in text_of(office.queued()[0][0])


def test_a_suspended_mailbox_gets_its_letters_and_a_units_mailbox_is_greeted_by_its_name(office: Office) -> None:
    with office.database.write() as c:
        service.add_role_mailbox(c, ROOT, "vanthu.snv@tinh.gov.vn", "Văn thư Sở Nội vụ", agency="snv")
        service.suspend_account(c, ROOT, WHO, reason="mất điện thoại")
    office.tell()
    office.tell(LetterKind.SUSPENDED, "vanthu.snv@tinh.gov.vn", address=WHO, name="Nguyễn Văn An")
    office.post.send_waiting()
    texts = {to[0][0]: text_of(message) for message, to in office.queued()}
    assert texts["vanthu.snv@tinh.gov.vn"].startswith("Kính gửi Văn thư Sở Nội vụ,\n")
    assert WHO in texts


def test_a_letter_to_a_group_reaches_its_members(office: Office) -> None:
    with office.database.write() as c:
        service.add_group(c, ROOT, "lanhdao@tinh.gov.vn", "Lãnh đạo")
        service.add_member(c, ROOT, "lanhdao@tinh.gov.vn", WHO)
    office.tell(to="lanhdao@tinh.gov.vn")
    office.post.send_waiting()
    assert office.queued()[0][1] == [(WHO, "local", "NEVER")]


def test_a_recovery_code_leaves_with_its_letter_and_stays_nowhere_else(office: Office) -> None:
    with office.database.write() as c:
        c.execute(update(Person).values(recovery_address="an.rieng@gmail.com"))
    sealer = open_sealer(office.settings.keys_directory)
    with office.database.write() as c:
        rules = office.settings.accounts
        assert recovery.request(c, WHO, ip="203.0.113.7", at=now_ms(), settings=rules, sealer=sealer)
    code = recovery.reveal(sealer, json.loads(office.letters()[0].facts))
    office.post.send_waiting()
    ((message, recipients),) = office.queued()
    assert recipients == [("an.rieng@gmail.com", "mx:gmail.com", "NEVER")]
    text = text_of(message)
    assert f"Mã đặt lại mật khẩu thư công vụ: {code}" in text
    assert "Chỉ dùng một lần, đến " in text
    assert WHO not in message.as_string()
    assert "Nguyễn Văn An" not in text
    assert "http" not in text
    assert "sealed" not in office.letters()[0].facts


def test_a_recovery_code_that_is_too_old_by_now_is_not_sent(office: Office) -> None:
    with office.database.write() as c:
        c.execute(update(Person).values(recovery_address="an.rieng@gmail.com"))
        sealer = open_sealer(office.settings.keys_directory)
        recovery.request(c, WHO, ip="", at=now_ms() - HOUR, settings=office.settings.accounts, sealer=sealer)
    office.post.send_waiting()
    assert not office.queued()
    (letter,) = office.letters()
    assert letter.outcome == "the code is too old by now"
    assert "sealed" not in letter.facts


def test_a_signed_head_reaches_its_witness_as_it_is(office: Office) -> None:
    head = f"mailhub audit head v1\nhub: tinh.gov.vn\nday: 2026-11-22\nrow: 7\nhash: {'0a' * 32}\nkey: {'A' * 43}=\n"
    head += f"signature: {'B' * 86}==\n"
    office.tell(LetterKind.AUDIT_HEAD, "nhan-chung@khac.example", day="2026-11-22", head=head)
    office.post.send_waiting()
    with office.database.read() as c:
        row = c.execute(select(message_table)).one()
    raw = b"".join(office.spool.read(Location(row.spool_file, row.spool_offset, row.spool_length)))
    assert head.strip().replace("\n", "\r\n").encode() in raw
    ((message, _),) = office.queued()
    text, attached = message.iter_parts()
    assert "22/11/2026" in text_of(text)
    assert attached.get_filename() == "audit-head-2026-11-22.txt"


def test_many_letters_go_in_several_turns(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(post, "AT_ONCE", 4)
    for _ in range(10):
        office.tell()

    async def all_sent() -> None:
        done = asyncio.Event()

        def after() -> None:
            if all(letter.sent_at for letter in office.letters()):
                done.set()

        monkeypatch.setattr(office.post, "_after", after)
        running = asyncio.create_task(office.post.run())
        await done.wait()
        running.cancel()

    asyncio.run(asyncio.wait_for(all_sent(), 20))
    assert len(office.queued()) == 10


@pytest.mark.parametrize("kind", [LetterKind.POLICY_ASKED, LetterKind.POLICY_WAITS, LetterKind.HELD_DIGEST])
def test_a_letter_that_wants_a_word_comes_from_the_address_that_takes_the_answer(
    office: Office, kind: LetterKind
) -> None:
    office.tell(kind, code="7K4-QW2-M9", thread="<1@client.test>", reason_needed=True)
    office.post.send_waiting()
    ((message, _),) = office.queued()
    assert message["From"] == "Quản trị thư điện tử <thuchoduyet@tinh.gov.vn>"
    assert message["Reply-To"] == "thuchoduyet@tinh.gov.vn"
    assert (message["In-Reply-To"], message["References"]) == ("<1@client.test>", "<1@client.test>")
    assert message["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize("thread", ["<a@b>\r\nBcc: x@y", "a@b", "<a b@c>", "<\x00@c>", "<" + "a" * 300 + "@b>", 7])
def test_a_strangers_message_id_brings_no_header_of_its_own(office: Office, thread: object) -> None:
    office.tell(LetterKind.POLICY_ASKED, code="7K4-QW2-M9", subject="a\r\nBcc: x@y\x00", thread=thread)
    office.post.send_waiting()
    ((message, _),) = office.queued()
    assert not message.defects
    assert message["In-Reply-To"] is None
    assert message["Bcc"] is None


def test_what_nobody_answered_comes_back_as_it_was(office: Office) -> None:
    def raw() -> list[bytes]:
        with office.database.read() as c:
            rows = c.execute(select(message_table).order_by(message_table.c.id)).all()
        places = [Location(row.spool_file, row.spool_offset, row.spool_length) for row in rows]
        return [b"".join(office.spool.read(place)) for place in places]

    office.tell()
    office.post.send_waiting()
    [original] = raw()
    with office.database.read() as c:
        row = c.execute(select(message_table)).one()
    with office.database.write() as c:
        tell(c, LetterKind.WORD_LAPSED, WHO, {"code": "7K4-QW2-M9", "original": row.id})
        tell(c, LetterKind.WORD_LAPSED, WHO, {"code": "7K4-QW2-M9", "original": 5})
    office.post.send_waiting()
    (_, _), (whole, _), (bare, _) = office.queued()
    [part] = [one for one in whole.walk() if one.get_content_type() == "message/rfc822"]
    assert original in raw()[1]
    assert str(part.get_content()["Subject"]).startswith("Hộp thư")
    assert "Thư gốc đính kèm" in text_of(whole.get_body())
    assert not bare.is_multipart()
    assert "đính kèm" not in text_of(bare)


def test_a_desk_gets_the_original_or_its_header_alone(office: Office) -> None:
    office.tell()
    office.post.send_waiting()
    with office.database.read() as c:
        number = c.execute(select(message_table.c.id)).scalar_one()
    asked = {"code": "7K4-QW2-M9", "original": number, "asked": "desk"}
    with office.database.write() as c:
        for facts in (asked, asked | {"headers_only": True}, asked | {"original": None}):
            tell(c, LetterKind.POLICY_ASKED, WHO, facts)
    office.post.send_waiting()
    (_, _), (whole, _), (header, _), (bare, _) = office.queued()
    assert [one.get_content_type() for one in whole.iter_attachments()] == ["message/rfc822"]
    [part] = header.iter_attachments()
    assert part.get_content_type() == "text/rfc822-headers"
    assert "Subject:" in part.get_content()
    assert "\n\n" not in part.get_content().replace("\r", "").strip()
    assert "Chỉ đính kèm phần đầu của thư gốc" in text_of(header.get_body())
    assert not bare.is_multipart()


def test_a_secret_comes_back_to_nobody(office: Office) -> None:
    office.tell()
    office.post.send_waiting()
    with office.database.write() as c:
        number = c.execute(select(message_table.c.id)).scalar_one()
        c.execute(update(recipient_table).values(state="destroyed"))
        for kind in (LetterKind.WORD_LAPSED, LetterKind.POLICY_ASKED):
            tell(c, kind, WHO, {"code": "7K4-QW2-M9", "original": number, "asked": "desk"})
    office.post.send_waiting()
    for bare, _ in office.queued()[1:]:
        assert not bare.is_multipart()
