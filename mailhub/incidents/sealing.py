"""Sealing to the security officer: whoever has this machine cannot open what was sealed on it.

X25519 with a fresh key each time (RFC 7748), HKDF-SHA-256 (RFC 5869), ChaCha20-Poly1305 (RFC 8439) in pieces of 64 KiB
whose nonces count and whose last one says so, so that pieces can be neither swapped nor cut off. The public key lies in
`keys/security-officer.pub`; the private one is the officer's, encrypted, on a medium of the officer's own.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from mmap import mmap
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from mailhub.incidents.errors import WrongKey
from mailhub.store.durable import sync_folder
from mailhub.store.errors import StoreUnavailable

PUBLIC_FILE = "security-officer.pub"
LEAST_PASSPHRASE = 12  # characters
_LABEL = "mailhub-officer-key"
_MAGIC = b"MHSEAL1\n"
_PIECE = 64 * 1024
_TAG = 16
_KEY = 32


def make_key(passphrase: str) -> tuple[bytes, str]:
    """A new pair: the private key as PEM (PKCS #8, encrypted), and the line of the public one."""
    private = X25519PrivateKey.generate()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase.encode()))
    return pem, f"{_LABEL} {base64.b64encode(private.public_key().public_bytes_raw()).decode()}\n"


def install_key(keys_directory: Path, line: str) -> None:
    """Make the public key the one that is sealed to from now on. What was sealed before opens with its own key.

    Raises:
        StoreUnavailable
    """
    path = keys_directory / PUBLIC_FILE
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        try:
            os.write(fd, line.encode())
            os.fsync(fd)
        finally:
            os.close(fd)
        fresh.replace(path)
    except OSError as error:
        with suppress(OSError):
            fresh.unlink()
        raise StoreUnavailable(f"{path}: {error.strerror}") from error


def officer_key(keys_directory: Path) -> X25519PublicKey | None:
    """The key to seal to; None when there is none, or nothing that is one."""
    try:
        label, _, text = (keys_directory / PUBLIC_FILE).read_text(encoding="ascii").strip().partition(" ")
        octets = base64.b64decode(text, validate=True)
    except (OSError, ValueError, binascii.Error):
        return None
    return X25519PublicKey.from_public_bytes(octets) if label == _LABEL and len(octets) == _KEY else None


def key_name(public: X25519PublicKey) -> str:
    """What a public key is called in the audit log: the beginning of its hash."""
    return hashlib.sha256(public.public_bytes_raw()).hexdigest()[:16]


def seal(public: X25519PublicKey, data: bytes | mmap, path: Path) -> None:
    """Write `data` sealed to a new file, durably.

    Raises:
        StoreUnavailable: the disk does not take it; nothing is left of it.
    """
    once = X25519PrivateKey.generate()
    head = _MAGIC + once.public_key().public_bytes_raw() + public.public_bytes_raw()
    cipher = _cipher(once.exchange(public), head)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(fd, "wb", closefd=False) as file:
                file.write(head)
                pieces = max(1, -(-len(data) // _PIECE))
                for number in range(pieces):
                    piece = bytes(data[number * _PIECE : (number + 1) * _PIECE])
                    file.write(cipher.encrypt(_nonce(number, last=number == pieces - 1), piece, None))
            os.fsync(fd)
        finally:
            os.close(fd)
        sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            path.unlink()
        raise StoreUnavailable(f"sealing: {error.strerror}") from error


def unseal(pem: bytes, passphrase: str, path: Path) -> Iterator[bytes]:
    """What was sealed, piece by piece.

    Raises:
        WrongKey: the key or its passphrase is another one, or the file was changed.
        StoreUnavailable: it cannot be read.
    """
    try:
        private = load_pem_private_key(pem, passphrase.encode())
    except (ValueError, TypeError) as error:
        raise WrongKey("this is no key, or its passphrase is another one") from error
    if not isinstance(private, X25519PrivateKey):
        raise WrongKey("this is no key of a security officer")
    try:
        with path.open("rb") as file:
            head = file.read(len(_MAGIC) + 2 * _KEY)
            once, to = head[len(_MAGIC) : -_KEY], head[-_KEY:]
            if not head.startswith(_MAGIC) or private.public_key().public_bytes_raw() != to:
                raise WrongKey("it was sealed to another key")
            cipher = _cipher(private.exchange(X25519PublicKey.from_public_bytes(once)), head)
            number, piece = 0, file.read(_PIECE + _TAG)
            while True:
                following = file.read(_PIECE + _TAG)
                yield cipher.decrypt(_nonce(number, last=not following), piece, None)
                if not following:
                    return
                number, piece = number + 1, following
    except InvalidTag as error:
        raise WrongKey("the sealed file was changed") from error
    except OSError as error:
        raise StoreUnavailable(f"sealed file: {error.strerror}") from error


def _cipher(shared: bytes, head: bytes) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(HKDF(SHA256(), _KEY, salt=head, info=b"mailhub sealed incident").derive(shared))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\1" if last else b"\0")
