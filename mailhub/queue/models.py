"""The tables of the queue: a message, who still has to get it, and what happened.

Times are milliseconds since the epoch (`mailhub.clock`). Bodies are not here: a row says where they lie
(`store/spool.py`). Rows are only ever written by this folder. Row numbers rise with time, so what is asked
for by time needs no index of its own; each index costs every message.
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from mailhub.store.database import Base


class Door(StrEnum):
    """The way a message came in."""

    MX = "mx"  # from outside, port 25
    SUBMISSION = "submission"  # from an own account, after AUTH (RFC 6409)
    INJECT = "inject"  # from Dovecot's Sieve (redirect, vacation), over a Unix socket
    INTERNAL = "internal"  # mailhub's own notices


class RecipientState(StrEnum):
    """Where a message is for one recipient (architecture § 4.4)."""

    QUEUED = "queued"
    DELIVERING = "delivering"
    DEFERRED = "deferred"
    HELD = "held"
    DELIVERED = "delivered"
    REFUSED = "refused"
    REDIRECTED = "redirected"
    BOUNCED = "bounced"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    DESTROYED = "destroyed"


# A worker has to look at these again; the others are final, save HELD, which waits for a person.
ACTIVE = (RecipientState.QUEUED, RecipientState.DELIVERING, RecipientState.DEFERRED)
OPEN = (*ACTIVE, RecipientState.HELD)


class EventKind(StrEnum):
    """What can happen to a message; the timeline, the reports and the audit read nothing else."""

    RECEIVED = "received"
    REPEATED = "repeated"  # the same message once more within a day: same answer, no second delivery
    DELIVERED = "delivered"
    RELAYED = "relayed"  # handed to another server
    FILED = "filed"  # the copy of what was sent from a shared mailbox lies in its Sent
    DEFERRED = "deferred"
    BOUNCED = "bounced"
    EXPIRED = "expired"
    HELD = "held"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"
    RETRIED = "retried"  # by a person
    NOTIFIED = "notified"  # a notice about it went to the sender
    INSPECTED = "inspected"  # what is attached was read; the facts say what it is
    REFUSED = "refused"  # at the door: there is no message row; by a rule or a moderator: there is one
    JUDGED = "judged"  # the rules that fit, with what they did
    ASKED = "asked"  # somebody's word is waited for
    DESTROYED = "destroyed"  # a state secret: the content is gone, or sealed
    SEALED = "sealed"  # the agency's signature was put on, or was not, and why; the sealed message has its own code
    VERIFIED = "verified"  # signatures that could not be told when the message came were asked about again


class Purpose(StrEnum):
    """Why a message has a recipient."""

    MAIL = ""  # the sender wrote to it
    SENT_COPY = "sent-copy"  # what was sent from a shared mailbox, filed in its Sent


class HeldFor(StrEnum):
    """Why a recipient is held, and so what may let it go."""

    PERSON = "person"  # until a person releases it
    INSPECTION = "inspection"  # until what is attached has been read
    SENDER_CLOSED = "sender-closed"  # until the account that sent it is restored
    MODERATION = "moderation"  # until a moderator of the group decides, or nobody did in time
    WORD = "word"  # until whoever a rule asks gives their word, or nobody did in time (queue/words.py)
    FAULT = "fault"  # a rule failed on it: until a person looked


class Message(Base):
    """One accepted message. Everything but `dkim`, `local_prefix` and `done_at` is written once."""

    __tablename__ = "message"
    __table_args__ = (
        Index(
            "ix_message_fingerprint",
            "fingerprint",
            "received_at",
            sqlite_where=text("fingerprint IS NOT NULL"),
            postgresql_where=text("fingerprint IS NOT NULL"),
        ),
        Index("ix_message_spool", "spool_file"),
        # "Where is the mail that I sent?": 10 µs of CPU a message (bench/README.md).
        Index("ix_message_sender", "sender", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(String(16), index=True)
    door: Mapped[Door] = mapped_column(String(16))
    received_at: Mapped[int] = mapped_column(BigInteger)
    # '' is the null reverse-path (RFC 5321 § 4.5.5).
    sender: Mapped[str] = mapped_column(String(320))
    # An own account sent it, or SPF or DKIM vouch for the sender: only then may a notice go back (backscatter).
    sender_verified: Mapped[bool]
    account_id: Mapped[int | None] = mapped_column(BigInteger)
    client: Mapped[str] = mapped_column(String(64))
    message_id: Mapped[str] = mapped_column(String(1000), index=True)
    subject: Mapped[str] = mapped_column(String(1000))
    size: Mapped[int] = mapped_column(BigInteger)
    # Where the bytes lie, below the spool: file, offset, length.
    spool_file: Mapped[str] = mapped_column(String(120))
    spool_offset: Mapped[int] = mapped_column(BigInteger)
    spool_length: Mapped[int] = mapped_column(BigInteger)
    # What mailhub puts above the body at delivery: Received, Authentication-Results (RFC 8601).
    prefix: Mapped[bytes] = mapped_column(LargeBinary)
    # What stands above the prefix for our own mailboxes alone: X-Mailhub-Document.
    local_prefix: Mapped[bytes] = mapped_column(LargeBinary, default=b"", server_default=text("''"))
    # Byte ranges of the stored header that are left out at delivery ("12-80,200-230"): forged results.
    cuts: Mapped[str] = mapped_column(String(2000), default="")
    # SHA-256 of the body under DKIM's simple canonicalisation (RFC 6376 § 3.4.3), taken as it came in.
    body_hash: Mapped[bytes] = mapped_column(LargeBinary)
    dkim: Mapped[bytes | None] = mapped_column(LargeBinary)
    utf8: Mapped[bool] = mapped_column(default=False)
    eight_bit: Mapped[bool] = mapped_column(default=False)
    dsn_ret: Mapped[str | None] = mapped_column(String(4))
    dsn_envid: Mapped[str | None] = mapped_column(String(100))
    # Same account, Message-ID and bytes within a day: the same message sent again (architecture § 4.5).
    fingerprint: Mapped[bytes | None] = mapped_column(LargeBinary)
    junk: Mapped[bool] = mapped_column(default=False)
    derived_from: Mapped[int | None] = mapped_column(BigInteger)
    done_at: Mapped[int | None] = mapped_column(BigInteger)


class Recipient(Base):
    """One recipient of one message, with a state of its own."""

    __tablename__ = "recipient"
    # Partial: what is finished costs the queue nothing, however many rows there are.
    __table_args__ = (
        Index(
            "ix_recipient_due",
            "due_at",
            sqlite_where=text("due_at IS NOT NULL"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
        Index(
            "ix_recipient_original",
            "original",
            sqlite_where=text("original IS NOT NULL"),
            postgresql_where=text("original IS NOT NULL"),
        ),
        Index(
            "ix_recipient_held",
            "message_id",
            sqlite_where=text("held_for IS NOT NULL"),
            postgresql_where=text("held_for IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"), index=True)
    address: Mapped[str] = mapped_column(String(320), index=True)
    # As the client gave it (RFC 3461 ORCPT), for notices: `rfc822;x@y`.
    original: Mapped[str | None] = mapped_column(String(500))
    notify: Mapped[str] = mapped_column(String(30), default="")
    # Whose queue it waits in: `local`, `smtp://host:port`, `mx:domain` (delivery/routes.py).
    destination: Mapped[str] = mapped_column(String(320))
    state: Mapped[RecipientState] = mapped_column(String(16))
    attempts: Mapped[int] = mapped_column(default=0)
    # When a worker has to look at it. While it is being delivered: when the lease runs out. Null: never again.
    due_at: Mapped[int | None] = mapped_column(BigInteger)
    lease: Mapped[str | None] = mapped_column(String(120))
    held_for: Mapped[HeldFor | None] = mapped_column(String(16))
    last_reply: Mapped[str | None] = mapped_column(String(1000))
    delay_notified: Mapped[bool] = mapped_column(default=False)
    finished_at: Mapped[int | None] = mapped_column(BigInteger)
    # '' = somebody whom the sender wrote to; else what the hub itself does with the message (`Purpose`).
    purpose: Mapped[str] = mapped_column(String(16), default="", server_default=text("''"))
    # With `HeldFor.MODERATION`: the groups through which it was written to, any of which may let it go: "12,34".
    # With `HeldFor.WORD`: the mailbox whose word is waited for.
    held_about: Mapped[str] = mapped_column(String(200), default="", server_default=text("''"))
    # With `Purpose.SENT_COPY`: who sent it, named in the copy alone.
    sent_by: Mapped[str] = mapped_column(String(320), default="", server_default=text("''"))
    # The rule of `policy.toml` that holds, refused, redirected or tagged it; '' = none.
    rule: Mapped[str] = mapped_column(String(80), default="", server_default=text("''"))
    # The folder of the mailbox that it is delivered into, by that rule; '' = as usual.
    folder: Mapped[str] = mapped_column(String(60), default="", server_default=text("''"))


class PendingInspection(Base):
    """A message that is held until its attachments have been read. The row goes when they have."""

    __tablename__ = "pending_inspection"

    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"), primary_key=True, autoincrement=False)
    # When a worker has to look at it; while one does: when its lease runs out.
    due_at: Mapped[int] = mapped_column(BigInteger, index=True)
    lease: Mapped[str | None] = mapped_column(String(120))
    # After this moment the message goes on, read or not (architecture § 5).
    until: Mapped[int] = mapped_column(BigInteger)
    attempts: Mapped[int] = mapped_column(default=0)


class PendingModeration(Base):
    """A message that waits for a moderator of one group. The row goes when it is decided (queue/moderation.py)."""

    __tablename__ = "pending_moderation"

    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"), primary_key=True, autoincrement=False)
    group_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    # After this moment it is refused, and the sender told.
    until: Mapped[int] = mapped_column(BigInteger, index=True)


class PendingWord(Base):
    """A message that waits for somebody's word. The row goes when it is given, or its time is over (queue/words.py)."""

    __tablename__ = "pending_word"

    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"), primary_key=True, autoincrement=False)
    # The mailbox whose word counts: the sender's, the recipient's (mail from outside), a desk's, an officer's.
    owner_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, index=True)
    rule: Mapped[str] = mapped_column(String(80))
    # Why, in the words that the owner reads: `{"vi": …, "en": …}` and what the letter needs besides.
    facts: Mapped[str] = mapped_column(String)
    # After this moment it goes back to the sender (or, from outside, is not delivered).
    until: Mapped[int] = mapped_column(BigInteger, index=True)
    reason_needed: Mapped[bool]
    asked_at: Mapped[int] = mapped_column(BigInteger)


class Event(Base):
    """Something that happened, never changed afterwards (but for the names of a secret's files: inspections.py)."""

    __tablename__ = "event"
    __table_args__ = (
        # Refusals have no message row to be found by.
        Index(
            "ix_event_refused",
            "recipient",
            sqlite_where=text("message_id IS NULL"),
            postgresql_where=text("message_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[int] = mapped_column(BigInteger)
    # Null for a refusal at the door, which has a code but no message.
    message_id: Mapped[int | None] = mapped_column(BigInteger)
    code: Mapped[str] = mapped_column(String(16), index=True)
    recipient: Mapped[str | None] = mapped_column(String(320))
    kind: Mapped[EventKind] = mapped_column(String(16))
    facts: Mapped[str] = mapped_column(String)  # a JSON object
