"""Documents that went by mail on a day, and what was signed in them.

What is counted is an exchange: one document in one message, once for the agency that sends it and once for each other
agency that gets it. Several files of one document in a message (PDF and Word) are one, by its identity. Annexes and
what is no document do not count; nor do state secrets, which are incidents; nor a mail in whose place a copy with the
agency's seal went, since that copy counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Connection, select

from mailhub.accounts.models import Address, Agency, Mailbox
from mailhub.files.values import BadAnswer
from mailhub.queue.models import Purpose, Recipient
from mailhub.registry.models import Attachment, Document
from mailhub.registry.sealed import first_mail_of_a_sealed_one
from mailhub.reports.counting.counts import NO_AGENCY, Counts, Direction, Key, What, id_range
from mailhub.signatures.codec import judged_from_json
from mailhub.signatures.models import SignatureVerdict
from mailhub.signatures.verdict import Hierarchy, JudgedDocument, Verdict
from mailhub.store.chunks import chunks

NO_DOCUMENTS = ("NONE", "PL")  # documents.type_names: not types
_WORST_FIRST = (Hierarchy.PUBLIC, Hierarchy.TEST, Hierarchy.OTHER, Hierarchy.OFFICIAL)
# Of several files of a document, the best.
_VERDICTS = (Verdict.VALID, Verdict.UNKNOWN, Verdict.UNTRUSTED, Verdict.INVALID)


@dataclass(slots=True)
class _Exchange:
    """One document in one message."""

    doc_type: str
    sender: int | None
    desk: int | None
    hashes: set[bytes] = field(default_factory=set)


@dataclass(slots=True)
class _Receivers:
    agencies: set[int] = field(default_factory=set)
    outside: bool = False


def count_documents(connection: Connection, day: date) -> Counts:
    """Exchanges by type, direction and signature, and signed files by whom and with what."""
    exchanges = _exchanges(connection, day)
    messages = sorted({message_id for message_id, _ in exchanges})
    receivers = _receivers(connection, messages)
    verdicts = _verdicts(connection, messages)
    counts = Counts()
    for (message_id, _), one in exchanges.items():
        signed = _signed([verdicts[key] for key in ((message_id, sha) for sha in one.hashes) if key in verdicts])
        _add(counts, one, receivers.get(message_id, _Receivers()), signed)
    _add_signatures(connection, counts, exchanges, verdicts)
    return counts


def _exchanges(connection: Connection, day: date) -> dict[tuple[int, str], _Exchange]:
    first, end = id_range(day)
    query = (
        select(
            Attachment.message_id, Attachment.sha256, Attachment.sender_agency_id, Attachment.desk_agency_id,
            Document.id, Document.identity, Document.doc_type,
        )
        .join(Document, Document.id == Attachment.document_id)
        .where(Attachment.id >= first, Attachment.id < end, Document.secrecy == "")
        .where(Document.doc_type.not_in(NO_DOCUMENTS), ~first_mail_of_a_sealed_one())
        .order_by(Attachment.id)
    )  # fmt: skip
    found: dict[tuple[int, str], _Exchange] = {}
    for row in connection.execute(query):
        key = (row.message_id, row.identity or str(row.id))
        one = found.setdefault(key, _Exchange(row.doc_type, row.sender_agency_id, row.desk_agency_id))
        one.hashes.add(bytes(row.sha256))
    return found


def _receivers(connection: Connection, messages: list[int]) -> Mapping[int, _Receivers]:
    found: dict[int, _Receivers] = defaultdict(_Receivers)
    query = (
        select(Recipient.message_id, Mailbox.agency_id)
        .outerjoin(Address, Address.address == Recipient.address)
        .outerjoin(Mailbox, Mailbox.id == Address.mailbox_id)
        .where(Recipient.purpose == Purpose.MAIL)
        .distinct()
    )
    for some in chunks(messages):
        for row in connection.execute(query.where(Recipient.message_id.in_(some))):
            if row.agency_id is None:
                found[row.message_id].outside = True
            else:
                found[row.message_id].agencies.add(row.agency_id)
    return found


def _verdicts(connection: Connection, messages: list[int]) -> dict[tuple[int, bytes], JudgedDocument]:
    """The newest verdict on each signed file of these messages."""
    found: dict[tuple[int, bytes], JudgedDocument] = {}
    query = select(SignatureVerdict.message_id, SignatureVerdict.sha256, SignatureVerdict.judged)
    for some in chunks(messages):
        of_these = query.where(SignatureVerdict.message_id.in_(some))
        for row in connection.execute(of_these.order_by(SignatureVerdict.at, SignatureVerdict.id)):
            judged = _read(row.judged)
            if judged is not None:
                found[row.message_id, bytes(row.sha256)] = judged
    return found


def _read(text: str) -> JudgedDocument | None:
    try:
        return judged_from_json(text)
    except BadAnswer:  # of a version that said more: no figure is worth a report that fails
        return None


def _signed(judged: Iterable[JudgedDocument]) -> str:
    """`VALID/official`; '' when nothing is signed. With several files, the best verdict."""
    found = {one.verdict: one for one in judged}
    best = next((verdict for verdict in _VERDICTS if verdict in found), None)
    return "" if best is None else f"{best.value}/{hierarchy_of(found[best])}"


def hierarchy_of(judged: JudgedDocument) -> str:
    """Whose certificates: one of the public's among them makes it public (S3 clause 1e)."""
    kinds = {signature.hierarchy for signature in judged.signatures}
    return next((kind for kind in _WORST_FIRST if kind in kinds), Hierarchy.OTHER).value


def _add(counts: Counts, one: _Exchange, to: _Receivers, signed: str) -> None:
    if one.sender is not None:
        others = to.agencies - {one.sender}
        way = Direction.SENT if others else Direction.OUT if to.outside else Direction.INTERNAL
        counts.add(Key(What.DOCUMENT, one.sender, one.doc_type, way, signed), more=int(one.desk == one.sender))
    way = Direction.IN if one.sender is None else Direction.RECEIVED
    for agency_id in to.agencies - {one.sender}:
        counts.add(Key(What.DOCUMENT, agency_id, one.doc_type, way, signed), more=int(one.desk == agency_id))


def _add_signatures(
    connection: Connection,
    counts: Counts,
    exchanges: Mapping[tuple[int, str], _Exchange],
    verdicts: Mapping[tuple[int, bytes], JudgedDocument],
) -> None:
    """Each signed file once a day, for the agency that the certificate belongs to, or else the one that sent it."""
    senders = {(message_id, sha): one.sender for (message_id, _), one in exchanges.items() for sha in one.hashes}
    codes = {code: number for number, code in connection.execute(select(Agency.id, Agency.code))}
    seen: set[tuple[bytes, Key]] = set()
    for place, judged in verdicts.items():
        for signature in judged.signatures:
            agency_id = codes.get(signature.signer.agency) or senders.get(place) or NO_AGENCY
            about = (signature.signer.subscriber.value, signature.hierarchy.value, signature.verdict.value)
            key = Key(What.SIGNATURE, agency_id, *about)
            if (place[1], key) not in seen:
                seen.add((place[1], key))
                counts.add(key)
