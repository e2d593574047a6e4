"""Honest signed PDFs, from several producers, are read without a problem; what they say is read right."""

from __future__ import annotations

import io
import re
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pyhanko.pdf_utils.crypt import StandardSecurityHandler
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer

from mailhub.clock import now_ms
from mailhub.files.signed.facts import (
    ChainState,
    Changes,
    Coverage,
    Ess,
    Form,
    Problem,
    Signed,
    Weakness,
)
from mailhub.files.signed.reader import may_be_signed, read_signed
from mailhub.files.signed.trusted import NO_TRUST
from tests.support import libreoffice, signed_pdfs
from tests.support.attacked_pdfs import paper, updated
from tests.support.pdfs import letter, one_page, stream
from tests.support.pki import Pki
from tests.support.signed_by_hand import prepared, signed_by_hand, signed_prepared
from tests.support.signed_pdfs import LEADER_BOX, SEAL_BOX, SIGNED_AT, flow, sign, signed_by, stamped

pytestmark = pytest.mark.unit
AT = int(SIGNED_AT.timestamp() * 1000)
BOX = (300, 300, 400, 340)


def read(pki: Pki, pdf: bytes) -> Signed:
    signed = read_signed(memoryview(pdf), "pdf", pki.bundle(), 5.0)
    assert signed is not None
    return signed


def clean(signed: Signed) -> bool:
    return not signed.problems and not any(one.problems for one in signed.signatures)


@pytest.fixture(scope="module")
def office(pki: Pki) -> bytes:
    return flow(pki)


def test_leader_number_date_and_seal_one_after_the_other(pki: Pki, office: bytes) -> None:
    signed = read(pki, office)
    assert clean(signed)
    assert [one.field_name for one in signed.signatures] == ["LanhDao", "SoVanBan", "NgayVanBan", "DauCoQuan"]
    assert [one.coverage for one in signed.signatures] == [*[Coverage.REVISION] * 3, Coverage.FILE]
    assert [one.changes for one in signed.signatures] == [*[Changes.SIGNATURES] * 3, Changes.NONE]
    first, last = signed.signatures[0], signed.signatures[-1]
    assert (first.page, first.box, last.box) == (1, LEADER_BOX, SEAL_BOX)
    assert first.chain.certificates[0].sha256 == pki.official.identity("leader").sha256
    assert (first.chain.state, first.ess, first.digest, first.form) == (
        ChainState.TRUSTED,
        Ess.MATCHES,
        "sha256",
        Form.PDF,
    )
    assert {one.claimed_at for one in signed.signatures} == {AT}
    assert signed.trust == pki.bundle().version


def test_what_signatures_show(pki: Pki, office: bytes) -> None:
    shown = [one.shown for one in read(pki, office).signatures]
    assert "87/UBND-VX" in shown[1]
    assert "05/4/2026" in shown[2]
    assert (shown[0], shown[3]) == ("", "")


def test_validation_data_and_document_timestamp(pki: Pki) -> None:
    kept = signed_by(pki, "leader", timestamp=pki.official, ltv=pki.official)
    signed = read(pki, stamped(kept, pki.official))
    signature, stamp = signed.signatures
    assert clean(signed)
    assert (signature.coverage, signature.changes) == (Coverage.REVISION, Changes.VALIDATION)
    assert signature.timestamp is not None
    assert signature.timestamp.valid
    assert not signature.timestamp.covers_document
    assert {answer.serial for answer in signature.answers if answer.embedded} >= {
        pki.official.identity("leader").serial
    }
    assert (stamp.form, stamp.coverage) == (Form.PDF_TIMESTAMP, Coverage.FILE)


def test_a_document_timestamp_proves_the_time_of_the_signatures_under_it(pki: Pki) -> None:
    signed = read(pki, stamped(signed_by(pki, "leader", "agency"), pki.official))
    leader, agency, _ = signed.signatures
    for one in (leader, agency):
        assert one.timestamp is not None
        assert one.timestamp.covers_document
        assert one.timestamp.at == AT


def test_a_believed_document_timestamp_is_preferred_to_an_earlier_one_that_anybody_made(pki: Pki) -> None:
    earlier = SIGNED_AT - timedelta(days=400)
    made = stamped(stamped(signed_by(pki, "leader"), pki.forged, at=earlier), pki.official)
    stamp = read(pki, made).signatures[0].timestamp
    assert stamp is not None
    assert (stamp.at, stamp.chain.state) == (AT, ChainState.TRUSTED)


def test_a_signature_after_a_document_timestamp_is_not_proved_by_it(pki: Pki) -> None:
    first = stamped(signed_by(pki, "leader"), pki.official)
    signed = read(pki, sign(first, pki.official.identity("agency"), field="Dau"))
    assert signed.signatures[0].timestamp is not None
    assert signed.signatures[-1].timestamp is None
    assert clean(signed)


@pytest.mark.parametrize("options", [{"sub_filter": "pkcs7"}, {"leaf_only": True}, {"digest": "sha512"}], ids=str)
def test_other_encodings(pki: Pki, options: dict[str, str]) -> None:
    signed = read(pki, sign(paper(), pki.official.identity("leader"), **options))  # type: ignore[arg-type]
    assert clean(signed)
    assert signed.signatures[0].chain.state is ChainState.TRUSTED


def test_sha1_is_weak(pki: Pki) -> None:
    signed = read(pki, sign(paper(), pki.official.identity("leader"), sub_filter="pkcs7", digest="sha1"))
    assert Weakness.SHA1 in signed.signatures[0].weaknesses


@pytest.mark.parametrize("end", [b"\r\n", b"\n\n", b" "], ids=repr)
def test_white_space_after_the_end_is_no_change(pki: Pki, office: bytes, end: bytes) -> None:
    signed = read(pki, office + end)
    assert clean(signed)
    assert signed.signatures[-1].coverage is Coverage.FILE


def _streams(pdf: bytes) -> bytes:
    """With cross-reference streams (ISO 32000-2 § 7.5.8)."""
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(pdf)), writer_kwargs={"stream_xrefs": True})
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


def _hybrid(pdf: bytes) -> bytes:
    """With an object that a cross-reference stream beside the table names (§ 7.5.8.4), as Word writes it."""
    body, _, tail = pdf.rpartition(b"xref\n0 ")
    body = body.removesuffix(b"start")
    place = len(body)
    rows = bytes((1,)) + place.to_bytes(3, "big") + bytes(1)
    table = (
        b"30 0 obj\n<</Type/XRef/Size 31/W[1 3 1]/Index[30 1]/Length 5>>\nstream\n" + rows + b"\nendstream\nendobj\n"
    )
    tail = tail.replace(b"/Size", b"/XRefStm %d/Size" % place).replace(
        b"startxref\n%d" % place, b"startxref\n%d" % (place + len(table))
    )
    return body + table + b"xref\n0 " + tail


def _repeated_keys(_: bytes) -> bytes:
    return one_page(page="/Rotate 0 /Rotate 0")


def _missed_places(pdf: bytes) -> bytes:
    """Entries that point to the end of the line before, as some programs write them."""
    places = re.compile(rb"(\d{10}) 00000 n")
    return places.sub(lambda found: b"%010d 00000 n" % (int(found[1]) - 1), pdf)


def test_a_file_of_streams_signed_twice(pki: Pki) -> None:
    first = sign(_streams(one_page()), pki.official.identity("leader"), field="A", box=BOX)
    signed = read(pki, sign(first, pki.official.identity("agency"), field="B", box=(200, 280, 302, 382)))
    assert clean(signed)


@pytest.mark.parametrize("base", [bytes, _hybrid, _repeated_keys, _missed_places], ids=lambda each: each.__name__)
@pytest.mark.parametrize("sub_filter", ["adbe.pkcs7.detached", "adbe.pkcs7.sha1"])
def test_files_written_without_care(pki: Pki, base: Callable[[bytes], bytes], sub_filter: str) -> None:
    first = signed_by_hand(base(one_page()), pki.official.identity("leader"), sub_filter=sub_filter)
    signed = read(pki, signed_by_hand(first, pki.official.identity("agency"), field="B"))
    assert clean(signed), signed
    leader, agency = signed.signatures
    assert (leader.coverage, leader.changes, agency.coverage) == (Coverage.REVISION, Changes.SIGNATURES, Coverage.FILE)
    assert (Weakness.SHA1_SUBFILTER in leader.weaknesses) == (sub_filter == "adbe.pkcs7.sha1")
    assert leader.claimed_at in (AT, agency.claimed_at)


@pytest.mark.parametrize(
    ("inside", "beside"),
    [
        (b"/SubFilter/adbe.pkcs7.detached", b"/SubFilter 6 0 R"),
        (b"/M(D:20260405153000)", b"/M 7 0 R"),
        (b"/M(D:20260405153000)", b"/Reference 8 0 R"),
    ],
)
def test_entries_in_objects_of_their_own(pki: Pki, inside: bytes, beside: bytes) -> None:
    rules = "[<</Type/SigRef/TransformMethod/DocMDP/TransformParams 9 0 R>>]"
    more: dict[int, str | bytes] = {6: "/adbe.pkcs7.detached", 7: "(D:20260405153000)", 8: rules, 9: "<</P 2>>"}
    made = prepared(one_page(more=more))
    assert inside in made
    moved = made.replace(inside, beside.ljust(len(inside)))
    signed = read(pki, signed_prepared(moved, pki.official.identity("leader")))
    assert clean(signed), signed
    certifies = b"Reference" in beside
    assert signed.signatures[0].certification == ("form filling" if certifies else "")
    assert signed.signatures[0].claimed_at == (0 if certifies else AT)


def test_a_later_seal_whose_page_keeps_its_annotations_elsewhere(pki: Pki) -> None:
    """The widget names no page, its look's resources lie beside it: neither makes it cover anything."""
    first = signed_by_hand(one_page(page="/Annots 6 0 R", more={6: "[]"}), pki.official.identity("leader"))
    number = int(PdfFileReader(io.BytesIO(first)).trailer["/Size"])
    widget = f"<</FT/Sig/T(S)/Type/Annot/Subtype/Widget/Rect[200 280 302 382]/F 4/AP<</N {number + 1} 0 R>>>>"
    look = stream("", f"/Type/XObject/Subtype/Form/BBox[0 0 102 102]/Resources {number + 2} 0 R")
    form = f"<</Fields[{number - 1} 0 R {number} 0 R]/SigFlags 3>>"
    root = f"<</Type/Catalog/Pages 2 0 R/AcroForm {form}>>"
    more: dict[int, str | bytes] = {number: widget, number + 1: look, number + 2: "<<>>", 6: f"[{number} 0 R]", 1: root}
    sealed = sign(updated(first, more), pki.official.identity("agency"), field="S")
    signed = read(pki, sealed)
    assert clean(signed), signed
    assert signed.signatures[1].box == (200, 280, 302, 382)


def test_a_file_that_only_its_owner_may_change(pki: Pki, monkeypatch: pytest.MonkeyPatch) -> None:
    class Unlocked(IncrementalPdfFileWriter):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            self.encrypt(b"")  # type: ignore[no-untyped-call]

    monkeypatch.setattr(signed_pdfs, "IncrementalPdfFileWriter", Unlocked)
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(paper())))
    writer._assign_security_handler(StandardSecurityHandler.build_from_pw("owner", ""))
    output = io.BytesIO()
    writer.write(output)
    first = sign(output.getvalue(), pki.official.identity("leader"), field="A", box=BOX)
    agency = pki.official.identity("agency")
    signed = read(pki, sign(first, agency, field="B", box=(200, 280, 302, 382), text="87/UBND"))
    assert clean(signed), signed
    assert signed.signatures[0].changes is Changes.SIGNATURES


def test_a_digest_inside_that_is_of_something_else(pki: Pki) -> None:
    made = signed_by_hand(one_page(), pki.official.identity("leader"), sub_filter="adbe.pkcs7.sha1")
    signed = read(pki, made.replace(b"15/UBND", b"95/UBND"))
    assert Problem.CHANGED in signed.signatures[0].problems


def test_a_hybrid_revision_after_a_signature_is_refused(pki: Pki) -> None:
    made = signed_by_hand(one_page(), pki.official.identity("leader"))
    again: dict[int, str | bytes] = {5: "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"}
    assert clean(read(pki, updated(made, again)))  # the same object once more
    hybrid = updated(made, again, hybrid=True)
    assert Problem.CHANGED_AFTER in read(pki, hybrid).signatures[0].problems


def test_an_empty_field_that_is_signed_later(pki: Pki) -> None:
    fields = "/AcroForm<</Fields[6 0 R]/SigFlags 0>>"
    field = "<</FT/Sig/T(Dau)/Type/Annot/Subtype/Widget/Rect[200 280 302 382]/P 3 0 R/F 4>>"
    base = one_page(page="/Annots[6 0 R]", catalogue=fields, more={6: field})
    first = sign(base, pki.official.identity("leader"), field="A", box=BOX)
    signed = read(pki, sign(first, pki.official.identity("agency"), field="Dau"))
    assert clean(signed)
    assert len(signed.signatures) == 2


@pytest.mark.parametrize(
    "pdf",
    [
        letter(),
        paper(),
        one_page(
            page="/Annots[6 0 R]", catalogue="/AcroForm<</Fields[6 0 R]>>", more={6: "<</FT/Sig/T(Dau)/Rect[0 0 1 1]>>"}
        ),
        one_page(catalogue="/Perms<</UR3 6 0 R>>", more={6: "<</Type/Sig/ByteRange[0 1 2 3]/SubFilter/x>>"}),
        one_page("BT /F 12 Tf (/SubFilter) Tj ET"),
    ],
    ids=["letter", "form", "empty field", "usage rights", "words of the trade"],
)
def test_a_file_without_a_signature(pdf: bytes) -> None:
    assert read_signed(memoryview(pdf), "pdf", NO_TRUST, 5.0) is None


def test_files_that_carry_no_signatures_are_not_looked_at() -> None:
    assert not may_be_signed(memoryview(letter()), "pdf")
    assert not may_be_signed(memoryview(b"/ByteRange [0 1 2 3]"), "docx")
    assert read_signed(memoryview(b"x"), "docx", NO_TRUST, 5.0) is None


def test_trust_decides_the_chain_only(pki: Pki, office: bytes) -> None:
    signed = read_signed(memoryview(office), "pdf", NO_TRUST, 5.0)
    assert signed is not None
    assert clean(signed)
    assert {one.chain.state for one in signed.signatures} == {ChainState.UNTRUSTED}


def pdfsig(pdf: bytes, folder: Path) -> list[str]:
    """What poppler says of each signature."""
    (folder / "x.pdf").write_bytes(pdf)
    told = subprocess.run(["pdfsig", "-nocert", "x.pdf"], cwd=folder, capture_output=True, text=True, check=False)
    return [line.partition(":")[2].strip() for line in told.stdout.splitlines() if "Signature Validation" in line]


def test_poppler_is_of_the_same_opinion(pki: Pki, office: bytes, tmp_path: Path) -> None:
    assert pdfsig(office, tmp_path) == ["Signature is Valid."] * 4
    flipped = office.replace(b"/Type /Page\n", b"/Type /Pige\n", 1)
    flipped = flipped if flipped != office else office[:200] + bytes((office[200] ^ 1,)) + office[201:]
    assert pdfsig(flipped, tmp_path) == ["Digest Mismatch."] * 4
    assert all(Problem.CHANGED in one.problems for one in read(pki, flipped).signatures)


def test_libreoffice_signs_too(pki: Pki, tmp_path: Path) -> None:
    made = libreoffice.signed(pki.official.identity("leader"), tmp_path)
    signed = read(pki, made)
    (one,) = signed.signatures
    assert clean(signed)
    assert (one.coverage, one.chain.state, one.sub_filter) == (Coverage.FILE, ChainState.TRUSTED, "adbe.pkcs7.detached")
    assert abs(one.claimed_at - now_ms()) < 10 * 60_000
    assert pdfsig(made, tmp_path) == ["Signature is Valid."]
    sealed = read(pki, sign(made, pki.official.identity("agency"), field="Dau", box=BOX))
    assert clean(sealed)
