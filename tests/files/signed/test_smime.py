"""Signed mail as OpenSSL makes it: what verifies, what does not, and what an opaque signature encloses."""

from __future__ import annotations

import os
from email.message import EmailMessage
from pathlib import Path

import pytest
from asn1crypto import pem

from mailhub.files.budget import budget_of
from mailhub.files.enclosed import read_enclosed
from mailhub.files.facts import FileFacts, Limits, Unreadable
from mailhub.files.reader import Given, read_file
from mailhub.files.signed.ber import Opened
from mailhub.files.signed.facts import ChainState, Coverage, Form, Problem, SignatureFacts, Signed
from mailhub.files.signed.smime import read_detached, read_opaque
from mailhub.mail.signed_parts import own_signature, signed_octets
from mailhub.mail.structure import read_structure
from mailhub.mail.transfer import decode_body
from tests.support.cms_samples import on_disk, openssl, signed_cms
from tests.support.pdfs import letter
from tests.support.pki import Pki

ENTITY = (
    b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    + "Kính gửi Sở Nội vụ,\r\n\r\nXin chào.\r\n".encode()
)
ENVELOPE = ("-from", "anlv.syt@thunghiem.gov.vn", "-to", "a@b.vn", "-subject", "Thu co ky so")


@pytest.fixture
def files(pki: Pki, tmp_path: Path) -> tuple[str, ...]:
    return on_disk(tmp_path / "smime", pki.official.identity("smime"))


def mail(files: tuple[str, ...], entity: bytes = ENTITY, *options: str) -> bytes:
    made = openssl("-sign", "-binary", "-crlfeol", *files, *ENVELOPE, *options, given=entity)
    return made.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def read(message: bytes, pki: Pki) -> Signed:
    """As the hub reads a message's own signature."""
    structure = read_structure(message)
    part = own_signature(structure)
    assert part is not None
    der, _ = decode_body(message, part)
    place = signed_octets(structure, part)
    if place is None:
        signed = read_opaque(der, pki.bundle()).signed
        assert signed is not None
        return signed
    return read_detached(memoryview(message)[slice(*place)], der, pki.bundle())


def only(signed: Signed) -> SignatureFacts:
    assert signed.problems == ()
    assert len(signed.signatures) == 1
    return signed.signatures[0]


@pytest.mark.parametrize("options", [(), ("-noattr",), ("-nodetach",), ("-nodetach", "-stream"), ("-md", "sha512")])
def test_mail_that_openssl_signed_is_right_for_openssl_and_for_us(
    pki: Pki, files: tuple[str, ...], tmp_path: Path, options: tuple[str, ...]
) -> None:
    message = mail(files, ENTITY, *options)
    facts = only(read(message, pki))
    assert (facts.problems, facts.form, facts.coverage) == ((), Form.SMIME, Coverage.CONTENT)
    assert facts.chain.state is ChainState.TRUSTED
    assert facts.chain.certificates[0].emails == ("anlv.syt@thunghiem.gov.vn",)
    root = tmp_path / "root.pem"
    root.write_bytes(pki.official.identity("root").certificate_pem())
    assert openssl("-verify", "-CAfile", str(root), "-purpose", "any", given=message)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Xin chào".encode(), b"Xin chao"),
        (b"charset=utf-8\r\nContent-T", b"charset=latin\r\nContent-T"),  # the part's header is signed as well
        (b"\r\n\r\nXin", b"\r\n \r\nXin"),
    ],
)
def test_a_clear_signed_mail_that_was_touched_is_changed(
    pki: Pki, files: tuple[str, ...], old: bytes, new: bytes
) -> None:
    message = mail(files)
    assert message.count(old) == 1
    assert only(read(message.replace(old, new), pki)).problems == (Problem.CHANGED,)


def test_headers_around_it_are_not_signed(pki: Pki, files: tuple[str, ...]) -> None:
    message = b"Received: from a by b\r\n" + mail(files).replace(b"Subject: Thu", b"Subject: [NGOAI] Thu")
    assert only(read(message, pki)).problems == ()


def test_a_mail_kept_with_bare_line_feeds_was_signed_with_both(pki: Pki, files: tuple[str, ...]) -> None:
    assert only(read(mail(files).replace(b"\r\n", b"\n"), pki)).problems == ()


def test_an_opaque_mail_that_was_touched_is_changed(pki: Pki) -> None:
    der = signed_cms(pki.official.identity("smime"), ENTITY, enclosed=True)
    assert only(_opaque(der, pki)).problems == ()
    assert only(_opaque(der.replace(b"Xin", b"XIN"), pki)).problems == (Problem.CHANGED,)


def test_every_signer_is_read_by_himself(pki: Pki, files: tuple[str, ...], tmp_path: Path) -> None:
    twin = on_disk(tmp_path / "twin", pki.forged.identity("leader"))
    signed = read(mail(files, ENTITY, *twin), pki)
    states = {one.chain.certificates[0].common_name: (one.problems, one.chain.state) for one in signed.signatures}
    assert states == {"Lê Văn Ấn": ((), ChainState.TRUSTED), "Trần Thị Mẫu": ((), ChainState.UNTRUSTED)}


def test_too_many_signers_are_not_all_read_and_that_is_told(pki: Pki) -> None:
    signed = _opaque(signed_cms(pki.official.identity("smime"), ENTITY, enclosed=True, times=30), pki)
    assert len(signed.signatures) == 21
    assert signed.signatures[-1].problems == (Problem.UNSUPPORTED,)


def test_certificates_alone_and_encrypted_mail_sign_nothing(pki: Pki, files: tuple[str, ...]) -> None:
    leaf = files[1]
    certificates = openssl("-sign", "-nodetach", *files, "-outform", "DER", given=b"")
    assert read_opaque(certificates, pki.bundle()).signed is not None  # an empty content is signed all the same
    encrypted = openssl("-encrypt", "-outform", "DER", leaf, given=ENTITY)
    assert read_opaque(encrypted, pki.bundle()).signed is None
    facts = read_file(Given(memoryview(encrypted), "smime.p7m"), Limits())
    assert (facts.type, facts.unreadable) == ("p7m", Unreadable.ENCRYPTED)
    only_certificates = signed_cms(pki.official.identity("smime"), b"", times=0)
    assert read_opaque(only_certificates, pki.bundle()).signed is None
    detached = signed_cms(pki.official.identity("smime"), ENTITY)
    assert read_opaque(detached, pki.bundle()).signed is None
    assert read_detached(ENTITY, only_certificates, pki.bundle()).problems == (Problem.EMPTY,)


@pytest.mark.parametrize("der", [b"", b"\x30\x80", b"x" * 100, b"\x30\x82\x01\x00"])
def test_nonsense_is_malformed(pki: Pki, der: bytes) -> None:
    assert read_detached(ENTITY, der, pki.bundle()).problems == (Problem.MALFORMED,)


def test_what_stands_beside_a_signature_in_letters_is_not_passed_over(pki: Pki) -> None:
    text = pem.armor("PKCS7", signed_cms(pki.official.identity("smime"), ENTITY, enclosed=True))
    signed = read_opaque(text + b"\r\n", pki.bundle()).signed
    assert signed is not None
    assert not any(one.problems for one in signed.signatures)
    for beside in (b"<h1>Chuyen 90 trieu</h1>", text):
        signed = read_opaque(text + beside, pki.bundle()).signed
        assert signed is not None
        assert signed.problems == (Problem.MALFORMED,)


# -- what is inside


def test_the_files_within_an_opaque_mail_are_read_like_any_other(pki: Pki) -> None:
    der = signed_cms(pki.official.identity("smime"), with_letter(), enclosed=True)
    facts = read_file(Given(memoryview(der), "smime.p7m", trust=pki.bundle), Limits())
    assert (facts.type, facts.unreadable) == ("p7m", None)
    assert facts.signed is not None
    assert only(facts.signed).problems == ()
    paper = next(one for one in facts.members if one.name == "vb.pdf")
    assert paper.recognition is not None


def test_a_file_that_is_signed_as_such_is_the_only_member(pki: Pki) -> None:
    der = signed_cms(pki.official.identity("leader"), rb"{\rtf1 So: 12/QD-UBND}", enclosed=True)
    facts = read_file(Given(memoryview(der), "vb.rtf.p7m", trust=pki.bundle), Limits())
    assert [one.type for one in facts.members] == ["rtf"]


def test_a_signed_mail_forwarded_as_a_file_keeps_its_signature(pki: Pki, files: tuple[str, ...]) -> None:
    facts = read_file(Given(memoryview(mail(files, with_letter())), "thu.eml", trust=pki.bundle), Limits())
    signature = signature_in(facts)
    assert signature.type == "p7s"
    assert signature.signed is not None
    assert only(signature.signed).problems == ()
    assert signature.unreadable is None


def test_an_opaque_mail_beyond_the_limits_is_not_opened(pki: Pki) -> None:
    der = signed_cms(pki.official.identity("smime"), ENTITY, enclosed=True)
    contents = read_enclosed(memoryview(der), budget=budget_of(Limits(unpacked_bytes=100)))
    assert (contents.members, contents.unreadable) == ((), Unreadable.TOO_LARGE)


def signature_in(facts: FileFacts) -> FileFacts:
    return next(one for one in facts.members if one.signed is not None)


def with_letter() -> bytes:
    made = EmailMessage()
    made.set_content("Kính gửi kèm.")
    made.add_attachment(letter(), maintype="application", subtype="pdf", filename="vb.pdf")
    return made.as_bytes().replace(b"\n", b"\r\n")


def _opaque(der: bytes, pki: Pki) -> Signed:
    signed = read_opaque(der, pki.bundle()).signed
    assert signed is not None
    return signed


# -- indefinite lengths


def test_a_large_streamed_content_is_taken_out_in_one_pass(pki: Pki, files: tuple[str, ...]) -> None:
    entity = b"Content-Type: application/octet-stream\r\n\r\n" + os.urandom(4 * 2**20).hex().encode() + b"\r\n"
    der = openssl("-sign", "-binary", "-nodetach", "-stream", "-outform", "DER", *files, given=entity)
    assert der.startswith(b"\x30\x80")
    opened = Opened(memoryview(der))
    assert opened.content is not None
    assert (bytes(opened.content), opened.length) == (entity, len(der))
    assert len(opened.rest) < 10_000
    assert only(_opaque(der, pki)).problems == ()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30",
        b"\x30\x80",
        b"\x30\x85\xff\xff\xff\xff\xff",
        b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x03\x30\x00",
        b"\x30\x80" * 40,
        b"\x1f\x81\x01\x00",
        b"\x04\x80\x00\x00",
        b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80" + b"\x24\x80" * 2000,
    ],
)
def test_what_is_no_ber_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        Opened(memoryview(data))
