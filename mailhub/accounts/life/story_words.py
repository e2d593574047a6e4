"""A story in Vietnamese, as a help desk reads it out: where the account stands, and each step that led there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from mailhub.accounts.action_words import ACTION_WORDS
from mailhub.accounts.attempts import WORDS, Cause, folded, why_closed
from mailhub.accounts.life.access_words import (
    app_password_words,
    delegated_words,
    held_role_words,
    right_words,
    slip_words,
)
from mailhub.accounts.life.story import Change, LeaveLine, Story
from mailhub.accounts.models import ENDED_STATES, MailboxKind, MailboxState
from mailhub.accounts.throttle import CODES
from mailhub.clock import time_words

# wording.md § 1, account states.
STATES = {
    "requested": "Chờ duyệt",
    "approved": "Đã duyệt",
    "active": "Đang sử dụng",
    "suspended": "Tạm khóa",
    "retained": "Đã thu hồi (còn lưu)",
    "archived": "Đã lưu trữ",
    "erased": "Đã xóa",
}
REQUESTS = {
    "new": "cấp mới tài khoản",
    "move": "chuyển đơn vị",
    "end": "thu hồi tài khoản",
    "password": "cấp lại mật khẩu",
}
_SHUT = {
    Cause.SECOND_FACTOR_MISSING: "vai trò quản trị phải thiết lập xác thực hai lớp trước khi sử dụng",
    Cause.PASSWORD_EXPIRED: "mật khẩu quản trị đã hết hạn, phải đổi mật khẩu",
}
SERVICES = {
    "imap": "nhận thư (IMAP)",
    "submission": "gửi thư (SMTP)",
    "web": "thư web",
    "web-setup": "thư web (thiết lập bảo mật)",
    "console": "máy chủ",
}
_DECISIONS = {
    "approved": "đồng ý đề nghị",
    "refused": "không đồng ý đề nghị",
    "withdrawn": "rút đề nghị",
    "lapsed": "đề nghị hết hạn, không có ý kiến:",
}
_FIELDS = {"name": "họ tên", "title": "chức vụ", "rank": "nhóm chức vụ", "quota_mib": "dung lượng (MiB)"}
_FIELDS |= {"employment": "diện", "listing": "hiển thị trong danh bạ", "office": "bộ phận"}
_STEPS: dict[str, str] = {action.value: words for action, words in ACTION_WORDS.items()}
_STEPS |= {
    "mailbox.opened": "mở hộp thư để đọc (phụ trách, được ủy quyền hoặc theo quyết định)",
    "review.answer": "rà soát",
}


def moment(at: int) -> str:
    """A moment as people in Vietnam write it."""
    return time_words(at)


def day(text: str | date | None) -> str:
    """A day as people write it, from a date or from YYYY-MM-DD."""
    if not text:
        return "?"
    return f"{date.fromisoformat(text) if isinstance(text, str) else text:%d/%m/%Y}"


def who(actor: str) -> str:
    """An actor of the audit log in words."""
    name, _, behind = actor.partition(" (")
    if name.startswith("mailhub:"):
        return "hệ thống (tự động)"
    if name.startswith("console:"):
        return f"quản trị máy chủ ({name.removeprefix('console:')})"
    return f"{name} (trên máy chủ)" if behind else name


def standing(story: Story) -> Iterator[str]:
    """Where the account stands today, a line each."""
    mailbox = story.mailbox
    yield ", ".join(filter(None, (f"{mailbox.address}: {mailbox.name}", story.title, story.agency)))
    yield f"Trạng thái: {STATES[mailbox.state]}; {_login(story)}; {_mail(story)}"
    yield from _access(story)
    yield from map(_leave, story.leaves)
    yield from map(_acts_for, story.acts_for)
    yield from _end(story)
    yield from (f"Đang bị giữ nguyên trạng, không được xóa: {order}" for order in story.orders)


def step_words(change: Change) -> str:
    """What was done, in a few words."""
    made = _SPECIAL.get(change.action)
    return made(change) if made is not None else _STEPS.get(change.action, change.action)


def steps(story: Story) -> Iterator[str]:
    """Each change, the newest first: when, what, by whom, why, by which document."""
    for change in story.changes:
        if change.action == "request.make" and "request" not in change.facts:
            continue  # the mailbox that was entered with the request: the next row says the rest
        why = "; ".join(filter(None, (change.reason, change.because)))
        yield f"{moment(change.at)}  {step_words(change)}, {who(change.actor)}" + (f"  ({why})" if why else "")


def tries(story: Story) -> Iterator[str]:
    """Each try to log in, the newest first."""
    for one in folded(story.attempts):
        first = one.at if one.since is None else one.since
        told = f"{moment(first)}  {SERVICES.get(one.service, one.service)}  {one.ip}  {one.words()}"
        yield told if one.times == 1 else f"{told} ({one.times} lần, lần cuối {moment(one.at)})"


def sends(story: Story) -> bool:
    """Whether mail can be sent from it now: by its own login, or by who holds it where it has none."""
    mailbox, access = story.mailbox, story.access
    if not mailbox.sends or mailbox.kind is MailboxKind.ROLE:
        return mailbox.sends
    opens = access.devices or (access.password_set_at and not access.shut)
    return bool(mailbox.logs_in and opens)


def _login(story: Story) -> str:
    closed, access = why_closed(story.mailbox), story.access
    if closed is not None:
        return f"không đăng nhập được ({WORDS.get(closed, closed)})"
    if access.shut is not None:
        rest = " bằng mật khẩu" if access.devices else ""
        return f"chưa đăng nhập được{rest} ({_SHUT.get(access.shut, access.shut)})"
    return "đăng nhập được" if access.password_set_at or access.devices else "chưa đăng nhập được"


def _mail(story: Story) -> str:
    mailbox = story.mailbox
    told = "gửi được" if sends(story) else "không gửi được"
    if mailbox.takes_mail:
        return f"{told}, nhận thư"
    if mailbox.state in ENDED_STATES and story.unit:
        return f"{told}, không nhận thư; người gửi được hướng dẫn gửi đến {story.unit}"
    return f"{told}, không nhận thư"


def _access(story: Story) -> Iterator[str]:
    access = story.access
    if access.password_set_at is not None:
        told = f"Mật khẩu: đặt lúc {moment(access.password_set_at)}"
    else:
        told = "Mật khẩu: chưa đặt"
        if access.slip_until is None and story.mailbox.state is MailboxState.APPROVED:
            told += "; chưa có phiếu mật khẩu còn hiệu lực: cần cấp phiếu"
    if access.slip_until is not None:
        told += f"; phiếu mật khẩu còn hiệu lực đến {moment(access.slip_until)}"
    factor = "có" if access.second_factor else "không"
    yield f"{told}; mật khẩu ứng dụng: {access.devices}; xác thực hai lớp: {factor}"
    for lock in access.locks:
        where = "từ mọi nơi" if lock.network == "*" else f"từ mạng {lock.network}"
        if lock.network == CODES:
            yield f"Mã xác thực hai lớp không được xét đến {moment(lock.until)} do sai nhiều lần: có thể lộ mật khẩu"
            continue
        yield f"Đăng nhập {where} tạm đóng đến {moment(lock.until)} do sai mật khẩu nhiều lần"


def _leave(line: LeaveLine) -> str:
    leave = line.leave
    told = "Đang nghỉ" if leave.began_at is not None else "Sẽ nghỉ"
    told += f" từ {day(leave.from_on)} đến hết {day(leave.until_on)}"
    if leave.because:
        told += f" ({leave.because})"
    told += f"; người xử lý thay: {line.acting or 'chưa phân công'}"
    return told + ("; đăng nhập đóng trong thời gian nghỉ" if leave.closes_login else "; vẫn đăng nhập được")


def _acts_for(line: LeaveLine) -> str:
    leave = line.leave
    told = "Đang xử lý thay" if leave.began_at is not None else "Sẽ xử lý thay"
    return f"{told} {line.away} từ {day(leave.from_on)} đến hết {day(leave.until_on)}"


def _end(story: Story) -> Iterator[str]:
    mailbox = story.mailbox
    because = f", thực hiện {mailbox.ends_because}" if mailbox.ends_because else ""
    handover = f"; bàn giao cho {story.handover}" if story.handover else ""
    if mailbox.ends_on is not None and mailbox.state not in ENDED_STATES:
        yield f"Sẽ ngừng sử dụng từ 00 giờ ngày {day(mailbox.ends_on)}{because}{handover}"
    if mailbox.state not in ENDED_STATES:
        return
    ended = "" if mailbox.ended_at is None else f" lúc {moment(mailbox.ended_at)}"
    yield f"Đã thu hồi{ended}{because}{handover}"
    if mailbox.state is MailboxState.RETAINED and mailbox.retained_until is not None:
        yield f"Hộp thư được lưu giữ, có thể khôi phục đến hết {day(mailbox.retained_until)}"
    if mailbox.state is MailboxState.ARCHIVED and mailbox.archived_at is not None:
        yield f"Đã chuyển vào kho lưu trữ lúc {moment(mailbox.archived_at)}"


def _request(change: Change) -> str:
    kind = REQUESTS.get(str(change.facts.get("kind")), "")
    code = change.facts.get("request", "")
    decision = _DECISIONS.get(str(change.facts.get("decision")), "đề nghị")
    return f"{decision} {kind} {code}".replace("  ", " ").strip()


def _ending(change: Change) -> str:
    facts = change.facts
    if facts.get("state") in list(ENDED_STATES):
        kept = f", lưu đến {day(facts['retained_until'])}" if facts.get("retained_until") else ""
        return "thu hồi" + kept
    if facts.get("ends_on"):
        return f"thông báo ngừng sử dụng từ ngày {day(facts['ends_on'])}"
    return "hủy việc ngừng sử dụng đã thông báo"


def _absence(change: Change) -> str:
    facts = change.facts
    if change.of and facts.get("leave") == "over":
        return f"thôi xử lý thay {change.of}"
    if change.of and "from_on" in facts:
        return f"được giao xử lý thay {change.of} từ {day(facts['from_on'])} đến hết {day(facts['until_on'])}"
    if facts.get("leave") == "over":
        return "hết thời gian nghỉ, mở lại đăng nhập"
    if "from_on" not in facts:
        return "cập nhật thời gian nghỉ"
    began = "bắt đầu nghỉ" if facts.get("leave") == "begins" else "đăng ký nghỉ"
    acting = f", {facts['acting']} xử lý thay" if facts.get("acting") else ""
    return f"{began} từ {day(facts['from_on'])} đến hết {day(facts['until_on'])}{acting}"


def _moved(change: Change) -> str:
    told = f"chuyển từ {change.before.get('agency')} đến {change.facts.get('agency')}"
    if change.facts.get("former_address"):
        told += f", địa chỉ mới {change.facts.get('address')}"
    return told


def _changed(change: Change) -> str:
    before, after = change.before, change.facts
    changed = [word for key, word in _FIELDS.items() if key in after and after.get(key) != before.get(key)]
    return "thay đổi " + (", ".join(changed) or "thông tin")


def _held(change: Change) -> str:
    after: Any = change.facts.get("legal_hold")
    return f"giữ nguyên trạng theo {after}" if after else "thôi giữ nguyên trạng"


def _closed(change: Change) -> str:
    if change.facts.get("sending"):
        return "dừng gửi thư" if change.facts["sending"] == "stopped" else "cho gửi thư trở lại"
    return _STEPS[change.action]


def _alias(change: Change) -> str:
    added = change.facts.get("alias")
    return f"thêm địa chỉ phụ {added}" if added else f"bỏ địa chỉ phụ {change.before.get('alias')}"


_SPECIAL: dict[str, Callable[[Change], str]] = {
    "request.make": _request,
    "request.decide": _request,
    "account.end": _ending,
    "account.leave": _absence,
    "account.move": _moved,
    "account.change": _changed,
    "account.hold": _held,
    "account.suspend": _closed,
    "account.restore": _closed,
    "alias.add": _alias,
    "alias.remove": _alias,
    "role.hold": held_role_words,
    "delegation.change": delegated_words,
    "app-password.change": app_password_words,
    "right.grant": right_words,
    "right.revoke": right_words,
    "account.slip": slip_words,
    "account.recover": slip_words,
}
