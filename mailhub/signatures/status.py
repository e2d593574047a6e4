"""Whether a certificate was good at a moment, from what its issuer said (reference/signatures § 4, check 6).

An answer of silence is no answer: without one in force the status is unknown (Thông tư 15/2025/TT-BKHCN Điều 6).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mailhub.files.signed.facts import CertificateFacts, RevocationAnswer, Status

HOLD = "certificate_hold"
COMPROMISED = frozenset({"key_compromise", "ca_compromise", "aa_compromise"})
# With these a timestamping authority ends in peace, and its earlier tokens stay good (RFC 3161 § 4 (1)).
_ENDED_IN_PEACE = frozenset({"unspecified", "affiliation_changed", "superseded", "cessation_of_operation"})


@dataclass(frozen=True, slots=True)
class Standing:
    """A certificate's status at the moment that matters, and the answer that told it."""

    status: Status
    answer: RevocationAnswer | None = None


def standing(
    certificate: CertificateFacts, issuer: str, answers: Iterable[RevocationAnswer], moment: int, max_age: int
) -> Standing:
    """What the issuer (SHA-256 of its certificate) says of a certificate at `moment` (ms).

    A revocation is for good, whichever answer is newer; a hold may have been lifted, so that the newest answer counts.
    """
    own = [answer for answer in answers if answer.issuer == issuer and answer.serial == certificate.serial]
    final = [answer for answer in own if answer.status is Status.REVOKED and answer.reason != HOLD]
    if final:
        return Standing(Status.REVOKED, min(final, key=lambda answer: answer.revoked_at))
    newest = max(own, key=lambda answer: answer.this_update, default=None)
    if newest is not None and newest.status is Status.REVOKED:
        return Standing(Status.REVOKED, newest)
    if newest is not None and newest.status is Status.UNKNOWN:
        return Standing(Status.UNKNOWN, newest)
    for answer in own:
        if answer.status is Status.GOOD and is_in_force(answer, certificate, moment, max_age):
            return Standing(Status.GOOD, answer)
    return Standing(Status.UNKNOWN)


def is_in_force(answer: RevocationAnswer, certificate: CertificateFacts, moment: int, max_age: int) -> bool:
    """Whether a good answer tells the status at `moment`: given later, or still in force then.

    Authorities forget certificates that have expired (RFC 6960 § 4.4.4), so that an answer from after that tells
    nothing.
    """
    if certificate.not_after < answer.this_update:
        return False
    until = answer.next_update or answer.this_update + max_age
    return answer.this_update >= moment or moment <= until


def voids_timestamps(answer: RevocationAnswer, moment: int) -> bool:
    """Whether a timestamping authority's revocation takes a token of `moment` with it (RFC 3161 § 4 (1))."""
    return answer.reason not in _ENDED_IN_PEACE or answer.revoked_at <= moment
