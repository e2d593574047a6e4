"""What can be done to the trust data: each a value, so that two people agree to exactly the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from mailhub.accounts.errors import InvalidValue
from mailhub.signatures.trust.pinned import Pinned

_LONGEST = 500
_URL = re.compile(r"[!-~]{8,500}")


@dataclass(frozen=True, slots=True)
class Add:
    """Believe this certificate from now on."""

    pinned: Pinned

    def payload(self) -> Mapping[str, Any]:
        """What exactly is agreed to: everything but the octets, which the fingerprint names."""
        one = self.pinned
        told = {"part": one.part.value, "hierarchy": one.hierarchy.value, "name": one.subject, "ocsp": one.ocsp}
        return {"do": "add", "sha256": one.sha256, **told, "crl": one.crl, "source": one.source, "dated": one.dated}


@dataclass(frozen=True, slots=True)
class End:
    """Believe it no longer."""

    sha256: str

    def payload(self) -> Mapping[str, Any]:
        return {"do": "end", "sha256": self.sha256}


@dataclass(frozen=True, slots=True)
class Confirm:
    """Two people compared these fingerprints with what the authority publishes."""

    sha256: tuple[str, ...]

    def payload(self) -> Mapping[str, Any]:
        return {"do": "confirm", "sha256": list(self.sha256)}


@dataclass(frozen=True, slots=True)
class Readdress:
    """Ask this issuer elsewhere."""

    sha256: str
    ocsp: str
    crl: str

    def payload(self) -> Mapping[str, Any]:
        return {"do": "address", "sha256": self.sha256, "ocsp": self.ocsp, "crl": self.crl}


Change: TypeAlias = Add | End | Confirm | Readdress


def check_address(url: str) -> str:
    """An address of an authority; "" stands for none.

    Raises:
        InvalidValue: it is no http(s) address, or brings a user's name along.
    """
    if not url:
        return url
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
        fine = fine and not parts.fragment and (parts.port or 1) > 0
    except ValueError:
        fine = False
    if not fine or not _URL.fullmatch(url):
        raise InvalidValue(f"{url!r} is no address of an authority: http://host/path")
    return url
