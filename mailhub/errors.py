"""The root of every error that mailhub raises on purpose.

Each package has an `errors.py` of its own with words of its domain; the doors translate them once
(`smtp/replies.py` for SMTP, `cli/main.py` for exit codes).
"""


class MailhubError(Exception):
    """Something that mailhub foresaw. The message is English, one line, and safe to log."""


class TemporaryError(MailhubError):
    """A local fault that may pass (disk full, database gone): the mail stays where it is, SMTP says 4xx."""
