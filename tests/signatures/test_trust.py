"""Whom we believe: shipped data that say where they come from, changed by two people, seen at once by everybody."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from mailhub.accounts.control import proposals
from mailhub.accounts.control.errors import NeedsSecondPerson
from mailhub.accounts.errors import InvalidValue, NotAllowed
from mailhub.accounts.records import AuditRow
from mailhub.accounts.rights import Role, console
from mailhub.clock import DAY, now_ms
from mailhub.files.signed.trusted import Part
from mailhub.signatures.trust import rows, service
from mailhub.signatures.trust.bundle import TrustKeeper
from mailhub.signatures.trust.catalogue import find_shipped, shipped
from mailhub.signatures.trust.certificate_files import CertificateFile, check_part, read_certificates
from mailhub.signatures.trust.changes import Add, Change, Confirm, End, Readdress
from mailhub.signatures.trust.errors import AlreadyTrusted, BadCertificate, NoSuchCertificate
from mailhub.signatures.trust.pinned import Pinned, trust_of
from mailhub.signatures.verdict import Hierarchy
from mailhub.store.database import Database
from tests.support.pki import Pki, pem, sha256
from tests.support.revocation import pinned_of

ROOT, SECOND = console("mot"), console("hai")
G2 = "f04ba4b459a7c9a1b971ad9b1cb833e695a80c79aea63b174b66a70edfe2fdb8"
STATE_G2 = "d8cab7a4aef92e6bb2509d7c61cee7b44f3731b2d21074963530277b366fae4b"
STATE_G1 = "75e969c07ba35c29c72bbc1bfb880f20f3891a619b00b77eb02ca6160736a1fe"


def changed(database: Database, change: Change) -> None:
    """As two people do it."""
    with database.write() as connection:
        code = service.propose_change(connection, ROOT, change, reason="x")
        proposals.decide(connection, SECOND, code, agree=True)
        service.make_change(connection, ROOT, change, code, reason="x")


@pytest.mark.unit
def test_every_shipped_certificate_is_its_fingerprint_and_says_where_it_comes_from() -> None:
    assert len({one.sha256 for one in shipped()}) == len(shipped())
    for one in shipped():
        assert one.source
        assert one.dated
        assert one.subject
        if one.der:
            assert [found.sha256 for found in read_certificates(one.der)] == [one.sha256]


@pytest.mark.unit
def test_the_roots_of_the_reference_ship() -> None:
    root = find_shipped(G2)
    assert root is not None
    assert (root.part, root.hierarchy, bool(root.der)) == (Part.ROOT, Hierarchy.OFFICIAL, True)
    certificate = read_certificates(root.der)[0]
    assert certificate.subject == root.subject == "CN=RootCA chuyên dùng Chính phủ G2,O=Ban Cơ yếu Chính phủ,C=VN"
    assert certificate.self_signed
    check_part(certificate, Part.ROOT, at=now_ms())


@pytest.mark.unit
def test_the_version_is_of_what_a_reader_gets_and_of_nothing_else() -> None:
    every = shipped()
    moved = [replace(one, ocsp="http://elsewhere/", source="y") for one in reversed(every)]
    assert trust_of(every).version == trust_of(moved).version
    assert trust_of(every).version != trust_of(every[1:]).version
    assert trust_of(every).version != trust_of([replace(every[0], part=Part.TIMESTAMP), *every[1:]]).version


@pytest.mark.unit
def test_what_waits_for_its_certificate_is_not_believed() -> None:
    trust = trust_of(shipped())
    assert STATE_G1 not in trust.certificates
    assert STATE_G2 in trust.certificates
    assert trust.hierarchies[G2] is Hierarchy.OFFICIAL
    assert {one.sha256 for one in trust.bundle.certificates} == {one.sha256 for one in shipped() if one.der}


def test_files_in_pem_der_and_bundles_are_read_and_nothing_else(pki: Pki) -> None:
    both = pem(pki.official.root) + pem(pki.official.sub)
    assert [one.sha256 for one in read_certificates(both)] == [sha256(pki.official.root), sha256(pki.official.sub)]
    root, sub = read_certificates(both)
    assert read_certificates(root.der) == (root,)
    assert (root.authority, root.self_signed, sub.authority, sub.self_signed) == (True, True, True, False)
    for octets in (
        b"",
        b"x",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        b"\x30\x03\x02\x01\x01",
    ):
        with pytest.raises(BadCertificate):
            read_certificates(octets)


def test_a_leaf_an_intermediate_as_root_and_what_has_expired_cannot_be_pinned(pki: Pki) -> None:
    (leaf,) = read_certificates(pki.official.identity("leader").certificate_pem())
    (sub,) = read_certificates(pem(pki.official.sub))
    (root,) = read_certificates(pem(pki.official.root))
    with pytest.raises(BadCertificate, match="not the certificate of an authority"):
        check_part(leaf, Part.INTERMEDIATE, at=now_ms())
    with pytest.raises(BadCertificate, match="not a root"):
        check_part(sub, Part.ROOT, at=now_ms())
    with pytest.raises(BadCertificate, match="expired"):
        check_part(root, Part.ROOT, at=root.not_after + 1)
    check_part(sub, Part.INTERMEDIATE, at=now_ms())


def test_what_ships_is_entered_once_and_what_people_ended_stays_ended(database: Database) -> None:
    with database.write() as connection:
        assert set(service.enter_shipped(connection)) == {one.sha256 for one in shipped()}
        assert service.enter_shipped(connection) == ()
        assert all(row.confirmed_at is None for row in rows.every(connection))
    changed(database, End(G2))
    with database.write() as connection:
        assert service.enter_shipped(connection) == ()
        assert not rows.find(connection, G2).in_force


def test_two_people_add_confirm_readdress_and_end(database: Database, pki: Pki) -> None:
    root, _ = pinned_of(pki.official)
    keeper = TrustKeeper(database)
    assert keeper.current().bundle.certificates == ()
    changed(database, Add(root))
    trust = keeper.current()
    assert trust.certificates == {root.sha256: root.der}
    assert trust.hierarchies == {root.sha256: Hierarchy.OFFICIAL}
    with database.read() as connection:
        row = rows.find(connection, root.sha256[:12])
    assert row.confirmed_by == f"{ROOT.name}, {SECOND.name}"
    changed(database, Readdress(root.sha256, "", "http://elsewhere/x.crl"))
    assert keeper.current().addresses[root.sha256].crl == "http://elsewhere/x.crl"
    assert keeper.current().version == trust.version
    changed(database, End(root.sha256))
    assert keeper.current().certificates == {}
    keeper.close()


def test_one_person_alone_changes_nothing_and_an_agreement_is_to_exactly_one_thing(
    sqlite_database: Database, pki: Pki
) -> None:
    root, sub = pinned_of(pki.official)
    with sqlite_database.write() as connection:
        code = service.propose_change(connection, ROOT, Add(root), reason="x")
        with pytest.raises(NeedsSecondPerson):
            service.make_change(connection, ROOT, Add(root), code, reason="x")
        proposals.decide(connection, SECOND, code, agree=True)
        for other in (Add(sub), Add(replace(root, ocsp="http://127.0.0.1/")), Add(replace(root, part=Part.TIMESTAMP))):
            with pytest.raises(NeedsSecondPerson):
                service.make_change(connection, ROOT, other, code, reason="x")
        service.make_change(connection, ROOT, Add(root), code, reason="x")
        with pytest.raises(AlreadyTrusted):
            service.propose_change(connection, ROOT, Add(root), reason="x")


def test_every_change_is_in_the_log_with_the_whole_fingerprint(sqlite_database: Database) -> None:
    with sqlite_database.write() as connection:
        service.enter_shipped(connection)
    changed(sqlite_database, Confirm((G2,)))
    with sqlite_database.read() as connection:
        told = [row.after for row in connection.execute(select(AuditRow.__table__).order_by(AuditRow.id))]
    assert G2 in told[0]
    assert G2 in told[-1]


@pytest.mark.parametrize(
    "url", ["ftp://ca/x", "http://", "//ca/x", "http://u:p@ca/x", "http://ca/x y", "file:///etc/passwd", "http://c/#x"]
)
def test_an_address_that_is_none_is_refused(sqlite_database: Database, url: str) -> None:
    with sqlite_database.write() as connection:
        service.enter_shipped(connection)
        with pytest.raises(InvalidValue):
            service.propose_change(connection, ROOT, Readdress(G2, url, ""), reason="x")


def test_a_waiting_fingerprint_is_filled_in_by_one_person_and_only_with_its_certificate(
    sqlite_database: Database, pki: Pki
) -> None:
    (sub,) = read_certificates(pem(pki.official.sub))
    waiting = Pinned(
        sha256=sub.sha256, der=b"", part=Part.INTERMEDIATE, hierarchy=Hierarchy.OFFICIAL, subject="?",
        source="x", dated="2026-11-22",
    )  # fmt: skip
    with sqlite_database.write() as connection:
        rows.put(connection, waiting, by="test", at=1)
        with pytest.raises(NotAllowed):
            service.fill_in(connection, replace(ROOT, role=Role.AUDITOR), sub)
        (other,) = read_certificates(pem(pki.official.root))
        with pytest.raises(NoSuchCertificate):
            service.fill_in(connection, ROOT, other)
        service.fill_in(connection, ROOT, sub)
        with pytest.raises(NoSuchCertificate):
            service.fill_in(connection, ROOT, sub)
    assert TrustKeeper(sqlite_database).current().certificates == {sub.sha256: sub.der}


def test_two_processes_see_a_change_at_once(database: Database, pki: Pki) -> None:
    first, second = TrustKeeper(database), TrustKeeper(database)
    root, sub = pinned_of(pki.official)
    changed(database, Add(root))
    assert first.current() == second.current()
    same = first.current()
    assert first.current() is same
    changed(database, Add(sub))
    assert {one.sha256 for one in second.current().bundle.certificates} == {root.sha256, sub.sha256}
    first.close()
    second.close()


@pytest.mark.unit
def test_a_certificate_file_of_odd_size_is_not_read() -> None:
    with pytest.raises(BadCertificate, match="too long"):
        read_certificates(b"x" * (2**20 + 1))
    expired = CertificateFile(
        sha256="", der=b"", subject="CN=x", not_before=0, not_after=DAY, authority=True, self_signed=True
    )
    with pytest.raises(BadCertificate, match="expired"):
        check_part(expired, Part.TIMESTAMP, at=2 * DAY)
