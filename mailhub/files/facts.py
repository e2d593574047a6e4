"""What is known of a file once it has been opened: plain values that cross the sandbox's wall."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mailhub.documents.grammar.recognition import Recognition
from mailhub.files.signed.facts import Signed
from mailhub.text.lines import Source


class Mode(StrEnum):
    """How much time there is."""

    QUICK = "quick"  # within a session: no OCR; says when there is something for it
    FULL = "full"  # after it: scanned pages are read, first and last page first


class Unreadable(StrEnum):
    """Why a file, or the rest of it, was not read. A fact, never an error."""

    ENCRYPTED = "encrypted"
    DAMAGED = "damaged"
    TOO_DEEP = "too deep"
    TOO_LARGE = "too large"
    TOO_MANY = "too many parts"
    TIME = "out of time"
    MEMORY = "out of memory"
    CRASHED = "reader crashed"
    UNSUPPORTED = "unsupported type"
    EMPTY = "empty"
    SECRET = "not kept: secret"  # noqa: S105


class DangerKind(StrEnum):
    """What may hurt whoever opens the file."""

    ENCRYPTED = "encrypted"  # cannot be looked into
    MACRO = "macro"
    EXECUTABLE = "executable"  # is one, or holds one
    SCRIPT = "script"  # PDF JavaScript, .js, .vbs, .hta, …
    LAUNCH = "launch"  # PDF launch action, OLE package, DDE, external template
    EMBEDDED = "embedded file"  # a file within a PDF or an OLE object
    DOUBLE_EXTENSION = "double extension"
    MISNAMED = "misnamed"  # the name's or the declared type is not the real one
    POLYGLOT = "polyglot"  # valid as two types at once
    BOMB = "bomb"  # expands out of all proportion
    TRAVERSAL = "path traversal"  # an archive member named ../ or absolute
    MALWARE = "malware"  # clamd's word


@dataclass(frozen=True, slots=True)
class Danger:
    """One danger with what was seen, at most 200 characters."""

    kind: DangerKind
    detail: str = ""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """One file. `type` is what it really is: `pdf`, `docx`, `docm`, `doc`, `odt`, `xlsx`, `xlsm`, `xls`, `ods`, `pptx`,
    `ppt`, `odp`, `rtf`, `txt`, `html`, `eml`, `msg`, `zip`, `7z`, `rar`, `tar`, `gz`, `xz`, `bz2`, `zst`, `cab`, `iso`,
    `png`, `jpeg`, `tiff`, `gif`, `bmp`, `webp`, `heic`, `exe`, `jar`, `script`, `tnef`, `p7m`, `p7s`, `ole`, `xml`,
    `empty`, `unknown`.

    `needs_ocr`: there are page-like images that this pass did not read. `text` is given only when it was asked for.
    """

    name: str
    type: str
    size: int
    sha256: str = ""  # hexadecimal; of archive members as the sandbox counted it, elsewhere as we did
    pages: int = 0
    source: Source = Source.NONE
    needs_ocr: bool = False
    unreadable: Unreadable | None = None
    dangers: tuple[Danger, ...] = ()
    recognition: Recognition | None = None
    members: tuple[FileFacts, ...] = ()
    signed: Signed | None = None  # None: nothing is signed in it, or it was not asked for
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one message's files may cost. Octets, seconds, counts."""

    mode: Mode = Mode.QUICK
    depth: int = 5  # archives and mails within each other
    members: int = 1_000  # files in all archives of a message together
    unpacked_bytes: int = 256 * 2**20  # of all archives together
    text_characters: int = 200_000  # kept of one file; the rest is not looked at
    pages: int = 30  # text pages read of one file, the last one always among them
    ocr_pages: int = 4  # first, last, second, last but one
    seconds: float = 20.0  # wall clock of one file
    want_text: bool = False
    signed_seconds: float = 2.0  # of the processor, for the signatures of one file; 0: not looked at


@dataclass(frozen=True, slots=True)
class CellRows:
    """Some rows of one sheet of a table, as they stand under each other; merged cells hold their text each.

    Dates are `2026-11-21`, whole numbers have no point. `first` is the row as Excel counts. `unreadable` says why
    there are none, or no more.
    """

    sheet: str = ""
    first: int = 1
    rows: tuple[tuple[str, ...], ...] = ()
    hidden: bool = False
    unreadable: Unreadable | None = None
