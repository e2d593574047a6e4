"""The text that signatures show on their pages: number, date, names. Each look is put on a page of its own in a file
that holds nothing else, and PDFium reads it there: on the document's page other words would be in the way."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pypdfium2 as pdfium
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.writer import PageObject, PdfFileWriter

MOST = 500  # characters
_MOST_LOOKS = 16
_SIDE = 2_000  # points of the page


def texts_of(looks: Sequence[generic.StreamObject]) -> list[str]:
    """The text of each of the forms `looks`, "" for those beyond what anybody reads."""
    if not looks:
        return []
    read: list[str] = []
    try:
        read = _read(_file_of(looks[:_MOST_LOOKS]))
    except MemoryError:
        raise
    except Exception:  # a look that cannot be read shows nothing to us
        read = []
    return (read + [""] * len(looks))[: len(looks)]


def _file_of(looks: Sequence[generic.StreamObject]) -> bytes:
    writer = PdfFileWriter(stream_xrefs=False)
    for look in looks:
        form = writer.add_object(writer.import_object(look, obj_stream=None))
        content = writer.add_object(generic.StreamObject(stream_data=b"/A Do"))
        resources = generic.DictionaryObject(
            {generic.NameObject("/XObject"): generic.DictionaryObject({generic.NameObject("/A"): form})}
        )
        writer.insert_page(PageObject(contents=content, media_box=(0, 0, _SIDE, _SIDE), resources=resources))
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


def _read(file: bytes) -> list[str]:
    document = pdfium.PdfDocument(file)
    try:
        return [_text(document, number) for number in range(len(document))]
    finally:
        document.close()


def _text(document: pdfium.PdfDocument, number: int) -> str:
    page = document[number]
    text = page.get_textpage()
    try:
        return " ".join(text.get_text_range(0, min(text.count_chars(), 4 * MOST)).split())[:MOST]
    finally:
        text.close()
        page.close()
