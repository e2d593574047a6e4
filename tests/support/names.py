"""A `Lookups` that answers from a dictionary, for the pure code of SPF, DKIM and DMARC."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Mapping, Sequence

from mailhub.dns.errors import DNSError


class Names:
    """Records as (name, type) -> values; a value "TEMPERROR" raises `DNSError`. `asked` counts the questions."""

    def __init__(self, records: Mapping[tuple[str, str], Sequence[str]]) -> None:
        self.records = {(name.lower(), kind): list(values) for (name, kind), values in records.items()}
        self.asked: Counter[tuple[str, str]] = Counter()

    def _get(self, name: str, kind: str) -> list[str]:
        key = (name.lower().rstrip("."), kind)
        self.asked[key] += 1
        values = self.records.get(key, [])
        if "TEMPERROR" in values:
            raise DNSError(f"{kind} {name}")
        return list(values)

    async def txt(self, name: str) -> list[str]:
        return self._get(name, "TXT")

    async def mx(self, name: str) -> list[tuple[int, str]]:
        pairs = [value.split() for value in self._get(name, "MX")]
        return [(int(preference), host.rstrip(".")) for preference, host in pairs]

    async def a(self, name: str) -> list[str]:
        return self._get(name, "A")

    async def aaaa(self, name: str) -> list[str]:
        return self._get(name, "AAAA")

    async def ptr(self, ip: str) -> list[str]:
        return self._get(ipaddress.ip_address(ip).reverse_pointer, "PTR")

    async def exists(self, name: str) -> bool:
        return any(known == name.lower().rstrip(".") for known, _ in self.records)
