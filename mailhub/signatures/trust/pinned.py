"""A certificate that is believed, and what is believed of it; and all of them together as those who verify need them.

Pure: no database, no network. Only certificates that people pinned are parsed here, never one out of a document.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from mailhub.files.signed.facts import ChainFacts, ChainState, SignatureFacts, Signed
from mailhub.files.signed.trusted import NO_TRUST, SIGNED_VERSION, Part, TrustBundle, TrustedCertificate
from mailhub.signatures.verdict import Hierarchy


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """One of them. `der` empty: known by its fingerprint alone, waits for the certificate itself.

    `ocsp` and `crl`: where the status of certificates that it issued is asked. `dated`: ISO 8601.
    """

    sha256: str
    der: bytes
    part: Part
    hierarchy: Hierarchy
    subject: str
    ocsp: str = ""
    crl: str = ""
    source: str = ""
    dated: str = ""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where an issuer answers for its certificates; "" = nowhere that we know."""

    ocsp: str = ""
    crl: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """All that is believed now. The keys are SHA-256 of certificates, hexadecimal."""

    bundle: TrustBundle = NO_TRUST
    hierarchies: Mapping[str, Hierarchy] = field(default_factory=dict)  # of roots
    addresses: Mapping[str, Addresses] = field(default_factory=dict)  # of issuers
    certificates: Mapping[str, bytes] = field(default_factory=dict)  # DER of every one

    @property
    def version(self) -> str:
        """Two with the same version give the same facts of the same file."""
        return self.bundle.version


NOTHING = Trust()


def trust_of(pinned: Iterable[Pinned]) -> Trust:
    """What those that have come with their certificate amount to; the same in whatever order they come."""
    whole = sorted((one for one in pinned if one.der), key=lambda one: one.sha256)
    certificates = tuple(
        TrustedCertificate(sha256=one.sha256, part=one.part, der=base64.b64encode(one.der).decode()) for one in whole
    )
    return Trust(
        bundle=TrustBundle(version=_version(certificates), certificates=certificates),
        hierarchies={one.sha256: one.hierarchy for one in whole if one.part is not Part.INTERMEDIATE},
        addresses={one.sha256: Addresses(one.ocsp, one.crl) for one in whole if one.ocsp or one.crl},
        certificates={one.sha256: one.der for one in whole},
    )


def still_believed(signed: Signed, trust: Trust) -> Signed:
    """`signed`, which was read by earlier trust data, as far as what its chains rest on is pinned today. What has come
    since makes no chain better: for that the file would have to be read again."""
    return replace(signed, signatures=tuple(_still_believed(one, trust) for one in signed.signatures))


def _still_believed(signature: SignatureFacts, trust: Trust) -> SignatureFacts:
    stamp = signature.timestamp
    if stamp is not None:
        stamp = replace(stamp, chain=_still_leads(stamp.chain, trust))
    return replace(signature, chain=_still_leads(signature.chain, trust), timestamp=stamp)


def _still_leads(chain: ChainFacts, trust: Trust) -> ChainFacts:
    gone = any(one.pinned and one.sha256 not in trust.certificates for one in chain.certificates)
    if chain.state is not ChainState.TRUSTED or not gone:
        return chain
    return replace(chain, state=ChainState.UNTRUSTED, problem="leads to what is believed no more")


def _version(certificates: Iterable[TrustedCertificate]) -> str:
    """Of what a reader is given only: an address that changed makes no file be read again."""
    lines = [f"mailhub trust {SIGNED_VERSION}", *(f"{one.part} {one.sha256}" for one in certificates)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
