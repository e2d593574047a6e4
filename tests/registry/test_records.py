"""What is kept of files and documents, and that it is kept once."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from mailhub.accounts import service as accounts
from mailhub.accounts.rights import console
from mailhub.accounts.tree import find_agency
from mailhub.documents.grammar.recognition import State
from mailhub.files.facts import Danger, DangerKind, FileFacts, Mode, Unreadable
from mailhub.registry import records
from mailhub.registry import service as registry
from mailhub.registry.tables import agency_table, attachment_table, document_table, file_table, text_table
from mailhub.store.database import Database
from tests.registry.parts import DECISION, documents, facts, find, keep, received, recognition, sighting
from tests.support.accounts import make_account

pytestmark = pytest.mark.unit

# What the header says (issuer, the agency above), and the code of the agency of ours that it is.
ISSUERS = [
    ("SỞ NỘI VỤ", "UBND TỈNH MINH HỌA", "snv"),
    ("Sở Nội vụ", "ỦY BAN NHÂN DÂN TỈNH MINH HỌA", "snv"),
    ("SỞ NỘI VỤ", "UBND TỈNH KHÁC", None),
    ("UBND TỈNH MINH HỌA", "", "tinh"),
    ("SNV", "", "snv"),
    ("SỞ Y TẾ", "", "syt"),
    ("SỞ TƯ PHÁP", "", None),
    ("PHÒNG KINH TẾ", "", None),
    ("PHÒNG KINH TẾ", "UBND XÃ AN BÌNH", "anbinh-kt"),
]


def _count(database: Database, table: Any) -> int:
    with database.read() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def _known(database: Database, sha256: bytes, mode: Mode = Mode.QUICK) -> FileFacts | None:
    with database.read() as connection:
        return registry.known(connection, [sha256], mode).get(sha256)


def test_the_same_octets_are_one_document_wherever_they_were_seen(database: Database) -> None:
    first, second = sighting("x"), sighting("x", names=("ban sao.pdf",))
    kept = keep(database, first)
    again = keep(database, second)
    assert [k.new for k in kept + again] == [True, False]
    assert kept[0].document_id == again[0].document_id is not None
    assert (_count(database, file_table), _count(database, document_table)) == (1, 1)
    assert _count(database, attachment_table) == 2


def test_the_same_octets_twice_in_one_batch_are_one_document(database: Database) -> None:
    one, other = sighting("x"), sighting("x")
    kept = keep(database, one, other, replace(one, path="3"))
    assert len({k.document_id for k in kept}) == 1
    assert (_count(database, document_table), _count(database, attachment_table)) == (1, 3)


def test_a_file_that_is_no_document_is_remembered_and_found_by_nobody(database: Database) -> None:
    seen = sighting("x", facts(None))
    assert keep(database, seen)[0].document_id is None
    assert _known(database, seen.sha256) is not None
    assert not find(database).lines


def test_what_is_known_of_a_file_comes_back_without_name_text_and_the_scanners_verdict(database: Database) -> None:
    dangers = (Danger(DangerKind.MACRO, "AutoOpen"), Danger(DangerKind.MALWARE, "Eicar"))
    seen = sighting("x", facts(text="toàn văn", dangers=dangers))
    keep(database, seen)
    found = _known(database, seen.sha256)
    assert found is not None
    assert (found.name, found.text, found.dangers) == ("", "", dangers[:1])
    assert found.recognition == seen.facts.recognition
    assert found.sha256 == seen.sha256.hex()


def test_a_quick_reading_with_scanned_pages_does_not_do_for_a_full_one_until_they_were_read(database: Database) -> None:
    quick = sighting("x", facts(None, needs_ocr=True))
    keep(database, quick)
    assert _known(database, quick.sha256) is not None
    assert _known(database, quick.sha256, Mode.FULL) is None
    keep(database, replace(quick, facts=facts()))
    assert _known(database, quick.sha256, Mode.FULL) is not None
    assert [d.number_symbol for d in documents(database)] == ["15/QĐ-SNV"]
    assert _count(database, attachment_table) == 1


def test_scanned_pages_in_an_archive_count_as_well(database: Database) -> None:
    inner = facts(None, needs_ocr=True, sha256="ab" * 32)
    seen = sighting("zip", FileFacts("a.zip", "zip", 10, members=(inner,)))
    keep(database, seen)
    assert _known(database, seen.sha256, Mode.FULL) is None


def test_a_reading_that_ended_early_gives_way_and_takes_nobodys_place(database: Database) -> None:
    seen = sighting("x", facts(None, unreadable=Unreadable.CRASHED))
    keep(database, seen)
    assert _known(database, seen.sha256, Mode.FULL) is None
    keep(database, replace(seen, facts=facts()))
    keep(database, seen)
    assert [d.doc_type for d in documents(database)] == ["QĐ"]
    assert _known(database, seen.sha256, Mode.FULL) is not None


def test_a_better_reader_reads_again(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = sighting("x", facts({**DECISION, "number_symbol": "16/QĐ-SNV"}))
    keep(database, seen)
    for module in ("readings", "records"):
        monkeypatch.setattr(f"mailhub.registry.{module}.READER_VERSION", records.READER_VERSION + 1)
    assert _known(database, seen.sha256) is None
    keep(database, replace(seen, facts=facts()))
    assert [d.number_symbol for d in documents(database)] == ["15/QĐ-SNV"]


def test_documents_in_archives_are_documents_with_a_place(database: Database) -> None:
    inner = facts(sha256="ab" * 32, name="thư mục/quyết định.pdf")
    other = facts(None, sha256="cd" * 32, name="logo.png")
    outer = FileFacts("a.zip", "zip", 10, members=(other, FileFacts("b.rar", "rar", 5, members=(inner,))))
    kept = keep(database, sighting("zip", outer))
    assert [(k.path, k.document_id is not None) for k in kept] == [("2", False), ("2/1", False), ("2/2/1", True)]
    assert _known(database, bytes.fromhex("ab" * 32)) is None  # the hash is the sandbox's word alone


def test_two_processes_that_see_the_same_file_at_once_make_one_document(database: Database) -> None:
    ready, faults = threading.Barrier(2), list[BaseException]()

    def work() -> None:
        try:
            for number in range(15):
                ready.wait(10)
                keep(database, sighting(f"a{number}"), sighting(f"b{number}"))
        except BaseException as error:
            faults.append(error)
            ready.abort()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    assert (_count(database, document_table), _count(database, attachment_table)) == (30, 60)


def test_a_secret_leaves_no_words_whatever_was_kept_before(database: Database) -> None:
    quick = sighting("x", facts(None, needs_ocr=True), names=("mat-ke-hoach.pdf",), desk_agency_id=5)
    keep(database, quick)
    said = {**DECISION, "secrecy": "TỐI MẬT"}
    keep(database, replace(quick, facts=facts(said, text="nội dung", name="mat-ke-hoach.pdf")))
    row = documents(database)[0]
    assert (row.doc_type, row.secrecy, row.state) == ("QĐ", "TỐI MẬT", "issued")
    words = (row.number_symbol, row.issue_date, row.issuer, row.parent_issuer, row.subject, row.signer, row.identity)
    assert not any(words)
    with database.read() as connection:
        everything = [
            str(connection.execute(select(table)).all()) for table in (file_table, attachment_table, document_table)
        ]
    assert "bổ nhiệm" not in "".join(everything)
    assert "mat-ke-hoach" not in "".join(everything)
    assert _count(database, text_table) == 0
    assert not find(database, "bổ nhiệm").lines
    assert [line.secrecy for line in find(database, secrecy="TỐI MẬT").lines] == ["TỐI MẬT"]


def test_an_archive_with_a_secret_in_it_keeps_no_names_either(database: Database) -> None:
    inner = facts({**DECISION, "secrecy": "MẬT"}, sha256="ab" * 32, name="kế hoạch mật.pdf")
    beside = facts({**DECISION, "number_symbol": "16/QĐ-SNV"}, sha256="cd" * 32, name="16.pdf")
    outer = FileFacts("chuyển anh Ba.zip", "zip", 10, members=(inner, beside))
    keep(database, sighting("zip", outer, names=("chuyển anh Ba.zip",)))
    with database.read() as connection:
        rows = str(connection.execute(select(attachment_table)).all()) + str(
            connection.execute(select(file_table)).all()
        )
    assert "anh Ba" not in rows
    assert "kế hoạch mật" not in rows
    assert [d.number_symbol for d in documents(database)] == ["", "16/QĐ-SNV"]


def test_full_text_is_kept_for_a_desk_alone_and_never_of_what_may_be_secret(database: Database) -> None:
    doubtful = replace(facts(text="mật?"), recognition=recognition(doubted={"secrecy": "MẬT"}))
    keep(
        database,
        sighting("a", facts(text="riêng")),
        sighting("b", facts(text="qua văn thư"), desk_agency_id=5),
        sighting("c", doubtful, desk_agency_id=5),
    )
    with database.read() as connection:
        assert list(connection.scalars(select(text_table.c.text))) == ["qua văn thư"]


def test_agencies_of_the_sender_and_of_all_receivers_are_noted_once(province: Database) -> None:
    sender = make_account(province, "a@tinh.gov.vn", agency="snv", password=None)
    make_account(province, "b@tinh.gov.vn", agency="syt", password=None)
    one, two = sighting("x", account_id=sender), sighting("x")
    for seen in (one, two):
        received(province, seen.message_id, "b@tinh.gov.vn", "ngoai@so.vn")
        keep(province, seen)
    with province.read() as connection:
        expected = {find_agency(connection, "snv"), find_agency(connection, "syt")}
        found = list(connection.scalars(select(agency_table.c.agency_id)))
    assert sorted(found) == sorted(expected)


def test_the_issuer_is_one_of_our_agencies_only_without_a_doubt(province: Database) -> None:
    with province.write() as connection:
        for code, name in (("anbinh", "An Bình"), ("anhoa", "An Hòa")):
            accounts.add_agency(connection, console("t"), code, f"Xã {name}")
            accounts.add_agency(connection, console("t"), f"{code}-kt", "Phòng Kinh tế", parent=code)
        expected = [None if code is None else find_agency(connection, code) for _, _, code in ISSUERS]
    for number, (issuer, parent, _) in enumerate(ISSUERS):
        keep(province, sighting(str(number), facts({**DECISION, "issuer": issuer, "parent_issuer": parent})))
    assert [row.agency_id for row in documents(province)] == expected


def test_words_that_a_database_does_not_take_are_kept_all_the_same(database: Database) -> None:
    odd = facts({**DECISION, "subject": "a\0b", "signer": "\ud800x"}, name="\ud800.pdf")
    keep(database, sighting("x", odd, names=("\0\ud800.pdf",), declared="\0"))
    assert documents(database)[0].subject == "a\ufffdb"


def test_a_type_in_doubt_is_kept_for_the_clerk_when_a_number_is_sure(database: Database) -> None:
    unsure = {name: value for name, value in DECISION.items() if name != "doc_type"}
    found = replace(facts(), recognition=recognition(unsure, doubted={"doc_type": "QĐ"}, state=State.UNKNOWN))
    keep(database, sighting("x", found), sighting("y"))
    assert [(line.doc_type, line.unsure) for line in find(database, unsure=True).lines] == [("", ("doc_type",))]


def test_nothing_to_keep_is_no_statement_at_all(database: Database) -> None:
    assert keep(database) == []


def test_what_is_dangerous_about_a_name_stays_with_the_name(database: Database) -> None:
    """The octets are read once, and come again under other names."""
    dangers = (
        Danger(DangerKind.DOUBLE_EXTENSION, ".pdf.exe"),
        Danger(DangerKind.EXECUTABLE, "named .exe"),
        Danger(DangerKind.MISNAMED, "named .pdf, is exe"),
        Danger(DangerKind.EXECUTABLE, "program"),
    )
    seen = sighting("x", facts(None, dangers=dangers))
    keep(database, seen)
    found = _known(database, seen.sha256)
    assert found is not None
    assert found.dangers == dangers[-1:]


def test_a_member_of_an_archive_never_speaks_for_a_file_whose_hash_we_took(database: Database) -> None:
    """Its hash is what the sandbox says it is: who broke out of a reader could make any file anything."""
    real = sighting("the real one")
    forged = facts({**DECISION, "number_symbol": "66/QĐ-SNV"}, sha256=real.sha256.hex())
    keep(database, sighting("zip", FileFacts("a.zip", "zip", 10, members=(forged,))))
    assert _known(database, real.sha256) is None
    keep(database, real)
    keep(database, sighting("another zip", FileFacts("a.zip", "zip", 10, members=(forged,))))
    found = _known(database, real.sha256)
    assert found is not None
    assert found.recognition == real.facts.recognition
    assert [d.number_symbol for d in documents(database)] == ["15/QĐ-SNV"]


def test_scanned_pages_that_a_full_reading_left_do_not_wait_for_another(database: Database) -> None:
    seen = sighting("x", facts(None, needs_ocr=True), mode=Mode.FULL)
    keep(database, seen)
    for mode in Mode:
        found = _known(database, seen.sha256, mode)
        assert found is not None
        assert not found.needs_ocr


@pytest.mark.parametrize("why", [Unreadable.CRASHED, Unreadable.MEMORY])
def test_a_reader_that_broke_down_once_is_asked_again(database: Database, why: Unreadable) -> None:
    seen = sighting("x", facts(None, unreadable=why))
    keep(database, seen)
    assert _known(database, seen.sha256, Mode.QUICK) is None
