"""Our signatures, judged by dkimpy."""

from __future__ import annotations

import base64
import hashlib
import random

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from mailhub.mail.dkim import OVERSIGNED, BodyHasher, generate_key, load_signing_key, public_record
from mailhub.mail.dkim_canon import RelaxedBodyHasher
from mailhub.mail.errors import DkimKeyError
from mailhub.mail.headers import read_fields
from tests.support.dkim_keys import dkimpy_dns, signing_key

pytestmark = pytest.mark.unit

AT = 1_795_000_000
HEAD = (
    b"Received: from a by b; Sun, 22 Nov 2026 08:00:00 +0700\r\n"
    + "From: Sở Nội vụ <snv@tinh.gov.vn>\r\n".encode()
    + b"To: a@so.tinh.gov.vn,\r\n\tb@so.tinh.gov.vn\r\n"
    + b"Subject:   =?UTF-8?B?Q8O0bmcgdsSDbg==?= \t so  1  \r\n"
    + b"Date: Sun, 22 Nov 2026 08:00:00 +0700\r\nMessage-ID: <1@tinh.gov.vn>\r\nMIME-Version: 1.0\r\n"
)
HEADS = {
    "usual": HEAD,
    "only-from": b"From: a@tinh.gov.vn\r\n",
    "empty-value": b"From: a@tinh.gov.vn\r\nSubject:\r\nTo: \r\n",
    "duplicates": HEAD + b"To: c@d.vn\r\nSubject: second\r\nSubject: third\r\nReferences: <1@a>\r\n <2@b>\r\n",
    "odd-case": b"FROM: a@tinh.gov.vn\r\nsUbJeCt:x\r\nmessage-id:\r\n <1@a>\r\n",
    "many": b"From: a@tinh.gov.vn\r\n" + b"".join(b"Cc: n%d@tinh.gov.vn\r\n" % n for n in range(40)),
    "signed-before": b"DKIM-Signature: v=1; d=x.vn;\r\n\tb=abc\r\n" + HEAD,
}
BODIES = {
    "usual": b"Kinh g\xe1\xbb\xadi\r\n\r\nxin  chao \t \r\n.\r\n",
    "empty": b"",
    "one-crlf": b"\r\n",
    "only-empty-lines": b"\r\n" * 40_000,
    "trailing-empty-lines": b"text\r\n" + b"\r\n" * 70_000,
    "no-last-crlf": b"line\r\nlast",
    "long": b"A" * 76 + b"\r\n" + bytes(range(32, 127)) * 3000,
    "spaces-only": b" \t \r\n\t\r\n",
}


def hashed(body: bytes) -> bytes:
    hasher = BodyHasher()
    hasher.update(body)
    return hasher.digest()


@pytest.mark.parametrize("algorithm", ["rsa", "ed25519"])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_dkimpy_accepts_our_signature(head: bytes, body: bytes, algorithm: str) -> None:
    key = signing_key(algorithm)
    field = key.sign(read_fields(head + b"\r\n"), hashed(body), at=AT)
    assert dkim.verify(field + head + b"\r\n" + body, dnsfunc=dkimpy_dns(key))


@pytest.mark.parametrize("name", [*OVERSIGNED, b"References"])
def test_dkimpy_refuses_our_signature_when_a_signed_field_changes(name: bytes) -> None:
    key = signing_key("rsa")
    head = b"".join(b"%s: a@tinh.gov.vn\r\n" % each for each in (*OVERSIGNED, b"References"))
    field = key.sign(read_fields(head + b"\r\n"), hashed(b"x\r\n"), at=AT)
    forged = head.replace(b"\r\n%s: a" % name, b"\r\n%s: b" % name) if name != b"From" else head.replace(b"a", b"b", 1)
    assert forged != head
    assert not dkim.verify(field + forged + b"\r\nx\r\n", dnsfunc=dkimpy_dns(key))
    assert not dkim.verify(field + head + b"\r\ny\r\n", dnsfunc=dkimpy_dns(key))


@pytest.mark.parametrize("name", OVERSIGNED)
def test_nobody_can_add_an_oversigned_field(name: bytes) -> None:
    key = signing_key("ed25519")
    field = key.sign(read_fields(HEAD + b"\r\n"), hashed(b"x\r\n"), at=AT)
    added = name + b": evil@example.vn\r\n"
    assert not dkim.verify(field + added + HEAD + b"\r\nx\r\n", dnsfunc=dkimpy_dns(key))
    assert not dkim.verify(field + HEAD + added + b"\r\nx\r\n", dnsfunc=dkimpy_dns(key))


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_the_field_is_deterministic_and_folded_and_has_no_length(head: bytes) -> None:
    key = signing_key("rsa")
    fields = read_fields(head + b"\r\n")
    field = key.sign(fields, hashed(b""), at=AT)
    assert field == key.sign(fields, hashed(b""), at=AT)
    assert field != key.sign(fields, hashed(b""), at=AT + 1)
    lines = field.split(b"\r\n")
    assert lines.pop() == b""
    assert all(len(line) <= 78 for line in lines)
    assert all(line.startswith(b"\t") for line in lines[1:])
    assert b"t=%d;" % AT in field
    assert b"l=" not in field.partition(b"bh=")[0]


def test_a_long_domain_is_signed_for() -> None:
    domain = ".".join(["x" * 60] * 4)
    key = load_signing_key(generate_key("ed25519"), domain, "s" * 63)
    field = key.sign(read_fields(HEAD + b"\r\n"), hashed(b"x\r\n"), at=AT)
    assert dkim.verify(field + HEAD + b"\r\nx\r\n", dnsfunc=dkimpy_dns(key))


def test_an_empty_body_has_the_published_hashes() -> None:
    # RFC 6376 § 3.4.3 and § 3.4.4.
    assert base64.b64encode(BodyHasher().digest()) == b"frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY="
    assert base64.b64encode(RelaxedBodyHasher().digest()) == b"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


BODY_PIECES = st.lists(st.sampled_from([b"\r\n", b"\r", b"\n", b" ", b"\t", b"a", b"  b", b"\r\n\r\n"]), max_size=30)


def expected_simple(body: bytes) -> bytes:
    while body.endswith(b"\r\n"):
        body = body[:-2]
    return body + b"\r\n"


def expected_relaxed(body: bytes) -> bytes:
    lines = body.split(b"\r\n")
    lines = [b" ".join(part for part in squeezed(line)).rstrip(b" ") for line in lines]
    while lines and not lines[-1]:
        lines.pop()
    return b"".join(line + b"\r\n" for line in lines)


def squeezed(line: bytes) -> list[bytes]:
    parts = line.replace(b"\t", b" ").split(b" ")
    return [part for at, part in enumerate(parts) if part or at in (0, len(parts) - 1)]


@given(pieces=BODY_PIECES, seed=st.integers())
def test_every_cut_into_chunks_gives_the_same_hash(pieces: list[bytes], seed: int) -> None:
    body = b"".join(pieces)
    chance = random.Random(seed)
    simple, relaxed = BodyHasher(), RelaxedBodyHasher()
    at = 0
    while at < len(body):
        size = chance.randint(0, 4)
        simple.update(body[at : at + size])
        relaxed.update(body[at : at + size])
        at += size
    assert simple.digest() == hashlib.sha256(expected_simple(body)).digest()
    assert simple.length == len(expected_simple(body))
    assert relaxed.digest() == hashlib.sha256(expected_relaxed(body)).digest()
    assert relaxed.length == len(expected_relaxed(body))


def test_a_hasher_keeps_nothing_of_a_body_of_empty_lines() -> None:
    hasher = BodyHasher()
    for _ in range(1000):
        hasher.update(b"\r\n" * 8192)
    assert hasher.length == 0
    hasher.update(b"x")
    assert hasher.length == 1000 * 16384 + 1


def test_the_published_record_names_the_kind_of_key() -> None:
    assert public_record(signing_key("rsa")).startswith("v=DKIM1; k=rsa; p=MII")
    assert len(public_record(signing_key("ed25519"))) == len("v=DKIM1; k=ed25519; p=") + 44


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, secret: bytes = b"") -> bytes:
    seal = serialization.BestAvailableEncryption(secret) if secret else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, seal)


@pytest.mark.parametrize(
    ("text", "domain", "selector", "algorithm"),
    [
        (b"", "a.vn", "s", ""),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "a.vn", "s", ""),
        (pem(ec.generate_private_key(ec.SECP256R1())), "a.vn", "s", ""),
        (pem(ec.generate_private_key(ec.SECP256R1()), b"secret"), "a.vn", "s", ""),
        (generate_key("ed25519"), "a.vn", "s", "rsa"),
        (generate_key("ed25519"), "a..vn", "s", ""),
        (generate_key("ed25519"), "tỉnh.vn", "s", ""),
        (generate_key("ed25519"), "a.vn", "s;d=b.vn", ""),
        (generate_key("ed25519"), "a.vn\n", "s", ""),
    ],
    ids=map(str, range(9)),
)
def test_a_key_that_cannot_sign_is_refused_when_it_is_loaded(
    text: bytes, domain: str, selector: str, algorithm: str
) -> None:
    with pytest.raises(DkimKeyError):
        load_signing_key(text, domain, selector, algorithm)


def test_an_unknown_algorithm_is_not_generated() -> None:
    with pytest.raises(DkimKeyError):
        generate_key("dsa")


def test_a_key_does_not_show_itself() -> None:
    assert "private" not in repr(signing_key("rsa"))
