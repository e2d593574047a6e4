"""Keys in a token, by SoftHSM2: signatures that verify, sessions that get lost, PINs that are wrong."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pkcs11
import pytest
from pkcs11.constants import Attribute
from pkcs11.util.x509 import decode_x509_certificate

from mailhub.signer.errors import SignerError
from mailhub.signer.folder import Folder
from mailhub.signer.keys import KeyRing, verifies
from mailhub.signer.mandate_file import KeyTable
from mailhub.signer.orders import Refusal
from mailhub.signer.pins import PinGuard
from tests.support.pki import Pki
from tests.support.signing_desk import put

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "246810"
pytestmark = pytest.mark.skipif(not MODULE.exists(), reason="softhsm2 is not installed")


@pytest.fixture(scope="session")
def token(tmp_path_factory: pytest.TempPathFactory, pki: Pki) -> Iterator[KeyTable]:
    """A token with the agency's key and certificate. The library reads where its tokens are once a process."""
    home = tmp_path_factory.mktemp("softhsm")
    (home / "tokens").mkdir()
    (home / "softhsm2.conf").write_text(f"directories.tokendir = {home}/tokens\nobjectstore.backend = file\n")
    environment = {**os.environ, "SOFTHSM2_CONF": str(home / "softhsm2.conf")}
    os.environ["SOFTHSM2_CONF"] = environment["SOFTHSM2_CONF"]
    agency = pki.official.identity("agency")
    (home / "key.pem").write_bytes(agency.key_pem())
    label = ["--label", "stttt", "--id", "A1", "--token", "STTTT", "--pin", PIN]

    def run(*words: str) -> None:
        subprocess.run(["softhsm2-util", *words], env=environment, check=True, capture_output=True)

    run("--init-token", "--free", "--label", "STTTT", "--pin", PIN, "--so-pin", "13579246")
    run("--import", str(home / "key.pem"), *label)
    _bring_certificate(agency.certificate.dump())
    yield KeyTable(module=str(MODULE), token="STTTT", label="stttt", pin="pins/token")
    os.environ.pop("SOFTHSM2_CONF", None)


def _bring_certificate(der: bytes) -> None:
    """softhsm2-util 2.6 brings keys only."""
    attributes = decode_x509_certificate(der) | {Attribute.LABEL: "stttt", Attribute.ID: b"\xa1", Attribute.TOKEN: True}
    with pkcs11.lib(str(MODULE)).get_token(token_label="STTTT").open(rw=True, user_pin=PIN) as session:
        session.create_object(attributes)


@pytest.fixture
def own(folder: Folder) -> Folder:
    put(folder, "pins/token", PIN.encode())
    return folder


def test_a_token_signs_and_its_certificate_comes_along(own: Folder, token: KeyTable, pki: Pki) -> None:
    ring = KeyRing(own)
    try:
        assert ring.certificate(token).sha256 == pki.official.identity("agency").sha256
        assert verifies(ring.chain(token)[0], ring.sign(token, b"octets"), b"octets")
        assert PinGuard(own.path).wrong("token STTTT") == 0
    finally:
        ring.close()


def test_a_session_that_was_lost_is_opened_anew(own: Folder, token: KeyTable) -> None:
    ring = KeyRing(own)
    try:
        ring.sign(token, b"first")
        pkcs11.lib(str(MODULE)).reinitialize()  # as if the token had been pulled out: every session is gone
        assert ring.sign(token, b"second")
    finally:
        ring.close()


def test_a_wrong_pin_is_told_counted_and_never_tried_again(own: Folder, token: KeyTable) -> None:
    for number in (1, 2, 3):
        put(own, "pins/token", f"00000{number}".encode())
        for _ in range(2):
            ring = KeyRing(own)
            with pytest.raises(SignerError) as caught:
                ring.certificate(token)
            assert caught.value.reason is Refusal.PIN
            ring.close()
        assert PinGuard(own.path).wrong("token STTTT") == number
    put(own, "pins/token", PIN.encode())
    with pytest.raises(SignerError, match="stopped before the token locks"):
        KeyRing(own).certificate(token)


def test_a_token_that_is_not_there_costs_no_try(own: Folder, token: KeyTable) -> None:
    away = token.model_copy(update={"token": "NOWHERE"})
    with pytest.raises(SignerError) as caught:
        KeyRing(own).certificate(away)
    assert caught.value.reason is Refusal.KEY
    assert PinGuard(own.path).wrong("token NOWHERE") == 0


def test_a_key_that_is_not_there_is_told(own: Folder, token: KeyTable) -> None:
    with pytest.raises(SignerError, match="NoSuchKey"):
        KeyRing(own).certificate(token.model_copy(update={"label": "other"}))


def test_a_certificate_of_another_key_signs_nothing(own: Folder, token: KeyTable, pki: Pki) -> None:
    put(own, "trust/other.pem", pki.official.identity("leader").certificate_pem())
    wrong = token.model_copy(update={"certificate": "trust/other.pem"})
    ring = KeyRing(own)
    try:
        with pytest.raises(SignerError, match="does not verify"):
            ring.sign(wrong, b"octets")
    finally:
        ring.close()
