"""The key of a hub that is a mirror: it signs what closed networks carry in."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mailhub.signatures.revocation.errors import RevocationError

KEY_FILE = "mirror.key"


def make_key(keys_directory: Path) -> None:
    """Make the key; an older one stays as it is.

    Raises:
        OSError
    """
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        descriptor = os.open(keys_directory / KEY_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())


def load_key(keys_directory: Path) -> Ed25519PrivateKey:
    """The key that was made.

    Raises:
        RevocationError: there is none, or it is no Ed25519 key.
    """
    path = keys_directory / KEY_FILE
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except FileNotFoundError:
        raise RevocationError(f"there is no {path}: mailhub revocation key makes it") from None
    except ValueError:
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise RevocationError(f"{path} is no Ed25519 key")
    return key
