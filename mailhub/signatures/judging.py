"""Whether what is signed is good: the table of reference/signatures § 4. Pure: facts and answers in, verdict out.

The worst signature decides (INVALID, UNTRUSTED, UNKNOWN, VALID). What is asked of the document as a whole (both
signatures, whose agency) is in `document_checks.py`, time in `moments.py`, revocation in `status.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from mailhub.files.signed.facts import (
    CertificateFacts,
    ChainFacts,
    ChainState,
    Changes,
    Coverage,
    Ess,
    Form,
    Problem,
    RevocationAnswer,
    SignatureFacts,
    Signed,
    Status,
)
from mailhub.signatures.context import Context
from mailhub.signatures.document_checks import cautions_of, completeness
from mailhub.signatures.levels import level_of
from mailhub.signatures.moments import Moment, moment_of
from mailhub.signatures.status import COMPROMISED, standing
from mailhub.signatures.subjects import signer_of
from mailhub.signatures.verdict import (
    NOT_SIGNED,
    Caution,
    Hierarchy,
    JudgedDocument,
    JudgedSignature,
    Reason,
    Verdict,
    Wanted,
    Word,
)

_WORST = (Verdict.INVALID, Verdict.UNTRUSTED, Verdict.UNKNOWN, Verdict.VALID)
_VERDICTS: dict[Word, Verdict] = {
    Reason.UNTRUSTED: Verdict.UNTRUSTED,
    Reason.REVOKED_NO_PROOF: Verdict.UNKNOWN,
    Reason.REVOCATION_UNKNOWN: Verdict.UNKNOWN,
}  # of whatever is not here: INVALID
_NO_CHAIN = ChainFacts()
_SIGNING = frozenset({"digital_signature", "non_repudiation"})
# Certificates for these alone sign nothing that people read (RFC 5280 § 4.2.1.12).
_OTHER_USES = frozenset({"server_auth", "code_signing", "time_stamping", "ocsp_signing"})


def judge(signed: Signed | None, answers: Sequence[RevocationAnswer], context: Context) -> JudgedDocument:
    """The verdict on one file, or on a message's S/MIME signature, by what is known now.

    `answers` are those that the hub has beside the embedded ones, for any certificate of `beside(signed)`.
    """
    if signed is None or not (signed.signatures or signed.problems):
        return NOT_SIGNED
    judged = [judge_signature(facts, answers, context) for facts in signed.signatures]
    counted = [one for one in judged if one.form != Form.PDF_TIMESTAMP or one.verdict is Verdict.INVALID]
    if not counted and not signed.problems:
        return NOT_SIGNED  # a timestamp alone signs for nobody
    verdict = Verdict.INVALID if signed.problems else _worst(one.verdict for one in counted)
    reasons = [*signed.problems, *(reason for one in counted if one.verdict is verdict for reason in one.reasons)]
    warnings = [warning for one in counted for warning in one.warnings]
    warnings += cautions_of(signed, counted, context)
    distinct = tuple(dict.fromkeys(warnings))
    return JudgedDocument(
        verdict=verdict,
        level=level_of(verdict, distinct),
        reasons=tuple(dict.fromkeys(reasons)),
        warnings=distinct,
        signatures=tuple(judged),
        complete="none" if signed.problems else completeness(counted, context.document),
        trust=signed.trust,
        judged_at=context.now,
        detail=_detail(signed),
    )


def judge_signature(facts: SignatureFacts, given: Sequence[RevocationAnswer], context: Context) -> JudgedSignature:
    """One signature by itself."""
    answers = (*facts.answers, *given)
    moment = moment_of(facts, answers, context)
    path = facts.chain.certificates
    reasons = [*_problems(facts, context), *_trust(facts), *moment.reasons, *_validity(path, moment)]
    warnings = [*moment.warnings, *_remarks(facts, context)] if path else []
    revocation, revoked_at = "not asked", 0
    if facts.chain.state is ChainState.TRUSTED:
        revocation, revoked_at, why, warned = _revocation(path, answers, moment, context)
        reasons += why
        warnings += warned
    hierarchy = hierarchy_of(facts, context)
    if hierarchy is Hierarchy.TEST:
        warnings.append(Caution.TEST_CA)
    if facts.form is Form.PDF_TIMESTAMP:  # counts only when it is broken
        reasons, warnings = [reason for reason in reasons if isinstance(reason, Problem)], []
    verdict = _worst(map(_verdict_for, reasons))
    return JudgedSignature(
        signer=signer_of(path[0] if path else None, context),
        verdict=verdict,
        reasons=tuple(dict.fromkeys(reason for reason in reasons if _verdict_for(reason) is verdict)),
        warnings=tuple(dict.fromkeys(warnings)),
        hierarchy=hierarchy,
        at=moment.at,
        at_source=moment.source,
        revocation=revocation,
        revoked_at=revoked_at,
        covers=facts.coverage.value,
        changes=facts.changes.value,
        chain=tuple(certificate.subject for certificate in path),
        field_name=facts.field_name,
        form=facts.form.value,
    )


def hierarchy_of(facts: SignatureFacts, context: Context) -> Hierarchy:
    """By the pinned root alone: names can be copied."""
    if facts.chain.state is not ChainState.TRUSTED or not facts.chain.certificates:
        return Hierarchy.OTHER
    return context.hierarchies.get(facts.chain.certificates[-1].sha256, Hierarchy.OTHER)


def wanted(signed: Signed | None, context: Context | None = None) -> tuple[Wanted, ...]:
    """The certificates whose status has to be asked for: leaves and intermediates that the file brought.

    With a context, those are left out for which the file itself brings an answer that is in force.
    """
    found: dict[Wanted, None] = {}
    for facts in signed.signatures if signed else ():
        matters = moment_of(facts, facts.answers, context).matters if context else 0
        stamped = facts.timestamp.at if facts.timestamp else 0
        for path, moment in ((_path(facts.chain), matters), (_path(_stamp_chain(facts)), stamped)):
            for certificate, above in pairwise(path):
                if certificate.pinned:
                    continue
                if context and _told(certificate, above.sha256, facts.answers, moment, context.max_age):
                    continue
                found[Wanted(above.sha256, certificate.serial)] = None
    return tuple(found)


def beside(signed: Signed | None) -> tuple[Wanted, ...]:
    """Every certificate that an answer may be known for, pinned intermediates too: for a look-up that costs nothing."""
    chains = [chain for facts in (signed.signatures if signed else ()) for chain in (facts.chain, _stamp_chain(facts))]
    pairs = [pair for chain in chains for pair in pairwise(_path(chain))]
    return tuple(dict.fromkeys(Wanted(above.sha256, certificate.serial) for certificate, above in pairs))


def _told(
    certificate: CertificateFacts, issuer: str, answers: Sequence[RevocationAnswer], moment: int, max_age: int
) -> bool:
    return standing(certificate, issuer, answers, moment, max_age).status is not Status.UNKNOWN


def _path(chain: ChainFacts) -> tuple[CertificateFacts, ...]:
    """Nobody is asked about a certificate that leads nowhere."""
    return chain.certificates if chain.state is ChainState.TRUSTED else ()


def _stamp_chain(facts: SignatureFacts) -> ChainFacts:
    return facts.timestamp.chain if facts.timestamp else _NO_CHAIN


def _problems(facts: SignatureFacts, context: Context) -> list[Word]:
    """Checks 1, 2, 3, 9: what the reader found, and what it may not have drawn the conclusion of."""
    found: list[Word] = list(facts.problems)
    if facts.ess is Ess.DIFFERS:
        found.append(Problem.OTHER_CERTIFICATE)
    if facts.changes in (Changes.FORBIDDEN, Changes.UNTOLD) and not facts.problems:
        found.append(Problem.CHANGED_AFTER)
    if facts.coverage is Coverage.PART and not found:
        found.append(Problem.BYTE_RANGE)
    if facts.weaknesses and context.weak == "invalid":
        found.append(Problem.WEAK)
    return found


def _trust(facts: SignatureFacts) -> list[Word]:
    """Check 4. Key usage of the leaf: to sign, and not only for something else (RFC 5280 § 4.2.1.3, § 4.2.1.12)."""
    if facts.problems and not facts.chain.certificates:
        return []  # nothing was read that could be trusted
    if facts.chain.state is ChainState.UNTRUSTED or not facts.chain.certificates:
        return [Reason.UNTRUSTED]
    if facts.chain.state is ChainState.BROKEN:
        return [Reason.CHAIN_BROKEN]
    if facts.form is Form.PDF_TIMESTAMP:
        return []
    leaf = facts.chain.certificates[0]
    extended = frozenset(leaf.extended_key_usage)
    if (leaf.key_usage and _SIGNING.isdisjoint(leaf.key_usage)) or (extended and extended <= _OTHER_USES):
        return [Reason.KEY_USAGE]
    return []


def _validity(path: Sequence[CertificateFacts], moment: Moment) -> list[Word]:
    """Check 5, for the leaf and for what stands below the root: at the moment of signing, not today's."""
    for certificate in path[: max(1, len(path) - 1)]:
        if certificate.not_after and moment.signed > certificate.not_after:
            return [Reason.EXPIRED]
        if moment.signed < certificate.not_before:
            return [Reason.NOT_YET_VALID]
    return []


def _remarks(facts: SignatureFacts, context: Context) -> list[Caution]:
    found: list[Caution] = []
    # S/MIME has no need of ESS (RFC 8551 § 2.5): there its absence says nothing.
    if facts.ess is Ess.ABSENT and facts.form is Form.PDF:
        found.append(Caution.NO_ESS)
    if facts.weaknesses and context.weak != "invalid":
        found.append(Caution.WEAK)
    if facts.changes in (Changes.FORMS, Changes.ANNOTATIONS):
        found.append(Caution.FORM_FILLED)
    return found


def _revocation(
    path: Sequence[CertificateFacts], answers: Sequence[RevocationAnswer], moment: Moment, context: Context
) -> tuple[str, int, list[Word], list[Caution]]:
    """Check 6 for the whole way up: (good | revoked | unknown, when, reasons, cautions)."""
    said, at = Status.GOOD, 0
    reasons: list[Word] = []
    warnings: list[Caution] = []
    for certificate, above in pairwise(path):
        found = standing(certificate, above.sha256, answers, moment.matters, context.max_age)
        if found.status is Status.REVOKED and found.answer is not None:
            said, at = Status.REVOKED, at or found.answer.revoked_at
            word = _revoked(found.answer, moment, context)
            reasons += [word] if isinstance(word, Reason) else []
            warnings += [word] if isinstance(word, Caution) else []
        elif found.status is Status.UNKNOWN and not certificate.pinned:
            said = Status.UNKNOWN if said is Status.GOOD else said
            reasons.append(Reason.REVOCATION_UNKNOWN)
    return said.value, at, reasons, warnings


def _revoked(answer: RevocationAnswer, moment: Moment, context: Context) -> Reason | Caution:
    """What a revocation means for a signature of that moment. Whoever took the key may write any time into what he
    signs, so that a claimed one before the theft proves nothing."""
    if answer.revoked_at <= moment.signed:
        return Reason.REVOKED
    if not moment.proven and answer.reason in COMPROMISED and answer.revoked_at <= context.seen_at:
        return Reason.REVOKED_NO_PROOF
    return Caution.REVOKED_LATER


def _verdict_for(reason: Word) -> Verdict:
    return _VERDICTS.get(reason, Verdict.INVALID)


def _worst(verdicts: Iterable[Verdict]) -> Verdict:
    return min(verdicts, key=_WORST.index, default=Verdict.VALID)


def _detail(signed: Signed) -> dict[str, str]:
    """For the log and the curious: what exactly failed, by field."""
    found = {"file": signed.detail} if signed.detail else {}
    for number, facts in enumerate(signed.signatures, 1):
        told = "; ".join(filter(None, (facts.detail, facts.chain.problem)))
        if told:
            found[f"signature {number}"] = told
    return found
