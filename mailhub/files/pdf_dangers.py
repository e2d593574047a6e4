"""What in a PDF may hurt whoever opens it: scripts, programs to start, files within, forms that send themselves."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

import pypdfium2 as pdfium
from pypdfium2 import raw

from mailhub.files.facts import Danger, DangerKind

_MAX_STREAM = 4 * 2**20  # inflated, of one object stream
_MAX_ALL = 32 * 2**20
_MAX_STREAMS = 2_000

# Names of ISO 32000-1 (§ 12.6.4 actions, § 7.11.4 embedded files, § 12.7.8 XFA) that are long enough never to come up
# by chance in compressed data.
_NAMES: tuple[tuple[bytes, DangerKind, str], ...] = (
    (rb"/JavaScript", DangerKind.SCRIPT, "JavaScript"),
    (rb"/Launch", DangerKind.LAUNCH, "Launch action"),
    (rb"/ImportData", DangerKind.LAUNCH, "ImportData action"),
    (rb"/SubmitForm", DangerKind.LAUNCH, "SubmitForm action"),
    (rb"/GoToE", DangerKind.LAUNCH, "GoToE action"),
    (rb"/RichMedia", DangerKind.SCRIPT, "rich media"),
    (rb"/EmbeddedFile", DangerKind.EMBEDDED, "embedded file"),
    (rb"/FileAttachment", DangerKind.EMBEDDED, "attached file"),
    (rb"/XFA", DangerKind.SCRIPT, "XFA form"),
)
_NAME = re.compile(b"(" + b"|".join(re.escape(name) for name, _, _ in _NAMES) + rb")(?![A-Za-z0-9])")
_URI = re.compile(rb"/URI\s{0,8}\(\s{0,8}(file:|javascript:|\\\\\\\\|data:)", re.IGNORECASE)
_ESCAPE = re.compile(rb"#([2-7][0-9A-Fa-f])")
_OBJECT_STREAM = re.compile(rb"/Type\s{0,8}/ObjStm")


def dangers_of(octets: bytes, document: pdfium.PdfDocument | None) -> tuple[Danger, ...]:
    """The dangers of a PDF, each kind of them once. `document` is None when it could not be opened."""
    found: dict[str, DangerKind] = {}
    for text in _readable(octets, document):
        for match in _NAME.finditer(text):
            _note(found, match.group(1))
        for match in _URI.finditer(text):
            found[f"link to {match.group(1).decode('ascii').lower()}"] = DangerKind.LAUNCH
    if document is not None:
        if raw.FPDFDoc_GetJavaScriptActionCount(document.raw) > 0:
            found["JavaScript"] = DangerKind.SCRIPT
        if raw.FPDFDoc_GetAttachmentCount(document.raw) > 0:
            found["embedded file"] = DangerKind.EMBEDDED
    return tuple(Danger(kind, detail) for detail, kind in sorted(found.items()))


def _note(found: dict[str, DangerKind], name: bytes) -> None:
    for wanted, kind, detail in _NAMES:
        if wanted == name:
            found[detail] = kind


def _readable(octets: bytes, document: pdfium.PdfDocument | None) -> Iterator[bytes]:
    """The objects of a file as text: as they stand, with `#4A` in names undone, and those packed in object streams."""
    yield octets
    if b"#" in octets:
        plain = b"".join(_outside_streams(octets))
        if _ESCAPE.search(plain):
            yield _unescaped(plain)
    if b"/Encrypt" in octets and document is not None:
        yield from _packed(_unlocked(document))
    else:
        yield from _packed(octets)


def _unescaped(text: bytes) -> bytes:
    return _ESCAPE.sub(lambda match: bytes([int(match.group(1), 16)]), text)


def _outside_streams(octets: bytes) -> Iterator[bytes]:
    at = 0
    while True:
        start = octets.find(b"stream", at)
        if start < 0:
            break
        end = octets.find(b"endstream", start)
        yield octets[at : start + 6]
        if end < 0:
            at = start + 6
            break
        at = end + 9
    yield octets[at:]


def _packed(octets: bytes) -> Iterator[bytes]:
    """What object streams hold (§ 7.5.7), inflated within bounds."""
    room = _MAX_ALL
    for count, match in enumerate(_OBJECT_STREAM.finditer(octets)):
        start = octets.find(b"stream", match.end(), match.end() + 2_000)
        if start < 0 or count >= _MAX_STREAMS or room <= 0:
            continue
        start += 6 + (2 if octets[start + 6 : start + 8] == b"\r\n" else 1)
        body = memoryview(octets)[start : start + _MAX_STREAM]
        try:
            text = zlib.decompressobj().decompress(body, min(room, _MAX_STREAM))
        except zlib.error:
            continue
        room -= len(text)
        yield _unescaped(text) if b"#" in text else text


class _Sink:
    """Takes what PDFium writes."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def write(self, part: bytes) -> int:
        self.parts.append(bytes(part))
        return len(part)


def _unlocked(document: pdfium.PdfDocument) -> bytes:
    """The file without its owner's password, since in an encrypted one object streams cannot be inflated."""
    sink = _Sink()
    try:
        document.save(sink, flags=raw.FPDF_REMOVE_SECURITY)
    except (pdfium.PdfiumError, OSError):
        return b""
    return b"".join(sink.parts)
