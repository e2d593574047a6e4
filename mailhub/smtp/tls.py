"""The certificate that the doors show, exchanged while they are open."""

from __future__ import annotations

import logging
import ssl
from pathlib import Path

from mailhub.smtp.errors import CertificateError

log = logging.getLogger(__name__)

_MINIMUM = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
_Stamp = tuple[tuple[int, int, int], ...]


class ServerTLS:
    """`context` is one object for the life of the process; `refresh` loads a new certificate into it.

    Sessions that are under way keep the certificate they began with. Files are PEM.

    Raises:
        CertificateError: the files cannot be used.
    """

    def __init__(self, certificate: Path, key: Path, *, minimum: str = "1.2") -> None:
        if minimum not in _MINIMUM:
            raise CertificateError(f"TLS {minimum} is not one of {', '.join(_MINIMUM)}")
        self._certificate = Path(certificate)
        self._key = Path(key)
        self._minimum = _MINIMUM[minimum]
        self._seen: _Stamp = self._stamp()
        self.context = self._load(self._empty_context())

    def refresh(self) -> bool:
        """Load the files again if they changed. Files that cannot be used are logged, and the old ones stay."""
        try:
            stamp = self._stamp()
            if stamp == self._seen:
                return False
            self._seen = stamp
            self._load(self._empty_context())
            self._load(self.context)
        except CertificateError as error:
            log.error("the TLS certificate stays as it was: %s", error)  # noqa: TRY400 - no traceback needed
            return False
        log.info("TLS certificate %s read again", self._certificate)
        return True

    def _empty_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = self._minimum
        context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
        return context

    def _load(self, context: ssl.SSLContext) -> ssl.SSLContext:
        try:
            context.load_cert_chain(self._certificate, self._key, password=_no_password)
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            raise CertificateError(f"{self._certificate} with {self._key}: {error}") from error
        return context

    def _stamp(self) -> _Stamp:
        """What changes when a file is written or replaced. The files of a pair may be written one after the
        other: the mismatch between is refused by `_load`, and the second write makes another stamp."""
        try:
            stats = [path.stat() for path in (self._certificate, self._key)]
        except OSError as error:
            raise CertificateError(f"{error.filename}: {error.strerror}") from error
        return tuple((one.st_mtime_ns, one.st_size, one.st_ino) for one in stats)


def _no_password() -> str:
    """Without this OpenSSL would ask for one on the terminal."""
    raise CertificateError("the key is encrypted")
