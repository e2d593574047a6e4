"""What may hurt whoever opens a file, as far as its name, its type and its parts tell. PDF has its own module."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mailhub.files.dangers_ole import in_ole
from mailhub.files.dangers_ooxml import of_ooxml, of_opendocument
from mailhub.files.facts import Danger, DangerKind
from mailhub.files.naming import of_claims, of_name
from mailhub.files.polyglots import polyglots

_OOXML = frozenset(("docx", "docm", "xlsx", "xlsm", "pptx"))
_OPEN_DOCUMENT = frozenset(("odt", "ods", "odp"))
_OLE = frozenset(("doc", "xls", "ppt", "msg", "ole"))
_HTML_CODE = re.compile(rb"<script\b|\bjavascript:|\bon(?:load|error)\s{0,9}=", re.IGNORECASE)
_RTF = (
    (re.compile(rb"\\objupdate\b"), DangerKind.LAUNCH, "object that is loaded by itself"),
    (re.compile(rb"\\objdata\b"), DangerKind.EMBEDDED, "object"),
    (re.compile(rb"\\\*\\template\s{1,9}(?:https?:|\\\\\\\\)"), DangerKind.LAUNCH, "template from elsewhere"),
    (re.compile(rb"\\\*\\fldinst\s{0,9}\{?[^{}]{0,200}\bDDE"), DangerKind.LAUNCH, "DDE field"),
)
_LOOKED_AT = 16 * 2**20
_LONGEST_DETAIL = 200
_MOST = 50


def dangers_of(data: memoryview, kind: str, names: Iterable[str], declared: str = "") -> tuple[Danger, ...]:
    """Everything about a file that is of type `kind`. `names` are all readings of its name: each must be harmless.

    Raises nothing but MemoryError; what cannot be opened is looked at by its octets only.
    """
    found: list[Danger] = []
    for name in names:
        found += of_name(name)
        found += of_claims(name, declared, kind)
    found += _of_type(data, kind)
    found += polyglots(data, kind)
    cut = (Danger(danger.kind, danger.detail[:_LONGEST_DETAIL]) for danger in found)
    return tuple(dict.fromkeys(cut))[:_MOST]


def _of_type(data: memoryview, kind: str) -> list[Danger]:
    if kind in _OOXML:
        return of_ooxml(data)
    if kind in _OLE:
        return in_ole(data)
    if kind in _OPEN_DOCUMENT:
        return of_opendocument(data)
    if kind in ("exe", "jar"):
        return [Danger(DangerKind.EXECUTABLE, "program" if kind == "exe" else "Java program")]
    if kind == "script":
        return [Danger(DangerKind.SCRIPT, "script")]
    if kind in ("html", "xml"):
        return [Danger(DangerKind.SCRIPT, "code in a page")] if _HTML_CODE.search(data[:_LOOKED_AT]) else []
    if kind == "rtf":
        return [Danger(danger, detail) for pattern, danger, detail in _RTF if pattern.search(data[:_LOOKED_AT])]
    return []
