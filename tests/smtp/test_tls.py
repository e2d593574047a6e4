"""The certificate is exchanged while the doors are open."""

from __future__ import annotations

import asyncio
import os
import ssl
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from mailhub.smtp.errors import CertificateError
from mailhub.smtp.tls import ServerTLS
from tests.support.smtpdialogue import serving


class Files:
    """A certificate and its key, written as an administrator would."""

    def __init__(self, folder: Path) -> None:
        self.certificate, self.key = folder / "tls.crt", folder / "tls.key"
        self._writes = 0

    def write(self, *, only_certificate: bool = False) -> bytes:
        """A new pair; the certificate in DER."""
        leaf = trustme.CA().issue_cert("mx.tinh.gov.vn")
        self.certificate.write_bytes(leaf.cert_chain_pems[0].bytes())
        if not only_certificate:
            self.key.write_bytes(leaf.private_key_pem.bytes())
        self.touch()
        return ssl.PEM_cert_to_DER_cert(leaf.cert_chain_pems[0].bytes().decode())

    def touch(self) -> None:
        """Clocks of file systems are coarse: make the change visible."""
        self._writes += 1
        for path in (self.certificate, self.key):
            os.utime(path, (1_700_000_000 + self._writes, 1_700_000_000 + self._writes))


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


async def shown(port: int) -> bytes:
    """The certificate that the server shows now, in DER."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    certificate: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    await writer.wait_closed()
    return certificate


async def test_a_new_certificate_is_shown_without_a_restart(files: Files) -> None:
    first = files.write()
    tls = ServerTLS(files.certificate, files.key)
    async with serving(implicit=True, context=tls.context) as served:
        assert await shown(served.port) == first
        assert tls.refresh() is False
        second = files.write()
        assert await shown(served.port) == first
        assert tls.refresh() is True
        assert await shown(served.port) == second


async def test_files_that_do_not_fit_leave_the_old_certificate(files: Files, caplog: pytest.LogCaptureFixture) -> None:
    first = files.write()
    tls = ServerTLS(files.certificate, files.key)
    async with serving(implicit=True, context=tls.context) as served:
        files.write(only_certificate=True)
        assert tls.refresh() is False
        assert "tls.crt" in caplog.text
        assert await shown(served.port) == first
        files.key.unlink()
        assert tls.refresh() is False
        assert await shown(served.port) == first
        second = files.write()
        assert tls.refresh() is True
        assert await shown(served.port) == second


def test_files_that_cannot_be_used_are_refused_at_the_start(files: Files) -> None:
    with pytest.raises(CertificateError, match=r"tls\.crt"):
        ServerTLS(files.certificate, files.key)
    files.write()
    files.write(only_certificate=True)
    with pytest.raises(CertificateError, match=r"tls\.key"):
        ServerTLS(files.certificate, files.key)
    files.certificate.write_text("no certificate")
    with pytest.raises(CertificateError):
        ServerTLS(files.certificate, files.key)
    with pytest.raises(CertificateError, match=r"1\.1"):
        ServerTLS(files.certificate, files.key, minimum="1.1")


def test_an_encrypted_key_is_refused_and_nobody_is_asked(files: Files) -> None:
    files.write()
    key = load_pem_private_key(files.key.read_bytes(), None)
    files.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")))
    with pytest.raises(CertificateError, match="encrypted"):
        ServerTLS(files.certificate, files.key)


@pytest.mark.parametrize("minimum", ["1.2", "1.3"])
async def test_older_versions_of_tls_are_refused(files: Files, minimum: str) -> None:
    files.write()
    tls = ServerTLS(files.certificate, files.key, minimum=minimum)
    older = ssl.TLSVersion.TLSv1_2
    assert tls.context.minimum_version >= older
    if minimum == "1.3":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode, context.maximum_version = False, ssl.CERT_NONE, older
        async with serving(implicit=True, context=tls.context) as served:
            with pytest.raises((ssl.SSLError, ConnectionError)):
                await asyncio.open_connection("127.0.0.1", served.port, ssl=context)
