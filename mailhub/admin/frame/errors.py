"""What can go wrong with a visit."""

from __future__ import annotations

from mailhub.errors import MailhubError


class SessionOver(MailhubError):
    """There is no session any more: ended, idle for too long, or the account may not log in."""
