"""Signatures in CMS (RFC 5652), as PDF and S/MIME carry them: facts, no verdict."""

from __future__ import annotations

from dataclasses import dataclass, field

from mailhub.files.signed.certificates import certificates_of, store_of
from mailhub.files.signed.chain import Chain, build
from mailhub.files.signed.content import SignedContent, pool_of_signer, read_content
from mailhub.files.signed.crypto import digest_of as digest_over
from mailhub.files.signed.crypto import proves_nothing, rsa_bits, weaknesses_of
from mailhub.files.signed.evidence import read_answers
from mailhub.files.signed.facts import ChainFacts, Ess, Problem, RevocationAnswer, TimestampFacts, Weakness
from mailhub.files.signed.pool import NO_POOL, Pool
from mailhub.files.signed.signerinfo import Bad, Checked, DigestOf, check
from mailhub.files.signed.timestamps import tokens_of
from mailhub.files.signed.trusted import Part, TrustBundle

_MOST_SIGNERS = 20
_LONGEST_CONTENT = 4096
_UNDER_ATTRIBUTES = b"\x31"  # a SET


@dataclass(frozen=True, slots=True, kw_only=True)
class CmsFacts:
    """One signature. `problems` empty: digest and value are right. `content` is what the CMS itself holds, when that is
    short (at most 4 KiB: a digest, not a file)."""

    problems: tuple[Problem, ...] = ()
    detail: str = ""
    ess: Ess = Ess.ABSENT
    digest: str = ""
    weaknesses: tuple[Weakness, ...] = ()
    chain: ChainFacts = field(default_factory=ChainFacts)
    claimed_at: int = 0
    timestamp: TimestampFacts | None = None
    answers: tuple[RevocationAnswer, ...] = ()
    content: bytes = b""


def read_cms(der: bytes, *, digest_of: DigestOf, detached: bool, trust: TrustBundle, pool: Pool = NO_POOL) -> CmsFacts:
    """The one signature of a CMS. Raises nothing but MemoryError.

    `digest_of` gives the digest of what is signed, by the digest's name as asn1crypto writes it; it raises ValueError
    or KeyError for those that it does not have. It is not asked when the content is enclosed (`detached` false).
    """
    try:
        content = read_content(der)
        if len(content.signers) != 1:
            raise Bad(Problem.UNSUPPORTED, f"{len(content.signers)} signers")
        return read_signer(content, 0, digest_of=digest_of, detached=detached, trust=trust, pool=pool)
    except Bad as bad:
        return CmsFacts(problems=(bad.problem,), detail=bad.detail)
    except MemoryError:
        raise
    except Exception as error:
        return _crashed(error)


def read_signers(content: SignedContent, *, digest_of: DigestOf, detached: bool, trust: TrustBundle) -> list[CmsFacts]:
    """Each signature of a CMS by itself, as `read_cms` reads one. Raises nothing but MemoryError."""
    found = []
    for at in range(min(len(content.signers), _MOST_SIGNERS)):
        try:
            found.append(read_signer(content, at, digest_of=digest_of, detached=detached, trust=trust))
        except Bad as bad:
            found.append(CmsFacts(problems=(bad.problem,), detail=bad.detail))
        except MemoryError:
            raise
        except Exception as error:
            found.append(_crashed(error))
    if len(content.signers) > _MOST_SIGNERS:
        found.append(CmsFacts(problems=(Problem.UNSUPPORTED,), detail=f"{len(content.signers)} signers"))
    return found


def read_signer(
    content: SignedContent,
    at: int,
    *,
    digest_of: DigestOf,
    detached: bool,
    trust: TrustBundle,
    pool: Pool = NO_POOL,
) -> CmsFacts:
    """The signature of one of the signers. Raises Bad, and what parsers raise at strange octets."""
    info, octets = content.signers[at], content.content
    if detached == (octets is not None):
        raise Bad(Problem.MALFORMED, "content where none belongs" if detached else "no content")
    if octets is not None:
        digest_of = _digest_of_enclosed(octets)
    brought = certificates_of((*content.pool.certificates, *pool.certificates))
    checked = check(info, (*brought, *store_of(trust).all()), content.content_type, digest_of)
    chain = build(checked.certificate, brought, trust, Part.ROOT)
    whole = _joined(pool_of_signer(info), content.pool, pool)
    token = tokens_of(info, checked.value, trust, whole)
    own = read_answers(whole.ocsps, whole.crls, chain.certificates, brought)
    problem, detail = _worst(checked, chain, octets)
    return CmsFacts(
        problems=(problem,) if problem is not None else (),
        detail=detail,
        ess=checked.ess,
        digest=checked.digest,
        weaknesses=weaknesses_of(*_rests_on(checked, chain)),
        chain=chain.facts,
        claimed_at=checked.claimed_at,
        timestamp=token.facts if token is not None else None,
        answers=tuple(dict.fromkeys((*own, *(token.answers if token is not None else ())))),
        content=bytes(octets) if octets is not None and len(octets) <= _LONGEST_CONTENT else b"",
    )


def _worst(checked: Checked, chain: Chain, enclosed: memoryview | None) -> tuple[Problem | None, str]:
    if checked.problem is not None:
        return checked.problem, checked.detail
    digests, bits = _rests_on(checked, chain)
    if proves_nothing(digests, bits):
        return Problem.WEAK, "in the chain"
    # Without attributes the content could be the attributes of another signature, taken for the content itself
    # (Strenzke, CMS signed data forgery, 2023): what begins like them is no mail and no PDF.
    if checked.bare and enclosed is not None and bytes(enclosed[:1]) == _UNDER_ATTRIBUTES:
        return Problem.FORGED, "attributes as content"
    return None, ""


def _rests_on(checked: Checked, chain: Chain) -> tuple[set[str], set[int]]:
    """Digests and key lengths that the signature's worth rests on. Pinned certificates are believed by their
    fingerprint, so how they are signed does not matter."""
    facts = zip(chain.certificates, chain.facts.certificates, strict=True)
    loose = [one for one, told in facts if not told.pinned]
    digests = {told.algorithm.split(" ")[0] for told in chain.facts.certificates if not told.pinned}
    return {*checked.digests, *digests}, {rsa_bits(one.public_key) for one in (checked.certificate, *loose)}


def _digest_of_enclosed(octets: memoryview) -> DigestOf:
    return lambda name: digest_over(octets, name)


def _joined(*pools: Pool) -> Pool:
    return Pool(
        certificates=tuple(der for pool in pools for der in pool.certificates),
        ocsps=tuple(der for pool in pools for der in pool.ocsps),
        crls=tuple(der for pool in pools for der in pool.crls),
    )


def _crashed(error: Exception) -> CmsFacts:
    return CmsFacts(problems=(Problem.MALFORMED,), detail=f"{type(error).__name__}: {error}"[:300])
