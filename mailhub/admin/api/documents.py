"""`/documents`: the register of recognised documents, as people search it."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from mailhub.accounts.web.scopes import TokenScope
from mailhub.admin.api.call import Call
from mailhub.admin.api.endpoints import Endpoints
from mailhub.admin.api.models import Answer, Code, Day, Id, Line, Nothing, Page, Paged, Time
from mailhub.clock import iso_time
from mailhub.registry.records import DocumentLine, DocumentReport
from mailhub.registry.search import Search, search
from mailhub.registry.showing import show

READ = TokenScope.DOCUMENTS_READ
endpoints = Endpoints("documents")


class DocumentsWanted(Paged):
    """Which documents; every filter that is set must fit. Days of issue as 2026-11-22 or 22/11/2026."""

    words: Line = Field(default="", description="A number such as 15/QĐ-UBND, or words, with or without marks.")
    doc_type: Code = Field(default="", description="Such as QĐ, CV, BC.")
    since: Code = ""
    until: Code = ""
    issuer: Line = ""
    state: Code = Field(default="", description="issued, draft or unknown.")
    urgency: Code = ""
    secrecy: Code = ""
    numbered: bool | None = None
    unsure: bool = False
    message: Code = Field(default="", description="The code of a message that brought it.")
    full_text: bool = False


class Document(Answer):
    """A document in a list. A field that was not read, or not surely, is null."""

    id: Id
    sha256: str
    doc_type: str | None
    number_symbol: str | None
    issue_date: Day | None
    issuer: str | None
    parent_issuer: str | None
    subject: str | None
    signer: str | None
    signer_authority: str | None
    urgency: str | None
    secrecy: str | None
    state: str
    labels: tuple[str, ...]
    confidence: float
    unsure: tuple[str, ...]
    first_seen: Time
    corrected: Time | None

    @classmethod
    def of(cls, line: DocumentLine) -> Document:
        """As the service lists it."""
        return cls(**_values(line))


class File(Answer):
    """The octets that it was read from."""

    type: str
    size: int
    pages: int
    read: Time


class Sighting(Answer):
    """A message that brought it."""

    time: Time
    message: str
    part: str
    names: tuple[str, ...]


class LinkedDocument(Document):
    """Another document that belongs to it."""

    kind: str


class CorrectedField(Answer):
    """A person's answer about one field."""

    time: Time
    by: str
    field: str
    before: str | None
    corrected: str | None
    reason: str


class DocumentFull(Document):
    """One document with its evidence."""

    agency: str | None = Field(description="The code of our agency that issued it.")
    file: File
    seen: tuple[Sighting, ...]
    links: tuple[LinkedDocument, ...]
    corrections: tuple[CorrectedField, ...]
    full_text_kept: bool

    @classmethod
    def of_report(cls, report: DocumentReport) -> DocumentFull:
        """As the service reports it."""
        file = report.file
        return cls(
            **_values(report.line),
            agency=report.agency or None,
            file=File(type=file.type, size=file.size, pages=file.pages, read=iso_time(report.read_at)),
            seen=tuple(
                Sighting(time=iso_time(one.at), message=one.code, part=one.path, names=one.names)
                for one in report.seen
            ),
            links=tuple(LinkedDocument(**_values(one.line), kind=one.kind) for one in report.links),
            corrections=tuple(
                CorrectedField(
                    time=iso_time(one.at), by=one.by, field=one.field, before=one.before or None,
                    corrected=one.corrected or None, reason=one.reason,
                ) for one in report.corrections
            ),
            full_text_kept=report.has_text,
        )  # fmt: skip


@endpoints.get("/documents", READ, query=DocumentsWanted, answers=Page[Document], says="Documents, best fit first.")
def search_documents(call: Call[DocumentsWanted, Nothing]) -> Page[Document]:
    """Searching is written down unless it is in one's own mail."""
    wanted = call.query
    filters = wanted.model_dump(exclude={"after", "limit", "message"})
    with call.acting() as (connection, actor):
        found = search(
            connection, actor, Search(**filters, code=wanted.message), cursor=wanted.after, limit=wanted.limit
        )
    return Page(items=tuple(map(Document.of, found.lines)), next=found.cursor or None)


@endpoints.get(
    "/documents/{name}", READ, answers=DocumentFull, says="One document with its evidence.",
    places={"name": "Its id, its file's SHA-256 (12 digits suffice), or its number with %2F for the stroke."},
)  # fmt: skip
def show_document(call: Call[Nothing, Nothing]) -> DocumentFull:
    """Looking at it is written down unless it is one's own."""
    with call.acting() as (connection, actor):
        return DocumentFull.of_report(show(connection, actor, call.path["name"]))


def _values(line: DocumentLine) -> dict[str, Any]:
    words = ("doc_type", "number_symbol", "issue_date", "issuer", "parent_issuer", "subject", "signer")
    more = ("signer_authority", "urgency", "secrecy")
    return {
        "id": str(line.id),
        "sha256": line.sha256.hex(),
        **{name: getattr(line, name) or None for name in (*words, *more)},
        "state": line.state,
        "labels": line.labels,
        "confidence": line.confidence,
        "unsure": line.unsure,
        "first_seen": iso_time(line.first_seen_at),
        "corrected": None if line.corrected_at is None else iso_time(line.corrected_at),
    }
