"""The doctor on certificates, private keys and who may read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from mailhub.ops.certificate import self_signed
from mailhub.ops.checks.keys import check_certificate, check_dkim_files, check_modes
from mailhub.ops.findings import Ground, Status


@pytest.mark.parametrize(
    ("mode", "status"), [(0o600, Status.OK), (0o640, Status.LOOK), (0o644, Status.BROKEN), (0o604, Status.BROKEN)]
)
def test_a_private_key_that_others_read_is_found(ground: Ground, mode: int, status: Status) -> None:
    ground.settings.dkim_file(ground.settings.dkim.keys[0]).chmod(mode)
    verdict = check_modes(ground)
    assert verdict.status is status
    assert ("chmod 600" in verdict.advice) is (status is not Status.OK)


def test_a_key_file_that_is_gone_is_broken(ground: Ground) -> None:
    ground.settings.tls_key.unlink()
    assert check_modes(ground).status is Status.BROKEN
    assert check_certificate(ground).status is Status.BROKEN


def test_a_fresh_hubs_certificate_is_only_self_made(ground: Ground) -> None:
    verdict = check_certificate(ground)
    assert (verdict.status, "tự cấp" in verdict.seen) == (Status.LOOK, True)


def test_a_certificate_and_the_key_of_another_are_broken(ground: Ground) -> None:
    _, other = self_signed("mx.tinh.gov.vn")
    ground.settings.tls_key.write_bytes(other)
    verdict = check_certificate(ground)
    assert (verdict.status, "không khớp" in verdict.seen) == (Status.BROKEN, True)


def test_a_certificate_for_another_name_is_looked_at(ground: Ground) -> None:
    _install(ground, *self_signed("mail.khac.vn"))
    verdict = check_certificate(ground)
    assert verdict.status is Status.LOOK
    assert "không phải mx.tinh.gov.vn" in verdict.seen


@pytest.mark.parametrize(("days", "status"), [(-1, Status.BROKEN), (5, Status.LOOK), (300, Status.OK)])
def test_an_issued_certificate_is_judged_by_the_days_it_has_left(ground: Ground, days: int, status: Status) -> None:
    _install(ground, *_issued("mx.tinh.gov.vn", days))
    assert check_certificate(ground).status is status


def test_a_dkim_key_that_does_not_load_is_broken(ground: Ground) -> None:
    assert check_dkim_files(ground).status is Status.OK
    ground.settings.dkim_file(ground.settings.dkim.keys[1]).write_text("-----BEGIN NOTHING-----\n")
    assert check_dkim_files(ground).status is Status.BROKEN


def test_a_domain_without_a_key_for_today_is_looked_at(ground: Ground) -> None:
    yesterday = datetime.now(UTC).date() - timedelta(days=2)
    keys = tuple(key.model_copy(update={"until": yesterday}) for key in ground.settings.dkim.keys)
    settings = ground.settings.model_copy(update={"dkim": ground.settings.dkim.model_copy(update={"keys": keys})})
    assert check_dkim_files(Ground(settings, ground.database, ground.actor)).status is Status.LOOK


def _install(ground: Ground, certificate: bytes, key: bytes) -> None:
    Path(ground.settings.tls_certificate).write_bytes(certificate)
    Path(ground.settings.tls_key).write_bytes(key)


def _issued(name: str, days: int) -> tuple[bytes, bytes]:
    """A certificate of somebody else's, PEM, and its key."""
    issuer_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer, subject = (x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, one)]) for one in ("CA", name))
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=days, hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), private
