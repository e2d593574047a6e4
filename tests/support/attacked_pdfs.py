"""Signed PDFs as published attacks leave them, made from our own.

The classes: universal forgery, incremental saving and wrapping (Mladenov et al., CCS 2019), shadow attacks (Mainka et
al., NDSS 2021), evil annotations and sneaky signatures on certified files (Rohlmann et al., S&P 2021); besides octets
that no revision owns, and files that two programs read differently.

`paper()` is what gets signed: a page with text, a form field, a layer. Its objects have the numbers below.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping

from pyhanko.pdf_utils.reader import PdfFileReader

from tests.support.pdfs import A4, by_hand, stream

CATALOG, PAGES, PAGE, CONTENT, FONT, FORM, TEXT_FIELD, TEXT_LOOK, OVERLAY, LAYER, INFO = range(1, 12)
GHOST = 40  # what `paper(dangling=True)` refers to and does not have
_BOX = f"0 0 {A4[0]} {A4[1]}"
_TEXT = "BT /F 12 Tf 72 700 Td (So: 15/UBND. Chi 10 trieu dong) Tj ET"
EVIL = "BT /F 12 Tf 72 700 Td (So: 15/UBND. Chi 90 trieu dong) Tj ET"
_LOOK = "/Type/XObject/Subtype/Form/BBox[0 0 200 20]/Resources<</Font<</F 5 0 R>>>>"


def paper(*, dangling: bool = False, hidden: bool = False, aliased: bool = False) -> bytes:
    """A page to be signed, prepared by who wrote it (shadow attacks) with one of these: `dangling`, its content goes on
    in an object that is not there yet; `hidden`, another content lies in the file that no table names; `aliased`, the
    document's information, which may change, is its font too."""
    contents = f"[{CONTENT} 0 R {GHOST} 0 R]" if dangling else f"{CONTENT} 0 R"
    objects: dict[int, str | bytes] = {
        CATALOG: f"<</Type/Catalog/Pages 2 0 R/AcroForm {FORM} 0 R"
        f"/OCProperties<</OCGs[{LAYER} 0 R]/D<</ON[{LAYER} 0 R]>>>>>>",
        PAGES: "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        PAGE: f"<</Type/Page/Parent 2 0 R/MediaBox[{_BOX}]/Contents {contents}/Annots[{TEXT_FIELD} 0 R]"
        f"/Resources<</Font<</F 5 0 R>>/XObject<</O {OVERLAY} 0 R>>>>>>",
        CONTENT: stream(_TEXT + " /O Do"),
        FONT: "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        FORM: f"<</Fields[{TEXT_FIELD} 0 R]/DA(/F 0 Tf 0 g)/SigFlags 3>>",
        TEXT_FIELD: f"<</Type/Annot/Subtype/Widget/FT/Tx/T(amount)/V(10)/Rect[72 600 272 620]/P {PAGE} 0 R"
        f"/AP<</N {TEXT_LOOK} 0 R>>/DA(/F 12 Tf 0 g)>>",
        TEXT_LOOK: stream("BT /F 12 Tf 2 4 Td (10 trieu) Tj ET", _LOOK),
        OVERLAY: stream("1 1 1 rg 0 0 1 1 re f", f"/Type/XObject/Subtype/Form/BBox[0 0 100 100]/OC {LAYER} 0 R"),
        LAYER: "<</Type/OCG/Name(layer)>>",
        INFO: "<</Producer(test)>>",
    }
    made = by_hand(objects, trailer=f"/Info {FONT if aliased else INFO} 0 R")
    return _with_hidden(made) if hidden else made


def _with_hidden(made: bytes) -> bytes:
    """Another content between the objects and the table, which nothing names."""
    place = made.rindex(b"xref\n0 ")
    extra = f"{CONTENT} 0 obj\n{stream(EVIL)}\nendobj\n".encode()
    moved = made[:place] + extra + made[place:]
    return moved.replace(b"startxref\n%d\n" % place, b"startxref\n%d\n" % (place + len(extra)))


def object_of(pdf: bytes, number: int) -> bytes:
    """The octets of an object of the last revision, from `<<` to before `endobj`."""
    start = max(found.end() for found in re.finditer(rb"(?m)^%d 0 obj\s" % number, pdf))
    return pdf[start : pdf.index(b"endobj", start)].strip()


def updated(
    pdf: bytes,
    objects: Mapping[int, str | bytes],
    *,
    places: Mapping[int, int] | None = None,
    freed: tuple[int, ...] = (),
    table: bool = True,
    foot: bool = True,
    unnamed: Mapping[int, str | bytes] | None = None,
    twice: bool = False,
    hybrid: bool = False,
) -> bytes:
    """`pdf` with a revision of `objects`. `places` names objects of elsewhere, `unnamed` writes some unnamed,
    `freed` frees; `table=False` writes no cross-reference section, `foot=False` no startxref, `twice` repeats a row,
    `hybrid` adds a cross-reference stream that names itself."""
    reader = PdfFileReader(io.BytesIO(pdf), strict=False)
    root = reader.root_ref.idnum
    last = int(reader.last_startxref or 0)
    size = max(int(reader.trailer["/Size"]), *(number + 1 for number in objects), 0)
    file = bytearray(pdf if pdf.endswith(b"\n") else pdf + b"\n")
    rows: dict[int, int] = dict(places or {})
    for number, body in (*objects.items(), *((unnamed or {}).items())):
        if number not in (unnamed or {}):
            rows[number] = len(file)
        file += b"%d 0 obj\n" % number + (body.encode("latin-1") if isinstance(body, str) else body) + b"\nendobj\n"
    beside = f"/XRefStm {len(file)}" if hybrid else ""
    if hybrid:
        row = bytes((1,)) + len(file).to_bytes(3, "big") + bytes(1)
        entries = f"/Type/XRef/Size {size + 1}/W[1 3 1]/Index[{size} 1]/Length 5".encode()
        file += b"%d 0 obj\n<<%b>>\nstream\n%b\nendstream\nendobj\n" % (size, entries, row)
        size += 1
    start = len(file)
    if table:
        file += b"xref\n" + b"".join(b"%d 1\n%010d 00000 n \n" % row for row in sorted(rows.items()))
        file += b"".join(b"%d 1\n0000000000 00001 f \n" % number for number in freed)
        if twice:
            file += b"%d 1\n%010d 00000 n \n" % sorted(rows.items())[0]
        file += f"trailer\n<</Root {root} 0 R/Size {size}/Prev {last}{beside}>>\n".encode()
    if foot:
        file += b"startxref\n%d\n%%%%EOF\n" % (start if table else last)
    return bytes(file)


def replaced(pdf: bytes, number: int, old: bytes, new: bytes) -> dict[int, bytes]:
    """Object `number` with something in it exchanged, for `updated`."""
    body = object_of(pdf, number)
    assert old in body, (old, body)
    return {number: body.replace(old, new, 1)}


def overlay(pdf: bytes, subtype: str, *, form: bool = False, area: str = "60 690 400 720") -> bytes:
    """A new annotation over the text, in a revision of its own. `form`: as a signature field without a signature."""
    reader = PdfFileReader(io.BytesIO(pdf), strict=False)
    widget, look = int(reader.trailer["/Size"]), int(reader.trailer["/Size"]) + 1
    field = "/FT/Sig/T(sneaky)/F 4" if form else ""
    objects: dict[int, str | bytes] = {
        widget: f"<</Type/Annot/Subtype/{subtype}{field}/Rect[{area}]/P {PAGE} 0 R/AP<</N {look} 0 R>>>>",
        look: stream("1 1 1 rg 0 0 200 20 re f 0 g BT /F 12 Tf 2 4 Td (Chi 90 trieu) Tj ET", _LOOK),
        **replaced(pdf, PAGE, b"/Annots", b"/Annots"),
    }
    objects[PAGE] = _with_entry(object_of(pdf, PAGE), b"/Annots", widget)
    if form:
        objects[FORM] = _with_entry(object_of(pdf, FORM), b"/Fields", widget)
    return updated(pdf, objects)


def _with_entry(body: bytes, key: bytes, number: int) -> bytes:
    """A dictionary whose array at `key` has one reference more."""
    return re.sub(re.escape(key) + rb"\s*\[", key + b" [%d 0 R " % number, body, count=1)


def signature_at(pdf: bytes) -> tuple[int, int, bytes]:
    """Start and end of the last signature's gap, and its byte range as written."""
    found = list(re.finditer(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)[^\]]*\]", pdf))[-1]
    return int(found[2]), int(found[3]), found[0]


def with_range(pdf: bytes, text: bytes) -> bytes:
    """The last signature with another byte range, its length kept."""
    old = signature_at(pdf)[2]
    assert len(text) <= len(old), (text, old)
    return pdf.replace(old, text + b" " * (len(old) - len(text)))


def with_contents(pdf: bytes, value: bytes) -> bytes:
    """The last signature's /Contents exchanged, its length kept by white space."""
    start, end, _ = signature_at(pdf)
    assert len(value) <= end - start
    return pdf[:start] + value + b" " * (end - start - len(value)) + pdf[end:]


def wrapped(pdf: bytes, *, table: bool = True) -> bytes:
    """Signature wrapping: the second signed part is moved behind, and other content put in between, with a table where
    the old one was. The digest still holds. `table=False` leaves the table out, for programs that rebuild it."""
    start, end, old = signature_at(pdf)
    tail = pdf[end:]
    reader = PdfFileReader(io.BytesIO(pdf), strict=False)
    named, last = int(reader.last_startxref or 0), reader.xrefs.get_xref_data(reader.total_revisions - 1)
    evil = f"{CONTENT} 0 obj\n{stream(EVIL)}\nendobj\n".encode()
    numbers = [int(number) for number in re.findall(rb"\d+", old)]
    trailer = re.sub(rb"/ID \[[^\]]*\]", b"", tail[tail.index(b"trailer") : tail.index(b"startxref")])
    length = len(last.standard_xrefs) * 40 + 100 if table else 0
    moved = named + length + len(trailer) + len(evil)
    rows = b""
    if table:
        places = {
            number: place if place < end else place + moved - end for number, (_, place) in last.standard_xrefs.items()
        }
        places[CONTENT] = named + length + len(trailer)
        rows = b"xref\n" + b"".join(b"%d 1\n%010d 00000 n \n" % row for row in sorted(places.items()))
    own = tail[: tail.index(b"endobj") + 7].replace(old, b"/ByteRange [0 %d %d %d]" % (start, moved, numbers[3]))
    assert own != tail[: len(own)]
    assert len(own) <= named - end
    return pdf[:end] + own.ljust(named - end) + (rows + trailer).ljust(length + len(trailer)) + evil + tail
