"""How accounts look on the command line: as JSON for scripts, in words for the help desk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mailhub.accounts.control.role_words import ROLE_WORDS
from mailhub.accounts.life.leave import LeaveRow
from mailhub.accounts.life.story_words import STATES, day, sends, standing, step_words, steps, tries
from mailhub.accounts.reading import AccountLine, AccountReport, Story
from mailhub.cli.delegation import RIGHT_WORDS
from mailhub.cli.person import RANKS
from mailhub.clock import iso_time, time_words

__all__ = ["STATES", "line_json", "line_text", "report_json", "report_text", "story_json", "story_text"]

_KINDS = {
    "personal": "hộp thư công vụ của cá nhân",
    "role": "hộp thư đơn vị (chức danh)",
    "service": "hộp thư của phần mềm, thiết bị",
    "system": "hộp thư của hệ thống",
}
_RIGHTS: dict[str, str] = {right.value: words for right, words in RIGHT_WORDS.items()}
_CLOSED = {"idle": "đóng do lâu không sử dụng", "leave": "đang nghỉ"}
_LABELS = {
    "address": "Địa chỉ",
    "name": "Họ tên",
    "title": "Chức vụ",
    "rank": "Nhóm chức vụ",
    "agency_name": "Đơn vị",
    "kind": "Loại",
    "state": "Trạng thái",
    "login": "Đăng nhập",
    "sending": "Gửi thư",
    "receives": "Nhận thư",
    "aliases": "Địa chỉ phụ",
    "groups": "Nhóm",
    "holds": "Phụ trách",
    "held_by": "Người phụ trách",
    "delegates": "Ủy quyền cho",
    "delegated": "Được ủy quyền",
    "rights": "Quyền quản trị",
    "leaves": "Nghỉ",
    "password_set": "Mật khẩu đặt lúc",
    "app_passwords": "Mật khẩu ứng dụng",
    "second_factor": "Xác thực hai lớp",
    "last_login": "Đăng nhập gần nhất",
    "home": "Nơi lưu",
    "quota_mib": "Dung lượng (MiB)",
    "created": "Cấp lúc",
    "ends_on": "Ngừng từ ngày",
    "ends_because": "Theo văn bản",
    "handover": "Bàn giao cho",
    "ended": "Thu hồi lúc",
    "retained_until": "Lưu đến hết",
    "legal_hold": "Giữ nguyên trạng",
    "revision": "Lần sửa",
}


def line_json(line: AccountLine) -> dict[str, object]:
    """A line of `account list --json`."""
    return {
        "id": str(line.id),
        "address": line.address,
        "name": line.name,
        "title": line.title,
        "kind": line.kind,
        "agency": line.agency,
        "state": line.state,
        "login_closed": line.login_closed,
        "ends_on": line.ends_on,
        "last_login": _time(line.last_login_at),
    }


def line_text(line: AccountLine) -> str:
    """A line of `account list`."""
    notes = [_CLOSED.get(cause, cause) for cause in line.login_closed.split(",") if cause]
    if line.ends_on is not None and line.state in ("approved", "active", "suspended"):
        notes.append(f"ngừng từ {day(line.ends_on)}")
    told = f"  ({'; '.join(notes)})" if notes else ""
    return f"{line.address:<40} {STATES[line.state]:<22} {line.agency:<16} {line.name}{told}"


def report_json(report: AccountReport) -> dict[str, object]:
    """What `account show` shows; numbers as text, since JSON readers round them."""
    mailbox = report.mailbox
    return {
        "id": str(mailbox.id),
        "address": mailbox.address,
        "name": mailbox.name,
        "title": report.title,
        "rank": report.rank,
        "employment": report.employment,
        "kind": mailbox.kind,
        "agency": report.agency,
        "agency_name": report.agency_name,
        "state": mailbox.state,
        "revision": mailbox.revision,
        "login": mailbox.logs_in,
        "login_closed": mailbox.login_closed,
        "sending": mailbox.sends,
        "receives": mailbox.takes_mail,
        "listing": mailbox.listing,
        "aliases": list(report.aliases),
        "groups": list(report.groups),
        "holds": list(report.holds),
        "held_by": list(report.held_by),
        "delegates": list(report.delegates),
        "delegated": list(report.delegated),
        "rights": list(report.rights),
        "leaves": [_leave(leave) for leave in report.leaves],
        "home": mailbox.home,
        "quota_mib": mailbox.quota_mib,
        "password_set": _time(report.password_set_at),
        "app_passwords": report.access.devices,
        "second_factor": report.access.second_factor,
        "last_login": _time(report.last_login_at),
        "created": iso_time(mailbox.created_at),
        "ends_on": None if mailbox.ends_on is None else mailbox.ends_on.isoformat(),
        "ends_because": mailbox.ends_because,
        "handover": report.handover,
        "ended": _time(mailbox.ended_at),
        "retained_until": None if mailbox.retained_until is None else mailbox.retained_until.isoformat(),
        **({"legal_hold": mailbox.legal_hold} if report.shows_hold else {}),
    }


def report_text(report: AccountReport) -> Iterator[str]:
    """What `account show` prints: what there is to say, a line each."""
    shown = report_json(report) | _in_words(report)
    for key, label in _LABELS.items():
        value = shown.get(key)
        if value is None or value in ("", []):
            continue
        yield f"{label:<20} {_plain(value)}"


def _in_words(report: AccountReport) -> dict[str, object]:
    """What scripts read as a code or an ISO time, as people read it."""
    mailbox = report.mailbox
    times = {"password_set": report.password_set_at, "last_login": report.last_login_at}
    times |= {"created": mailbox.created_at, "ended": mailbox.ended_at}
    days = {"ends_on": mailbox.ends_on, "retained_until": mailbox.retained_until}
    return {
        "agency_name": f"{report.agency_name} ({report.agency})",
        "kind": _KINDS.get(mailbox.kind, mailbox.kind),
        "rank": RANKS.get(report.rank, report.rank),
        "rights": [_coded(one, ROLE_WORDS) for one in report.rights],
        "delegates": [_delegated(one) for one in report.delegates],
        "delegated": [_delegated(one) for one in report.delegated],
        "leaves": [f"{day(one.from_on)} – {day(one.until_on)}" for one in report.leaves],
        "home": "máy chủ này" if mailbox.home == "here" else mailbox.home,
        **{key: None if at is None else time_words(at) for key, at in times.items()},
        **{key: None if one is None else day(one) for key, one in days.items()},
    }


def _coded(text: str, words: Mapping[str, str]) -> str:
    """`clerk (snv)`: its first word as people read it."""
    code, blank, rest = text.partition(" ")
    return f"{words.get(code, code)}{blank}{rest}"


def _delegated(text: str) -> str:
    """`nva@… (read)`: the right as people read it."""
    address, _, right = text.removesuffix(")").partition(" (")
    return f"{address} ({_RIGHTS.get(right, right)})"


def story_json(story: Story) -> dict[str, object]:
    """What `account why --json` prints."""
    mailbox = story.mailbox
    return {
        "address": mailbox.address,
        "state": mailbox.state,
        "login": mailbox.logs_in,
        "sending": sends(story),
        "receives": mailbox.takes_mail,
        "password_set": _time(story.password_set_at),
        "standing": list(standing(story)),
        "changes": [
            {
                "time": iso_time(change.at),
                "action": change.action,
                "actor": change.actor,
                "reason": change.reason,
                "because": change.because,
                "words": step_words(change),
            }
            for change in story.changes
        ],
        "attempts": [
            {
                "time": iso_time(attempt.at),
                "service": attempt.service,
                "ip": attempt.ip,
                "cause": attempt.cause,
                "hints": list(attempt.hints),
                "device": attempt.device,
                "times": attempt.times,
                "words": attempt.words(),
            }
            for attempt in story.attempts
        ],
    }


def story_text(story: Story) -> Iterator[str]:
    """What `account why` prints: where it stands, the steps, the last tries."""
    yield from standing(story)
    for title, lines in (("Các bước:", list(steps(story))), ("Các lần đăng nhập:", list(tries(story)))):
        if lines:
            yield ""
            yield title
            yield from (f"  {line}" for line in lines)


def _leave(leave: LeaveRow) -> str:
    return f"{leave.from_on.isoformat()}/{leave.until_on.isoformat()}"


def _time(at: int | None) -> str | None:
    return None if at is None else iso_time(at)


def _plain(value: object) -> str:
    """A value for people."""
    if isinstance(value, bool):
        return "có" if value else "không"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return STATES.get(str(value), str(value))
