"""Every mark of urgency and secrecy is found, however it came onto the paper; words like them in a text never are."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import replace

import pytest

from mailhub.documents.grammar.recognise import recognise
from mailhub.documents.grammar.recognition import Recognition
from mailhub.files.facts import Limits, Mode
from mailhub.sandbox.local import LocalPool
from mailhub.sandbox.pool import FileBytes, Inspector
from mailhub.text.lines import Source, text_of
from tests.support.papers import (
    Layout,
    Look,
    MarkPlace,
    Paper,
    Scan,
    as_docx,
    as_pdf,
    as_scan,
    as_text,
    in_tcvn3,
    make_paper,
    taken_apart,
)

URGENT = ("HỎA TỐC", "THƯỢNG KHẨN", "KHẨN")
SECRET = ("TUYỆT MẬT", "TỐI MẬT", "MẬT")
MARKED = [("urgency", mark) for mark in URGENT] + [("secrecy", mark) for mark in SECRET]
# Subjects and sentences in which a mark's words mean something else.
INNOCENT = (
    "danh mục văn bản điện tử không gửi bản giấy (trừ văn bản mật)",
    "ứng phó khẩn cấp với mưa lũ, sạt lở đất",
    "công tác bảo vệ bí mật nhà nước năm 2026",
    "báo cáo khẩn về tình hình dịch bệnh",
    "quản lý văn bản hỏa tốc, thượng khẩn và văn bản mật",
    "xử lý hồ sơ có độ mật: TUYỆT MẬT, TỐI MẬT, MẬT",
)
GREY = "#555555"


@pytest.fixture(scope="module")
def inspector() -> Iterator[Inspector]:
    with LocalPool() as one:
        yield one


def of_text(text: str) -> Recognition:
    return recognise(text_of(text))


def of_file(inspector: Inspector, name: str, data: bytes) -> Recognition:
    """What a file's recognition is, read as the hub reads it after the session."""
    file = FileBytes(name, "application/octet-stream", data, hashlib.sha256(data).hexdigest())
    facts = asyncio.run(inspector.read([file], Limits(mode=Mode.FULL, seconds=60), timeout=90))[0]
    assert facts.recognition is not None, facts
    return facts.recognition


def marked(kind: str, seed: int, field: str, mark: str) -> Paper:
    return make_paper(kind, seed, **{field: mark})


def marks(found: Recognition) -> tuple[str | None, str | None]:
    return found.value("urgency"), found.value("secrecy")


def expected(field: str, mark: str) -> tuple[str | None, str | None]:
    return (mark, None) if field == "urgency" else (None, mark)


@pytest.mark.unit
@pytest.mark.parametrize(("field", "mark"), MARKED)
def test_a_typed_mark_is_found_in_every_order_of_text(field: str, mark: str) -> None:
    for kind, seed, layout in itertools.product(("CV", "QĐ", "CĐ"), range(3), Layout):
        text = as_text(marked(kind, seed, field, mark), layout)
        assert marks(of_text(text)) == expected(field, mark), text
        assert marks(of_text(taken_apart(text))) == expected(field, mark), text


@pytest.mark.unit
@pytest.mark.parametrize(("urgency", "secrecy"), list(itertools.product(URGENT, SECRET)))
def test_both_marks_on_one_paper_are_told_apart(urgency: str, secrecy: str) -> None:
    for seed in range(2):
        assert marks(of_text(as_text(make_paper("CV", seed, urgency=urgency, secrecy=secrecy)))) == (urgency, secrecy)


@pytest.mark.unit
@pytest.mark.parametrize("subject", INNOCENT)
def test_words_in_a_subject_or_text_are_no_mark(subject: str) -> None:
    for kind, seed, layout in itertools.product(("CV", "QĐ", "KH", "TB"), range(2), Layout):
        body = (f"Thực hiện nội dung {subject}.", *make_paper(kind, seed).body)
        for about in (subject, subject.upper()):
            text = as_text(make_paper(kind, seed, subject=about, body=body), layout)
            assert marks(of_text(text)) == (None, None), text


@pytest.mark.parametrize("place", MarkPlace)
def test_a_mark_typed_in_word_is_found_wherever_it_stands(inspector: Inspector, place: MarkPlace) -> None:
    for number, (field, mark) in enumerate(MARKED):
        paper = marked(("CV", "QĐ")[number % 2], number, field, mark)
        assert marks(of_file(inspector, "van-ban.docx", as_docx(paper, place))) == expected(field, mark), (place, mark)


@pytest.mark.parametrize("look", [Look(), Look(framed=False), Look(turn=3, overlap=2, incoming=True)], ids=str)
def test_a_mark_in_a_pdfs_text_is_found(inspector: Inspector, look: Look) -> None:
    for number, (field, mark) in enumerate(MARKED):
        paper = marked(("CV", "QĐ")[number % 2], number, field, mark)
        assert marks(of_file(inspector, "van-ban.pdf", as_pdf(paper, look))) == expected(field, mark), (look, mark)


@pytest.mark.parametrize(("field", "mark"), MARKED)
def test_a_mark_in_a_font_of_before_unicode_is_found(inspector: Inspector, field: str, mark: str) -> None:
    text = in_tcvn3(as_text(marked("CV", 3, field, mark)))
    assert marks(of_file(inspector, "cong-van.txt", text.encode("latin-1"))) == expected(field, mark)


# One scan costs a second or two of CPU: a few here, the grid with the long tests.
FEW_SCANS = [
    (("urgency", "HỎA TỐC"), Look(turn=2, seal=True), Scan(dpi=200, slant=0.7, noise=8)),
    (("urgency", "THƯỢNG KHẨN"), Look(ink=GREY, turn=-2), Scan(dpi=200, grey=True, noise=6)),
    (("urgency", "KHẨN"), Look(overlap=1, incoming=True), Scan(dpi=150, format="jpeg")),
    (("secrecy", "MẬT"), Look(turn=1.5), Scan(dpi=200, grey=True, slant=-0.8)),
    (("secrecy", "TỐI MẬT"), Look(ink=GREY), Scan(dpi=200, format="png", blur=0.5)),
    (("secrecy", "TUYỆT MẬT"), Look(turn=-1, incoming=True), Scan(dpi=300, noise=10)),
    (("secrecy", "TUYỆT MẬT"), Look(ink=GREY, turn=-5), Scan(dpi=150, copied=True, format="tiff")),
    (("secrecy", "MẬT"), Look(ink=GREY, overlap=4, turn=2, incoming=True), Scan(dpi=150, format="jpeg", quality=50)),
]


@pytest.mark.parametrize(("what", "look", "scan"), FEW_SCANS, ids=lambda value: str(value)[:40])
def test_a_stamped_mark_on_a_scan_is_found(inspector: Inspector, what: tuple[str, str], look: Look, scan: Scan) -> None:
    found = of_file(inspector, f"scan.{scan.format}", as_scan(as_pdf(marked("CV", 7, *what), look), scan))
    assert marks(found) == expected(*what)
    assert found.doc_type == "CV"


@pytest.mark.unit
@pytest.mark.parametrize(("field", "mark"), MARKED)
def test_a_mark_that_ocr_saw_and_could_not_read_is_told_below_the_line(field: str, mark: str) -> None:
    whole = text_of(as_text(marked("CV", 3, field, mark)))
    lines = tuple(replace(line, confidence=0.2) if line.text.strip() == mark else line for line in whole.lines)
    assert lines != whole.lines
    found = recognise(replace(whole, lines=lines, source=Source.OCR))
    assert marks(found) == (None, None)
    assert found.fields[field].value == mark


def test_a_scan_without_marks_shows_none(inspector: Inspector) -> None:
    paper = make_paper("QĐ", 2, subject=f"Về việc {INNOCENT[0]}")
    found = of_file(inspector, "scan.pdf", as_scan(as_pdf(paper, Look(seal=True)), Scan(dpi=200, slant=0.5)))
    assert marks(found) == (None, None)
    assert found.doc_type == "QĐ"


SCANNERS = [
    Scan(dpi=dpi, slant=slant, noise=noise, blur=blur, grey=grey, copied=copied, quality=quality, seed=1)
    for dpi, (slant, noise, blur), (grey, copied, quality) in itertools.product(
        (150, 200, 300),
        ((0.0, 0.0, 0.0), (1.2, 8.0, 0.4), (-2.0, 14.0, 0.7)),
        ((False, False, 50), (True, False, 75), (False, True, 75)),
    )
]
LOOKS = [
    Look(),
    Look(turn=3, seal=True),
    Look(turn=5),
    Look(ink=GREY, turn=-2),
    Look(ink=GREY, turn=-5),
    Look(overlap=2.5, incoming=True, seal=True),
    Look(ink=GREY, overlap=4, turn=2, incoming=True),
]


EVERY = 7  # of the scanners, beginning elsewhere for each mark and look, so that all of them meet every mark


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("field", "mark"), MARKED)
@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_no_mark_is_misread_on_any_scanner_and_what_is_not_read_is_doubted(
    inspector: Inspector, field: str, mark: str, look: Look
) -> None:
    wrong: list[tuple[Scan, tuple[str | None, str | None]]] = []
    unseen: list[Scan] = []
    doubted: list[Scan] = []
    begin = (LOOKS.index(look) * len(MARKED) + MARKED.index((field, mark))) % EVERY
    for number in range(begin, len(SCANNERS), EVERY):
        paper = marked(("CV", "QĐ", "TB")[number % 3], number, field, mark)
        read = of_file(inspector, "scan.pdf", as_scan(as_pdf(paper, look), SCANNERS[number]))
        if marks(read) == expected(field, mark):
            continue
        if marks(read) != (None, None):
            wrong.append((SCANNERS[number], marks(read)))
        else:
            (doubted if field in read.fields else unseen).append(SCANNERS[number])
    assert wrong == []
    assert unseen == []
    assert len(doubted) <= 1, doubted
