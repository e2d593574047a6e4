"""People know better: both answers are kept, the latest holds and is found."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from mailhub.accounts.errors import NotAllowed
from mailhub.accounts.records import AuditRow
from mailhub.accounts.rights import Action, Actor, Role
from mailhub.accounts.tree import find_agency
from mailhub.documents.grammar.explanations import EXPLANATIONS
from mailhub.documents.grammar.recognition import Evidence, Found, State
from mailhub.files.facts import FileFacts, Mode, Unreadable
from mailhub.registry import service as registry
from mailhub.registry.errors import AmbiguousDocument, InvalidCorrection, NoSuchDocument
from mailhub.registry.records import DocumentReport
from mailhub.registry.tables import attachment_table, correction_table, document_table, file_table, text_table
from mailhub.store.database import Database
from tests.registry.parts import DECISION, NOW, ROOT, clerk, facts, find, keep, numbers, sighting

pytestmark = pytest.mark.unit

WRONG = [
    ("doc_type", "XX"),
    ("doc_type", ""),
    ("issue_date", "31/11/2026"),
    ("issue_date", "2026-02-30"),
    ("issue_date", "1066-10-14"),
    ("number_symbol", "mười lăm"),
    ("number_symbol", "15"),
    ("urgency", "NHANH"),
    ("secrecy", "MẬT LẮM"),
    ("state", "lost"),
    ("signer", "x" * 121),
    ("first_seen_at", "1"),
]
SPELLED = [
    ("doc_type", "hđ", "HĐ"),
    ("urgency", "hoả tốc", "HỎA TỐC"),
    ("number_symbol", "15 - NQ/TU", "15-NQ/TU"),
    ("number_symbol", "77/2014/CT-UBND", "77/2014/CT-UBND"),
    ("issuer", "  Sở   Y tế ", "Sở Y tế"),
    ("state", "draft", "draft"),
    ("issue_date", "", ""),
    ("issue_date", "5/9/2026", "2026-09-05"),
    ("doc_type", "Quyết định", "QĐ"),
    ("doc_type", "de an", "ĐA"),
    ("urgency", "hoa toc", "HỎA TỐC"),
    ("secrecy", "mat", "MẬT"),
]


def _correct(database: Database, name: object, field: str, value: str, *, actor: Actor = ROOT, **more: Any) -> None:
    with database.write() as connection:
        registry.correct(connection, actor, str(name), field, value, **more)


def _show(database: Database, name: object) -> DocumentReport:
    with database.write() as connection:
        return registry.show(connection, ROOT, str(name))


def test_the_latest_answer_holds_and_every_answer_is_kept(database: Database) -> None:
    (kept,) = keep(database, sighting("a"))
    _correct(database, kept.document_id, "number_symbol", "16 / QĐ-SNV", reason="đọc nhầm", at=NOW)
    _correct(database, kept.document_id, "number_symbol", "17/QĐ-SNV", at=NOW + 1)
    report = _show(database, kept.document_id)
    assert report.line.number_symbol == "17/QĐ-SNV"
    assert [(c.recognised, c.corrected, c.by, c.reason) for c in report.corrections] == [
        ("15/QĐ-SNV", "16/QĐ-SNV", "console:test", "đọc nhầm"),
        ("15/QĐ-SNV", "17/QĐ-SNV", "console:test", ""),
    ]
    assert report.recognition is not None
    assert report.recognition.value("number_symbol") == "15/QĐ-SNV"


def test_the_search_knows_at_once_and_no_longer_finds_the_wrong_answer(database: Database) -> None:
    (kept,) = keep(database, sighting("a"))
    _correct(database, kept.document_id, "subject", "Về việc khen thưởng")
    assert numbers(database, "khen thuong") == ["15/QĐ-SNV"]
    assert numbers(database, "bo nhiem") == []


def test_a_corrected_number_links_and_unlinks(database: Database) -> None:
    first, second = keep(database, sighting("a"), sighting("b", facts({**DECISION, "number_symbol": "75/QĐ-SNV"})))
    _correct(database, second.document_id, "number_symbol", "15/QĐ-SNV")
    assert [link.line.id for link in _show(database, first.document_id).links] == [second.document_id]
    _correct(database, second.document_id, "number_symbol", "")
    assert _show(database, first.document_id).links == ()


def test_a_correction_outlives_a_better_reading(database: Database) -> None:
    seen = sighting("a", facts(needs_ocr=True))
    (kept,) = keep(database, seen)
    _correct(database, kept.document_id, "signer", "Lê Thị Hoa")
    keep(database, sighting("a", facts({**DECISION, "signer": "Le Thj Hoa", "subject": "Mới"})))
    line = _show(database, kept.document_id).line
    assert (line.signer, line.subject) == ("Lê Thị Hoa", "Mới")


def test_what_a_person_says_is_no_document_is_found_no_more(database: Database) -> None:
    (kept,) = keep(database, sighting("a"))
    _correct(database, kept.document_id, "doc_type", "NONE")
    assert not find(database).lines
    assert not find(database, "bổ nhiệm").lines
    _correct(database, kept.document_id, "doc_type", "qđ")
    assert numbers(database, "bổ nhiệm") == ["15/QĐ-SNV"]


def test_values_that_a_field_cannot_have_are_refused(sqlite_database: Database) -> None:
    (kept,) = keep(sqlite_database, sighting("a"))
    for field, value in WRONG:
        with pytest.raises(InvalidCorrection):
            _correct(sqlite_database, kept.document_id, field, value)
    assert _show(sqlite_database, kept.document_id).corrections == ()


def test_values_are_kept_in_their_own_spelling(sqlite_database: Database) -> None:
    (kept,) = keep(sqlite_database, sighting("a"))
    for field, value, expected in SPELLED:
        _correct(sqlite_database, kept.document_id, field, value)
        assert getattr(_show(sqlite_database, kept.document_id).line, field) == expected, value


def test_a_corrected_issuer_is_matched_to_our_agency(province: Database) -> None:
    (kept,) = keep(province, sighting("a", facts({**DECISION, "issuer": "SỞ NỌI VỤ X"})))
    assert _show(province, kept.document_id).agency == ""
    _correct(province, kept.document_id, "issuer", "Sở Nội vụ")
    assert _show(province, kept.document_id).agency == "snv"


def test_a_clerk_corrects_what_the_own_agency_saw_and_knows_of_nothing_else(province: Database) -> None:
    with province.read() as connection:
        snv, syt = find_agency(connection, "snv"), find_agency(connection, "syt")
    (kept,) = keep(province, sighting("a", desk_agency_id=snv))
    _correct(province, kept.document_id, "signer", "Lê Thị Hoa", actor=clerk(snv))
    with pytest.raises(NoSuchDocument):
        _correct(province, kept.document_id, "signer", "Khác", actor=clerk(syt))
    with pytest.raises(NotAllowed):
        _correct(province, kept.document_id, "signer", "Khác", actor=Actor(name="kt", role=Role.AUDITOR))


def test_a_mark_of_secrecy_that_a_person_saw_takes_all_words_away(database: Database) -> None:
    inner = facts(sha256="ab" * 32, name="trong zip.pdf")
    (_, kept) = keep(database, sighting("z", FileFacts("a.zip", "zip", 9, members=(inner,)), names=("gửi anh.zip",)))
    seen = sighting("x", facts(text="toàn văn", sha256="ab" * 32), sha256=bytes.fromhex("ab" * 32), desk_agency_id=3)
    keep(database, seen)
    _correct(database, kept.document_id, "subject", "Về việc bổ nhiệm lại")
    _correct(database, kept.document_id, "secrecy", "mật")
    with database.read() as connection:
        tables = (file_table, attachment_table, document_table, text_table, correction_table)
        everything = "".join(str(connection.execute(select(table)).all()) for table in tables)
        everything += str(connection.exec_driver_sql("SELECT * FROM audit_log").all())
    for word in ("bổ nhiệm", "toàn văn", "gửi anh", "trong zip", "Trần Thị Bình", "15/QĐ"):
        assert word not in everything
    assert [line.secrecy for line in find(database).lines] == ["MẬT"]
    assert find(database, "bo nhiem", full_text=True).lines == ()


def test_documents_are_named_by_id_by_hash_or_by_number(database: Database) -> None:
    (kept,) = keep(database, sighting("a"))
    other = {**DECISION, "number_symbol": "20/QĐ-SNV"}
    keep(database, sighting("b", facts(other)), sighting("c", facts({**other, "issuer": "SỞ Y TẾ"})))
    for name in (kept.document_id, kept.sha256.hex(), kept.sha256.hex()[:12].upper(), "15/qđ-snv"):
        assert _show(database, name).line.id == kept.document_id
    with pytest.raises(AmbiguousDocument):
        _show(database, "20/QĐ-SNV")
    for name in ("", "không", "99/QĐ-SNV", "123456789012", "ab" * 40):
        with pytest.raises(NoSuchDocument):
            _show(database, name)


def _told(database: Database, sha256: bytes) -> FileFacts | None:
    with database.read() as connection:
        return registry.known(connection, [sha256], Mode.QUICK).get(sha256)


def test_later_mail_with_the_same_octets_is_told_as_a_person_said(database: Database) -> None:
    seen = sighting("a")
    keep(database, seen)
    for field, value in (("signer", "Lê Thị Hoa"), ("subject", ""), ("state", "draft"), ("doc_type", "BC")):
        _correct(database, seen.sha256.hex(), field, value)
    told = _told(database, seen.sha256)
    assert told is not None
    assert told.recognition is not None
    assert told.recognition.fields["signer"] == Found("Lê Thị Hoa", 1.0, Evidence("corrected"))
    assert (told.recognition.value("subject"), told.recognition.state) == (None, State.DRAFT)
    assert (told.recognition.doc_type, told.recognition.value("number_symbol")) == ("BC", "15/QĐ-SNV")
    assert "corrected" in EXPLANATIONS


def test_later_mail_with_what_a_person_called_secret_is_told_as_a_secret(database: Database) -> None:
    inner = facts(sha256="ab" * 32, name="trong zip.pdf")
    archive = sighting("z", FileFacts("a.zip", "zip", 9, members=(inner,)))
    (_, kept) = keep(database, archive)
    _correct(database, kept.document_id, "secrecy", "TỐI MẬT")
    told = _told(database, archive.sha256)
    assert told is not None
    (member,) = told.members
    assert member.recognition is not None
    assert (member.recognition.value("secrecy"), member.unreadable) == ("TỐI MẬT", Unreadable.SECRET)
    assert set(member.recognition.fields) == {"doc_type", "secrecy"}


def test_answers_never_become_what_was_read(database: Database) -> None:
    seen = sighting("a", facts(needs_ocr=True))
    (kept,) = keep(database, seen)
    _correct(database, kept.document_id, "signer", "Lê Thị Hoa")
    told = _told(database, seen.sha256)
    assert told is not None
    keep(database, sighting("a", replace(told, needs_ocr=False)))  # a better reading, with the answer in it
    report = _show(database, kept.document_id)
    assert report.recognition is not None
    assert not report.file.needs_ocr
    assert report.recognition.value("signer") == "Trần Thị Bình"
    assert (report.line.signer, report.line.confidence) == ("Lê Thị Hoa", 0.9)


def test_a_fresh_reading_of_a_secret_that_a_person_saw_leaves_no_words(database: Database) -> None:
    inner = facts(sha256="ab" * 32, name="trong zip.pdf")
    (_, kept) = keep(database, sighting("z", FileFacts("a.zip", "zip", 9, members=(inner,))))
    _correct(database, kept.document_id, "secrecy", "MẬT")
    again = FileFacts("b.zip", "zip", 9, members=(inner,))
    keep(database, sighting("other archive", again, names=("bổ nhiệm.zip",)))
    with database.read() as connection:
        everything = "".join(str(connection.execute(select(t)).all()) for t in (file_table, attachment_table))
    for word in ("bổ nhiệm", "trong zip", "Trần Thị Bình", "15/QĐ"):
        assert word not in everything


def test_a_mark_taken_back_is_filled_when_the_file_is_seen_again(database: Database) -> None:
    seen = sighting("a", facts(text="toàn văn"), desk_agency_id=3)
    (kept,) = keep(database, seen)
    _correct(database, kept.document_id, "subject", "Về việc khác")
    _correct(database, kept.document_id, "state", "draft")
    _correct(database, kept.document_id, "secrecy", "MẬT", at=NOW + 1)
    assert _show(database, kept.document_id).line.state == "draft"
    with database.write() as connection:
        (undone,) = registry.correct(connection, ROOT, str(kept.document_id), "secrecy", "", at=NOW + 2)
    assert (undone.before, undone.corrected) == ("MẬT", "")
    assert _told(database, seen.sha256) is None
    keep(database, sighting("a", facts(text="toàn văn"), desk_agency_id=3))
    report = _show(database, kept.document_id)
    assert (report.line.number_symbol, report.line.subject) == (DECISION["number_symbol"], DECISION["subject"])
    assert (report.line.secrecy, report.line.state) == ("", "draft")
    with database.read() as connection:
        assert connection.scalar(select(text_table.c.text)) == "toàn văn"
    assert numbers(database, "bo nhiem") == ["15/QĐ-SNV"]
    told = _told(database, seen.sha256)
    assert told is not None
    assert told.recognition is not None
    assert (told.unreadable, told.recognition.value("signer")) == (None, "Trần Thị Bình")


def test_the_history_goes_from_answer_to_answer(database: Database) -> None:
    (kept,) = keep(database, sighting("a"))
    for value in ("Lê Thị Hoa", "Lê Thị Hòa", ""):
        _correct(database, kept.document_id, "signer", value)
    lines = _show(database, kept.document_id).corrections
    assert [(c.before, c.corrected) for c in lines] == [
        ("Trần Thị Bình", "Lê Thị Hoa"),
        ("Lê Thị Hoa", "Lê Thị Hòa"),
        ("Lê Thị Hòa", ""),
    ]


def _reasons(database: Database) -> list[str]:
    table = AuditRow.__table__
    query = select(table.c.reason).where(table.c.action == Action.DOCUMENT_CORRECT).order_by(table.c.id)
    with database.read() as connection:
        return list(connection.scalars(query))


def test_the_audit_log_tells_why_but_nothing_of_what_a_secret_says(database: Database) -> None:
    (kept,) = keep(database, sighting("a"))
    _correct(database, kept.document_id, "signer", "Lê Thị Hoa", reason="dấu che")
    _correct(database, kept.document_id, "secrecy", "MẬT", reason="có dấu")
    _correct(database, kept.document_id, "signer", "Khác", reason="người ký là Khác")
    assert _reasons(database) == ["dấu che", "có dấu", ""]


def test_a_number_corrects_every_file_of_the_one_document(database: Database) -> None:
    first, second = keep(database, sighting("a"), sighting("b"))
    with database.write() as connection:
        lines = registry.correct(connection, ROOT, "15/QĐ-SNV", "signer", "Lê Thị Hoa")
    assert [line.document_id for line in lines] == [first.document_id, second.document_id]
    assert {line.signer for line in find(database).lines} == {"Lê Thị Hoa"}
    _correct(database, f"#{second.document_id}", "urgency", "khẩn")
    assert [line.urgency for line in find(database).lines] == ["KHẨN", ""]


def test_a_number_of_several_documents_corrects_none_and_tells_their_ids(database: Database) -> None:
    kept = keep(database, sighting("a"), sighting("b", facts({**DECISION, "issuer": "SỞ Y TẾ"})))
    with pytest.raises(AmbiguousDocument) as refused:
        _correct(database, "15/QĐ-SNV", "signer", "Lê Thị Hoa")
    assert all(f"#{one.document_id}" in str(refused.value) for one in kept)
    assert {line.signer for line in find(database).lines} == {"Trần Thị Bình"}
