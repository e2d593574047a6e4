"""What can go wrong between mailhub and its mailbox server."""

from __future__ import annotations

from mailhub.errors import MailhubError, TemporaryError


class MailboxesError(MailhubError):
    """The mailbox server cannot be set up as asked: a person has to change something."""


class UnsafeValueError(MailboxesError):
    """A name or path holds a character that would mean something else in Dovecot's configuration."""


class DovecotError(TemporaryError):
    """Dovecot, or one of its tools, is not there or gave no answer that can be used."""
