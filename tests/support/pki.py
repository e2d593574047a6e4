"""A public-key infrastructure for tests: hierarchies named as the real ones ("THỬ NGHIỆM"), served over real HTTP.

`official` copies the chuyên dùng hierarchy of reference/signatures § 3.1, `public` a public one (§ 3.2), `forged`
has the names of `official` and other keys. OCSP, CRLs and timestamps come from certomancer on a loopback port:

    pki.official.identity("leader")     certificate, key, chain
    pki.official.issue(Subject(common_name="…"), ocsp_url="http://10.0.0.1/")     a certificate of one's own making
    pki.bundle(), pki.hierarchies()     what the hub would have pinned

Keys are made once a run and shared by its workers. Certificates are the same in every run but for their keys.
"""

from __future__ import annotations

import atexit
import base64
import fcntl
import hashlib
import logging
import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import keys, ocsp, x509
from asn1crypto import pem as asn1_pem
from certomancer import crypto_utils
from certomancer.integrations.animator import Animator, AnimatorArchStore
from certomancer.registry import ArchLabel, CertLabel, CertomancerConfig, EntityLabel, PKIArchitecture, ServiceLabel
from cryptography import x509 as cx509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from werkzeug.serving import BaseWSGIServer, make_server

from mailhub.files.signed.trusted import Part, TrustBundle, TrustedCertificate
from mailhub.signatures.verdict import Hierarchy
from tests.support.pki_extensions import addresses, name_of, signing_usage
from tests.support.pki_plan import KEYS, REVOKED_AT, SUBJECTS, Subject, configuration

__all__ = ["AFTER", "BEFORE", "PASSWORD", "REVOKED_AT", "Authority", "Identity", "Pki", "Subject", "pki", "serve"]

PASSWORD = "bí mật thử nghiệm"  # of the PKCS#12 files
BEFORE = datetime(2026, 2, 1, 8, 0, tzinfo=UTC)  # a moment of signing before that
AFTER = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)  # and one after it


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody who can sign. `chain` is what a signer embeds beside the leaf: the issuing authority."""

    certificate: x509.Certificate
    key: keys.PrivateKeyInfo
    chain: tuple[x509.Certificate, ...]

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.certificate.dump()).hexdigest()

    @property
    def serial(self) -> str:
        """As `CertificateFacts.serial` writes it."""
        return f"{self.certificate.serial_number:x}"

    def key_pem(self) -> bytes:
        return loaded(self.key.dump()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def certificate_pem(self) -> bytes:
        return pem(self.certificate)

    def pkcs12(self, password: str = PASSWORD) -> bytes:
        """Key, certificate and chain as a token's backup file has them."""
        key = loaded(self.key.dump())
        leaf, *others = (cx509.load_der_x509_certificate(each.dump()) for each in (self.certificate, *self.chain))
        locked = serialization.BestAvailableEncryption(password.encode())
        return pkcs12.serialize_key_and_certificates(b"mailhub", key, leaf, others, locked)


class Authority:
    """One hierarchy: its root, its issuing authority ("sub"), responder, timestamps and leaves."""

    def __init__(self, name: str, arch: PKIArchitecture, url: str) -> None:
        self.name = name
        self._arch = arch
        self.ocsp_url = f"{url}/{name}/ocsp/sub"  # of leaves
        self.root_ocsp_url = f"{url}/{name}/ocsp/root"  # of the issuing authority and of the timestamps' certificate
        self.crl_url = f"{url}/{name}/crls/sub/latest.crl"
        self.root_crl_url = f"{url}/{name}/crls/root/latest.crl"
        self.tsa_url = f"{url}/{name}/tsa/tsa"

    @cached_property
    def root(self) -> x509.Certificate:
        return self._certificate("root")

    @cached_property
    def sub(self) -> x509.Certificate:
        return self._certificate("sub")

    def identity(self, label: str) -> Identity:
        """See `pki_plan.py` for the labels; besides root, sub, ocsp, tsa."""
        spec = self._arch.get_cert_spec(CertLabel(label))
        key = self._arch.key_set.get_private_key(spec.subject_key)
        above = self.sub if spec.issuer == EntityLabel("sub") else self.root
        if label == "rogue":  # issued by a leaf
            return Identity(self._certificate(label), key, (self._certificate("leader"), self.sub))
        return Identity(self._certificate(label), key, () if label == "root" else (above,))

    def crl(self, issuer: str = "sub", at: datetime | None = None) -> bytes:
        """The list in force at `at` (now): one every seven days."""
        listed = self._arch.service_registry.get_crl(ServiceLabel(issuer), at or datetime.now(UTC))
        return bytes(listed.dump())

    def ocsp(self, certificate: x509.Certificate, at: datetime | None = None, *, issuer: str = "sub") -> bytes:
        """An answer made at `at`, valid for ten minutes."""
        above = self.sub if issuer == "sub" else self.root
        asked = ocsp.OCSPRequest({"tbs_request": {"request_list": [{"req_cert": certificate_id(certificate, above)}]}})
        moment = (at or datetime.now(UTC)).replace(microsecond=0)
        responder = self._arch.service_registry.summon_responder(ServiceLabel(issuer), moment)
        return bytes(responder.build_ocsp_response(asked).dump())

    def issue(
        self,
        subject: Subject,
        *,
        issuer: Identity | None = None,
        ocsp_url: str = "",
        crl_url: str = "",
        key: keys.PrivateKeyInfo | None = None,
        not_before: datetime = datetime(2022, 1, 1, tzinfo=UTC),
        not_after: datetime = datetime(2045, 1, 1, tzinfo=UTC),
        extensions: Sequence[tuple[cx509.ExtensionType, bool]] | None = None,
        serial: int | None = None,
        digest: hashes.HashAlgorithm | None = None,
    ) -> Identity:
        """A certificate that the hierarchy's OCSP knows nothing of; key usage as a signer's unless `extensions`."""
        issuer = issuer or self.identity("sub")
        private = loaded(key.dump()) if key else ec.generate_private_key(ec.SECP256R1())
        above = cx509.load_der_x509_certificate(issuer.certificate.dump())
        built = (
            cx509.CertificateBuilder(
                above.subject, name_of(subject), private.public_key(), serial or cx509.random_serial_number()
            )
            .not_valid_before(not_before.replace(tzinfo=None))
            .not_valid_after(not_after.replace(tzinfo=None))
        )
        for extension, critical in extensions if extensions is not None else [(signing_usage(), True)]:
            built = built.add_extension(extension, critical)
        for extension in addresses(ocsp_url, crl_url):
            built = built.add_extension(extension, critical=False)
        made = built.sign(loaded(issuer.key.dump()), digest or hashes.SHA256())  # type: ignore[arg-type]
        der = private.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        certificate = x509.Certificate.load(made.public_bytes(serialization.Encoding.DER))
        return Identity(certificate, keys.PrivateKeyInfo.load(der), (issuer.certificate,))

    def _certificate(self, label: str) -> x509.Certificate:
        return self._arch.get_cert(CertLabel(label))


@dataclass
class Pki:
    """All hierarchies and the server in front of them. `asked` has the path of every request; `status` other than
    200 is what every request gets instead of an answer."""

    url: str
    folder: Path
    official: Authority
    public: Authority
    forged: Authority
    asked: list[str] = field(default_factory=list)
    status: int = 200

    def bundle(self, *, public: bool = True, subs: bool = True) -> TrustBundle:
        """The trust data of a hub that pinned `official` (and `public`), never `forged`."""
        pinned: list[tuple[x509.Certificate, Part]] = []
        for authority in (self.official, self.public) if public else (self.official,):
            pinned.append((authority.root, Part.ROOT))
            pinned += [(authority.sub, Part.INTERMEDIATE)] if subs else []
        return bundle_of(pinned)

    def hierarchies(self) -> Mapping[str, Hierarchy]:
        """Whose root is whose, as the trust data say it: the test roots stand in for the real ones."""
        return {sha256(self.official.root): Hierarchy.OFFICIAL, sha256(self.public.root): Hierarchy.PUBLIC}


def bundle_of(pinned: Iterable[tuple[x509.Certificate, Part]]) -> TrustBundle:
    """A bundle of any certificates."""
    certificates = tuple(
        TrustedCertificate(sha256=sha256(each), part=part, der=base64.b64encode(each.dump()).decode())
        for each, part in pinned
    )
    version = hashlib.sha256("".join(f"{each.sha256}{each.part}" for each in certificates).encode()).hexdigest()
    return TrustBundle(version=version, certificates=certificates)


@cache
def loaded(der: bytes) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
    """A key of ours, checked by nobody: OpenSSL's check of its primes takes longer than all else here."""
    key = serialization.load_der_private_key(der, None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
    return key


class _Backend(crypto_utils.PycaCryptographyBackend):
    """Certomancer's loading and signing, without that check (3 s a worker), and with each key loaded once."""

    def load_private_key(
        self, key_bytes: bytes, password: bytes | None
    ) -> tuple[keys.PrivateKeyInfo, keys.PublicKeyInfo]:
        private = keys.PrivateKeyInfo.load(asn1_pem.unarmor(key_bytes)[2])
        public = loaded(private.dump()).public_key()
        spki = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return private, keys.PublicKeyInfo.load(spki)

    def generic_sign(self, private_key: keys.PrivateKeyInfo, tbs_bytes: bytes, sd_algo: Any) -> bytes:
        key = loaded(private_key.dump())
        assert isinstance(key, rsa.RSAPrivateKey)
        return key.sign(tbs_bytes, padding.PKCS1v15(), getattr(hashes, sd_algo.hash_algo.upper())())


crypto_utils.CRYPTO_BACKEND = _Backend()


def sha256(certificate: x509.Certificate) -> str:
    return hashlib.sha256(certificate.dump()).hexdigest()


def pem(certificate: x509.Certificate) -> bytes:
    return cx509.load_der_x509_certificate(certificate.dump()).public_bytes(serialization.Encoding.PEM)


def certificate_id(certificate: x509.Certificate, issuer: x509.Certificate) -> ocsp.CertId:
    """How OCSP names a certificate (RFC 6960 § 4.1.1)."""
    return ocsp.CertId(
        {
            "hash_algorithm": {"algorithm": "sha1"},
            "issuer_name_hash": issuer.subject.sha1,
            "issuer_key_hash": issuer.public_key.sha1,
            "serial_number": certificate.serial_number,
        }
    )


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """One a worker, whoever imports this, with keys that all workers of a run share."""
    folder = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        folder = folder.parent
    return _shared(folder / "pki")


@cache
def _shared(folder: Path) -> Pki:
    """To pytest an imported fixture is another one in each module that imports it."""
    made, close = serve(folder)
    atexit.register(close)
    return made


def serve(folder: Path) -> tuple[Pki, Callable[[], None]]:
    """Make the hierarchies with keys in `folder` (made when missing) and serve them until the function is called."""
    make_keys(folder)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    gate = _Gate()
    server: BaseWSGIServer = make_server("127.0.0.1", 0, gate, threaded=True)
    url = f"http://127.0.0.1:{server.server_port}"
    config = CertomancerConfig(configuration(url, folder), key_search_dir=str(folder))
    for arch in config.pki_archs.values():
        for label, subject in SUBJECTS[arch.arch_label.value].items():
            arch.entities._dict[EntityLabel(label)] = subject.name()
    gate.animator = Animator(AnimatorArchStore(config.pki_archs), with_web_ui=False)
    parts = {name: Authority(name, config.get_pki_arch(ArchLabel(name)), url) for name in SUBJECTS}
    gate.pki = Pki(url, folder, parts["official"], parts["public"], parts["forged"])
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()

    def close() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return gate.pki, close


def make_keys(folder: Path) -> None:
    """RSA 2048, as the real certificates have; whoever comes first makes them."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for name in KEYS:
            path = folder / f"{name}.key.pem"
            if not path.exists():
                key = rsa.generate_private_key(65537, 2048)
                path.write_bytes(
                    key.private_bytes(
                        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
                    )
                )


class _Gate:
    """In front of certomancer's WSGI application: counts, and breaks on demand."""

    animator: Animator
    pki: Pki

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        self.pki.asked.append(environ["PATH_INFO"])
        if self.pki.status != 200:
            start_response(f"{self.pki.status} Broken", [("Content-Length", "0")])
            return [b""]
        answered: Iterable[bytes] = self.animator(environ, start_response)
        return answered
