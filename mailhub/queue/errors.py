"""What the queue raises."""

from mailhub.errors import MailhubError


class NotInQueue(MailhubError):
    """No message or recipient matches what was asked for."""


class NotWaiting(MailhubError):
    """The recipient is in a state that the act does not fit (it was delivered already, say)."""
