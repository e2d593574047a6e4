"""The tables beside the directory: passwords, failed logins, what was tried, what was changed.

None of them holds a secret that can be read back: passwords are argon2id, of wrong ones a few bytes of a keyed digest
are kept, which go with their row after `[lockout] window_minutes`.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from mailhub.store.database import Base


class Credential(Base):
    """What a mailbox logs in with. Kinds so far: `password`, one a mailbox."""

    __tablename__ = "credential"
    __table_args__ = (UniqueConstraint("mailbox_id", "kind", name="uq_credential_mailbox_id_kind"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"))
    kind: Mapped[str] = mapped_column(String(16))
    # PHC string, $argon2id$…; or the hash of an older system until the first login (login/imported.py).
    hash: Mapped[str] = mapped_column(String(300))
    set_at: Mapped[int] = mapped_column(BigInteger)


class LoginThrottle(Base):
    """Failures of one account (or of one unknown name) from one network within the window (throttle.py).

    Network `*` counts an account from everywhere; account `*` counts the names that failed from a network.
    """

    __tablename__ = "login_throttle"

    account: Mapped[str] = mapped_column(String(64), primary_key=True)  # mailbox id, or digest of an unknown name
    network: Mapped[str] = mapped_column(String(64), primary_key=True)  # 203.0.113.0/24, 2001:db8::/64
    failures: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[int] = mapped_column(BigInteger, index=True)
    blocked_until: Mapped[int] = mapped_column(BigInteger, default=0)
    # Three octets each of a keyed digest of what failed, so that the same again is not counted again.
    last_wrong: Mapped[bytes | None] = mapped_column(LargeBinary)


class LoginAttempt(Base):
    """One try to log in, for `account why`; the last 50 of each account are kept."""

    __tablename__ = "login_attempt"
    __table_args__ = (Index("ix_login_attempt_mailbox", "mailbox_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"))
    at: Mapped[int] = mapped_column(BigInteger)
    service: Mapped[str] = mapped_column(String(32))
    ip: Mapped[str] = mapped_column(String(64))
    cause: Mapped[str] = mapped_column(String(40))
    # Marks of the secret that was tried: `vietnamese`, `spaces`, `capitals`; never the secret.
    hints: Mapped[str] = mapped_column(String(80), default="")
    # Which mailbox was to be opened, when it is not the own one (sharing/access.py).
    about: Mapped[str] = mapped_column(String(320), default="", server_default=text("''"))
    # Which device it was, when an app password tells.
    device: Mapped[str] = mapped_column(String(100), default="", server_default=text("''"))


class DirectoryVersion(Base):
    """One row, moved on by every change to the tables of `models`; caches compare it (directory.py)."""

    __tablename__ = "directory_version"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(BigInteger)


class InstallKey(Base):
    """Random keys made on first use, one a purpose."""

    __tablename__ = "install_key"

    purpose: Mapped[str] = mapped_column(String(40), primary_key=True)
    key: Mapped[bytes] = mapped_column(LargeBinary)


class AuditRow(Base):
    """One act of somebody. Never changed: `hash` covers the row and the hash before it (audit.py)."""

    __tablename__ = "audit_log"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)  # 1, 2, 3 … without gaps
    at: Mapped[int] = mapped_column(BigInteger, index=True)
    actor: Mapped[str] = mapped_column(String(320), index=True)
    actor_ip: Mapped[str] = mapped_column(String(64), default="")
    action: Mapped[str] = mapped_column(String(64))
    object_kind: Mapped[str] = mapped_column(String(32))
    object: Mapped[str] = mapped_column(String(320), index=True)
    reason: Mapped[str] = mapped_column(Text, default="")
    before: Mapped[str] = mapped_column(Text)  # JSON
    after: Mapped[str] = mapped_column(Text)  # JSON
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """One row: the end of the chain. Writers lock it, and a log cut short at its end no longer fits it."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last_id: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(64))
