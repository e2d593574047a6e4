"""From where each object of a revision is reached, for pyHanko's difference analysis.

The same paths as pyHanko's own (`tests/files/signed/test_pdf_usages.py` compares them), found without a copy of every
object for every revision, and without recursion: bookmarks that hang one on the other are deeper than Python's stack.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfReadError

Number = tuple[int, int]  # of an object, and its generation
Path = tuple[str | int, ...]  # from the trailer
Edge = tuple[Path, Number]
_STRUCTURE: Path = ("/Root", "/StructTreeRoot", "/K")
_PAGES: Path = ("/Root", "/Pages")


class Edges:
    """To which objects an object refers, by which keys. Each is looked through once."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Any, list[Edge]]] = {}  # by identity, which the object kept here keeps unique

    def of(self, value: Any) -> list[Edge]:
        """The references in `value` itself; upward ones (/Parent) say nothing new."""
        known = self._known.get(id(value))
        if known is None:
            known = self._known[id(value)] = (value, list(_edges(value, ())))
        return known[1]


def _edges(value: Any, path: Path) -> Iterator[Edge]:
    if isinstance(value, generic.IndirectObject):
        yield path, (value.idnum, value.generation)
    elif isinstance(value, generic.DictionaryObject):
        for key, part in value.items():
            if key != "/Parent":
                yield from _edges(part, (*path, key))
    elif isinstance(value, generic.ArrayObject):
        for index, part in enumerate(value):
            yield from _edges(part, (*path, index))


def paths_of(trailer: Any, get: Callable[[Number], Any], edges: Edges) -> dict[Number, set[Path]]:
    """Every path from the trailer to every object; pages only through their tree, the structure only through its own.

    Raises: PdfReadError: a tree with a ring.
    """
    root = _got(trailer.raw_get("/Root"), get)
    pages = _page_tree(root, get)
    structure = _structure(root, get)
    found: dict[Number, set[Path]] = defaultdict(set)
    above: set[Number] = set()
    stack: list[tuple[Number | None, Iterator[Edge]]] = [(None, _onward((), edges.of(trailer)))]
    while stack:
        number, onward = stack[-1]
        step = next(onward, None)
        if step is None:
            stack.pop()
            above.discard(number or (0, 0))
            continue
        path, target = step
        if target in above:
            continue
        found[target].add(path)
        if pages.get(target, path) == path and (target not in structure or path[:3] == _STRUCTURE):
            above.add(target)
            stack.append((target, _onward(path, edges.of(get(target)))))
    return found


def _onward(path: Path, edges: list[Edge]) -> Iterator[Edge]:
    for keys, target in edges:
        whole = path + keys
        inside = whole[:3] == _STRUCTURE
        if not (inside and "/P" in whole[max(3, len(path)) :]):
            yield whole, target


def _got(value: Any, get: Callable[[Number], Any]) -> Any:
    return get((value.idnum, value.generation)) if isinstance(value, generic.IndirectObject) else value


def _page_tree(root: Any, get: Callable[[Number], Any]) -> dict[Number, Path]:
    pages = root.raw_get("/Pages")
    found: dict[Number, Path] = {}
    work: list[tuple[Any, Path]] = [(pages, _PAGES)]
    while work:
        node, path = work.pop()
        if isinstance(node, generic.IndirectObject):
            number = (node.idnum, node.generation)
            if number in found:
                raise PdfReadError("a ring in the tree of pages")
            found[number] = path
        value = _got(node, get)
        if path == _PAGES or value.get("/Type") == "/Pages":
            kids = _got(value.raw_get("/Kids"), get)
            work.extend((kids.raw_get(index), (*path, "/Kids", index)) for index in range(len(kids)))
    return found


def _structure(root: Any, get: Callable[[Number], Any]) -> set[Number]:
    found: set[Number] = set()
    work = [_got(root.raw_get("/StructTreeRoot"), get)] if "/StructTreeRoot" in root else []
    while work:
        value = work.pop()
        children = _got(value.raw_get("/K"), get) if "/K" in value else ()
        several = isinstance(children, generic.ArrayObject)
        for child in list(children) if several else [value.raw_get("/K")] if "/K" in value else []:
            element = _got(child, get)
            if (
                not isinstance(element, generic.DictionaryObject)
                or element.get("/Type", "/StructElem") != "/StructElem"
            ):
                continue
            if isinstance(child, generic.IndirectObject):
                number = (child.idnum, child.generation)
                if number in found:
                    raise PdfReadError("a ring in the tree of the structure")
                found.add(number)
            work.append(element)
    return found
