"""The doors that live in processes: open sessions. They close when the processes have acted, and say that they have.

Each smtp process writes down the version of the directory that it has acted on (smtp/ending.py); Dovecot is asked
who is logged in, and whoever should not be is ended, until two looks in a row find nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from mailhub.accounts.life.processes import SeenProcess, seen_processes
from mailhub.clock import local_time, now_ms
from mailhub.errors import MailhubError
from mailhub.lifecycle.scene import Finding, Findings, Mailboxes, Scene, Turn, absent, closed, waiting
from mailhub.mail.login_name import concerns

SUBMISSION, IMAP, SHARED = "submission-sessions", "imap-sessions", "shared-sessions"
DOVECOT_SECONDS = 3.0  # for one round: the promise is five, and people are told before what stands in the way
_PAUSE_SECONDS = 0.1
_EMPTY_LOOKS = 2  # a login that was verified just before the account closed appears a moment later


def submission_findings(scene: Scene, turns: Sequence[Turn]) -> Findings:
    """What the smtp processes have told."""
    with scene.database.read() as connection:
        processes = [one for one in seen_processes(connection) if one.name.partition("/")[2].startswith("smtp-")]
    at = now_ms()
    alive = [one for one in processes if not one.is_dead(scene.node)]
    dead = [one for one in processes if one.is_dead(scene.node)]
    return {(turn.id, SUBMISSION): _submission(turn, alive, dead, at) for turn in turns}


def _submission(turn: Turn, alive: Sequence[SeenProcess], dead: Sequence[SeenProcess], at: int) -> Finding:
    left_out = f"; {_names(dead)} đã dừng, hệ điều hành đã đóng kết nối của tiến trình đó" if dead else ""
    behind = [one for one in alive if one.version < turn.version]
    if behind:
        return waiting(f"Chưa có trả lời của {', '.join(_last_heard(one, at) for one in behind)}{left_out}")
    if not alive:
        return absent(f"Không có tiến trình nhận thư nào đang chạy{left_out}")
    return closed(f"{_names(alive)} đã ngắt mọi phiên gửi của tài khoản và xác nhận{left_out}")


def _names(processes: Sequence[SeenProcess]) -> str:
    return ", ".join(one.name.partition("/")[2] for one in processes)


def _last_heard(process: SeenProcess, at: int) -> str:
    name = f"{process.name.partition('/')[2]} (tiến trình {process.pid}"
    if process.is_silent(at):
        name += f", im lặng từ {local_time(process.beat_at).strftime('%H:%M:%S')}"
    return name + ")"


async def imap_findings(scene: Scene, turns: Sequence[Turn]) -> Findings:
    """End the sessions of all these accounts, their own and those in others' mailboxes or of others in theirs."""
    boxes = scene.mailboxes
    if boxes is None:
        return _both(turns, absent("Máy chủ này không phục vụ hộp thư"))
    if not await asyncio.to_thread(boxes.is_present):
        return _both(turns, closed("Dovecot không chạy, không còn tiến trình nào: không thể có phiên IMAP"))
    try:
        async with asyncio.timeout(DOVECOT_SECONDS):
            ended = await _end(boxes, {turn.address for turn in turns})
    except TimeoutError:
        return _both(turns, waiting(f"Dovecot chưa trả lời, hoặc phiên chưa ngắt, sau {DOVECOT_SECONDS:.0f} giây"))
    except (MailhubError, OSError) as error:
        return _both(turns, waiting(f"Chưa hỏi được Dovecot ({_short(error)})"))
    found: Findings = {}
    for turn in turns:
        mine = {user for user in ended if concerns(user, turn.address)}
        for door, users in ((IMAP, mine & {turn.address}), (SHARED, mine - {turn.address})):
            told = f", đã ngắt {len(users)} tên đăng nhập" if users else ""
            found[turn.id, door] = closed(f"doveadm who: hai lần liền không thấy phiên nào{told}")
    return found


async def _end(boxes: Mailboxes, addresses: set[str]) -> set[str]:
    """The users whose sessions were ended, once nobody is there any more."""
    ended: set[str] = set()
    empty = 0
    while empty < _EMPTY_LOOKS:
        users = {session.user for session in await boxes.sessions()}
        present = {user for user in users if any(concerns(user, address) for address in addresses)}
        if present:
            ended |= present
            await boxes.end_sessions(present)
        empty = 0 if present else empty + 1
        await asyncio.sleep(_PAUSE_SECONDS)
    return ended


def _both(turns: Sequence[Turn], finding: Finding) -> Findings:
    return {(turn.id, door): finding for turn in turns for door in (IMAP, SHARED)}


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
