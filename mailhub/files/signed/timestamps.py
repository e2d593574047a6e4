"""Timestamp tokens (RFC 3161): a third party's word that something existed at a moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from asn1crypto import tsp

from mailhub.files.signed.certificates import Certificate, certificates_of, milliseconds, store_of
from mailhub.files.signed.chain import build
from mailhub.files.signed.content import pool_of_signer, read_content
from mailhub.files.signed.crypto import BROKEN_DIGESTS, digest_of
from mailhub.files.signed.evidence import read_answers
from mailhub.files.signed.facts import Ess, Problem, RevocationAnswer, TimestampFacts
from mailhub.files.signed.pool import NO_POOL, Pool
from mailhub.files.signed.signerinfo import Bad, DigestOf, check, values_of
from mailhub.files.signed.trusted import Part, TrustBundle

_ATTRIBUTE = "signature_time_stamp_token"
_MOST_TOKENS = 5  # looked at on one signature


@dataclass(frozen=True, slots=True)
class Token:
    """A token, and the verified answers about the certificates of its chain that came with it or in the pool."""

    facts: TimestampFacts
    answers: tuple[RevocationAnswer, ...] = ()


def read_token(der: bytes, imprint_of: DigestOf, trust: TrustBundle, pool: Pool = NO_POOL) -> Token:
    """A TimeStampToken (not the TimeStampResp around it) over what `imprint_of` gives the digest of, by the digest's
    name. Raises nothing but MemoryError; a token that is wrong is not `valid`."""
    try:
        return _read(der, imprint_of, trust, pool)
    except Bad as bad:
        return Token(TimestampFacts(problem=bad.detail or bad.problem.value))
    except MemoryError:
        raise
    except Exception as error:  # of parsers, at a stranger's octets
        return Token(TimestampFacts(problem=f"{type(error).__name__}: {error}"[:300]))


def tokens_of(info: Any, value: bytes, trust: TrustBundle, pool: Pool) -> Token | None:
    """The timestamp over a signature's value (RFC 3161 appendix A): the earliest that is valid and leads to a pinned
    root, else the earliest that is valid, else the first. None when there is none."""
    tokens = [
        read_token(one.dump(), lambda name: digest_of(value, name), trust, pool)
        for _, one in zip(range(_MOST_TOKENS), values_of(info["unsigned_attrs"], _ATTRIBUTE), strict=False)
    ]
    return best_of(tokens)


def best_of(tokens: Iterable[Token]) -> Token | None:
    """Which of several counts, as `tokens_of` says it."""
    return min(tokens, key=_rank, default=None)


def _rank(token: Token) -> tuple[bool, bool, int]:
    facts = token.facts
    return not facts.valid, facts.chain.state.value != "trusted", facts.at if facts.valid else 0


def _read(der: bytes, imprint_of: DigestOf, trust: TrustBundle, pool: Pool) -> Token:
    content = read_content(der)
    if content.content_type != "tst_info" or content.content is None or len(content.signers) != 1:
        raise Bad(Problem.MALFORMED, "not a timestamp token")
    octets = bytes(content.content)
    info = tsp.TSTInfo.load(octets, strict=True)
    certificates = certificates_of((*content.pool.certificates, *pool.certificates))
    known = (*certificates, *store_of(trust).all())
    checked = check(content.signers[0], known, "tst_info", lambda name: digest_of(octets, name))
    chain = build(checked.certificate, certificates, trust, Part.TIMESTAMP)
    at = milliseconds(info["gen_time"].native)
    problem = checked.detail or checked.problem.value if checked.problem is not None else ""
    facts = TimestampFacts(
        at=at, problem=problem or _problem(info, imprint_of, checked.certificate, checked.ess, at), chain=chain.facts
    )
    own = pool_of_signer(content.signers[0])
    answers = read_answers(
        (*own.ocsps, *content.pool.ocsps, *pool.ocsps),
        (*own.crls, *content.pool.crls, *pool.crls),
        chain.certificates,
        certificates,
    )
    return Token(replace(facts, valid=not facts.problem), answers)


def _problem(info: Any, imprint_of: DigestOf, certificate: Certificate, ess: Ess, at: int) -> str:
    """What is wrong with a token whose signature is right; "" when nothing is."""
    imprint = info["message_imprint"]
    name = str(imprint["hash_algorithm"]["algorithm"].native)
    if name in BROKEN_DIGESTS:  # of two documents with one imprint the other was stamped
        return f"imprint by {name}"
    try:
        expected = imprint_of(name)
    except (ValueError, LookupError):
        return f"imprint by {name[:40]}"
    if imprint["hashed_message"].native != expected:
        return "the imprint is of something else"
    if ess is Ess.ABSENT:  # RFC 3161 § 2.4.2: it must be there
        return "no signing-certificate attribute"
    extended = certificate.extended_key_usage_value
    if extended is None or "time_stamping" not in extended.native:
        return "the certificate is not for timestamps"  # § 2.3
    if not milliseconds(certificate.not_valid_before) <= at <= milliseconds(certificate.not_valid_after):
        return "the certificate was not in force"
    return ""
