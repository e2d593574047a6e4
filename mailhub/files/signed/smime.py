"""S/MIME: the signatures of a mail, and of files that are a CMS themselves (RFC 8551)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mailhub.files.signed.cms import CmsFacts, read_signers
from mailhub.files.signed.content import SignedContent, read_content
from mailhub.files.signed.crypto import digest_of
from mailhub.files.signed.facts import Coverage, Form, Problem, SignatureFacts, Signed
from mailhub.files.signed.signerinfo import Bad
from mailhub.files.signed.trusted import TrustBundle

_UNDER_ATTRIBUTES = b"\x31"


@dataclass(frozen=True, slots=True)
class Opaque:
    """`signed` None: nothing is signed here (certificates only, encrypted, or what it signs lies elsewhere).
    `content` is what is enclosed: a MIME entity, header and all, or any file."""

    signed: Signed | None = None
    content: memoryview | None = None


def read_detached(content: bytes | memoryview, der: bytes, trust: TrustBundle) -> Signed:
    """A multipart/signed: `content` is its first part in the octets in which it lies in the message, header and all,
    without the line break before the delimiter (RFC 8551 § 3.5.3, RFC 1847 § 2.1). Raises nothing but MemoryError.

    A message that was kept with bare line feeds throughout was signed with CRLF all the same (RFC 8551 § 3.1.1).
    """
    octets = _canonical(content)
    asked: dict[str, bytes] = {}

    def digest(name: str) -> bytes:
        if name not in asked:
            asked[name] = digest_of(octets, name)
        return asked[name]

    def read() -> Signed:
        found = _signed(read_content(der), digest, detached=True, trust=trust)
        if bytes(octets[:1]) == _UNDER_ATTRIBUTES:  # see cms.py: no mail begins so
            return Signed(problems=(Problem.FORGED,), detail="attributes as content", trust=trust.version)
        return found

    return _guarded(read, trust)


def read_opaque(der: bytes | memoryview, trust: TrustBundle) -> Opaque:
    """An application/pkcs7-mime entity, or a .p7m, .p7s, .p7c file (RFC 8551 § 3.5.2). Raises nothing but
    MemoryError."""
    try:
        content = read_content(der)
    except Bad as bad:
        if bad.problem is Problem.UNSUPPORTED:  # enveloped, compressed: says nothing about who wrote it
            return Opaque()
        return Opaque(Signed(problems=(bad.problem,), detail=bad.detail, trust=trust.version))
    if not content.signers or content.content is None:
        return Opaque(content=content.content)
    signed = _guarded(lambda: _signed(content, _not_there, detached=False, trust=trust), trust)
    return Opaque(signed, content.content)


def _not_there(name: str) -> bytes:
    raise LookupError(name)


def _signed(content: SignedContent, digest: Callable[[str], bytes], *, detached: bool, trust: TrustBundle) -> Signed:
    if not content.signers:
        return Signed(problems=(Problem.EMPTY,), trust=trust.version)
    facts = read_signers(content, digest_of=digest, detached=detached, trust=trust)
    return Signed(signatures=tuple(_signature(one) for one in facts), trust=trust.version)


def _signature(facts: CmsFacts) -> SignatureFacts:
    return SignatureFacts(
        form=Form.SMIME,
        problems=facts.problems,
        detail=facts.detail,
        coverage=Coverage.CONTENT,
        ess=facts.ess,
        digest=facts.digest,
        weaknesses=facts.weaknesses,
        chain=facts.chain,
        claimed_at=facts.claimed_at,
        timestamp=facts.timestamp,
        answers=facts.answers,
    )


def _guarded(read: Callable[[], Signed], trust: TrustBundle) -> Signed:
    try:
        return read()
    except Bad as bad:
        return Signed(problems=(bad.problem,), detail=bad.detail, trust=trust.version)
    except MemoryError:
        raise
    except Exception as error:
        return Signed(problems=(Problem.CRASHED,), detail=type(error).__name__, trust=trust.version)


def _canonical(content: bytes | memoryview) -> bytes | memoryview:
    octets = bytes(content)
    if b"\r" in octets or b"\n" not in octets:
        return octets
    return octets.replace(b"\n", b"\r\n")
