"""What the store raises."""

from mailhub.errors import TemporaryError


class StoreUnavailable(TemporaryError):
    """The database or the disk does not take or give data now: full, locked, read-only or gone."""
