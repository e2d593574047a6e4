"""What goes wrong when a hub is made."""

from mailhub.errors import MailhubError


class CannotCreate(MailhubError):
    """The directory cannot become a hub: it is one already, or cannot be written."""
