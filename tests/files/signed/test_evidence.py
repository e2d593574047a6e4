"""What authorities said of certificates: believed only as far as it is signed by who may say it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asn1crypto import ocsp
from cryptography import x509 as cx509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509 import ocsp as cocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from mailhub.files.signed.answers import CrlFacts, RevokedLine, revoked_lines
from mailhub.files.signed.chain import build
from mailhub.files.signed.evidence import check_crl, check_ocsp, read_answers
from mailhub.files.signed.facts import RevocationAnswer, Status
from tests.support.pki import REVOKED_AT, Authority, Identity, Pki, Subject

NOW = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
SIGNING = cx509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING])


def ms(moment: datetime) -> int:
    return int(moment.timestamp()) * 1000


def sub_of(pki: Pki) -> bytes:
    return bytes(pki.official.sub.dump())


def asked(pki: Pki, label: str, at: datetime = NOW) -> RevocationAnswer | None:
    who = pki.official.identity(label)
    return check_ocsp(pki.official.ocsp(who.certificate, at), sub_of(pki), who.serial).answer


# -- OCSP


def test_an_answer_by_the_issuers_responder_counts(pki: Pki) -> None:
    good = asked(pki, "leader")
    assert good is not None
    assert (good.status, good.this_update, good.kind, good.embedded) == (Status.GOOD, ms(NOW), "ocsp", False)
    assert good.issuer == hashlib.sha256(sub_of(pki)).hexdigest()
    assert good.next_update > good.this_update
    for label, reason in (("revoked", "superseded"), ("compromised", "key_compromise"), ("held", "certificate_hold")):
        told = asked(pki, label)
        assert told is not None
        assert (told.status, told.revoked_at, told.reason) == (Status.REVOKED, ms(REVOKED_AT), reason)


def test_an_answer_of_the_issuer_itself_counts(pki: Pki) -> None:
    tsa = pki.official.identity("tsa")
    made = pki.official.ocsp(tsa.certificate, NOW, issuer="root")
    told = check_ocsp(made, pki.official.root.dump(), tsa.serial).answer
    assert told is not None
    assert told.status is Status.GOOD


def test_answers_that_prove_nothing_say_why(pki: Pki) -> None:
    leader = pki.official.identity("leader")
    made, twin = pki.official.ocsp(leader.certificate, NOW), pki.forged.ocsp(leader.certificate, NOW)
    refused = ocsp.OCSPResponse({"response_status": "unauthorized"}).dump()
    flipped = bytearray(made)
    flipped[made.index(b"20260501") + 6] ^= 1  # ten days later
    cases = {
        "not about this certificate": (made, "ffff"),
        "status unauthorized": (refused, leader.serial),
        "unreadable": (b"<html>", leader.serial),
    }
    for problem, (der, serial) in cases.items():
        checked = check_ocsp(der, sub_of(pki), serial)
        assert (checked.answer, checked.problem.startswith(problem)) == (None, True), checked
    for der in (twin, bytes(flipped), b"", made[:-9], made + b"x"):
        checked = check_ocsp(der, sub_of(pki), leader.serial)
        assert checked.answer is None
        assert checked.problem


def test_a_responder_needs_the_issuers_leave(pki: Pki) -> None:
    who = Subject(common_name="OCSP thử")
    allowed = pki.official.issue(who, extensions=[(SIGNING, False)])
    assert check_ocsp(answer_by(pki, allowed), sub_of(pki), "1001").answer is not None
    other_key = check_ocsp(
        answer_by(pki, allowed, about=pki.forged), sub_of(pki), "1001"
    )  # of the same name and number
    assert other_key.problem == "not about this certificate"
    others = {
        "no such usage": pki.official.issue(who, extensions=[]),
        "another issuer": pki.official.issue(who, issuer=pki.official.identity("root"), extensions=[(SIGNING, False)]),
        "the twin's": pki.forged.issue(who, extensions=[(SIGNING, False)]),
        "no longer in force": pki.official.issue(
            who, extensions=[(SIGNING, False)], not_after=datetime(2026, 4, 1, tzinfo=UTC)
        ),
        "a signer": pki.official.identity("leader"),
    }
    for why, responder in others.items():
        checked = check_ocsp(answer_by(pki, responder), sub_of(pki), "1001")
        assert checked.answer is None, why
        assert checked.problem == "not signed by the issuer, nor by a responder of its own"


def answer_by(pki: Pki, responder: Identity, about: Authority | None = None) -> bytes:
    """A good answer about a hierarchy's leader, signed by anybody."""
    key, about = private(responder), about or pki.official
    certificate = cx509.load_der_x509_certificate(responder.certificate.dump())
    made = (
        cocsp.OCSPResponseBuilder()
        .add_response(
            cx509.load_der_x509_certificate(about.identity("leader").certificate.dump()),
            cx509.load_der_x509_certificate(about.sub.dump()),
            hashes.SHA256(),
            cocsp.OCSPCertStatus.GOOD,
            NOW,
            NOW + timedelta(days=1),
            None,
            None,
        )
        .responder_id(cocsp.OCSPResponderEncoding.HASH, certificate)
        .certificates([certificate])
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.DER)


# -- lists


def listed(
    pki: Pki,
    *extensions: tuple[cx509.ExtensionType, bool],
    by: Identity | None = None,
    lines: tuple[tuple[int, Any], ...] = ((0x1009, cx509.ReasonFlags.superseded), (0xAB, None)),
) -> bytes:
    issuer = by or pki.official.identity("sub")
    builder = cx509.CertificateRevocationListBuilder(
        cx509.load_der_x509_certificate(issuer.certificate.dump()).subject,
        NOW.replace(tzinfo=None),
        (NOW + timedelta(days=7)).replace(tzinfo=None),
    )
    for serial, reason in lines:
        line = cx509.RevokedCertificateBuilder().serial_number(serial).revocation_date(REVOKED_AT.replace(tzinfo=None))
        line = line.add_extension(cx509.CRLReason(reason), critical=False) if reason else line
        builder = builder.add_revoked_certificate(line.build())
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(private(issuer), hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def private(who: Identity) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
    key = serialization.load_der_private_key(who.key.dump(), None)
    assert isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
    return key


def point(address: str = "http://a.vn/1.crl", **flags: Any) -> tuple[cx509.IssuingDistributionPoint, bool]:
    given: dict[str, Any] = dict.fromkeys(
        ("only_contains_user_certs", "only_contains_ca_certs", "indirect_crl", "only_contains_attribute_certs"), False
    )
    given["only_some_reasons"] = None
    names = [cx509.UniformResourceIdentifier(address)] if address else None
    return cx509.IssuingDistributionPoint(full_name=names, relative_name=None, **(given | flags)), True


def test_a_list_tells_all_that_is_in_it(pki: Pki) -> None:
    facts = check_crl(listed(pki, (cx509.CRLNumber(42), False)), sub_of(pki))
    assert (facts.problem, facts.number, facts.count) == ("", "42", 2)
    assert (facts.this_update, facts.next_update) == (ms(NOW), ms(NOW + timedelta(days=7)))
    assert list(revoked_lines(facts)) == [
        RevokedLine("1009", ms(REVOKED_AT), "superseded"),
        RevokedLine("ab", ms(REVOKED_AT), ""),
    ]


def test_a_list_as_text_is_read_too(pki: Pki) -> None:
    text = cx509.load_der_x509_crl(listed(pki)).public_bytes(serialization.Encoding.PEM)
    assert check_crl(text, sub_of(pki)).count == 2


def test_lines_that_were_taken_back_are_none(pki: Pki) -> None:
    facts = check_crl(listed(pki, lines=((0x77, cx509.ReasonFlags.remove_from_crl),)), sub_of(pki))
    assert (facts.problem, facts.count, facts.lines) == ("", 0, "")


def test_lists_that_prove_nothing_say_why(pki: Pki) -> None:
    made = listed(pki)
    altered = bytearray(made)
    altered[made.index(b"260501")] ^= 1
    strange = cx509.UnrecognizedExtension(cx509.ObjectIdentifier("1.2.3.4"), b"\x05\0")
    leaf = pki.official.identity("leader")
    cases = {
        "not signed by the issuer": [bytes(altered), listed(pki, by=pki.forged.identity("sub"))],
        "another issuer": [listed(pki, by=pki.official.identity("root")), listed(pki, by=leaf)],
        "a delta list": [listed(pki, (cx509.DeltaCRLIndicator(1), True))],
        "an indirect or partial list": [
            listed(pki, point(indirect_crl=True)),
            listed(pki, point(only_some_reasons=frozenset((cx509.ReasonFlags.key_compromise,)))),
        ],
        "a list of one kind": [listed(pki, point(only_contains_ca_certs=True))],
        "a list for another distribution point": [listed(pki, point("http://b.vn/2.crl"))],
        "critical extension": [listed(pki, (strange, True))],
        "unreadable": [b"", b"<html>", made[:-20], made + b"x"],
    }
    for problem, ders in cases.items():
        for der in ders:
            facts = check_crl(der, sub_of(pki), "http://a.vn/1.crl")
            assert facts.problem.startswith(problem), facts
            assert facts == CrlFacts(problem=facts.problem)
    assert check_crl(listed(pki, by=leaf), leaf.certificate.dump()).problem == "keyUsage without cRLSign"
    assert check_crl(listed(pki, point()), sub_of(pki), "http://a.vn/1.crl").problem == ""
    assert check_crl(made, b"no certificate").problem


# -- what a file brings


@pytest.fixture
def path(pki: Pki) -> tuple[Any, ...]:
    return build(pki.official.identity("revoked").certificate, (), pki.bundle()).certificates


def test_what_verifies_is_told_once_and_the_rest_is_passed_over(pki: Pki, path: tuple[Any, ...]) -> None:
    own = pki.official.ocsp(path[0], NOW)
    ocsps = [
        b"",
        own,
        own,
        pki.forged.ocsp(path[0], NOW),
        pki.official.ocsp(pki.official.identity("leader").certificate),
    ]
    lists = [b"\x30\x80", listed(pki), pki.official.crl("root", NOW), pki.forged.crl("root", NOW), listed(pki, point())]
    found = read_answers(ocsps, lists, path)
    assert all(one.embedded for one in found)
    told = [(one.kind, one.serial, one.status) for one in found]
    assert told == [
        ("ocsp", "1009", Status.REVOKED),
        ("crl", "1009", Status.REVOKED),
        ("crl", f"{pki.official.sub.serial_number:x}", Status.GOOD),
    ]


def test_a_list_for_the_certificates_own_distribution_point_counts(pki: Pki) -> None:
    who = pki.official.issue(Subject(common_name="Người Thử"), crl_url="http://a.vn/1.crl")
    chain = build(who.certificate, (), pki.bundle()).certificates
    assert [one.status for one in read_answers((), [listed(pki, point())], chain)] == [Status.GOOD]
    assert read_answers((), [listed(pki, point("http://b.vn/2.crl"))], chain) == ()


def test_a_chain_that_leads_nowhere_has_no_answers(pki: Pki) -> None:
    leaf = pki.official.identity("leader").certificate
    assert read_answers([pki.official.ocsp(leaf, NOW)], [listed(pki)], (leaf,)) == ()
