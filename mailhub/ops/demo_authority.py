"""Certificate authorities of the demonstration, named as the real ones and marked THỬ NGHIỆM (signatures § 5).

Made anew for each demonstration, and good for nothing else. The leader's key lies with the demonstration, the agency's
with the signer.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from cryptography.x509.oid import NameOID

_MARK = "(THỬ NGHIỆM)"
_AUTHORITY = f"Ban Cơ yếu Chính phủ {_MARK}"
_DAYS = 3650


@dataclass(frozen=True, slots=True)
class Holder:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.der).hexdigest()


@dataclass(frozen=True, slots=True)
class Authority:
    """A root, the authority for state bodies below it, and its list, which revokes nothing."""

    root: Holder
    sub: Holder
    crl: bytes
    made_at: datetime

    def issue(self, name: str, organisation: str, units: tuple[str, ...] = (), email: str = "") -> Holder:
        """A certificate for a person or an agency: digitalSignature and nonRepudiation (§ 3.1)."""
        parts = [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            *(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit) for unit in units),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
        parts += [x509.NameAttribute(NameOID.EMAIL_ADDRESS, email)] if email else []
        return _certificate(x509.Name(parts), self.sub, self.made_at, authority=False, below=None)

    def pkcs12(self, holder: Holder, password: bytes) -> bytes:
        """Key and chain in a file."""
        return pkcs12.serialize_key_and_certificates(
            b"demo",
            holder.key,
            holder.certificate,
            [self.sub.certificate, self.root.certificate],
            BestAvailableEncryption(password),
        )


def make_authority(at: datetime | None = None) -> Authority:
    """A fresh hierarchy, valid for ten years from the day before `at`."""
    moment = (at or datetime.now(UTC)).replace(microsecond=0)
    root = _certificate(_name(f"RootCA chuyên dùng Chính phủ G2 {_MARK}"), None, moment, authority=True, below=1)
    name = _name(f"CA phục vụ các cơ quan Nhà nước G2 {_MARK}")
    sub = _certificate(name, root, moment, authority=True, below=0)
    listed = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(sub.certificate.subject)
        .last_update(moment - timedelta(days=1))
        .next_update(moment + timedelta(days=_DAYS))
        .add_extension(x509.CRLNumber(1), critical=False)
        .add_extension(_issuer_key(sub), critical=False)
        .sign(sub.key, hashes.SHA256())
    )
    return Authority(root, sub, listed.public_bytes(Encoding.DER), moment)


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _AUTHORITY),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _certificate(
    subject: x509.Name, issuer: Holder | None, at: datetime, *, authority: bool, below: int | None
) -> Holder:
    key = rsa.generate_private_key(65537, 2048)
    signer = issuer or Holder(None, key)  # type: ignore[arg-type]  # a root signs itself
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + timedelta(days=_DAYS))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=below), critical=True)
        .add_extension(_usage(authority), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if issuer is not None:
        builder = builder.add_extension(_issuer_key(issuer), critical=False)
    return Holder(builder.sign(signer.key, hashes.SHA256()), key)


def _issuer_key(issuer: Holder) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())


def _usage(authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=not authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


__all__ = ["Authority", "Holder", "make_authority"]
