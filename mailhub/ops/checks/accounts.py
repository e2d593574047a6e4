"""Do accounts have what keeps them safe: somebody in charge, keys, a witness; and does what is due get done?"""

from __future__ import annotations

from sqlalchemy import exists, func, select

from mailhub.accounts.control.models import AuditSeal
from mailhub.accounts.life.models import Closing, Letter
from mailhub.accounts.models import Grant, Mailbox, MailboxKind, MailboxState, RoleHolder
from mailhub.accounts.periods import in_force
from mailhub.accounts.rights import Role
from mailhub.clock import DAY, MINUTE, now_ms
from mailhub.ops.findings import Check, Ground, Verdict, broken, joined, look, ok
from mailhub.store.errors import StoreUnavailable
from mailhub.store.sealing import KEY_FILE, open_sealer

SHOWN = 5
_LATE_LETTER = 10 * MINUTE
_LATE_PROOF = MINUTE
_LATE_SEAL = 2 * DAY


def account_checks(_ground: Ground) -> list[Check]:
    """Who administers, offices without a holder, keys, the log's witness, what should have been done by now."""
    return [
        Check("accounts.administrators", "Người quản trị", check_administrators),
        Check("accounts.offices", "Hộp thư đơn vị (chức danh)", check_offices),
        Check("accounts.key", "Khóa của tài khoản", check_key),
        Check("accounts.witness", "Nơi giữ đầu nhật ký", check_witness),
        Check("accounts.due", "Việc đến hạn", check_due),
    ]


def check_administrators(ground: Ground) -> Verdict:
    """Somebody but the console administers the province, and not one person alone."""
    now = now_ms()
    query = (
        select(func.count(func.distinct(Grant.account_id)))
        .join(Mailbox, Mailbox.id == Grant.account_id)
        .where(Grant.role == Role.SYSTEM_ADMIN.value, in_force(Grant, now), Mailbox.state == MailboxState.ACTIVE)
    )
    try:
        with ground.database.read() as connection:
            count = connection.scalar(query) or 0
    except StoreUnavailable as error:
        return broken(str(error))
    if count == 0:
        return look("chưa giao cho ai quản trị, ngoài người có quyền trên máy chủ", "mailhub right grant ĐỊA-CHỈ …")
    if count == 1:
        return look("chỉ một người quản trị", "giao thêm một người: mailhub right grant ĐỊA-CHỈ system_admin")
    return ok(f"{count} người quản trị")


def check_offices(ground: Ground) -> Verdict:
    """Every office's mailbox has a holder: mail to it is read by somebody."""
    now = now_ms()
    held = exists().where(
        RoleHolder.mailbox_id == Mailbox.id,
        in_force(RoleHolder, now),
    )
    offices = (Mailbox.kind == MailboxKind.ROLE, Mailbox.state == MailboxState.ACTIVE)
    try:
        with ground.database.read() as connection:
            every = connection.scalar(select(func.count()).select_from(Mailbox).where(*offices))
            empty = connection.scalars(select(Mailbox.address).where(*offices, ~held).order_by(Mailbox.address)).all()
    except StoreUnavailable as error:
        return broken(str(error))
    if empty:
        more = f" và {len(empty) - SHOWN} hộp thư khác" if len(empty) > SHOWN else ""
        return look(
            f"chưa có người phụ trách: {', '.join(empty[:SHOWN])}{more}", "mailhub role hold HỘP-THƯ NGƯỜI-PHỤ-TRÁCH"
        )
    return ok(f"{every} hộp thư đều có người phụ trách")


def check_key(ground: Ground) -> Verdict:
    """The key that lies outside the database is there, and nobody else reads it."""
    path = ground.settings.keys_directory / KEY_FILE
    if not path.exists():
        return ok("chưa dùng đến")
    try:
        open_sealer(ground.settings.keys_directory)
    except StoreUnavailable as error:
        return broken(str(error), f"lấy {KEY_FILE} từ bản sao lưu: thiếu khóa này, xác thực hai lớp không dùng được")
    if path.stat().st_mode & 0o077:
        return broken(f"{path}: người khác đọc được", f"chmod 600 {path}")
    return ok("có, chỉ mailhub đọc được")


def check_witness(ground: Ground) -> Verdict:
    """The log's head is signed every day and lies with somebody else as well."""
    try:
        with ground.database.read() as connection:
            last = connection.scalar(select(func.max(AuditSeal.sealed_at)))
    except StoreUnavailable as error:
        return broken(str(error))
    days = None if last is None else (now_ms() - last) // DAY
    verdicts = [
        ok("chưa ký lần nào" if days is None else f"ký {days} ngày trước" if days else "vừa ký trong một ngày qua")
    ]
    if not ground.settings.audit.witnesses:
        verdicts.append(look("chưa gửi đầu nhật ký cho ai", "ghi địa chỉ một cơ quan khác vào [audit] witnesses"))
    if last is not None and now_ms() - last > _LATE_SEAL:
        verdicts.append(look("đầu nhật ký không được ký hằng ngày", "xem tiến trình worker-0 trong nhật ký máy"))
    return joined(verdicts)


def check_due(ground: Ground) -> Verdict:
    """Letters are sent, and closed accounts are proved closed."""
    now = now_ms()
    letters = select(func.count()).where(Letter.sent_at.is_(None), Letter.entered_at < now - _LATE_LETTER)
    closings = select(func.count()).where(Closing.done_at.is_(None), Closing.began_at < now - _LATE_PROOF)
    try:
        with ground.database.read() as connection:
            unsent, unproved = connection.scalar(letters) or 0, connection.scalar(closings) or 0
    except StoreUnavailable as error:
        return broken(str(error))
    verdicts = [ok("không có việc trễ")] if not unsent and not unproved else []
    if unsent:
        verdicts.append(look(f"{unsent} thư thông báo chưa gửi", "hub có đang chạy không? xem tiến trình worker-0"))
    if unproved:
        verdicts.append(broken(f"{unproved} tài khoản đã khóa nhưng chưa chứng minh được", "mailhub account proof …"))
    return joined(verdicts)
