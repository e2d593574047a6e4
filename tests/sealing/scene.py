"""A desk that seals, its mail as it waits for the late inspection, and the judge around it with a signer that is not
the real one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from mailhub.accounts import service as accounts
from mailhub.accounts.rights import console
from mailhub.clock import MINUTE, now_ms
from mailhub.files.facts import FileFacts
from mailhub.files.signed.facts import Signed
from mailhub.intake.inspection import InspectedFile, Inspection
from mailhub.intake.ruling import LateJudge, LateRuling, NoRules
from mailhub.mail.structure import read_structure
from mailhub.mail.transfer import decode_body
from mailhub.queue import service as queue
from mailhub.queue.inspections import Waiting
from mailhub.queue.models import Purpose
from mailhub.queue.records import Inspecting, NewMessage, NewRecipient, StoredMessage
from mailhub.sealing.gate import SEALING
from mailhub.sealing.late import SealingJudge
from mailhub.sealing.ordering import Sealer
from mailhub.sealing.switching import switch_on
from mailhub.settings import Settings
from mailhub.settings.sections import Hub
from mailhub.signatures.keeping import JudgedFile
from mailhub.signatures.verdict import NOT_SIGNED, JudgedDocument, Subscriber, Verdict
from mailhub.store.database import Database
from mailhub.store.spool import Spool
from tests.queue.parts import message
from tests.sealing.parts import FakeSigner, FakeStamper, judged, recognised
from tests.support.accounts import make_province

DESK, CLERK = "vanthu.syt@tinh.gov.vn", "nva@tinh.gov.vn"
PDF = b"%PDF-1.7 signed by the leader " + bytes(range(256)) * 9
BY_LEADER = judged(Verdict.VALID, Subscriber.PERSON)
BY_BOTH = judged(Verdict.VALID, Subscriber.PERSON, Subscriber.AGENCY)


def settings(**signer: Any) -> Settings:
    found = Settings(directory=Path("/nowhere"), hub=Hub(hostname="mx.tinh.gov.vn", domain="tinh.gov.vn"))
    return found.model_copy(update={"signer": found.signer.model_copy(update=signer)})


def organisation(database: Database) -> int:
    """The agency and its desk, which seals; the desk's number."""
    actor = console("test")
    make_province(database)
    with database.write() as connection:
        accounts.add_role_mailbox(connection, actor, DESK, "Văn thư Sở Y tế", agency="syt", office="van-thu")
        return switch_on(connection, actor, DESK).mailbox_id


def mail(*files: bytes) -> bytes:
    found = EmailMessage(policy=SMTP)
    found["From"], found["To"], found["Subject"] = DESK, "a@so.vn", "Công văn số 15/SYT-VP"
    found["Message-ID"] = "<cv@client.test>"
    found.set_content("Kính gửi Ông/Bà.\n")
    for number, content in enumerate(files):
        found.add_attachment(content, maintype="application", subtype="pdf", filename=f"van-ban-{number}.pdf")
    return found.as_bytes()


def looked_at(data: bytes, verdicts: Sequence[JudgedDocument], kinds: Sequence[str] = ("CV",)) -> Inspection:
    """What an inspection gives of `mail(…)`: one verdict and one type of document a file."""
    structure = read_structure(data)
    files, signed = [], []
    for number, part in enumerate(structure.files):
        octets = decode_body(data, part)[0]
        digest = sha256(octets).digest()
        found = recognised(kinds[number], "15/SYT-VP" if kinds[number] != "PL" else "")
        facts = FileFacts(name=part.name, type="pdf", size=len(octets), sha256=digest.hex(), recognition=found)
        files.append(InspectedFile(part, digest, len(octets), facts))
        if verdicts[number] is not NOT_SIGNED:
            signed.append(JudgedFile(path=part.path, sha256=digest, signed=Signed(), judged=verdicts[number]))
    return Inspection(structure, tuple(files), signatures=tuple(signed))


@dataclass
class FakeLook:
    """Finds in the sealed mail what it is told to; keeps what it was given to write."""

    verdicts: Sequence[JudgedDocument] = (BY_BOTH,)
    kinds: Sequence[str] = ("CV",)
    seen: list[bytes] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)

    async def inspect(self, data: bytes, message: StoredMessage) -> Inspection:
        self.seen.append(data)
        return looked_at(data, self.verdicts, self.kinds)

    def keep(self, connection: Connection, inspection: Inspection, message: NewMessage, desk_agency_id: int) -> None:
        self.kept.append(message.code)


@dataclass
class Rules:
    """Say what they are told to."""

    ruling: LateRuling

    async def judge(self, message: StoredMessage, inspection: Inspection | None) -> LateRuling:
        return self.ruling


@dataclass
class Scene:
    """One worker."""

    database: Database
    spool: Spool
    signer: FakeSigner = field(default_factory=FakeSigner)
    stamper: FakeStamper = field(default_factory=FakeStamper)
    look: FakeLook = field(default_factory=FakeLook)
    rules: LateJudge = field(default_factory=NoRules)
    settings: Callable[[], Settings] = settings

    def judge(self) -> SealingJudge:
        sealer = Sealer(self.settings, self.database, self.signer, self.stamper, pauses=(0, 0))
        return SealingJudge(self.settings, self.database, self.spool, self.rules, sealer, self.look)

    def post(
        self, data: bytes, *addresses: str, desk: str = DESK, account_id: int = 1, minutes: float = 10
    ) -> NewMessage:
        """The clerk sends it as the desk."""
        body = self.spool.stage()
        body.write(data)
        copy = NewRecipient(address=DESK, destination="local", purpose=Purpose.SENT_COPY, sent_by=CLERK)
        others = [NewRecipient(address=one, destination="mx:so.vn") for one in addresses or ("a@so.vn",)]
        found = message(
            *others, copy, body=body, sender=DESK, received_at=now_ms(), cuts=(), subject="Công văn",
            account_id=account_id,
            inspecting=Inspecting(until=now_ms() + int(minutes * MINUTE), what=("a.pdf",)),
            facts={"account": CLERK, "as": [DESK], SEALING: desk},
        )  # fmt: skip
        places = self.spool.commit([body])
        with self.database.write() as connection:
            queue.enqueue(connection, [found], places)
        return found

    def claim(self) -> Waiting:
        with self.database.write() as connection:
            claimed = queue.claim_inspections(
                connection, worker="w", now=now_ms(), lease_until=now_ms() + MINUTE, limit=1
            )
        return claimed[0]

    async def work(
        self, verdicts: Sequence[JudgedDocument] = (BY_LEADER,), kinds: Sequence[str] = ("CV",)
    ) -> LateRuling:
        """What a late inspection does with the message that waits."""
        waiting = self.claim()
        data = b"".join(self.spool.read(waiting.message.location))
        ruling = await self.judge().judge(waiting.message, looked_at(data, verdicts, kinds))
        self.finish(waiting, ruling)
        return ruling

    def finish(self, waiting: Waiting, ruling: LateRuling) -> None:
        with self.database.write() as connection:
            assert queue.finish_inspection(
                connection, waiting, worker="w", now=now_ms(), facts={"files": []}, local_prefix=b"", reason="read",
                ruling=ruling.ruling,
            )  # fmt: skip
            for write in ruling.also:
                write(connection)

    # ------------------------------------------------------------------ what is there now

    def rows(self, query: Any) -> list[Any]:
        with self.database.read() as connection:
            return list(connection.execute(query))

    def messages(self) -> list[Any]:
        return self.rows(select(queue.message_table).order_by(queue.message_table.c.id))

    def states(self, code: str) -> dict[str, tuple[str, str | None]]:
        message, recipient = queue.message_table.c, queue.recipient_table.c
        query = select(recipient.address, recipient.state, recipient.held_for).join(
            queue.message_table, message.id == recipient.message_id
        )
        return {row.address: (row.state, row.held_for) for row in self.rows(query.where(message.code == code))}

    def story(self, code: str) -> list[tuple[str, str]]:
        event = queue.event_table.c
        query = select(event.kind, event.facts).where(event.code == code).order_by(event.id)
        return [(row.kind, row.facts) for row in self.rows(query)]
