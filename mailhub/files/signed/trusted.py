"""The trust data as a reader of signatures gets it: certificates with their part, nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

# A better reader of signatures counts it up: what was read by another version is read again.
SIGNED_VERSION = 1


class Part(StrEnum):
    """What a pinned certificate is believed for."""

    ROOT = "root"
    INTERMEDIATE = "intermediate"  # completes chains of files that bring the leaf only; no root by itself
    TIMESTAMP = "timestamp"  # a root for timestamps alone


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedCertificate:
    """One pinned certificate. `der` is base64; `sha256` of its octets, hexadecimal."""

    sha256: str
    part: Part
    der: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustBundle:
    """All of them, as passed over the wall in a descriptor of its own (JSON by sandbox/codec.py). `version` is a
    hash of what is in it and the reader's `SIGNED_VERSION`: two bundles with the same version give the same facts."""

    version: str = ""
    certificates: tuple[TrustedCertificate, ...] = ()


NO_TRUST = TrustBundle()
