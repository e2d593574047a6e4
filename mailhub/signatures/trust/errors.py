"""What can go wrong with the trust data."""

from __future__ import annotations

from mailhub.errors import MailhubError


class TrustError(MailhubError):
    """The root of what is refused about pinned certificates."""


class NoSuchCertificate(TrustError):
    """No certificate with this fingerprint is pinned."""


class AlreadyTrusted(TrustError):
    """It is pinned already, just so."""


class BadCertificate(TrustError):
    """The file holds no certificate that could be pinned for this."""
