"""Fingerprints of certificates (SHA-256) as people write them: in pairs, with colons, in any case."""

from __future__ import annotations

import re

_SHA256 = re.compile("[0-9a-f]{64}")


def digits_of(written: str) -> str:
    """The hexadecimal digits alone, in lower case; of a beginning of one as well."""
    return written.replace(":", "").replace(" ", "").lower()


def read_fingerprint(written: str) -> str | None:
    """A whole one as the database has it; None when it is none."""
    digits = digits_of(written)
    return digits if _SHA256.fullmatch(digits) else None


def spaced(sha256: str) -> str:
    """As authorities print them: in pairs."""
    return ":".join(sha256[at : at + 2] for at in range(0, len(sha256), 2)).upper()
