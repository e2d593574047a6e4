"""The hub's parts in one process, for crashes at each write: doors, late reading, letters, words, the sweep of copies.

Only what lies outside is a stand-in: the sandbox, the next hop (which keeps a book), and the folders of a mailbox. The
client sends again whatever got no answer, as a client does.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from mailhub.accounts.directory import Directory
from mailhub.accounts.life.models import Letter
from mailhub.clock import DAY, now_ms
from mailhub.delivery import housekeeping, outcomes
from mailhub.delivery.notices import NoticeWriter
from mailhub.delivery.outgoing import Outcome, Outgoing, RecipientResult
from mailhub.delivery.signing import Signer
from mailhub.delivery.worker import Worker
from mailhub.documents.grammar.recognition import Evidence, Found, Recognition
from mailhub.files.facts import FileFacts, Mode
from mailhub.incidents import sealing
from mailhub.incidents.models import IncidentCopy
from mailhub.incidents.sweeping import AFTER, Sweeper
from mailhub.intake.committer import Committer
from mailhub.intake.gauges import Gauges
from mailhub.intake.inspecting import SessionInspection
from mailhub.intake.inspection import InspectedFile, Inspection
from mailhub.intake.late import LateInspector
from mailhub.lifecycle.post import PostOffice
from mailhub.mail.headers import header_end
from mailhub.mail.structure import read_structure
from mailhub.mail.transfer import decode_body
from mailhub.mailboxes.copies import Copy
from mailhub.policy.judging import Judge
from mailhub.policy.rules.reading import read_book
from mailhub.queue import service as queue
from mailhub.queue import words
from mailhub.queue.models import PendingInspection
from mailhub.queue.records import NewRecipient
from mailhub.sandbox.errors import InspectorUnavailable
from mailhub.screening.late import LateScreening
from mailhub.screening.screen import Screen
from mailhub.settings import Settings, load
from mailhub.smtp.door import Client, MailCommand, RcptCommand, Reply, Transaction
from mailhub.smtp.hub import Hub, accepted
from mailhub.smtp.submission import SubmittedMessage
from mailhub.smtp.word import WordMessage
from mailhub.smtp.word_taker import WordTaker
from mailhub.store.database import Database, open_database
from mailhub.store.errors import StoreUnavailable
from mailhub.store.spool import Spool
from mailhub.text.lines import Source
from tests.support.accounts import make_account, make_province
from tests.support.rulebooks import SECRET, rule

AN, BINH, OFFICER = "nva@tinh.gov.vn", "ttb@tinh.gov.vn", "attt@tinh.gov.vn"
WORD_TO = "thuchoduyet@tinh.gov.vn"
PASSPHRASE = "cụm từ dài của cán bộ phụ trách"
SMALL_KIB = 1
AT_THE_DOT = "message.size = { at_least = 1 }"
ASKS = {"stage": "hold", "action": "ask", "reason_needed": "false"}
BOOK = (
    SECRET,
    rule("giu", 'recipient.domain = "giu.example"', **ASKS),
    rule("quahan", 'recipient.domain = "quahan.example"', **ASKS),
    rule("quetgiu", 'recipient.domain = "quetgiu.example"', **ASKS),
    rule("chan", f'recipient.domain = "chan.example"\n{AT_THE_DOT}'),
    rule("quetchan", f'recipient.domain = "quetchan.example"\n{AT_THE_DOT}'),
    rule("nhac", 'recipient.domain = "nhac.example"', stage="warn"),
)
SECRET_WORDS = ("Khe Sặt Đông Thượng", "lối mòn Tả Gia Khâu", "kho Bản Phiệt Hạ", "quet-ban-phiet")


@dataclass(frozen=True)
class Mail:
    """Something that An sends. `gets` are the recipients who have it in the end."""

    name: str
    to: tuple[str, ...]
    gets: tuple[str, ...] = ()
    subject: str = "Thu"
    text: str = "Kính gửi anh."
    file: str = ""  # its name; of a scan, which is read late
    octets: bytes = b"%PDF"
    large: bool = False

    @property
    def content(self) -> bytes:
        mail = EmailMessage(policy=SMTP)
        mail["X-Id"], mail["From"], mail["To"], mail["Subject"] = self.name, AN, ", ".join(self.to), self.subject
        mail["Message-ID"] = f"<{self.name}@client.test>"
        mail.set_content(self.text + ("\nMột dòng nữa của bức thư dài.\n" * 100 if self.large else ""))
        if self.file:
            mail.add_attachment(self.octets, maintype="application", subtype="pdf", filename=self.file)
            mail.set_boundary(f"b-{self.name}")
        return mail.as_bytes()


OK = "ok@outside.test"
MAILS = (
    Mail("giu", ("x@giu.example", OK), ("x@giu.example", OK)),
    Mail("quahan", ("x@quahan.example", OK), (OK,)),
    Mail("chan", ("x@chan.example", OK), (OK,), large=True),
    Mail("nhac", ("x@nhac.example",), ("x@nhac.example",)),
    Mail("quetgiu", ("x@quetgiu.example", OK), ("x@quetgiu.example", OK), file="quet.pdf"),
    Mail("quetchan", ("x@quetchan.example", OK), (OK,), file="quet.pdf", large=True),
    Mail("mat", (BINH, OK), subject="Khe Sặt Đông Thượng", text="MẬT\nlối mòn Tả Gia Khâu.\n", large=True),
    Mail("quetmat", (BINH,), subject="kho Bản Phiệt Hạ", file="quet-ban-phiet.pdf", octets=b"%PDF SECRET"),
)
SENT_AFTER_A_WORD = ("giu", "quetgiu")
DRAFTS = {  # An's folders: name → (is it a copy of the secret, Message-ID, subject, text)
    "sent": (True, "<mat@client.test>", "Khe Sặt Đông Thượng", "MẬT\nlối mòn Tả Gia Khâu."),
    "draft": (True, "<other@client.test>", "", "MẬT\nlối mòn Tả Gia Khâu."),
    "innocent": (False, "<third@client.test>", "Họp", "Mời họp lúc tám giờ."),
}


def prepare(directory: Path, url: str) -> None:
    """A hub's folder with people, keys, and An's folders; the tables are there."""
    (directory / "data").mkdir()
    (directory / "keys").mkdir()
    (directory / "imap").mkdir()
    (directory / "mailhub.toml").write_text(
        f'[hub]\ndomain = "tinh.gov.vn"\nhostname = "hub.tinh.gov.vn"\n[mailboxes]\nenabled = false\n'
        f'[secrets]\nofficers = ["{OFFICER}"]\nphone = "0214 3 840 000"\n[delivery]\nsmarthost = "127.0.0.1:9"\n'
    )
    database = open_database(url)
    make_province(database)
    for address in (AN, BINH, OFFICER):
        make_account(database, address, password=None)
    database.close()
    sealing.install_key(directory / "keys", sealing.make_key(PASSPHRASE)[1])
    for name, (_, ident, subject, text) in DRAFTS.items():
        (directory / "imap" / name).write_text(json.dumps([ident, subject, text]))


def run(directory: Path, url: str) -> None:
    """Everything that is still to be done, from the first mail to the cleared spool."""
    vars(outcomes)["retry_at"] = lambda now, *_, **__: now
    housekeeping.GRACE_SECONDS = -1.0
    asyncio.run(_run(directory, url))


def warm_up(directory: Path, url: str) -> None:
    """Do all of it once in this process, so that the children which begin as its copies find everything loaded."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(vars(outcomes), "retry_at", vars(outcomes)["retry_at"])  # `run` changes them for good
        patch.setattr(housekeeping, "GRACE_SECONDS", housekeeping.GRACE_SECONDS)
        run(directory, url)


async def _run(directory: Path, url: str) -> None:
    settings = load(directory / "mailhub.toml")
    database = open_database(url, checkpoints=True)
    house = House(directory, settings, database)
    await house.work()
    database.close()


class _Book:
    """The rules of this test, in the place of the stored ones."""

    judge = Judge(read_book("\n".join(BOOK), "policy.toml"), 1)

    def current(self) -> Judge:
        return self.judge

    def close(self) -> None:
        pass


class Reader:
    """In the place of the sandbox: a scan is only read when there is time for it."""

    down = False

    async def inspect(self, data: Any, *, limits: Any, structure: Any = None, **_: Any) -> Inspection:
        if self.down:
            raise InspectorUnavailable("the sandbox does not answer")
        octets = bytes(data)
        structure = structure or read_structure(octets)
        files = []
        for part in structure.files:
            content, _coded = decode_body(octets, part)
            facts = None
            if limits.mode is Mode.FULL:
                why = Evidence("test")
                fields = {"doc_type": Found("CV", 0.9, why)}
                fields |= {"secrecy": Found("MẬT", 0.99, why)} if b"SECRET" in content else {}
                facts = FileFacts(
                    name=part.name, type="application/pdf", size=len(content), source=Source.OCR,
                    recognition=Recognition(fields=fields),
                )  # fmt: skip
            files.append(InspectedFile(part, hashlib.sha256(content).digest(), len(content), facts, limits.mode))
        return Inspection(structure, tuple(files))


class _Folders:
    """An's folders as files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _all(self) -> list[Copy]:
        found = []
        for path in sorted(self._folder.iterdir()):
            ident, subject, text = json.loads(path.read_text())
            found.append(Copy(path.name, path.name, 1, ident, subject.encode(), True, len(text)))
        return found

    async def with_message_id(self, message_id: str) -> list[Copy]:
        return [copy for copy in self._all() if copy.message_id == message_id]

    async def saved_since(self, at: int) -> list[Copy]:
        return self._all()

    async def read(self, copy: Copy) -> bytes:
        _, subject, text = json.loads((self._folder / copy.folder).read_text())
        mail = EmailMessage(policy=SMTP)
        mail["Subject"] = subject
        mail.set_content(text)
        return mail.as_bytes()

    async def remove(self, copies: Collection[Copy]) -> int:
        for copy in copies:
            (self._folder / copy.folder).unlink()
        return len(copies)


class House:
    """The parts, wired as `serve/` wires them."""

    def __init__(self, directory: Path, settings: Settings, database: Database) -> None:
        self.directory, self.settings, self.database = directory, settings, database
        self.people = Directory(database)
        self.spool = self._spool("smtp-0")
        self.committer = Committer(database, self.spool, lambda: None)
        self.reader = Reader()
        reader: Any = self.reader
        book: Any = _Book()
        nothing: Any = None
        self.screen = Screen(self._settings, database, self.people, book)
        self.hub = Hub(
            settings=self._settings, directory=self.people, spool=self.spool, committer=self.committer,
            resolver=nothing, verifier=nothing, gauges=Gauges(self._settings, database, settings.spool_directory),
            quota=None, inspection=SessionInspection(self._settings, database, reader), screen=self.screen,
            words=WordTaker(database, lambda: None),
        )  # fmt: skip
        self.worker_spool = self._spool("worker-0")
        rules = LateScreening(self._settings, database, self.people, self.worker_spool, self.screen)
        self.late = LateInspector(
            "worker-0", self._settings, database, self.worker_spool, reader, after=lambda: None, rules=rules
        )
        self.post = PostOffice(self._settings, self.people, database, self._spool("post"))
        folders = _Folders(directory / "imap")
        self.sweeper = Sweeper(
            self._settings, database, self.worker_spool, lambda address: folders if address == AN else _Folders(
                directory / "keys" / "none"
            ),
        )  # fmt: skip

    def _settings(self) -> Settings:
        return self.settings

    def _spool(self, writer: str) -> Spool:
        spool = Spool(self.settings.spool_directory, writer, small_kib=SMALL_KIB, segment_mib=0)
        spool.prepare()
        return spool

    async def work(self) -> None:
        self.committer.start()
        for mail in MAILS:
            await self._say(mail.name, lambda mail=mail: self.submit(mail))  # type: ignore[misc]
        await self.read_late()
        self._write_letters()
        for name in SENT_AFTER_A_WORD:
            await self._say(f"word {name}", lambda name=name: self._answer(name))  # type: ignore[misc]
        with self.database.write() as connection:
            words.lapse(connection, at=now_ms() + 60 * DAY)
        self._write_letters()
        await self._sweep()
        await self._deliver()
        await asyncio.to_thread(self.committer.stop)
        housekeeping.clear_spool(self.settings, self.database, self._spool("cleaner"))
        self.database.checkpoint()

    async def _say(self, name: str, act: Callable[[], Any]) -> None:
        """As a client does it: until there is an answer."""
        if name in read_answers(self.directory):
            return
        reply: Reply = await act()
        with (self.directory / "answers").open("a") as book:
            book.write(json.dumps([name, reply.code, reply.text]) + "\n")

    def _client(self) -> Client:
        account = self.people.account_named(AN)
        assert account is not None
        client = Client("192.0.2.1", 1, 587)
        client.account, client.logged_in_at = account.id, now_ms()
        return client

    async def submit(self, mail: Mail) -> Reply:
        """An sends a mail; the answer at the dot."""
        tx = Transaction(MailCommand(AN))
        for to in mail.to:
            tx.recipients.append(RcptCommand(to))
            domain = to.rpartition("@")[2]
            place = "local" if domain == "tinh.gov.vn" else f"mx:{domain}"
            accepted(tx).recipients[to] = NewRecipient(address=to, destination=place)
        body = SubmittedMessage(self.hub, self._client(), tx)
        content = mail.content
        try:
            for start in range(0, len(content), 700):
                body.write(content[start : start + 700])
        except StoreUnavailable:  # the server says 451 (smtp/data.py)
            await body.abort()
            return Reply(451, "4.3.0", "")
        return await body.finish()

    async def _answer(self, name: str) -> Reply:
        """An answers the letter about the mail."""
        code = read_answers(self.directory)[name][1].split()[-1]
        with self.database.read() as connection:
            query = select(Letter.id, Letter.facts).where(Letter.kind == "policy-asked")
            number = next(row.id for row in connection.execute(query) if json.loads(row.facts)["code"] == code)
        mail = EmailMessage(policy=SMTP)
        mail["From"], mail["To"], mail["Subject"] = AN, WORD_TO, f"Re: [{code}] Thư chưa gửi"
        mail["In-Reply-To"] = f"<letter.{number}@hub.tinh.gov.vn>"
        mail["Message-ID"] = f"<word-{name}@client.test>"
        mail.set_content("GỬI\n")
        tx = Transaction(MailCommand(AN), [RcptCommand(WORD_TO)], {"word": True})
        body = WordMessage(self.hub, self._client(), tx)
        body.write(mail.as_bytes())
        return await body.finish()

    async def read_late(self) -> None:
        """Until nothing waits to be read."""
        reading = asyncio.create_task(self.late.run())
        while self._count(PendingInspection.message_id):
            self.late.nudge()
            assert not reading.done(), reading.exception()
            await asyncio.sleep(0.005)
        while self.late._tasks:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        reading.cancel()

    def _count(self, column: Any) -> int:
        with self.database.read() as connection:
            return connection.scalar(select(func.count(column))) or 0

    def _write_letters(self) -> None:
        while self.post.send_waiting():
            pass

    async def _sweep(self) -> None:
        for days in range(len(AFTER) + 1):
            while await self.sweeper.look(at=now_ms() + days * DAY):
                pass
        with self.database.read() as connection:
            left = connection.execute(select(IncidentCopy.fault).where(IncidentCopy.due_at.is_not(None))).all()
        assert not left, left

    async def _deliver(self) -> None:
        hop: Any = _Hop(self.directory / "hop")
        notices = NoticeWriter(self._settings, self.people, self.database, self.worker_spool)
        signer = Signer(self._settings)
        worker = Worker("worker-0", self._settings, self.database, self.worker_spool, hop, signer, notices)
        running = asyncio.create_task(worker.run())
        while not running.done() and self._open():  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        worker.stop()
        await running

    def _open(self) -> int:
        with self.database.read() as connection:
            return queue.count_open(connection)


class _Hop:
    """In the place of the pool: takes everything, and writes it down first."""

    def __init__(self, book: Path) -> None:
        self._book = book

    async def deliver(self, key: str, outgoing: Outgoing) -> list[RecipientResult]:
        chunks: Any = outgoing.content.chunks()
        content = b"".join(chunks).decode("latin-1")
        with self._book.open("a") as book:
            for to in outgoing.recipients:
                book.write(json.dumps([to.address, content]) + "\n")
        return [RecipientResult(to.address, Outcome.DELIVERED, 250, "2.0.0", "ok") for to in outgoing.recipients]


def read_answers(directory: Path) -> dict[str, tuple[int, str]]:
    """What the client heard: code and text by what it said."""
    path = directory / "answers"
    lines = map(json.loads, path.read_text().splitlines()) if path.exists() else ()
    return {name: (code, text) for name, code, text in lines}


def read_hop(directory: Path) -> list[tuple[str, str, str]]:
    """What was delivered: recipient, the mail's name ("" for the hub's own), the whole."""
    path = directory / "hop"
    found = []
    for to, content in map(json.loads, path.read_text().splitlines()) if path.exists() else ():
        head = content[: header_end(content.encode("latin-1"))]
        named = re.search(r"^X-Id: (\S+)", head, re.MULTILINE)
        found.append((to, named[1] if named else "", content))
    return found
