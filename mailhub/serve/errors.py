"""Why a server does not start."""

from mailhub.errors import MailhubError


class CannotServe(MailhubError):
    """Something outside the settings is in the way: a port taken, a second server, a missing user."""
