"""Answers are taken as often as people give them, and not as often as a program could."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from mailhub.clock import HOUR
from mailhub.mail.headers import read_fields
from mailhub.mail.reply_word import Word
from mailhub.queue.answers import Answer
from mailhub.settings import Settings
from mailhub.settings.sections import Hub
from mailhub.smtp import word_taker
from mailhub.smtp.word import draws_answers
from mailhub.smtp.word_taker import TooManyAnswers, WordTaker
from mailhub.store.database import Database
from tests.support.databases import database, sqlite_database

__all__ = ["database", "sqlite_database"]


def test_too_many_answers_of_one_account_wait(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_taker, "MOST_AN_HOUR", 3)
    now = [1_800_000_000_000]
    taker = WordTaker(database, lambda: None, clock=lambda: now[0])

    def take(account: int) -> None:
        asyncio.run(taker.take(account, Answer(word=Word()), "192.0.2.1"))

    for _ in range(3):
        take(1)
    with pytest.raises(TooManyAnswers):
        take(1)
    take(2)
    now[0] += HOUR
    take(1)


@pytest.mark.parametrize(
    "line",
    [
        b"Reply-To: thuchoduyet@tinh.gov.vn",
        b"reply-to: =?utf-8?q?An?= <THUCHODUYET@Tinh.Gov.Vn>",
        b'Reply-To: a@b.vn, "thuchoduyet" (x) @ tinh.gov.vn',
        b"Mail-Followup-To: nhom: thuchoduyet@tinh.\r\n gov.vn;",
    ],
)
def test_a_strangers_mail_whose_answers_go_to_the_hub_is_told(line: bytes) -> None:
    settings = Settings(directory=Path("/nowhere"), hub=Hub(domain="tinh.gov.vn", hostname="mx.tinh.gov.vn"))
    assert draws_answers(settings, read_fields(b"From: a@b.vn\r\n" + line + b"\r\n"))
    assert not draws_answers(settings, read_fields(b"To: thuchoduyet@tinh.gov.vn\r\nReply-To: a@tinh.gov.vn\r\n"))
