"""Lists of revoked certificates checked against their issuer (RFC 5280 § 5).

They are read by `cryptography`, whose parser takes the 200,000 lines of a large authority in a fraction of a second.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from asn1crypto import algos, core, parser, pem, x509
from cryptography import x509 as fast

from mailhub.files.signed.answers import ANYWHERE, CrlFacts
from mailhub.files.signed.certificates import LONGEST_SERIAL, Certificate, fingerprint, milliseconds, same_name
from mailhub.files.signed.crypto import BROKEN_DIGESTS, Unsupported, digest_in, verifies
from mailhub.files.signed.facts import RevocationAnswer, Status
from mailhub.files.signed.ocsp import Refused

_REASONS = {reason: name for name, reason in (
    ("unspecified", fast.ReasonFlags.unspecified), ("key_compromise", fast.ReasonFlags.key_compromise),
    ("ca_compromise", fast.ReasonFlags.ca_compromise), ("aa_compromise", fast.ReasonFlags.aa_compromise),
    ("affiliation_changed", fast.ReasonFlags.affiliation_changed), ("superseded", fast.ReasonFlags.superseded),
    ("cessation_of_operation", fast.ReasonFlags.cessation_of_operation),
    ("certificate_hold", fast.ReasonFlags.certificate_hold),
    ("privilege_withdrawn", fast.ReasonFlags.privilege_withdrawn),
    ("remove_from_crl", fast.ReasonFlags.remove_from_crl),
)}  # fmt: skip
_BACK = "remove_from_crl"  # RFC 5280 § 5.3.1: no longer revoked


class RevocationListRead:
    """A list that was read and not yet believed."""

    def __init__(self, der: bytes) -> None:
        """Raises Refused."""
        try:
            if der.startswith(b"-----BEGIN"):
                _, _, der = pem.unarmor(der)
            self._list = fast.load_der_x509_crl(der)
            self._der = der
            self._verified: set[str] = set()  # by whom it was found to be signed
            self.issuer = x509.Name.load(self._list.issuer.public_bytes())
            self.this_update = milliseconds(self._list.last_update_utc)
            following = self._list.next_update_utc
            self.next_update = milliseconds(following) if following is not None else 0
        except (ValueError, TypeError, RecursionError) as error:
            raise Refused(f"unreadable: {error}"[:300]) from error

    def verify(self, issuer: Certificate, addresses: Iterable[str] = ()) -> None:
        """Raises Refused unless `issuer` signed it and it speaks for all that it issued: delta lists, indirect lists
        and parts are none of ours. One that names where it lies (RFC 5280 § 5.2.5) must name one of `addresses`."""
        try:
            usage = issuer.key_usage_value
            if not same_name(self.issuer, issuer.subject):
                raise Refused("another issuer")
            if usage is not None and "crl_sign" not in usage.native:
                raise Refused("keyUsage without cRLSign")
            self._refuse_parts(frozenset(addresses))
            if fingerprint(issuer) not in self._verified and not self._is_signed_by(issuer):
                raise Refused("not signed by the issuer")
            self._verified.add(fingerprint(issuer))
        except (ValueError, TypeError, LookupError, RecursionError, Unsupported) as error:
            raise Refused(f"unreadable: {error}"[:300]) from error

    def about(self, serial: int, issuer: Certificate) -> RevocationAnswer:
        """Its word on one certificate, once it is verified. Raises Refused."""
        try:
            line = self._list.get_revoked_certificate_by_serial_number(serial)
            reason = _reason(line) if line is not None else ""
        except ValueError as error:
            raise Refused(f"unreadable: {error}"[:300]) from error
        revoked = line is not None and reason != _BACK
        return RevocationAnswer(
            issuer=fingerprint(issuer),
            serial=f"{serial:x}",
            status=Status.REVOKED if revoked else Status.GOOD,
            this_update=self.this_update,
            next_update=self.next_update,
            revoked_at=milliseconds(line.revocation_date_utc) if revoked and line is not None else 0,
            reason=reason if revoked else "",
            kind="crl",
        )

    def facts(self, issuer: Certificate) -> CrlFacts:
        """All of it, once it is verified. Raises Refused."""
        lines, count = [], 0
        try:
            for one in self._list:
                reason, serial = _reason(one), f"{one.serial_number:x}"
                if reason == _BACK or len(serial) > LONGEST_SERIAL:  # nobody is asked about such a number
                    continue
                lines.append(f"{serial} {_milliseconds(one.revocation_date_utc)} {reason}\n")
                count += 1
            number = self._number()
        except (ValueError, TypeError, LookupError) as error:
            raise Refused(f"unreadable: {error}"[:300]) from error
        return CrlFacts(
            issuer=fingerprint(issuer),
            this_update=self.this_update,
            next_update=self.next_update,
            number=number,
            count=count,
            lines="".join(lines),
        )

    def _refuse_parts(self, addresses: frozenset[str]) -> None:
        for extension in self._list.extensions:
            if isinstance(extension.value, fast.DeltaCRLIndicator):
                raise Refused("a delta list")
            if isinstance(extension.value, fast.IssuingDistributionPoint):
                _refuse_part(extension.value, addresses)
            elif extension.critical and isinstance(extension.value, fast.UnrecognizedExtension):
                raise Refused("critical extension")

    def _is_signed_by(self, issuer: Certificate) -> bool:
        """By the octets themselves: `cryptography` would read the issuer's certificate more strictly than we do."""
        _, _, _, _, content, _ = parser.parse(self._der)
        first = parser.peek(content)
        second = first + parser.peek(content[first:])
        algorithm = algos.SignedDigestAlgorithm.load(content[first:second])
        if digest_in(algorithm) in BROKEN_DIGESTS:
            return False
        signature = core.OctetBitString.load(content[second:]).native
        return verifies(signature, content[:first], issuer.public_key, algorithm)

    def _number(self) -> str:
        for extension in self._list.extensions:
            if isinstance(extension.value, fast.CRLNumber):
                return str(extension.value.crl_number)[:LONGEST_SERIAL]
        return ""


def _refuse_part(point: fast.IssuingDistributionPoint, addresses: frozenset[str]) -> None:
    if point.indirect_crl or point.only_contains_attribute_certs or point.only_some_reasons:
        raise Refused("an indirect or partial list")
    if point.only_contains_user_certs or point.only_contains_ca_certs:
        raise Refused("a list of one kind of certificates")
    names = {str(one.value) for one in point.full_name or () if isinstance(one, fast.UniformResourceIdentifier)}
    if ANYWHERE not in addresses and not names & addresses:
        raise Refused("a list for another distribution point")


def _reason(line: fast.RevokedCertificate) -> str:
    extensions = line.extensions
    if not len(extensions):
        return ""
    for extension in extensions:
        if isinstance(extension.value, fast.CRLReason):
            return _REASONS.get(extension.value.reason, "")
        if isinstance(extension.value, fast.CertificateIssuer):
            raise Refused("an indirect list")
    return ""


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp()) * 1000
