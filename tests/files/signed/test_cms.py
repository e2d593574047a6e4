"""One CMS signature by itself: what is right, and every way in which it is not."""

from __future__ import annotations

import hashlib
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asn1crypto import cms, core, ocsp, pdf, tsp
from asn1crypto import crl as crls

from mailhub.files.signed.cms import CmsFacts, read_cms
from mailhub.files.signed.crypto import proves_nothing
from mailhub.files.signed.facts import ChainState, Ess, Problem, Status, Weakness
from mailhub.files.signed.pool import Pool
from mailhub.files.signed.timestamps import read_token
from mailhub.files.signed.trusted import NO_TRUST, TrustBundle
from tests.support.cms_samples import SIGNED_AT, attributes_of, signed_cms, token, value_of
from tests.support.pki import Identity, Pki, Subject

DATA = "Số: 12/QĐ-UBND".encode()
STAMP = "signature_time_stamp_token"


def read(der: bytes, trust: TrustBundle = NO_TRUST, data: bytes = DATA, **options: Any) -> CmsFacts:
    return read_cms(der, digest_of=lambda name: hashlib.new(name, data).digest(), detached=True, trust=trust, **options)


@pytest.fixture
def leader(pki: Pki) -> Identity:
    return pki.official.identity("leader")


def changed(der: bytes, old: bytes, new: bytes) -> bytes:
    assert der.count(old) == 1
    return der.replace(old, new)


def test_an_honest_signature_is_right_and_says_when_and_by_whom(pki: Pki, leader: Identity) -> None:
    facts = read(signed_cms(leader, DATA), pki.bundle())
    assert facts.problems == ()
    assert (facts.ess, facts.digest, facts.weaknesses) == (Ess.MATCHES, "sha256", ())
    assert facts.claimed_at == int(SIGNED_AT.timestamp()) * 1000
    assert facts.chain.state is ChainState.TRUSTED
    assert [one.pinned for one in facts.chain.certificates] == ["", "intermediate", "root"]
    signer = facts.chain.certificates[0]
    assert (signer.common_name, signer.email, signer.serial) == (
        "Trần Thị Mẫu",
        "mautt.syt@thunghiem.gov.vn",
        leader.serial,
    )
    assert signer.units == ("Sở Y tế tỉnh Thử Nghiệm", "Lãnh đạo Sở")
    assert signer.subject.startswith("E=mautt.syt@thunghiem.gov.vn,CN=Trần Thị Mẫu,OU=Lãnh đạo Sở,OU=")
    assert facts.timestamp is None


def test_what_was_signed_and_changed_since_is_told(leader: Identity) -> None:
    assert read(signed_cms(leader, DATA), data=DATA + b" ").problems == (Problem.CHANGED,)


def test_a_value_by_another_key_is_forged(pki: Pki, leader: Identity) -> None:
    der = signed_cms(leader, DATA, by=pki.official.identity("agency"))
    assert read(der, pki.bundle()).problems == (Problem.FORGED,)


def test_of_twins_with_one_name_and_number_the_one_that_signed_is_found(pki: Pki) -> None:
    twin, real = pki.forged.identity("leader"), pki.official.identity("leader")
    enclosed = (real.certificate, twin.certificate, *twin.chain, *real.chain, pki.official.root)
    for who, state in ((twin, ChainState.UNTRUSTED), (real, ChainState.TRUSTED)):
        facts = read(signed_cms(who, DATA, certificates=enclosed), pki.bundle())
        assert facts.problems == ()
        assert (facts.chain.state, facts.chain.certificates[0].sha256) == (state, who.sha256)


def test_a_signature_that_names_another_certificate_is_not_believed(pki: Pki, leader: Identity) -> None:
    given = attributes_of(pki.official.identity("agency"), DATA)
    facts = read(signed_cms(leader, DATA, attributes=given), pki.bundle())
    assert (facts.ess, facts.problems) == (Ess.DIFFERS, (Problem.OTHER_CERTIFICATE,))


@pytest.mark.parametrize(
    ("name", "values", "problem"),
    [
        ("content_type", None, Problem.MALFORMED),
        ("message_digest", None, Problem.MALFORMED),
        ("content_type", ["signed_data"], Problem.MALFORMED),
        ("message_digest", [b"x" * 32], Problem.CHANGED),
        ("signing_certificate_v2", None, None),
        ("signing_time", None, None),
        (
            "cms_algorithm_protection",
            [{"digest_algorithm": {"algorithm": "sha512"}, "signature_algorithm": (1, {"algorithm": "sha256_rsa"})}],
            Problem.FORGED,
        ),
    ],
)
def test_signed_attributes_are_there_once_and_say_what_is_so(
    leader: Identity, name: str, values: list[Any] | None, problem: Problem | None
) -> None:
    given = attributes_of(leader, DATA)
    if values is None:
        del given[name]
    elif name == "cms_algorithm_protection":
        given[name] = [cms.CMSAlgorithmProtection({
            "digest_algorithm": {"algorithm": "sha512"}, "signature_algorithm": {"algorithm": "sha256_rsa"},
        })]  # fmt: skip
    else:
        given[name] = values
    facts = read(signed_cms(leader, DATA, attributes=given))
    assert facts.problems == ((problem,) if problem else ())


def test_an_attribute_that_is_there_twice_is_refused(leader: Identity) -> None:
    given = attributes_of(leader, DATA)
    given["message_digest"].append(hashlib.sha256(b"another").digest())
    facts = read(signed_cms(leader, DATA, attributes=given))
    assert (facts.problems, facts.detail) == ((Problem.MALFORMED,), "message_digest more than once")


def test_the_older_signing_certificate_attribute_counts_as_well(leader: Identity) -> None:
    given = attributes_of(leader, DATA)
    del given["signing_certificate_v2"]
    older = hashlib.sha1(leader.certificate.dump()).digest()
    given["signing_certificate"] = [tsp.SigningCertificate({"certs": [{"cert_hash": older}]})]
    assert read(signed_cms(leader, DATA, attributes=given)).ess is Ess.MATCHES


def test_broken_digests_prove_nothing_and_old_ones_are_named(pki: Pki, leader: Identity) -> None:
    assert read(signed_cms(leader, DATA, digest="md5")).problems == (Problem.WEAK,)
    old = read(signed_cms(leader, DATA, digest="sha1"), pki.bundle())
    assert (old.problems, old.weaknesses) == ((), (Weakness.SHA1,))
    weak = pki.official.identity("weak")  # whose certificate is signed so
    assert read(signed_cms(weak, DATA), pki.bundle()).weaknesses == (Weakness.SHA1,)
    assert proves_nothing({"sha256"}, {768})
    assert not proves_nothing({"sha1"}, {0, 1024})


def test_elliptic_curves_are_read(pki: Pki) -> None:
    facts = read(signed_cms(pki.official.issue(Subject(common_name="Đường Cong")), DATA), pki.bundle())
    assert (facts.problems, facts.chain.state) == ((), ChainState.TRUSTED)
    assert facts.chain.certificates[0].key == "EC P-256"


def test_zeros_behind_it_are_padding_and_anything_else_is_not(leader: Identity) -> None:
    der = signed_cms(leader, DATA)
    assert read(der + bytes(500)).problems == ()
    assert read(der + b"\0\0x").problems == (Problem.MALFORMED,)


def test_content_is_where_it_belongs(leader: Identity) -> None:
    inside = signed_cms(leader, DATA, enclosed=True)
    assert read(inside).problems == (Problem.MALFORMED,)
    enclosed = read_cms(inside, digest_of=lambda _: b"", detached=False, trust=NO_TRUST)
    assert (enclosed.problems, enclosed.content) == ((), DATA)
    missing = read_cms(signed_cms(leader, DATA), digest_of=lambda _: b"", detached=False, trust=NO_TRUST)
    assert missing.problems == (Problem.MALFORMED,)


def test_a_signature_without_attributes_counts_but_not_over_what_may_be_attributes(leader: Identity) -> None:
    assert read(signed_cms(leader, DATA, bare=True)).problems == ()
    assert read(signed_cms(leader, DATA, bare=True), data=DATA + b" ").problems == (Problem.FORGED,)
    attributes = cms.CMSAttributes([{"type": kind, "values": v} for kind, v in attributes_of(leader, DATA).items()])
    taken = signed_cms(leader, attributes.dump(), bare=True, enclosed=True)
    facts = read_cms(taken, digest_of=lambda _: b"", detached=False, trust=NO_TRUST)
    assert facts.problems == (Problem.FORGED,)


def test_several_signers_in_one_pdf_signature_are_not_read(leader: Identity) -> None:
    assert read(signed_cms(leader, DATA, times=2)).problems == (Problem.UNSUPPORTED,)


def test_a_signer_without_certificate_is_nobody(pki: Pki, leader: Identity) -> None:
    der = signed_cms(leader, DATA, certificates=leader.chain)
    assert read(der, pki.bundle()).problems == (Problem.MALFORMED,)
    beside = Pool(certificates=(leader.certificate.dump(),))
    assert read(der, pki.bundle(), pool=beside).chain.state is ChainState.TRUSTED


def test_whatever_octets_come_nothing_is_raised_and_nobody_else_has_signed(pki: Pki, leader: Identity) -> None:
    der, trust, dice = signed_cms(leader, DATA), pki.bundle(), random.Random(7)
    for _ in range(200):
        broken = bytearray(der[: dice.choice((len(der), dice.randrange(len(der))))])
        for _ in range(dice.randint(1, 3)):
            if broken:
                broken[dice.randrange(len(broken))] = dice.randrange(256)
        facts = read(bytes(broken), trust)
        if not facts.problems:
            assert facts.chain.certificates[0].sha256 == leader.sha256
    for octets in (
        b"",
        b"\x30\x80",
        b"\x30\x80" * 5000,
        b"\xff" * 100,
        b"0\x84\xff\xff\xff\xff",
        b"-----BEGIN CMS-----",
    ):
        assert read(octets, trust).problems == (Problem.MALFORMED,)


# -- timestamps


def stamped(leader: Identity, *tokens: cms.ContentInfo, **options: Any) -> bytes:
    return signed_cms(leader, DATA, unsigned=[(STAMP, one) for one in tokens], **options)


def test_a_timestamp_over_the_value_proves_the_moment(pki: Pki, leader: Identity) -> None:
    tsa, value = pki.official.identity("tsa"), value_of(signed_cms(leader, DATA))
    later = token(tsa, value, SIGNED_AT + timedelta(days=2))
    facts = read(stamped(leader, later, token(tsa, value)), pki.bundle())
    assert facts.timestamp is not None
    assert (facts.timestamp.valid, facts.timestamp.at) == (True, int(SIGNED_AT.timestamp()) * 1000)
    assert facts.timestamp.chain.state is ChainState.TRUSTED


def test_timestamps_that_prove_nothing_say_why(pki: Pki, leader: Identity) -> None:
    tsa, value = pki.official.identity("tsa"), value_of(signed_cms(leader, DATA))
    cases = {
        "the imprint is of something else": token(tsa, b"another signature"),
        "the certificate is not for timestamps": token(leader, value),
        "the certificate was not in force": token(tsa, value, datetime(2049, 1, 1, tzinfo=UTC)),
        "no signing-certificate attribute": token(tsa, value, names_itself=False),
        "imprint by md5": token(tsa, value, digest="md5"),  # chosen prefixes collide: the other was stamped
        "not a timestamp token": cms.ContentInfo.load(signed_cms(tsa, value, enclosed=True)),
    }
    for problem, made in cases.items():
        facts = read(stamped(leader, made), pki.bundle())
        assert facts.problems == ()  # the signature is none the worse
        assert facts.timestamp is not None
        assert (facts.timestamp.valid, facts.timestamp.problem) == (False, problem)
    untrusted = read(stamped(leader, token(pki.forged.identity("tsa"), value)), pki.bundle()).timestamp
    assert untrusted is not None
    assert (untrusted.valid, untrusted.chain.state) == (True, ChainState.UNTRUSTED)


def test_a_believed_timestamp_is_preferred_to_one_that_anybody_made_for_an_earlier_moment(
    pki: Pki,
    leader: Identity,
) -> None:
    value = value_of(signed_cms(leader, DATA))
    own = token(pki.forged.identity("tsa"), value, SIGNED_AT - timedelta(days=400))
    facts = read(stamped(leader, own, token(pki.official.identity("tsa"), value)), pki.bundle())
    assert facts.timestamp is not None
    assert facts.timestamp.at == int(SIGNED_AT.timestamp()) * 1000


def test_a_token_that_was_altered_is_not_valid(pki: Pki) -> None:
    der = token(pki.official.identity("tsa"), DATA).dump()
    earlier = changed(der, b"20260405083000Z", b"20200405083000Z")
    read_one = read_token(earlier, lambda name: hashlib.new(name, DATA).digest(), pki.bundle())
    assert not read_one.facts.valid
    assert read_token(b"nonsense", lambda _: b"", pki.bundle()).facts.valid is False


# -- answers that came along


def test_embedded_answers_are_verified_and_told_for_every_certificate_of_the_chain(
    pki: Pki,
    leader: Identity,
) -> None:
    own = ocsp.OCSPResponse.load(pki.official.ocsp(leader.certificate, SIGNED_AT))
    foreign = ocsp.OCSPResponse.load(pki.forged.ocsp(leader.certificate, SIGNED_AT))
    lists = [crls.CertificateList.load(pki.official.crl("root", SIGNED_AT))]
    archive = pdf.RevocationInfoArchival({"ocsp": [foreign, own], "crl": lists})
    given = {**attributes_of(leader, DATA), "adobe_revocation_info_archival": [archive]}
    facts = read(signed_cms(leader, DATA, attributes=given), pki.bundle())
    assert facts.problems == ()
    found = {(one.kind, one.serial, one.status, one.embedded) for one in facts.answers}
    sub = f"{pki.official.sub.serial_number:x}"
    assert found == {("ocsp", leader.serial, Status.GOOD, True), ("crl", sub, Status.GOOD, True)}
    beside = read(signed_cms(leader, DATA), pki.bundle(), pool=Pool(ocsps=(own.dump(), foreign.dump(), b"x")))
    assert [one.serial for one in beside.answers] == [leader.serial]


def test_the_answers_for_a_timestamps_chain_count_too(pki: Pki, leader: Identity) -> None:
    tsa, value = pki.official.identity("tsa"), value_of(signed_cms(leader, DATA))
    pool = Pool(crls=(pki.official.crl("root", SIGNED_AT),))
    facts = read(stamped(leader, token(tsa, value)), pki.bundle(), pool=pool)
    assert tsa.serial in {one.serial for one in facts.answers}


def test_unsigned_values_of_cades_are_found(pki: Pki, leader: Identity) -> None:
    response = ocsp.OCSPResponse.load(pki.official.ocsp(leader.certificate, SIGNED_AT))
    basic = response["response_bytes"]["response"].parsed.dump()
    inner = core.Any.load(_tagged(0x30, _tagged(0xA1, _tagged(0x30, basic))))
    facts = read(signed_cms(leader, DATA, unsigned=[("1.2.840.113549.1.9.16.2.24", inner)]), pki.bundle())
    assert [one.serial for one in facts.answers] == [leader.serial]


def _tagged(tag: int, contents: bytes) -> bytes:
    length = len(contents).to_bytes(3, "big")
    return bytes((tag, 0x83)) + length + contents
