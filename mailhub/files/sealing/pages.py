"""Pages and the fields on them, as an update needs them (ISO 32000-2 §§ 7.7.3, 12.7). Reads a stranger's PDF."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields

from mailhub.files.sealing.geometry import Box, Frame
from mailhub.files.sealing.pictures import IDENTITY, Matrix

_MOST_PAGES = 20_000
_MOST_DEPTH = 60
_INHERITED = ("/MediaBox", "/CropBox", "/Rotate")
_UNSEEN = 0b100010  # flags Hidden and NoView of an annotation (§ 12.5.3)
_A4: Box = (0.0, 0.0, 595.0, 842.0)


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its number from 0, its reference and how it is shown."""

    number: int
    reference: generic.Reference
    frame: Frame


@dataclass(frozen=True, slots=True)
class Widget:
    """Where a field is seen: `box` in the units of `page`."""

    page: Page
    box: Box
    looks: Looks | None = None  # None: it has no appearance


@dataclass(frozen=True, slots=True)
class Looks:
    """The coordinates of an appearance (§ 12.5.5)."""

    box: Box
    matrix: Matrix


def entry(value: Any, name: str) -> Any:
    """What a dictionary has under a name, references followed; None when it has nothing, or is no dictionary. pyHanko's
    `get` does not follow them."""
    return value[name] if isinstance(value, generic.DictionaryObject) and name in value else None


def entries(value: Any, name: str) -> list[Any]:
    """An array in a dictionary, its references as they stand; [] when there is none."""
    found = entry(value, name)
    return list(found) if isinstance(found, generic.ArrayObject) else []


def pages_of(reader: PdfFileReader) -> Iterator[Page]:
    """All pages in their order.

    Raises:
        ValueError: the tree is none.
    """
    seen: set[generic.Reference] = set()
    leaves = _leaves(reader.root.raw_get("/Pages"), {}, seen, 0)
    for number, (reference, found) in enumerate(islice(leaves, _MOST_PAGES)):
        yield Page(number, reference, frame_of(found))


def _leaves(
    node: Any, inherited: dict[str, Any], seen: set[generic.Reference], depth: int
) -> Iterator[tuple[generic.Reference, dict[str, Any]]]:
    if not isinstance(node, generic.IndirectObject) or node.reference in seen or depth > _MOST_DEPTH:
        raise ValueError("no tree of pages")
    seen.add(node.reference)
    value = node.get_object()
    found = inherited | {name: value[name] for name in _INHERITED if name in value}
    if "/Kids" not in value:
        yield node.reference, found | ({"/UserUnit": value["/UserUnit"]} if "/UserUnit" in value else {})
        return
    for kid in entries(value, "/Kids"):
        yield from _leaves(kid, found, seen, depth + 1)


def frame_of(page: dict[str, Any]) -> Frame:
    """How a page with these entries, inherited ones among them, is shown."""
    media = box_of(page.get("/MediaBox")) or _A4
    crop = box_of(page.get("/CropBox"))
    if crop is not None:  # what lies outside the medium is not there (§ 14.11.2.1)
        crop = max(crop[0], media[0]), max(crop[1], media[1]), min(crop[2], media[2]), min(crop[3], media[3])
    visible = crop if crop is not None and crop[0] < crop[2] and crop[1] < crop[3] else media
    turned, unit = page.get("/Rotate", 0), page.get("/UserUnit", 1)
    quarters = int(turned) // 90 % 4 if isinstance(turned, (int, float)) else 0
    return Frame(visible, quarters, float(unit) if isinstance(unit, (int, float)) and 0 < unit <= 75_000 else 1.0)


def box_of(value: Any) -> Box | None:
    """Four numbers in order, or None. Corners may be given in any order (§ 7.9.5)."""
    if not isinstance(value, generic.ArrayObject) or len(value) != 4:
        return None
    try:
        x1, y1, x2, y2 = (float(one.get_object() if hasattr(one, "get_object") else one) for one in value)
    except (TypeError, ValueError):
        return None
    return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


def widget_of(reader: PdfFileReader, field_name: str) -> Widget | None:
    """Where the signature field of this name is seen; None when it shows nothing, or is not on a page."""
    for _, _, reference in enumerate_sig_fields(reader, with_name=field_name):
        field = reference.get_object()
        kids = [kid for kid in entries(field, "/Kids") if isinstance(kid, generic.IndirectObject)]
        for one in (reference, *kids):
            widget = one.get_object()
            box = box_of(entry(widget, "/Rect"))
            if (
                box is not None
                and box[2] - box[0] >= 1 <= box[3] - box[1]
                and not int(entry(widget, "/F") or 0) & _UNSEEN
            ):
                return _on_page(reader, widget, one.reference, box)
    return None


def _on_page(reader: PdfFileReader, widget: Any, reference: generic.Reference, box: Box) -> Widget | None:
    """/P is optional (§ 12.5.2): without it the page is the one whose annotations the widget is among."""
    named = widget.raw_get("/P") if "/P" in widget else None
    wanted = named.reference if isinstance(named, generic.IndirectObject) else None
    for page in pages_of(reader):
        if page.reference == wanted or (wanted is None and reference in _annotations(reader, page)):
            return Widget(page, box, _looks(widget))
    return None


def _looks(widget: Any) -> Looks | None:
    appearance = entry(entry(widget, "/AP"), "/N")
    box = box_of(entry(appearance, "/BBox"))
    numbers = [float(one) for one in entries(appearance, "/Matrix") if isinstance(one, (int, float, Decimal))]
    if box is None:
        return None
    return Looks(box, (*numbers[:4], *numbers[4:]) if len(numbers) == 6 else IDENTITY)  # type: ignore[arg-type]


def _annotations(reader: PdfFileReader, page: Page) -> set[generic.Reference]:
    annotations = entries(reader.get_object(page.reference), "/Annots")
    return {one.reference for one in annotations if isinstance(one, generic.IndirectObject)}
