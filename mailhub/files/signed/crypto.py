"""Values of signatures against keys, and what the algorithms in them are worth (reference/signatures § 5)."""

from __future__ import annotations

import hashlib
from typing import Any

from cryptography.exceptions import InvalidSignature
from pyhanko_certvalidator.sig_validate import DEFAULT_SIGNATURE_VALIDATOR, SignatureValidationContext

from mailhub.files.signed.facts import Weakness

BROKEN_DIGESTS = frozenset(("md2", "md4", "md5"))  # collisions are made in seconds: no proof of anything
DIGESTS = frozenset(("sha1", "sha224", "sha256", "sha384", "sha512", "sha3_224", "sha3_256", "sha3_384", "sha3_512"))
SHORTEST_RSA = 1024  # below it a key is factored at home
RSA = frozenset(("rsa", "rsassa_pss"))
_CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}


class Unsupported(Exception):
    """An algorithm or a key that we do not verify with; nothing is said about the signature."""


def verifies(
    signature: bytes, data: bytes, key: Any, algorithm: Any, *, digest: str = "", prehashed: bool = False
) -> bool:
    """Whether a signature over `data` was made with the private half of `key` (SubjectPublicKeyInfo).

    `digest` is the one that the context names, for algorithms that do not (RFC 3370 § 3.2). With `prehashed` `data` is
    the digest already. Raises Unsupported.
    """
    context = SignatureValidationContext(contextual_md_algorithm=digest or None, prehashed=prehashed)
    try:
        DEFAULT_SIGNATURE_VALIDATOR.validate_signature(signature, data, key, algorithm, context)
    except InvalidSignature:
        return False
    except MemoryError:
        raise
    except Exception as error:  # unknown algorithms, keys of another kind, malformed parameters
        raise Unsupported(str(error)[:200]) from error
    return True


def digest_in(algorithm: Any, otherwise: str = "") -> str:
    """The digest that a signature algorithm names itself, PSS parameters included; else `otherwise`."""
    try:
        return str(algorithm.hash_algo)
    except ValueError:
        return otherwise


def digest_of(data: bytes | memoryview, algorithm: str) -> bytes:
    """Raises ValueError for digests that are none of ours."""
    if algorithm not in DIGESTS:
        raise ValueError(f"digest {algorithm[:40]}")
    return hashlib.new(algorithm, data, usedforsecurity=False).digest()


def key_words(key: Any) -> str:
    """A public key as people name it: "RSA 2048", "EC P-256", "ED25519"."""
    kind = str(key.algorithm)
    if kind in RSA:
        return f"RSA {key.bit_size}"
    if kind == "ec":
        curve = str(key.curve[1])[:40]
        return f"EC {_CURVES.get(curve, curve)}"
    return kind.upper()


def rsa_bits(key: Any) -> int:
    """0 for keys of other kinds."""
    return int(key.bit_size) if key.algorithm in RSA else 0


def weaknesses_of(digests: set[str], bits: set[int]) -> tuple[Weakness, ...]:
    """What is weak about digests and lengths of RSA keys that a proof rests on."""
    found = []
    if "sha1" in digests:
        found.append(Weakness.SHA1)
    if any(0 < length < 2048 for length in bits):
        found.append(Weakness.SHORT_RSA)
    return tuple(found)


def proves_nothing(digests: set[str], bits: set[int]) -> bool:
    """Whether one of them is so weak that a stranger can make such a signature."""
    return bool(digests & BROKEN_DIGESTS) or any(0 < length < SHORTEST_RSA for length in bits)
