"""What goes wrong when a hub is made, or shown."""

from mailhub.errors import MailhubError


class CannotCreate(MailhubError):
    """The directory cannot become a hub: it is one already, or cannot be written."""


class ShowFailed(MailhubError):
    """A step of the show did not succeed."""
