"""A message from the hub to itself: in by SMTP, through the queue, out by IMAP.

It has a mailbox of its own, made once; what is sent is deleted again.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from mailhub.accounts.errors import NoSuchAccount
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.models import MailboxKind
from mailhub.accounts.passwords import new_hash
from mailhub.accounts.service import create_account, set_password
from mailhub.clock import mail_date, now_ms
from mailhub.errors import MailhubError
from mailhub.ids import new_id
from mailhub.ops.findings import Check, Ground, Status, Verdict, broken, look, ok
from mailhub.ops.roundtrip import Inbox, RoundTripFailed, submit

LOCAL = "mailhub-doctor"
NAME = "Thư kiểm tra của mailhub"
SECRET_FILE = "doctor.secret"  # noqa: S105 - a file's name
QUOTA_MIB = 10
ARRIVAL_SECONDS = 6.0
SLOW_SECONDS = 3.0
SUBMIT_SECONDS = 3.0


def mail_checks(ground: Ground) -> list[Check]:
    """The round trip, where this hub has mailboxes."""
    return (
        [Check("mail", "Gửi thử và nhận lại", check_mail, Status.BROKEN)] if ground.settings.mailboxes.enabled else []
    )


def check_mail(ground: Ground) -> Verdict:
    """Submits, waits, compares, deletes."""
    settings = ground.settings
    if settings.listen_address("submission") is None or settings.listen_address("imaps") is None:
        return look("không gửi thử: cổng 587 hoặc 993 đóng")
    address = f"{LOCAL}@{settings.hub.domain}"
    try:
        secret = _ensure_mailbox(ground, address)
        message, message_id = _compose(address)
        started = time.monotonic()
        code = submit(
            settings, address, secret, sender=address, recipients=[address], message=message, seconds=SUBMIT_SECONDS
        )
        got = asyncio.run(_fetch_and_delete(ground, address, secret, message_id))
    except RoundTripFailed as error:
        return broken(
            str(error), f"mailhub trace --to {address}; nếu mật khẩu sai: xóa keys/{SECRET_FILE} rồi chạy lại"
        )
    except (MailhubError, OSError) as error:
        return broken(f"không chuẩn bị được hộp thư {address}: {error}", "xem mục Cơ sở dữ liệu, Quyền đọc khóa")
    seconds = time.monotonic() - started
    if not got.endswith(message.partition(b"\r\n\r\n")[2]):
        return broken(f"thư {code} về không còn nguyên vẹn", f"mailhub trace {code}")
    seen = f"thư {code} đến sau {seconds:.1f} giây, nguyên vẹn"
    return look(seen, "chậm: xem tải của máy và hàng đợi") if seconds > SLOW_SECONDS else ok(seen)


def _ensure_mailbox(ground: Ground, address: str) -> str:
    """Its password. A lost one is replaced; it stands in a file that only the hub's user reads."""
    file = ground.settings.keys_directory / SECRET_FILE
    secret, fresh = _read_or_make(file)
    rules = ground.settings.passwords
    with ground.database.read() as connection:
        try:
            find_mailbox(connection, address)
        except NoSuchAccount:
            exists = False
        else:
            exists = True
    if exists and not fresh:
        return secret
    password_hash = new_hash(rules, secret, address)
    with ground.database.write() as connection:
        if exists:
            set_password(connection, ground.actor, address, password_hash, reason="doctor")
        else:
            create_account(
                connection,
                ground.actor,
                address,
                NAME,
                kind=MailboxKind.SERVICE,
                password_hash=password_hash,
                home="here",
                quota_mib=QUOTA_MIB,
            )
    return secret


def _read_or_make(file: Path) -> tuple[str, bool]:
    try:
        return file.read_text().strip(), False
    except FileNotFoundError:
        secret = f"{secrets.token_hex(16)}-Dr7"  # with every kind of character that the rules ask for
        fd = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(fd, "w") as out:
            out.write(f"{secret}\n")
        return secret, True


def _compose(address: str) -> tuple[bytes, str]:
    message = EmailMessage(policy=SMTP)
    message["From"] = f'"{NAME}" <{address}>'
    message["To"] = address
    message["Subject"] = "Thư kiểm tra"
    message["Date"] = mail_date(now_ms())
    message["Message-ID"] = f"<{new_id()}.doctor@{address.partition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(f"Thư kiểm tra số {secrets.token_hex(16)}: gửi, nhận, xóa tự động.\n")
    return message.as_bytes(), str(message["Message-ID"])


async def _fetch_and_delete(ground: Ground, address: str, secret: str, message_id: str) -> bytes:
    async with Inbox(ground.settings, address, secret) as inbox:
        got = await inbox.wait_for(message_id, seconds=ARRIVAL_SECONDS)
        await inbox.remove(message_id)
        return got
