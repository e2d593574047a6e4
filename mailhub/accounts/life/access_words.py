"""Steps of an account's story in Vietnamese: who was let in to what, and by what."""

from __future__ import annotations

from mailhub.accounts.control.role_words import ROLE_WORDS
from mailhub.accounts.life.story import Change
from mailhub.clock import local_time, midnight, time_words

_SLIPS = {"account.slip": "cấp phiếu mật khẩu", "account.recover": "cấp phiếu khôi phục mật khẩu"}


def held_role_words(change: Change) -> str:
    """A shared mailbox is given, taken, or goes from one to another; told of the mailbox, or of the holder."""
    given, taken = change.facts.get("holder"), change.before.get("holder")
    if given and change.facts.get("past"):
        return f"ghi thời gian đã phụ trách{f' hộp thư {change.of}' if change.of else f' của {given}'}{_days(change)}"
    until = _until(change.facts.get("until_at"))
    if change.of:
        # Of a hand-over both ends are in one row: the mailbox is named, and so are they.
        if given and taken:
            return f"bàn giao việc phụ trách hộp thư {change.of} từ {taken} cho {given}{until}"
        return f"được giao phụ trách hộp thư {change.of}{until}" if given else f"thôi phụ trách hộp thư {change.of}"
    if given and taken:
        return f"bàn giao việc phụ trách từ {taken} cho {given}{until}"
    if given:
        return f"giao {given} phụ trách{until}"
    return f"{taken} thôi phụ trách" if taken else "giao hoặc thôi phụ trách hộp thư đơn vị"


def _days(change: Change) -> str:
    """` (từ 01/03/2026 đến hết 30/05/2026)`, of a time that was over when it was entered."""
    first, last = local_time(int(change.facts["from_at"])), local_time(int(change.facts["until_at"]) - 1)
    return f" (từ {first:%d/%m/%Y} đến hết {last:%d/%m/%Y})"


def delegated_words(change: Change) -> str:
    """A delegation that was given or has ended; told of the owner, or of the delegate."""
    given, taken = change.facts.get("delegate"), change.before.get("delegate")
    until = _until(change.facts.get("until_at"))
    if change.of:
        return f"được ủy quyền hộp thư {change.of}{until}" if given else f"hết ủy quyền hộp thư {change.of}"
    if given:
        return f"ủy quyền cho {given}{until}"
    return f"thôi ủy quyền cho {taken}" if taken else "đổi ủy quyền"


def app_password_words(change: Change) -> str:
    """What was done with app passwords, and for which device."""
    facts = change.facts
    if facts.get("slip_client_until"):
        return f"dùng mã trên phiếu lần đầu trong ứng dụng thư, đến {time_words(int(facts['slip_client_until']))}"
    if facts.get("device"):
        return f"tạo mật khẩu ứng dụng cho thiết bị “{facts['device']}”{_until(facts.get('until'))}"
    taken = [str(one) for one in change.before.get("app_passwords") or ()]
    return "thu hồi mật khẩu ứng dụng" + (f" của thiết bị {', '.join(f'“{one}”' for one in taken)}" if taken else "")


def right_words(change: Change) -> str:
    """Which role of administration was given or taken, and where."""
    picture = change.facts if change.facts.get("role") else change.before
    if not picture.get("role"):
        return "đổi quyền quản trị"
    told = f"{ROLE_WORDS.get(picture['role'], picture['role'])} ({picture.get('agency') or 'toàn tỉnh'})"
    if picture is change.before:
        return f"thôi giao quyền quản trị: {told}"
    return f"giao quyền quản trị: {told}{_until(change.facts.get('until_at'))}"


def slip_words(change: Change) -> str:
    """A slip, and whether it still waits to be used."""
    told, until = _SLIPS.get(change.action, "cấp phiếu mật khẩu"), change.facts.get("slip_until")
    if until is not None:
        return (
            f"{told}, còn hiệu lực đến {time_words(int(until))}"
            if change.open
            else f"{told}, đã dùng hoặc hết hiệu lực"
        )
    return "thu hồi phiếu mật khẩu" if "codes_ended" in change.facts else told


def _until(at: object) -> str:
    if not isinstance(at, int):
        return ""
    if at == midnight(local_time(at).date()):  # given as a last day, which is the one that people know
        return f", đến hết ngày {local_time(at - 1):%d/%m/%Y}"
    return f", đến {time_words(at)}"
