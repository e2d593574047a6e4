"""Addresses made from names, by the province's rule (reference/organisation § 4.2).

NFC → marks away (đ is d) → small letters → only what an address may hold. In a Vietnamese name the family comes first
and the given name, by which people are called, last. What is taken gets a number (`annv2`); an address that was ever
given out stays in the registry, so that nobody inherits another's mail.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, select

from mailhub.accounts.errors import InvalidValue, NoSuchDomain
from mailhub.accounts.models import Address, Domain
from mailhub.accounts.people.names import read_name
from mailhub.text.folding import fold

_LONGEST = 64  # octets of a local part, RFC 5321 § 4.5.3.1.1
_NOT_IN_A_WORD = re.compile("[^a-z0-9]")
_NOT_IN_A_CODE = re.compile("[^a-z0-9]+")
_IN_PARENTHESES = re.compile(r"\([^)]*\)")
# Names of Ê Đê, Gia Rai, Mnông … people: a marker of sex, the given name, then the clan: `Y Bhiêu Êban`, `H'Hen Niê`.
# There the given name is the first, and nobody is called without the marker.
_MARKERS = frozenset({"y", "h", "k", "ka"})
_MARKER_WITHIN = re.compile("[hk]'(?=[a-z])")
# Addresses of functions (RFC 2142, and what strangers take for an authority): never a person's.
RESERVED = frozenset({
    "abuse", "admin", "administrator", "hostmaster", "hub-admin", "info", "mailer-daemon", "noc", "no-reply", "noreply",
    "postmaster", "quantri", "root", "security", "support", "sysadmin", "thuchoduyet", "vanthu",
    "webmaster",
})  # fmt: skip


class NamingRule(StrEnum):
    """How a name becomes a local part; examples for Nguyễn Văn An. The values of `[accounts] naming`."""

    INITIALS_GIVEN = "initials-given"  # nvan
    GIVEN_INITIALS = "given-initials"  # annv
    GIVEN_DOT_INITIALS = "given.initials"  # an.nv
    FULL = "full"  # nguyenvanan


@dataclass(frozen=True, slots=True)
class Naming:
    """A province's way of making addresses: `[accounts] naming` and `unit_suffix`."""

    rule: NamingRule = NamingRule.GIVEN_INITIALS
    unit_suffix: bool = False


def local_part(name: str, rule: NamingRule | str) -> str:
    """What the rule makes of a name, whether it is free or not.

    Raises:
        InvalidValue: the name has no letters that an address could hold.
    """
    given, others = _parts(read_name(name))
    initials = "".join(word[0] for word in others)
    match NamingRule(rule):
        case NamingRule.INITIALS_GIVEN:
            made = initials + given
        case NamingRule.GIVEN_INITIALS:
            made = given + initials
        case NamingRule.GIVEN_DOT_INITIALS:
            made = f"{given}.{initials}" if initials else given
        case NamingRule.FULL:
            made = _in_order(read_name(name))
    return made


def unit_part(code: str) -> str:
    """An agency's code as it stands in addresses: `xa-Tân.Hồng` → `xa-tan-hong`."""
    return _NOT_IN_A_CODE.sub("-", fold(code)).strip("-")


def candidates(name: str, rule: NamingRule | str, suffix: str = "") -> Iterator[str]:
    """Local parts in the order in which they are offered, without end: `annv.snv`, `annv2.snv`, `annv3.snv` …

    Pure, so that whoever enters thousands at once may keep what is taken in memory.

    Raises:
        InvalidValue: as `local_part`.
    """
    tail = f".{unit_part(suffix)}" if unit_part(suffix) else ""
    tail = tail[: _LONGEST // 2].rstrip("-")
    base = local_part(name, rule)
    if base not in RESERVED or tail:
        yield base[: _LONGEST - len(tail)].rstrip(".") + tail
    for number in itertools.count(2):
        yield base[: _LONGEST - len(tail) - len(str(number))].rstrip(".") + str(number) + tail


def propose(
    connection: Connection,
    name: str,
    domain: str,
    rule: NamingRule | str,
    suffix: str = "",
    *,
    unit: str = "",
    count: int = 3,
    taken: Collection[str] = (),
) -> list[str]:
    """Free addresses for somebody of this name, the best first.

    `suffix` is an agency's code that every address carries (`[accounts] unit_suffix`); `unit` one that is offered as
    well when the plain address is taken. `taken` are addresses that somebody is about to enter.

    Raises:
        InvalidValue: the name has no letters that an address could hold. NoSuchDomain: it is not ours.
    """
    if connection.execute(select(Domain.name).where(Domain.name == domain)).one_or_none() is None:
        raise NoSuchDomain(f"not a domain of ours: {domain}")
    gone = _given_out(connection, local_part(name, rule), domain) | set(taken)
    offers = (f"{local}@{domain}" for local in candidates(name, rule, suffix))
    found = list(itertools.islice((offer for offer in offers if offer not in gone), count))
    if unit and not suffix:
        carrying = f"{next(candidates(name, rule, unit))}@{domain}"
        plain = f"{local_part(name, rule)}@{domain}"
        if carrying not in gone and plain not in found:
            found.insert(1, carrying)
    return found[:count]


def _given_out(connection: Connection, base: str, domain: str) -> set[str]:
    """Every address that begins like this one, of now or of before: a walk along the key, whatever its collation."""
    begins = Address.address.like(_pattern(base) + "%", escape="\\")
    return set(connection.execute(select(Address.address).where(begins, Address.domain == domain)).scalars())


def _pattern(text: str) -> str:
    return text[: _LONGEST // 2].replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _parts(name: str) -> tuple[str, list[str]]:
    """The given name (with its marker) and the other words, folded, each without anything but letters and digits."""
    words = fold(_IN_PARENTHESES.sub(" ", name)).split()
    marked = bool(words) and (_MARKER_WITHIN.match(words[0]) is not None)
    apart = len(words) > 1 and words[0].rstrip("'") in _MARKERS
    bare = [bare for bare in (_NOT_IN_A_WORD.sub("", word) for word in words) if bare]
    if not bare:
        raise InvalidValue(f"an address needs Latin letters, and the name has none: {name[:40]!r}")
    if apart and len(bare) > 1:
        return bare[0] + bare[1], bare[2:]
    if marked:
        return bare[0], bare[1:]
    return bare[-1], bare[:-1]


def _in_order(name: str) -> str:
    _parts(name)  # raises when there is nothing in it
    return _NOT_IN_A_WORD.sub("", fold(_IN_PARENTHESES.sub(" ", name)))
