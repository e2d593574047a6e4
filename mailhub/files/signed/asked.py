"""What a child is told of an authority's answer that it is to check, and what it says of it: plain values."""

from __future__ import annotations

from dataclasses import dataclass

from mailhub.files.signed.answers import CrlFacts, OcspFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerAsked:
    """`serial` not empty: an OCSP response about that certificate; empty: a list, which lay at `address`. The octets
    beside it: the answer, then the issuer's certificate."""

    serial: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerChecked:
    """One of both. The lines of a list come beside it, as octets in ASCII."""

    ocsp: OcspFacts | None = None
    crl: CrlFacts | None = None
