"""A message read once: within the time that there is, by one reader, and never for ever."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from mailhub.files.facts import DangerKind, Limits, Mode, Unreadable
from mailhub.intake import inspection
from mailhub.intake.inspection import MailInspector
from mailhub.registry import service as registry
from mailhub.sandbox.pool import Inspector
from mailhub.store.database import Database
from tests.registry.parts import ROOT, keep, sighting
from tests.support.databases import sqlite_database  # noqa: F401
from tests.support.inspector import obedient_pool

QUICK, FULL = Limits(seconds=0.5), Limits(mode=Mode.FULL, seconds=0.5)


@pytest.fixture(scope="module")
def pool() -> Iterator[Inspector]:
    with obedient_pool() as inspector:
        yield inspector


@pytest.fixture
def inspector(pool: Inspector, sqlite_database: Database) -> MailInspector:  # noqa: F811
    return MailInspector(sqlite_database, pool, lambda: None)


def mail(*words: str, name: str = "a.txt") -> bytes:
    """A message whose files tell the obedient reader what to do."""
    message = EmailMessage(policy=SMTP)
    message["From"] = "nva@tinh.gov.vn"
    message.set_content("Xin gửi.\n")
    for word in words:
        message.add_attachment(word.encode(), maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


async def test_what_the_time_does_not_suffice_for_waits_and_is_not_called_unreadable(inspector: MailInspector) -> None:
    found = await inspector.inspect(mail("say x", "sleep 5"), subject="", limits=QUICK, seconds=10)
    assert [file.waits for file in found.files] == ["", "unread"]
    found = await inspector.inspect(mail("sleep 5", "sleep 6"), subject="", limits=Limits(), seconds=1)
    assert [file.waits for file in found.files] == ["unread", "unread"]


async def test_after_the_slow_reading_nothing_waits(inspector: MailInspector) -> None:
    found = await inspector.inspect(mail("scan", "sleep 5"), subject="", limits=FULL, seconds=10)
    assert found.files[0].facts is not None
    assert found.files[0].facts.needs_ocr
    assert found.files[1].facts is not None
    assert found.files[1].facts.unreadable is Unreadable.TIME
    assert found.pending == ()


async def test_scanned_pages_wait_for_the_slow_reading(inspector: MailInspector) -> None:
    found = await inspector.inspect(mail("scan"), subject="", limits=QUICK, seconds=10)
    assert [file.waits for file in found.files] == ["ocr"]


async def test_a_file_that_is_known_is_judged_by_its_name_of_today(inspector: MailInspector) -> None:
    word = f"say {os.urandom(8).hex()}"
    first = await inspector.inspect(mail(word), subject="", limits=QUICK, seconds=10)
    again = await inspector.inspect(mail(word, name="luong.pdf.exe"), subject="", limits=QUICK, seconds=10)
    after = await inspector.inspect(mail(word), subject="", limits=QUICK, seconds=10)
    kinds = [
        {danger.kind for file in one.files if file.facts for danger in file.facts.dangers}
        for one in (first, again, after)
    ]
    assert DangerKind.DOUBLE_EXTENSION in kinds[1]
    assert kinds[0] == kinds[2] == set()


async def test_more_than_fits_into_the_memory_waits_for_the_slow_reading(
    inspector: MailInspector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspection, "UNDER_WAY_OCTETS", 10)
    asked = [inspector.inspect(mail(f"sleep 0.{n}"), subject="", limits=QUICK, seconds=10) for n in (3, 4)]
    found = await asyncio.gather(*asked)
    assert [file.waits for one in found for file in one.files] == ["", "unread"]
    alone = await inspector.inspect(mail("say more than ten octets"), subject="", limits=QUICK, seconds=10)
    assert alone.pending == ()


async def _signer(inspector: MailInspector, data: bytes, limits: Limits = QUICK) -> str | None:
    found = await inspector.inspect(data, subject="", limits=limits, seconds=10)
    facts = found.files[0].facts
    assert facts is not None
    return None if facts.recognition is None else facts.recognition.value("signer")


async def test_a_correction_holds_for_what_is_remembered_and_for_what_is_read_afresh(
    inspector: MailInspector,
    sqlite_database: Database,  # noqa: F811
) -> None:
    word = f"say {os.urandom(8).hex()}"
    assert await _signer(inspector, mail(word)) is None
    keep(sqlite_database, sighting(word))
    with sqlite_database.write() as connection:
        registry.correct(connection, ROOT, hashlib.sha256(word.encode()).hexdigest(), "signer", "Lê Thị Hoa")
    assert await _signer(inspector, mail(word), Limits(seconds=0.5, want_text=True)) == "Lê Thị Hoa"
    assert await _signer(inspector, mail(word)) == "Lê Thị Hoa"
