"""CMS signatures put together by hand for tests, so that any single thing about them can be wrong."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asn1crypto import cms, core, tsp, x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from tests.support.pki import Identity

SIGNED_AT = datetime(2026, 4, 5, 8, 30, tzinfo=UTC)
_HASHES: Mapping[str, Callable[[], hashes.HashAlgorithm]] = {
    "md5": hashes.MD5, "sha1": hashes.SHA1, "sha256": hashes.SHA256, "sha512": hashes.SHA512,
}  # fmt: skip
Attributes = dict[str, list[Any]]


def attributes_of(who: Identity, data: bytes, digest: str = "sha256") -> Attributes:
    """The signed attributes of an honest signer (RFC 5652 § 11, RFC 5035); tests change what they like."""
    certificate = tsp.SigningCertificateV2(
        {"certs": [{"hash_algorithm": {"algorithm": "sha256"}, "cert_hash": bytes.fromhex(who.sha256)}]}
    )
    return {
        "content_type": ["data"],
        "message_digest": [hashlib.new(digest, data).digest()],
        "signing_time": [cms.Time({"utc_time": core.UTCTime(SIGNED_AT)})],
        "signing_certificate_v2": [certificate],
    }


def signed_cms(
    who: Identity,
    data: bytes,
    *,
    attributes: Attributes | None = None,
    bare: bool = False,
    enclosed: bool = False,
    digest: str = "sha256",
    certificates: Sequence[x509.Certificate] | None = None,
    unsigned: Sequence[tuple[str, Any]] = (),
    by: Identity | None = None,
    content_type: str = "data",
    times: int = 1,
) -> bytes:
    """A ContentInfo with SignedData. `bare`: without signed attributes; `by`: whose key signs, though it says `who`;
    `times`: so many signers."""
    given = attributes if attributes is not None else attributes_of(who, data, digest)
    listed = cms.CMSAttributes([{"type": kind, "values": values} for kind, values in given.items()])
    value = signed_by(by or who, data if bare else listed.dump(), digest)
    info: dict[str, Any] = {
        "version": "v1",
        "sid": cms.IssuerAndSerialNumber(
            {"issuer": who.certificate.issuer, "serial_number": who.certificate.serial_number}
        ),
        "digest_algorithm": {"algorithm": digest},
        "signature_algorithm": {"algorithm": f"{digest}_{_kind(by or who)}"},
        "signature": value,
    }
    if not bare:
        info["signed_attrs"] = listed
    if unsigned:
        info["unsigned_attrs"] = [{"type": kind, "values": [one]} for kind, one in unsigned]
    content: dict[str, Any] = {"content_type": content_type}
    if enclosed:
        content["content"] = data if content_type == "data" else core.ParsableOctetString(data)
    signed = cms.SignedData(
        {
            "version": "v3",
            "digest_algorithms": [{"algorithm": digest}],
            "encap_content_info": content,
            "certificates": [who.certificate, *who.chain] if certificates is None else list(certificates),
            "signer_infos": [info] * times,
        }
    )
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump())


def value_of(der: bytes) -> bytes:
    """The signature's value, which timestamps are over."""
    return bytes(cms.ContentInfo.load(der)["content"]["signer_infos"][0]["signature"].native)


def token(
    tsa: Identity, imprint: bytes, at: datetime = SIGNED_AT, digest: str = "sha256", *, names_itself: bool = True
) -> cms.ContentInfo:
    """A timestamp token (RFC 3161 § 2.4.2) by anybody. `names_itself`: with the signing-certificate attribute."""
    info = tsp.TSTInfo({
        "version": "v1",
        "policy": "1.2.3.4",
        "message_imprint": {
            "hash_algorithm": {"algorithm": digest}, "hashed_message": hashlib.new(digest, imprint).digest()
        },
        "serial_number": 7,
        "gen_time": core.GeneralizedTime(at),
    }).dump()  # fmt: skip
    given = {**attributes_of(tsa, info), "content_type": ["tst_info"]}
    if not names_itself:
        del given["signing_certificate_v2"]
    der = signed_cms(tsa, info, attributes=given, enclosed=True, content_type="tst_info")
    return cms.ContentInfo.load(der)


def openssl(*arguments: str, given: bytes = b"") -> bytes:
    """What OpenSSL, the other producer and the second opinion, says or makes."""
    done = subprocess.run(["openssl", "cms", *arguments], input=given, capture_output=True, check=True)
    return done.stdout


def on_disk(folder: Path, who: Identity) -> tuple[str, ...]:
    """Key, certificate and issuers as files: the arguments by which OpenSSL signs."""
    folder.mkdir(exist_ok=True)
    named = {"key": who.key_pem(), "leaf": who.certificate_pem()}
    for name, pem in named.items():
        (folder / f"{name}.pem").write_bytes(pem)
    chain = b"".join(Identity(one, who.key, ()).certificate_pem() for one in who.chain)
    (folder / "chain.pem").write_bytes(chain)
    return ("-signer", f"{folder}/leaf.pem", "-inkey", f"{folder}/key.pem", "-certfile", f"{folder}/chain.pem")


def _kind(who: Identity) -> str:
    return "rsa" if who.certificate.public_key.algorithm == "rsa" else "ecdsa"


def signed_by(who: Identity, data: bytes, digest: str) -> bytes:
    """The bare value of a signature."""
    key = serialization.load_der_private_key(who.key.dump(), None, unsafe_skip_rsa_key_validation=True)
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), _HASHES[digest]())
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key.sign(data, ec.ECDSA(_HASHES[digest]()))
