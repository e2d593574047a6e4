"""The services that look at and change whom we believe, and what is known to be revoked: the province's."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection

from mailhub.accounts.control import proposals
from mailhub.accounts.rights import Action
from mailhub.clock import now_ms
from mailhub.files.signed.trusted import Part
from mailhub.signatures import showing, subscribers
from mailhub.signatures.revocation import service as revocation
from mailhub.signatures.revocation.mirror import Bundle, public_key_of
from mailhub.signatures.trust import rows, service
from mailhub.signatures.trust.catalogue import find_shipped
from mailhub.signatures.trust.certificate_files import CertificateFile, read_certificates
from mailhub.signatures.trust.changes import Confirm
from mailhub.signatures.trust.pinned import Pinned
from mailhub.signatures.verdict import Hierarchy, Subscriber
from tests.accounts.matrix.cases import Row
from tests.accounts.matrix.of_tree import ONE
from tests.accounts.matrix.world import ROOT, SECOND, Spot

G2 = "f04ba4b459a7c9a1b971ad9b1cb833e695a80c79aea63b174b66a70edfe2fdb8"
_KEY = public_key_of(Ed25519PrivateKey.from_private_bytes(b"m" * 32))
_BUNDLE = Bundle(by="tinh.gov.vn", key=_KEY, made_at=now_ms(), lists=())


def entered(c: Connection, spot: Spot) -> None:
    """What ships."""
    service.enter_shipped(c)


def agreed(c: Connection, spot: Spot) -> None:
    """Two people's agreement, the code of which is kept."""
    entered(c, spot)
    spot.kept = service.propose_change(c, ROOT, Confirm((G2,)), reason="x")
    proposals.decide(c, SECOND, spot.kept, agree=True)


def waiting(c: Connection, spot: Spot) -> None:
    """A fingerprint without its certificate."""
    known = find_shipped(G2)
    assert known is not None
    rows.put(
        c,
        Pinned(sha256=G2, der=b"", part=Part.ROOT, hierarchy=Hierarchy.OFFICIAL, subject="x", source="x", dated="x"),
        by="x",
        at=1,
    )
    spot.kept = read_certificates(known.der)[0]


def _kept(spot: Spot) -> CertificateFile:
    assert isinstance(spot.kept, CertificateFile)
    return spot.kept


def confirmed(c: Connection, spot: Spot) -> None:
    """A certificate of the place's agency."""
    spot.kept = f"{spot.agency_id:064x}"
    subscribers.confirm_subscriber(c, ROOT, spot.kept, Subscriber.AGENCY, "Sở", agency=spot.code, reason="x")


A = Action
SIGNATURE_ROWS: dict[Any, list[Row]] = {
    service.list_trust: [
        Row(action=A.TRUST_READ, places=ONE, prepare=entered, call=lambda c, a, s: service.list_trust(c, a),
            sees=lambda found, s: bool(found)),
    ],
    service.show_trust: [
        Row(action=A.TRUST_READ, places=ONE, prepare=entered, call=lambda c, a, s: service.show_trust(c, a, G2)),
    ],
    service.propose_change: [
        Row(action=A.TRUST_CHANGE, places=ONE, prepare=entered,
            call=lambda c, a, s: service.propose_change(c, a, Confirm((G2,)), reason="x")),
    ],
    service.make_change: [
        Row(action=A.TRUST_CHANGE, places=ONE, prepare=agreed,
            call=lambda c, a, s: service.make_change(c, a, Confirm((G2,)), s.kept, reason="x")),
    ],
    service.fill_in: [
        Row(action=A.TRUST_CHANGE, places=ONE, prepare=waiting,
            call=lambda c, a, s: service.fill_in(c, a, _kept(s))),
    ],
    subscribers.confirm_subscriber: [
        Row(action=A.SUBJECT_CONFIRM,
            call=lambda c, a, s: subscribers.confirm_subscriber(
                c, a, "b" * 64, Subscriber.PERSON, "Nguyễn Văn An", agency=s.code, reason="x")),
    ],
    subscribers.forget_subscriber: [
        Row(action=A.SUBJECT_CONFIRM, prepare=confirmed,
            call=lambda c, a, s: subscribers.forget_subscriber(c, a, s.kept, reason="x")),
    ],
    subscribers.list_subscribers: [
        Row(action=A.SUBJECT_CONFIRM, prepare=confirmed, call=lambda c, a, s: subscribers.list_subscribers(c, a),
            sees=lambda found, s: any(row.certificate == s.kept for row in found)),
    ],
    showing.show_verdicts: [
        Row(action=A.VERDICT_READ, call=lambda c, a, s: showing.show_verdicts(c, a, str(s.document_id))),
    ],
    revocation.show_freshness: [
        Row(action=A.TRUST_READ, places=ONE, prepare=entered, call=lambda c, a, s: revocation.show_freshness(c, a),
            sees=lambda found, s: bool(found)),
    ],
    revocation.begin_fetch: [
        Row(action=A.REVOCATION_CARRY, places=ONE, call=lambda c, a, s: revocation.begin_fetch(c, a)),
    ],
    revocation.begin_key: [
        Row(action=A.REVOCATION_CARRY, places=ONE, call=lambda c, a, s: revocation.begin_key(c, a)),
    ],
    revocation.begin_import: [
        Row(action=A.REVOCATION_CARRY, places=ONE, call=lambda c, a, s: revocation.begin_import(c, a, _BUNDLE)),
    ],
    revocation.begin_export: [
        Row(action=A.REVOCATION_CARRY, places=ONE,
            call=lambda c, a, s: revocation.begin_export(c, a, reason="x")),
    ],
}  # fmt: skip
