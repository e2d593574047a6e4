"""The life of a few messages from commit to the cleared spool, with the real parts and a next hop that keeps a book.

The book is a file of JSON lines: what the hop has confirmed, or what it said instead. Recipients behave by name:
`bad…` is refused for good, `later…` the first time for a while, everybody else gets the message.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mailhub.accounts.directory import Directory
from mailhub.clock import now_ms
from mailhub.delivery import housekeeping, outcomes
from mailhub.delivery.notices import NoticeWriter
from mailhub.delivery.outgoing import Outcome, Outgoing, RecipientResult
from mailhub.delivery.signing import Signer
from mailhub.delivery.worker import Worker
from mailhub.ids import new_code, new_id
from mailhub.intake.committer import Committer
from mailhub.queue import service as queue
from mailhub.queue.models import Door
from mailhub.queue.records import NewMessage, NewRecipient
from mailhub.settings import Settings, load
from mailhub.store.database import Database, open_database
from mailhub.store.schema import METADATA
from mailhub.store.spool import Spool, StagedBody
from tests.support.accounts import make_account, make_province

SENDER = "a@tinh.gov.vn"
PREFIX = b"Received: by hub.tinh.gov.vn\r\n"
SMALL_KIB = 1


@dataclass(frozen=True)
class Letter:
    """A message of the scenario; `body` begins with its name."""

    name: str
    recipients: tuple[str, ...]
    size: int

    @property
    def content(self) -> bytes:
        line = f"{self.name} {self.size}\r\n".encode()
        return f"X-Id: {self.name}\r\nFrom: {SENDER}\r\n\r\n".encode() + line * (self.size // len(line))


LETTERS = (
    Letter("plain", ("ok@outside.test", "later@outside.test"), 300),
    Letter("bounced", ("bad@outside.test", "ok@outside.test"), 300),
    Letter("large", ("ok@outside.test",), 5_000),
    Letter("empty", ("later2@outside.test",), 0),
)


def prepare(directory: Path) -> None:
    """A hub's directory with tables, one account, and settings."""
    (directory / "mailhub.toml").write_text(
        '[hub]\ndomain = "tinh.gov.vn"\nhostname = "hub.tinh.gov.vn"\n[mailboxes]\nenabled = false\n'
    )
    database = open_database(_settings(directory).database_url)
    with database.write() as connection:
        METADATA.create_all(connection)
    make_province(database)
    make_account(database, SENDER, password=None)
    database.close()


def _settings(directory: Path) -> Settings:
    (directory / "data").mkdir(exist_ok=True)
    return load(directory / "mailhub.toml")


def run(directory: Path, *, send: bool) -> None:
    """Send (or only recover), deliver until the queue is empty, clear the spool."""
    vars(outcomes)["retry_at"] = lambda now, *_, **__: now
    housekeeping.GRACE_SECONDS = -1.0
    asyncio.run(_run(directory, send=send))


def warm_up(directory: Path) -> None:
    """Do all of it once in this process, so that the children which begin as its copies find everything loaded."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(vars(outcomes), "retry_at", vars(outcomes)["retry_at"])  # `run` changes them for good
        patch.setattr(housekeeping, "GRACE_SECONDS", housekeeping.GRACE_SECONDS)
        run(directory, send=True)


async def _run(directory: Path, *, send: bool) -> None:
    settings = _settings(directory)
    database = open_database(settings.database_url, checkpoints=True)
    if send:
        await _send(directory, settings, database)
    await _deliver(directory, settings, database)
    spool = _spool(settings, "cleaner")
    housekeeping.clear_spool(settings, database, spool)
    database.checkpoint()
    database.close()


def _spool(settings: Settings, writer: str) -> Spool:
    spool = Spool(settings.spool_directory, writer, small_kib=SMALL_KIB, segment_mib=0)  # each batch its own segment
    spool.prepare()
    return spool


async def _send(directory: Path, settings: Settings, database: Database) -> None:
    spool = _spool(settings, "smtp-0")
    committer = Committer(database, spool, lambda: None)
    committer.start()

    async def one(letter: Letter) -> None:
        body = spool.stage()
        body.write(letter.content)
        await body.settle()
        await committer.commit(_message(letter, body))
        with (directory / "accepted").open("a") as book:  # the client has read its 250
            book.write(f"{letter.name}\n")

    await asyncio.gather(*(one(letter) for letter in LETTERS[:2]))
    await asyncio.gather(*(one(letter) for letter in LETTERS[2:]))
    await asyncio.to_thread(committer.stop)


def _message(letter: Letter, body: StagedBody) -> NewMessage:
    return NewMessage(
        id=new_id(),
        code=new_code(),
        door=Door.SUBMISSION,
        received_at=now_ms(),
        sender=SENDER,
        sender_verified=True,
        account_id=None,
        client="192.0.2.1",
        message_id=f"<{letter.name}@client.test>",
        subject=letter.name,
        body=body,
        prefix=PREFIX,
        cuts=(),
        body_hash=b"",
        utf8=False,
        eight_bit=False,
        dsn_ret=None,
        dsn_envid=None,
        fingerprint=None,
        junk=False,
        derived_from=None,
        recipients=tuple(NewRecipient(address=to, destination="mx:outside.test") for to in letter.recipients),
    )


async def _deliver(directory: Path, settings: Settings, database: Database) -> None:
    spool = _spool(settings, "worker-0")
    hop: Any = Hop(directory / "hop")
    notices = NoticeWriter(lambda: settings, Directory(database), database, spool)
    worker = Worker("worker-0", lambda: settings, database, spool, hop, Signer(lambda: settings), notices)
    running = asyncio.create_task(worker.run())
    while not running.done() and _open(database):  # noqa: ASYNC110
        await asyncio.sleep(0.005)
    worker.stop()
    await running


def _open(database: Database) -> int:
    with database.read() as connection:
        return queue.count_open(connection)


class Hop:
    """In the place of the pool: writes down what it takes, then answers."""

    def __init__(self, book: Path) -> None:
        self._book = book

    async def deliver(self, key: str, outgoing: Outgoing) -> list[RecipientResult]:
        chunks: Any = outgoing.content.chunks()
        content = b"".join(chunks)
        assert len(content) == outgoing.content.size
        return [self._take(to.address, content) for to in outgoing.recipients]

    def _take(self, address: str, content: bytes) -> RecipientResult:
        outcome, code, enhanced = Outcome.DELIVERED, 250, "2.0.0"
        if address.startswith("bad"):
            outcome, code, enhanced = Outcome.PERMANENT, 550, "5.1.1"
        elif address.startswith("later") and not any(entry["to"] == address for entry in read_book(self._book)):
            outcome, code, enhanced = Outcome.TEMPORARY, 450, "4.2.0"
        entry = {"to": address, "outcome": outcome.value, "content": content.decode("latin-1")}
        with self._book.open("a") as book:
            book.write(json.dumps(entry) + "\n")
        return RecipientResult(address, outcome, code, enhanced, "said the hop", host="mx.outside.test")


def read_book(path: Path) -> Iterator[dict[str, str]]:
    """What the hop wrote down."""
    if path.exists():
        yield from map(json.loads, path.read_text().splitlines())


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
