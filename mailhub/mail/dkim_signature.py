"""Reads the `DKIM-Signature` fields of a message that came in (RFC 6376 § 3.5, § 6.1.1). Never raises."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mailhub.mail.headers import Field
from mailhub.mail.taglist import parse_tags, without_space

MOST_SIGNATURES = 5  # more are ignored: each costs a lookup and some arithmetic (RFC 6376 § 8.4)

Canon = Literal["simple", "relaxed"]

_REQUIRED = ("v", "a", "b", "bh", "d", "h", "s")
_DOMAIN = re.compile(r"(?=.{1,253}\Z)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_][a-z0-9_-]{0,62})*")
_NUMBER = re.compile(r"[0-9]{1,76}")
_CANONS: dict[str, tuple[Canon, Canon]] = {
    "simple": ("simple", "simple"),
    "relaxed": ("relaxed", "simple"),
    "simple/simple": ("simple", "simple"),
    "simple/relaxed": ("simple", "relaxed"),
    "relaxed/simple": ("relaxed", "simple"),
    "relaxed/relaxed": ("relaxed", "relaxed"),
}


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature. `problem` says why it cannot be verified ("" = it can); then only the names are of use."""

    field: Field
    domain: str = ""
    selector: str = ""
    algorithm: str = ""
    problem: str = ""
    header_canon: Canon = "simple"
    body_canon: Canon = "simple"
    length: int | None = None  # l=, octets of the canonical body
    body_hash: bytes = b""
    signature: bytes = b""
    names: tuple[bytes, ...] = ()  # h=, lower case, in order
    expires: int | None = None  # x=, seconds
    identity: str = ""  # the domain of i=

    @property
    def key_name(self) -> str:
        """Where the public key stands. A caller may look it up early, so that the answer is cached at the end."""
        return f"{self.selector}._domainkey.{self.domain}"


class _MalformedError(Exception):
    pass


def parse_signatures(fields: Sequence[Field]) -> list[Signature]:
    """The first five signatures from the top, where the latest stand; those that cannot be read say why."""
    found = [field for field in fields if field.name.lower() == b"dkim-signature"]
    return [_parse(field) for field in found[:MOST_SIGNATURES]]


def _parse(field: Field) -> Signature:
    tags = parse_tags(field.raw.partition(b":")[2].decode("utf-8", "replace"))
    if tags is None:
        return Signature(field, problem="malformed tag list")
    domain, selector = tags.get("d", "").lower(), tags.get("s", "").lower()
    algorithm = tags.get("a", "").lower()
    if not _DOMAIN.fullmatch(domain) or not _DOMAIN.fullmatch(selector):
        return Signature(field, problem="no usable d= or s=")
    try:
        return _read(field, tags, domain, selector, algorithm)
    except _MalformedError as error:
        return Signature(field, domain, selector, algorithm, problem=str(error))


def _read(field: Field, tags: dict[str, str], domain: str, selector: str, algorithm: str) -> Signature:
    missing = [name for name in _REQUIRED if not tags.get(name)]
    if missing:
        raise _MalformedError(f"no {missing[0]}=")
    if tags["v"] != "1":
        raise _MalformedError("unknown version")
    if algorithm not in ("rsa-sha256", "ed25519-sha256"):
        raise _MalformedError("rsa-sha1 is no longer accepted" if algorithm == "rsa-sha1" else "unknown algorithm")
    if tags.get("c", "simple/simple").lower() not in _CANONS:
        raise _MalformedError("unknown canonicalization")
    if "q" in tags and "dns/txt" not in [query.strip().lower() for query in tags["q"].split(":")]:
        raise _MalformedError("unknown query method")
    names = tuple(name.strip().lower().encode() for name in tags["h"].split(":"))
    if b"from" not in names:
        raise _MalformedError("From is not signed")
    header_canon, body_canon = _CANONS[tags.get("c", "simple/simple").lower()]
    signed_at, expires = _number(tags, "t"), _number(tags, "x")
    if signed_at is not None and expires is not None and expires < signed_at:
        raise _MalformedError("x= before t=")
    return Signature(
        field, domain, selector, algorithm, "", header_canon, body_canon, _number(tags, "l"),
        _base64(tags, "bh"), _base64(tags, "b"), names, expires, _identity(tags, domain),
    )  # fmt: skip


def _identity(tags: dict[str, str], domain: str) -> str:
    """The domain of i=, which must be d= or below it (RFC 6376 § 3.5)."""
    if "i" not in tags:
        return domain
    _, at, identity = tags["i"].lower().rpartition("@")
    if not at or (identity != domain and not identity.endswith("." + domain)):
        raise _MalformedError("i= is not within d=")
    return identity


def _number(tags: dict[str, str], name: str) -> int | None:
    if name not in tags:
        return None
    if not _NUMBER.fullmatch(tags[name]):
        raise _MalformedError(f"{name}= is no number")
    return int(tags[name])


def _base64(tags: dict[str, str], name: str) -> bytes:
    try:
        return base64.b64decode(without_space(tags[name]), validate=True)
    except (binascii.Error, ValueError) as error:
        raise _MalformedError(f"{name}= is not base64") from error
