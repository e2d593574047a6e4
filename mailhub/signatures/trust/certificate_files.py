"""Certificates from a file that an administrator names: PEM, DER, or a PKCS#7 bundle (RFC 7468, RFC 5280).

Not for certificates out of documents: those are opened in the sandbox only (`files/signed/`). What is read here was
chosen by a person, and is pinned only when two people agree to its fingerprint.
"""

from __future__ import annotations

import hashlib
import unicodedata
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs7

from mailhub.files.signed.trusted import Part
from mailhub.signatures.trust.errors import BadCertificate

LONGEST_FILE = 2**20  # octets


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFile:
    """One certificate of such a file. `subject` as RFC 4514 writes it, NFC; times in ms."""

    sha256: str
    der: bytes
    subject: str
    not_before: int
    not_after: int
    authority: bool  # basicConstraints: cA
    self_signed: bool


def read_certificates(octets: bytes) -> tuple[CertificateFile, ...]:
    """Every certificate in the file, in its order, each once.

    Raises:
        BadCertificate: there is none.
    """
    if len(octets) > LONGEST_FILE:
        raise BadCertificate("the file is too long to hold certificates")
    found = {one.sha256: one for one in (_described(certificate) for certificate in _load(octets))}
    if not found:
        raise BadCertificate("the file holds no certificate")
    return tuple(found.values())


def check_part(certificate: CertificateFile, part: Part, *, at: int) -> None:
    """Whether it can be believed as that.

    Raises:
        BadCertificate: it is no authority's, no root, or has expired.
    """
    if not certificate.authority:
        raise BadCertificate(f"{certificate.subject}: not the certificate of an authority (RFC 5280 § 4.2.1.9)")
    if part is Part.ROOT and not certificate.self_signed:
        raise BadCertificate(f"{certificate.subject}: not a root, it was signed by another: pin it as an intermediate")
    if certificate.not_after < at:
        raise BadCertificate(f"{certificate.subject}: has expired")


def _load(octets: bytes) -> Iterable[x509.Certificate]:
    readers: tuple[Callable[[bytes], list[x509.Certificate]], ...] = (
        (x509.load_pem_x509_certificates, pkcs7.load_pem_pkcs7_certificates)
        if b"-----BEGIN" in octets
        else (lambda der: [x509.load_der_x509_certificate(der)], pkcs7.load_der_pkcs7_certificates)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of oddities that the authority's own certificate may have
        for read in readers:
            try:
                return read(octets)
            except Exception as error:  # whatever the library finds wrong with a file that is none
                _ = error
    return ()


def _described(certificate: x509.Certificate) -> CertificateFile:
    der = certificate.public_bytes(serialization.Encoding.DER)
    return CertificateFile(
        sha256=hashlib.sha256(der).hexdigest(),
        der=der,
        subject=unicodedata.normalize("NFC", certificate.subject.rfc4514_string())[:500],
        not_before=int(certificate.not_valid_before_utc.timestamp() * 1000),
        not_after=int(certificate.not_valid_after_utc.timestamp() * 1000),
        authority=_is_authority(certificate),
        self_signed=_signs_itself(certificate),
    )


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def _signs_itself(certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(certificate)
    except Exception as error:  # another name, another key, an algorithm that the library does not know
        _ = error
        return False
    return True
