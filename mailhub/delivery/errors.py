"""What can go wrong between us and the next hop. `Pool.deliver` turns all of it into results."""

from __future__ import annotations

from mailhub.errors import MailhubError, TemporaryError


class DeliveryError(MailhubError):
    """The root of this package's errors."""


class BareLineEnd(DeliveryError):
    """A message holds a CR or LF that is not part of CRLF: sent on, it could smuggle a second message out."""


class HopFailed(DeliveryError, TemporaryError):
    """The next hop could not be used. Always temporary: the host may be back, or another one may serve.

    `code` is the reply's, 0 when the hop said nothing; `enhanced` is an RFC 3463 status of class 4.
    """

    def __init__(self, text: str, *, enhanced: str = "4.4.2", code: int = 0) -> None:
        super().__init__(text)
        self.enhanced = enhanced
        self.code = code


class ConnectFailed(HopFailed):
    """No connection, or one that was turned away at the greeting."""

    def __init__(self, text: str, *, enhanced: str = "4.4.1", code: int = 0) -> None:
        super().__init__(text, enhanced=enhanced, code=code)


class ConnectionLost(HopFailed):
    """The hop ended the connection, by closing it or with 421 (RFC 5321 § 3.8)."""


class HopTimeout(HopFailed):
    """The hop was silent, or took our data too slowly, for longer than the limit (RFC 5321 § 4.5.3.2)."""


class ProtocolViolation(HopFailed):
    """What the hop said is not SMTP, or more than we asked for."""

    def __init__(self, text: str, *, enhanced: str = "4.5.0", code: int = 0) -> None:
        super().__init__(text, enhanced=enhanced, code=code)


class TLSFailed(HopFailed):
    """The TLS handshake failed, or TLS is required and not to be had."""

    def __init__(self, text: str, *, enhanced: str = "4.7.5", code: int = 0) -> None:
        super().__init__(text, enhanced=enhanced, code=code)


class NotStarted(HopFailed):
    """The hop went away before it answered MAIL: nothing of the message was taken, another connection may try."""


class RouteError(DeliveryError):
    """There is no way to a destination; `enhanced` is the RFC 3463 status for the notice."""

    def __init__(self, text: str, *, enhanced: str) -> None:
        super().__init__(text)
        self.enhanced = enhanced


class TemporaryRouteError(RouteError, TemporaryError):
    """DNS gives no answer now, or our own settings are wrong: try again later."""


class PermanentRouteError(RouteError):
    """The domain does not exist, takes no mail, or leads back to us: trying again does not help."""
