"""What is said of what was attached, and what is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from mailhub.documents.grammar.recognition import Evidence, Found, Recognition, State
from mailhub.files.facts import Danger, DangerKind, FileFacts, Mode
from mailhub.intake.inspecting import Inspected
from mailhub.intake.inspection import InspectedFile, Inspection
from mailhub.intake.telling import document_fields, sightings_of, timeline_facts
from mailhub.mail.parts import Part, Role, Structure
from mailhub.settings import Settings
from mailhub.settings.sections import Hub, InspectorSection
from tests.queue.parts import message

pytestmark = pytest.mark.unit

DECISION = {
    "doc_type": "QĐ",
    "number_symbol": "15/QĐ-SNV",
    "issue_date": "2026-11-20",
    "issuer": "SỞ NỘI VỤ",
    "subject": "Về việc bổ nhiệm Trưởng phòng",
}


def settings(urgent: int = 2) -> Settings:
    hub = Hub(hostname="mx.tinh.gov.vn", domain="tinh.gov.vn")
    return Settings(directory=Path("/nowhere"), hub=hub, inspector=InspectorSection(latest_minutes_urgent=urgent))


def recognition(values: Mapping[str, str]) -> Recognition:
    fields = {name: Found(value, 0.9, Evidence("rule", value)) for name, value in values.items()}
    return Recognition(fields=fields, state=State.ISSUED)


def inspected(*files: FileFacts | None, mode: Mode = Mode.QUICK) -> Inspection:
    found = []
    for number, facts in enumerate(files, 2):
        name = facts.name if facts is not None else "chua-doc.pdf"
        part = Part(str(number), Role.ATTACHMENT, 0, 0, 0, ("application/pdf",), "base64", names=(name,))
        found.append(InspectedFile(part, b"x" * 32, 10, facts, mode))
    return Inspection(Structure(()), tuple(found))


def test_a_header_is_one_line_of_ascii_whatever_was_answered() -> None:
    hostile = {
        "doc_type": "QĐ\r\nBcc: ai@dau.example",
        "number_symbol": "1/\r\nX: y" + "Đ" * 5000,
        "issue_date": "2026-11-20\r\nX-Forged: yes",
        "issuer": 'SỞ "NỘI VỤ\r\nX: y',
        "urgency": "HỎA TỐC\r\nX: y" + "z" * 5000,
    }
    fields = document_fields(inspected(FileFacts("a", "pdf", 1, recognition=recognition(hostile))))
    assert fields.isascii()
    lines = fields.removesuffix(b"\r\n").split(b"\r\n")
    assert lines[0].startswith(b"X-Mailhub-Document: ")
    assert all(line.startswith(b"\t") for line in lines[1:])
    assert all(len(line) < 400 for line in lines)


def test_of_a_secret_document_nothing_is_told_but_its_type_and_level() -> None:
    secret = recognition({**DECISION, "secrecy": "MẬT"})
    dangers = (Danger(DangerKind.MACRO, "bổ nhiệm"),)
    alone = FileFacts("bo-nhiem.pdf", "pdf", 1, recognition=secret, dangers=dangers)
    packed = FileFacts("ho-so-bo-nhiem.zip", "zip", 1, members=(replace(alone, name="trong.pdf"),))
    for facts in (alone, packed):
        told = timeline_facts(inspected(facts))
        assert [(d["doc_type"], d["secrecy"]) for d in told["documents"]] == [("QĐ", "MẬT")]
        assert [file["names"] for file in told["files"]] == [[]]
        said = str(told) + document_fields(inspected(facts)).decode()
        assert not [word for word in ("15/", "2026", "NỘI VỤ", "noi vu", "nhiệm", "nhiem") if word in said]


def test_a_message_with_a_secret_keeps_no_subject_and_no_names_while_it_waits() -> None:
    secret = FileFacts("bo-nhiem.pdf", "pdf", 1, recognition=recognition({**DECISION, "secrecy": "MẬT"}))
    kept = Inspected(inspected(secret, None), None).added_to(message("b@so.vn", subject="Bổ nhiệm"), settings())
    assert kept.subject == ""
    assert kept.inspecting is not None
    assert kept.inspecting.what == ("3: not read in time",)


def test_what_names_itself_urgent_is_not_held_where_that_is_set_to_nothing() -> None:
    changed = settings(urgent=0)
    for subject, held in (("HỎA TỐC: họp", False), ("Họp", True)):
        kept = Inspected(inspected(None), None).added_to(message("b@so.vn", subject=subject), changed)
        assert (kept.inspecting is not None) is held


def test_how_a_file_was_read_goes_into_the_registry() -> None:
    facts = FileFacts("a.pdf", "pdf", 1, needs_ocr=True)
    modes = [
        sightings_of(inspected(facts, mode=mode), message_id=1, code="c", at=1, account_id=None, desk_agency_id=None)[0]
        .mode
        for mode in Mode
    ]  # fmt: skip
    assert modes == [None, Mode.FULL]
