"""The tables of documents: files by their hash, what was recognised, where it was seen, what people corrected.

Times are milliseconds since the epoch. Values that a document does not show are ''. The index for searching is no
table of SQLAlchemy's (`index.py`). Of state secrets only time, type, secrecy, hash and size are kept (`secret.py`).
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import BigInteger, Float, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from mailhub.store.database import Base


class LinkKind(StrEnum):
    """How two documents of one message belong together."""

    PAIR = "pair"  # the same document twice, such as Word and PDF
    DRAFT = "draft"  # the one is the other before it got its number


class File(Base):
    """What is known of some octets, whoever sent them under whatever name. Read once, until a better reader comes."""

    __tablename__ = "file"

    sha256: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    type: Mapped[str] = mapped_column(String(40))
    # `FileFacts` by files/encoding.py, without text and names.
    facts: Mapped[str] = mapped_column(Text)
    mode: Mapped[str] = mapped_column(String(8))  # quick, full, or member: of an archive (readings.py)
    # How good the reading is; a better one takes its place (keeping.py).
    rank: Mapped[int]
    reader_version: Mapped[int]
    # The version of the trust data by which its signatures' chains were built; '' for a file without signatures.
    trust: Mapped[str] = mapped_column(String(64), default="", server_default=text("''"))
    read_at: Mapped[int] = mapped_column(BigInteger)


class Document(Base):
    """The document in a file, by the latest answers: corrections where there are any, else what was recognised."""

    __tablename__ = "document"
    __table_args__ = (
        Index(
            "ix_document_identity",
            "identity",
            sqlite_where=text("identity IS NOT NULL"),
            postgresql_where=text("identity IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    sha256: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    # '' while the type itself is in doubt.
    doc_type: Mapped[str] = mapped_column(String(16))
    family: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    number_symbol: Mapped[str] = mapped_column(String(120))
    issue_date: Mapped[str] = mapped_column(String(10))  # ISO 8601
    issuer: Mapped[str] = mapped_column(String(300))
    parent_issuer: Mapped[str] = mapped_column(String(300))
    # The agency of our own organisation that issued it, when there is no doubt.
    agency_id: Mapped[int | None] = mapped_column(BigInteger)
    subject: Mapped[str] = mapped_column(String(1000))
    signer: Mapped[str] = mapped_column(String(120))
    signer_authority: Mapped[str] = mapped_column(String(200))
    urgency: Mapped[str] = mapped_column(String(20))
    secrecy: Mapped[str] = mapped_column(String(20))
    labels: Mapped[str] = mapped_column(String(500))
    # The least sure of the fields that are said; what was seen and not said, by name, joined by blanks.
    confidence: Mapped[float] = mapped_column(Float)
    unsure: Mapped[str] = mapped_column(String(300))
    # The same for the same document, whatever file and channel brought it: number, date and issuer (identity.py).
    identity: Mapped[str | None] = mapped_column(String(32))
    first_seen_at: Mapped[int] = mapped_column(BigInteger)
    corrected_at: Mapped[int | None] = mapped_column(BigInteger, index=True)


class Attachment(Base):
    """A file where it was seen: in which message, at which place, under which names."""

    __tablename__ = "attachment"
    __table_args__ = (UniqueConstraint("message_id", "path", name="uq_attachment_message_id_path"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    message_id: Mapped[int] = mapped_column(BigInteger)
    code: Mapped[str] = mapped_column(String(16), index=True)
    # The part's number as IMAP counts; members of archives by their position in them: `2`, `2/1`, `2/1/3`.
    path: Mapped[str] = mapped_column(String(200))
    position: Mapped[int]
    names: Mapped[str] = mapped_column(Text)  # a JSON list, the name that people see first
    declared: Mapped[str] = mapped_column(String(100))
    sha256: Mapped[bytes] = mapped_column(LargeBinary(32), index=True)
    at: Mapped[int] = mapped_column(BigInteger)
    account_id: Mapped[int | None] = mapped_column(BigInteger)
    sender_agency_id: Mapped[int | None] = mapped_column(BigInteger)
    desk_agency_id: Mapped[int | None] = mapped_column(BigInteger)
    document_id: Mapped[int | None] = mapped_column(BigInteger, index=True)


class DocumentAgency(Base):
    """An agency from or to whose mailboxes a document went. `desk`: it passed the agency's desk."""

    __tablename__ = "document_agency"

    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"), primary_key=True, autoincrement=False)
    agency_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    desk: Mapped[bool]


class DocumentText(Base):
    """The full text, kept only of what passed a desk (architecture § 8)."""

    __tablename__ = "document_text"

    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"), primary_key=True, autoincrement=False)
    text: Mapped[str] = mapped_column(Text)


class DocumentLink(Base):
    """Two documents of one message that belong together although their identities do not say so."""

    __tablename__ = "document_link"

    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"), primary_key=True, autoincrement=False)
    other_id: Mapped[int] = mapped_column(ForeignKey("document.id"), primary_key=True, autoincrement=False, index=True)
    kind: Mapped[LinkKind] = mapped_column(String(16))


class Correction(Base):
    """A person's answer about one field. Never changed; the latest of a field holds."""

    __tablename__ = "correction"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"), index=True)
    field: Mapped[str] = mapped_column(String(32))
    recognised: Mapped[str] = mapped_column(String(1000))
    corrected: Mapped[str] = mapped_column(String(1000))
    by: Mapped[str] = mapped_column(String(320))
    at: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(Text)
