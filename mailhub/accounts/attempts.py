"""What was tried with an account, for `account why`: the last 50 tries, told in words."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from mailhub.accounts.finding import MailboxRow
from mailhub.accounts.life.causes import LEAVE, causes_of
from mailhub.accounts.models import ENDED_STATES, MailboxState
from mailhub.accounts.records import LoginAttempt
from mailhub.accounts.throttle import network_of
from mailhub.clock import MINUTE, time_words
from mailhub.ids import new_id

KEPT = 50
# The same device from the same place again within this time is not written down again.
REPEAT = MINUTE


class Cause(StrEnum):
    """How a try to log in ended."""

    SUCCESS = "success"
    WRONG_PASSWORD = "wrong-password"  # noqa: S105
    NO_PASSWORD = "no-password"  # noqa: S105
    SUSPENDED = "suspended"
    ENDED = "ended"
    LOGIN_CLOSED = "login-closed"
    NOT_YET = "not-yet"
    IDLE = "idle"
    AWAY = "away"
    NOT_SHARED = "not-shared"
    APP_REVOKED = "app-password-revoked"
    APP_EXPIRED = "app-password-expired"
    APP_NOT_HERE = "app-password-not-here"
    SECOND_FACTOR = "second-factor"
    SECOND_FACTOR_MISSING = "second-factor-missing"
    WRONG_CODE = "wrong-code"
    PASSWORD_EXPIRED = "password-expired"  # noqa: S105
    SLIP_OVER = "slip-over"
    BLOCKED = "blocked"  # not looked at, since the account is locked there


class Hint(StrEnum):
    """What was odd about a wrong password."""

    VIETNAMESE = "vietnamese"
    BLANKS = "blanks"
    CAPITALS = "capitals"
    EMPTY = "empty"
    FORMER = "former"
    LOCKED = "locked"
    LOCKED_EVERYWHERE = "locked-all"
    CODE = "code"
    APP_PASSWORD = "app-password"  # noqa: S105


# Marks with a number behind them: how often the same was tried, since when, and until when nothing is looked at (ms).
_TIMES, _SINCE, _UNTIL = "times:", "since:", "until:"


WORDS: dict[str, str] = {
    Cause.SUCCESS: "đăng nhập thành công",
    Cause.WRONG_PASSWORD: "sai mật khẩu",
    Cause.NO_PASSWORD: "tài khoản chưa được đặt mật khẩu",
    Cause.SUSPENDED: "tài khoản đang tạm khóa",
    Cause.ENDED: "tài khoản đã thu hồi",
    Cause.LOGIN_CLOSED: "tài khoản không được phép đăng nhập",
    Cause.NOT_YET: "tài khoản chưa kích hoạt",
    Cause.IDLE: "đăng nhập đã đóng do lâu không sử dụng",
    Cause.AWAY: "đăng nhập đã đóng trong thời gian nghỉ",
    Cause.NOT_SHARED: "mật khẩu đúng, nhưng không phụ trách và không được ủy quyền hộp thư này",
    Cause.APP_REVOKED: "mật khẩu ứng dụng đã bị thu hồi",
    Cause.APP_EXPIRED: "mật khẩu ứng dụng đã hết hạn",
    Cause.APP_NOT_HERE: "mật khẩu ứng dụng chỉ dùng cho ứng dụng thư",
    Cause.SECOND_FACTOR: "đúng mật khẩu; đã bật xác thực hai lớp: ứng dụng thư cần mật khẩu ứng dụng",
    Cause.SECOND_FACTOR_MISSING: "đúng mật khẩu; vai trò quản trị phải thiết lập xác thực hai lớp trước khi sử dụng",
    Cause.WRONG_CODE: "đúng mật khẩu; sai mã xác thực hai lớp",
    Cause.PASSWORD_EXPIRED: "đúng mật khẩu; mật khẩu quản trị đã hết hạn, phải đổi mật khẩu",
    Cause.SLIP_OVER: "mã trên phiếu đã dùng hoặc hết hạn",
    Cause.BLOCKED: "đang bị khóa đăng nhập: không xét",
    Hint.VIETNAMESE: "có ký tự tiếng Việt: có thể đang bật bộ gõ",
    Hint.BLANKS: "có dấu cách ở đầu hoặc cuối: có thể do sao chép",
    Hint.CAPITALS: "toàn chữ hoa: có thể đang bật Caps Lock",
    Hint.EMPTY: "mật khẩu để trống",
    Hint.FORMER: "là mật khẩu cũ: thiết bị chưa được đổi sang mật khẩu mới",
    Hint.LOCKED: "đăng nhập từ mạng này bị tạm khóa",
    Hint.LOCKED_EVERYWHERE: "đăng nhập bị tạm khóa ở mọi nơi",
    Hint.CODE: "có dạng mã trên phiếu: gõ nhầm, hoặc là mã của tài khoản khác",
    Hint.APP_PASSWORD: "có dạng mật khẩu ứng dụng: gõ nhầm, hoặc là của tài khoản khác",
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try: when (ms), through which door, from where, how it ended, and what was odd."""

    at: int
    service: str
    ip: str
    cause: str
    hints: tuple[str, ...]
    about: str = ""  # the mailbox that was to be opened, when it is not the own one
    device: str = ""  # when an app password told
    times: int = 1  # how often the same was tried on end; `at` is the last time
    since: int | None = None  # the first time (ms), when there were several
    until: int | None = None  # until when (ms) nothing is looked at

    def words(self) -> str:
        """How it ended, for the help desk."""
        told = [WORDS.get(self.cause, self.cause), *(WORDS.get(hint, hint) for hint in self.hints)]
        if self.until is not None:
            told[0] = f"đang bị khóa đăng nhập đến {time_words(self.until)}: không xét"
        if self.about:
            told.append(f"hộp thư {self.about}")
        if self.device:
            told.append(f"thiết bị: {self.device}")
        return "; ".join(told)


def folded(attempts: Sequence[Attempt]) -> list[Attempt]:
    """Equal tries on end, as they were kept (the newest first), told as one."""
    told: list[Attempt] = []
    for one in attempts:
        newer = told[-1] if told else None
        if newer is not None and one.cause != Cause.SUCCESS and _alike(newer) == _alike(one):
            since = one.at if one.since is None else one.since
            told[-1] = replace(newer, times=newer.times + one.times, since=since)
        else:
            told.append(one)
    return told


def _alike(one: Attempt) -> tuple[object, ...]:
    return one.service, one.ip, one.cause, one.hints, one.about, one.device, one.until


def why_closed(mailbox: MailboxRow) -> Cause | None:
    """Which state keeps the account from logging in; None when none does."""
    if mailbox.state in ENDED_STATES:
        return Cause.ENDED
    if mailbox.state is MailboxState.SUSPENDED:
        return Cause.SUSPENDED
    if mailbox.state in (MailboxState.REQUESTED, MailboxState.APPROVED):
        return Cause.NOT_YET
    if mailbox.login_closed:
        return Cause.AWAY if LEAVE in causes_of(mailbox.login_closed) else Cause.IDLE
    return None if mailbox.may_login else Cause.LOGIN_CLOSED


def hints_of(secret: str) -> tuple[Hint, ...]:
    """What may explain a wrong password without telling it."""
    if not secret:
        return (Hint.EMPTY,)
    letters = [c for c in unicodedata.normalize("NFC", secret) if c.isalpha()]
    odd = (
        (Hint.VIETNAMESE, any(not c.isascii() for c in letters)),
        (Hint.BLANKS, secret != secret.strip()),
        (Hint.CAPITALS, len(letters) > 2 and all(c.isupper() for c in letters)),
    )
    return tuple(hint for hint, present in odd if present)


def note(
    connection: Connection,
    mailbox_id: int,
    *,
    service: str,
    ip: str,
    cause: Cause,
    hints: tuple[Hint, ...] = (),
    at: int,
    about: str = "",
    device: str = "",
    again: bool = False,
) -> None:
    """Write a try down in the caller's transaction and let go of what is older than the last 50.

    `about` is the mailbox that was to be opened, when it is not the own one. `again`: a secret that has failed from
    there before; on end with its like it is counted in that row.
    """
    row = {"mailbox_id": mailbox_id, "service": service[:32], "ip": ip[:64], "cause": cause, "at": at}
    row |= {"hints": ",".join(hints), "about": about[:320], "device": device[:100]}
    if again and _counted_in_last(connection, mailbox_id, row):
        return
    _enter(connection, row)


def _enter(connection: Connection, row: Mapping[str, Any]) -> None:
    connection.execute(insert(LoginAttempt).values(id=new_id(), **row))
    mailbox_id = row["mailbox_id"]
    mine = LoginAttempt.mailbox_id == mailbox_id
    oldest = select(LoginAttempt.id).where(mine).order_by(LoginAttempt.id.desc()).offset(KEPT).limit(1)
    last_to_go = connection.execute(oldest).scalar_one_or_none()
    if last_to_go is not None:
        connection.execute(delete(LoginAttempt).where(mine, LoginAttempt.id <= last_to_go))


def _counted_in_last(connection: Connection, mailbox_id: int, row: Mapping[str, object]) -> bool:
    """Whether the account's last row is of the same try; it then tells of one more."""
    query = select(LoginAttempt.__table__).where(LoginAttempt.mailbox_id == mailbox_id)
    last = connection.execute(query.order_by(LoginAttempt.id.desc()).limit(1)).mappings().one_or_none()
    if last is None:
        return False
    kept = _attempt(last)
    same = all(last[key] == row[key] for key in ("service", "ip", "cause", "about", "device"))
    if not same or ",".join(kept.hints) != row["hints"]:
        return False
    since = kept.at if kept.since is None else kept.since
    hints = ",".join((*kept.hints, f"{_TIMES}{kept.times + 1}", f"{_SINCE}{since}"))
    connection.execute(update(LoginAttempt).where(LoginAttempt.id == last["id"]).values(at=row["at"], hints=hints))
    return True


def blocked_noted(connection: Connection, mailbox_id: int, *, service: str, ip: str, at: int) -> bool:
    """Whether a try that was not looked at, there, was written down within the last minute."""
    which = (LoginAttempt.mailbox_id == mailbox_id, LoginAttempt.cause == Cause.BLOCKED)
    where = (LoginAttempt.service == service[:32], LoginAttempt.ip == ip[:64], LoginAttempt.at > at - REPEAT)
    return connection.execute(select(LoginAttempt.id).where(*which, *where).limit(1)).one_or_none() is not None


def note_blocked(connection: Connection, mailbox_id: int, *, service: str, ip: str, until: int, at: int) -> None:
    """Write down that a try was not looked at, since the account is locked there until then (ms): one row a lock and
    place, as far as nothing else was tried in between."""
    row = {"mailbox_id": mailbox_id, "service": service[:32], "ip": ip[:64], "cause": Cause.BLOCKED, "at": at}
    last = next(iter(last_attempts(connection, mailbox_id, limit=1)), None)
    if last is not None and (last.cause, last.service, last.ip, last.until) == (Cause.BLOCKED, service, ip, until):
        newest = select(func.max(LoginAttempt.id)).where(LoginAttempt.mailbox_id == mailbox_id).scalar_subquery()
        connection.execute(update(LoginAttempt).where(LoginAttempt.id == newest).values(at=at))
        return
    _enter(connection, row | {"hints": f"{_UNTIL}{until}"})


def noted_lately(connection: Connection, mailbox_id: int, *, service: str, ip: str, device: str = "", at: int) -> bool:
    """Whether a success through this door from this address was written down within the last minute."""
    query = select(LoginAttempt.id).where(
        LoginAttempt.mailbox_id == mailbox_id,
        LoginAttempt.cause == Cause.SUCCESS,
        LoginAttempt.service == service[:32],
        LoginAttempt.ip == ip[:64],
        LoginAttempt.device == device[:100],
        LoginAttempt.at > at - REPEAT,
    )
    return connection.execute(query.limit(1)).one_or_none() is not None


def networks_entered(connection: Connection, mailbox_id: int) -> frozenset[str]:
    """The networks from which the account was entered, as far as its last tries tell."""
    which = (LoginAttempt.mailbox_id == mailbox_id, LoginAttempt.cause == Cause.SUCCESS)
    return frozenset(network_of(ip) for ip in connection.execute(select(LoginAttempt.ip).where(*which)).scalars())


def last_success(connection: Connection, mailbox_id: int) -> int | None:
    """When the account was last entered (ms), as far as its last tries tell."""
    which = (LoginAttempt.mailbox_id == mailbox_id, LoginAttempt.cause == Cause.SUCCESS)
    return connection.execute(select(func.max(LoginAttempt.at)).where(*which)).scalar_one_or_none()


def last_attempts(connection: Connection, mailbox_id: int, *, limit: int = KEPT) -> Sequence[Attempt]:
    """The last tries, the newest first."""
    query = select(LoginAttempt.__table__).where(LoginAttempt.mailbox_id == mailbox_id)
    rows = connection.execute(query.order_by(LoginAttempt.id.desc()).limit(limit)).mappings()
    return [_attempt(row) for row in rows]


def _attempt(row: RowMapping) -> Attempt:
    marks = [mark for mark in row["hints"].split(",") if mark]
    numbers = {key: _number(marks, key) for key in (_TIMES, _SINCE, _UNTIL)}
    return Attempt(
        row["at"],
        row["service"],
        row["ip"],
        row["cause"],
        tuple(mark for mark in marks if ":" not in mark),
        row["about"],
        row["device"],
        times=numbers[_TIMES] or 1,
        since=numbers[_SINCE],
        until=numbers[_UNTIL],
    )


def _number(marks: Sequence[str], key: str) -> int | None:
    return next((int(mark.removeprefix(key)) for mark in marks if mark.startswith(key)), None)
