"""What can go wrong with a staff list as a whole; what is wrong with a row of it is told beside the row."""

from __future__ import annotations

from mailhub.accounts.errors import NotFound
from mailhub.errors import MailhubError


class RosterError(MailhubError):
    """The root of what this package refuses."""


class UnreadableFile(RosterError):
    """The file cannot be read as a table; the message says what to do."""


class NoTable(RosterError):
    """No row of the file names a column for people's names."""


class NoSuchImport(NotFound):
    """No staff list was planned under this code."""


class TooFewRows(RosterError):
    """The file claims to be the whole list, and holds too few of those who are there to be believed."""


class WrongMoment(RosterError):
    """The import is at a point of its way at which this cannot be done."""
