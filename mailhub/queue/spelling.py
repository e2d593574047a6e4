"""Addresses as people type them, and as the queue keeps them.

Only its own server knows whether case matters in a local part (RFC 5321 § 2.4): outside addresses are kept as they
were written. Who asks for one types it as it comes.
"""

from __future__ import annotations

import string

_ASCII_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def as_kept(address: str) -> list[str]:
    """What `address` may be kept as, for an exact comparison: local part as typed, or folded as own mailboxes are."""
    local, at, domain = address.strip().rpartition("@")
    return sorted({local + at + domain.lower(), (local + at + domain).casefold()})


def folded(address: str) -> list[str]:
    """What lower() makes of `address` in the database: SQLite's knows ASCII letters only, PostgreSQL's all."""
    return sorted({address.translate(_ASCII_LOWER), address.lower(), address.casefold()})
