"""Signs outgoing mail: DKIM with c=relaxed/simple (RFC 6376), RSA or Ed25519 (RFC 8463), always over SHA-256.

The body is hashed while it streams by (`BodyHasher`), the key is loaded once (`load_signing_key`), so that a
signature costs little more than the arithmetic of RSA. l= is never used: it would let others append.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

from mailhub.mail.dkim_canon import BodyHasher, relaxed_field, relaxed_value
from mailhub.mail.errors import DkimKeyError
from mailhub.mail.headers import Field

__all__ = ["BodyHasher", "SigningKey", "generate_key", "load_signing_key", "public_record"]

# Named once more than they occur: a second one, added later, breaks the signature (RFC 6376 § 8.15).
OVERSIGNED = (
    b"From", b"To", b"Subject", b"Date", b"Message-ID", b"Cc", b"Reply-To", b"MIME-Version", b"Content-Type",
)  # fmt: skip
# Signed when present (RFC 6376 § 5.4.1).
SIGNED = (
    b"Sender", b"In-Reply-To", b"References", b"Content-Transfer-Encoding", b"Content-Disposition",
    b"Resent-Date", b"Resent-From", b"Resent-Sender", b"Resent-To", b"Resent-Cc", b"Resent-Message-ID",
    b"List-Id", b"List-Unsubscribe", b"List-Unsubscribe-Post", b"List-Post", b"Auto-Submitted",
)  # fmt: skip

_NAMES = [(name, name.lower(), 1) for name in OVERSIGNED] + [(name, name.lower(), 0) for name in SIGNED]

SHORTEST_RSA_BITS = 1024  # RFC 8301 § 3.2; ours have 2048
LINE = 78

_ALGORITHMS = {"rsa": b"rsa-sha256", "ed25519": b"ed25519-sha256"}
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")

PrivateKey = rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key and where its public half stands: `selector`._domainkey.`domain`."""

    domain: str
    selector: str
    algorithm: str  # "rsa" or "ed25519"
    private: PrivateKey = field(repr=False)

    def sign(self, fields: Sequence[Field], body_hash: bytes, *, at: int) -> bytes:
        """The whole `DKIM-Signature` field with its CRLF, lines of at most 78 octets.

        `fields` are the message's, `body_hash` is what `BodyHasher.digest` returned, `at` the time of
        signing in seconds. The same arguments give the same bytes.
        """
        return self.sign_header(SignedHeader.of(fields), body_hash, at=at)

    def sign_header(self, header: SignedHeader, body_hash: bytes, *, at: int) -> bytes:
        """As `sign`, for a header that several keys sign."""
        unsigned = self._unsigned_field(header.names, body_hash, at)
        data = header.canonical + b"dkim-signature:" + relaxed_value(unsigned.partition(b":")[2])
        return b"%s%s\r\n" % (unsigned, _folded(base64.b64encode(self._signature(data)), first=LINE - 3))

    def _unsigned_field(self, names: tuple[bytes, ...], body_hash: bytes, at: int) -> bytes:
        start = _field_start(self.algorithm, self.domain, self.selector, names)
        return b"%s\r\n\tt=%d; bh=%s;\r\n\tb=" % (start, at, base64.b64encode(body_hash))

    def _signature(self, data: bytes) -> bytes:
        if isinstance(self.private, rsa.RSAPrivateKey):
            return self.private.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return self.private.sign(hashlib.sha256(data).digest())  # RFC 8463 § 3: the hash is what is signed


class SignedHeader(NamedTuple):
    """What of a header is signed: the names for h=, and the fields in canonical form."""

    names: tuple[bytes, ...]
    canonical: bytes

    @classmethod
    def of(cls, fields: Sequence[Field]) -> SignedHeader:
        """The part of `fields` that our signatures cover."""
        names, canonical = _signed_fields(fields)
        return cls(tuple(names), canonical)


@functools.lru_cache(maxsize=1000)
def _field_start(algorithm: str, domain: str, selector: str, names: tuple[bytes, ...]) -> bytes:
    """The field up to h=: the same for all messages whose headers have the same names."""
    tags = [
        b"a=%s;" % _ALGORITHMS[algorithm], b"c=relaxed/simple;", b"d=%s;" % domain.encode(),
        b"s=%s;" % selector.encode(), *_header_list(names),
    ]  # fmt: skip
    lines, line = [], b"DKIM-Signature: v=1;"
    for tag in tags:
        glue = b"" if line.endswith(b":") else b" "
        if len(line) + len(glue) + len(tag) > LINE:
            lines.append(line)
            line = b"\t" + tag
        else:
            line += glue + tag
    return b"\r\n".join([*lines, line])


def load_signing_key(pem: bytes, domain: str, selector: str, algorithm: str = "") -> SigningKey:
    """The key of a PEM file without passphrase, ready to sign often.

    Raises:
        DkimKeyError: no such key, an RSA key under 1024 bits, not the `algorithm` named ("" = either), or a
            domain or selector that cannot stand in DNS.
    """
    domain, selector = domain.lower(), selector.lower()
    for name in (domain, selector):
        if not _NAME.fullmatch(name):
            raise DkimKeyError(f"{name!a} is no domain name")
    try:
        # Checking the primes takes 37 ms and protects nobody from a key in one's own file.
        key = serialization.load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise DkimKeyError(f"not an unencrypted PEM private key: {error}".splitlines()[0]) from error
    if isinstance(key, rsa.RSAPrivateKey):
        found = "rsa"
        if key.key_size < SHORTEST_RSA_BITS:
            raise DkimKeyError(f"an RSA key of {key.key_size} bits is too short (RFC 8301)")
    elif isinstance(key, ed25519.Ed25519PrivateKey):
        found = "ed25519"
    else:
        raise DkimKeyError("the key is neither RSA nor Ed25519")
    if algorithm not in ("", found):
        raise DkimKeyError(f"the key is {found}, not {algorithm}")
    return SigningKey(domain, selector, found, key)


def generate_key(algorithm: str) -> bytes:
    """A new private key, "rsa" (2048 bits) or "ed25519", as PKCS#8 PEM.

    Raises:
        DkimKeyError: another algorithm.
    """
    if algorithm not in _ALGORITHMS:
        raise DkimKeyError(f"the algorithm is rsa or ed25519, not {algorithm!a}")
    key = rsa.generate_private_key(65537, 2048) if algorithm == "rsa" else ed25519.Ed25519PrivateKey.generate()
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def public_record(key: SigningKey) -> str:
    """The text of the TXT record at `selector`._domainkey.`domain` (RFC 6376 § 3.6.1, RFC 8463 § 4)."""
    if isinstance(key.private, rsa.RSAPrivateKey):
        encoding, form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    else:
        encoding, form = serialization.Encoding.Raw, serialization.PublicFormat.Raw
    public = base64.b64encode(key.private.public_key().public_bytes(encoding, form)).decode()
    return f"v=DKIM1; k={key.algorithm}; p={public}"


def _signed_fields(fields: Sequence[Field]) -> tuple[list[bytes], bytes]:
    """The names for h= and the canonical fields in the order the names take them: from the bottom (§ 5.4.2)."""
    found: dict[bytes, list[Field]] = {}
    for each in fields:
        found.setdefault(each.name.lower(), []).append(each)
    names: list[bytes] = []
    signed: list[bytes] = []
    for name, lower, extra in _NAMES:
        present = found.get(lower, ())
        names += [name] * (len(present) + extra)
        signed += [relaxed_field(each) for each in reversed(present)]
    return names, b"".join(signed)


def _header_list(names: Sequence[bytes]) -> Iterator[bytes]:
    """`h=` in pieces between which a line may be folded (RFC 6376 § 3.5: FWS around the colons)."""
    for at, name in enumerate(names, 1):
        yield b"%s%s%s" % (b"h=" if at == 1 else b"", name, b";" if at == len(names) else b":")


def _folded(text: bytes, *, first: int) -> bytes:
    pieces = [text[:first], *(text[at : at + LINE - 1] for at in range(first, len(text), LINE - 1))]
    return b"\r\n\t".join(pieces)
