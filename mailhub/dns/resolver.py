"""DNS lookups for the doors and for delivery: asynchronous, cached, never blocking the event loop.

dnspython speaks the protocol (random ports and ids, TCP when an answer is cut short). The cache here
holds the finished values instead of dnspython's answers, because a busy worker asks the same few names
for every message and each such question should cost microseconds. Failures are not cached.
"""

from __future__ import annotations

import asyncio
import importlib
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import dns.asyncbackend
import dns.asyncresolver
import dns.exception
import dns.message
import dns.name
import dns.rdatatype
import dns.resolver
import dns.reversename

from mailhub.dns.errors import DNSError

LONGEST_TTL_SECONDS = 3600  # a corrected record is seen within the hour, whatever its old TTL was
SHORTEST_TTL_SECONDS = 5  # TTL 0 still serves the lookups of one message
LARGEST_CACHED = 4096  # characters of an answer: strangers' names shall not fill the memory
NEGATIVE_TTL_SECONDS = 60  # when a negative answer brings no SOA (RFC 2308 § 5)

_RDTYPES = ("A", "AAAA", "MX", "TXT", "PTR", "CNAME", "SOA", "NS")


class _Answer(NamedTuple):
    values: tuple[Any, ...]
    known: bool  # False: the name does not exist (NXDOMAIN)
    until: float  # time.monotonic()


class Resolver:
    """A stub resolver with a cache. One for a process; tasks may share it.

    `nameservers` are addresses (empty: the system's, from /etc/resolv.conf); `timeout_seconds` bounds
    one lookup with its retries. Every method raises `DNSError` when there is no usable answer.
    """

    def __init__(
        self,
        nameservers: Sequence[str] = (),
        port: int = 53,
        timeout_seconds: float = 5.0,
        cache_size: int = 10_000,
    ) -> None:
        self._dns = _stub_resolver(nameservers, port, timeout_seconds)
        self._cache: OrderedDict[tuple[str, str], _Answer] = OrderedDict()
        self._cache_size = cache_size
        self._under_way: dict[tuple[str, str], asyncio.Task[_Answer]] = {}

    async def txt(self, name: str) -> list[str]:
        """The TXT records of `name`, the strings of each joined (RFC 7208 § 3.3); bytes above 127 become U+FFFD."""
        return list((await self._lookup(name, "TXT")).values)

    async def mx(self, name: str) -> list[tuple[int, str]]:
        """Pairs (preference, host), best first. A null MX (RFC 7505) is `[(0, "")]`."""
        return list((await self._lookup(name, "MX")).values)

    async def a(self, name: str) -> list[str]:
        """IPv4 addresses."""
        return list((await self._lookup(name, "A")).values)

    async def aaaa(self, name: str) -> list[str]:
        """IPv6 addresses."""
        return list((await self._lookup(name, "AAAA")).values)

    async def addresses(self, name: str, *, ipv6: bool = True) -> list[str]:
        """IPv4 addresses, then IPv6 ones. One family's failure is forgiven when the other has addresses."""
        if not ipv6:
            return await self.a(name)
        four, six = await asyncio.gather(self.a(name), self.aaaa(name), return_exceptions=True)
        for answer in (four, six):
            if isinstance(answer, BaseException) and not isinstance(answer, DNSError):
                raise answer
        found = [address for answer in (four, six) if isinstance(answer, list) for address in answer]
        if not found:
            for answer in (four, six):
                if isinstance(answer, DNSError):
                    raise answer
        return found

    async def ptr(self, ip: str) -> list[str]:
        """The names that the reverse zone gives to an address; [] also when `ip` is no address."""
        try:
            name = dns.reversename.from_address(ip).to_text()
        except (dns.exception.DNSException, ValueError):
            return []
        return list((await self._lookup(name, "PTR")).values)

    async def exists(self, name: str) -> bool:
        """False when the name does not exist at all (NXDOMAIN, RFC 8020)."""
        return (await self._lookup(name, "A")).known

    def forget(self) -> None:
        """Empty the cache."""
        self._cache.clear()

    async def _lookup(self, name: str, rdtype: str) -> _Answer:
        key = (name.lower().rstrip("."), rdtype)
        answer = self._cache.get(key)
        if answer is not None and answer.until > time.monotonic():
            self._cache.move_to_end(key)
            return answer
        task = self._under_way.get(key)
        if task is None or task.get_loop() is not asyncio.get_running_loop():
            task = asyncio.create_task(self._ask(key))
            self._under_way[key] = task
            task.add_done_callback(lambda done: self._finished(key, done))
        # Shielded: a client that hangs up must not take the answer from the others who wait for it.
        return await asyncio.shield(task)

    def _finished(self, key: tuple[str, str], task: asyncio.Task[_Answer]) -> None:
        if self._under_way.get(key) is task:
            del self._under_way[key]
        if task.cancelled() or task.exception() is not None:
            return
        answer = task.result()
        if sum(len(value) for value in answer.values) > LARGEST_CACHED:
            return
        self._cache[key] = answer
        self._cache.move_to_end(key)
        while len(self._cache) > self._cache_size:
            self._cache.popitem(last=False)

    async def _ask(self, key: tuple[str, str]) -> _Answer:
        text, rdtype = key
        name = _wire_name(text)
        if name is None:
            return _Answer((), False, time.monotonic() + LONGEST_TTL_SECONDS)
        try:
            answer = await self._dns.resolve(name, rdtype, raise_on_no_answer=False, search=False)
        except dns.resolver.NXDOMAIN as error:
            response: dns.message.Message = error.response(name)  # type: ignore[no-untyped-call]
            return _Answer((), False, _negative_until(response))
        except (dns.exception.DNSException, OSError, EOFError) as error:
            raise DNSError(f"{rdtype} {text!a}: {type(error).__name__}") from error
        if answer.rrset is None:
            return _Answer((), True, _negative_until(answer.response))
        seconds = min(max(answer.rrset.ttl, SHORTEST_TTL_SECONDS), LONGEST_TTL_SECONDS)
        values = [_VALUES[rdtype](rdata) for rdata in answer.rrset]
        return _Answer(tuple(sorted(values) if rdtype == "MX" else values), True, time.monotonic() + seconds)


def preload() -> None:
    """Import what dnspython would import at the first lookup: call it before privileges are dropped or a fork."""
    for rdtype in _RDTYPES:
        package = "IN" if rdtype in ("A", "AAAA") else "ANY"
        importlib.import_module(f"dns.rdtypes.{package}.{rdtype}")
    importlib.import_module("dns.rdtypes.ANY.OPT")
    dns.asyncbackend.get_backend("asyncio")
    "xã".encode("idna")


def _stub_resolver(nameservers: Sequence[str], port: int, timeout_seconds: float) -> dns.asyncresolver.Resolver:
    if nameservers:
        stub = dns.asyncresolver.Resolver(configure=False)
        stub.nameservers = list(nameservers)
    else:
        try:
            stub = dns.asyncresolver.Resolver()
        except dns.resolver.NoResolverConfiguration:
            stub = dns.asyncresolver.Resolver(configure=False)
            stub.nameservers = ["127.0.0.1"]
    stub.port = port
    stub.cache = None
    stub.lifetime = timeout_seconds
    stub.timeout = timeout_seconds / 2.5  # a lost datagram is asked again within the lifetime
    stub.use_edns(0, 0, 1232)  # the size that crosses every path unfragmented (DNS flag day 2020)
    return stub


def _wire_name(text: str) -> dns.name.Name | None:
    """`text` as labels, taken literally; None when no such name can exist (RFC 1035 § 2.3.4)."""
    try:
        labels = [label.encode("ascii") if label.isascii() else label.encode("idna") for label in text.split(".")]
        return dns.name.Name([*labels, b""]) if text else None
    except (UnicodeError, dns.exception.DNSException, ValueError):
        return None


def _negative_until(response: dns.message.Message) -> float:
    """How long "there is none" may be believed: the SOA's minimum (RFC 2308 § 5)."""
    seconds = NEGATIVE_TTL_SECONDS
    for rrset in response.authority:
        if rrset.rdtype == dns.rdatatype.SOA:
            seconds = min(rrset.ttl, rrset[0].minimum)
    return time.monotonic() + min(max(seconds, SHORTEST_TTL_SECONDS), LONGEST_TTL_SECONDS)


def _host(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).lower() if name != dns.name.root else ""


_VALUES: dict[str, Callable[[Any], Any]] = {
    "TXT": lambda rdata: b"".join(rdata.strings).decode("utf-8", "replace"),
    "MX": lambda rdata: (rdata.preference, _host(rdata.exchange)),
    "A": lambda rdata: rdata.address,
    "AAAA": lambda rdata: rdata.address,
    "PTR": lambda rdata: _host(rdata.target),
}
