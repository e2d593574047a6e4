"""What can go wrong when authorities are asked, or a mirror's bundle is brought in."""

from __future__ import annotations

from mailhub.errors import MailhubError


class RevocationError(MailhubError):
    """The root of what is refused about revocation data."""


class FetchFailed(RevocationError):
    """The address did not answer, or not with what was asked for. The message is one line, without what it said."""


class NotBelieved(RevocationError):
    """What came is not the issuer's word: not signed by it, for another certificate, broken."""


class OlderList(RevocationError):
    """The list is older than the one that is kept: somebody would have us forget what was revoked."""


class BadBundle(RevocationError):
    """A mirror's bundle is not signed by a mirror of ours, too old, older than one before, or broken."""
