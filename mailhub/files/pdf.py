"""PDF (ISO 32000-1): text in reading order, scanned pages through OCR, facts about danger.

PDFium is not thread-safe; the sandbox has one thread. Annotations are flattened into their page before its text is
taken, so that digits which a signing program stamped into a signature's appearance are read where they are seen.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pypdfium2 as pdfium
from PIL import Image
from pypdfium2 import raw

from mailhub.files import ocr
from mailhub.files.columns import Word, lines_of
from mailhub.files.facts import Danger, DangerKind, Limits, Mode, Unreadable
from mailhub.files.pdf_dangers import dangers_of
from mailhub.files.pdf_words import Layer, PageText, page_text
from mailhub.files.tesseract import DPI, OcrFailed
from mailhub.text.lines import Line, Source, Text

_MOST_SEARCHED = 2 * 10**9
_MOST_PIXELS = 12_000_000  # of a page's picture: A4 at 300 dpi has 8.7 million
_LEAST_SIDE, _MOST_SIDE = 20.0, 20_000.0  # points: what is no page, and PDF's own limit of 14,400 with some grace
_MOST_ANNOTATIONS = 1_000  # of a page, looked at
_DOUBT = 0.7  # confidence in a text that lies under a picture: somebody's OCR


@dataclass(frozen=True, slots=True)
class PdfReading:
    """What a PDF says. `needs_ocr`: pages among those looked at are pictures, and were not read in this mode."""

    text: Text
    pages: int = 0
    needs_ocr: bool = False
    unreadable: Unreadable | None = None
    dangers: tuple[Danger, ...] = ()


@dataclass(slots=True)
class _Progress:
    """What was gathered so far, by page number from 0."""

    lines: dict[int, list[Line]] = field(default_factory=dict)
    scans: dict[int, PageText] = field(default_factory=dict)  # pages that only OCR can read, and was not yet
    characters: int = 0
    cut: bool = False
    ocr_done: int = 0
    fault: Unreadable | None = None


def read_pdf(data: memoryview | bytes, limits: Limits) -> PdfReading:
    """Read the first pages and the last one. Raises nothing but MemoryError.

    In mode FULL pages that are pictures, or whose text is garbled, go through OCR as far as limits.ocr_pages and
    limits.seconds allow: what was read by then is given, with Unreadable.TIME. In mode QUICK they are named by
    `needs_ocr`.
    """
    started = time.monotonic()
    octets = bytes(data)
    if _searched_in_vain(octets) > _MOST_SEARCHED:
        return PdfReading(Text(complete=False), unreadable=Unreadable.DAMAGED, dangers=dangers_of(octets, None))
    try:
        document = pdfium.PdfDocument(octets)
    except pdfium.PdfiumError:
        return _unopened(octets)
    try:
        return _read(document, octets, limits, started + limits.seconds)
    finally:
        document.close()


def _searched_in_vain(octets: bytes) -> int:
    """Octets in which pdfium would look for the ends of streams that have none, each time up to the file's end."""
    return (octets.count(b"stream") - 2 * octets.count(b"endstream")) * len(octets)


def _unopened(octets: bytes) -> PdfReading:
    dangers = dangers_of(octets, None)
    if raw.FPDF_GetLastError() == raw.FPDF_ERR_PASSWORD:
        locked = Danger(DangerKind.ENCRYPTED, "PDF with a password")
        return PdfReading(Text(complete=False), unreadable=Unreadable.ENCRYPTED, dangers=(locked, *dangers))
    return PdfReading(Text(complete=False), unreadable=Unreadable.DAMAGED, dangers=dangers)


def _read(document: pdfium.PdfDocument, octets: bytes, limits: Limits, deadline: float) -> PdfReading:
    pages = len(document)
    if pages == 0:
        return PdfReading(Text(complete=False), unreadable=Unreadable.DAMAGED, dangers=dangers_of(octets, document))
    progress = _Progress()
    for number in _chosen(pages, limits.pages):
        if progress.lines and (time.monotonic() > deadline or progress.characters > limits.text_characters):
            progress.cut = True
            break
        _read_text(document, number, progress)
    progress.cut = progress.cut or pages > limits.pages
    if limits.mode is Mode.FULL:
        _read_scans(octets, progress, limits, ocr.deadline_of(deadline - limits.seconds, limits.seconds))
    lines = tuple(_within(progress, limits.text_characters))
    complete = not (progress.cut or progress.scans or progress.fault)
    source = Source.OCR if progress.ocr_done else Source.TEXT if lines else Source.NONE
    unreadable = progress.fault if progress.fault is Unreadable.TIME or not lines else None
    return PdfReading(
        Text(lines, source=source, pages=pages, complete=complete),
        pages=pages,
        needs_ocr=bool(progress.scans),
        unreadable=unreadable,
        dangers=dangers_of(octets, document),
    )


def _chosen(pages: int, limit: int) -> Iterator[int]:
    """The first page, then the last, which the signer is on, then those behind the first."""
    yield 0
    if pages > 1 and limit > 1:
        yield pages - 1
    yield from range(1, min(pages - 1, limit - 1))


def _read_text(document: pdfium.PdfDocument, number: int, progress: _Progress) -> None:
    try:
        found = _page_text(document, number)
    except (pdfium.PdfiumError, _NoPage):
        progress.fault, progress.cut = Unreadable.DAMAGED, True
        return
    lines = lines_of(found.words, found.width, found.height, page=number + 1)
    if found.layer is Layer.UNDER:  # somebody's OCR is better than nothing until ours has read the picture
        lines = [replace(line, confidence=_DOUBT) for line in lines]
    if found.layer not in (Layer.TEXT, Layer.EMPTY):
        progress.scans[number] = found
    progress.lines[number] = [] if found.layer is Layer.GARBLED else lines
    progress.characters += sum(len(line.text) for line in lines)


class _NoPage(Exception):
    """A page that is missing, or of an impossible size."""


def _page(document: pdfium.PdfDocument, number: int) -> pdfium.PdfPage:
    page = document[number]
    width, height = page.get_size()
    if not (_LEAST_SIDE <= width <= _MOST_SIDE and _LEAST_SIDE <= height <= _MOST_SIDE):
        page.close()
        raise _NoPage
    return page


def _page_text(document: pdfium.PdfDocument, number: int) -> PageText:
    page = _page(document, number)
    try:
        if _has_looks(page):
            raw.FPDFPage_Flatten(page.raw, raw.FLAT_NORMALDISPLAY)
            page.close()
            page = _page(document, number)
        return page_text(page)
    finally:
        page.close()


def _has_looks(page: pdfium.PdfPage) -> bool:
    """Whether an annotation shows something of its own; links do not."""
    for index in range(min(raw.FPDFPage_GetAnnotCount(page.raw), _MOST_ANNOTATIONS)):
        annotation = raw.FPDFPage_GetAnnot(page.raw, index)
        kind = raw.FPDFAnnot_GetSubtype(annotation)
        raw.FPDFPage_CloseAnnot(annotation)
        if kind not in (raw.FPDF_ANNOT_LINK, raw.FPDF_ANNOT_POPUP):
            return True
    return False


def _read_scans(octets: bytes, progress: _Progress, limits: Limits, deadline: float) -> None:
    """OCR of the pages that need it, the first and the last one first."""
    if not progress.scans:
        return
    # Opened anew: in the other copy annotations have become part of their pages.
    plain = pdfium.PdfDocument(octets)
    try:
        for number in ocr.reading_order(sorted(progress.scans), limits.ocr_pages):
            if ocr.out_of_time(deadline):
                progress.fault = Unreadable.TIME
                return
            found = progress.scans[number]
            picture, scale = _picture(plain, number)
            stamped = [_scaled(word, scale) for word in found.shown]
            progress.lines[number] = ocr.read_page(picture, page=number + 1, deadline=deadline, also=stamped)
            del progress.scans[number]
            progress.ocr_done += 1
    except OcrFailed:
        progress.fault = Unreadable.TIME if ocr.out_of_time(deadline) else Unreadable.CRASHED
    except (pdfium.PdfiumError, _NoPage):
        progress.fault = Unreadable.DAMAGED
    finally:
        plain.close()


def _picture(document: pdfium.PdfDocument, number: int) -> tuple[Image.Image, float]:
    """A page's picture without its annotations, and how many pixels a point has."""
    page = _page(document, number)
    try:
        width, height = page.get_size()
        scale = min(DPI / 72, (_MOST_PIXELS / (width * height)) ** 0.5)
        bitmap = page.render(scale=scale, draw_annots=False, may_draw_forms=False, rev_byteorder=True)
        return bitmap.to_pil().convert("RGB"), scale
    finally:
        page.close()


def _scaled(word: Word, scale: float) -> Word:
    return replace(
        word, left=word.left * scale, top=word.top * scale, right=word.right * scale, bottom=word.bottom * scale
    )


def _within(progress: _Progress, characters: int) -> Iterator[Line]:
    """The lines page by page, as many as there is room for; the last page keeps a quarter of it."""
    if not progress.lines:
        return
    last = max(progress.lines)
    kept = sum(len(line.text) for line in progress.lines[last])
    room = characters - min(kept, characters // 4)
    for number in sorted(progress.lines):
        if number == last:
            room = max(room, 0) + min(kept, characters // 4)
        for line in progress.lines[number]:
            room -= len(line.text)
            if room < 0:
                progress.cut = True
                break
            yield line
