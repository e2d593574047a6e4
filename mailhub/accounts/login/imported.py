"""Hashes that other systems made: taken over as they are, and replaced by argon2id at the first success.

{SSHA}, {SSHA256}, {SSHA512} as LDAP servers and Dovecot write them (RFC 2307 § 5.3 for the braces): base64 of digest
and salt. {CRYPT} with the methods $1$ (MD5), $5$ (SHA-256) and $6$ (SHA-512) of crypt(5), computed by the system's own
libcrypt through ctypes: Python's `crypt` goes with 3.13, and passlib has no keeper any more. Unsalted and DES hashes
are refused: whoever has such a list has the passwords.
"""

from __future__ import annotations

import binascii
import ctypes
import hashlib
import hmac
import re
from base64 import b64decode
from functools import cache

from mailhub.accounts.errors import InvalidValue
from mailhub.accounts.passwords import prepare

_SALTED = {"{SSHA}": "sha1", "{SSHA256}": "sha256", "{SSHA512}": "sha512"}
_CRYPT = "{CRYPT}"
_SETTING = re.compile(r"\$(?:1\$|[56]\$(?:rounds=(?P<rounds>[0-9]{1,9})\$)?)[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{22,86}")
_MOST_ROUNDS = 200_000  # about a tenth of a second; more would be work that each guess puts upon us
_SHORTEST_SALT = 4
_CRYPT_DATA = 32768  # sizeof(struct crypt_data), crypt(3)
_LONGEST = 300


def is_imported(stored: str) -> bool:
    """Whether a stored hash is another system's."""
    return stored.startswith("{")


def read_hash(text: str) -> str:
    """The hash as it is kept, from a line of the old system's.

    Raises:
        InvalidValue: it is none that is taken over; the error says which are.
    """
    stored = text.strip()
    if re.match(r"\$[156]\$", stored):
        stored = _CRYPT + stored
    scheme, brace, rest = stored.partition("}")
    stored = scheme.upper() + brace + rest
    if len(stored) > _LONGEST or not (_is_salted(stored) or _is_crypt(stored)):
        raise InvalidValue("a hash is taken over as {SSHA}, {SSHA256}, {SSHA512}, or {CRYPT} with $1$, $5$ or $6$")
    return stored


def verify_imported(stored: str, secret: str) -> bool:
    """Whether the secret is the one that `stored` (as read_hash gives it) was made of, composed either way."""
    typed = {secret.encode("utf-8", "surrogatepass"), prepare(secret).encode("utf-8", "surrogatepass")}
    return any(_fits(stored, octets) for octets in typed)


def _fits(stored: str, secret: bytes) -> bool:
    scheme = stored[: stored.index("}") + 1]
    if scheme in _SALTED:
        digest, salt = _split(scheme, stored)
        return hmac.compare_digest(hashlib.new(_SALTED[scheme], secret + salt).digest(), digest)
    expected = stored.removeprefix(_CRYPT).encode()
    return hmac.compare_digest(_crypt(secret, expected), expected)


def _is_salted(stored: str) -> bool:
    scheme = stored[: stored.find("}") + 1]
    if scheme not in _SALTED:
        return False
    try:
        return len(_split(scheme, stored)[1]) >= _SHORTEST_SALT
    except (ValueError, binascii.Error):
        return False


def _split(scheme: str, stored: str) -> tuple[bytes, bytes]:
    octets = b64decode(stored[len(scheme) :], validate=True)
    size = hashlib.new(_SALTED[scheme]).digest_size
    return octets[:size], octets[size:]


def _is_crypt(stored: str) -> bool:
    match = _SETTING.fullmatch(stored.removeprefix(_CRYPT)) if stored.startswith(_CRYPT) else None
    return match is not None and int(match["rounds"] or 0) <= _MOST_ROUNDS


def _crypt(secret: bytes, setting: bytes) -> bytes:
    """crypt_rn(3): the hash of the secret by the setting at the head of `setting`; b"" when it cannot be made."""
    if b"\0" in secret:
        return b""
    room = ctypes.create_string_buffer(_CRYPT_DATA)
    made = _library().crypt_rn(secret, setting, room, _CRYPT_DATA)
    return bytes(made) if made else b""


@cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL("libcrypt.so.1")
    library.crypt_rn.restype = ctypes.c_char_p
    library.crypt_rn.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_int]
    return library
