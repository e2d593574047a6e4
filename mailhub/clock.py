"""Time as the queue keeps it: whole milliseconds since 1970-01-01 UTC, and as people in Vietnam read it."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta, timezone
from email.utils import format_datetime
from functools import lru_cache

VIETNAM = timezone(timedelta(hours=7), "+07")  # no daylight saving since 1975

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def now_ms() -> int:
    """Milliseconds since the epoch, by the machine's clock."""
    return time.time_ns() // 1_000_000


def local_time(at_ms: int) -> datetime:
    """The moment `at_ms` (milliseconds) as a Vietnamese wall clock shows it."""
    return datetime.fromtimestamp(at_ms / 1000, VIETNAM)


def midnight(day: date) -> int:
    """The moment (ms) at which a day begins in Vietnam."""
    return int(datetime(day.year, day.month, day.day, tzinfo=VIETNAM).timestamp() * 1000)


def iso_time(at_ms: int) -> str:
    """`2026-11-22T08:05:01.250+07:00`, for machines and for `--json`."""
    return local_time(at_ms).isoformat(timespec="milliseconds")


def time_words(at_ms: int) -> str:
    """`22/11/2026 08:05:01`, in texts that people read."""
    return local_time(at_ms).strftime("%d/%m/%Y %H:%M:%S")


def mail_date(at_ms: int) -> str:
    """The date-time of RFC 5322 § 3.3, in Vietnam's zone."""
    return _mail_date(at_ms // 1000)


@lru_cache(maxsize=8)  # messages come many a second
def _mail_date(at_seconds: int) -> str:
    return format_datetime(local_time(at_seconds * 1000))
