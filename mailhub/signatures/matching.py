"""What our own organisation knows of the certificates in a file, and of the document that they sign.

An address in a certificate tells the agency best: after a merger the name is the old one until it is issued anew
(reference/signatures § 3.1). What a person confirmed (`known_subject`) goes before everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Connection, select

from mailhub.accounts.models import Address, Mailbox
from mailhub.accounts.profiles import Line, load_lines
from mailhub.documents.grammar.agencies import FIRMS
from mailhub.documents.grammar.recognition import ANNEX, NOT_A_DOCUMENT, Family, Recognition, State
from mailhub.files.signed.facts import CertificateFacts, Signed
from mailhub.registry.matching import Agencies, load_agencies
from mailhub.signatures.context import DocumentWords, KnownSigner
from mailhub.signatures.models import KnownSubject
from mailhub.signatures.subjects import subscriber_of
from mailhub.signatures.verdict import Subscriber
from mailhub.text.folding import fold

_MOST = 100  # certificates of one file that are looked up
_STATE = (Family.ADMINISTRATIVE, Family.NORMATIVE, Family.PARTY, Family.UNION)


def known_signers(connection: Connection, signed: Signed | None) -> Mapping[str, KnownSigner]:
    """By the SHA-256 of each signer's certificate; those that nothing is known of are left out."""
    leaves = {
        facts.chain.certificates[0].sha256: facts.chain.certificates[0]
        for facts in (signed.signatures if signed else ())[:_MOST]
        if facts.chain.certificates
    }
    if not leaves:
        return {}
    query = select(KnownSubject).where(KnownSubject.certificate.in_(sorted(leaves)))
    confirmed = {row.certificate: row for row in connection.execute(query)}
    tree = load_agencies(connection)
    places = {sha256: _agency_of(connection, leaf, tree) for sha256, leaf in leaves.items() if sha256 not in confirmed}
    numbers = {number for number in places.values() if number is not None}
    numbers |= {row.agency_id for row in confirmed.values() if row.agency_id is not None}
    lines = load_lines(connection, numbers)
    found: dict[str, KnownSigner] = {}
    for sha256, leaf in leaves.items():
        row = confirmed.get(sha256)
        line = lines.get(row.agency_id if row is not None else places[sha256] or 0, Line())
        if row is not None:
            kind = Subscriber(row.subscriber)
            found[sha256] = _known(line, subscriber=kind, name=row.name, confirmed=True)
        elif line.codes:
            found[sha256] = _known(line, subscriber=_kind(leaf, tree))
    return found


def document_words(connection: Connection, recognition: Recognition, agencies: Agencies) -> DocumentWords | None:
    """What a document says of itself, with the agencies of ours that its issuer may be; None when it is no document."""
    words = plain_words(recognition)
    if words is None or not words.issuer:
        return words
    lines = load_lines(connection, agencies.named(words.issuer, words.parent))
    return replace(words, agencies=tuple(line.codes[0] for line in lines.values() if line.codes))


def plain_words(recognition: Recognition | None) -> DocumentWords | None:
    """What a document says of itself, as far as it is sure; None when it is no document."""
    if recognition is None or recognition.doc_type == NOT_A_DOCUMENT:
        return None
    issuer = recognition.value("issuer") or ""
    firm = fold(issuer).startswith(FIRMS)
    return DocumentWords(
        issuer=issuer,
        parent=recognition.value("parent_issuer") or "",
        number=recognition.value("number_symbol") or "",
        state=recognition.family in _STATE and bool(issuer) and not firm and recognition.state is not State.DRAFT,
        agency_only=recognition.doc_type == ANNEX or bool(recognition.value("copy_form")),
        annex=recognition.doc_type == ANNEX,
    )


def _known(line: Line, *, subscriber: Subscriber | None, name: str = "", confirmed: bool = False) -> KnownSigner:
    code = line.codes[0] if line.codes else ""
    return KnownSigner(subscriber=subscriber, name=name, agency=code, line=line.codes, confirmed=confirmed)


def _agency_of(connection: Connection, leaf: CertificateFacts, tree: Agencies) -> int | None:
    """By an address of ours, else by the names in the certificate, when only one agency fits."""
    addresses = sorted({address for address in (leaf.email, *leaf.emails) if address})
    if addresses:
        query = select(Mailbox.agency_id).join(Address, Address.mailbox_id == Mailbox.id)
        found = set(connection.scalars(query.where(Address.address.in_(addresses))))
        if len(found) == 1:
            return found.pop()
    if subscriber_of(leaf) is Subscriber.AGENCY:
        return _named(leaf.common_name, leaf.organisation, tree)
    return next(filter(None, (_named(unit, leaf.organisation, tree) for unit in reversed(leaf.units))), None)


def _named(name: str, above: str, tree: Agencies) -> int | None:
    """`Sở Y tế tỉnh X` is entered as `Sở Y tế`: a place at the end that stands in the organisation's name is left out.

    A name alone decides only below the organisation that the certificate names: every province has a Sở Y tế.
    """
    if not name or not above:
        return None
    number = tree.find(name, above)
    if number is not None:
        return number
    words = name.split()
    for cut in range(len(words) - 1, 1, -1):
        rest = fold(" ".join(words[cut:]))
        if f" {rest}" in f" {fold(above)}":
            number = tree.find(" ".join(words[:cut]), above)
            if number is not None:
                return number
    return tree.find(name) if fold(name) == fold(above) else None


def _kind(leaf: CertificateFacts, tree: Agencies) -> Subscriber | None:
    """An agency when our organisation has one of that name, whatever it looks like."""
    return Subscriber.AGENCY if tree.named(leaf.common_name) else None
