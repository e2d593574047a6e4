"""X.509 certificates as values (RFC 5280 § 4), and the pinned ones among them."""

from __future__ import annotations

import base64
import hashlib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from asn1crypto import x509

from mailhub.files.signed.crypto import digest_in, key_words
from mailhub.files.signed.facts import CertificateFacts
from mailhub.files.signed.timer import kept
from mailhub.files.signed.trusted import Part, TrustBundle

Certificate = Any  # asn1crypto.x509.Certificate, which has no types
MOST_CERTIFICATES = 64  # looked at of one signature
LONGEST_SERIAL = 48  # hexadecimal digits; RFC 5280 § 4.1.2.2 allows 40
_LONGEST_NAME = 500
_LONGEST_VALUE = 300
_MOST_VALUES = 10
_KEYS = {
    "common_name": "CN", "organization_name": "O", "organizational_unit_name": "OU", "country_name": "C",
    "locality_name": "L", "state_or_province_name": "ST", "street_address": "STREET", "domain_component": "DC",
    "user_id": "UID", "email_address": "E", "serial_number": "serialNumber", "title": "T", "given_name": "GN",
    "surname": "SN",
}  # fmt: skip


@kept(128)
def certificate_of(der: bytes) -> Certificate:
    """Raises ValueError when it is none, or one that cannot be told from others. Kept: the signatures of one document
    bring the same few."""
    certificate = x509.Certificate.load(der, strict=True)
    serial_of(certificate)
    for field in ("subject", "issuer", "subject_public_key_info"):
        certificate["tbs_certificate"][field]  # raises when it cannot even be told where it begins
    fingerprint(certificate)  # asn1crypto keeps it: that of the octets as they came
    certificate.octets = der
    return certificate


def octets_of(certificate: Certificate) -> bytes:
    """Those in which it came: asn1crypto may encode anew what it filled with defaults while it was looked at."""
    return bytes(getattr(certificate, "octets", b"")) or bytes(certificate.dump())


def certificates_of(ders: Iterable[bytes]) -> tuple[Certificate, ...]:
    """Those that are some, at most `MOST_CERTIFICATES` of them, none twice."""
    found: dict[bytes, Certificate] = {}
    for der in ders:
        if len(found) >= MOST_CERTIFICATES:
            break
        if der in found:
            continue
        try:
            found[der] = certificate_of(der)
        except (ValueError, TypeError, RecursionError):
            continue
    return tuple(found.values())


def fingerprint(certificate: Certificate) -> str:
    """SHA-256, hexadecimal."""
    return str(certificate.sha256.hex())


def serial_of(certificate: Certificate) -> str:
    """Hexadecimal as `facts.py` writes serial numbers. Raises ValueError for one longer than anybody may make it."""
    return serial_words(certificate.serial_number)


def serial_words(number: int) -> str:
    """Raises ValueError as `serial_of` does."""
    serial = f"{number:x}"
    if len(serial) > LONGEST_SERIAL:
        raise ValueError("a serial number out of bounds")
    return serial


def facts_of(certificate: Certificate, pinned: str = "") -> CertificateFacts:
    """Everything that is told of a certificate. Raises ValueError when something in it cannot be read."""
    return _facts(octets_of(certificate), pinned)


@kept(128)
def _facts(der: bytes, pinned: str) -> CertificateFacts:
    certificate = certificate_of(der)
    parts = _parts(certificate.subject)
    emails = _emails(certificate, parts)
    usage, extended = certificate.key_usage_value, certificate.extended_key_usage_value
    return CertificateFacts(
        sha256=fingerprint(certificate),
        serial=serial_of(certificate),
        subject=name_words(certificate.subject),
        issuer=name_words(certificate.issuer),
        common_name=_first(parts, "CN"),
        organisation=_first(parts, "O"),
        units=tuple(value for key, value in parts if key == "OU")[:_MOST_VALUES],
        locality=_first(parts, "L"),
        email=emails[0] if emails else "",
        emails=emails,
        uid=_uid(parts),
        not_before=milliseconds(certificate.not_valid_before),
        not_after=milliseconds(certificate.not_valid_after),
        key=key_words(certificate.public_key),
        algorithm=_algorithm(certificate),
        key_usage=tuple(sorted(usage.native)) if usage is not None else (),
        extended_key_usage=tuple(extended.native)[:_MOST_VALUES] if extended is not None else (),
        pinned=pinned,
    )


def milliseconds(moment: Any) -> int:
    """Of an aware datetime, since the epoch."""
    return int(moment.timestamp() * 1000)


def name_words(name: Any) -> str:
    """A distinguished name as RFC 4514 writes it, cut at 500 characters."""
    words = []
    for rdn in reversed(list(name.chosen)):
        words.append("+".join(f"{_key(one)}={_escaped(_value(one))}" for one in rdn))
    return ",".join(words)[:_LONGEST_NAME]


def name_key(name: Any) -> tuple[frozenset[tuple[str, str]], ...]:
    """What two names have in common that are the same (RFC 5280 § 7.1): letters of either case, any encoding, composed
    or not, with spaces folded."""
    return tuple(frozenset((one["type"].dotted, _folded(one)) for one in rdn) for rdn in name.chosen)


def same_name(one: Any, other: Any) -> bool:
    """Equal octets, or names that mean the same."""
    if one.dump() == other.dump():
        return True
    try:
        return name_key(one) == name_key(other)
    except (ValueError, TypeError):
        return False


def is_self_issued(certificate: Certificate) -> bool:
    """RFC 5280 § 3.2."""
    return same_name(certificate.subject, certificate.issuer)


def _folded(one: Any) -> str:
    return " ".join(unicodedata.normalize("NFKC", _text(one)).casefold().split())


def _text(one: Any) -> str:
    value = one["value"]
    try:
        text = value.native
    except (ValueError, LookupError):  # an encoding that is not what the tag says
        return bytes(value.contents).decode("utf-8", "replace")
    return str(text) if isinstance(text, str) else bytes(value.dump()).hex()


def _value(one: Any) -> str:
    return cleaned(_text(one))[:_LONGEST_VALUE]


def cleaned(text: str) -> str:
    """NFC, without control characters and turned writing: names are shown to people."""
    plain = "".join(" " if unicodedata.category(letter) in {"Cc", "Cf", "Zl", "Zp"} else letter for letter in text)
    return unicodedata.normalize("NFC", " ".join(plain.split()))


def _key(one: Any) -> str:
    return _KEYS.get(one["type"].native) or str(one["type"].dotted)


def _escaped(value: str) -> str:
    """RFC 4514 § 2.4."""
    escaped = "".join(f"\\{letter}" if letter in '\\",+;<>' else letter for letter in value)
    return f"\\{escaped}" if escaped.startswith("#") else escaped


def _parts(name: Any) -> tuple[tuple[str, str], ...]:
    return tuple((_key(one), _value(one)) for rdn in name.chosen for one in rdn)


def _first(parts: tuple[tuple[str, str], ...], key: str) -> str:
    return next((value for name, value in parts if name == key), "")


def _uid(parts: tuple[tuple[str, str], ...]) -> str:
    """The tax number or the person's among several: some carry an agency's budget number (`MNS:`) before it."""
    found = [value for key, value in parts if key == "UID"]
    return next((one for one in found if one.startswith(("MST:", "CCCD:", "CMND:"))), found[0] if found else "")


def _emails(certificate: Certificate, parts: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    """Of the subject first, then those of subjectAltName (RFC 8550 § 3)."""
    found = [value for key, value in parts if key == "E"]
    names = certificate.subject_alt_name_value
    if names is not None:
        found += [cleaned(str(one.native)) for one in list(names)[:50] if one.name == "rfc822_name"]
    return tuple(dict.fromkeys(one.lower()[:320] for one in found if "@" in one))[:_MOST_VALUES]


def _algorithm(certificate: Certificate) -> str:
    algorithm = certificate["signature_algorithm"]
    try:
        return f"{digest_in(algorithm)} {algorithm.signature_algo.split('_')[0].replace('rsassa', 'RSA')}".strip()
    except ValueError:
        return str(algorithm["algorithm"].native)[:60]


@dataclass(frozen=True, slots=True)
class Pinned:
    """A pinned certificate that can be read."""

    part: Part
    certificate: Certificate


class TrustStore:
    """The pinned certificates, to be looked up."""

    def __init__(self, trust: TrustBundle) -> None:
        self._by_sha256: dict[str, Pinned] = {}
        self._by_name: dict[tuple[frozenset[tuple[str, str]], ...], list[Pinned]] = {}
        for one in trust.certificates:
            der = base64.b64decode(one.der)
            if hashlib.sha256(der).hexdigest() != one.sha256:
                continue  # pinned is what the fingerprint says, nothing else
            try:
                pinned = Pinned(one.part, certificate_of(der))
                key = name_key(pinned.certificate.subject)
            except (ValueError, TypeError):
                continue
            self._by_sha256[one.sha256] = pinned
            self._by_name.setdefault(key, []).append(pinned)

    def part_of(self, certificate: Certificate) -> Part | None:
        """What it is pinned for; None when it is not."""
        pinned = self._by_sha256.get(fingerprint(certificate))
        return pinned.part if pinned is not None else None

    def named(self, name: Any) -> list[Pinned]:
        """Those whose subject is `name`."""
        return self._by_name.get(name_key(name), [])

    def all(self) -> tuple[Certificate, ...]:
        return tuple(one.certificate for one in self._by_sha256.values())


@kept(4)
def store_of(trust: TrustBundle) -> TrustStore:
    """The same store for the same bundle: its certificates are read once a process."""
    return TrustStore(trust)
