"""Where a signature shows itself on a page (ISO 32000-2 §§ 12.5.5, 12.7.5.5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.reader import PdfFileReader

from mailhub.files.signed.pdf_reader import entry

_MOST_PAGES = 5_000
_DEEPEST = 50  # of a tree of pages
_DEEPEST_LOOK, _MOST_FORMS = 3, 10  # forms in forms of a look
_HIDDEN, _PRINTED, _NOT_ON_SCREEN = 0b10, 0b100, 0b100000  # Hidden, Print, NoView (§ 12.5.3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """`page` from 1, `box` left, bottom, right, top in points; 0 and () when nothing is seen."""

    page: int = 0
    box: tuple[float, ...] = ()
    look: generic.StreamObject | None = None  # when it has text in it
    share: float = 0.0  # of its page that all its widgets take; 1 when it shows something and that cannot be told


class Pages:
    """The pages of a file, counted when the first widget is looked for."""

    def __init__(self, reader: PdfFileReader) -> None:
        self._reader = reader
        self._numbers: dict[generic.Reference, int] | None = None

    def shown_by(self, field: generic.DictionaryObject) -> Shown:
        """What a signature's field shows. What cannot be read shows nothing to us, and to others the whole page."""
        try:
            widgets = _widgets(field)
            widget, reference = widgets[0]
            page = self._page_of(widget, reference)
            if not page:
                return Shown(share=float(len(self._numbers or ()) >= _MOST_PAGES))
            box = _box(widget)
            return Shown(page=page, box=box, look=_writing(widget) if box else None, share=self._share(widgets, page))
        except (MemoryError, RecursionError):
            raise
        except Exception:
            return Shown(share=float(_has_look(field)))

    def _page_of(self, widget: generic.DictionaryObject, reference: object) -> int:
        if self._numbers is None:
            self._numbers = {}
            self._count(self._reader.root.raw_get("/Pages"), set())
        page = widget.raw_get("/P") if "/P" in widget else None
        if isinstance(page, generic.IndirectObject) and page.reference in self._numbers:
            return self._numbers[page.reference]
        for candidate, number in self._numbers.items():
            annotations = entry(candidate.get_object(), "/Annots", ())
            if any(isinstance(one, generic.IndirectObject) and one.reference == reference for one in annotations):
                return number
        return 0

    def _share(self, widgets: list[tuple[generic.DictionaryObject, object]], number: int) -> float:
        assert self._numbers is not None
        page = next(reference for reference, own in self._numbers.items() if own == number)
        boxes = [box for box in (_box(widget) for widget, _ in widgets) if box]
        if not boxes:
            return 0.0
        value = _dictionary(page.get_object())
        media, crop = (_inherited(value, key) for key in ("/MediaBox", "/CropBox"))
        whole = min(_area(media), _area(crop or media))  # a page may be far larger than what is seen of it
        return sum(_area(box) for box in boxes) / whole if whole else 1.0

    def _count(self, node: generic.PdfObject, seen: set[generic.Reference]) -> None:
        assert self._numbers is not None
        if not isinstance(node, generic.IndirectObject) or node.reference in seen or len(seen) > _MOST_PAGES:
            return
        seen.add(node.reference)
        value = node.get_object()
        if "/Kids" in value:
            for kid in value["/Kids"]:
                self._count(kid, seen)
        else:
            self._numbers[node.reference] = len(self._numbers) + 1


def _widgets(field: generic.DictionaryObject) -> list[tuple[generic.DictionaryObject, object]]:
    if "/Rect" not in field and "/Kids" in field:
        kids = field["/Kids"]
        return [(kids[index], kids.raw_get(index).reference) for index in range(min(len(kids), _MOST_PAGES))]
    return [(field, field.container_ref)]


def _has_look(field: generic.DictionaryObject) -> bool:
    """Whether a field that cannot be read otherwise shows anything, in itself or below."""
    try:
        return "/AP" in field or any("/AP" in kid for kid in entry(field, "/Kids", ()))
    except (MemoryError, RecursionError):
        raise
    except Exception:
        return True


def _area(sides: Sequence[Any]) -> float:
    left, bottom, right, top = (float(side) for side in sides)
    return abs(right - left) * abs(top - bottom)


def _writing(widget: generic.DictionaryObject) -> generic.StreamObject | None:
    """Its look when there is text in it that can be read."""
    try:
        look = widget["/AP"]["/N"]
        return look if _writes(look, _DEEPEST_LOOK) else None
    except (MemoryError, RecursionError):
        raise
    except Exception:
        return None


def _writes(look: generic.PdfObject, depth: int) -> bool:
    """Whether a form of a look, or one inside it, has a font."""
    resources = entry(look, "/Resources") if isinstance(look, generic.StreamObject) else None
    if resources is None:
        return False
    if entry(resources, "/Font"):
        return True
    inner = entry(resources, "/XObject", {})
    return depth > 0 and any(_writes(inner[name], depth - 1) for name in list(inner)[:_MOST_FORMS])


def _dictionary(value: generic.PdfObject) -> generic.DictionaryObject:
    if not isinstance(value, generic.DictionaryObject):
        raise PdfReadError("no dictionary")
    return value


def _inherited(page: generic.DictionaryObject, key: str) -> list[Any]:
    for _ in range(_DEEPEST):
        if key in page:
            return list(page[key])
        if "/Parent" not in page:
            break
        page = page["/Parent"]
    return []


def _box(widget: generic.DictionaryObject) -> tuple[float, ...]:
    left, bottom, right, top = (float(number) for number in widget["/Rect"])
    left, right, bottom, top = min(left, right), max(left, right), min(bottom, top), max(bottom, top)
    flags = int(entry(widget, "/F", 0))
    seen = "/AP" in widget and not flags & _HIDDEN and (not flags & _NOT_ON_SCREEN or bool(flags & _PRINTED))
    return (left, bottom, right, top) if seen and right > left and top > bottom else ()
