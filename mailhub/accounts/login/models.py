"""The tables of what people log in with, beside the password (`records.Credential`).

None holds a secret that can be read back: app passwords and codes are long and random and kept as SHA-256, found by
their prefix; the second factor's key is sealed under a key outside the database (store/sealing.py).
"""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from mailhub.store.database import Base


class AppPassword(Base):
    """A password for one device's mail client."""

    __tablename__ = "app_password"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"), index=True)
    device: Mapped[str] = mapped_column(String(100))
    prefix: Mapped[str] = mapped_column(String(16), unique=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)  # SHA-256 of the whole
    made_at: Mapped[int] = mapped_column(BigInteger)
    # Null = until it is revoked. A slip's code, once used by a mail client, lives on like this for some days.
    expires_at: Mapped[int | None] = mapped_column(BigInteger)
    last_used_at: Mapped[int | None] = mapped_column(BigInteger)
    last_ip: Mapped[str] = mapped_column(String(64), default="")
    last_service: Mapped[str] = mapped_column(String(32), default="")
    revoked_at: Mapped[int | None] = mapped_column(BigInteger)


class SecondFactor(Base):
    """A TOTP key (RFC 6238). It counts once it has been confirmed."""

    __tablename__ = "second_factor"

    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"), primary_key=True, autoincrement=False)
    sealed_key: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[int] = mapped_column(BigInteger)
    confirmed_at: Mapped[int | None] = mapped_column(BigInteger)
    # The time step of the last code that was accepted: no code is taken twice (RFC 6238 § 5.2).
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)


class RecoveryCode(Base):
    """One of the codes for the day on which the phone is gone; each works once."""

    __tablename__ = "recovery_code"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"), index=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    used_at: Mapped[int | None] = mapped_column(BigInteger)


class Passkey(Base):
    """A WebAuthn credential (W3C WebAuthn Level 3 § 4): a key that never leaves the owner's device or security key."""

    __tablename__ = "passkey"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)  # COSE
    sign_count: Mapped[int] = mapped_column(BigInteger, default=0)
    # The host name that it is good for; a browser offers it nowhere else.
    rp_id: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(100))
    transports: Mapped[str] = mapped_column(String(100), default="", server_default=text("''"))
    # Its maker copies it to the owner's other devices.
    synced: Mapped[bool] = mapped_column(default=False, server_default=false())
    made_at: Mapped[int] = mapped_column(BigInteger)
    last_used_at: Mapped[int | None] = mapped_column(BigInteger)


class OneTimeCode(Base):
    """A code that lets its owner set a password, once: on a printed slip, or sent by a registered channel."""

    __tablename__ = "one_time_code"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(16))  # slip, recovery
    prefix: Mapped[str] = mapped_column(String(16), unique=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    made_by: Mapped[str] = mapped_column(String(320))
    made_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger)
    used_at: Mapped[int | None] = mapped_column(BigInteger)
    # Taken back, or put out of use by a newer one.
    ended_at: Mapped[int | None] = mapped_column(BigInteger)


class FormerPassword(Base):
    """Hashes of the last ten passwords: an administrator takes none of them again (QCVN 12:2026/BCA 3.7.2.6.5), and
    `account why` can say that a phone still has the old one."""

    __tablename__ = "former_password"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"), index=True)
    hash: Mapped[str] = mapped_column(String(300))
    set_at: Mapped[int] = mapped_column(BigInteger)
