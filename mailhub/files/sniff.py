"""What a file really is, by its octets. Names and declared types are not looked at: strangers choose them."""

from __future__ import annotations

import io
import re
from typing import Any

import olefile

from mailhub.files.charset import looks_like_text, unpack_text
from mailhub.files.zipped import kind_of_zip

HEAD = 4_096
# Magic numbers at the very beginning, longest first where one begins another.
_MAGIC = (
    (b"%PDF-", "pdf"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"\x1f\x8b\x08", "gz"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zst"),
    (b"MSCF\x00\x00\x00\x00", "cab"),
    (b"x\x9f>\x22", "tnef"),
    (b"{\\rt", "rtf"),
    (b"\x7fELF", "exe"),
    (b"\xfe\xed\xfa\xce", "exe"),
    (b"\xfe\xed\xfa\xcf", "exe"),
    (b"\xce\xfa\xed\xfe", "exe"),
    (b"\xcf\xfa\xed\xfe", "exe"),
    (b"\xca\xfe\xba\xbe", "exe"),  # Mach-O for several machines, and Java classes
    (b"L\x00\x00\x00\x01\x14\x02\x00\x00\x00\x00\x00\xc0", "script"),  # a Windows shortcut runs what it names
    (b"ITSF\x03\x00\x00\x00", "script"),  # compiled help runs scripts
)
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PDF = re.compile(rb"%PDF-\d")
_HEIC = re.compile(rb"(?s).{4}ftyp(?:hei[cxms]|hev[cx]|mif1|msf1|avif)")
# ContentInfo of CMS (RFC 5652 § 3) by its object identifier; after `id-data` follows the content, if it is inside.
_CMS = re.compile(rb"(?s)0[\x80-\x84]?.{0,4}\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07([\x02\x03])")
_CMS_CONTENT = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\xa0"
_CMS_DETACHED = b"\x30\x0b" + _CMS_CONTENT  # the tag behind is the certificates': the sequence holds the type alone
_MSI = "000C1084-0000-0000-C000-000000000046"

_HTML = re.compile(
    r"\s*(?:<!--(?:[^-]|-(?!->)){0,2000}-->\s*)?(?:<\?xml[^>]{0,200}>\s*)?"
    r"<(?:!doctype\s+html|html|head|body|table|div|meta|script|title|style)\b",
    re.IGNORECASE,
)
_XML = re.compile(r"\s*<\?xml\s|\s*<[a-z][\w:.-]{0,60}\s[^<>]{0,400}xmlns", re.IGNORECASE)
_SCRIPT = re.compile(
    r"\s*(?:#!\s*/|@echo\s+off\b|<\?php\b|<job\b|<%@|on\s+error\s+resume\s+next\b)"
    r"|\b(?:wscript\s*\.\s*(?:shell|createobject)|new\s+activexobject|createobject\s*\(\s*[\"'](?:wscript|shell|scripting|msxml2|adodb))"
    r"|\bpowershell(?:\.exe)?\s+-|\binvoke-expression\b|\bnew-object\s+net\.webclient\b",
    re.IGNORECASE,
)
_HEADER = re.compile(r"([A-Za-z][A-Za-z0-9-]{1,60}):")
_MAIL_HEADERS = frozenset(
    ("received", "from", "to", "cc", "date", "subject", "message-id", "mime-version", "content-type", "return-path",
     "reply-to", "dkim-signature", "delivered-to", "content-transfer-encoding", "sender", "in-reply-to",
     "references", "x-mailer", "arc-seal", "authentication-results")
)  # fmt: skip


def sniff(data: memoryview) -> str:
    """The type of a file, one of those that `FileFacts` lists. Raises nothing but MemoryError."""
    if not len(data):
        return "empty"
    head = bytes(data[:HEAD])
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head.startswith(_ZIP):
        return kind_of_zip(data)
    if head.startswith(_OLE):
        return kind_of_ole(data)
    return _by_shape(data, head) or _of_text(head) or "unknown"


def _by_shape(data: memoryview, head: bytes) -> str | None:
    """Types whose mark is short, or lies further within."""
    if _PDF.search(head[:1024]):
        return "pdf"
    if head.startswith(b"MZ") and _is_program(data, head):
        return "exe"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "webp"
    if (
        head.startswith(b"BM")
        and head[6:10] == b"\0\0\0\0"
        and head[14:18] in (b"(\0\0\0", b"\x0c\0\0\0", b"l\0\0\0", b"|\0\0\0")
    ):
        return "bmp"
    if head.startswith(b"BZh") and head[4:10] == b"1AY&SY":
        return "bz2"
    if head[257:262] == b"ustar":
        return "tar"
    if bytes(data[0x8001:0x8006]) == b"CD001":
        return "iso"
    if _HEIC.match(head):
        return "heic"
    return _of_cms(head)


def _of_cms(head: bytes) -> str | None:
    found = _CMS.match(head)
    if found:
        enclosed = _CMS_CONTENT in head[:200] and _CMS_DETACHED not in head[:200]
        return "p7m" if found[1] == b"\x03" or enclosed else "p7s"
    return "p7m" if head.startswith((b"-----BEGIN PKCS7-----", b"-----BEGIN CMS-----")) else None


def _is_program(data: memoryview, head: bytes) -> bool:
    """Two letters are not enough: the header says where the next one lies (PE/COFF § 2)."""
    at = int.from_bytes(head[0x3C:0x40], "little")
    return bytes(data[at : at + 2]) in (b"PE", b"NE", b"LE", b"LX") or b"\0" in head[:64]


def kind_of_ole(data: memoryview) -> str:
    """The type of an OLE compound file by its streams ([MS-CFB]); `ole` when they are none that we know."""
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            return _by_streams(ole)
    except MemoryError:
        raise
    except Exception:  # olefile raises nearly everything on hostile files
        head = bytes(data[: 2**20])
        return next((kind for name, kind in _STREAMS if name.encode("utf-16-le") in head), "ole")


_STREAMS = (
    ("EncryptedPackage", "ole"),
    ("WordDocument", "doc"),
    ("Workbook", "xls"),
    ("PowerPoint Document", "ppt"),
    ("__properties_version1.0", "msg"),
)


def _by_streams(ole: Any) -> str:
    if _MSI in str(ole.root.clsid).upper():
        return "exe"
    for name, kind in (*_STREAMS, ("Book", "xls")):
        if ole.exists(name):
            return kind
    return "ole"


def _of_text(head: bytes) -> str | None:
    """Text by what it begins with; None when it is no text."""
    if not looks_like_text(head):
        return None
    text = unpack_text(head)
    if _SCRIPT.match(text) or (_SCRIPT.search(text) and not _HTML.match(text)):
        return "script"
    if _HTML.match(text):
        return "html"
    if _XML.match(text):
        return "xml"
    return "eml" if _is_mail(text) else "txt"


def _is_mail(text: str) -> bool:
    """Whether it begins with the header of a message: three of its usual fields before the first free line."""
    lines = text.split("\n")[:60]
    if lines and lines[0].startswith(("From ", ">From ")):
        del lines[0]
    seen: set[str] = set()
    for line in lines:
        if not line.strip():
            break
        if line[0] in " \t":
            continue
        found = _HEADER.match(line)
        if found is None:
            return False
        seen.add(found[1].lower())
    known = seen & _MAIL_HEADERS
    return len(known) >= 3 and bool(known & {"from", "received", "mime-version", "message-id", "return-path"})
