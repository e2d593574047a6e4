"""What can go wrong with a message's own text and seals."""

from __future__ import annotations

from mailhub.errors import MailhubError


class DkimKeyError(MailhubError):
    """A DKIM key cannot be used: unreadable, too short, of another kind, or under a name that cannot stand in DNS."""
