"""How accounts look on the command line: as JSON for scripts, in words for the help desk."""

from __future__ import annotations

from collections.abc import Iterator

from mailhub.accounts.reading import AccountLine, AccountReport, Story
from mailhub.clock import iso_time, local_time

STATES = {
    "requested": "Chờ duyệt",
    "approved": "Đã duyệt",
    "active": "Đang sử dụng",
    "suspended": "Tạm khóa",
    "retained": "Đã thu hồi (còn lưu)",
    "archived": "Đã lưu trữ",
    "erased": "Đã xóa",
}


def line_json(line: AccountLine) -> dict[str, object]:
    """A line of `account list --json`."""
    return {
        "id": str(line.id),
        "address": line.address,
        "name": line.name,
        "kind": line.kind,
        "agency": line.agency,
        "state": line.state,
    }


def report_json(report: AccountReport) -> dict[str, object]:
    """What `account show` shows; numbers as text, since JSON readers round them."""
    mailbox = report.mailbox
    return {
        "id": str(mailbox.id),
        "address": mailbox.address,
        "name": mailbox.name,
        "kind": mailbox.kind,
        "agency": report.agency,
        "state": mailbox.state,
        "login": mailbox.logs_in,
        "sending": mailbox.sends,
        "receives": mailbox.takes_mail,
        "aliases": list(report.aliases),
        "groups": list(report.groups),
        "holds": list(report.holds),
        "held_by": list(report.held_by),
        "home": mailbox.home,
        "quota_mib": mailbox.quota_mib,
        "password_set": None if report.password_set_at is None else iso_time(report.password_set_at),
        "created": iso_time(mailbox.created_at),
        "ended": None if mailbox.ended_at is None else iso_time(mailbox.ended_at),
    }


def story_json(story: Story) -> dict[str, object]:
    """What `account why --json` prints."""
    mailbox = story.mailbox
    return {
        "address": mailbox.address,
        "state": mailbox.state,
        "login": mailbox.logs_in,
        "sending": mailbox.sends,
        "receives": mailbox.takes_mail,
        "password_set": None if story.password_set_at is None else iso_time(story.password_set_at),
        "changes": [
            {"time": iso_time(change.at), "action": change.action, "actor": change.actor, "reason": change.reason}
            for change in story.changes
        ],
        "attempts": [
            {
                "time": iso_time(attempt.at),
                "service": attempt.service,
                "ip": attempt.ip,
                "cause": attempt.cause,
                "hints": list(attempt.hints),
                "words": attempt.words(),
            }
            for attempt in story.attempts
        ],
    }


def plain(value: object) -> str:
    """A value for people."""
    words = {None: "-", True: "có", False: "không"}
    return words[value] if value is None or isinstance(value, bool) else STATES.get(str(value), str(value))


def moment(at: int) -> str:
    """A moment as people in Vietnam write it."""
    return local_time(at).strftime("%H:%M:%S %d/%m/%Y")


def story_text(story: Story) -> Iterator[str]:
    """What `account why` prints: the state, the last changes, the last tries."""
    mailbox = story.mailbox
    login = "đăng nhập được" if mailbox.logs_in else "không đăng nhập được"
    receives = "nhận thư" if mailbox.takes_mail else "không nhận thư"
    yield f"{mailbox.address}: {STATES[mailbox.state]}, {login}, {receives}"
    since = "chưa đặt" if story.password_set_at is None else f"đặt lúc {moment(story.password_set_at)}"
    yield f"Mật khẩu: {since}"
    for change in story.changes:
        reason = f"  ({change.reason})" if change.reason else ""
        yield f"{moment(change.at)}  {change.action}  {change.actor}{reason}"
    for attempt in story.attempts:
        yield f"{moment(attempt.at)}  {attempt.service}  {attempt.ip}  {attempt.words()}"
