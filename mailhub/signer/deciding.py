"""May this be signed? The signer's own answer, by its mandates and by what its inspector read. Pure.

Of a person's signature the signer asks everything that a file can tell by itself; what an authority says of the
certificate today is not its business, since it has no network: the hub has asked before (`sealing/choosing.py`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from mailhub.documents.grammar.recognition import ANNEX, NOT_A_DOCUMENT, OTHER_PAPER
from mailhub.files.sealing.values import DocumentFacts, SealKind
from mailhub.files.signed.facts import (
    ChainState,
    Changes,
    Coverage,
    Ess,
    Form,
    SignatureFacts,
    Signed,
    Status,
)
from mailhub.signatures.subjects import subscriber_of
from mailhub.signatures.verdict import Subscriber
from mailhub.signer.errors import SignerError
from mailhub.signer.mandate import Mandate
from mailhub.signer.orders import Refusal, SealOrder

LONGEST_WORD = 320  # an address; of an act, an agency's code
_WHOLE = {Coverage.FILE, Coverage.REVISION}
_HARMLESS = {Changes.NONE, Changes.VALIDATION, Changes.SIGNATURES, Changes.FORMS}
_HASH = re.compile(r"[0-9a-f]{64}|")
_HOLD = "certificate_hold"  # may be lifted: proves nothing against a signature
_TOLERATED_MS = 7 * 3_600_000  # local time written as if it were UTC (reference/signatures § 4)


def check_order(order: SealOrder, mandate: Mandate | None) -> Mandate:
    """What can be told before the document is looked into.

    Raises:
        SignerError: NO_MANDATE, DESK, NO_ACT, MALFORMED, TYPE
    """
    if mandate is None:
        raise SignerError(Refusal.NO_MANDATE, order.agency[:40])
    if order.desk.lower() not in mandate.desks:
        raise SignerError(Refusal.DESK, order.desk[:LONGEST_WORD])
    if not order.clerk.strip() or not order.act.strip() or max(len(order.clerk), len(order.act)) > LONGEST_WORD:
        raise SignerError(Refusal.NO_ACT)
    # They go into the journal, where what cannot be written could not be chained either.
    if not (order.clerk + order.act).isprintable() or not _HASH.fullmatch(order.main):
        raise SignerError(Refusal.MALFORMED, "what cannot be written down")
    if order.kind is SealKind.ATTACHMENT and not mandate.attachments:
        raise SignerError(Refusal.TYPE, "attachments are not in the mandate")
    return mandate


def check_document(mandate: Mandate, document: DocumentFacts) -> None:
    """What it is, who issued it, and which post signed it.

    Raises:
        SignerError: TYPE, NO_NUMBER, POST
    """
    if not mandate.covers_type(document.doc_type):
        raise SignerError(Refusal.TYPE, document.doc_type or "not recognised")
    if not document.number_symbol:
        raise SignerError(Refusal.NO_NUMBER)
    if not mandate.covers_issuer(document.issuer):
        raise SignerError(Refusal.TYPE, "another issuer")
    if not mandate.covers_post(document.post):
        raise SignerError(Refusal.POST, "" if document.post else "not recognised")


def check_attachment(document: DocumentFacts) -> None:
    """What comes with a document is no document of its own: that has a type in the mandate, and a person's signature.

    Raises:
        SignerError: TYPE
    """
    if document.doc_type not in ("", NOT_A_DOCUMENT, OTHER_PAPER, ANNEX):
        raise SignerError(Refusal.TYPE, f"{document.doc_type} is no attachment")


def check_signatures(signed: Signed | None) -> tuple[SignatureFacts, ...]:
    """Everything signed in the file, each good.

    Raises:
        SignerError: PERSON_INVALID
    """
    if signed is None:
        return ()
    if signed.problems:
        raise SignerError(Refusal.PERSON_INVALID, signed.problems[0].value)
    found = tuple(one for one in signed.signatures if one.form is not Form.PDF_TIMESTAMP)
    for one in found:
        fault = _fault(one)
        if fault:
            raise SignerError(Refusal.PERSON_INVALID, fault)
    return found


def check_person(mandate: Mandate, signed: Signed | None, own: Collection[str], beside: str = "") -> SignatureFacts:
    """The person's signature; every other in the file must be good as well. `own`: SHA-256 of the agencies'
    certificates that this signer holds, none of which is a person's. `beside`: the field that the seal will lie on.

    Raises:
        SignerError: NO_PERSON, PERSON_INVALID
    """
    persons = [one for one in check_signatures(signed) if _is_person(one, mandate.signers, own)]
    if beside:
        persons = [one for one in persons if one.field_name == beside]
    if not persons:
        raise SignerError(Refusal.NO_PERSON, "none that counts")
    return persons[0]


def check_limit(mandate: Mandate, today: int, *, known: bool) -> None:
    """Raises:
    SignerError: LIMIT
    """
    if today >= mandate.limit and not known:
        raise SignerError(Refusal.LIMIT, f"{today} of {mandate.limit} today")


def check_certificate(not_before: int, not_after: int, at: int) -> None:
    """The agency's own.

    Raises:
        SignerError: EXPIRED
    """
    if not not_before <= at <= not_after:
        raise SignerError(Refusal.EXPIRED)


def _is_person(one: SignatureFacts, named: Collection[str], own: Collection[str]) -> bool:
    """One that the mandate names; where it names none, any that is not an agency's."""
    if _certificate(one) in own:
        return False
    if named:
        return _certificate(one) in named
    return subscriber_of(one.chain.certificates[0]) is not Subscriber.AGENCY


def _certificate(one: SignatureFacts) -> str:
    return one.chain.certificates[0].sha256 if one.chain.certificates else ""


def _fault(one: SignatureFacts) -> str:
    """What is wrong with a signature; "" when nothing is."""
    if one.problems:
        return one.problems[0].value
    if one.coverage not in _WHOLE or one.changes not in _HARMLESS:
        return "changed after"
    if one.ess is Ess.DIFFERS:
        return "other certificate"
    if one.chain.state is not ChainState.TRUSTED or not one.chain.certificates:
        return f"chain {one.chain.state}"
    return _fault_in_time(one)


def _fault_in_time(one: SignatureFacts) -> str:
    leaf, stamp = one.chain.certificates[0], one.timestamp
    proven = stamp is not None and stamp.valid and stamp.chain.state is ChainState.TRUSTED
    at = stamp.at if stamp is not None and proven else one.claimed_at
    slack = 0 if proven else _TOLERATED_MS
    if not at or not leaf.not_before - slack <= at <= leaf.not_after:
        return "not valid then"
    names = {certificate.serial for certificate in one.chain.certificates}
    return "revoked" if _revoked(one, names, at if proven else 0) else ""


def _revoked(one: SignatureFacts, serials: Iterable[str], proven_at: int) -> bool:
    """By an answer that the file itself brings; a proof that it was signed before is the only excuse."""
    known = set(serials)
    return any(
        answer.status is Status.REVOKED
        and answer.serial in known
        and answer.reason != _HOLD
        and (not proven_at or answer.revoked_at <= proven_at)
        for answer in one.answers
    )
