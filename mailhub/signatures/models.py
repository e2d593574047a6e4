"""The tables of signatures: whom we trust, what issuers said, what was judged, what was sealed.

Times are milliseconds since the epoch, 0 = none. Certificates are named by the SHA-256 of their octets, hexadecimal.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from mailhub.store.database import Base


class TrustCertificate(Base):
    """A certificate that is believed, or was: pinned by its fingerprint, with where it comes from."""

    __tablename__ = "trust_certificate"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    der: Mapped[bytes] = mapped_column(LargeBinary)
    part: Mapped[str] = mapped_column(String(16))  # files.signed.trusted.Part
    hierarchy: Mapped[str] = mapped_column(String(16))  # signatures.verdict.Hierarchy
    subject: Mapped[str] = mapped_column(String(500))
    # Where the status of certificates that it issued is asked: never an address from a certificate in hand.
    ocsp: Mapped[str] = mapped_column(String(500), default="", server_default=text("''"))
    crl: Mapped[str] = mapped_column(String(500), default="", server_default=text("''"))
    source: Mapped[str] = mapped_column(String(500))
    dated: Mapped[str] = mapped_column(String(10))  # ISO 8601: when the source said so
    added_at: Mapped[int] = mapped_column(BigInteger)
    added_by: Mapped[str] = mapped_column(String(320))
    # Two people compared the fingerprint with what the authority publishes; shipped data come unconfirmed.
    confirmed_at: Mapped[int | None] = mapped_column(BigInteger)
    confirmed_by: Mapped[str] = mapped_column(String(700), default="", server_default=text("''"))
    ended_at: Mapped[int | None] = mapped_column(BigInteger)
    ended_by: Mapped[str] = mapped_column(String(700), default="", server_default=text("''"))


class RevocationList(Base):
    """The newest list of an issuer that was verified."""

    __tablename__ = "revocation_list"

    issuer: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[str] = mapped_column(String(48), default="", server_default=text("''"))
    this_update: Mapped[int] = mapped_column(BigInteger)
    next_update: Mapped[int] = mapped_column(BigInteger)
    fetched_at: Mapped[int] = mapped_column(BigInteger)
    source: Mapped[str] = mapped_column(String(500))  # the address, or `mirror: …`
    sha256: Mapped[str] = mapped_column(String(64))
    der: Mapped[bytes] = mapped_column(LargeBinary)


class RevokedCertificate(Base):
    """A line of such a list."""

    __tablename__ = "revoked_certificate"

    issuer: Mapped[str] = mapped_column(String(64), primary_key=True)
    serial: Mapped[str] = mapped_column(String(48), primary_key=True)
    revoked_at: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(String(40), default="", server_default=text("''"))


class OcspAnswer(Base):
    """The newest verified answer about one certificate (RFC 6960)."""

    __tablename__ = "ocsp_answer"

    issuer: Mapped[str] = mapped_column(String(64), primary_key=True)
    serial: Mapped[str] = mapped_column(String(48), primary_key=True)
    status: Mapped[str] = mapped_column(String(16))
    revoked_at: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(String(40), default="", server_default=text("''"))
    this_update: Mapped[int] = mapped_column(BigInteger)
    next_update: Mapped[int] = mapped_column(BigInteger)
    fetched_at: Mapped[int] = mapped_column(BigInteger)
    der: Mapped[bytes] = mapped_column(LargeBinary)


class RevocationSource(Base):
    """How asking at an address went, for the doctor and for not asking a dead one again at once."""

    __tablename__ = "revocation_source"

    url: Mapped[str] = mapped_column(String(500), primary_key=True)
    asked_at: Mapped[int] = mapped_column(BigInteger)
    answered_at: Mapped[int] = mapped_column(BigInteger)
    failures: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str] = mapped_column(String(300), default="", server_default=text("''"))


class KnownSubject(Base):
    """A certificate's subscriber as a person confirmed it (reference/signatures § 3.1)."""

    __tablename__ = "known_subject"

    certificate: Mapped[str] = mapped_column(String(64), primary_key=True)
    subscriber: Mapped[str] = mapped_column(String(16))  # signatures.verdict.Subscriber
    name: Mapped[str] = mapped_column(String(300))
    agency_id: Mapped[int | None] = mapped_column(BigInteger)
    confirmed_by: Mapped[str] = mapped_column(String(320))
    confirmed_at: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(String(500), default="", server_default=text("''"))


class SignatureVerdict(Base):
    """What was judged of one signed file, or of the message's own signature, when it came: frozen with the message.

    An UNKNOWN is asked again at `due_at`; the newer verdict is a row of its own (`again`), the first stays.
    """

    __tablename__ = "signature_verdict"
    __table_args__ = (
        Index(
            "ix_signature_verdict_due",
            "due_at",
            sqlite_where=text("due_at IS NOT NULL"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
        Index("ix_signature_verdict_sha256", "sha256"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    message_id: Mapped[int] = mapped_column(BigInteger, index=True)
    code: Mapped[str] = mapped_column(String(16))
    path: Mapped[str] = mapped_column(String(200))  # of the part; "" = the message's own (S/MIME)
    sha256: Mapped[bytes] = mapped_column(LargeBinary(32))
    verdict: Mapped[str] = mapped_column(String(16))
    complete: Mapped[str] = mapped_column(String(16))
    judged: Mapped[str] = mapped_column(String)  # JSON of JudgedDocument (signatures/codec.py)
    signed: Mapped[str] = mapped_column(String)  # JSON of files.signed.facts.Signed: what it was judged from
    trust: Mapped[str] = mapped_column(String(64))
    seen_at: Mapped[int] = mapped_column(BigInteger)  # when the message came
    at: Mapped[int] = mapped_column(BigInteger)
    again: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[int | None] = mapped_column(BigInteger)


class DeskSeal(Base):
    """A desk whose outgoing documents get the agency's signature. No row: off."""

    __tablename__ = "desk_seal"

    mailbox_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    agency_id: Mapped[int] = mapped_column(BigInteger)
    on_at: Mapped[int] = mapped_column(BigInteger)
    by: Mapped[str] = mapped_column(String(320))


class SealAct(Base):
    """A seal that a clerk asked for, and what came of it. Entered before the signer is asked."""

    __tablename__ = "seal_act"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    message_id: Mapped[int | None] = mapped_column(BigInteger, index=True)  # None: by the command line
    code: Mapped[str] = mapped_column(String(16), default="", server_default=text("''"))
    sealed_code: Mapped[str] = mapped_column(String(16), default="", server_default=text("''"))  # of the new message
    agency_id: Mapped[int] = mapped_column(BigInteger, index=True)
    desk: Mapped[str] = mapped_column(String(320))
    clerk: Mapped[str] = mapped_column(String(320))
    account_id: Mapped[int | None] = mapped_column(BigInteger)
    path: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(16))  # main, attachment
    doc_type: Mapped[str] = mapped_column(String(16))
    number_symbol: Mapped[str] = mapped_column(String(120))
    original: Mapped[bytes] = mapped_column(LargeBinary(32), index=True)  # SHA-256
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary(32), index=True)
    certificate: Mapped[str] = mapped_column(String(64), default="", server_default=text("''"))
    timestamped: Mapped[bool] = mapped_column(default=False)
    outcome: Mapped[str] = mapped_column(String(40))  # asked, sealed, or a sealing.reasons.Refused
    at: Mapped[int] = mapped_column(BigInteger)
    done_at: Mapped[int | None] = mapped_column(BigInteger)
