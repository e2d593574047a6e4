"""The CMS of a signature: PAdES baseline B (ETSI EN 319 142-1 § 6.3), from the signer's own certificate and a digest.

No signing time: in PAdES the PDF's /M alone tells it. The certificate is bound by signing-certificate-v2 (RFC 5035),
the algorithms by their own attribute (RFC 6211). DER is put together here, octet string by octet string: it is one
fixed shape, and a library that takes every certificate apart for it needs 13 ms, more than the signature itself.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from functools import lru_cache

from asn1crypto import x509

_SEQUENCE, _SET, _INTEGER, _OCTETS, _OID, _NULL = 0x30, 0x31, 0x02, 0x04, 0x06, b"\x05\x00"
_IMPLICIT_0, _IMPLICIT_1, _DIRECTORY_NAME = 0xA0, 0xA1, 0xA4


def build(tag: int, *parts: bytes) -> bytes:
    """One value in DER (X.690 § 10)."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def _oid(octets: str) -> bytes:
    return build(_OID, bytes.fromhex(octets))


_DATA = _oid("2a864886f70d010701")
_SIGNED_DATA = _oid("2a864886f70d010702")
_SHA256 = build(_SEQUENCE, _oid("608648016503040201"))
_RSA = build(_SEQUENCE, _oid("2a864886f70d01010b"), _NULL)  # sha256WithRSAEncryption
_ECDSA = build(_SEQUENCE, _oid("2a8648ce3d040302"))  # ecdsa-with-SHA256
_CONTENT_TYPE = _oid("2a864886f70d010903")
_MESSAGE_DIGEST = _oid("2a864886f70d010904")
_SIGNING_CERTIFICATE = _oid("2a864886f70d010910022f")
_ALGORITHMS = _oid("2a864886f70d010934")
_ONE = build(_INTEGER, b"\x01")


async def build_cms(digest: bytes, certificates: tuple[bytes, ...], sign: Callable[[bytes], bytes]) -> bytes:
    """The DER of a detached signature over what has the SHA-256 `digest`. `certificates`: DER, the signer's own first;
    a root among the others is left out. `sign` blocks, and raises what it likes.
    """
    issuer_and_serial, algorithm, embedded, bound = _known(certificates)
    attributes = _set_of(
        _attribute(_CONTENT_TYPE, _DATA),
        _attribute(_MESSAGE_DIGEST, build(_OCTETS, digest)),
        _attribute(_SIGNING_CERTIFICATE, bound),
        _attribute(_ALGORITHMS, build(_SEQUENCE, _SHA256, bytes((_IMPLICIT_1,)) + algorithm[1:])),
    )
    signature = await asyncio.to_thread(sign, build(_SET, attributes))  # as a SET, RFC 5652 § 5.4
    signer = build(
        _SEQUENCE,
        _ONE,
        issuer_and_serial,
        _SHA256,
        build(_IMPLICIT_0, attributes),
        algorithm,
        build(_OCTETS, signature),
    )
    signed = build(_SEQUENCE, _ONE, build(_SET, _SHA256), build(_SEQUENCE, _DATA), embedded, build(_SET, signer))
    return build(_SEQUENCE, _SIGNED_DATA, build(_IMPLICIT_0, signed))


@lru_cache(maxsize=64)
def _known(certificates: tuple[bytes, ...]) -> tuple[bytes, bytes, bytes, bytes]:
    """What is the same in all signatures of one key: issuer and serial number, the signature's algorithm, the embedded
    certificates, and signing-certificate-v2 (whose hash is SHA-256 by default)."""
    own, *others = (x509.Certificate.load(der) for der in certificates)
    name, serial = own.issuer.dump(), own["tbs_certificate"]["serial_number"].dump()
    embedded = [own, *(one for one in others if one.self_signed == "no")]
    identifier = build(
        _SEQUENCE,
        build(_OCTETS, hashlib.sha256(certificates[0]).digest()),
        build(_SEQUENCE, build(_SEQUENCE, build(_DIRECTORY_NAME, name)), serial),
    )
    return (
        build(_SEQUENCE, name, serial),
        _RSA if own.public_key.algorithm == "rsa" else _ECDSA,
        build(_IMPLICIT_0, _set_of(*(one.dump() for one in embedded))),
        build(_SEQUENCE, build(_SEQUENCE, identifier)),
    )


def _attribute(kind: bytes, value: bytes) -> bytes:
    return build(_SEQUENCE, kind, build(_SET, value))


def _set_of(*values: bytes) -> bytes:
    """Their octets in the order that DER wants (X.690 § 11.6)."""
    return b"".join(sorted(values))
