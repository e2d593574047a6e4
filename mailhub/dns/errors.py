"""What can go wrong when a name is looked up."""

from __future__ import annotations

from mailhub.errors import TemporaryError


class DNSError(TemporaryError):
    """No name server gave an answer that can be used: time-out, SERVFAIL, REFUSED. It may pass."""
