"""The tables of what an account has open on the web. No row holds a secret that opens anything: tokens are long and
random, and kept as SHA-256."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from mailhub.store.database import Base


class WebSession(Base):
    """A browser that somebody has logged in with. Its row stays a while after its end, for who asks."""

    __tablename__ = "web_session"
    __table_args__ = (Index("ix_web_session_account", "account_id", "ended_at"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    token_sha256: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"))
    # How far the login is: `password` (the second step is wanted), `setup`, `renew`, `full` (sessions.Stage).
    stage: Mapped[str] = mapped_column(String(16))
    # By what the second step was passed: '', `code`, `passkey`, `recovery`.
    factor: Mapped[str] = mapped_column(String(16), default="", server_default=text("''"))
    created_at: Mapped[int] = mapped_column(BigInteger)
    # What `mailbox.sessions_from` is compared with: later than `created_at` once the owner has changed a secret in it.
    valid_from: Mapped[int] = mapped_column(BigInteger)
    seen_at: Mapped[int] = mapped_column(BigInteger, index=True)
    # When the password was typed last.
    authenticated_at: Mapped[int] = mapped_column(BigInteger)
    # Locked by its owner; one that was left alone too long is locked without it.
    locked_at: Mapped[int | None] = mapped_column(BigInteger)
    # Wrong passwords at the lock in a row.
    wrong: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    ip: Mapped[str] = mapped_column(String(64), default="", server_default=text("''"))
    agent: Mapped[str] = mapped_column(String(200), default="", server_default=text("''"))
    # What the forms of its pages carry, masked anew on each.
    csrf: Mapped[bytes] = mapped_column(LargeBinary)
    # A WebAuthn ceremony under way: its challenge, what for (`register`, `login`), since when.
    challenge: Mapped[bytes | None] = mapped_column(LargeBinary)
    challenge_for: Mapped[str] = mapped_column(String(16), default="", server_default=text("''"))
    challenge_at: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    ended_at: Mapped[int | None] = mapped_column(BigInteger)
    ended_why: Mapped[str] = mapped_column(String(32), default="", server_default=text("''"))


class ApiToken(Base):
    """What a program shows instead of a login: for some areas, until a day."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    token_sha256: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    # Its beginning, by which people tell tokens apart.
    prefix: Mapped[str] = mapped_column(String(16))
    account_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    scopes: Mapped[str] = mapped_column(String(300))  # `accounts:read documents:read`
    made_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger)
    last_used_at: Mapped[int | None] = mapped_column(BigInteger)
    last_ip: Mapped[str] = mapped_column(String(64), default="", server_default=text("''"))
    revoked_at: Mapped[int | None] = mapped_column(BigInteger)
