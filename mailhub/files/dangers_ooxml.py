"""Macros, foreign templates, embedded programs in office files that are ZIP archives."""

from __future__ import annotations

import re
from urllib.parse import unquote

from mailhub.files.dangers_ole import in_ole
from mailhub.files.facts import Danger, DangerKind
from mailhub.files.odt import encrypted
from mailhub.files.package import BadPackage, Package, parse_xml

_RELATIONSHIP = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
# Relations that are followed when the file is opened, not when somebody clicks (ECMA-376 part 1 § 15, § 17.10).
_FOLLOWED = ("attachedtemplate", "oleobject", "frame", "subdocument", "externallinkpath")
_FAR = re.compile(r"(?:https?:|ftp:|mhtml:|ms-\w+:|script:|\\\\|file:/{0,3}\\\\|file://[^/]|//)", re.IGNORECASE)
_INSTRUCTION = re.compile(rb"<(?:\w{1,20}:)?instrText\b[^>]{0,200}>([^<]{0,4000})<|\binstr=\"([^\"]{0,4000})\"")
_DDE = re.compile(rb"\bDDE(?:AUTO)?\b")
# Looked at first, so that nobody hides them behind a hundred others.
_USUAL = frozenset(
    ("word/_rels/settings.xml.rels", "word/_rels/document.xml.rels", "xl/_rels/workbook.xml.rels", "_rels/.rels",
     "ppt/_rels/presentation.xml.rels", "word/_rels/footnotes.xml.rels")
)  # fmt: skip
_RELATIONS = 100  # parts of relations that are looked at
_EMBEDDED = 20


def of_ooxml(data: memoryview) -> list[Danger]:
    """Dangers of a Word, Excel or PowerPoint file (ECMA-376)."""
    try:
        package = Package(data)
    except BadPackage:
        return []
    found: list[Danger] = []
    names = sorted(package.names)
    lower = [name.lower() for name in names]
    if any(name.rsplit("/", 1)[-1] == "vbaproject.bin" for name in lower):
        found.append(Danger(DangerKind.MACRO, "VBA project"))
    if any("/macrosheets/" in name for name in lower):
        found.append(Danger(DangerKind.MACRO, "macro sheet"))
    if any("/activex/" in name for name in lower):
        found.append(Danger(DangerKind.LAUNCH, "ActiveX control"))
    related = sorted((name for name in names if name.endswith(".rels")), key=lambda name: name not in _USUAL)
    found += _relations(package, related[:_RELATIONS])
    found += _fields(package)
    for name in [name for name in names if "/embeddings/" in name and name.lower().endswith(".bin")][:_EMBEDDED]:
        found += _embedded(package, name)
    return found


def _relations(package: Package, names: list[str]) -> list[Danger]:
    found: list[Danger] = []
    for name in names:
        try:
            part = package.read(name, 2**20)
            relations = parse_xml(part)[0].iter(_RELATIONSHIP) if b"xternal" in part else ()
        except BadPackage:
            continue
        for relation in relations:
            kind = relation.get("Type", "").rsplit("/", 1)[-1].lower()
            target = unquote(relation.get("Target", "")).strip()
            if relation.get("TargetMode") == "External" and kind in _FOLLOWED and _FAR.match(target):
                found.append(Danger(DangerKind.LAUNCH, f"{kind} {target}"[:200]))
    return found


def _fields(package: Package) -> list[Danger]:
    """DDE fields start programs. Word may split a field's code into several runs."""
    try:
        if "word/document.xml" in package.names:
            body = package.head("word/document.xml")[0]
            codes = [b"".join(pair) for pair in _INSTRUCTION.findall(body)] if b"instr" in body else []
            if _DDE.search(b" ".join(codes)) or _DDE.search(b"".join(codes)):
                return [Danger(DangerKind.LAUNCH, "DDE field")]
        for name in package.names:
            if name.startswith("xl/externalLinks/") and b"ddeLink" in package.read(name, 2**20):
                return [Danger(DangerKind.LAUNCH, "DDE link")]
    except BadPackage:
        pass
    return []


def _embedded(package: Package, name: str) -> list[Danger]:
    try:
        return in_ole(memoryview(package.read(name)))
    except BadPackage:
        return []


def of_opendocument(data: memoryview) -> list[Danger]:
    """Dangers of a LibreOffice file: Basic macros, other scripts, encryption (ODF 1.3 part 2)."""
    try:
        package = Package(data)
        found = [Danger(DangerKind.ENCRYPTED, "OpenDocument")] if encrypted(package) else []
    except BadPackage:
        return []
    if any(name.startswith(("Basic/", "Scripts/")) and not name.endswith("/") for name in package.names):
        found.append(Danger(DangerKind.MACRO, "Basic or script"))
    return found
