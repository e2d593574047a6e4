"""What is attached is read, and said: within the session where that is quick, after it where pages are scanned."""

from __future__ import annotations

import io
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest
from PIL import Image

from mailhub.queue.timeline import Line
from tests.integration.conftest import Province
from tests.support.hub import RunningHub, wait_until
from tests.support.papers import as_docx, as_pdf, as_scan, make_paper
from tests.support.rulebooks import NOTHING, write_book

AN, BINH = "nva@tinh.gov.vn", "ttb@tinh.gov.vn"
DECISION = make_paper("QĐ", seed=7, number="157", symbol="/QĐ-UBND")
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.fixture(scope="module")
def hub() -> Iterator[RunningHub]:
    with RunningHub(start=False) as running:
        write_book(running.directory, NOTHING)
        running.start()
        yield running


@pytest.fixture(scope="module")
def province(hub: RunningHub) -> Iterator[Province]:
    found = Province(hub)
    found.people("nva", "ttb")
    yield found
    found.close()


def mail(subject: str, *files: tuple[str, str, bytes]) -> bytes:
    """A message from An to Bình with `files` (name, type, octets)."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = AN, BINH, subject
    message["Message-ID"] = f"<{abs(hash((subject, files)))}@may.tinh.gov.vn>"
    message.set_content("Kính gửi Ông/Bà, xin gửi văn bản kèm theo.\n")
    for name, kind, data in files:
        main, _, sub = kind.partition("/")
        message.add_attachment(data, maintype=main, subtype=sub, filename=name)
    return message.as_bytes()


def kinds(lines: list[Line]) -> list[str]:
    return [line.kind.value for line in lines]


def sent(hub: RunningHub, province: Province, message: bytes) -> tuple[list[Line], bytes]:
    """The message's whole story, and what arrived."""
    code = hub.submit(AN, [BINH], message)
    lines = wait_until(lambda: found if "delivered" in kinds(found := province.trace(code)) else [], code, seconds=60)
    return lines, next(mail for mail in hub.mails(BINH) if code.encode() in mail)


def told(lines: list[Line]) -> dict[str, Any]:
    return next(line.facts for line in lines if line.kind.value == "inspected")


def test_a_text_document_is_recognised_within_the_session(hub: RunningHub, province: Province) -> None:
    lines, arrived = sent(hub, province, mail("Quyết định", ("qd.pdf", "application/pdf", as_pdf(DECISION))))
    assert "held" not in kinds(lines)
    (document,) = told(lines)["documents"]
    assert (document["doc_type"], document["number_symbol"]) == ("QĐ", "157/QĐ-UBND")
    assert b"X-Mailhub-Document: quyet-dinh 157/QD-UBND;" in arrived


def test_a_scan_is_delivered_after_its_reading_without_anyone_acting(hub: RunningHub, province: Province) -> None:
    lines, arrived = sent(hub, province, mail("Bản quét", ("scan.pdf", "application/pdf", as_scan(as_pdf(DECISION)))))
    assert kinds(lines)[:4] == ["received", "held", "inspected", "released"]
    (document,) = told(lines)["documents"]
    assert (document["doc_type"], document["number_symbol"]) == ("QĐ", "157/QĐ-UBND")
    assert b"X-Mailhub-Document: quyet-dinh 157/QD-UBND;" in arrived


def test_a_logo_in_a_signature_never_waits(hub: RunningHub, province: Province) -> None:
    logo = io.BytesIO()
    Image.effect_noise((240, 80), 60).save(logo, "PNG")
    lines, _ = sent(hub, province, mail("Chữ ký có hình", ("logo.png", "image/png", logo.getvalue())))
    assert "held" not in kinds(lines)


def test_the_same_document_as_word_and_pdf_is_one(hub: RunningHub, province: Province) -> None:
    word = ("qd.docx", DOCX, as_docx(DECISION))
    lines, _ = sent(hub, province, mail("Word và PDF", word, ("qd.pdf", "application/pdf", as_pdf(DECISION))))
    assert [d["number_symbol"] for d in told(lines)["documents"]] == ["157/QĐ-UBND"] * 2
    assert len(province.rows("SELECT DISTINCT identity FROM document WHERE number_symbol = '157/QĐ-UBND'")) == 1


def test_a_header_of_ours_from_a_stranger_is_left_out(hub: RunningHub, province: Province) -> None:
    forged = b"X-Mailhub-Document: quyet-dinh 99/QD-UBND\r\n" + mail("Giả mạo")
    _, arrived = sent(hub, province, forged)
    assert b"99/QD-UBND" not in arrived
