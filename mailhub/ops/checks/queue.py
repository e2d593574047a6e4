"""Does the queue move, and whom can it not reach?"""

from __future__ import annotations

from sqlalchemy import Connection, Row, func, select

from mailhub.clock import MINUTE, local_time, now_ms
from mailhub.ops.findings import Check, Ground, Verdict, broken, joined, look, ok
from mailhub.queue.models import OPEN, HeldFor, RecipientState
from mailhub.queue.service import event_table, recipient_table
from mailhub.queue.waiting import is_open
from mailhub.store.errors import StoreUnavailable

SLOW_MINUTES = 2  # a recipient that is due waits seconds; leases last longer, but are not due
STUCK_MINUTES = 15
SHOWN_DESTINATIONS = 5
_WORDS = {
    RecipientState.QUEUED: "chờ gửi",
    RecipientState.DELIVERING: "đang gửi",
    RecipientState.DEFERRED: "sẽ gửi lại",
    RecipientState.HELD: "chờ duyệt",
}


def queue_checks(_ground: Ground) -> list[Check]:
    """How long the oldest waits, how many there are, what no rule could judge, which destinations are in trouble."""
    return [
        Check("queue", "Hàng đợi", check_queue),
        Check("queue.faults", "Quy tắc bị lỗi khi xét", check_faults),
        Check("queue.destinations", "Nơi nhận", check_destinations),
        Check("clock.events", "Giờ của sự kiện", check_events),
    ]


def check_queue(ground: Ground) -> Verdict:
    """Counts by state, and the age of what is due."""
    now, limit = now_ms(), ground.settings.limits.queue_messages
    try:
        with ground.database.read() as connection:
            counts = _counts(connection)
            oldest = connection.scalar(select(func.min(recipient_table.c.due_at)).where(recipient_table.c.due_at < now))
    except StoreUnavailable as error:
        return broken(str(error))
    seen = ", ".join(f"{number} {_WORDS[state]}" for state, number in counts.items()) or "trống"
    verdicts = [ok(seen)]
    waits = 0 if oldest is None else (now - oldest) // MINUTE
    if waits >= STUCK_MINUTES:
        verdicts.append(broken(f"đến lượt từ {waits} phút trước mà chưa gửi", "xem tiến trình worker trong nhật ký"))
    elif waits >= SLOW_MINUTES:
        verdicts.append(look(f"đến lượt từ {waits} phút trước", "máy đang tải nặng, hoặc worker dừng: xem nhật ký"))
    if limit and sum(counts.values()) > limit * 0.9:
        verdicts.append(look(f"gần mức {limit} ([limits] queue_messages)", "xem mailhub queue list"))
    return joined(verdicts)


def _counts(connection: Connection) -> dict[RecipientState, int]:
    query = select(recipient_table.c.state, func.count()).where(is_open()).group_by(recipient_table.c.state)
    rows = connection.execute(query)
    found = {RecipientState(state): number for state, number in rows}
    return {state: found[state] for state in OPEN if state in found}


def check_faults(ground: Ground) -> Verdict:
    """No mail is kept because a rule failed on it: that ends by a person's hand only, and nobody else is told."""
    number = func.count().label("number")
    held = is_open(), recipient_table.c.held_for == HeldFor.FAULT.value
    query = select(recipient_table.c.rule, number).where(*held).group_by(recipient_table.c.rule)
    try:
        with ground.database.read() as connection:
            rows = connection.execute(query.order_by(number.desc())).all()
    except StoreUnavailable as error:
        return broken(str(error))
    if not rows:
        return ok("không có thư nào phải giữ lại")
    return broken(
        "; ".join(f"{row.rule or 'chưa rõ quy tắc'}: giữ lại thư gửi {row.number} người nhận" for row in rows),
        "sửa quy tắc đó rồi mailhub policy activate --reason …; sau đó mailhub queue list --state held, "
        "mailhub queue release MÃ --reason …",
    )


def check_destinations(ground: Ground) -> Verdict:
    """Where mail is put off, with what the other side said last."""
    try:
        with ground.database.read() as connection:
            rows = _deferred(connection)
    except StoreUnavailable as error:
        return broken(str(error))
    if not rows:
        return ok("không nơi nào phải gửi lại")
    return look(
        "; ".join(f"{row.destination}: {row.number} người nhận, {row.reply or 'chưa rõ'}" for row in rows),
        "mailhub queue list --state deferred; gửi lại ngay: mailhub queue retry --destination …",
    )


def _deferred(connection: Connection) -> list[Row[tuple[str, int, str | None]]]:
    number = func.count().label("number")
    return list(
        connection.execute(
            select(
                recipient_table.c.destination,
                number,
                func.max(recipient_table.c.last_reply).label("reply"),
            )
            .where(recipient_table.c.due_at.is_not(None), recipient_table.c.state == RecipientState.DEFERRED.value)
            .group_by(recipient_table.c.destination)
            .order_by(number.desc())
            .limit(SHOWN_DESTINATIONS)
        )
    )


def check_events(ground: Ground) -> Verdict:
    """Nothing was noted in the future: a clock that was put back confuses retries and traces."""
    try:
        with ground.database.read() as connection:
            newest = select(event_table.c.at).order_by(event_table.c.id.desc()).limit(1)  # numbers rise with time
            last = connection.scalar(newest)
    except StoreUnavailable as error:
        return broken(str(error))
    if last is None:
        return ok("chưa có sự kiện")
    when = f"{local_time(last):%H:%M:%S %d/%m/%Y}"
    if last > now_ms() + MINUTE:
        return look(f"sự kiện cuối lúc {when}, sau giờ của máy", "đồng hồ bị chỉnh lùi: kiểm tra NTP")
    return ok(f"sự kiện cuối lúc {when}")
