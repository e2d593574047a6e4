"""What may hurt whoever opens a file is told; ordinary papers have no dangers."""

from __future__ import annotations

import struct
import time

import pytest

from mailhub.files.dangers import dangers_of
from mailhub.files.facts import Danger, DangerKind
from mailhub.files.naming import extension, of_claims, of_name
from mailhub.files.sniff import sniff
from tests.files.test_sniff import KNOWN, PROGRAM
from tests.support.office import cell, docx, open_document, paragraph, relations, table, xlsx, zipped
from tests.support.ole import compound
from tests.support.word97 import CELL, FIELD, FIELD_END, RESULT, word97

pytestmark = pytest.mark.unit


def dangers(data: bytes, name: str = "", declared: str = "") -> tuple[Danger, ...]:
    return dangers_of(memoryview(data), sniff(memoryview(data)), (name,), declared)


def kinds(data: bytes, name: str = "", declared: str = "") -> set[DangerKind]:
    return {danger.kind for danger in dangers(data, name, declared)}


def object_of(label: bytes, data: bytes) -> bytes:
    return compound({"\x01Ole10Native": struct.pack("<IH", 9, 2) + label + b"\0C:\\" + label + b"\0" + data})


ORDINARY = [
    docx(table((paragraph("SỞ MẪU"), paragraph("CỘNG HÒA"))), more={
        "word/_rels/document.xml.rels": relations(("hyperlink", "https://mau.example"), ("image", "https://mau.example/a.png")),
        "word/_rels/settings.xml.rels": relations(("attachedTemplate", "file:///C:\\Users\\x\\Normal.dotm")),
        "word/embeddings/Microsoft_Excel_Sheet1.xlsx": xlsx({"x": ""}),
        "word/embeddings/oleObject1.bin": compound({"Equation Native": b"x"}),
    }),
    docx("<w:p><w:r><w:instrText> PAGE </w:instrText><w:t>ADDED WORDS: DDE</w:t></w:r></w:p>"),
    xlsx({"x": f"<row r='1'>{cell('A1', 'x')}</row>"}),
    word97(f"SỞ MẪU{CELL}{FIELD} DATE {RESULT}x{FIELD_END}DDEAUTO\r"),
    compound({"Workbook": struct.pack("<HHHHHHIBB", 0x809, 4, 0, 0, 0x85, 8, 0, 0, 0).ljust(40, b"\0")}),
    open_document("<text:p>x</text:p>", more={"Configurations2/menubar/": b"", "META-INF/manifest.xml": "<m/>"}),
]  # fmt: skip


@pytest.mark.parametrize("data", ORDINARY, ids=range(len(ORDINARY)))
def test_ordinary_papers_have_none(data: bytes) -> None:
    assert dangers(data, f"Báo cáo 12.2026.{sniff(memoryview(data))}", "application/octet-stream") == ()


MACRO, LAUNCH, ENCRYPTED, EMBEDDED = DangerKind.MACRO, DangerKind.LAUNCH, DangerKind.ENCRYPTED, DangerKind.EMBEDDED
EXECUTABLE, SCRIPT, MISNAMED, DOUBLE = (
    DangerKind.EXECUTABLE, DangerKind.SCRIPT, DangerKind.MISNAMED, DangerKind.DOUBLE_EXTENSION,
)  # fmt: skip


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (docx("", macros=True), MACRO),
        (docx("", more={"word/VbaProject.bin": "x"}), MACRO),
        (zipped({"[Content_Types].xml": "spreadsheetml.sheet.main", "xl/macrosheets/sheet1.xml": "x"}), MACRO),
        (word97("x\r", more={"Macros/VBA/dir": b"x"}), MACRO),
        (compound({"Workbook": b"x", "_VBA_PROJECT_CUR/VBA/dir": b"x"}), MACRO),
        (compound({"Workbook": struct.pack("<HHHHHHIBB", 0x809, 4, 0, 0, 0x85, 8, 0, 0, 1).ljust(40, b"\0")}), MACRO),
        (open_document("", more={"Basic/Standard/Module1.xml": "x"}), MACRO),
        (
            docx(
                "", more={"word/_rels/settings.xml.rels": relations(("attachedTemplate", "https://mau.example/t.dotm"))}
            ),
            LAUNCH,
        ),
        (
            docx(
                "",
                more={"word/_rels/settings.xml.rels": relations(("attachedTemplate", "file:///\\\\10.0.0.1\\t.dotm"))},
            ),
            LAUNCH,
        ),
        (docx("", more={"word/_rels/x.rels": relations(("attachedTemplate", "&#104;ttps://mau.example/t"))}), LAUNCH),
        (
            docx("", more={"word/_rels/document.xml.rels": relations(("oleObject", "mhtml:https://mau.example/x"))}),
            LAUNCH,
        ),
        (
            docx(
                "<w:p><w:r><w:instrText>DDE</w:instrText></w:r><w:r><w:instrText>AUTO c:\\\\x</w:instrText></w:r></w:p>"
            ),
            LAUNCH,
        ),
        (docx('<w:p><w:fldSimple w:instr="DDEAUTO x"/></w:p>'), LAUNCH),
        (docx("", more={"word/activeX/activeX1.xml": "x"}), LAUNCH),
        (word97(f"{FIELD} DDEAUTO c:\\x {FIELD_END}\r"), LAUNCH),
        (docx("", more={"word/embeddings/oleObject1.bin": object_of(b"a.txt", b"x")}), EMBEDDED),
        (docx("", more={"word/embeddings/oleObject1.bin": object_of(b"a.exe", b"x")}), EXECUTABLE),
        (docx("", more={"word/embeddings/oleObject1.bin": object_of(b"a.pdf", PROGRAM)}), EXECUTABLE),
        (docx("", more={"word/embeddings/oleObject1.bin": object_of(b"a.vbs", b"x")}), SCRIPT),
        (word97("x\r", more={"ObjectPool/_1/\x01Ole10Native": b"\0" * 6 + b"a.scr\0"}), EXECUTABLE),
        (compound({"EncryptedPackage": b"x"}), ENCRYPTED),
        (word97("x\r", encrypted=True), ENCRYPTED),
        (compound({"Workbook": struct.pack("<HHHHHH", 0x809, 4, 0, 0, 0x2F, 54).ljust(90, b"\0")}), ENCRYPTED),
        (open_document("", more={"META-INF/manifest.xml": "<manifest:encryption-data/>"}), ENCRYPTED),
        (PROGRAM, EXECUTABLE),
        (b"#!/bin/sh\n", SCRIPT),
        (b"<html><script>x()</script>", SCRIPT),
        (b"{\\rtf1{\\object{\\*\\objdata 0105}}}", EMBEDDED),
        (b"{\\rtf1{\\*\\template http://mau.example/x}}", LAUNCH),
    ],
)
def test_each_danger_is_told(data: bytes, kind: DangerKind) -> None:
    assert kind in kinds(data)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("quyet_dinh.pdf.exe", {EXECUTABLE, DOUBLE}),
        ("x.doc.js", {SCRIPT, DOUBLE}),
        ("a.pdf          .exe", {EXECUTABLE, DOUBLE}),
        ("a                .scr", {EXECUTABLE, DOUBLE}),
        ("cong_van_\u202efdp.exe", {EXECUTABLE, DOUBLE}),
        ("a.PDF.EXE. ", {EXECUTABLE, DOUBLE}),
        ("a.e\u200bxe", {EXECUTABLE}),
        ("setup.exe", {EXECUTABLE}),
        ("a.hta", {SCRIPT}),
        ("hoa_don.pdf.html", {DOUBLE}),
        ("Báo cáo 24.11.2026.docx", set()),
        ("Du thao.doc.pdf", set()),
        ("ho so.tar.gz", set()),
        ("Số 15.QĐ-UBND.signed.signed.pdf", set()),
        ("trang.html", set()),
        ("", set()),
        ("không có đuôi", set()),
    ],
)
def test_a_name_is_judged_by_what_a_double_click_does(name: str, found: set[DangerKind]) -> None:
    assert {danger.kind for danger in of_name(name)} == found


@pytest.mark.parametrize(
    ("name", "declared", "kind"),
    [
        ("a.jpg", "image/jpeg", "jpeg"),
        ("a.jpeg", "image/jpg", "jpeg"),
        ("a.pdf", "application/octet-stream", "pdf"),
        ("a.docx", "application/msword", "docx"),
        ("a.docx", "application/zip", "docx"),
        ("a.doc", "application/msword", "rtf"),
        ("a.txt", "text/html", "txt"),
        ("a.csv", "application/vnd.ms-excel", "txt"),
        ("a.docx", "", "ole"),
        ("a.pdf", "", "unknown"),
        ("a.p7s", "application/pkcs7-signature", "p7s"),
        ("", "", "exe"),
    ],
)
def test_what_programs_commonly_confuse_is_no_false_name(name: str, declared: str, kind: str) -> None:
    assert of_claims(name, declared, kind) == []


@pytest.mark.parametrize(
    ("name", "declared", "kind"),
    [
        ("a.pdf", "", "exe"),
        ("a.jpg", "image/jpeg", "zip"),
        ("a.docx", "", "docm"),
        ("a.doc", "", "docm"),
        ("a.txt", "text/plain", "script"),
        ("a.pdf", "", "html"),
        ("a", "application/pdf", "jpeg"),
        ("a.bin", "image/png", "pdf"),
        ("a.zip", "application/zip", "rar"),
    ],
)
def test_a_false_name_is_told_with_both_types(name: str, declared: str, kind: str) -> None:
    [danger] = of_claims(name, declared, kind)
    assert danger.kind is MISNAMED
    assert kind in danger.detail


def test_every_reading_of_a_name_must_be_harmless() -> None:
    found = dangers_of(memoryview(b"x"), "txt", ("a.txt", "../b.exe"))
    assert {danger.kind for danger in found} == {EXECUTABLE}


def test_the_extension_is_what_windows_takes_it_for() -> None:
    assert [extension(name) for name in ("a.PDF ", "a.tar.gz", "a", "a.exe..", ".bashrc")] == [
        "pdf",
        "gz",
        "",
        "exe",
        "bashrc",
    ]


def test_dangers_do_not_hide_behind_a_multitude() -> None:
    many: dict[str, str | bytes] = {f"word/_rels/a{i}.xml.rels": relations(("image", "x")) for i in range(300)}
    many["word/_rels/settings.xml.rels"] = relations(("attachedTemplate", "https://mau.example/t.dotm"))
    assert kinds(docx("", more=many)) == {LAUNCH}
    assert MACRO in kinds(compound({**{f"S{i}/x": b"" for i in range(1_100)}, "_VBA_PROJECT_CUR/VBA/dir": b"x"}))


def test_details_stay_short() -> None:
    data = docx("", more={"word/_rels/x.rels": relations(("attachedTemplate", "https://" + "x" * 1_500))})
    assert all(len(danger.detail) <= 200 for danger in dangers(data))


@pytest.mark.parametrize(("kind", "data"), KNOWN, ids=[f"{kind}-{i}" for i, (kind, _) in enumerate(KNOWN)])
def test_no_type_makes_the_search_raise(kind: str, data: bytes) -> None:
    for other in ("docx", "doc", "odt", "rtf", "html", "exe", "jpeg"):
        dangers_of(memoryview(data), other, ("a.b",))


@pytest.mark.parametrize(
    "data",
    [
        docx("<w:instrText>" * 70_000),
        docx("", more={"word/_rels/x.rels": "External<Relationship " + "Type=" * 200_000}),
        b"{\\rtf" + b"\\*\\fldinst " * 90_000,
        b"<html>" + b"on" * 500_000,
        compound({"Workbook": struct.pack("<HH", 1, 0) * 250_000}),
    ],
    ids=("fields", "relations", "rtf", "html", "records"),
)
def test_a_megabyte_of_the_worst_is_searched_at_once(data: bytes) -> None:
    start = time.process_time()
    dangers(data, "." * 10**6 + "a" * 10**5)
    assert time.process_time() - start < 3
