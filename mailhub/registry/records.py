"""Plain values that go into the registry and come out of it. Times in ms; what a document does not show is ''."""

from __future__ import annotations

from dataclasses import dataclass

from mailhub.documents.grammar.recognition import Recognition
from mailhub.files.facts import FileFacts, Mode

# Raise it when readers or grammar read better: files are then read again when they are next seen.
READER_VERSION = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A file as a message brought it. `path` is the part's (IMAP), `names` are all readings of its name.

    `mode` is how it was read; left out, a reading that wants no OCR counts as full. `account_id` is the sender's when
    it is one of ours; `desk_agency_id` that of the desk that the message comes from or goes to, whose documents alone
    keep their text.
    """

    message_id: int
    code: str
    at: int
    path: str
    names: tuple[str, ...]
    declared: str
    sha256: bytes
    size: int
    facts: FileFacts
    account_id: int | None = None
    desk_agency_id: int | None = None
    mode: Mode | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a file that was seen, members of archives included: `path` is `2/1` for those.

    `document_id` is None when it is no document; `new` when nobody had seen these octets before.
    """

    message_id: int
    path: str
    sha256: bytes
    document_id: int | None
    new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLine:
    """A document in a list, by the latest answers. `tier` says how well it fits the words: 0 best (`search.Tier`)."""

    id: int
    sha256: bytes
    doc_type: str
    family: str
    state: str
    number_symbol: str
    issue_date: str
    issuer: str
    parent_issuer: str
    agency_id: int | None
    subject: str
    signer: str
    signer_authority: str
    urgency: str
    secrecy: str
    labels: tuple[str, ...]
    confidence: float
    unsure: tuple[str, ...]
    identity: str | None
    first_seen_at: int
    corrected_at: int | None
    tier: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """Some results, and the cursor behind which there are more; '' when there are none."""

    lines: tuple[DocumentLine, ...]
    cursor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One place where a document was seen. `desk` is the agency whose desk it passed."""

    at: int
    code: str
    path: str
    names: tuple[str, ...]
    declared: str
    account_id: int | None
    desk_agency_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionLine:
    """A person's answer, beside the one that was recognised; `before` is the value that held until then."""

    document_id: int
    at: int
    field: str
    recognised: str
    before: str
    corrected: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Linked:
    """Another document that belongs to this one. `kind`: `same`, `pair`, `draft` (a draft of it), `issued`, `sealed`
    (the file with the seal), `unsealed` (the one before)."""

    kind: str
    line: DocumentLine


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentReport:
    """Everything about a document. `file` is the file's facts, `recognition` what was recognised and why."""

    line: DocumentLine
    agency: str  # the code of our agency that issued it
    file: FileFacts
    recognition: Recognition | None
    read_at: int
    seen: tuple[Seen, ...]
    links: tuple[Linked, ...]
    corrections: tuple[CorrectionLine, ...]
    has_text: bool
