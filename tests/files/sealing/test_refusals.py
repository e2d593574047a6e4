"""What would break a signature, or is not ours to seal, is refused with its reason."""

from __future__ import annotations

import io

import pytest
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields

from mailhub.files.sealing.values import CannotReason, CannotSeal, SealKind
from mailhub.files.signed.reader import read_signed
from mailhub.files.signed.trusted import TrustBundle
from tests.files.sealing.conftest import Prepare
from tests.support.pdfs import encrypted, letter, one_page
from tests.support.pki import Identity, Pki
from tests.support.rendering import BETWEEN, filled, pdfsig
from tests.support.signed_pdfs import png, seal_image, sign, signature_image

TEXT = {"kind": SealKind.ATTACHMENT, "number": "87/UBND-VX", "time": "20/11/2026 16:35:56 +07:00"}


def reason(made: object) -> CannotReason:
    assert isinstance(made, CannotSeal)
    return made.reason


def test_a_file_without_a_signature_is_no_main_document(prepared: Prepare) -> None:
    assert reason(prepared(letter())) is CannotReason.NO_PERSON


def test_an_agency_s_signature_is_no_person_s(prepared: Prepare, pki: Pki) -> None:
    pdf = sign(letter(), pki.official.identity("province"), box=BETWEEN, image=signature_image())
    assert reason(prepared(pdf)) is CannotReason.NO_PERSON


def test_a_file_that_the_agency_has_signed_is_not_sealed_again(
    prepared: Prepare, signed: bytes, agency: Identity
) -> None:
    first = prepared(signed)
    assert not isinstance(first, CannotSeal)
    assert reason(prepared(filled(signed, *first, agency))) is CannotReason.SEALED
    assert reason(prepared(sign(letter(), agency), **TEXT)) is CannotReason.SEALED


def test_a_further_certificate_of_the_agency_counts_as_its_own(
    prepared: Prepare, signed: bytes, leader: Identity
) -> None:
    assert reason(prepared(signed, own=(leader.sha256,))) is CannotReason.SEALED


@pytest.mark.parametrize("kind", [{}, TEXT])
def test_an_altered_file_is_refused(prepared: Prepare, signed: bytes, kind: dict[str, object]) -> None:
    altered = signed.replace(b"/Direction/L2R", b"/Direction/R2L", 1)
    assert altered != signed
    made = prepared(altered, **kind)
    assert reason(made) is CannotReason.ALTERED
    assert isinstance(made, CannotSeal)
    assert made.signed is not None


def test_octets_behind_the_last_revision_are_an_alteration(prepared: Prepare, signed: bytes) -> None:
    assert reason(prepared(signed + b"\n% more\n" * 100)) is CannotReason.ALTERED


def test_a_certification_that_allows_nothing_is_kept(prepared: Prepare, leader: Identity) -> None:
    pdf = sign(letter(), leader, field="LanhDao", box=BETWEEN, image=signature_image(), certify="no changes")
    assert reason(prepared(pdf)) is CannotReason.CERTIFIED


@pytest.mark.parametrize("level", ["form filling", "annotations"])
def test_a_certification_that_allows_signing_lets_the_seal_in_and_stays_good(
    prepared: Prepare, leader: Identity, agency: Identity, trust: TrustBundle, level: str
) -> None:
    pdf = sign(letter(), leader, field="LanhDao", box=BETWEEN, image=signature_image(), certify=level)
    made = prepared(pdf)
    assert not isinstance(made, CannotSeal)
    file = filled(pdf, *made, agency)
    found = read_signed(memoryview(file), "pdf", trust, 5.0)
    assert found is not None
    assert [one.problems for one in found.signatures] == [(), ()]
    assert pdfsig(file) == ["Signature is Valid."] * 2


@pytest.mark.parametrize(
    ("lock", "free"),
    [
        (fields.FieldMDPSpec(fields.FieldMDPAction.ALL), False),
        (fields.FieldMDPSpec(fields.FieldMDPAction.INCLUDE, ["DauCoQuan"]), False),
        (fields.FieldMDPSpec(fields.FieldMDPAction.INCLUDE, ["SoLuong"]), True),
        (fields.FieldMDPSpec(fields.FieldMDPAction.EXCLUDE, ["DauCoQuan"]), True),
        (fields.FieldMDPSpec(fields.FieldMDPAction.EXCLUDE, ["SoLuong"]), False),
    ],
)
def test_a_lock_on_fields_is_kept(prepared: Prepare, leader: Identity, lock: fields.FieldMDPSpec, free: bool) -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(letter()))
    fields.append_signature_field(writer, fields.SigFieldSpec("LanhDao", box=BETWEEN, field_mdp_spec=lock))
    output = io.BytesIO()
    writer.write(output)
    made = prepared(sign(output.getvalue(), leader, field="LanhDao", image=signature_image()))
    assert isinstance(made, CannotSeal) is not free
    if not free:
        assert reason(made) is CannotReason.LOCKED


@pytest.mark.parametrize(
    ("pdf", "expected"),
    [
        (encrypted(b"secret"), CannotReason.ENCRYPTED),
        (encrypted(), CannotReason.ENCRYPTED),
        (one_page(catalogue="/AcroForm<</Fields[]/XFA(x)>>"), CannotReason.UNSUPPORTED),
        (b"", CannotReason.BROKEN),
        (b"%PDF-1.7\n%%EOF\n", CannotReason.BROKEN),
        (letter()[:5000], CannotReason.BROKEN),
        (one_page(more={2: "<</Type/Pages/Kids[2 0 R]/Count 1>>"}), CannotReason.BROKEN),
        (one_page(box=(0, 0, 60, 60)), CannotReason.OFF_PAGE),
    ],
)
def test_what_cannot_be_continued_is_refused(prepared: Prepare, pdf: bytes, expected: CannotReason) -> None:
    assert reason(prepared(pdf, **TEXT)) is expected


def test_a_seal_that_would_stick_out_of_the_page_is_refused(prepared: Prepare, leader: Identity) -> None:
    pdf = sign(letter(), leader, field="LanhDao", box=(30, 500, 130, 550), image=signature_image())
    assert reason(prepared(pdf)) is CannotReason.OFF_PAGE


@pytest.mark.parametrize(
    "plan", [{"seal_png": b""}, {"diameter_mm": 500.0}, {"seal_png": png(seal_image().convert("RGB"))}]
)
def test_an_unusable_seal_is_said(prepared: Prepare, signed: bytes, plan: dict[str, object]) -> None:
    assert reason(prepared(signed, **plan)) is CannotReason.BAD_SEAL


@pytest.mark.parametrize("plan", [{"number": ""}, {"time": " "}, {"number": "1" * 200}, {"number": "漢"}])
def test_an_unusable_text_is_said(prepared: Prepare, plan: dict[str, object]) -> None:
    assert reason(prepared(letter(), **{**TEXT, **plan})) is CannotReason.BAD_TEXT
