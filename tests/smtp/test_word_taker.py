"""Answers are taken as often as people give them, and not as often as a program could."""

from __future__ import annotations

import asyncio

import pytest

from mailhub.clock import HOUR
from mailhub.mail.reply_word import Word
from mailhub.queue.answers import Answer
from mailhub.smtp import word_taker
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
