"""DKIM keys for tests, made once a process, and dkimpy's view of the DNS that publishes them."""

from __future__ import annotations

import base64
from collections.abc import Callable
from functools import cache

from cryptography.hazmat.primitives import serialization

from mailhub.mail.dkim import SigningKey, generate_key, load_signing_key, public_record


@cache
def signing_key(algorithm: str, domain: str = "tinh.gov.vn") -> SigningKey:
    return load_signing_key(generate_key(algorithm), domain, "s1", algorithm)


def dkimpy_private(key: SigningKey) -> bytes:
    """The private key in the form that dkimpy takes."""
    plain = serialization.NoEncryption()
    if key.algorithm == "ed25519":
        raw = serialization.Encoding.Raw, serialization.PrivateFormat.Raw
        return base64.b64encode(key.private.private_bytes(*raw, plain))
    return key.private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)


def dkimpy_dns(*keys: SigningKey) -> Callable[..., bytes | None]:
    records = {f"{key.selector}._domainkey.{key.domain}.".encode(): public_record(key).encode() for key in keys}
    return lambda name, timeout=5: records.get(name)
