"""When a verdict that could not be told is asked again: soon at first, then ever less often, for days. Pure."""

from __future__ import annotations

from mailhub.clock import DAY, HOUR, MINUTE

# After the first ten minutes (`keeping.FIRST_PAUSE`): a dead responder is often back within the hour.
PAUSES = (30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR)
LAST_PAUSE = DAY


def next_due(asked_before: int, *, seen_at: int, now: int, days: int) -> int | None:
    """When to ask once more, after it was asked `asked_before` times since the message came at `seen_at`; None: it has
    been `days` days, or nobody is to be asked again (0)."""
    pause = PAUSES[asked_before] if asked_before < len(PAUSES) else LAST_PAUSE
    at = now + pause
    return at if days and at <= seen_at + days * DAY else None
