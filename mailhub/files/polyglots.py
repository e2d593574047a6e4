"""Files that are valid as two types at once: one program is shown a picture, the next one runs it."""

from __future__ import annotations

import re
import struct

from mailhub.files.facts import Danger, DangerKind

_ZIP_FAMILY = frozenset(("zip", "docx", "docm", "xlsx", "xlsm", "pptx", "odt", "ods", "odp", "jar"))
_IMAGES = frozenset(("png", "jpeg", "gif", "bmp", "tiff", "webp"))
_BINARY_TEXT = frozenset(("txt", "html", "xml", "eml", "script", "rtf", "p7m", "p7s", "empty"))
_ARCHIVES = ((b"Rar!\x1a\x07", "RAR"), (b"7z\xbc\xaf\x27\x1c", "7z"))
_CODE = re.compile(rb"<\?php\b|<script[\s>]|<html[\s>]", re.IGNORECASE)
_PDF = re.compile(rb"%PDF-\d\.\d")
_OTHER_STARTS = ((b"GIF8", "GIF"), (b"\xff\xd8\xff", "JPEG"), (b"MZ", "program"), (b"\x89PNG", "PNG"), (b"BM", "BMP"))
_HEAD = 1_024
_TAIL = 66_000
_END = b"PK\x05\x06"  # APPNOTE § 4.3.16
_EXPLORED = 64 * 2**20


def polyglots(data: memoryview, kind: str) -> tuple[Danger, ...]:
    """What else than `kind` the file is. Embedded files that a format provides for are none."""
    found: list[str] = []
    head, whole = bytes(data[:_HEAD]), data[:_EXPLORED]
    if kind == "exe":
        if _ends_as_zip(data) or any(_find(whole, mark) for mark, _ in _ARCHIVES):
            found.append("program that unpacks itself")
        return tuple(Danger(DangerKind.POLYGLOT, what) for what in found)
    if kind not in _ZIP_FAMILY and kind not in _BINARY_TEXT and _ends_as_zip(data):
        found.append(f"{kind} and ZIP")
    if kind == "pdf":
        found += _of_pdf(data, head)
    elif kind in _IMAGES:
        found += [f"{kind} and {name}" for mark, name in _ARCHIVES if _find(whole, mark)]
        if _PDF.search(head):
            found.append(f"{kind} and PDF")
        if _CODE.search(whole):
            found.append(f"{kind} with code of a web page")
        if kind in ("gif", "bmp") and _is_javascript(head, whole):
            found.append(f"{kind} and JavaScript")
    return tuple(Danger(DangerKind.POLYGLOT, what) for what in found)


def _find(data: memoryview, mark: bytes) -> bool:
    return re.search(re.escape(mark), data) is not None


def _ends_as_zip(data: memoryview) -> bool:
    """Whether the end of a ZIP's list of members ends this file as well (its comment counted)."""
    tail = bytes(data[-_TAIL:])
    at = tail.rfind(_END)
    if at < 0 or at + 22 > len(tail):
        return False
    count, size = struct.unpack_from("<HI", tail, at + 10)
    comment: int = struct.unpack_from("<H", tail, at + 20)[0]
    return bool(0 < size <= len(data) and count > 0 and at + 22 + comment >= len(tail))


def _of_pdf(data: memoryview, head: bytes) -> list[str]:
    """A PDF may begin anywhere in the first 1024 octets, and end before the file does."""
    found = [f"PDF and {name}" for mark, name in _OTHER_STARTS if head.startswith(mark)]
    tail = bytes(data[-_TAIL:])
    if _CODE.search(head) or _CODE.search(tail[max(0, tail.rfind(b"%%EOF")) :]):
        found.append("PDF and HTML")
    return found


def _is_javascript(head: bytes, whole: memoryview) -> bool:
    """`GIF89a/*…*/=1;…`: the picture's size is the start of a comment that hides the rest of it."""
    commented = head[6:8] == b"/*" or head[2:4] == b"/*"
    return commented and re.search(rb"\*/\s{0,9}[=;]", whole) is not None
