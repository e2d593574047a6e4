"""Where within its field a person's signature is really seen: signing programs keep a picture's proportions and leave
the rest of the field empty, and the decree speaks of the picture (Nghị định 30/2020/NĐ-CP PL I mục II.8a).
"""

from __future__ import annotations

from collections.abc import Iterator
from ctypes import byref, c_float
from typing import Any

import pypdfium2 as pdfium
from pypdfium2 import raw

from mailhub.files.sealing.geometry import Box

# Six numbers as in a content stream: x' = a·x + c·y + e, y' = b·x + d·y + f.
Matrix = tuple[float, float, float, float, float, float]

_MOST_OBJECTS = 200
_MOST_DEPTH = 6
_MOST_ANNOTATIONS = 1_000
_SAME = 0.01  # points by which PDFium's single precision may differ
_LEAST = 4.0  # points: what is smaller is no signature
IDENTITY: Matrix = (1, 0, 0, 1, 0, 0)


def picture_in(octets: memoryview, page: int, field: Box, box: Box, matrix: Matrix) -> Box | None:
    """What the pictures in the appearance of the widget at `field` on a page (from 0) cover, in the page's units; None
    when there are none. `box` and `matrix` are the appearance's own (/BBox, /Matrix)."""
    document = pdfium.PdfDocument(bytes(octets))
    try:
        pictures = list(_pictures(document[page], field))
    except pdfium.PdfiumError:
        return None
    finally:
        document.close()
    if not pictures:
        return None
    return _clipped(_fitted(_around(pictures), field, box, matrix), field)


def _pictures(page: pdfium.PdfPage, field: Box) -> Iterator[Box]:
    for index in range(min(raw.FPDFPage_GetAnnotCount(page.raw), _MOST_ANNOTATIONS)):
        annotation = raw.FPDFPage_GetAnnot(page.raw, index)
        try:
            if not _is_at(annotation, field):
                continue
            for number in range(min(raw.FPDFAnnot_GetObjectCount(annotation), _MOST_OBJECTS)):
                yield from _within(raw.FPDFAnnot_GetObject(annotation, number), IDENTITY, 0)
            return
        finally:
            raw.FPDFPage_CloseAnnot(annotation)


def _is_at(annotation: Any, field: Box) -> bool:
    place = raw.FS_RECTF()
    if raw.FPDFAnnot_GetSubtype(annotation) != raw.FPDF_ANNOT_WIDGET:
        return False
    if not raw.FPDFAnnot_GetRect(annotation, byref(place)):
        return False
    found = (place.left, place.bottom, place.right, place.top)
    return all(abs(one - other) < _SAME for one, other in zip(found, field, strict=True))


def _within(thing: Any, outer: Matrix, depth: int) -> Iterator[Box]:
    kind = raw.FPDFPageObj_GetType(thing)
    if kind == raw.FPDF_PAGEOBJ_IMAGE:
        sides = [c_float() for _ in range(4)]
        if raw.FPDFPageObj_GetBounds(thing, *(byref(side) for side in sides)):
            yield _moved((sides[0].value, sides[1].value, sides[2].value, sides[3].value), outer)
    elif kind == raw.FPDF_PAGEOBJ_FORM and depth < _MOST_DEPTH:
        own = raw.FS_MATRIX()
        if raw.FPDFPageObj_GetMatrix(thing, byref(own)):
            inner = _after((own.a, own.b, own.c, own.d, own.e, own.f), outer)
            for number in range(min(raw.FPDFFormObj_CountObjects(thing), _MOST_OBJECTS)):
                yield from _within(raw.FPDFFormObj_GetObject(thing, number), inner, depth + 1)


def _fitted(inner: Box, field: Box, box: Box, matrix: Matrix) -> Box:
    """From the appearance's units to the page's: the box, moved by its matrix, is stretched over the field
    (ISO 32000-2 § 12.5.5, algorithm 8)."""
    whole = _moved(box, matrix)
    across, up = whole[2] - whole[0], whole[3] - whole[1]
    if across <= 0 or up <= 0:
        return field
    wide, high = (field[2] - field[0]) / across, (field[3] - field[1]) / up
    moved = _moved(inner, matrix)
    return (
        field[0] + (moved[0] - whole[0]) * wide,
        field[1] + (moved[1] - whole[1]) * high,
        field[0] + (moved[2] - whole[0]) * wide,
        field[1] + (moved[3] - whole[1]) * high,
    )


def _clipped(box: Box, field: Box) -> Box | None:
    """Nothing is seen outside the field."""
    seen = max(box[0], field[0]), max(box[1], field[1]), min(box[2], field[2]), min(box[3], field[3])
    return seen if seen[2] - seen[0] >= _LEAST and seen[3] - seen[1] >= _LEAST else None


def _around(boxes: list[Box]) -> Box:
    lefts, bottoms, rights, tops = zip(*boxes, strict=True)
    return min(lefts), min(bottoms), max(rights), max(tops)


def _moved(box: Box, matrix: Matrix) -> Box:
    a, b, c, d, e, f = matrix
    corners = [(x, y) for x in (box[0], box[2]) for y in (box[1], box[3])]
    points = [(a * x + c * y + e, b * x + d * y + f) for x, y in corners]
    return _around([(x, y, x, y) for x, y in points])


def _after(first: Matrix, then: Matrix) -> Matrix:
    """The matrix that does one after the other."""
    a, b, c, d, e, f = first
    p, q, r, s, t, u = then
    return (a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u)
