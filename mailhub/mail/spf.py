"""Decides whether a host may send for a domain: SPF, RFC 7208.

Two choices the RFC leaves to us: void lookups are counted for what a term itself asks, not for each host of an
MX (an IPv6 client would otherwise turn every domain with three IPv4 hosts into a permerror); an explanation
(exp=) is fetched for "fail" only, and is the sender domain's text: quote it, never trust it.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import time
from typing import Literal, NamedTuple

from mailhub.errors import TemporaryError
from mailhub.mail import spf_macros
from mailhub.mail.lookups import Lookups
from mailhub.mail.spf_macros import Template
from mailhub.mail.spf_record import Directive, Record, Result, SpfPermError, choose_record, parse_record

__all__ = ["SpfResult", "check_spf"]

MOST_TERMS = 10  # that cause lookups (§ 4.6.4)
MOST_VOID = 2  # lookups without an answer (§ 4.6.4)
MOST_NAMES = 10  # of an MX or a PTR answer (§ 4.6.4)
LONGEST_SECONDS = 20.0  # for the whole check (§ 4.6.4)
LONGEST_EXPLANATION = 200

_DOMAIN = re.compile(r"(?=.{1,253}\Z)(?:[^\x00-\x20.\x7f-\U0010ffff]{1,63}\.)+[^\x00-\x20.\x7f-\U0010ffff]{1,63}")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class SpfResult(NamedTuple):
    """What SPF says of one identity (§ 2.6). Every text may come from a stranger, and is ASCII."""

    result: Result
    domain: str  # lower case; the one that was checked, "" when there was none
    scope: Literal["mfrom", "helo"]
    mechanism: str = ""  # the term that matched, or for an error what is wrong
    explanation: str = ""  # of the domain's owner, for "fail"


async def check_spf(ip: str, mail_from: str, helo: str, resolver: Lookups, *, receiver: str = "unknown") -> SpfResult:
    """Check the client `ip` against the domain of `mail_from`, or of `helo` when that is empty (§ 2.4).

    `mail_from` is the address without angle brackets; `receiver` is our host name, which explanations may
    quote. Raises ValueError when `ip` is no address, and nothing else.
    """
    local, _, domain = (mail_from or f"postmaster@{helo}").rpartition("@")
    domain = _ascii_domain(domain)
    address = ipaddress.ip_address(ip.partition("%")[0])
    address = getattr(address, "ipv4_mapped", None) or address  # § 5: mapped ones are IPv4
    values = _macro_values(address, local or "postmaster", domain, helo) | {"r": receiver}
    check = _Check(address, values, resolver)
    explanation = ""
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            result, mechanism = await check.evaluate(domain)
            if result == "fail":
                explanation = await check.explain()
    except SpfPermError as error:
        result, mechanism = "permerror", str(error)
    except (TemporaryError, TimeoutError):
        result, mechanism = "temperror", "DNS did not answer"
    return SpfResult(result, domain, "mfrom" if mail_from else "helo", _printable(mechanism), explanation)


class _Check:
    """The state of one check_host() with all that it includes (§ 4)."""

    def __init__(self, ip: Address, values: dict[str, str], resolver: Lookups) -> None:
        self._ip = ip
        self._values = values  # of the macros
        self._resolver = resolver
        self._terms = self._voids = 0
        self._validated: list[str] | None = None
        self._explained: tuple[Template, str] | None = None

    async def evaluate(self, domain: str, *, explain: bool = True) -> tuple[Result, str]:
        """check_host() for one domain: the result and the term that gave it. Raises what the entry translates."""
        if not _DOMAIN.fullmatch(domain):
            return "none", ""
        text = choose_record(await self._resolver.txt(domain))
        if text is None:
            return "none", ""
        record = parse_record(text)
        for directive in record.directives:
            if await self._matches(directive, domain):
                if explain and record.explanation:
                    self._explained = record.explanation, domain
                return directive.result, directive.text
        return await self._redirect(record, domain, explain=explain)

    async def _redirect(self, record: Record, domain: str, *, explain: bool) -> tuple[Result, str]:
        if record.redirect is None:
            return "neutral", ""
        self._count_term()
        target = await self._expand(record.redirect, domain)
        result, mechanism = await self.evaluate(target, explain=explain)
        if result == "none":
            raise SpfPermError("redirect= leads to no SPF record")  # § 6.1
        return result, mechanism

    async def _matches(self, directive: Directive, domain: str) -> bool:
        if directive.network is not None:
            return self._ip in directive.network
        if directive.name == "all":
            return True
        self._count_term()
        target = await self._expand(directive.domain, domain) if directive.domain else domain
        if directive.name == "include":
            return await self._included(target)
        if directive.name == "ptr":
            return any(_within(name, target) for name in await self._validated_names())
        if directive.name == "exists":
            return bool(self._noting_void(await self._resolver.a(target)))  # § 5.7: A even for IPv6
        if directive.name == "a":
            return self._among(self._noting_void(await self._addresses(target)), directive)
        return await self._mx_matches(target, directive)

    async def _included(self, target: str) -> bool:
        result, _ = await self.evaluate(target, explain=False)
        if result == "none":
            raise SpfPermError("include: leads to no SPF record")  # § 5.2
        return result == "pass"

    async def _mx_matches(self, target: str, directive: Directive) -> bool:
        hosts = self._noting_void([host for _, host in await self._resolver.mx(target)])
        if len(hosts) > MOST_NAMES:
            raise SpfPermError("too many MX hosts")
        for host in hosts:
            if host and self._among(await self._addresses(host), directive):
                return True
        return False

    async def _addresses(self, name: str) -> list[str]:
        return await (self._resolver.a(name) if self._ip.version == 4 else self._resolver.aaaa(name))

    def _among(self, addresses: list[str], directive: Directive) -> bool:
        shift = self._ip.max_prefixlen - directive.prefixes[self._ip.version == 6]
        wanted = int(self._ip) >> shift
        return any(int(ipaddress.ip_address(address)) >> shift == wanted for address in addresses)

    async def _validated_names(self) -> list[str]:
        """The client's names whose own addresses lead back to it (§ 5.5). Failures only make the list shorter."""
        if self._validated is None:
            self._validated = []
            try:
                names = self._noting_void(await self._resolver.ptr(str(self._ip)))
            except TemporaryError:
                names = []
            for name in names[:MOST_NAMES]:
                try:
                    addresses = await self._addresses(name)
                except TemporaryError:
                    continue
                if any(ipaddress.ip_address(address) == self._ip for address in addresses):
                    self._validated.append(name.lower().rstrip("."))
        return self._validated

    async def _expand(self, template: Template, domain: str) -> str:
        return spf_macros.expand_domain(template, await self._values_for(template, domain)).lower()

    async def _values_for(self, template: Template, domain: str) -> dict[str, str]:
        values = {**self._values, "d": domain}
        if spf_macros.uses(template, "p"):
            names = await self._validated_names()
            # § 7.3: the domain itself, else a name below it, else any.
            names = sorted(names, key=lambda name: (name != domain, not _within(name, domain)))
            values["p"] = (names or ["unknown"])[0]
        return values

    async def explain(self) -> str:
        """The owner's explanation (§ 6.2): printable ASCII, bounded; "" whenever anything is wrong with it."""
        if self._explained is None:
            return ""
        template, domain = self._explained
        try:
            texts = await self._resolver.txt(await self._expand(template, domain))
            if len(texts) != 1:
                return ""
            # § 6.2: explain-string = *( macro-string / SP )
            words = [spf_macros.parse(word) for word in texts[0].split(" ")]
            expanded = [spf_macros.expand(word, await self._values_for(word, domain)) for word in words]
        except (TemporaryError, SpfPermError, spf_macros.MacroError):
            return ""
        return _printable(" ".join(expanded))[:LONGEST_EXPLANATION]

    def _count_term(self) -> None:
        self._terms += 1
        if self._terms > MOST_TERMS:
            raise SpfPermError("too many DNS lookups")

    def _noting_void(self, answer: list[str]) -> list[str]:
        self._voids += not answer
        if self._voids > MOST_VOID:
            raise SpfPermError("too many void DNS lookups")
        return answer


def _macro_values(ip: Address, local: str, domain: str, helo: str) -> dict[str, str]:
    """§ 7.2: the macros by letter, without d and p, which depend on the place."""
    four = ip.version == 4
    return {
        "s": f"{local}@{domain}",
        "l": local,
        "o": domain,
        "h": helo,
        "i": str(ip) if four else ".".join(ip.exploded.replace(":", "")),
        "v": "in-addr" if four else "ip6",
        "c": str(ip),
        "t": str(int(time.time())),
    }


def _within(name: str, domain: str) -> bool:
    return name == domain or name.endswith("." + domain)


def _ascii_domain(domain: str) -> str:
    """Lower case, in A-labels (§ 4.3). What cannot be written so stays as it is and has no SPF record."""
    domain = domain.lower().removesuffix(".")
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return ""


def _printable(text: str) -> str:
    return "".join(char if " " <= char <= "~" else "?" for char in text)
