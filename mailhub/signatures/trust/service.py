"""Whom we believe, as people look at it and change it: two of them, and every change in the log.

What ships is believed from the beginning and waits for two people to confirm its fingerprints: `mailhub doctor` names
it until then (reference/signatures § 3.3, § 7).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection

from mailhub.accounts import audit
from mailhub.accounts.act import act, need_reason
from mailhub.accounts.control import proposals
from mailhub.accounts.control.proposals import ProposalKind
from mailhub.accounts.errors import InvalidValue
from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import Action, Actor, Role, Subject, may
from mailhub.accounts.tree import agency_subject, root_agency
from mailhub.signatures.trust import rows
from mailhub.signatures.trust.catalogue import shipped
from mailhub.signatures.trust.certificate_files import CertificateFile
from mailhub.signatures.trust.changes import Add, Change, Confirm, End, Readdress, check_address
from mailhub.signatures.trust.errors import AlreadyTrusted, NoSuchCertificate
from mailhub.signatures.trust.pinned import Pinned
from mailhub.signatures.trust.rows import TrustRow
from mailhub.text.plain import plain_line

# Who acts when a hub is made, or starts with a newer program.
SHIPPED = Actor(name="mailhub:shipped", role=Role.CONSOLE, proved=True)


def trust_subject(connection: Connection, name: str) -> Subject:
    """Trust data as `may()` looks at it: the province's own."""
    agency = root_agency(connection)
    if agency is None:
        return Subject(kind="trust", name=name)
    return agency_subject(connection, "trust", name, agency)


def list_trust(connection: Connection, actor: Actor, *, ended: bool = False) -> Sequence[TrustRow]:
    """Every pinned certificate; those that ended as well when asked for.

    Raises:
        NotAllowed
    """
    _check_may_read(connection, actor)
    return [row for row in rows.every(connection) if ended or row.in_force]


def show_trust(connection: Connection, actor: Actor, sha256: str) -> TrustRow:
    """One of them, by its fingerprint or the beginning of it.

    Raises:
        NotAllowed, NoSuchCertificate
    """
    _check_may_read(connection, actor)
    return rows.find(connection, sha256)


def propose_change(
    connection: Connection, actor: Actor, change: Change, *, reason: str, hours: int = 72, at: int | None = None
) -> str:
    """Ask for the second person, without whom nothing of this changes; gives the code.

    Raises:
        NotAllowed, ReasonMissing, NoSuchCertificate, AlreadyTrusted, InvalidValue
    """
    _check(connection, change)
    subject = trust_subject(connection, _name(connection, change))
    return proposals.propose(
        connection, actor, ProposalKind.TRUST, subject, change.payload(), reason=reason, hours=hours, at=at
    )


def make_change(
    connection: Connection, actor: Actor, change: Change, code: str, *, reason: str, at: int | None = None
) -> None:
    """Do it, by the agreement `code` of a second person to exactly this.

    Raises:
        NotAllowed, ReasonMissing, NeedsSecondPerson, NoSuchProposal, NoSuchCertificate, AlreadyTrusted, InvalidValue
    """
    with act(connection, actor, reason=need_reason(reason), at=at) as acting:
        subject = trust_subject(connection, _name(connection, change))
        acting.check(Action.TRUST_CHANGE, subject)
        _check(connection, change)
        agreed = proposals.require(connection, ProposalKind.TRUST, subject, change.payload(), code, at=acting.at)
        acting.before = _before(connection, change)
        _write(connection, change, by=actor.name, both=f"{actor.name}, {agreed}", at=acting.at)
        acting.after = {**change.payload(), "agreed": agreed}


def fill_in(connection: Connection, actor: Actor, certificate: CertificateFile, *, at: int | None = None) -> TrustRow:
    """Bring the certificate itself to a fingerprint that is pinned and waits for it. One person can: that this very
    certificate is believed has been decided, and another does not have the fingerprint.

    Raises:
        NotAllowed. NoSuchCertificate: no fingerprint waits for it.
    """
    with act(connection, actor, at=at) as acting:
        found = rows.get(connection, certificate.sha256)
        acting.check(Action.TRUST_CHANGE, trust_subject(connection, _titled(certificate.subject, certificate.sha256)))
        if found is None or not found.in_force or not found.waits:
            raise NoSuchCertificate(f"no fingerprint waits for {certificate.subject}")
        rows.change(connection, certificate.sha256, der=certificate.der, subject=certificate.subject)
        acting.after = {"do": "fill in", "sha256": certificate.sha256}
        return found


def enter_shipped(connection: Connection, *, at: int | None = None) -> Sequence[str]:
    """Enter what ships and was never entered; gives the fingerprints. What people ended stays so."""
    if not _missing(connection):
        return ()
    audit.take_turn(connection)  # the roles of a hub may start together
    missing = _missing(connection)
    if not missing:
        return ()
    with act(connection, SHIPPED, reason="shipped with mailhub", at=at) as acting:
        acting.check(Action.TRUST_CHANGE, trust_subject(connection, "shipped"))
        for one in missing:
            if rows.get(connection, one.sha256) is None:
                rows.put(connection, one, by=SHIPPED.name, at=acting.at)
            else:
                rows.change(connection, one.sha256, der=one.der)
        acting.after = {"do": "enter shipped", "sha256": [one.sha256 for one in missing]}
    return [one.sha256 for one in missing]


def _missing(connection: Connection) -> Sequence[Pinned]:
    """What was never entered, and certificates that a newer program brings to fingerprints that waited for them."""
    here = {row.pinned.sha256: row for row in rows.every(connection)}
    return [one for one in shipped() if one.sha256 not in here or (one.der and _open(here[one.sha256]))]


def _open(row: TrustRow) -> bool:
    return row.in_force and row.waits


def _check_may_read(connection: Connection, actor: Actor) -> None:
    subject = trust_subject(connection, "trust")
    if not may(actor, Action.TRUST_READ, subject):
        raise refusal(actor, Action.TRUST_READ, subject.name)


def _check(connection: Connection, change: Change) -> None:
    """Whether it can be done at all."""
    match change:
        case Add(pinned):
            _check_addition(connection, pinned.sha256, pinned.ocsp, pinned.crl)
            _check_dated(pinned.dated)
        case Readdress(sha256, ocsp, crl):
            _live(connection, sha256)
            check_address(ocsp)
            check_address(crl)
        case End(sha256):
            _live(connection, sha256)
        case Confirm(several):
            for sha256 in several:
                if _live(connection, sha256).confirmed_at is not None:
                    raise AlreadyTrusted(f"{sha256} is confirmed already")


def _check_addition(connection: Connection, sha256: str, ocsp: str, crl: str) -> None:
    found = rows.get(connection, sha256)
    if found is not None and found.in_force:
        raise AlreadyTrusted(f"{found.pinned.subject} is pinned already")
    check_address(ocsp)
    check_address(crl)


def _check_dated(text: str) -> None:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise InvalidValue(f"{text!r} is no date: 2026-11-21, when the source was read") from None


def _write(connection: Connection, change: Change, *, by: str, both: str, at: int) -> None:
    match change:
        case Add(pinned):
            rows.put(connection, pinned, by=by, at=at, confirmed_by=both)
        case End(sha256):
            rows.change(connection, sha256, ended_at=at, ended_by=both[:700])
        case Confirm(several):
            for sha256 in several:
                rows.change(connection, sha256, confirmed_at=at, confirmed_by=both[:700])
        case Readdress(sha256, ocsp, crl):
            rows.change(connection, sha256, ocsp=ocsp, crl=crl)


def _before(connection: Connection, change: Change) -> dict[str, object]:
    if isinstance(change, Readdress):
        old = _live(connection, change.sha256).pinned
        return {"ocsp": old.ocsp, "crl": old.crl}
    return {}


def _live(connection: Connection, sha256: str) -> TrustRow:
    found = rows.get(connection, sha256)
    if found is None or not found.in_force:
        raise NoSuchCertificate(f"no certificate with the fingerprint {sha256} is pinned")
    return found


def _name(connection: Connection, change: Change) -> str:
    """What the log and the letters call it."""
    match change:
        case Add(pinned):
            return _titled(pinned.subject, pinned.sha256)
        case Confirm(several) if len(several) != 1:
            return f"{len(several)} chứng thư"
        case Confirm((sha256,)):
            return _titled(_live(connection, sha256).pinned.subject, sha256)
        case End(sha256) | Readdress(sha256, _, _):
            return _titled(_live(connection, sha256).pinned.subject, sha256)
    raise AssertionError(change)


def _titled(subject: str, sha256: str) -> str:
    """The most particular part of the name, and the beginning of the fingerprint."""
    named = next((part for part in subject.split(",") if part.startswith("CN=")), subject).removeprefix("CN=")
    return f"{plain_line(named)[:100]} ({sha256[:16]})"
