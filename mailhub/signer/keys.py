"""The agencies' private keys: loaded once, used by one order at a time, never handed out.

All of this blocks, and is called in threads.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from typing import Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from mailhub.signer.errors import MandateError, SignerError
from mailhub.signer.folder import Folder
from mailhub.signer.mandate_file import KeyTable
from mailhub.signer.orders import Refusal
from mailhub.signer.pins import PinGuard, key_name, read_pin

_DER = serialization.Encoding.DER
_SPKI = serialization.PublicFormat.SubjectPublicKeyInfo


class Key(Protocol):
    """A private key that can be used, wherever it lies. `sign` gives a signature over the SHA-256 of `data`: PKCS#1
    v1.5 (RFC 8017 § 8.2) for RSA, an ECDSA-Sig-Value (RFC 3279 § 2.2.3) for elliptic curves.

    Raises of `sign`: SignerError.
    """

    @property
    def certificates(self) -> tuple[bytes, ...]:
        """DER: the key's own first, then those that complete its chain."""

    def sign(self, data: bytes) -> bytes: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class AgencyCertificate:
    """What is said of an agency's certificate; times in ms."""

    der: bytes
    sha256: str
    subject: str
    name: str
    not_before: int
    not_after: int


def describe(der: bytes) -> AgencyCertificate:
    """The certificate `der`, which the administrator put beside the key."""
    one = x509.load_der_x509_certificate(der)
    names = one.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return AgencyCertificate(
        der=der,
        sha256=hashlib.sha256(der).hexdigest(),
        subject=one.subject.rfc4514_string({x509.NameOID.EMAIL_ADDRESS: "E"})[:500],
        name=str(names[0].value)[:200] if names else "",
        not_before=int(one.not_valid_before_utc.timestamp() * 1000),
        not_after=int(one.not_valid_after_utc.timestamp() * 1000),
    )


def verifies(der: bytes, signature: bytes, data: bytes) -> bool:
    """Whether `signature` is the certificate's over `data`: a key that is not its own, or a fault of the token's, must
    not get out."""
    public = x509.load_der_x509_certificate(der).public_key()
    try:
        if isinstance(public, rsa.RSAPublicKey):
            public.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
        elif isinstance(public, ec.EllipticCurvePublicKey):
            public.verify(signature, data, ec.ECDSA(hashes.SHA256()))
        else:
            return False
    except InvalidSignature:
        return False
    return True


class FileKey:
    """A key out of a PKCS#12 file (RFC 7292), kept in memory."""

    def __init__(self, private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, certificates: tuple[bytes, ...]):
        self._private = private
        self.certificates = certificates

    def sign(self, data: bytes) -> bytes:
        if isinstance(self._private, rsa.RSAPrivateKey):
            return self._private.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return self._private.sign(data, ec.ECDSA(hashes.SHA256()))

    def close(self) -> None:
        """Nothing to give back."""


def open_file_key(folder: Folder, table: KeyTable, guard: PinGuard) -> FileKey:
    """The key in a PKCS#12 file.

    Raises:
        SignerError: KEY, PIN
    """
    name = f"file {table.pkcs12}"
    try:
        octets = folder.read(table.pkcs12)
    except MandateError as error:
        raise SignerError(Refusal.KEY, str(error)) from error
    pin = read_pin(folder, table.pin)
    mark = guard.begin(name, table.pin)
    try:
        store = pkcs12.load_pkcs12(octets, pin.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        # The library tells a wrong password only by words.
        if "password" in str(error).lower() or "mac" in str(error).lower():
            guard.refused(name, mark)
            raise SignerError(Refusal.PIN, f"{name}: wrong PIN ({guard.wrong(name)} wrong)") from None
        guard.untried(name)
        raise SignerError(Refusal.KEY, f"{name}: no PKCS#12 file") from None
    guard.right(name)
    private, own = store.key, store.cert
    if not isinstance(private, (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey)) or own is None:
        raise SignerError(Refusal.KEY, f"{name}: holds no RSA or EC key with its certificate")
    if own.certificate.public_key().public_bytes(_DER, _SPKI) != private.public_key().public_bytes(_DER, _SPKI):
        raise SignerError(Refusal.KEY, f"{name}: key and certificate do not fit")
    certificates = [own.certificate, *(one.certificate for one in store.additional_certs)]
    return FileKey(private, tuple(one.public_bytes(_DER) for one in certificates))


class KeyRing:
    """Every key that was opened. One that could not be is tried anew at the next order, as far as `pins.py` lets it."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.guard = PinGuard(folder.path)
        self._lock = threading.Lock()
        self._slots: dict[KeyTable, _Slot] = {}

    def certificate(self, table: KeyTable) -> AgencyCertificate:
        """Of the key that `table` names; opens it when that has not been done.

        Raises:
            SignerError: KEY, PIN
        """
        slot = self._slot(table)
        with slot.lock:
            return self._opened(slot, table)[1]

    def chain(self, table: KeyTable) -> tuple[bytes, ...]:
        """DER: its certificate, and those that complete the chain.

        Raises:
            SignerError: KEY, PIN
        """
        slot = self._slot(table)
        with slot.lock:
            return self._opened(slot, table)[0].certificates

    def sign(self, table: KeyTable, data: bytes) -> bytes:
        """A signature over `data`, verified with the certificate.

        Raises:
            SignerError: KEY, PIN
        """
        slot = self._slot(table)
        with slot.lock:
            key, certificate = self._opened(slot, table)
            signature = key.sign(data)
            if not verifies(certificate.der, signature, data):
                raise SignerError(Refusal.KEY, "the key's signature does not verify with its certificate")
            return signature

    def wrong_pins(self, table: KeyTable) -> int:
        """How many wrong PINs it was given."""
        return self.guard.wrong(key_name(table))

    def close(self) -> None:
        """Forget all keys."""
        with self._lock:
            for slot in self._slots.values():
                if slot.key is not None:
                    slot.key.close()
            self._slots.clear()

    def _slot(self, table: KeyTable) -> _Slot:
        with self._lock:
            return self._slots.setdefault(table, _Slot())

    def _opened(self, slot: _Slot, table: KeyTable) -> tuple[Key, AgencyCertificate]:
        if slot.key is None or slot.certificate is None:
            slot.key = self._open(table)
            slot.certificate = describe(slot.key.certificates[0])
        return slot.key, slot.certificate

    def _open(self, table: KeyTable) -> Key:
        if table.pkcs12:
            return open_file_key(self.folder, table, self.guard)
        from mailhub.signer.tokens import open_token_key  # only whoever has a token loads its library

        return open_token_key(self.folder, table, self.guard)


class _Slot:
    """One key and who uses it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.key: Key | None = None
        self.certificate: AgencyCertificate | None = None
