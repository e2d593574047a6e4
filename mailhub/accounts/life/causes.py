"""Why a login is closed while mail still arrives: the words of `Mailbox.login_closed`. None left, it is open again."""

from __future__ import annotations

IDLE = "idle"  # nobody logged in for too long
LEAVE = "leave"  # the official is away


def causes_of(login_closed: str) -> frozenset[str]:
    """The causes that keep a login closed; none when it is open."""
    return frozenset(filter(None, login_closed.split(",")))


def with_cause(login_closed: str, cause: str) -> str:
    """`login_closed` with one more cause."""
    return ",".join(sorted(causes_of(login_closed) | {cause}))


def without_cause(login_closed: str, cause: str) -> str:
    """`login_closed` without that cause."""
    return ",".join(sorted(causes_of(login_closed) - {cause}))
