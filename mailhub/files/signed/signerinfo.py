"""One SignerInfo of a CMS by itself: attributes, digest, value (RFC 5652 §§ 5.3–5.6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from asn1crypto import cms, core, parser, tsp

from mailhub.files.signed.certificates import Certificate, fingerprint, milliseconds, octets_of, same_name
from mailhub.files.signed.crypto import Unsupported, digest_in, digest_of, proves_nothing, rsa_bits, verifies
from mailhub.files.signed.facts import Ess, Problem

DigestOf = Callable[[str], bytes]
_SINGLE = frozenset(("content_type", "message_digest", "signing_time", "signing_certificate",
                     "signing_certificate_v2", "cms_algorithm_protection"))  # fmt: skip
_EDWARDS = frozenset(("ed25519", "ed448"))


class Bad(Exception):
    """What is wrong with a signature, for the verdict and for the log."""

    def __init__(self, problem: Problem, detail: str = "") -> None:
        super().__init__(detail)
        self.problem = problem
        self.detail = detail[:300]


@dataclass(frozen=True, slots=True)
class Checked:
    """A SignerInfo with the certificate that it is by. `problem` None: digest and value are right.

    `digests` are those that it rests on; `bare`: without signed attributes; timestamps are over `value`.
    """

    problem: Problem | None
    detail: str
    certificate: Certificate
    ess: Ess
    digest: str
    digests: frozenset[str]
    claimed_at: int
    bare: bool
    value: bytes


def check(info: Any, certificates: Sequence[Certificate], content_type: str, digest: DigestOf) -> Checked:
    """Raises Bad when the signature cannot be read at all, or its certificate is not there."""
    octets = _octets(info["signed_attrs"])
    algorithm, name = info["signature_algorithm"], str(info["digest_algorithm"]["algorithm"].native)
    signed = _attributes(octets)
    candidates = _signers(info, certificates)
    certificate = _chosen(candidates, signed)
    ess = _ess(signed, certificate)
    problem, detail = None, ""
    try:
        if octets:
            _check_attributes(info, signed, content_type, _digest(name, digest))
        elif content_type != "data":  # RFC 5652 § 5.3: then they must be there
            raise Bad(Problem.MALFORMED, "no signed attributes")
        _check_value(info, octets, certificate, digest)
        digests = frozenset({name, digest_in(algorithm, name)})
        if proves_nothing(set(digests), {rsa_bits(certificate.public_key)}):
            raise Bad(Problem.WEAK, f"{', '.join(sorted(digests))}, {rsa_bits(certificate.public_key)} bits")
        if ess is Ess.DIFFERS:
            raise Bad(Problem.OTHER_CERTIFICATE)
    except Bad as bad:
        problem, detail = bad.problem, bad.detail
    return Checked(
        problem=problem,
        detail=detail,
        certificate=certificate,
        ess=ess,
        digest=name[:40],
        digests=frozenset({name, digest_in(algorithm, name)}),
        claimed_at=_claimed_at(signed),
        bare=not octets,
        value=info["signature"].native,
    )


def values_of(attributes: Any, name: str) -> Iterator[Any]:
    """The values of every attribute of that type."""
    if isinstance(attributes, core.Void):
        return
    for one in attributes:
        if one["type"].native == name:
            yield from one["values"]


def _octets(attributes: Any) -> bytes:
    """What the value is over: the attributes as a SET (RFC 5652 § 5.4), in the octets in which they came; b"" without.

    Taken before anything of them is looked at: asn1crypto encodes anew what it filled with defaults.
    """
    return b"" if isinstance(attributes, core.Void) else bytes(parser.emit(0, 1, 17, attributes.contents))


def _attributes(octets: bytes) -> dict[str, Any]:
    """Signed attributes that may be there once, by name. Raises Bad for one that is there twice (RFC 5652 § 11)."""
    found: dict[str, Any] = {}
    for one in cms.CMSAttributes.load(octets) if octets else ():
        name = str(one["type"].native)
        if name not in _SINGLE:
            continue
        if name in found or len(one["values"]) != 1:
            raise Bad(Problem.MALFORMED, f"{name} more than once")
        found[name] = one["values"][0]
    return found


def _signers(info: Any, certificates: Iterable[Certificate]) -> list[Certificate]:
    """The certificates that the signature may mean: two of one name and number are no two of one key."""
    identity = info["sid"]
    found: dict[str, Certificate] = {}
    for certificate in certificates:
        if identity.name == "subject_key_identifier":
            meant = certificate.key_identifier == identity.native
        else:
            number = identity.chosen["serial_number"].native
            meant = certificate.serial_number == number and same_name(certificate.issuer, identity.chosen["issuer"])
        if meant:
            found.setdefault(fingerprint(certificate), certificate)
    if not found:
        raise Bad(Problem.MALFORMED, "the signer's certificate is not there")
    return list(found.values())[:4]


def _chosen(candidates: list[Certificate], signed: dict[str, Any]) -> Certificate:
    return next((one for one in candidates if _ess(signed, one) is Ess.MATCHES), candidates[0])


def _ess(signed: dict[str, Any], certificate: Certificate) -> Ess:
    """The signing-certificate attribute, of either version, against a certificate (RFC 5035 § 3)."""
    state = Ess.ABSENT
    for name in ("signing_certificate", "signing_certificate_v2"):
        if name not in signed:
            continue
        try:
            state = Ess.MATCHES if _is_meant(signed[name], certificate) else Ess.DIFFERS
        except (ValueError, TypeError, LookupError):
            state = Ess.DIFFERS
        if state is Ess.DIFFERS:
            return state
    return state


def _is_meant(attribute: Any, certificate: Certificate) -> bool:
    first = attribute["certs"][0]
    algorithm = "sha1" if isinstance(first, tsp.ESSCertID) else first["hash_algorithm"]["algorithm"].native
    if first["cert_hash"].native != digest_of(octets_of(certificate), algorithm):
        return False
    named = first["issuer_serial"]
    if isinstance(named, core.Void) or named.native is None:
        return True
    names = [one.chosen for one in named["issuer"] if one.name == "directory_name"]
    return named["serial_number"].native == certificate.serial_number and any(
        same_name(one, certificate.issuer) for one in names
    )


def _check_attributes(info: Any, signed: dict[str, Any], content_type: str, digest: bytes) -> None:
    """Content type, algorithm protection (RFC 6211), and the digest. Raises Bad."""
    if "content_type" not in signed or "message_digest" not in signed:
        raise Bad(Problem.MALFORMED, "no content type or digest among the signed attributes")
    if signed["content_type"].native != content_type:
        raise Bad(Problem.MALFORMED, "another content type")
    protection = signed.get("cms_algorithm_protection")
    if protection is not None:
        same = protection["digest_algorithm"].native == info["digest_algorithm"].native
        if not same or protection["signature_algorithm"].native != info["signature_algorithm"].native:
            raise Bad(Problem.FORGED, "other algorithms than the protected ones")
    if signed["message_digest"].native != digest:
        raise Bad(Problem.CHANGED)


def _check_value(info: Any, octets: bytes, certificate: Certificate, digest: DigestOf) -> None:
    """Raises Bad unless the value is by the certificate's key."""
    algorithm, name = info["signature_algorithm"], str(info["digest_algorithm"]["algorithm"].native)
    if not octets:
        name = digest_in(algorithm, name)  # it is all that is signed
        if algorithm["algorithm"].native in _EDWARDS:
            raise Bad(Problem.UNSUPPORTED, "no signed attributes")
    data, value = octets or _digest(name, digest), info["signature"].native
    try:
        good = verifies(value, data, certificate.public_key, algorithm, digest=name, prehashed=not octets)
    except Unsupported as error:
        raise Bad(Problem.UNSUPPORTED, str(error)) from error
    if not good:
        raise Bad(Problem.FORGED)


def _digest(name: str, digest: DigestOf) -> bytes:
    try:
        return digest(name)
    except (ValueError, LookupError) as error:
        raise Bad(Problem.UNSUPPORTED, f"digest {name}") from error


def _claimed_at(signed: dict[str, Any]) -> int:
    try:
        return milliseconds(signed["signing_time"].native)
    except (KeyError, ValueError, AttributeError, OverflowError):
        return 0
