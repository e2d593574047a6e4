"""Documents and files as rules ask for them, at any depth; what is not sure is empty."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from mailhub.accounts.profiles import Line
from mailhub.documents.grammar.recognition import State
from mailhub.files.facts import Danger, DangerKind, FileFacts, Unreadable
from mailhub.intake.inspection import InspectedFile, Inspection
from mailhub.policy.facts import DocumentFacts, DocumentIssuer, Listing
from mailhub.policy.lists import Lists
from mailhub.registry.matching import Agencies
from mailhub.screening.facts.papers import NOTHING, Papers, read_papers
from mailhub.screening.rules.shipped import load_lists
from mailhub.text.lines import Source
from tests.screening.gathered import file, inspection, paper

pytestmark = pytest.mark.unit

TREE = Agencies(
    [
        (1, "tinh", "Tỉnh Minh Họa", None),
        (2, "snv", "Sở Nội vụ", 1),
        (3, "snv-vp", "Văn phòng", 2),
        (4, "syt", "Sở Y tế", 1),
        (5, "syt-vp", "Văn phòng", 4),
        (6, "snv-cchc", "Phòng Cải cách hành chính", 2),
    ]
)
SNV = Line((2, 1), ("snv", "tinh"))
LISTS = load_lists()


def read(*files: FileFacts, line: Line = SNV, own: bool = True, lists: Lists = LISTS, malware: str = "clean") -> Papers:
    return read_papers(inspection(*files, malware=malware), line, lambda: TREE, lists, own=own)


def document(line: Line = SNV, *, own: bool = True, **more: object) -> DocumentFacts:
    return read(file("a.pdf", "pdf", paper(**more)), line=line, own=own).documents[0]  # type: ignore[arg-type]


def test_without_files_there_is_nothing() -> None:
    assert read_papers(None, SNV, lambda: TREE, LISTS, own=True) is NOTHING
    assert read() is NOTHING


def test_a_document_as_it_was_recognised() -> None:
    found = document(
        kind="QĐ", state=State.DRAFT, labels=["giay-moi"], urgency="HỎA TỐC", secrecy="MẬT", issuer="Sở Nội vụ",
        number_symbol="15/QĐ-SNV", circulation="LƯU HÀNH NỘI BỘ",
    )  # fmt: skip
    assert found.type == "QĐ"
    assert (found.state, found.urgency, found.secrecy) == ("draft", "HỎA TỐC", "MẬT")
    assert found.labels == {"giay-moi"}
    assert (found.issuer, found.number, found.internal, found.signature) == ("Sở Nội vụ", "15/QĐ-SNV", True, "unknown")


def test_what_is_below_the_line_is_empty() -> None:
    found = document(confidence=0.5, number_symbol="15/QĐ-SNV", issuer="Sở Nội vụ", circulation="LƯU HÀNH NỘI BỘ")
    assert (found.number, found.issuer, found.internal) == ("", "", False)
    assert found.issuer_is is DocumentIssuer.UNKNOWN


def test_documents_in_archives_are_found_and_counted_once() -> None:
    inner = file("b.pdf", "pdf", paper(number_symbol="1/BC"))
    found = read(file("a.zip", "zip", members=(file("t.zip", "zip", members=(inner,)),)), inner)
    assert len(found.documents) == 1
    assert [(one.type, one.depth, one.extension) for one in found.attachments] == [
        ("zip", 0, "zip"), ("zip", 1, "zip"), ("pdf", 2, "pdf"), ("pdf", 0, "pdf"),
    ]  # fmt: skip


def test_an_attachment_says_what_it_really_is() -> None:
    danger = (Danger(DangerKind.DOUBLE_EXTENSION, "x"), Danger(DangerKind.EXECUTABLE))
    one = read(file("hóa đơn.PDF.exe", "exe", dangers=danger, unreadable=Unreadable.UNSUPPORTED)).attachments[0]
    assert (one.type, one.extension, one.listed, one.unreadable) == (
        "exe",
        "exe",
        Listing.FORBIDDEN,
        "unsupported type",
    )
    assert one.dangers == {"double extension", "executable"}


@pytest.mark.parametrize("name", ["không đuôi", "", ".", "a.\x00\x1b[31m", "a." + "x" * 500, "a.đuôi"])
def test_odd_names_have_no_extension(name: str) -> None:
    assert read(file(name, "pdf")).attachments[0].extension == ""


def test_a_file_that_was_not_read_is_there_and_said() -> None:
    whole = inspection(file("a.pdf", "pdf"))
    unread = Inspection(whole.structure, tuple(InspectedFile(one.part, one.sha256, one.size) for one in whole.files))
    found = read_papers(unread, SNV, lambda: TREE, LISTS, own=True)
    assert found.unread
    assert [(one.type, one.size) for one in found.attachments] == [("unknown", 1000)]


def test_a_scan_that_waits_for_its_letters_is_a_scan() -> None:
    found = read(file("a.pdf", "pdf", needs_ocr=True))
    assert found.attachments[0].scan
    assert not found.unread
    assert read(file("a.pdf", "pdf", paper(), source=Source.OCR)).documents[0].by == "ocr"


@pytest.mark.parametrize(
    ("others", "alone"), [([], True), (["docx"], False), (["xlsx"], False), (["jpeg"], True), (["pdf"], True)]
)
def test_a_pdf_without_its_companion(others: Sequence[str], *, alone: bool) -> None:
    found = read(file("a.pdf", "pdf", paper()), *(file(f"b.{kind}", kind) for kind in others))
    assert found.pdf_alone is alone
    assert not read(file("anh.pdf", "pdf")).pdf_alone  # no document


@pytest.mark.parametrize(
    ("said", "fact"),
    [("clean", "clean"), ("found", "found"), ("not scanned: out of time", "not-scanned"), ("", "not-scanned")],
)
def test_what_the_scanner_said(said: str, fact: str) -> None:
    assert read(file("a.pdf", "pdf"), malware=said).malware == fact


@pytest.mark.parametrize(
    ("issuer", "above", "whose"),
    [
        ("Sở Nội vụ", "UBND tỉnh Minh Họa", "sender"),
        ("SỞ NỘI VỤ", "", "sender"),
        ("UBND TỈNH MINH HỌA", "", "sender"),
        ("Phòng Cải cách hành chính", "Sở Nội vụ", "sender"),
        ("Văn phòng", "Sở Nội vụ", "sender"),
        ("Văn phòng", "", "unknown"),  # every agency has one
        ("Văn phòng", "Sở Y tế", "own"),
        ("Sở Y tế", "", "own"),
        ("Phòng Nghiệp vụ", "Sở Y tế", "own"),  # not entered, but its agency is
        ("Phòng Tổ chức", "Sở Nội vụ", "sender"),
        ("Sở Nội vụ", "UBND tỉnh Bắc Ninh", "other"),
        ("Bộ Y tế", "", "other"),
        ("", "Sở Y tế", "unknown"),
    ],
)
def test_whose_document_it_is(issuer: str, above: str, whose: str) -> None:
    values = {name: value for name, value in (("issuer", issuer), ("parent_issuer", above)) if value}
    assert document(**values).issuer_is.value == whose  # type: ignore[arg-type]


def test_for_a_stranger_no_document_is_the_senders() -> None:
    assert document(Line(), own=False, issuer="Sở Nội vụ").issuer_is is DocumentIssuer.OWN
    assert document(Line(), own=False, issuer="Phòng X", parent_issuer="Sở Nội vụ").issuer_is is DocumentIssuer.OWN


@pytest.mark.parametrize(
    ("to", "copies", "internal"),
    [
        (["Các phòng, đơn vị trực thuộc Sở"], ["Như trên;", "Lưu: VT, TCCB."], True),
        (["Văn phòng Sở"], [], False),  # not surely one of ours
        (["Phòng Cải cách hành chính"], ["Lưu: VT"], True),
        (["Toàn thể công chức, viên chức"], [], True),
        (["Sở Y tế"], [], False),
        (["Các phòng thuộc Sở"], ["UBND tỉnh (để b/c);"], False),
        (["Ông Nguyễn Văn B"], [], False),
        ([], ["Như trên;", "Lưu: VT."], False),
        ([], [], False),
    ],
)
def test_addressed_to_nobody_outside_the_agency(to: list[str], copies: list[str], *, internal: bool) -> None:
    assert document(to=to, copies=copies).internal is internal
    assert document(Line(), own=False, to=to, copies=copies).internal is False


def test_a_units_paper_to_its_own_agency_stays_inside_and_one_to_the_province_does_not() -> None:
    office = Line((3, 2, 1), ("snv-vp", "snv", "tinh"))
    assert document(office, to=["Phòng Cải cách hành chính", "Sở Nội vụ"]).internal
    assert not document(office, to=["Phòng Cải cách hành chính", "UBND tỉnh Minh Họa"]).internal


def test_a_mark_on_a_sheet_without_a_heading_makes_it_a_paper() -> None:
    found = read(file("a.docx", "docx", paper("NONE", circulation="LƯU HÀNH NỘI BỘ")))
    assert [(one.type, one.internal) for one in found.documents] == [("", True)]
    assert read(file("a.docx", "docx", paper("NONE"))).documents == ()
