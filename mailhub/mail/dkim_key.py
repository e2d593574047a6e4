"""The public keys that signers publish (RFC 6376 § 3.6.1, RFC 8463 § 4)."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

from mailhub.mail.taglist import parse_tags, without_space

SHORTEST_RSA_BITS = 1024  # RFC 8301 § 3.2
LONGEST_RSA_BITS = 8192  # a stranger chooses the key: what it costs us is bounded
LARGEST_EXPONENT = 1 << 32

LONGEST_RECORD = 4096

_PublicKey = rsa.RSAPublicKey | ed25519.Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key record. `problem` says why it verifies nothing ("" = usable); `weak` that policy refuses its size."""

    problem: str = ""
    weak: bool = False
    kind: str = ""  # "rsa" or "ed25519"
    bits: int = 0
    strict_identity: bool = False  # t=s: i= must be d= itself
    key: _PublicKey | None = None

    def verifies(self, signature: bytes, data: bytes) -> bool:
        """Whether `signature` is this key's over `data`, hashed with SHA-256."""
        try:
            if isinstance(self.key, rsa.RSAPublicKey):
                self.key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
            elif isinstance(self.key, ed25519.Ed25519PublicKey):
                self.key.verify(signature, hashlib.sha256(data).digest())
            else:
                return False
        except InvalidSignature:
            return False
        return True


def choose_key(records: Sequence[str]) -> PublicKey:
    """The first record that is a key; RFC 6376 § 3.6.2.2 leaves the choice among several open."""
    keys = [read_key(record) for record in records[:5] if len(record) <= LONGEST_RECORD]
    usable = [key for key in keys if not key.problem]
    return (usable or keys or [PublicKey(problem="no key for signature")])[0]


@lru_cache(maxsize=512)
def read_key(record: str) -> PublicKey:
    """A key record's text as a key. Never raises. Cached, because loading a key costs more than using it."""
    tags = parse_tags(record)
    if tags is None or "p" not in tags:
        return PublicKey(problem="malformed key record")
    if "v" in tags and (tags["v"] != "DKIM1" or next(iter(tags)) != "v"):
        return PublicKey(problem="unknown version of key record")
    if not tags["p"]:
        return PublicKey(problem="key revoked")
    if not _lists(tags, "h", "sha256"):
        return PublicKey(problem="the key does not allow sha256")
    if not _lists(tags, "s", "email", "*"):
        return PublicKey(problem="the key is not for mail")
    strict = "s" in [flag.strip() for flag in tags.get("t", "").split(":")]
    try:
        public = base64.b64decode(without_space(tags["p"]), validate=True)
        return _load(tags.get("k", "rsa").lower(), public, strict)
    except (binascii.Error, ValueError, TypeError, UnsupportedAlgorithm):
        return PublicKey(problem="unreadable public key")


def _lists(tags: dict[str, str], name: str, *wanted: str) -> bool:
    return name not in tags or any(item.strip().lower() in wanted for item in tags[name].split(":"))


def _load(kind: str, public: bytes, strict: bool) -> PublicKey:
    if kind == "ed25519":
        return PublicKey("", False, kind, 256, strict, ed25519.Ed25519PublicKey.from_public_bytes(public))
    if kind != "rsa":
        return PublicKey(problem="unknown kind of key")
    key = serialization.load_der_public_key(public)  # SubjectPublicKeyInfo or RSAPublicKey (erratum 3017)
    if not isinstance(key, rsa.RSAPublicKey):
        return PublicKey(problem="unreadable public key")
    fits = SHORTEST_RSA_BITS <= key.key_size <= LONGEST_RSA_BITS and key.public_numbers().e <= LARGEST_EXPONENT
    return PublicKey("", not fits, kind, key.key_size, strict, key)
