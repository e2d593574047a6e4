"""Macros, packed programs and encryption in office files before 2007 ([MS-CFB], [MS-OVBA], [MS-OLEDS], [MS-XLS])."""

from __future__ import annotations

import io
import re
import struct
from typing import Any

import olefile

from mailhub.files.facts import Danger, DangerKind
from mailhub.files.naming import of_name
from mailhub.files.word97_base import BadDocument, base_of

_MACRO_STORAGES = frozenset(("macros", "_vba_project_cur", "vba", "_vba_project"))
_PACKAGE = "\x01ole10native"
_NAMES = (
    ("_VBA_PROJECT", Danger(DangerKind.MACRO, "VBA project")),
    ("\x01Ole10Native", Danger(DangerKind.EMBEDDED, "object")),
    ("EncryptedPackage", Danger(DangerKind.ENCRYPTED, "Office file with a password")),
)
_MOST_ENTRIES = 5_000
_LOOKED_AT = 16 * 2**20  # octets of one stream
_PROGRAM = re.compile(rb"MZ.{58,1000}?PE\x00\x00", re.DOTALL)
_DDE = re.compile(rb"\x13\s{0,9}DDE|\x13\x00(?:\s\x00){0,9}D\x00D\x00E\x00")
# Record types of [MS-XLS] § 2.3.
_END, _FILE_PASS, _SHEET = 0x0A, 0x2F, 0x85
_MACRO_SHEET = 1


def in_ole(data: memoryview) -> list[Danger]:
    """Dangers of an OLE compound file of any kind. Where olefile gives up, the names in its directory speak."""
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            return _dangers(ole)
    except MemoryError:
        raise
    except Exception:  # olefile raises nearly everything on hostile files
        looked_at = bytes(data[:_LOOKED_AT])
        return [danger for name, danger in _NAMES if name.encode("utf-16-le") in looked_at]


def _dangers(ole: Any) -> list[Danger]:
    found: list[Danger] = []
    entries = ole.listdir(streams=True, storages=True)[:_MOST_ENTRIES]
    if any(part.lower() in _MACRO_STORAGES for path in entries for part in path):
        found.append(Danger(DangerKind.MACRO, "VBA project"))
    if ole.exists("EncryptedPackage"):
        found.append(Danger(DangerKind.ENCRYPTED, "Office file with a password"))
    for path in entries:
        if path[-1].lower() == _PACKAGE:
            found += _packed(_stream(ole, path))
    if ole.exists("WordDocument"):
        found += _of_word(_stream(ole, "WordDocument"))
    for name in ("Workbook", "Book"):
        if ole.exists(name):
            found += _of_excel(_stream(ole, name))
    if ole.exists("EncryptedSummary"):
        found.append(Danger(DangerKind.ENCRYPTED, "PowerPoint file with a password"))
    return found


def _stream(ole: Any, path: Any) -> bytes:
    data: bytes = ole.openstream(path).read(_LOOKED_AT)
    return data


def _packed(stream: bytes) -> list[Danger]:
    """A file put in as an object ([MS-OLEDS] § 2.3.6): label and path, each ended by NUL, then its octets."""
    label = stream[6:600].split(b"\0", 1)[0].decode("cp1252", "replace")
    found = [Danger(DangerKind.EMBEDDED, f"object {label}"[:200])]
    found += [danger for danger in of_name(label) if danger.kind in (DangerKind.EXECUTABLE, DangerKind.SCRIPT)]
    if _PROGRAM.search(stream[:8_192]):
        found.append(Danger(DangerKind.EXECUTABLE, "program in an object"))
    return found


def _of_word(document: bytes) -> list[Danger]:
    try:
        if base_of(document).encrypted:
            return [Danger(DangerKind.ENCRYPTED, "Word file with a password")]
    except (BadDocument, struct.error):
        return []
    return [Danger(DangerKind.LAUNCH, "DDE field")] if _DDE.search(document) else []


def _of_excel(book: bytes) -> list[Danger]:
    """The first records of the book: its password and its sheets stand there."""
    found: list[Danger] = []
    at = 0
    for _ in range(20_000):
        if at + 4 > len(book):
            break
        kind, size = struct.unpack_from("<HH", book, at)
        if kind == _FILE_PASS:
            return [Danger(DangerKind.ENCRYPTED, "Excel file with a password")]
        if kind == _SHEET and size >= 6 and book[at + 4 + 5 : at + 4 + 6] == bytes([_MACRO_SHEET]):
            found = [Danger(DangerKind.MACRO, "macro sheet")]
        if kind == _END:
            break
        at += 4 + size
    return found
