"""How groups, and what waits for their moderators, are written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from mailhub.accounts.models import GroupSenders
from mailhub.accounts.sharing.group_views import GroupLine, GroupReport
from mailhub.clock import local_time
from mailhub.queue.moderation import WaitingForModerator

SENDERS = {
    GroupSenders.ANYONE: "mọi người gửi được",
    GroupSenders.OWN: "chỉ tài khoản công vụ của tỉnh gửi được",
    GroupSenders.MEMBERS: "chỉ thành viên gửi được",
    GroupSenders.LISTED: "chỉ người được giao gửi được",
}
_TASKS = {"owner": "Phụ trách", "sender": "Được gửi", "moderator": "Duyệt thư"}


def group_words(line: GroupLine) -> str:
    """`duan@tinh.gov.vn  Dự án số hóa  (snv)  lập bằng tay, chỉ thành viên gửi được`."""
    facts = ["theo quy tắc" if line.computed else "lập bằng tay", SENDERS[line.senders]]
    facts += ["thư chờ duyệt"] if line.moderated else []
    facts += ["đã ngừng"] if line.ended_at is not None else []
    owner = f"  phụ trách: {line.owner}" if line.owner else ""
    return f"{line.address}  {line.name}  ({line.agency})  {', '.join(facts)}{owner}"


def group_lines(report: GroupReport) -> Iterator[str]:
    """A group in full."""
    group = report.group
    yield f"{group.address}  {group.name}"
    yield f"Đơn vị: {report.agency}"
    if group.ended_at is not None:
        yield f"Đã ngừng: {local_time(group.ended_at):%H:%M %d/%m/%Y}"
    yield f"Gửi thư: {SENDERS[group.senders]}" + (", thư của người khác chờ duyệt" if group.moderated else "")
    if group.rule is not None:
        yield f"Quy tắc: {group.rule}"
    for officer in report.officers:
        closed = "" if officer.in_force else " (tài khoản không dùng được)"
        yield f"{_TASKS[officer.task]}: {officer.address}{closed}"
    yield f"Thành viên: {report.number}"
    for member in report.members:
        yield f"  {member.address}  {member.name}" + ("  (nhóm)" if member.kind == "group" else "")
    if len(report.members) < report.number:
        yield f"  … và {report.number - len(report.members)} thành viên không hiện ở đây"


def group_object(report: GroupReport) -> dict[str, Any]:
    """The same for a program."""
    found = asdict(report.group) | {"agency": report.agency, "number": report.number}
    found["officers"] = [
        {"address": one.address, "task": one.task, "in_force": one.in_force} for one in report.officers
    ]
    found["members"] = [asdict(member) for member in report.members]
    return found


def waiting_words(row: WaitingForModerator) -> str:
    """`7K4-QW2-M9  toantinh@…  từ x@y: Chủ đề  (3 người nhận, chờ đến 08:00 25/11)`."""
    until = f"{local_time(row.until):%H:%M %d/%m}"
    return (
        f"{row.code}  {row.group}  từ {row.sender or '<>'}: {row.subject or '(không hiện chủ đề)'}"
        f"  ({row.recipients} người nhận, chờ đến {until})"
    )
