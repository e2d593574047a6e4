"""What a trace says of digital signatures."""

from __future__ import annotations

import pytest

from mailhub.cli.trace import as_text
from mailhub.files.signed.facts import Signed
from mailhub.intake.telling_signatures import signature_facts
from mailhub.queue.models import EventKind
from mailhub.queue.timeline import Line
from mailhub.signatures.keeping import JudgedFile
from mailhub.signatures.verdict import (
    JudgedDocument,
    JudgedSignature,
    Level,
    Reason,
    Signer,
    Subscriber,
    TimeSource,
    Verdict,
)

pytestmark = pytest.mark.unit

AT = 1_795_426_200_000  # 16:30 on 23/11/2026 in Vietnam
SIGNATURE = JudgedSignature(
    signer=Signer(name="Nguyễn Văn Lãnh", subscriber=Subscriber.PERSON), verdict=Verdict.INVALID,
    reasons=(Reason.REVOKED,), at=AT, at_source=TimeSource.CLAIMED,
)  # fmt: skip
INVALID = JudgedDocument(verdict=Verdict.INVALID, level=Level.BAD, reasons=(Reason.REVOKED,), signatures=(SIGNATURE,))


def line(kind: EventKind, **facts: object) -> str:
    files = [JudgedFile(path="2", name="qd.pdf", sha256=b"s" * 32, signed=Signed(), judged=INVALID)]
    return as_text(Line(AT, "7K4QW2M9", None, kind, {"signatures": signature_facts(files), **facts}))


def test_who_signed_and_what_it_is_worth_stands_in_the_trace() -> None:
    text = line(EventKind.INSPECTED)
    assert "Chữ ký số của tệp qd.pdf: Không hợp lệ" in text
    assert "Nguyễn Văn Lãnh (cá nhân), lúc 16:30 23/11/2026, do người ký khai" in text


def test_a_later_answer_says_that_it_is_one() -> None:
    text = line(EventKind.VERIFIED, before="UNKNOWN")
    assert "Chưa xác minh được khi thư đến, đã kiểm tra lại" in text
    assert "Không hợp lệ" in text
