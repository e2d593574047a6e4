"""What a file brings beside a signature for checking it (PDF: the document security store, ISO 32000-2 § 12.8.4.3)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Certificates, OCSP responses (RFC 6960) and CRLs (RFC 5280), DER each. None of it is believed as it lies here."""

    certificates: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()


NO_POOL = Pool()
