"""What is asked of a signed document as a whole (reference/signatures § 4, checks 8 and 10). Cautions only.

A document of a state body is complete with two signatures of two kinds of subscriber from the chuyên dùng hierarchy:
the competent person's and, after it, the agency's (Nghị định 30/2020/NĐ-CP Điều 5, Điều 17, PL I).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mailhub.files.signed.facts import Form, SignatureFacts, Signed
from mailhub.registry.identity import number_key, territory_key
from mailhub.signatures.context import Context, DocumentWords
from mailhub.signatures.verdict import Caution, Hierarchy, JudgedSignature, Subscriber, Verdict

_STANDING = (Verdict.VALID, Verdict.UNKNOWN)
# `87/UBND-VX`, `12/2026/QĐ-UBND`: a number, and after the last slash letters; dates have none.
_NUMBER = re.compile(r"\b\d+[A-Za-zĐđ]?(?:/\d{4})?/[^\W\d_][\wĐđ&.\-–]*(?:/[^\W\d_][\w\-–]*)*")
_BARE = re.compile(r"(?:Số\s*:?\s*)?(\d{1,6})")


def completeness(judged: Sequence[JudgedSignature], document: DocumentWords | None) -> str:
    """Whose valid signatures there are: `both`, `person`, `agency` or `none`. For a document of a state body those of
    a public authority do not count (S3 clause 1e)."""
    good = [one for one in judged if one.verdict is Verdict.VALID and one.form != Form.PDF_TIMESTAMP]
    if document is not None and document.state:
        good = [one for one in good if one.hierarchy is not Hierarchy.PUBLIC]
    kinds = {one.signer.subscriber for one in good}
    person, agency = Subscriber.PERSON in kinds, Subscriber.AGENCY in kinds
    return ("both" if agency else "person") if person else ("agency" if agency else "none")


def cautions_of(signed: Signed, judged: Sequence[JudgedSignature], context: Context) -> list[Caution]:
    """All that is odd about who signed what, in the order in which people should hear it."""
    standing = [one for one in judged if one.verdict in _STANDING and one.form != Form.PDF_TIMESTAMP]
    found: list[Caution] = []
    if any(one.form == Form.SMIME for one in standing):
        found += _of_mail(signed, context)
    document = context.document
    if document is None:
        return found
    agencies = [one for one in standing if one.signer.subscriber is Subscriber.AGENCY]
    if document.state and judged:
        found += _of_state(judged, document)
    if document.issuer and any(not _issued(one, signed, document) for one in agencies):
        found.append(Caution.OTHER_AGENCY)
    elif not document.issuer and any(_elsewhere(one, context) for one in agencies):
        found.append(Caution.OTHER_SENDER)
    if document.annex and agencies and not any(_NUMBER.search(facts.shown) for facts in signed.signatures):
        found.append(Caution.ANNEX_TEXT)
    if document.number and _numbers_differ(signed, document.number):
        found.append(Caution.NUMBER_DIFFERS)
    return found


def _of_state(judged: Sequence[JudgedSignature], document: DocumentWords) -> Iterator[Caution]:
    """A signature that is there and not good is not missing: its own reason says what is wrong."""
    kinds = [one.signer.subscriber for one in judged if one.form != Form.PDF_TIMESTAMP]
    if not all(one.signer.certificate for one in judged):
        return  # of whom one is could not be read at all
    if Subscriber.UNKNOWN in kinds:
        yield Caution.SUBSCRIBER_UNKNOWN
    if Subscriber.PERSON not in kinds and not document.agency_only:
        yield Caution.NO_PERSON
    if Subscriber.AGENCY not in kinds:
        yield Caution.NO_AGENCY
    # What a leader of the receiving agency writes on it later is after both (bút phê).
    if {Subscriber.PERSON, Subscriber.AGENCY} <= set(kinds) and (
        kinds.index(Subscriber.AGENCY) < kinds.index(Subscriber.PERSON)
    ):
        yield Caution.WRONG_ORDER
    if any(one.hierarchy is Hierarchy.PUBLIC for one in judged):
        yield Caution.PUBLIC_CA


def _of_mail(signed: Signed, context: Context) -> list[Caution]:
    """The signer's addresses against From (RFC 8551 § 3.1, RFC 8550 § 3): one has to be the same."""
    addresses = {
        address
        for facts in signed.signatures
        if facts.chain.certificates
        for address in (facts.chain.certificates[0].email, *facts.chain.certificates[0].emails)
    }
    return [] if not context.sender or context.sender.lower() in addresses else [Caution.OTHER_SENDER]


def _issued(one: JudgedSignature, signed: Signed, document: DocumentWords) -> bool:
    """Whether the agency of a certificate is the one in the document's header.

    By our own organisation where both are in it (after a merger a certificate still bears the old name), else by words.
    """
    if one.signer.agency and document.agencies:
        return one.signer.agency in document.agencies
    for facts in signed.signatures:
        leaf = facts.chain.certificates[0] if facts.chain.certificates else None
        if leaf is not None and leaf.sha256 == one.signer.certificate:
            return same_agency(document.issuer, document.parent, leaf.common_name, leaf.organisation)
    return False


def same_agency(issuer: str, parent: str, name: str, organisation: str) -> bool:
    """Whether a header (`SỞ Y TẾ` below `UBND TỈNH X`) and a certificate (`Sở Y tế tỉnh X`, of `UBND TỈNH X`) name one
    agency. Every province has a Sở Y tế: what one of them adds has to be what stands above the other."""
    header, certified = territory_key(issuer), territory_key(name)
    shorter, longer = sorted((header, certified), key=len)
    if not shorter or not (longer + " ").startswith(shorter + " "):
        return False
    above = f" {territory_key(parent)} " if parent else ""
    rest = longer[len(shorter) :].strip()
    if rest:
        other = above if longer == certified else f" {territory_key(organisation)} "
        return not other.strip() or f" {rest} " in other or other in f" {rest} "
    return not above or not organisation or above.strip() in territory_key(organisation)


def _elsewhere(one: JudgedSignature, context: Context) -> bool:
    """An agency of ours, and the message comes from another of ours."""
    known = context.signers.get(one.signer.certificate)
    if known is None or not known.agency or not context.sender_agencies:
        return False
    return known.agency not in context.sender_agencies and context.sender_agencies[0] not in known.line


def _numbers_differ(signed: Signed, number: str) -> bool:
    """Whether a signature shows another number than the document (Nghị định 30/2020/NĐ-CP PL I mục II.8b). A text that
    is a number alone is compared with the number alone: so the form `Mẫu số công văn đi` shows it."""
    shown = [text for facts in signed.signatures for text in _shown(facts)]
    return bool(shown) and all(
        number_key(text) != number_key(number if "/" in text else number.partition("/")[0]) for text in shown
    )


def _shown(facts: SignatureFacts) -> Iterator[str]:
    whole = _BARE.fullmatch(facts.shown.strip())
    if whole is not None:
        yield whole[1]
    yield from _NUMBER.findall(facts.shown)
