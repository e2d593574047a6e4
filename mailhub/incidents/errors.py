"""What can go wrong with incidents."""

from __future__ import annotations

from mailhub.errors import MailhubError


class NoSuchIncident(MailhubError):
    """No incident has this number, or whoever asks may not know of it."""


class NotSealed(MailhubError):
    """Nothing is sealed in this incident."""


class WrongKey(MailhubError):
    """The officer's key, or its passphrase, does not open this."""
