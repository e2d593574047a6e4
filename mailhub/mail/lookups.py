"""What SPF, DKIM and DMARC ask of the domain name system. `mailhub.dns.resolver.Resolver` answers it."""

from __future__ import annotations

from typing import Protocol


class Lookups(Protocol):
    """Names without a record give []; a fault that may pass raises a `mailhub.errors.TemporaryError`."""

    async def txt(self, name: str) -> list[str]:
        """TXT records, the strings of each joined."""
        ...

    async def mx(self, name: str) -> list[tuple[int, str]]:
        """Pairs (preference, host), best first; a null MX is `[(0, "")]`."""
        ...

    async def a(self, name: str) -> list[str]:
        """IPv4 addresses."""
        ...

    async def aaaa(self, name: str) -> list[str]:
        """IPv6 addresses."""
        ...

    async def ptr(self, ip: str) -> list[str]:
        """Names of an address."""
        ...

    async def exists(self, name: str) -> bool:
        """False when the name does not exist at all (NXDOMAIN)."""
        ...
