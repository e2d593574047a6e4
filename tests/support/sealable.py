"""The same document as other producers would have written it: cross-reference streams, hybrid files, sloppy ends."""

from __future__ import annotations

import io
import zlib

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer

from tests.support.pdfs import stream


def without_last_line_end(pdf: bytes) -> bytes:
    return pdf.rstrip(b"\r\n")


def with_streams(pdf: bytes) -> bytes:
    """With a cross-reference stream (ISO 32000-2 § 7.5.8)."""
    return _copied(pdf, stream_xrefs=True)


def with_table(pdf: bytes) -> bytes:
    """With a classic cross-reference table (§ 7.5.4)."""
    return _copied(pdf, stream_xrefs=False)


def _copied(pdf: bytes, *, stream_xrefs: bool) -> bytes:
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(pdf), strict=False))
    writer.stream_xrefs = stream_xrefs
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


def hybrid(_: bytes = b"") -> bytes:
    """A page as Word writes it (§ 7.5.8.4): a table, and beside it a stream that tells of compressed objects."""
    content = "BT /F 12 Tf 72 700 Td (Phu luc kem theo) Tj ET"
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
    packed = b"5 0 " + font
    objects: dict[int, bytes] = {
        1: b"<</Type/Catalog/Pages 2 0 R>>",
        2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F 5 0 R>>>>/Contents 4 0 R>>",
        4: stream(content).encode(),
        6: b"<</Type/ObjStm/N 1/First 4/Length %d>>\nstream\n%s\nendstream" % (len(packed), packed),
    }
    file, places = bytearray(b"%PDF-1.5\n"), {}
    for number, body in objects.items():
        places[number] = len(file)
        file += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    places[7] = len(file)
    entries = zlib.compress(b"\x02" + (6).to_bytes(4, "big") + b"\x00")
    head = b"<</Type/XRef/Size 8/W[1 4 1]/Index[5 1]/Filter/FlateDecode/Length %d>>" % len(entries)
    file += b"7 0 obj\n%s\nstream\n%s\nendstream\nendobj\n" % (head, entries)
    start = len(file)
    lines = [b"0000000005 65535 f \n"]
    for number in range(1, 8):
        lines.append(b"%010d 00000 n \n" % places[number] if number in places else b"0000000000 65535 f \n")
    trailer = b"trailer\n<</Size 8/Root 1 0 R/XRefStm %d>>\nstartxref\n%d\n%%%%EOF\n" % (places[7], start)
    return bytes(file) + b"xref\n0 8\n" + b"".join(lines) + trailer
