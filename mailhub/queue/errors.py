"""What the queue raises."""

from mailhub.errors import MailhubError


class NotInQueue(MailhubError):
    """No message or recipient matches what was asked for."""
