"""What `Authority.issue` puts into a certificate: names and extensions as `cryptography` has them (see `pki.py`)."""

from __future__ import annotations

from asn1crypto import x509
from cryptography import x509 as cx509
from cryptography.x509.oid import AuthorityInformationAccessOID

from tests.support.pki_plan import Subject


def name_of(subject: Subject) -> cx509.Name:
    loaded = x509.Name.load(subject.name().dump())
    oids = cx509.NameOID
    known = {
        "country_name": oids.COUNTRY_NAME,
        "locality_name": oids.LOCALITY_NAME,
        "organization_name": oids.ORGANIZATION_NAME,
        "organizational_unit_name": oids.ORGANIZATIONAL_UNIT_NAME,
        "common_name": oids.COMMON_NAME,
        "user_id": oids.USER_ID,
        "email_address": oids.EMAIL_ADDRESS,
    }
    return cx509.Name(
        [cx509.NameAttribute(known[part["type"].native], part["value"].native) for rdn in loaded.chosen for part in rdn]
    )


def signing_usage() -> cx509.KeyUsage:
    return cx509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def addresses(ocsp_url: str, crl_url: str) -> list[cx509.ExtensionType]:
    found: list[cx509.ExtensionType] = []
    if ocsp_url:
        where = cx509.UniformResourceIdentifier(ocsp_url)
        access = cx509.AccessDescription(AuthorityInformationAccessOID.OCSP, where)
        found.append(cx509.AuthorityInformationAccess([access]))
    if crl_url:
        point = cx509.DistributionPoint([cx509.UniformResourceIdentifier(crl_url)], None, None, None)
        found.append(cx509.CRLDistributionPoints([point]))
    return found
