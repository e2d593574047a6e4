"""A form counts only when it comes from a page of ours: a token in the form, and the browser's own word for it.

The token is masked anew for each page, so that compressing pages tells nobody what it is (BREACH).
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets

from starlette.requests import Request

FIELD = "csrf"
HEADER = "x-csrf-token"
TOKEN_BYTES = 32


def masked(secret: bytes) -> str:
    """The token for one page: a pad, and the secret under it."""
    pad = secrets.token_bytes(len(secret))
    return base64.urlsafe_b64encode(pad + _xor(pad, secret)).decode("ascii")


def fits(secret: bytes, token: str) -> bool:
    """Whether the token was made from this secret."""
    try:
        raw = base64.urlsafe_b64decode(token.encode("ascii"))
    except (ValueError, UnicodeEncodeError, binascii.Error):
        return False
    pad, hidden = raw[: len(secret)], raw[len(secret) :]
    return len(raw) == 2 * len(secret) and hmac.compare_digest(_xor(pad, hidden), secret)


def comes_from_us(request: Request, hosts: frozenset[str], *, surely: bool) -> bool:
    """What the browser says of the page that sent this (Fetch Metadata; RFC 6454 § 7).

    `surely`: it must say something; without a session there is no token to ask for instead.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    if origin is None:
        return site == "same-origin" or not surely
    return origin == f"{request.url.scheme}://{request.headers.get('host', '')}" and host_of(request) in hosts


def host_of(request: Request) -> str:
    """The Host header without its port, in small letters (RFC 9110 § 4.2.3)."""
    host = request.headers.get("host", "").lower()
    return host.rsplit(":", 1)[0] if not host.endswith("]") else host


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=False))
