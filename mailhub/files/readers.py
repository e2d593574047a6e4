"""Which reader opens which type. Readers are imported when the first file of their type comes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from mailhub.files.budget import Budget
from mailhub.files.facts import Limits, Mode
from mailhub.files.members import Contents
from mailhub.files.outcome import Outcome
from mailhub.files.reading import Reading
from mailhub.text.lines import Text

# Every reader takes the type as well, though most know it.
# ruff: noqa: ARG001
Reader = Callable[[memoryview, str, Limits], Outcome]
Container = Callable[[memoryview, str, Budget], Contents]


def _pdf(data: memoryview, kind: str, limits: Limits) -> Outcome:
    from mailhub.files.pdf import read_pdf

    read = read_pdf(data, limits)
    return Outcome(read.text, read.pages, read.needs_ocr, read.unreadable, read.dangers)


def _image(data: memoryview, kind: str, limits: Limits) -> Outcome:
    from mailhub.files.image import read_image

    read = read_image(data, kind, limits)
    return Outcome(read.text, read.pages, read.needs_ocr, read.unreadable)


def _docx(data: memoryview, kind: str, limits: Limits) -> Outcome:
    from mailhub.files.docx import read_docx

    return _with_pictures(read_docx(data, limits), limits)


def _doc(data: memoryview, kind: str, limits: Limits) -> Outcome:
    from mailhub.files.word97 import read_word97

    return _with_pictures(read_word97(data, limits), limits)


def _open_document(data: memoryview, kind: str, limits: Limits) -> Outcome:
    from mailhub.files.odt import read_ods, read_odt

    return _plain(read_ods(data, limits)) if kind == "ods" else _with_pictures(read_odt(data, limits), limits)


def _sheets(data: memoryview, kind: str, limits: Limits) -> Outcome:
    from mailhub.files.sheets import read_sheets

    return _plain(read_sheets(data, limits))


def _text(data: memoryview, kind: str, limits: Limits) -> Outcome:
    from mailhub.files.plain import read_plain

    return _plain(read_plain(data, limits))


def _rtf(data: memoryview, kind: str, limits: Limits) -> Outcome:
    from mailhub.files.rtf import read_rtf

    return _plain(read_rtf(data, limits))


def _html(data: memoryview, kind: str, limits: Limits) -> Outcome:
    from mailhub.files.html import read_html

    return _plain(read_html(data, limits))


def _plain(reading: Reading) -> Outcome:
    return Outcome(reading.text, 0, False, reading.unreadable, reading.dangers)


def _with_pictures(reading: Reading, limits: Limits) -> Outcome:
    """A letter that is nothing but pasted scans: its pictures are its pages."""
    found = _plain(reading)
    for picture in reading.pictures:
        page = _image(memoryview(picture), _picture_type(picture), limits)
        text = Text((*found.text.lines, *page.text.lines), page.text.source, found.text.pages, found.text.complete)
        found = replace(
            found,
            text=text if page.text.lines else found.text,
            needs_ocr=found.needs_ocr or page.needs_ocr,
            pages=found.pages + 1 if limits.mode is Mode.FULL else 0,
        )
    return found


def _picture_type(picture: bytes) -> str:
    from mailhub.files.sniff import sniff

    return sniff(memoryview(picture))


def _archive(data: memoryview, kind: str, budget: Budget) -> Contents:
    from mailhub.files.archive import read_archive

    return read_archive(data, kind, budget=budget)


def _message(data: memoryview, kind: str, budget: Budget) -> Contents:
    from mailhub.files.message import read_message

    return read_message(data, budget=budget)


def _enclosed(data: memoryview, kind: str, budget: Budget) -> Contents:
    from mailhub.files.enclosed import read_enclosed

    return read_enclosed(data, budget=budget)


READERS: dict[str, Reader] = {
    "pdf": _pdf,
    **dict.fromkeys(("png", "jpeg", "tiff", "gif", "bmp", "webp"), _image),
    **dict.fromkeys(("docx", "docm"), _docx),
    "doc": _doc,
    **dict.fromkeys(("odt", "ods"), _open_document),
    **dict.fromkeys(("xlsx", "xlsm", "xls"), _sheets),
    "txt": _text,
    "html": _html,
    "rtf": _rtf,
}
CONTAINERS: dict[str, Container] = {
    **dict.fromkeys(("zip", "7z", "rar", "tar", "gz", "xz", "bz2", "zst"), _archive),
    "eml": _message,
    **dict.fromkeys(("p7m", "p7s"), _enclosed),
}
