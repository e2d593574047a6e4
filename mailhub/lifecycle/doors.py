"""The doors whose state is computed from the account's own: each is read again through the function that it uses.

Nothing is taken away here, so that restoring gives back what was, and no more: a closed account's passwords, roles
and delegations stay as rows and count for nothing. Only its waiting mail is moved, into a hold of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select

from mailhub.accounts.control.grants import actor_of, roles_of
from mailhub.accounts.directory import AccountView
from mailhub.accounts.finding import MailboxRow, load_mailbox
from mailhub.accounts.life.closings import QUEUED_MAIL, RESTORE
from mailhub.accounts.life.models import DoorState
from mailhub.accounts.login.models import AppPassword, OneTimeCode
from mailhub.accounts.models import Delegation, MailboxState, RoleHolder
from mailhub.accounts.periods import in_force
from mailhub.accounts.rights import Role
from mailhub.accounts.sharing.access import opens
from mailhub.accounts.sharing.officers import offices_in_force, offices_kept
from mailhub.accounts.web import doors
from mailhub.accounts.web.doors import WebDoorSettings
from mailhub.clock import local_time
from mailhub.lifecycle.scene import Finding, Turn, absent, closed, waiting
from mailhub.queue.closing import UnderWay, hold_mail_of, release_mail_of, standing_of

STATES = {
    MailboxState.REQUESTED: "chờ duyệt",
    MailboxState.APPROVED: "đã duyệt",
    MailboxState.ACTIVE: "đang dùng",
    MailboxState.SUSPENDED: "tạm khóa",
    MailboxState.RETAINED: "đã thu hồi",
    MailboxState.ARCHIVED: "đã lưu trữ",
    MailboxState.ERASED: "đã xóa",
}
_MOST_NAMED = 3
_REDIRECT = re.compile(r'\bredirect\b[^";]*"([^"]{1,320})"', re.IGNORECASE)
_COMMENT = re.compile(r"#[^\n]*|/\*.*?\*/", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Look:
    """One account as it is at this moment. `view` is what the doors of mail see, None: nobody of that name."""

    turn: Turn
    mailbox: MailboxRow
    view: AccountView | None
    script: str
    at: int
    settings: WebDoorSettings


def login(connection: Connection, look: Look) -> Finding:
    """Passwords, and codes of slips: `authenticate` and `codes` ask the same row."""
    if look.mailbox.logs_in or (look.view is not None and look.view.may_login):
        return waiting("Tài khoản vẫn còn đăng nhập được")
    unused = (OneTimeCode.used_at.is_(None), OneTimeCode.ended_at.is_(None), OneTimeCode.expires_at > look.at)
    codes = _count(connection, OneTimeCode.mailbox_id == look.mailbox.id, *unused)
    also = f"; {codes} mã dùng một lần chưa dùng cũng vậy" if codes else ""
    return closed(f"Đọc lại tài khoản: {STATES[look.mailbox.state]}, mọi lần đăng nhập đều bị từ chối{also}")


def app_passwords(connection: Connection, look: Look) -> Finding:
    """They go through the same question as the password."""
    live = or_(AppPassword.expires_at.is_(None), AppPassword.expires_at > look.at)
    found = _count(connection, AppPassword.mailbox_id == look.mailbox.id, AppPassword.revoked_at.is_(None), live)
    if not found:
        return absent("Không có mật khẩu ứng dụng nào")
    if look.mailbox.logs_in:
        return waiting(f"{found} mật khẩu ứng dụng còn dùng được")
    return closed(f"{found} mật khẩu ứng dụng bị từ chối: tài khoản {STATES[look.mailbox.state]}")


def web_sessions(connection: Connection, look: Look) -> Finding:
    """Each request, and each transaction that writes, asks for its session anew."""
    since = look.turn.began_at
    found = doors.web_sessions(connection, look.mailbox.id, settings=look.settings, since=since, at=look.at)
    if not found.there:
        return absent("Không có phiên đăng nhập nào trên trang web")
    if found.opening:
        return waiting(f"{found.opening} phiên trên trang web còn dùng được")
    return closed(f"Hỏi lại từng phiên: {found.there} phiên trên trang web đã kết thúc, yêu cầu kế tiếp bị từ chối")


def api_tokens(connection: Connection, look: Look) -> Finding:
    """Programs: the same, for their tokens."""
    found = doors.api_tokens(connection, look.mailbox.id, settings=look.settings, at=look.at)
    if not found.there:
        return absent("Không có mã truy cập nào của chương trình")
    if found.opening:
        return waiting(f"{found.opening} mã truy cập của chương trình còn dùng được")
    return closed(f"Hỏi lại từng mã: {found.there} mã truy cập của chương trình bị từ chối ngay ở yêu cầu kế tiếp")


def passkeys(connection: Connection, look: Look) -> Finding:
    """They come second, after the password."""
    found = doors.passkeys(connection, look.mailbox.id)
    if not found.there:
        return absent("Không có khóa đăng nhập (passkey) nào")
    if found.opening:
        return waiting(f"{found.opening} khóa đăng nhập (passkey) còn dùng được")
    return closed(f"{found.there} khóa đăng nhập (passkey) bị từ chối: tài khoản {STATES[look.mailbox.state]}")


def sieve_redirects(_: Connection, look: Look) -> Finding:
    """The inject door asks the directory whether the script's owner may send."""
    targets = redirect_targets(look.script)
    if not look.script.strip():
        return absent("Hộp thư không có bộ lọc Sieve đang bật")
    if look.view is not None and look.view.may_send:
        return waiting("Cửa nội bộ vẫn còn nhận thư của bộ lọc Sieve")
    told = f"bộ lọc chuyển tiếp tới {', '.join(targets[:_MOST_NAMED])}" if targets else "bộ lọc không chuyển tiếp"
    return closed(f"Cửa nội bộ từ chối mọi thư do bộ lọc của hộp thư này gửi, thư đến ở lại hộp thư; {told}")


def delegations(connection: Connection, look: Look) -> Finding:
    """Those given and those received. Who reads the closed mailbox by order goes on, and a proof says nothing of it."""
    given = (Delegation.mailbox_id == look.mailbox.id) & Delegation.by_order.is_(False)
    mine = or_(given, Delegation.delegate_id == look.mailbox.id)
    query = select(Delegation.delegate_id, Delegation.mailbox_id).where(mine, in_force(Delegation, look.at))
    return _sharing(connection, look, query, "ủy quyền hộp thư")


def role_holdings(connection: Connection, look: Look) -> Finding:
    """Offices that the person holds, or who holds this office."""
    mine = or_(RoleHolder.holder_id == look.mailbox.id, RoleHolder.mailbox_id == look.mailbox.id)
    query = select(RoleHolder.holder_id, RoleHolder.mailbox_id).where(mine, in_force(RoleHolder, look.at))
    return _sharing(connection, look, query, "vai trò giữ hộp thư chức danh")


def group_ownership(connection: Connection, look: Look) -> Finding:
    """Owners and officers act by logging in or by sending."""
    kept = offices_kept(connection, look.mailbox.id)
    if not kept:
        return absent("Không làm chủ, kiểm duyệt hay được gửi riêng vào nhóm nào")
    if offices_in_force(connection, look.mailbox.id) or look.mailbox.logs_in:
        return waiting(f"Tài khoản vẫn còn quyền trong {kept} nhóm")
    return closed(f"Hỏi lại từng nhóm: quyền trong {kept} nhóm (chủ nhóm, kiểm duyệt, được gửi) không còn hiệu lực")


def admin_rights(connection: Connection, look: Look) -> Finding:
    """What `actor_of` gives is all that any service asks."""
    given = roles_of(connection, look.mailbox.id, at=look.at)
    if not given:
        return absent("Không có quyền quản trị nào")
    left = [held for held in actor_of(connection, look.mailbox, at=look.at).holds if held.role is not Role.OFFICIAL]
    if left:
        return waiting(f"Còn {len(left)} quyền quản trị")
    return closed(f"{len(given)} quyền quản trị không còn hiệu lực: tài khoản hành động không có vai trò nào")


def queued_mail(connection: Connection, look: Look) -> Finding:
    """What waits is held; what others hold cannot be let go (queue/closing.py looks at each release and claim)."""
    if look.turn.act == RESTORE:
        return _let_go(connection, look)
    hold_mail_of(connection, look.mailbox.id, now=look.at)
    standing = standing_of(connection, look.mailbox.id)
    if standing.waiting:
        return waiting(f"Còn {standing.waiting} lượt gửi trong hàng đợi")
    parts = []
    if standing.held:
        parts.append(f"đã giữ lại {standing.held} lượt gửi")
    if standing.kept:
        parts.append(f"{standing.kept} lượt đang chờ việc khác cũng không thả ra được")
    if standing.under_way:
        parts.append(_under_way(standing.under_way))
    if not parts:
        return absent("Hàng đợi không có thư nào của tài khoản")
    return closed("Đọc lại hàng đợi: " + "; ".join(parts))


def _let_go(connection: Connection, look: Look) -> Finding:
    released = release_mail_of(connection, look.mailbox.id, now=look.at) if look.mailbox.sends else 0
    return Finding(DoorState.REOPENED, f"Đã trả lại hàng đợi {released} lượt gửi bị giữ khi khóa")


def _under_way(found: tuple[UnderWay, ...]) -> str:
    named = ", ".join(f"{one.code} → {one.recipient}" for one in found[:_MOST_NAMED])
    more = f" và {len(found) - _MOST_NAMED} lượt khác" if len(found) > _MOST_NAMED else ""
    until = local_time(max(one.lease_until for one in found)).strftime("%H:%M:%S")
    return f"{len(found)} lượt đã bắt đầu gửi trước đó ({named}{more}), không gửi lần nữa sau {until}"


def _sharing(connection: Connection, look: Look, query: Select[int, int], what: str) -> Finding:
    pairs = [(row[0], row[1]) for row in connection.execute(query)]
    if not pairs:
        return absent(f"Không có {what} nào")
    left = [pair for pair in pairs if opens(connection, pair[0], pair[1], look.at) is not None]
    if left:
        return waiting(f"Còn {len(left)} {what} mở được")
    return closed(f"Hỏi lại từng quyền: {len(pairs)} {what} không mở được nữa")


def redirect_targets(script: str) -> list[str]:
    """Where a Sieve script (RFC 5228 § 4.2) sends mail on to, as far as it says so literally."""
    return list(dict.fromkeys(_REDIRECT.findall(_COMMENT.sub(" ", script))))


def _count(connection: Connection, *fits: ColumnElement[bool]) -> int:
    return connection.scalar(select(func.count()).where(*fits)) or 0


def look_at(
    connection: Connection, turn: Turn, view: AccountView | None, script: str, at: int, *, settings: WebDoorSettings
) -> Look:
    """The account of a turn as its row says now."""
    mailbox = load_mailbox(connection, turn.account_id)
    assert mailbox is not None  # the closing's foreign key
    return Look(turn, mailbox, view, script, at, settings)


COMPUTED: dict[str, Callable[[Connection, Look], Finding]] = {
    "login": login,
    "app-passwords": app_passwords,
    "web-sessions": web_sessions,
    "api-tokens": api_tokens,
    "passkeys": passkeys,
    "sieve-redirects": sieve_redirects,
    QUEUED_MAIL: queued_mail,
    "delegations": delegations,
    "role-holdings": role_holdings,
    "group-ownership": group_ownership,
    "admin-rights": admin_rights,
}
