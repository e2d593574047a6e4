"""What a file is follows from its octets, whatever it is called."""

from __future__ import annotations

import gzip
import io
import lzma
import tarfile
import time
import zipfile

import pytest
from PIL import Image

from mailhub.files.polyglots import polyglots
from mailhub.files.sniff import sniff
from tests.support.office import docx, open_document, paragraph, xlsx, zipped
from tests.support.ole import compound
from tests.support.word97 import word97

pytestmark = pytest.mark.unit

MAIL = (
    b"Received: from a\r\n by b\r\nFrom: a@b.example\r\nTo: c@d.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n\r\nbody"
)
PROGRAM = b"MZ" + b"\0" * 58 + (128).to_bytes(4, "little") + b"\0" * 64 + b"PE\0\0" + b"\0" * 200
PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"

CMS = b"0\x80\x06\x09*\x86H\x86\xf7\x0d\x01\x07\x02\xa0\x80\x30\x80\x02\x01\x01\x31\0"


def picture(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (9, 9), "white").save(out, kind)
    return out.getvalue()


def tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a"))
    return out.getvalue()


def types(kind: str) -> str:
    return f'<Types><Override ContentType="application/vnd.{kind}+xml"/></Types>'


KNOWN = [
    ("empty", b""),
    ("pdf", PDF),
    ("pdf", b"\n" * 500 + PDF),
    ("docx", docx(paragraph("x"))),
    ("docx", docx(paragraph("x"))[:300]),
    ("docm", docx(paragraph("x"), macros=True)),
    ("xlsx", xlsx({"x": ""})),
    ("xlsm", zipped({"[Content_Types].xml": types("ms-excel.sheet.macroEnabled.main"), "xl/workbook.xml": "x"})),
    ("pptx", zipped({"[Content_Types].xml": types("openxmlformats-officedocument.presentationml.presentation.main")})),
    ("odt", open_document("")),
    ("ods", open_document("", kind="spreadsheet")),
    ("jar", zipped({"META-INF/MANIFEST.MF": "x", "a/B.class": "x"})),
    ("zip", zipped({"a.txt": "x"})),
    ("zip", b"PK\x03\x04 and nothing more"),
    ("doc", word97("x\r")),
    ("xls", compound({"Workbook": b"x"})),
    ("ppt", compound({"PowerPoint Document": b"x"})),
    ("msg", compound({"__properties_version1.0": b"x", "__substg1.0_0037001F": b"y"})),
    ("ole", compound({"EncryptedPackage": b"x", "EncryptionInfo": b"y"})),
    ("ole", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    ("7z", b"7z\xbc\xaf\x27\x1c\0\x04"),
    ("rar", b"Rar!\x1a\x07\x01\0"),
    ("gz", gzip.compress(b"x")),
    ("xz", lzma.compress(b"x")),
    ("tar", tar()),
    ("png", picture("PNG")),
    ("jpeg", picture("JPEG")),
    ("gif", picture("GIF")),
    ("tiff", picture("TIFF")),
    ("bmp", picture("BMP")),
    ("webp", picture("WEBP")),
    ("heic", b"\0\0\0\x18ftypheic\0\0\0\0"),
    ("exe", PROGRAM),
    ("exe", b"\x7fELF\x02\x01\x01"),
    ("exe", b"\xcf\xfa\xed\xfe\x07\0\0\x01"),
    ("script", b"#!/bin/sh\necho x"),
    ("script", b"@echo off\r\ndel x"),
    ("script", b'var s = new ActiveXObject("WScript.Shell"); s.Run("x");'),
    ("script", 'CreateObject("WScript.Shell").Run "x"'.encode("utf-16")),
    ("html", b"<!DOCTYPE html><p>x"),
    ("html", "\ufeff<html>".encode()),
    ("xml", b'<?xml version="1.0"?><a/>'),
    ("rtf", b"{\\rtf1 x}"),
    ("eml", MAIL),
    ("txt", "Sở Nội vụ".encode()),
    ("txt", "Sở Nội vụ".encode("utf-16")),
    ("txt", b"S\xeb N\xe9i v\xf4"),
    ("txt", b"From: someone\nwrote this\n"),
    ("txt", "Kính gửi: Sở Mẫu\nSố: 5\nVề việc: x\n".encode()),
    ("tnef", b"x\x9f>\x22\0\0"),
    ("p7s", CMS + b"\x30\x0b\x06\x09*\x86H\x86\xf7\x0d\x01\x07\x01\0\0"),
    ("p7m", b"0\x82\x05\x05\x06\x09*\x86H\x86\xf7\x0d\x01\x07\x03\xa0"),
    ("unknown", bytes(range(256))),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "data"), KNOWN, ids=[f"{kind}-{i}" for i, (kind, _) in enumerate(KNOWN)])
def test_the_type_is_told_from_the_octets(kind: str, data: bytes) -> None:
    assert sniff(memoryview(data)) == kind


@pytest.mark.parametrize(("kind", "data"), KNOWN, ids=[f"{kind}-{i}" for i, (kind, _) in enumerate(KNOWN)])
def test_an_honest_file_is_no_polyglot(kind: str, data: bytes) -> None:
    assert polyglots(memoryview(data), kind) == ()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (PDF + zipped({"a": "x"}), "pdf and ZIP"),
        (PDF + b"<script>x()</script>", "PDF and HTML"),
        (b"<html><body>" + PDF, "PDF and HTML"),
        (b"GIF89a/*" + b"\0" * 20 + b"*/=1;alert(1)", "gif and JavaScript"),
        (b"GIF89a..\n" + PDF, "gif and PDF"),
        (picture("PNG") + zipped({"a": "x"}), "png and ZIP"),
        (picture("JPEG") + b"Rar!\x1a\x07\x01\0", "jpeg and RAR"),
        (picture("JPEG") + b"<?php system(1);", "jpeg with code of a web page"),
        (PROGRAM + zipped({"a": "x"}), "program that unpacks itself"),
        (PROGRAM + b"7z\xbc\xaf\x27\x1c", "program that unpacks itself"),
    ],
)
def test_a_file_valid_as_two_types_is_told(data: bytes, words: str) -> None:
    assert words in [danger.detail for danger in polyglots(memoryview(data), sniff(memoryview(data)))]


def test_a_document_that_holds_an_archive_as_its_format_provides_is_no_polyglot() -> None:
    inner = zipped({"a": "x"})
    assert polyglots(memoryview(PDF[:-6] + b"stream\n" + inner + b"\nendstream\n%%EOF\n"), "pdf") == ()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("a.pdf", PDF)
    assert polyglots(memoryview(out.getvalue()), "zip") == ()


@pytest.mark.parametrize(
    "data",
    [
        b"PK\x03\x04" * 250_000, b"<" * 10**6, b"From: x\n" * 125_000, b"<!--" + b"-" * 10**6,
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 125_000, b"0" * 10**6,
    ],
    ids=("zip", "html", "mail", "comment", "ole", "text"),
)  # fmt: skip
def test_a_megabyte_of_anything_is_told_at_once(data: bytes) -> None:
    start = time.process_time()
    polyglots(memoryview(data), sniff(memoryview(data)))
    assert time.process_time() - start < 3


def test_an_archive_with_an_endless_list_of_members_is_not_listed() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for i in range(25_000):
            archive.writestr(str(i), "")
    data = out.getvalue()
    start = time.process_time()
    assert sniff(memoryview(data)) == "zip"
    assert time.process_time() - start < 0.2
