"""The rules in force, in every process, and never out of date.

Before each answer one tiny row is read (`accounts/version.py`): an activation moves it on in its own transaction, so
that no message is judged by rules that were replaced before it came. The exceptions are left out: they are rows
(`exceptions.py`).
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import Connection, select

from mailhub.accounts.version import VersionReader
from mailhub.policy.judging import Judge
from mailhub.policy.rules.errors import BookErrors
from mailhub.policy.rules.reading import read_book
from mailhub.policy.rules.rule import RuleBook
from mailhub.screening.models import PolicyVersion
from mailhub.screening.rules.policy_file import shipped_text
from mailhub.store.database import Database

log = logging.getLogger(__name__)

NONE_STORED = 0  # the number of the rules where no stored version can be used
_EXCEPTION = re.compile(r"[ \t]*\[\[[ \t]*exception[ \t]*\]\]")
_TABLE = re.compile(r"[ \t]*\[")


class LiveBook:
    """The rules for one process. Safe to use from threads; close it when done."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._version = VersionReader(database)
        self._lock = threading.Lock()
        self._seen = -1
        self._judge: Judge | None = None
        self._unusable = NONE_STORED

    def current(self) -> Judge:
        """What judges now.

        A stored version that this program cannot read changes nothing: the last good one goes on (`mailhub doctor`
        says so).

        Raises:
            StoreUnavailable
        """
        with self._lock:
            version = self._version.read()
            if self._judge is None or version != self._seen:
                self._judge = self._renewed(self._judge)
                # The version read *before* the rows: if they are newer, the next question reads them again.
                self._seen = version
            return self._judge

    def close(self) -> None:
        """Give the connection back."""
        with self._lock:
            self._version.close()

    def _renewed(self, judge: Judge | None) -> Judge:
        with self._database.read() as connection:
            newest = connection.scalar(select(PolicyVersion.number).order_by(PolicyVersion.number.desc()).limit(1))
            if judge is not None and newest in (judge.version, self._unusable, None):
                return judge
            for number, text in _stored(connection):
                if judge is not None and number == judge.version:
                    return judge
                try:
                    return Judge(rules_of(text, number), number)
                except BookErrors as error:
                    self._unusable = max(self._unusable, number)
                    log.error("version %d of the rules is of no use to this program: %s", number, error.lines()[0])  # noqa: TRY400
        return Judge(rules_of(shipped_text(), NONE_STORED), NONE_STORED) if newest else Judge(RuleBook(()), NONE_STORED)


def rules_of(text: str, number: int) -> RuleBook:
    """The rules of a stored text, without its exceptions, which take no memory here.

    Raises:
        BookErrors: this program cannot read them.
    """
    book = read_book(without_exceptions(text), f"version {number}")
    return replace(book, exemptions=())


def without_exceptions(text: str) -> str:
    """`text` with every line of an `[[exception]]` empty, so that the others keep their numbers."""
    kept, inside = [], False
    for line in text.split("\n"):
        if _TABLE.match(line):
            inside = _EXCEPTION.match(line) is not None
        kept.append("" if inside else line)
    return "\n".join(kept)


def _stored(connection: Connection) -> Iterator[tuple[int, str]]:
    """Every version, the newest first, one at a time."""
    query = select(PolicyVersion.number, PolicyVersion.text).order_by(PolicyVersion.number.desc()).limit(1)
    below: int | None = None
    while True:
        row = connection.execute(query if below is None else query.where(PolicyVersion.number < below)).one_or_none()
        if row is None:
            return
        yield row.number, row.text
        below = row.number
