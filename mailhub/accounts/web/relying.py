"""For which of our names a passkey is made, and from which page its answer may come (W3C WebAuthn Level 3 § 13.4.9).

Strictly from the settings: `[hub] hostname`, `[web] names` and the port of the web's door. What a request says of
itself only chooses among these.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """The name, and the origins that a browser may name with it."""

    id: str
    name: str
    origins: tuple[str, ...]


def relying_party(host: str, *, names: frozenset[str], port: int, title: str) -> RelyingParty | None:
    """The one for a request that came to `host` (without its port); None when that is none of ours, or no name: an IP
    address has no passkeys. `port` is where browsers find the web."""
    host = host.lower()
    if host not in names or host.startswith("[") or host.replace(".", "").isdigit():
        return None
    origin = f"https://{host}" if port == 443 else f"https://{host}:{port}"
    return RelyingParty(host, title, (origin,))
