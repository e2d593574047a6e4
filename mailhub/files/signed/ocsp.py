"""OCSP responses checked against the issuer that they speak for (RFC 6960)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from asn1crypto import ocsp

from mailhub.files.signed.certificates import (
    Certificate,
    certificates_of,
    fingerprint,
    milliseconds,
    same_name,
    serial_words,
)
from mailhub.files.signed.chain import is_signed_by
from mailhub.files.signed.crypto import BROKEN_DIGESTS, Unsupported, digest_in, digest_of, verifies
from mailhub.files.signed.facts import RevocationAnswer, Status

_MOST_RESPONSES = 200
_SIGNING = frozenset(("digital_signature", "non_repudiation"))
_KNOWN_EXTENSIONS = frozenset(("nonce", "extended_revoke", "archive_cutoff", "acceptable_responses", "service_locator",
                               "crl", "preferred_signature_algorithms"))  # fmt: skip


class Refused(Exception):
    """Why an answer proves nothing; the text is for the log."""


class OcspResponse:
    """A response that was read and not yet believed."""

    def __init__(self, der: bytes) -> None:
        """Raises Refused."""
        try:
            response = ocsp.OCSPResponse.load(der, strict=True)
            self.status = str(response["response_status"].native)
            if self.status != "successful":
                raise Refused(f"status {self.status}")
            if response["response_bytes"]["response_type"].native != "basic_ocsp_response":
                raise Refused("another type of response")
            self._basic = response["response_bytes"]["response"].parsed
            self._data = self._basic["tbs_response_data"]
            self._octets = self._data.dump()
            self._verified: set[str] = set()  # by whom it was found to be signed
            self._answers = [one for _, one in zip(range(_MOST_RESPONSES), self._data["responses"], strict=False)]
            self.serials = frozenset(one["cert_id"]["serial_number"].native for one in self._answers)
        except (ValueError, TypeError, RecursionError) as error:
            raise Refused(f"unreadable: {error}"[:300]) from error

    def about(
        self, serial: int, issuer: Certificate, *, names: Iterable[Any] = (), others: Iterable[Certificate] = ()
    ) -> RevocationAnswer:
        """Its word on one certificate, the newest of several. `names` are further writings of the issuer's name, as
        certificates have it. Raises Refused."""
        try:
            subjects = {issuer.subject.dump(), *(one.dump() for one in names)}
            meant = [one for one in self._answers if _is_about(one["cert_id"], serial, issuer, subjects)]
            if not meant:
                raise Refused("not about this certificate")
            self._verify(issuer, others)
            found = [_answer(one, serial, issuer) for one in meant]
        except (ValueError, TypeError, LookupError, RecursionError) as error:
            raise Refused(f"unreadable: {error}"[:300]) from error
        return max(found, key=lambda one: (one.status is Status.REVOKED, one.this_update))

    def _verify(self, issuer: Certificate, others: Iterable[Certificate]) -> None:
        """The issuer itself signed it, or somebody whom the issuer certified for that (RFC 6960 § 4.2.2.2)."""
        if fingerprint(issuer) in self._verified:
            return
        algorithm = self._basic["signature_algorithm"]
        if digest_in(algorithm) in BROKEN_DIGESTS:
            raise Refused("a broken digest")
        if any(one["critical"].native for one in _extensions(self._data["response_extensions"])):
            raise Refused("critical extension")
        signature = self._basic["signature"].native
        brought = certificates_of(one.dump() for one in self._basic["certs"] or ())
        for responder in (issuer, *brought, *others):
            if not self._names(responder):
                continue
            try:
                good = verifies(signature, self._octets, responder.public_key, algorithm)
            except Unsupported:
                continue
            if good and (fingerprint(responder) == fingerprint(issuer) or self._may_answer(responder, issuer)):
                self._verified.add(fingerprint(issuer))
                return
        raise Refused("not signed by the issuer, nor by a responder of its own")

    def _names(self, certificate: Certificate) -> bool:
        """Whether the responder that the response names is this one."""
        responder = self._data["responder_id"]
        if responder.name == "by_key":
            return bool(responder.native == certificate.public_key.sha1)
        return same_name(responder.chosen, certificate.subject)

    def _may_answer(self, responder: Certificate, issuer: Certificate) -> bool:
        usage, extended = responder.key_usage_value, responder.extended_key_usage_value
        if extended is None or "ocsp_signing" not in extended.native:
            return False
        if usage is not None and not _SIGNING & usage.native:
            return False
        produced = self._data["produced_at"].native
        in_force = responder.not_valid_before <= produced <= responder.not_valid_after
        return in_force and same_name(responder.issuer, issuer.subject) and is_signed_by(responder, issuer)


def _is_about(identity: Any, serial: int, issuer: Certificate, names: set[bytes]) -> bool:
    """RFC 6960 § 4.1.1: by the hashes of the issuer's name and key."""
    if identity["serial_number"].native != serial:
        return False
    algorithm = identity["hash_algorithm"]["algorithm"].native
    key = bytes(issuer.public_key["public_key"])
    if identity["issuer_key_hash"].native != digest_of(key, algorithm):
        return False
    return identity["issuer_name_hash"].native in {digest_of(name, algorithm) for name in names}


def _answer(single: Any, serial: int, issuer: Certificate) -> RevocationAnswer:
    for extension in _extensions(single["single_extensions"]):
        if extension["critical"].native and extension["extn_id"].native not in _KNOWN_EXTENSIONS:
            raise Refused("critical extension")
    status, next_update = single["cert_status"], single["next_update"].native
    revoked = status.name == "revoked"
    return RevocationAnswer(
        issuer=fingerprint(issuer),
        serial=serial_words(serial),
        status=Status(status.name),
        this_update=milliseconds(single["this_update"].native),
        next_update=milliseconds(next_update) if next_update is not None else 0,
        revoked_at=milliseconds(status.chosen["revocation_time"].native) if revoked else 0,
        reason=str(status.chosen["revocation_reason"].native or "") if revoked else "",
    )


def _extensions(extensions: Any) -> Iterable[Any]:
    return extensions if extensions.native is not None else ()
