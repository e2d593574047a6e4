"""Reads an SPF record (RFC 7208 § 4.6.1, § 5, § 6, § 12). All of it is checked before any of it is used."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from mailhub.mail.spf_macros import MacroError, Template, parse, parse_domain

Result = Literal["pass", "fail", "softfail", "neutral", "none", "temperror", "permerror"]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LONGEST_RECORD = 8192  # § 3.4 asks for under 450 octets; a stranger's record shall not keep us busy

_RESULTS: dict[str, Result] = {"": "pass", "+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
_MODIFIER = re.compile(r"([A-Za-z][A-Za-z0-9._-]*)=(.*)", re.DOTALL)
_DIRECTIVE = re.compile(r"([+?~-]?)([A-Za-z][A-Za-z0-9]*)(.*)", re.DOTALL)
_PREFIXES = re.compile(r"(?:/(0|[1-9][0-9]?))?(?://(0|[1-9][0-9]{0,2}))?\Z")
_ADDRESS = re.compile(r"([0-9A-Fa-f.:]+)(?:/(0|[1-9][0-9]{0,2}))?")


class SpfPermError(Exception):
    """The record breaks the grammar or a limit, so the domain has no policy that can be applied: permerror."""


@dataclass(frozen=True, slots=True)
class Directive:
    """A mechanism with its qualifier. `domain` is empty where the current domain is meant."""

    text: str
    result: Result
    name: str
    domain: Template = ()
    prefixes: tuple[int, int] = (32, 128)  # for IPv4 and for IPv6
    network: Network | None = None  # of ip4 and ip6


@dataclass(frozen=True, slots=True)
class Record:
    """A whole record."""

    directives: tuple[Directive, ...] = ()
    redirect: Template | None = None
    explanation: Template | None = None
    ignored: tuple[str, ...] = field(default=(), compare=False)  # modifiers that nobody knows


def choose_record(texts: Sequence[str]) -> str | None:
    """The SPF record among a name's TXT records (§ 4.5), or None. Raises `SpfPermError` when there are several."""
    found = [text for text in texts if text[:7].lower() in ("v=spf1", "v=spf1 ")]
    if len(found) > 1:
        raise SpfPermError("more than one SPF record")
    return found[0] if found else None


@lru_cache(maxsize=1024)
def parse_record(text: str) -> Record:
    """Raises `SpfPermError`. Cached: a province hears from the same few hundred domains all day."""
    if len(text) > LONGEST_RECORD:
        raise SpfPermError("the record is too long")
    directives: list[Directive] = []
    modifiers: dict[str, Template] = {}
    ignored: list[str] = []
    try:
        for term in text[6:].split(" "):
            modifier = _MODIFIER.fullmatch(term)
            if modifier is None:
                if term:
                    directives.append(_directive(term))
                continue
            name = modifier[1].lower()
            if name not in ("redirect", "exp"):
                parse(modifier[2])
                ignored.append(name)
            elif name in modifiers:
                raise SpfPermError(f"{name}= occurs twice")
            else:
                modifiers[name] = parse_domain(modifier[2])
    except (MacroError, ValueError) as error:
        raise SpfPermError(str(error)) from error
    return Record(tuple(directives), modifiers.get("redirect"), modifiers.get("exp"), tuple(ignored))


def _directive(term: str) -> Directive:
    match = _DIRECTIVE.fullmatch(term)
    if match is None:
        raise SpfPermError("malformed term")
    result, name, rest = _RESULTS[match[1]], match[2].lower(), match[3]
    if name == "all" and not rest:
        return Directive(term, result, name)
    if name in ("ip4", "ip6") and rest.startswith(":"):
        return Directive(term, result, name, network=_network(name, rest[1:]))
    if name in ("include", "exists") and rest.startswith(":"):
        return Directive(term, result, name, parse_domain(rest[1:]))
    if name == "ptr" and (not rest or rest.startswith(":")):
        return Directive(term, result, name, parse_domain(rest[1:]) if rest else ())
    if name in ("a", "mx"):
        return _address_directive(term, result, name, rest)
    raise SpfPermError("unknown mechanism" if rest[:1] in ("", ":", "/") else "malformed term")


def _address_directive(term: str, result: Result, name: str, rest: str) -> Directive:
    prefixes = _PREFIXES.search(rest)
    assert prefixes is not None  # both parts are optional
    target = rest[: prefixes.start()]
    four, six = int(prefixes[1] or 32), int(prefixes[2] or 128)
    if four > 32 or six > 128 or (target and not target.startswith(":")):
        raise SpfPermError("malformed prefix length")
    return Directive(term, result, name, parse_domain(target[1:]) if target else (), (four, six))


def _network(name: str, text: str) -> Network:
    match = _ADDRESS.fullmatch(text)
    if match is None:
        raise SpfPermError("malformed address")
    address = ipaddress.IPv4Address(match[1]) if name == "ip4" else ipaddress.IPv6Address(match[1])
    bits = address.max_prefixlen if match[2] is None else int(match[2])
    if bits > address.max_prefixlen:
        raise SpfPermError("malformed prefix length")
    return ipaddress.ip_network((address, bits), strict=False)
