"""What is signed in a message is judged when it comes, frozen with it, and asked again when it could not be told."""

from __future__ import annotations

import base64
import hashlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from mailhub.accounts.act import bump_version
from mailhub.accounts.life.models import Letter
from mailhub.clock import DAY, HOUR, MINUTE, now_ms
from mailhub.files.facts import Limits, Unreadable
from mailhub.files.signed.facts import Problem
from mailhub.ids import new_id
from mailhub.intake.inspection import Inspection, MailInspector
from mailhub.intake.telling import document_fields, sightings_of, timeline_facts
from mailhub.intake.verdicts import verdicts_of
from mailhub.intake.verifying import Seen, Verifying, author_of
from mailhub.lifecycle.verifying_again import VerifyingAgain
from mailhub.mail.signed_parts import own_signature, signed_octets
from mailhub.mail.structure import read_structure
from mailhub.queue.models import EventKind
from mailhub.queue.tables import event_table, message_table, recipient_table
from mailhub.registry import service as registry
from mailhub.sandbox.local import LocalPool
from mailhub.sandbox.pool import Inspector
from mailhub.sandbox.warming import pack
from mailhub.screening.facts.signatures import Signatures
from mailhub.signatures import keeping
from mailhub.signatures.again import next_due
from mailhub.signatures.revocation.asking import Asker
from mailhub.signatures.trust import rows
from mailhub.signatures.trust.bundle import TrustKeeper
from mailhub.signatures.verdict import Verdict
from mailhub.store.database import Database
from tests.support.cms_samples import signed_cms
from tests.support.inspector import needs_sandbox
from tests.support.papers import as_pdf, make_paper
from tests.support.pki import AFTER, Identity, Pki, pki, sha256  # noqa: F401
from tests.support.revocation import DirectChecker, pin_official, settings
from tests.support.signed_pdfs import SIGNED_AT, sign, signed_by

LIMITS = Limits()
FROM = "lanhdao@so.tinh.gov.vn"
SMIME = "anlv.syt@thunghiem.gov.vn"  # of the certificate "smime"


@pytest.fixture(scope="module")
def pool() -> Iterator[Inspector]:
    needs_sandbox()
    with LocalPool() as inspector:
        yield inspector


@dataclass
class Desk:
    """What one process has, with authorities that the tests' server plays."""

    database: Database
    keeper: TrustKeeper
    verifying: Verifying
    reader: MailInspector
    values: dict[str, Any]

    async def read(self, data: bytes, *, at: int = 0) -> Inspection:
        return await self.reader.inspect(
            data, subject="", limits=LIMITS, seconds=30, seen=Seen(at=at or now_ms(), sender=FROM)
        )

    def keep(self, found: Inspection, *, seen_at: int) -> int:
        """Freeze what was judged, as the doors do; the message's number."""
        number = new_id()
        with self.database.write() as connection:
            for write in verdicts_of(found, number, "7K4QW2M9", seen_at):
                write(connection)
        return number

    def kept(self, number: int) -> list[keeping.KeptVerdict]:
        with self.database.read() as connection:
            return keeping.verdicts_of(connection, [number])


@pytest.fixture
def desk(sqlite_database: Database, pool: Inspector, pki: Pki) -> Iterator[Desk]:  # noqa: F811
    pin_official(sqlite_database, pki)
    keeper = TrustKeeper(sqlite_database)
    values: dict[str, Any] = {"online": True}

    def current() -> Any:
        return settings(**values)

    asker = Asker(current, sqlite_database, keeper, DirectChecker())
    verifying = Verifying(current, sqlite_database, keeper, asker)
    yield Desk(
        sqlite_database, keeper, verifying, MailInspector(sqlite_database, pool, lambda: None, verifying), values
    )
    pki.status = 200
    keeper.close()


@pytest.fixture(scope="session")
def samples(pki: Pki) -> Any:  # noqa: F811
    @cache
    def made(*labels: str) -> bytes:
        return signed_by(pki, *labels, at=AFTER if labels == ("revoked",) else SIGNED_AT)

    return made


def mail(*files: bytes, name: str = "qd.pdf") -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = FROM, "ttb@tinh.gov.vn", "QD"
    message.set_content("Xin gửi.\n")
    for data in files:
        message.add_attachment(data, maintype="application", subtype="pdf", filename=name)
    return message.as_bytes()


def clear_signed(identity: Identity, content: bytes, folder: Path, *, sender: str = SMIME) -> bytes:
    """A message of `content` signed by OpenSSL as Outlook does it (RFC 8551 § 3.5.3)."""
    (folder / "key.pem").write_bytes(identity.key_pem())
    (folder / "leaf.pem").write_bytes(identity.certificate_pem())
    (folder / "content").write_bytes(content)
    command = ["openssl", "cms", "-sign", "-in", "content", "-signer", "leaf.pem", "-inkey", "key.pem", "-crlfeol"]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return f"From: {sender}\r\nTo: ttb@tinh.gov.vn\r\nSubject: QD\r\n".encode() + done.stdout


# ------------------------------------------------------------- when it comes


async def test_a_document_with_both_signatures_is_valid_and_said_so(desk: Desk, samples: Any) -> None:
    found = await desk.read(mail(samples("leader", "agency")))
    (one,) = found.signatures
    assert (one.judged.verdict, one.judged.complete) == (Verdict.VALID, "both"), one.judged
    assert [signature.revocation for signature in one.judged.signatures] == ["good", "good"]
    header = document_fields(found).decode("ascii")
    assert "X-Mailhub-Signature: hop-le" in header
    assert "day-du=ca-nhan-va-co-quan" in header
    (told,) = timeline_facts(found)["signatures"]
    assert (told["verdict"], told["complete"], len(told["signers"])) == ("VALID", "both", 2)
    facts = found.files[0].facts
    assert facts is not None
    assert Signatures(found).of(facts) == "valid"


async def test_plain_mail_asks_nobody(desk: Desk, pki: Pki) -> None:  # noqa: F811
    before = len(pki.asked)
    found = await desk.read(mail(b"%PDF-1.4\nnothing is signed here\n"))
    assert (found.signatures, found.verified) == ((), True)
    assert len(pki.asked) == before
    assert b"X-Mailhub-Signature" not in document_fields(found)
    assert verdicts_of(found, 1, "7K4QW2M9", 0) == ()


async def test_a_revoked_certificate_makes_it_invalid(desk: Desk, samples: Any) -> None:
    found = await desk.read(mail(samples("revoked")))
    assert found.signatures[0].judged.verdict is Verdict.INVALID
    facts = found.files[0].facts
    assert facts is not None
    assert Signatures(found).of(facts) == "invalid"
    assert b"ly-do=chung-thu-so-da-bi-thu-hoi-khi-ky" in document_fields(found)


async def test_nobody_is_valid_while_nobody_can_be_asked(desk: Desk, samples: Any) -> None:
    desk.values["online"] = False
    found = await desk.read(mail(samples("leader", "agency")))
    assert found.signatures[0].judged.verdict is Verdict.UNKNOWN


async def test_a_root_that_is_not_believed_any_more_is_not_believed_from_memory(
    desk: Desk, samples: Any, pki: Pki  # noqa: F811
) -> None:  # fmt: skip
    data = mail(samples("leader", "agency"))
    first = await desk.read(data)
    with desk.database.write() as connection:  # as a door keeps it: the rows outlive the process
        registry.keep(
            connection,
            sightings_of(first, message_id=1, code="7K4QW2M9", at=1, account_id=None, desk_agency_id=None),
        )
    again = await desk.read(data)
    assert again.signatures[0].signed == first.signatures[0].signed
    from mailhub.accounts.act import bump_version
    from mailhub.signatures.models import TrustCertificate

    with desk.database.write() as connection:
        connection.execute(TrustCertificate.__table__.update().values(ended_at=5))  # type: ignore[attr-defined]
        bump_version(connection)
    for reader in (desk.reader, MailInspector(desk.database, desk.reader._inspector, lambda: None, desk.verifying)):
        desk.reader = reader
        assert (await desk.read(data)).signatures[0].judged.verdict is Verdict.UNTRUSTED


async def test_a_signed_file_in_an_archive_is_judged_by_itself(desk: Desk, samples: Any) -> None:
    found = await desk.read(mail(pack({"a.txt": b"x", "qd.pdf": samples("leader", "agency")}), name="ho-so.zip"))
    (one,) = found.signatures
    assert (one.path, one.name, one.judged.verdict) == ("2/2", "qd.pdf", Verdict.VALID)
    assert one.sha256 == hashlib.sha256(samples("leader", "agency")).digest()


async def test_nothing_is_kept_of_who_signed_a_secret(desk: Desk, pki: Pki) -> None:  # noqa: F811
    paper = as_pdf(make_paper("BC", seed=4, secrecy="MẬT"))
    found = await desk.read(mail(sign(paper, pki.official.identity("leader"))))
    facts = found.files[0].facts
    assert facts is not None
    assert facts.unreadable is Unreadable.SECRET
    assert (facts.signed, found.signatures) == (None, ())
    assert "signatures" not in timeline_facts(found)
    assert b"X-Mailhub-Signature" not in document_fields(found)


# ------------------------------------------------------------- S/MIME


async def test_a_signed_message_is_judged_as_a_whole_and_its_file_by_itself(
    desk: Desk, samples: Any, pki: Pki, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    inner = EmailMessage(policy=SMTP)
    inner.set_content("Kính gửi Ông/Bà.\n", cte="base64")
    inner.add_attachment(samples("leader", "agency"), maintype="application", subtype="pdf", filename="qd.pdf")
    del inner["MIME-Version"]
    data = clear_signed(pki.official.identity("smime"), inner.as_bytes(), tmp_path)
    found = await desk.read(data)
    judged = {one.path: one.judged for one in found.signatures}
    assert judged[""].verdict is Verdict.VALID, judged[""]
    assert [one.verdict for path, one in judged.items() if path] == [Verdict.VALID]
    assert Signatures(found).own == "valid"
    assert "phan=thu" in document_fields(found).decode("ascii")


async def test_a_good_signature_under_a_strangers_from_is_not_good_for_the_message(
    desk: Desk, pki: Pki, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    content = b"Content-Type: text/plain\r\n\r\nxin chao\r\n"
    identity = pki.official.identity("smime")
    for sender in ("chutich@tinh.gov.vn", f"{SMIME}\r\nFrom: chutich@tinh.gov.vn"):
        found = await desk.read(clear_signed(identity, content, tmp_path, sender=sender))
        assert Signatures(found).own == "other-sender"
    assert Signatures(await desk.read(clear_signed(identity, content, tmp_path, sender=SMIME))).own == "valid"


@pytest.mark.parametrize(
    "types",
    [
        b"Content-Type: application/pkcs7-mime; smime-type=signed-data",  # which a PDF only says of itself
        b"Content-Type: text/html\r\nContent-Type: application/pkcs7-mime; smime-type=signed-data",
    ],
)
async def test_what_only_looks_like_a_signed_message_is_none(desk: Desk, samples: Any, types: bytes, pki: Pki) -> None:  # noqa: F811
    content = signed_cms(pki.official.identity("smime"), b"Content-Type: text/plain\r\n\r\nxin chao\r\n", enclosed=True)
    octets = content if b"html" in types else samples("leader", "agency")
    head = f"From: {SMIME}\r\nMIME-Version: 1.0\r\nContent-Transfer-Encoding: base64\r\n".encode() + types
    found = await desk.read(head + b"\r\n\r\n" + base64.encodebytes(octets))
    assert Signatures(found).own == "none"
    assert b"phan=thu" not in document_fields(found)


async def test_the_same_signature_beside_other_octets_is_not_known_as_good(
    desk: Desk, pki: Pki, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    content = b"Content-Type: text/plain\r\n\r\nchuyen 10 trieu dong\r\n"
    data = clear_signed(pki.official.identity("smime"), content, tmp_path)
    assert (await desk.read(data)).signatures[0].judged.verdict is Verdict.VALID
    altered = await desk.read(data.replace(b"10 trieu", b"90 trieu"))
    assert altered.signatures[0].judged.verdict is Verdict.INVALID
    assert Problem.CHANGED in altered.signatures[0].judged.reasons


def test_what_a_signature_signs_is_cut_out_without_the_delimiters_line_break(tmp_path: Path, pki: Pki) -> None:  # noqa: F811
    content = b"Content-Type: text/plain\r\n\r\nmot dong\r\n"
    data = clear_signed(pki.official.identity("smime"), content, tmp_path)
    structure = read_structure(data)
    own = own_signature(structure)
    assert own is not None
    assert signed_octets(structure, own) is not None
    start, end = signed_octets(structure, own) or (0, 0)
    assert data[start:end] == content
    doubled = data.replace(b"multipart/signed", b"multipart/mixed ", 1)
    assert own_signature(read_structure(doubled)) is None


def test_the_author_is_told_only_when_all_read_the_same_one() -> None:
    assert author_of(b"From: A <An@Tinh.gov.vn>\r\n\r\nx") == "an@tinh.gov.vn"
    assert author_of(b"From: an@tinh.gov.vn\r\nFrom: b@x.vn\r\n\r\nx") == ""
    assert author_of(b"From: an@tinh.gov.vn, b@x.vn\r\n\r\nx") == ""


# ------------------------------------------------------------- frozen, and asked again


def stored(desk: Desk, found: Inspection, *, seen_at: int) -> int:
    """A message of which the queue knows, with somebody who has it."""
    number = desk.keep(found, seen_at=seen_at)
    message = dict.fromkeys((one.name for one in message_table.columns), None)
    for column in message_table.columns:
        kind = column.type.python_type
        if not column.nullable:
            message[column.name] = kind() if kind is not bytes else b""
    message |= {"id": number, "code": "7K4QW2M9", "subject": "Quyết định", "sender": FROM, "received_at": seen_at}
    recipient: dict[str, Any] = {}
    for column in recipient_table.columns:
        if not column.nullable:
            recipient[column.name] = column.type.python_type()
    recipient |= {"id": new_id(), "message_id": number, "address": "ttb@tinh.gov.vn", "destination": "local"}
    recipient |= {"state": "delivered", "original": None}
    with desk.database.write() as connection:
        connection.execute(message_table.insert().values(message))
        connection.execute(recipient_table.insert().values(recipient))
    return number


async def test_what_could_not_be_asked_is_asked_again_and_both_verdicts_stay(
    desk: Desk, samples: Any, pki: Pki  # noqa: F811
) -> None:  # fmt: skip
    pki.status = 503
    seen_at = now_ms()
    found = await desk.read(mail(samples("leader", "agency")), at=seen_at)
    number = stored(desk, found, seen_at=seen_at)
    (first,) = desk.kept(number)
    assert first.judged.verdict is Verdict.UNKNOWN
    assert first.due_at is not None
    again = VerifyingAgain(lambda: settings(**desk.values), desk.database, desk.verifying, after=lambda: None)
    assert await again.ask_due(first.due_at - 1) == 0
    assert await again.ask_due(first.due_at) == 1
    (first,) = desk.kept(number)
    assert first.due_at is not None
    assert first.again == 1
    pki.status = 200
    with desk.database.write() as connection:  # the pause of a dead address is over
        connection.exec_driver_sql("DELETE FROM revocation_source")
    assert await again.ask_due(first.due_at) == 1
    before, after = desk.kept(number)
    assert (before.judged.verdict, before.due_at) == (Verdict.UNKNOWN, None)
    assert (after.judged.verdict, after.judged.complete) == (Verdict.VALID, "both")
    with desk.database.read() as connection:
        kinds = list(connection.scalars(select(event_table.c.kind).where(event_table.c.message_id == number)))
        letters = connection.execute(select(Letter)).all()
    assert kinds == [EventKind.VERIFIED.value]
    assert letters == []


async def test_a_root_that_was_ended_meanwhile_is_not_believed_when_it_is_asked_again(
    desk: Desk, samples: Any, pki: Pki  # noqa: F811
) -> None:  # fmt: skip
    desk.values["online"] = False
    seen_at = now_ms()
    number = stored(desk, await desk.read(mail(samples("leader")), at=seen_at), seen_at=seen_at)
    desk.values["online"] = True
    with desk.database.write() as connection:
        rows.change(connection, sha256(pki.official.root), ended_at=seen_at)
        bump_version(connection)
    (first,) = desk.kept(number)
    again = VerifyingAgain(lambda: settings(**desk.values), desk.database, desk.verifying, after=lambda: None)
    assert await again.ask_due(first.due_at or 0) == 1
    assert desk.kept(number)[-1].judged.verdict is Verdict.UNTRUSTED


async def test_who_has_a_mail_whose_signature_turns_out_bad_is_told(desk: Desk, samples: Any) -> None:
    desk.values["online"] = False
    seen_at = now_ms()
    number = stored(desk, await desk.read(mail(samples("revoked")), at=seen_at), seen_at=seen_at)
    desk.values["online"] = True
    (first,) = desk.kept(number)
    again = VerifyingAgain(lambda: settings(**desk.values), desk.database, desk.verifying, after=lambda: None)
    assert first.due_at is not None
    assert await again.ask_due(first.due_at) == 1
    assert desk.kept(number)[-1].judged.verdict is Verdict.INVALID
    with desk.database.read() as connection:
        (letter,) = connection.execute(select(Letter.kind, Letter.to_address, Letter.facts)).all()
    assert (letter.kind, letter.to_address) == ("signature-invalid", "ttb@tinh.gov.vn")
    assert "thu hồi" in letter.facts


def test_pauses_grow_and_end_after_the_days_that_were_set() -> None:
    dues = [next_due(number, seen_at=0, now=0, days=14) or 0 for number in range(8)]
    assert dues == sorted(dues)
    assert dues[0] == 30 * MINUTE
    assert dues[-1] == DAY
    assert next_due(9, seen_at=0, now=14 * DAY, days=14) is None
    assert next_due(0, seen_at=0, now=0, days=0) is None
    assert next_due(2, seen_at=0, now=HOUR, days=1) == 4 * HOUR
