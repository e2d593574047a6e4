"""The CMS of a signature: PAdES baseline B (ETSI EN 319 142-1 § 6.3), from the signer's own certificate and a digest.

No signing time: in PAdES the PDF's /M alone tells it. The certificate is bound by signing-certificate-v2 (RFC 5035).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from asn1crypto import x509
from pyhanko.sign.signers.pdf_cms import Signer
from pyhanko_certvalidator.registry import CertificateStore, SimpleCertificateStore

DIGEST = "sha256"


class _KeySigner(Signer):
    """pyHanko's builder over a key of ours."""

    def __init__(self, certificates: tuple[bytes, ...], sign: Callable[[bytes], bytes], length: int) -> None:
        own, *others = (x509.Certificate.load(der) for der in certificates)
        store: CertificateStore = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        for one in others:
            store.register(one)
        super().__init__(signing_cert=own, cert_registry=store, embed_roots=False)
        self._raw = sign
        self._length = length

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        if digest_algorithm != DIGEST:
            raise ValueError(digest_algorithm)
        return b"\0" * self._length if dry_run else await asyncio.to_thread(self._raw, data)


async def build_cms(digest: bytes, certificates: tuple[bytes, ...], sign: Callable[[bytes], bytes]) -> bytes:
    """The DER of a detached signature over what has the SHA-256 `digest`. `certificates`: DER, the signer's own first;
    a root among them is left out. `sign` blocks, and raises what it likes.
    """
    signer = _KeySigner(certificates, sign, 512)
    content = await signer.async_sign(digest, DIGEST, use_pades=True)
    der: bytes = content.dump()
    return der
