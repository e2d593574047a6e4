"""Verifies the DKIM signatures of a message that came in (RFC 6376 § 6, RFC 8301, RFC 8463).

In three steps, so that a body of any size is hashed while it streams by and never lies in memory:
`parse_signatures(fields)` when the header is there, `BodyHashes(signatures).update(chunk)` for the body, and
`check_signatures(...)` at the end, which only looks up keys and does one public-key operation a signature.

Stricter than RFC 6376 has to be, because DMARC and people trust the result: a signature that covers only part
of the body (l=, § 8.2), or leaves a second From unsigned (§ 8.15), has the result "policy".
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from mailhub.errors import TemporaryError
from mailhub.mail.dkim_canon import BodyHasher, RelaxedBodyHasher, relaxed_field
from mailhub.mail.dkim_key import PublicKey, choose_key
from mailhub.mail.dkim_signature import Canon, Signature, parse_signatures
from mailhub.mail.headers import Field
from mailhub.mail.lookups import Lookups

__all__ = ["BodyHashes", "DkimResult", "Signature", "check_signatures", "parse_signatures"]

Verdict = Literal["pass", "fail", "none", "temperror", "permerror", "policy", "neutral"]

# The value of b=, which is signed as if it were empty (RFC 6376 § 3.5).
_SIGNATURE_VALUE = re.compile(rb"((?:\A|;)[ \t\r\n]*b[ \t\r\n]*=)[^;]*")


class DkimResult(NamedTuple):
    """What one signature is worth (RFC 8601 § 2.7.1). `reason` is ours, ASCII, and empty for a pass."""

    domain: str
    selector: str
    result: Verdict
    reason: str = ""
    algorithm: str = ""
    key_bits: int = 0


class BodyHash(NamedTuple):
    """The SHA-256 of a body in one canonical form and how many octets that form had."""

    digest: bytes
    length: int


class BodyHashes:
    """Hashes a body once for each canonical form that the signatures need."""

    def __init__(self, signatures: Sequence[Signature]) -> None:
        self._hashers: dict[Canon, BodyHasher] = {
            signature.body_canon: RelaxedBodyHasher() if signature.body_canon == "relaxed" else BodyHasher()
            for signature in signatures
            if not signature.problem
        }

    def update(self, chunk: bytes) -> None:
        """Take the next bytes after the blank line."""
        for hasher in self._hashers.values():
            hasher.update(chunk)

    def finish(self) -> dict[Canon, BodyHash]:
        """The hashes, after the last chunk. Call it once."""
        return {canon: BodyHash(hasher.digest(), hasher.length) for canon, hasher in self._hashers.items()}


async def check_signatures(
    fields: Sequence[Field],
    signatures: Sequence[Signature],
    body_hashes: Mapping[Canon, BodyHash],
    resolver: Lookups,
    *,
    at: int,
) -> list[DkimResult]:
    """One result for each signature, in their order; [] for an unsigned message. Never raises.

    `fields` are all fields of the message, `at` is the time of arrival in seconds.
    """
    return list(await asyncio.gather(*(_check(fields, each, body_hashes, resolver, at) for each in signatures)))


async def _check(
    fields: Sequence[Field], signature: Signature, body_hashes: Mapping[Canon, BodyHash], resolver: Lookups, at: int
) -> DkimResult:
    result, reason = _check_without_key(fields, signature, body_hashes, at)
    key = PublicKey()
    if not reason:
        try:
            key = choose_key(await resolver.txt(signature.key_name))
        except TemporaryError:
            result, reason = "temperror", "the key could not be looked up"
        else:
            result, reason = _check_with_key(fields, signature, key)
    return DkimResult(signature.domain, signature.selector, result, reason, signature.algorithm, key.bits)


def _check_without_key(
    fields: Sequence[Field], signature: Signature, body_hashes: Mapping[Canon, BodyHash], at: int
) -> tuple[Verdict, str]:
    """What needs no lookup. The reason is empty when the signature is still in the running."""
    if signature.problem:
        return "permerror", signature.problem
    if signature.expires is not None and at > signature.expires:
        return "fail", "signature expired"
    body = body_hashes.get(signature.body_canon)
    if body is None:
        return "temperror", "the body was not hashed"
    if signature.length is not None and signature.length < body.length:
        return "policy", "only part of the body is signed"
    if signature.length is not None and signature.length > body.length:
        return "fail", "the body is shorter than was signed"
    if body.digest != signature.body_hash:
        return "fail", "body hash did not verify"
    if sum(field.name.lower() == b"from" for field in fields) > signature.names.count(b"from"):
        return "policy", "a From field is not signed"
    return "pass", ""


def _check_with_key(fields: Sequence[Field], signature: Signature, key: PublicKey) -> tuple[Verdict, str]:
    if key.problem:
        return "permerror", key.problem
    if signature.algorithm != f"{key.kind}-sha256":
        return "permerror", "key and signature differ in algorithm"
    if key.strict_identity and signature.identity != signature.domain:
        return "permerror", "the key does not allow subdomains in i="
    if key.weak:
        return "policy", "unacceptable key size"
    if not key.verifies(signature.signature, _signed_data(fields, signature)):
        return "fail", "signature did not verify"
    return "pass", ""


def _signed_data(fields: Sequence[Field], signature: Signature) -> bytes:
    """The signed fields, each name taking the lowest that is left (RFC 6376 § 5.4.2), then the signature's own."""
    left: dict[bytes, list[Field]] = {}
    for field in fields:
        if field != signature.field:
            left.setdefault(field.name.lower(), []).append(field)
    chosen = [stack.pop() for name in signature.names if (stack := left.get(name))]
    name, colon, value = signature.field.raw.partition(b":")
    own = signature.field._replace(raw=name + colon + _SIGNATURE_VALUE.sub(rb"\1", value, count=1))
    canon = relaxed_field if signature.header_canon == "relaxed" else _simple_field
    return b"".join([canon(field) for field in chosen]) + canon(own).removesuffix(b"\r\n")


def _simple_field(field: Field) -> bytes:
    return field.raw
