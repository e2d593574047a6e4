"""The rows of one-time codes, and of the mail client that a slip's code opened. No rights here, and no audit."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, delete, insert, or_, select, update

from mailhub.accounts.login.code_form import digest_of, fits, make_code, prefix_of
from mailhub.accounts.login.models import AppPassword, OneTimeCode
from mailhub.accounts.login.older_sessions import end_older_sessions
from mailhub.ids import new_id

SLIP_DEVICE = "Phiếu cấp tài khoản"
# Never the beginning of an app password: the code of a slip is looked for here, by `find_code`, alone.
_CLIENT_PREFIX = "slip:"


class Purpose(StrEnum):
    """What a code was made for."""

    SLIP = "slip"
    RECOVERY = "recovery"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRow:
    """A code that may still be good. Times in ms; `used_at` is set once a mail client took it."""

    id: int
    purpose: Purpose
    prefix: str
    made_by: str
    made_at: int
    expires_at: int
    used_at: int | None


def enter_code(
    connection: Connection, mailbox_id: int, purpose: Purpose, made_by: str, *, at: int, expires_at: int
) -> str:
    """A new code, in clear this once; those of the same purpose before it end."""
    end_codes(connection, mailbox_id, at=at, purpose=purpose)
    code = make_code()
    while connection.execute(select(OneTimeCode.id).where(OneTimeCode.prefix == prefix_of(code))).first():
        code = make_code()
    row: dict[str, object] = {"id": new_id(), "mailbox_id": mailbox_id, "prefix": prefix_of(code)}
    row["purpose"] = purpose.value
    row |= {"digest": digest_of(code, mailbox_id), "made_by": made_by[:320], "made_at": at, "expires_at": expires_at}
    connection.execute(insert(OneTimeCode).values(row))
    return code


def find_code(connection: Connection, mailbox_id: int, code: str, *, at: int) -> CodeRow | None:
    """The row of this code, if it is this mailbox's, has not ended and is in time. `code` is what read_code gave."""
    table = OneTimeCode.__table__
    query = select(table).where(
        table.c.prefix == prefix_of(code),
        table.c.mailbox_id == mailbox_id,
        table.c.ended_at.is_(None),
        table.c.expires_at > at,
    )
    row = connection.execute(query).one_or_none()
    if row is None or not fits(code, mailbox_id, bytes(row.digest)):
        return None
    return CodeRow(
        id=row.id,
        purpose=Purpose(row.purpose),
        prefix=row.prefix,
        made_by=row.made_by,
        made_at=row.made_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
    )


def is_over(connection: Connection, mailbox_id: int, code: str, *, at: int) -> bool:
    """Whether this was the code of a slip of this mailbox, which is used or too old. `code` is what read_code gave."""
    table = OneTimeCode.__table__
    over = or_(table.c.ended_at.is_not(None), table.c.expires_at <= at)
    which = (table.c.prefix == prefix_of(code), table.c.mailbox_id == mailbox_id, table.c.purpose == Purpose.SLIP.value)
    row = connection.execute(select(table.c.digest).where(*which, over)).one_or_none()
    return row is not None and fits(code, mailbox_id, bytes(row.digest))


def end_codes(connection: Connection, mailbox_id: int, *, at: int, purpose: Purpose | None = None) -> int:
    """The mailbox's codes (of one purpose) work no longer, nor do the client and the sessions that a slip opened; how
    many codes there were."""
    which = [OneTimeCode.mailbox_id == mailbox_id, OneTimeCode.ended_at.is_(None), OneTimeCode.expires_at > at]
    if purpose is not None:
        which.append(OneTimeCode.purpose == purpose.value)
    ended = connection.execute(update(OneTimeCode).where(*which).values(ended_at=at))
    if purpose is not Purpose.RECOVERY:
        opened = (AppPassword.mailbox_id == mailbox_id, AppPassword.prefix.startswith(_CLIENT_PREFIX))
        live = (*opened, AppPassword.revoked_at.is_(None))
        if connection.execute(update(AppPassword).where(*live).values(revoked_at=at)).rowcount:
            end_older_sessions(connection, mailbox_id, at=at)
    return ended.rowcount


def open_client(connection: Connection, mailbox_id: int, code: CodeRow, digest: bytes, *, at: int, until: int) -> None:
    """The code lives on, until then, as the password of the mail client that took it."""
    connection.execute(update(OneTimeCode).where(OneTimeCode.id == code.id).values(used_at=at, expires_at=until))
    row = {"id": new_id(), "mailbox_id": mailbox_id, "device": SLIP_DEVICE, "prefix": _CLIENT_PREFIX + code.prefix}
    row |= {"digest": digest, "made_at": at, "expires_at": until, "last_used_at": at}
    connection.execute(insert(AppPassword).values(row))


def use_client(connection: Connection, mailbox_id: int, code: CodeRow, *, at: int) -> bool:
    """Whether the client that took the code may go on with it; notes that it did."""
    which = (
        AppPassword.mailbox_id == mailbox_id,
        AppPassword.prefix == _CLIENT_PREFIX + code.prefix,
        AppPassword.revoked_at.is_(None),
        AppPassword.expires_at > at,
    )
    return connection.execute(update(AppPassword).where(*which).values(last_used_at=at)).rowcount == 1


def forget_codes(connection: Connection, *, before: int, limit: int = 5_000) -> int:
    """Delete rows of codes that were of no use any more before that moment; how many went. What they did stays in
    the audit log."""
    old = select(OneTimeCode.id).where(OneTimeCode.expires_at < before).limit(limit)
    return connection.execute(delete(OneTimeCode).where(OneTimeCode.id.in_(old))).rowcount
