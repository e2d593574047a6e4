"""A closed network's revocation data: carried in signed, and neither forged, nor old, nor turned back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mailhub.accounts.errors import NotAllowed
from mailhub.accounts.rights import Role, console
from mailhub.clock import DAY, HOUR, now_ms
from mailhub.files.signed.facts import Status
from mailhub.signatures.revocation import mirror_key, service
from mailhub.signatures.revocation.answers import known
from mailhub.signatures.revocation.carrying import take_bundle
from mailhub.signatures.revocation.errors import BadBundle, RevocationError
from mailhub.signatures.revocation.mirror import Bundle, CarriedList, public_key_of, read_bundle, write_bundle
from mailhub.signatures.trust.bundle import TrustKeeper
from mailhub.signatures.verdict import Wanted
from mailhub.store.database import Database
from tests.support.pki import Pki, sha256
from tests.support.revocation import DirectChecker, pin_official, pinned_of

ROOT = console("test")
KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
OURS = (public_key_of(KEY),)
NOW = 1_000 * DAY
SOME = (CarriedList(issuer="a" * 64, source="http://ca/x.crl", fetched_at=5, der=b"danh sach"),)


def made(at: int = NOW, lists: tuple[CarriedList, ...] = SOME, key: Ed25519PrivateKey = KEY) -> bytes:
    return write_bundle(key, lists, by="tinh.gov.vn", at=at)


@pytest.mark.unit
def test_a_bundle_comes_out_as_it_went_in() -> None:
    read = read_bundle(made(), OURS, at=NOW, days=7)
    assert read == Bundle(by="tinh.gov.vn", key=OURS[0], made_at=NOW, lists=SOME)


@pytest.mark.unit
@pytest.mark.parametrize("at", [0, 10, 40, -70, -1])
def test_a_bundle_with_one_bit_changed_is_refused(at: int) -> None:
    octets = bytearray(made())
    octets[at] ^= 1
    with pytest.raises(BadBundle):
        read_bundle(bytes(octets), OURS, at=NOW, days=7)


@pytest.mark.unit
@pytest.mark.parametrize("octets", [b"", b"x", made()[:-1], made()[:40], made() + b"x"])
def test_what_is_no_whole_bundle_is_refused(octets: bytes) -> None:
    with pytest.raises(BadBundle):
        read_bundle(octets, OURS, at=NOW, days=7)


@pytest.mark.unit
def test_another_mirror_and_no_mirror_at_all_are_refused() -> None:
    stranger = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
    with pytest.raises(BadBundle, match="not signed by a mirror"):
        read_bundle(made(key=stranger), OURS, at=NOW, days=7)
    with pytest.raises(BadBundle, match="mirror_keys is empty"):
        read_bundle(made(), (), at=NOW, days=7)


@pytest.mark.unit
def test_a_bundle_counts_for_the_configured_days_and_not_from_the_future() -> None:
    assert read_bundle(made(), OURS, at=NOW + 7 * DAY, days=7).made_at == NOW
    with pytest.raises(BadBundle, match="more than 7 days"):
        read_bundle(made(), OURS, at=NOW + 7 * DAY + 1, days=7)
    with pytest.raises(BadBundle, match="future"):
        read_bundle(made(), OURS, at=NOW - 2 * HOUR, days=7)


@pytest.mark.unit
def test_a_mirrors_own_words_are_checked_even_when_signed() -> None:
    with pytest.raises(BadBundle, match="broken"):
        read_bundle(made(lists=(CarriedList(issuer="../x", source="", fetched_at=0, der=b"x"),)), OURS, at=NOW, days=7)


def test_an_older_bundle_of_the_same_mirror_is_refused_and_the_same_again_is_not(database: Database) -> None:
    old, new = (read_bundle(made(at), OURS, at=NOW, days=7) for at in (NOW - DAY, NOW))
    with database.write() as connection:
        service.begin_import(connection, ROOT, new)
        service.begin_import(connection, ROOT, new)
        with pytest.raises(BadBundle, match="newer bundle"):
            service.begin_import(connection, ROOT, old)


async def test_a_closed_network_learns_of_revoked_certificates_from_a_bundle(database: Database, pki: Pki) -> None:
    _, sub = pin_official(database, pki)
    lists = tuple(
        CarriedList(issuer=sha256(one), source=url, fetched_at=1, der=pki.official.crl(name))
        for one, name, url in (
            (pki.official.sub, "sub", pki.official.crl_url),
            (pki.official.root, "root", pki.official.root_crl_url),
        )
    )
    at = now_ms()
    bundle = read_bundle(made(at, lists), OURS, at=at, days=7)
    pki.asked.clear()
    done = await take_bundle(database, DirectChecker(), TrustKeeper(database).current(), bundle, at=at)
    assert [one.problem for one in done] == ["", ""]
    assert pki.asked == []
    bad = Wanted(sub.sha256, pki.official.identity("compromised").serial)
    with database.read() as connection:
        assert [one.status for one in known(connection, [bad], at)] == [Status.REVOKED]
        assert {one.source for one in service.freshness(connection)} == {
            f"mirror: tinh.gov.vn, {url}" for url in (pki.official.crl_url, pki.official.root_crl_url)
        }


async def test_a_mirror_cannot_speak_for_an_authority(sqlite_database: Database, pki: Pki) -> None:
    _, sub = pin_official(sqlite_database, pki)
    _, foreign = pinned_of(pki.forged)
    forged = CarriedList(issuer=sub.sha256, source=sub.crl, fetched_at=1, der=pki.forged.crl())
    strange = CarriedList(issuer=foreign.sha256, source=foreign.crl, fetched_at=1, der=pki.forged.crl())
    at = now_ms()
    bundle = read_bundle(made(at, (forged, strange)), OURS, at=at, days=7)
    done = await take_bundle(sqlite_database, DirectChecker(), TrustKeeper(sqlite_database).current(), bundle, at=at)
    assert done[0].problem
    assert done[1].problem == "its issuer is not pinned here"
    with sqlite_database.read() as connection:
        assert known(connection, [Wanted(sub.sha256, "1"), Wanted(foreign.sha256, "1")], at) == ()


def test_what_is_exported_is_every_list_and_the_log_says_so(sqlite_database: Database) -> None:
    with sqlite_database.write() as connection:
        assert list(service.begin_export(connection, ROOT, reason="chuyển vào mạng kín")) == []
        with pytest.raises(NotAllowed):
            service.begin_export(connection, replace(ROOT, role=Role.AUDITOR), reason="x")


@pytest.mark.unit
def test_the_mirrors_key_is_made_once_and_readable_by_nobody_else(tmp_path: Path) -> None:
    with pytest.raises(RevocationError):
        mirror_key.load_key(tmp_path)
    mirror_key.make_key(tmp_path)
    first = public_key_of(mirror_key.load_key(tmp_path))
    mirror_key.make_key(tmp_path)
    assert public_key_of(mirror_key.load_key(tmp_path)) == first
    assert (tmp_path / mirror_key.KEY_FILE).stat().st_mode & 0o777 == 0o600
