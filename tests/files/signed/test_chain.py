"""The way from a certificate to a pinned root, and every way that is none."""

from __future__ import annotations

import base64
import hashlib
import time
import unicodedata
from datetime import UTC, datetime

import pytest
from asn1crypto import x509
from cryptography import x509 as cx509

from mailhub.files.signed.certificates import certificate_of, certificates_of, facts_of, same_name
from mailhub.files.signed.chain import build
from mailhub.files.signed.facts import ChainState
from mailhub.files.signed.trusted import NO_TRUST, Part, TrustBundle, TrustedCertificate
from tests.support.cms_samples import signed_by
from tests.support.pki import Identity, Pki, Subject, bundle_of

TRUSTED, UNTRUSTED, BROKEN = ChainState.TRUSTED, ChainState.UNTRUSTED, ChainState.BROKEN
SOMEBODY = Subject(common_name="Người Thử", organisation="Cơ quan thử")


def authority(path: int | None = None, *, ca: bool = True) -> tuple[cx509.ExtensionType, bool]:
    return cx509.BasicConstraints(ca=ca, path_length=path), True


def usage(*, certificates: bool) -> tuple[cx509.ExtensionType, bool]:
    words = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only",
         "decipher_only"), False,
    )  # fmt: skip
    return cx509.KeyUsage(digital_signature=True, key_cert_sign=certificates, crl_sign=certificates, **words), True


def test_the_leaf_alone_is_completed_from_the_pinned_intermediates(pki: Pki) -> None:
    leaf = pki.official.identity("leader").certificate
    chain = build(leaf, (), pki.bundle())
    assert chain.facts.state is TRUSTED
    assert [one.sha256 for one in chain.facts.certificates] == [
        hashlib.sha256(one.dump()).hexdigest() for one in (leaf, pki.official.sub, pki.official.root)
    ]


def test_an_intermediate_that_came_along_is_as_good_when_a_pinned_root_signed_it(pki: Pki) -> None:
    leaf, trust = pki.official.identity("leader").certificate, pki.bundle(subs=False)
    assert build(leaf, (pki.official.sub,), trust).facts.state is TRUSTED
    assert build(leaf, (), trust).facts.state is UNTRUSTED
    assert build(leaf, (pki.forged.sub, pki.public.sub, pki.official.root), trust).facts.state is UNTRUSTED


def test_an_intermediate_is_no_root(pki: Pki) -> None:
    leaf = pki.official.identity("leader").certificate
    assert build(leaf, (), bundle_of([(pki.official.sub, Part.INTERMEDIATE)])).facts.state is UNTRUSTED


def test_names_that_were_copied_lead_nowhere(pki: Pki) -> None:
    leaf = pki.forged.identity("leader").certificate
    chain = build(leaf, (pki.forged.sub, pki.forged.root), pki.bundle())
    assert chain.facts.state is UNTRUSTED
    assert len(chain.facts.certificates) == 3  # as far as the signatures go, none of it pinned
    assert not any(one.pinned for one in chain.facts.certificates)


def test_what_a_fingerprint_does_not_say_is_not_pinned(pki: Pki) -> None:
    root = base64.b64encode(pki.forged.root.dump()).decode()
    named = hashlib.sha256(pki.official.root.dump()).hexdigest()
    trust = TrustBundle(certificates=(TrustedCertificate(sha256=named, part=Part.ROOT, der=root),))
    assert build(pki.forged.identity("leader").certificate, (pki.forged.sub,), trust).facts.state is UNTRUSTED


def test_roots_for_timestamps_count_for_timestamps_alone(pki: Pki) -> None:
    tsa, trust = pki.official.identity("tsa").certificate, bundle_of([(pki.official.root, Part.TIMESTAMP)])
    assert build(tsa, (), trust, Part.TIMESTAMP).facts.state is TRUSTED
    assert build(tsa, (), trust).facts.state is UNTRUSTED
    alone = bundle_of([(tsa, Part.TIMESTAMP)])
    assert build(tsa, (), alone, Part.TIMESTAMP).facts.state is TRUSTED


@pytest.mark.parametrize(
    ("extensions", "state", "problem"),
    [
        ([authority(0), usage(certificates=True)], TRUSTED, ""),
        ([authority(0)], TRUSTED, ""),
        ([authority(ca=False), usage(certificates=True)], BROKEN, "1: not a CA"),
        ([usage(certificates=True)], BROKEN, "1: no basicConstraints"),
        ([authority(0), usage(certificates=False)], BROKEN, "1: keyUsage without keyCertSign"),
        (
            [authority(0), (cx509.UnrecognizedExtension(cx509.ObjectIdentifier("1.2.3.4"), b"\x05\0"), True)],
            BROKEN,
            "1: critical extension 1.2.3.4",
        ),
        (
            [authority(0), (cx509.UnrecognizedExtension(cx509.ObjectIdentifier("1.2.3.4"), b"\x05\0"), False)],
            TRUSTED,
            "",
        ),
    ],
)
def test_an_issuer_must_be_allowed_to_issue(
    pki: Pki,
    extensions: list[tuple[cx509.ExtensionType, bool]],
    state: ChainState,
    problem: str,
) -> None:
    office = Subject(common_name="CA thử", organisation="Ban thử")
    issuer = pki.official.issue(office, issuer=pki.official.identity("root"), extensions=extensions)
    leaf = pki.official.issue(SOMEBODY, issuer=issuer)
    facts = build(leaf.certificate, (issuer.certificate,), pki.bundle()).facts
    assert (facts.state, facts.problem) == (state, problem)


def test_a_leaf_issues_nothing(pki: Pki) -> None:
    rogue = pki.official.identity("rogue")
    assert build(rogue.certificate, rogue.chain, pki.bundle()).facts.state is BROKEN


def test_the_length_of_the_path_is_kept(pki: Pki) -> None:
    below = pki.official.issue(Subject(common_name="CA cấp dưới"), extensions=[authority(), usage(certificates=True)])
    leaf = pki.official.issue(SOMEBODY, issuer=below)
    facts = build(leaf.certificate, (below.certificate, pki.official.sub), pki.bundle()).facts
    assert (facts.state, facts.problem) == (BROKEN, "2: pathLen")


def test_a_critical_extension_that_nobody_knows_makes_a_leaf_unusable(pki: Pki) -> None:
    strange = cx509.UnrecognizedExtension(cx509.ObjectIdentifier("1.2.3.4"), b"\x05\0")
    leaf = pki.official.issue(SOMEBODY, extensions=[(strange, True)])
    assert build(leaf.certificate, (), pki.bundle()).facts.state is BROKEN


@pytest.mark.parametrize(("country", "state"), [("VN", TRUSTED), ("LA", BROKEN)])
def test_name_constraints_are_kept(pki: Pki, country: str, state: ChainState) -> None:
    allowed = cx509.DirectoryName(cx509.Name([cx509.NameAttribute(cx509.NameOID.COUNTRY_NAME, country)]))
    constraints = cx509.NameConstraints(permitted_subtrees=[allowed], excluded_subtrees=None)
    office = Subject(common_name="CA có giới hạn")
    extensions = [authority(0), usage(certificates=True), (constraints, True)]
    issuer = pki.official.issue(office, issuer=pki.official.identity("root"), extensions=extensions)
    leaf = pki.official.issue(SOMEBODY, issuer=issuer)
    assert build(leaf.certificate, (issuer.certificate,), pki.bundle()).facts.state is state


def test_periods_are_told_and_not_judged(pki: Pki) -> None:
    chain = build(pki.official.identity("expired").certificate, (), pki.bundle())
    assert chain.facts.state is TRUSTED
    assert chain.facts.certificates[0].not_after == int(datetime(2023, 1, 1, tzinfo=UTC).timestamp()) * 1000


@pytest.mark.parametrize(
    ("inside", "outside", "state"),
    [
        ("sha256", "sha256", TRUSTED),
        ("sha256", "sha512", UNTRUSTED),
        ("sha1", "sha1", TRUSTED),
        ("md5", "md5", UNTRUSTED),
    ],
)
def test_a_certificate_names_one_algorithm_and_none_that_is_broken(
    pki: Pki, inside: str, outside: str, state: ChainState
) -> None:
    made = x509.Certificate.load(pki.official.identity("leader").certificate.dump())
    body = made["tbs_certificate"]
    body["signature"] = {"algorithm": f"{inside}_rsa"}
    again = x509.Certificate(
        {
            "tbs_certificate": body,
            "signature_algorithm": {"algorithm": f"{outside}_rsa"},
            "signature_value": signed_by(pki.official.identity("sub"), body.dump(), outside),
        }
    )
    assert build(certificate_of(again.dump()), (), pki.bundle()).facts.state is state


def test_a_maze_of_issuers_ends_soon(pki: Pki) -> None:
    office, both = Subject(common_name="CA mê cung"), [authority(), usage(certificates=True)]
    first = pki.forged.issue(office, issuer=pki.forged.identity("root"), extensions=both)
    own = Identity(first.certificate, first.key, ())
    others = [
        pki.forged.issue(office, issuer=own, extensions=both, key=first.key, serial=number).certificate
        for number in range(1, 40)
    ]
    leaf = pki.forged.issue(SOMEBODY, issuer=own)
    started = time.process_time()
    assert build(leaf.certificate, others, pki.bundle()).facts.state is UNTRUSTED
    assert time.process_time() - started < 3


def test_names_are_the_same_in_any_encoding_case_and_composition() -> None:
    composed = _name("CA phục vụ các cơ quan Nhà nước G2", "utf8_string")
    assert same_name(composed, _name(unicodedata.normalize("NFD", "CA phục vụ các cơ quan Nhà nước G2"), "utf8_string"))
    assert same_name(composed, _name("CA PHỤC VỤ  các cơ quan Nhà nước g2 ", "bmp_string"))
    assert not same_name(composed, _name("CA phuc vu cac co quan Nha nuoc G2", "utf8_string"))
    assert not same_name(composed, _name("CA phục vụ các cơ quan Đảng G2", "utf8_string"))


def test_what_is_shown_of_a_name_has_no_control_characters_and_ends(pki: Pki) -> None:
    odd = pki.official.issue(Subject(common_name="Sở Y tế\u202e\u0000 giả" + "x" * 40, organisation="A,B+C"))
    facts = facts_of(odd.certificate)
    assert facts.common_name == "Sở Y tế giả" + "x" * 40
    assert "O=A\\,B\\+C" in facts.subject
    assert len(facts.subject) <= 500


def test_certificates_that_are_none_are_left_out(pki: Pki) -> None:
    leaf = pki.official.identity("leader").certificate.dump()
    assert len(certificates_of([b"", b"0\x80", leaf[:-1], leaf + b"x", leaf, leaf])) == 1
    assert build(certificate_of(leaf), (), NO_TRUST).facts.state is UNTRUSTED


def _name(text: str, kind: str) -> x509.Name:
    string = x509.DirectoryString(name=kind, value=text)
    part = x509.NameTypeAndValue({"type": "common_name", "value": string})
    return x509.Name(name="", value=x509.RDNSequence([x509.RelativeDistinguishedName([part])]))
