"""The way from a certificate to a pinned root (RFC 5280 § 6). Revocation and the moment are left to who judges.

Names only say where to look: every step is a signature that was verified, and it ends at a fingerprint.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pyhanko_certvalidator.authority import CertTrustAnchor
from pyhanko_certvalidator.context import ValidationContext
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import AcceptAllAlgorithms
from pyhanko_certvalidator.validate import async_validate_path

from mailhub.files.signed.certificates import (
    MOST_CERTIFICATES,
    Certificate,
    TrustStore,
    certificate_of,
    facts_of,
    fingerprint,
    is_self_issued,
    octets_of,
    same_name,
    store_of,
)
from mailhub.files.signed.crypto import BROKEN_DIGESTS, Unsupported, digest_in, verifies
from mailhub.files.signed.facts import ChainFacts, ChainState
from mailhub.files.signed.timer import kept
from mailhub.files.signed.trusted import Part, TrustBundle

_LONGEST = 8  # certificates
_MOST_STEPS = 80  # signatures verified for one chain: a stranger's pool may hold a maze
# RFC 5280 § 4.2: what is critical and not understood makes a certificate unusable. The last four are processed by
# pyhanko_certvalidator when they are there, which is hardly ever.
_UNDERSTOOD = frozenset((
    "basic_constraints", "key_usage", "extended_key_usage", "subject_alt_name", "issuer_alt_name",
    "certificate_policies", "authority_key_identifier", "key_identifier", "crl_distribution_points",
    "authority_information_access", "policy_mappings", "inhibit_any_policy", "policy_constraints", "name_constraints",
))  # fmt: skip
_RARE = frozenset(("policy_mappings", "inhibit_any_policy", "policy_constraints", "name_constraints"))


@dataclass(frozen=True, slots=True)
class Chain:
    """`certificates` are those of `facts`, as they were read: leaf first."""

    facts: ChainFacts
    certificates: tuple[Certificate, ...]


def build(leaf: Certificate, others: Iterable[Certificate], trust: TrustBundle, part: Part = Part.ROOT) -> Chain:
    """The best chain there is: one that holds, else one that reaches a pinned root, else as far as signatures go.

    `part` TIMESTAMP: roots for timestamps count as well. Certificates that only the trust data have complete the chain
    of a file that embeds its leaf alone. Raises ValueError when the leaf itself cannot be read.
    """
    return _Search(store_of(trust), tuple(others)[:MOST_CERTIFICATES], part).best(leaf)


class _Search:
    def __init__(self, store: TrustStore, others: tuple[Certificate, ...], part: Part) -> None:
        self._store = store
        self._others = others
        self._anchors = {Part.ROOT, part}
        self._steps = 0

    def best(self, leaf: Certificate) -> Chain:
        facts_of(leaf)
        longest: tuple[Certificate, ...] = (leaf,)
        broken: tuple[tuple[Certificate, ...], str] | None = None
        for path, anchored in self._paths((leaf,)):
            if not anchored:
                longest = max(longest, path, key=len)
                continue
            problem = _problem_of(path)
            if not problem:
                return self._chain(ChainState.TRUSTED, path)
            broken = broken or (path, problem)
        if broken is not None:
            return self._chain(ChainState.BROKEN, *broken)
        return self._chain(ChainState.UNTRUSTED, longest, "" if self._steps < _MOST_STEPS else "too many ways")

    def _paths(self, path: tuple[Certificate, ...]) -> Iterator[tuple[tuple[Certificate, ...], bool]]:
        """Ways upwards, each link of them signed; whether it ends at an anchor."""
        last = path[-1]
        if self._store.part_of(last) in self._anchors:
            yield path, True
            return
        ended = True
        if len(path) < _LONGEST:
            seen = {fingerprint(one) for one in path}
            for issuer in self._issuers(last):
                if fingerprint(issuer) not in seen and self._signed(last, issuer):
                    ended = False
                    yield from self._paths((*path, issuer))
        if ended:
            yield path, False

    def _issuers(self, certificate: Certificate) -> Iterator[Certificate]:
        """Pinned ones first, roots before the rest; then what came along."""
        pinned = self._store.named(certificate.issuer)
        yield from (one.certificate for one in pinned if one.part in self._anchors)
        yield from (one.certificate for one in pinned if one.part not in self._anchors)
        for other in self._others:
            if same_name(other.subject, certificate.issuer) and self._store.part_of(other) is None:
                yield other

    def _signed(self, certificate: Certificate, issuer: Certificate) -> bool:
        self._steps += 1
        return self._steps <= _MOST_STEPS and is_signed_by(certificate, issuer)

    def _chain(self, state: ChainState, path: tuple[Certificate, ...], problem: str = "") -> Chain:
        readable = []
        for certificate in path:
            try:
                part = self._store.part_of(certificate)
                readable.append(facts_of(certificate, part.value if part is not None else ""))
            except ValueError:  # of a stranger's issuer: the chain ends below it
                break
        if len(readable) < len(path):
            state, problem = ChainState.UNTRUSTED, "an issuer's certificate cannot be read"
        facts = ChainFacts(state=state, certificates=tuple(readable), problem=problem)
        return Chain(facts, path[: len(readable)])


def is_signed_by(certificate: Certificate, issuer: Certificate) -> bool:
    """Whether the signature on a certificate is its issuer's. One over a broken digest is nobody's."""
    return _is_signed_by(octets_of(certificate), octets_of(issuer))


@kept(256)
def _is_signed_by(der: bytes, issuer_der: bytes) -> bool:
    try:
        certificate, issuer = certificate_of(der), certificate_of(issuer_der)
        algorithm, body = certificate["signature_algorithm"], certificate["tbs_certificate"]
        if algorithm.dump() != body["signature"].dump():
            return False  # RFC 5280 § 4.1.1.2
        if digest_in(algorithm) in BROKEN_DIGESTS:
            return False
        return verifies(certificate["signature_value"].native, body.dump(), issuer.public_key, algorithm)
    except (Unsupported, ValueError, TypeError, LookupError):
        return False


def _problem_of(path: tuple[Certificate, ...]) -> str:
    """The first constraint that is violated on the way, the root's own included; "" when none is."""
    try:
        for below, certificate in enumerate(path):
            critical = set(certificate.critical_extensions) - _UNDERSTOOD
            if critical:
                return f"{below}: critical extension {', '.join(sorted(critical))[:200]}"
            if below and (problem := _problem_of_issuer(certificate, path[1:below])):
                return f"{below}: {problem}"
        return _problem_of_rare(path) if any(_has_rare(one) for one in path) else ""
    except (ValueError, TypeError, RecursionError) as error:  # a certificate whose extensions cannot be read
        return f"unreadable: {error}"[:300]


def _problem_of_issuer(certificate: Certificate, between: tuple[Certificate, ...]) -> str:
    """RFC 5280 § 6.1.4 (k)–(n). `between` are the issuers below it. Roots of version 1 are what the pin says."""
    constraints, usage = certificate.basic_constraints_value, certificate.key_usage_value
    if constraints is None:
        is_old_root = certificate["tbs_certificate"]["version"].native == "v1" and is_self_issued(certificate)
        return "" if is_old_root else "no basicConstraints"
    if not constraints["ca"].native:
        return "not a CA"
    if usage is not None and "key_cert_sign" not in usage.native:
        return "keyUsage without keyCertSign"
    longest = constraints["path_len_constraint"].native
    if longest is not None and sum(not is_self_issued(one) for one in between) > longest:
        return "pathLen"
    return ""


def _has_rare(certificate: Certificate) -> bool:
    return any(one["extn_id"].native in _RARE for one in certificate["tbs_certificate"]["extensions"] or ())


def _problem_of_rare(path: tuple[Certificate, ...]) -> str:
    """Name constraints and policies, by pyhanko_certvalidator, at a moment at which all of them are in force."""
    start = max(one.not_valid_before for one in path)
    if start > min(one.not_valid_after for one in path):
        return "never in force together"
    context = ValidationContext(
        trust_roots=[path[-1]],
        moment=start + timedelta(seconds=1),
        allow_fetching=False,
        revocation_mode="soft-fail",
        algorithm_usage_policy=AcceptAllAlgorithms(),
    )
    anchored = ValidationPath(CertTrustAnchor(path[-1]), list(reversed(path[1:-1])), path[0])
    try:
        _driven(async_validate_path(context, anchored))
    except MemoryError:
        raise
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:300]
    return ""


def _driven(coroutine: Any) -> None:
    """Runs what never waits, without a loop: there is nothing to fetch in here."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    coroutine.close()
    raise RuntimeError("validation waits for something")
