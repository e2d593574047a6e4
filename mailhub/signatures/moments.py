"""When a signature was made, and how well that is known (reference/signatures § 4, checks 5 and 7, time pitfalls)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from mailhub.clock import HOUR, MINUTE
from mailhub.files.signed.facts import ChainState, RevocationAnswer, SignatureFacts, Status, TimestampFacts
from mailhub.signatures.context import Context
from mailhub.signatures.status import standing, voids_timestamps
from mailhub.signatures.verdict import Caution, Reason, TimeSource, Word

# Some programs write Vietnamese wall-clock time as if it were UTC.
ZONE = 7 * HOUR
SKEW = 5 * MINUTE  # of clocks that are right


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """`at` is shown (0 = not told), `signed` is what validity and revocation are judged by. A good answer has to be in
    force at `matters`."""

    at: int
    source: TimeSource
    signed: int
    matters: int
    reasons: tuple[Word, ...] = ()
    warnings: tuple[Caution, ...] = ()

    @property
    def proven(self) -> bool:
        """Whether somebody else than the signer vouches for it."""
        return self.source is TimeSource.TIMESTAMP


def moment_of(facts: SignatureFacts, answers: Sequence[RevocationAnswer], context: Context) -> Moment:
    """The timestamp's moment when it is believed, else the claimed one, else when our hub first saw the file."""
    stamp = facts.timestamp
    warnings: list[Caution] = []
    if stamp is not None:
        believed, warnings = _believed(stamp, answers, context)
        if believed and _came_late(facts, stamp):
            return _claimed(facts.claimed_at, [Caution.NO_TIMESTAMP], context)
        if believed and stamp.at <= context.seen_at + SKEW:
            if facts.claimed_at and abs(facts.claimed_at - stamp.at) > HOUR and not stamp.covers_document:
                warnings.append(Caution.TIME_OFF)
            return Moment(
                at=stamp.at,
                source=TimeSource.TIMESTAMP,
                signed=stamp.at,
                matters=stamp.at,
                warnings=tuple(warnings),
            )
        warnings.append(Caution.TIMESTAMP_NOT_BELIEVED)
    return _claimed(facts.claimed_at, warnings or [Caution.NO_TIMESTAMP], context)


def _came_late(facts: SignatureFacts, stamp: TimestampFacts) -> bool:
    """Whether a timestamp was put on only after the certificate had ended, as archives do: it does not prove the
    claimed moment, and makes it no worse either."""
    leaf = facts.chain.certificates[0] if facts.chain.certificates else None
    return leaf is not None and 0 < facts.claimed_at <= leaf.not_after < stamp.at


def _claimed(at: int, warnings: list[Caution], context: Context) -> Moment:
    """A claim is judged by: whoever dates back a signature cannot be told from an honest signer, but a revocation for a
    lost key, and an answer that is not of today, are not passed by it (`judging.py`, `status.py`)."""
    seen = context.seen_at
    reasons: tuple[Word, ...] = ()
    if at > seen + ZONE:
        reasons = (Reason.NOT_YET_VALID,)
    elif at > seen + SKEW:
        warnings = [*warnings, Caution.TIME_OFF]
    return Moment(
        at=at,
        source=TimeSource.CLAIMED if at else TimeSource.NONE,
        signed=min(at, seen) if at else seen,
        matters=seen,
        reasons=reasons,
        warnings=tuple(warnings),
    )


def _believed(
    stamp: TimestampFacts, answers: Sequence[RevocationAnswer], context: Context
) -> tuple[bool, list[Caution]]:
    """Whether a timestamp proves its moment: a token that is right, of an authority that leads to a pinned root, was
    valid then and was not revoked. Without word on that it is believed, and the doubt is said."""
    chain = stamp.chain.certificates
    if not stamp.valid or stamp.chain.state is not ChainState.TRUSTED or not chain:
        return False, []
    if not chain[0].not_before <= stamp.at <= chain[0].not_after:
        return False, []
    unknown = False
    for certificate, above in pairwise(chain):
        found = standing(certificate, above.sha256, answers, stamp.at, context.max_age)
        if found.status is Status.REVOKED and found.answer and voids_timestamps(found.answer, stamp.at):
            return False, []
        unknown |= found.status is Status.UNKNOWN and not certificate.pinned
    return True, [Caution.TSA_REVOCATION_UNKNOWN] if unknown else []
