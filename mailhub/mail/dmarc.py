"""Decides whether the author's domain stands behind a message: DMARC, RFC 7489 (and np= of RFC 9091).

The organisational domain comes from the public suffix list that the package `publicsuffixlist` brings along.
There gov.vn is a suffix, so so.tinh.gov.vn belongs to tinh.gov.vn.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Literal, NamedTuple

from publicsuffixlist import PublicSuffixList

from mailhub.errors import TemporaryError
from mailhub.mail.dkim_verify import DkimResult
from mailhub.mail.lookups import Lookups
from mailhub.mail.spf import SpfResult
from mailhub.mail.taglist import parse_tags

__all__ = ["DmarcResult", "Policy", "evaluate_dmarc", "organizational_domain", "preload"]

Policy = Literal["none", "quarantine", "reject"]
Verdict = Literal["pass", "fail", "none", "temperror", "permerror"]

LONGEST_RECORD = 4096  # longer ones are not read

_POLICIES: dict[str, Policy] = {"none": "none", "quarantine": "quarantine", "reject": "reject"}
_MILDER: dict[Policy, Policy] = {"reject": "quarantine", "quarantine": "none", "none": "none"}
_VERSION = re.compile(r"v[ \t]*=[ \t]*DMARC1[ \t]*(?:;|\Z)")
_DOMAIN = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9_-]{1,63}\.)+[a-z0-9_-]{1,63}")


class DmarcResult(NamedTuple):
    """The verdict on a message.

    `policy` is what the domain's owner asks for when it fails, `disposition` what this message gets: "none"
    unless the result is "fail", and one step milder when pct= spares it (§ 6.6.4).
    """

    result: Verdict
    policy: Policy
    disposition: Policy
    domain: str  # the From domain, lower case, A-labels; "" when it is no domain name
    aligned_spf: bool = False
    aligned_dkim: bool = False


class _Record(NamedTuple):
    policy: Policy
    subdomain_policy: Policy
    absent_policy: Policy | None  # np=, for names that do not exist
    strict_dkim: bool
    strict_spf: bool
    percent: int


def preload() -> None:
    """Read the public suffix list (about 50 ms): call it before a fork."""
    _suffixes()


def organizational_domain(name: str) -> str:
    """The registered domain that `name` (lower case, A-labels) lies in (§ 3.2); a public suffix is its own."""
    return _organizational_domain(name)


async def evaluate_dmarc(
    from_domain: str, spf: SpfResult, dkim: Sequence[DkimResult], resolver: Lookups, *, sample: float = 0.0
) -> DmarcResult:
    """Judge a message with one author in `from_domain` (§ 6.6.2). Never raises.

    `sample` in [0, 1) is the message's place in the lot: with pct=20 those below 0.2 meet the full policy.
    Messages with several authors or none are the caller's to refuse.
    """
    domain = _ascii_domain(from_domain)
    if not domain:
        return DmarcResult("permerror", "none", "none", "")
    try:
        found = await _discover(domain, resolver)
        if found is None:
            return DmarcResult("none", "none", "none", domain)
        record, own = found
        policy = record.policy if own else await _subdomain_policy(record, domain, resolver)
    except TemporaryError:
        return DmarcResult("temperror", "none", "none", domain)
    by_spf = _aligned(domain, spf.domain, strict=record.strict_spf)
    by_dkim = [each for each in dkim if _aligned(domain, each.domain, strict=record.strict_dkim)]
    aligned_spf = by_spf and spf.result == "pass"
    aligned_dkim = any(each.result == "pass" for each in by_dkim)
    if aligned_spf or aligned_dkim:
        return DmarcResult("pass", policy, "none", domain, aligned_spf, aligned_dkim)
    # § 6.6.2: what could still pass when DNS answers again must not be refused now.
    if (by_spf and spf.result == "temperror") or any(each.result == "temperror" for each in by_dkim):
        return DmarcResult("temperror", policy, "none", domain)
    disposition = policy if sample * 100 < record.percent else _MILDER[policy]
    return DmarcResult("fail", policy, disposition, domain)


async def _discover(domain: str, resolver: Lookups) -> tuple[_Record, bool] | None:
    """The record that applies, and whether it stands at the domain itself (§ 6.6.3)."""
    texts = _dmarc_texts(await resolver.txt(f"_dmarc.{domain}"))
    own = True
    parent = organizational_domain(domain)
    if not texts and parent != domain:
        own = False
        texts = _dmarc_texts(await resolver.txt(f"_dmarc.{parent}"))
    record = _parse(texts[0]) if len(texts) == 1 else None
    return None if record is None else (record, own)


async def _subdomain_policy(record: _Record, domain: str, resolver: Lookups) -> Policy:
    if record.absent_policy is not None and not await resolver.exists(domain):
        return record.absent_policy
    return record.subdomain_policy


def _dmarc_texts(texts: Sequence[str]) -> list[str]:
    """v=DMARC1 must be the first tag, in this letter case (§ 6.3); other TXT records don't count."""
    return [text for text in texts if len(text) <= LONGEST_RECORD and _VERSION.match(text)]


@lru_cache(maxsize=1024)
def _parse(text: str) -> _Record | None:
    """None when the record says nothing that can be followed (§ 6.6.3, steps 5 and 6)."""
    tags = parse_tags(text)
    if tags is None:
        return None
    policy = _POLICIES.get(tags.get("p", "").lower())
    subdomain = _POLICIES.get(tags["sp"].lower()) if "sp" in tags else policy
    if policy is None or subdomain is None:
        if "mailto:" not in tags.get("rua", "").lower():
            return None
        policy = subdomain = "none"
    absent = _POLICIES.get(tags.get("np", "").lower())
    percent = int(tags["pct"]) if re.fullmatch(r"[0-9]{1,2}|100", tags.get("pct", "")) else 100
    strict_dkim, strict_spf = (tags.get(name, "r").lower() == "s" for name in ("adkim", "aspf"))
    return _Record(policy, subdomain, absent, strict_dkim, strict_spf, percent)


def _aligned(domain: str, other: str, *, strict: bool) -> bool:
    """Identifier alignment (§ 3.1)."""
    if domain == other:
        return True
    return not strict and bool(other) and organizational_domain(domain) == organizational_domain(other)


def _ascii_domain(name: str) -> str:
    name = name.lower().removesuffix(".")
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii")
        except UnicodeError:
            return ""
    return name if _DOMAIN.fullmatch(name) else ""


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


@lru_cache(maxsize=8192)
def _organizational_domain(name: str) -> str:
    return str(_suffixes().privatesuffix(name) or name)
