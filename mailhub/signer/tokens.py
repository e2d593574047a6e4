"""Keys in tokens (PKCS #11 v2.40): a session kept open, and opened anew when it was lost."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from typing import Any, TypeVar

import pkcs11
from asn1crypto.algos import DigestInfo
from pkcs11 import exceptions as faults
from pkcs11.constants import Attribute, ObjectClass, TokenFlag
from pkcs11.mechanisms import KeyType, Mechanism
from pkcs11.util.ec import encode_ecdsa_signature

from mailhub.signatures.trust.certificate_files import read_certificates
from mailhub.signatures.trust.errors import BadCertificate
from mailhub.signer.errors import MandateError, SignerError
from mailhub.signer.folder import Folder
from mailhub.signer.mandate_file import KeyTable
from mailhub.signer.orders import Refusal
from mailhub.signer.pins import PinGuard, key_name, read_pin

T = TypeVar("T")
_WRONG = (faults.PinIncorrect, faults.PinInvalid, faults.PinLenRange)
# One call at a time: to look for a token that is missing ends the sessions of all the others, and several keys in one
# token must not count each other's logins as tries.
_LIBRARY = threading.RLock()


class TokenKey:
    """One private key in a token, and the session through which it is used."""

    def __init__(self, folder: Folder, table: KeyTable, guard: PinGuard) -> None:
        self._folder, self._table, self._guard = folder, table, guard
        self._name = key_name(table)
        self._session: Any = None
        self._private: Any = None
        try:
            with _LIBRARY:
                self._open()
                self.certificates = self._told(self._read_certificates)
        except BaseException:
            self.close()  # a session left open would stay logged in
            raise

    def sign(self, data: bytes) -> bytes:
        """See `keys.Key`. What the token forgot (it was pulled out, its service started anew) is opened once more."""
        with _LIBRARY:
            try:
                return self._sign(data)
            except faults.PKCS11Error:
                self.close()
            self._open()
            return self._told(lambda: self._sign(data))

    def close(self) -> None:
        """Give the session back."""
        session, self._session, self._private = self._session, None, None
        if session is not None:
            try:
                with _LIBRARY:
                    session.close()
            except faults.PKCS11Error as error:  # it is gone
                _ = error

    def _open(self) -> None:
        self._session = self._told(self._log_in)
        self._private = self._told(
            lambda: self._session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=self._table.label)
        )

    def _log_in(self) -> Any:
        token = self._find_token()
        pin = read_pin(self._folder, self._table.pin)
        self._guard.check(self._name, self._table.pin)
        if token.flags & (TokenFlag.USER_PIN_LOCKED | TokenFlag.USER_PIN_FINAL_TRY):
            raise SignerError(Refusal.PIN, f"{self._name}: the token is locked, or one wrong PIN away from it")
        mark = self._guard.begin(self._name, self._table.pin)
        try:
            session = token.open(user_pin=pin)
        except faults.UserAlreadyLoggedIn:  # by another key's session in the same token
            self._guard.untried(self._name)
            return token.open()
        except _WRONG:
            self._guard.refused(self._name, mark)
            wrong = self._guard.wrong(self._name)
            raise SignerError(
                Refusal.PIN, f"{self._name}: wrong PIN ({wrong} wrong): change {self._table.pin}"
            ) from None
        except faults.PinLocked:
            self._guard.refused(self._name, mark)
            raise SignerError(Refusal.PIN, f"{self._name}: the token has locked its PIN") from None
        except faults.PKCS11Error:
            self._guard.untried(self._name)
            raise
        self._guard.right(self._name)
        return session

    def _find_token(self) -> Any:
        library = pkcs11.lib(self._table.module)
        try:
            return library.get_token(token_label=self._table.token)
        except faults.PKCS11Error:
            # Some libraries see a token that was plugged in later only after they began anew.
            library.reinitialize()
            return library.get_token(token_label=self._table.token)

    def _sign(self, data: bytes) -> bytes:
        if self._private is None:
            raise faults.SessionClosed
        digest = hashlib.sha256(data).digest()
        if self._private.key_type == KeyType.EC:
            return encode_ecdsa_signature(self._private.sign(digest, mechanism=Mechanism.ECDSA))
        info = DigestInfo({"digest_algorithm": {"algorithm": "sha256"}, "digest": digest})
        return bytes(self._private.sign(info.dump(), mechanism=Mechanism.RSA_PKCS))

    def _read_certificates(self) -> tuple[bytes, ...]:
        if self._table.certificate:
            return self._from_file()
        wanted = {Attribute.CLASS: ObjectClass.CERTIFICATE}
        every = [(one[Attribute.ID], bytes(one[Attribute.VALUE])) for one in self._session.get_objects(wanted)]
        identifier = self._private[Attribute.ID]
        own = [der for found, der in every if found == identifier]
        if not own:
            why = "holds no certificate with the key's ID: name its file (certificate = ) in mandates.toml"
            raise SignerError(Refusal.KEY, f"{self._name}: {why}")
        return (own[0], *(der for found, der in every if found != identifier))

    def _from_file(self) -> tuple[bytes, ...]:
        try:
            found = read_certificates(self._folder.read(self._table.certificate, secret=False))
        except (MandateError, BadCertificate) as error:
            raise SignerError(Refusal.KEY, str(error)) from error
        return tuple(one.der for one in found)

    def _told(self, work: Callable[[], T]) -> T:
        """What the library raises, as a refusal; its words are class names, as PKCS#11 has only numbers."""
        try:
            return work()
        except faults.PKCS11Error as error:
            raise SignerError(Refusal.KEY, f"{self._name}: {type(error).__name__}") from error


def open_token_key(folder: Folder, table: KeyTable, guard: PinGuard) -> TokenKey:
    """The private key `label` in the token `token` of the library `module`.

    Raises:
        SignerError: KEY, PIN
    """
    return TokenKey(folder, table, guard)
