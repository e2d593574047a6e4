"""Secrets that the database must not be able to tell: sealed, or compared, under a key that lies outside it.

One key file, `keys/accounts.key` (32 octets, readable by the hub's user only), from which each purpose derives its
own by HKDF (RFC 5869). Who copies the database without the key reads neither second factors nor personal
identifiers; a lost key costs those (`doctor` checks that it is there), and nothing else.
"""

from __future__ import annotations

import hmac
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mailhub.store.errors import StoreUnavailable
from mailhub.store.keyfile import write_once

KEY_FILE = "accounts.key"
_OCTETS = 32
_NONCE = 12


class Sealer:
    """The key of one hub. Reading it costs a file; keep the object."""

    def __init__(self, master: bytes) -> None:
        self._master = master

    def seal(self, purpose: str, secret: bytes, owner: str) -> bytes:
        """`secret` under AES-256-GCM; it can be opened for the same purpose and owner only."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + AESGCM(self._derived(purpose)).encrypt(nonce, secret, owner.encode())

    def unseal(self, purpose: str, sealed: bytes, owner: str) -> bytes:
        """What was sealed.

        Raises:
            StoreUnavailable: it was sealed under another key, or changed: a local fault, never a "no".
        """
        try:
            return AESGCM(self._derived(purpose)).decrypt(sealed[:_NONCE], sealed[_NONCE:], owner.encode())
        except InvalidTag as error:
            raise StoreUnavailable(f"{KEY_FILE} is not the key that {purpose} was sealed with") from error

    def digest(self, purpose: str, text: str) -> bytes:
        """A keyed digest (HMAC-SHA-256) by which equal texts are found without being kept."""
        return hmac.digest(self._derived(purpose), text.encode(), "sha256")

    def _derived(self, purpose: str) -> bytes:
        return HKDF(algorithm=SHA256(), length=_OCTETS, salt=None, info=purpose.encode()).derive(self._master)


def open_sealer(keys_directory: Path) -> Sealer:
    """The hub's key, made when there is none yet.

    Raises:
        StoreUnavailable: it cannot be read or made, or is no key.
    """
    path = keys_directory / KEY_FILE
    try:
        if not path.exists():
            write_once(path, secrets.token_bytes(_OCTETS))
        master = path.read_bytes()
    except OSError as error:
        raise StoreUnavailable(f"{path}: {error.strerror}") from error
    if len(master) != _OCTETS:
        raise StoreUnavailable(f"{path}: not a key of {_OCTETS} octets")
    return Sealer(master)
