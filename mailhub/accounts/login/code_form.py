"""How a one-time code looks, is read back from what somebody typed, and is kept.

`8F3K-22QX-M4TD-9WHB`: 16 of the 29 signs that nobody confuses on paper or on the telephone (ids.CODE_ALPHABET), 77
bits. The first group finds the row; what the database keeps of the rest is a slow hash of it all, so that a copy
of the database does not tell the code while it is good.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from mailhub.ids import CODE_ALPHABET

GROUPS, GROUP = 4, 4
_ROUNDS = 2_000  # about a millisecond


def make_code() -> str:
    """A new code."""
    return grouped("".join(secrets.choice(CODE_ALPHABET) for _ in range(GROUPS * GROUP)))


def read_code(text: str) -> str | None:
    """The code in what was typed (`8f3k22qx m4td 9whb`), or None when it has not a code's form."""
    if len(text) > 64:
        return None
    signs = "".join(sign for sign in text.upper() if sign not in " -.–\t\r\n")
    if len(signs) != GROUPS * GROUP or any(sign not in CODE_ALPHABET for sign in signs):
        return None
    return grouped(signs)


def has_form(secret: str) -> bool:
    """Whether a secret that was typed as a password could be the code of a slip."""
    return read_code(secret) is not None


def prefix_of(code: str) -> str:
    """What a code is found by."""
    return code[:GROUP]


def digest_of(code: str, mailbox_id: int) -> bytes:
    """What is kept of the code of this mailbox: PBKDF2, salted with its number."""
    return hashlib.pbkdf2_hmac("sha256", code.encode(), str(mailbox_id).encode(), _ROUNDS)


def fits(code: str, mailbox_id: int, digest: bytes) -> bool:
    """Whether this is the code that `digest` was made of."""
    return hmac.compare_digest(digest_of(code, mailbox_id), digest)


def grouped(signs: str) -> str:
    """With a hyphen after every fourth sign."""
    return "-".join(signs[start : start + GROUP] for start in range(0, len(signs), GROUP))
