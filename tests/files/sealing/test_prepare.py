"""What is prepared is drawn where the decree wants it, breaks nothing, and is nothing but an update."""

from __future__ import annotations

import io
import re
from typing import Any

import numpy as np
import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields

from mailhub.files.sealing.geometry import POINTS_PER_MM
from mailhub.files.sealing.values import CannotReason, CannotSeal, SealKind
from mailhub.files.signed.facts import ChainState, Changes, Coverage
from mailhub.files.signed.reader import read_signed
from mailhub.files.signed.trusted import TrustBundle
from tests.files.sealing.conftest import Prepare
from tests.support.pdfs import letter, one_page, picture_of, scan
from tests.support.pki import Identity
from tests.support.rendering import BETWEEN, by_pdfium, by_poppler, extent, filled, pdfsig
from tests.support.sealable import hybrid, with_streams, with_table, without_last_line_end
from tests.support.signed_pdfs import sign, signature_image

SEAL = 36 * POINTS_PER_MM
TIME = "20/11/2026 16:35:56 +07:00"
ATTACHMENT = {"kind": SealKind.ATTACHMENT, "number": "87/UBND-VX", "time": TIME}


def sealed(prepared: Prepare, pdf: bytes, agency: Identity, **plan: object) -> bytes:
    made = prepared(pdf, **plan)
    assert not isinstance(made, CannotSeal), made
    return filled(pdf, *made, agency)


def fields_of(pdf: bytes) -> dict[str, Any]:
    """Signature fields by name."""
    return {name: value.get_object() for name, value, _ in enumerate_sig_fields(PdfFileReader(io.BytesIO(pdf)))}


def assert_all_good(pdf: bytes, trust: TrustBundle, count: int) -> None:
    """By poppler and by ourselves."""
    assert pdfsig(pdf) == ["Signature is Valid."] * count
    found = read_signed(memoryview(pdf), "pdf", trust, 5.0)
    assert found is not None
    assert found.problems == ()
    assert [one.problems for one in found.signatures] == [()] * count
    assert {one.chain.state for one in found.signatures} == {ChainState.TRUSTED}
    assert found.signatures[-1].coverage is Coverage.FILE
    assert {one.changes for one in found.signatures[:-1]} <= {Changes.SIGNATURES}


def test_the_seal_lies_over_a_third_of_the_signature_at_its_real_size(
    prepared: Prepare, signed: bytes, agency: Identity
) -> None:
    made = sealed(prepared, signed, agency)
    for picture in (by_poppler(made), by_pdfium(made)):
        left, bottom, right, top = extent(picture, "red")
        # The ring of the sample begins 6 of 300 pixels within the image.
        assert right - left == pytest.approx(SEAL * 288 / 300, abs=1)
        assert top - bottom == pytest.approx(SEAL * 288 / 300, abs=1)
        # The picture is 90 wide in a field of 110.
        assert right + SEAL * 6 / 300 == pytest.approx(385 + 90 / 3, abs=1)
        assert (top + bottom) / 2 == pytest.approx((BETWEEN[1] + BETWEEN[3]) / 2, abs=1)


def test_the_picture_counts_not_the_empty_rest_of_its_field(
    prepared: Prepare, leader: Identity, agency: Identity
) -> None:
    wide = sign(letter(), leader, field="LanhDao", box=(300, 400, 560, 440), image=signature_image())
    person, seal = (extent(by_poppler(sealed(prepared, wide, agency)), colour) for colour in ("blue", "red"))
    share = (seal[2] - person[0]) / (person[2] - person[0])
    assert share == pytest.approx(1 / 3, abs=0.06)  # the scrawl begins a little within its picture


def test_the_signature_is_seen_through_the_seal(prepared: Prepare, signed: bytes, agency: Identity) -> None:
    before, after = extent(by_poppler(signed), "blue"), extent(by_poppler(sealed(prepared, signed, agency)), "blue")
    assert after == pytest.approx(before, abs=1)


def test_what_lies_below_the_red_stays_legible_as_under_ink(prepared: Prepare, signed: bytes, agency: Identity) -> None:
    made = sealed(prepared, signed, agency)
    for draw in (by_poppler, by_pdfium):
        before, after = draw(signed), draw(made)
        letters = np.asarray(before).max(axis=2) < 20
        assert np.asarray(after)[letters].max() < 60  # 210 where red covers them


def test_both_signatures_are_valid(prepared: Prepare, signed: bytes, agency: Identity, trust: TrustBundle) -> None:
    assert_all_good(sealed(prepared, signed, agency), trust, 2)


def test_the_child_says_what_it_read(prepared: Prepare, signed: bytes) -> None:
    made = prepared(signed)
    assert not isinstance(made, CannotSeal)
    facts = made[0]
    assert (facts.document.doc_type, facts.document.number_symbol) == ("CV", "87/UBND-VX")
    assert (facts.document.signer, facts.document.post) == ("Trần Thị Mẫu", "CHỦ TỊCH")
    assert facts.beside == "LanhDao"
    assert facts.signed is not None
    assert [one.field_name for one in facts.signed.signatures] == ["LanhDao"]


def test_the_update_begins_behind_the_file_and_leaves_out_the_placeholder_alone(
    prepared: Prepare, signed: bytes
) -> None:
    made = prepared(signed, reserved=5000)
    assert not isinstance(made, CannotSeal)
    facts, update = made
    file = signed + update
    assert file[facts.contents_at : facts.contents_end] == b"<" + b"0" * 10_000 + b">"
    spans = re.findall(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+)\]", update)
    assert [tuple(map(int, span)) for span in spans] == [
        (0, facts.contents_at, facts.contents_end, len(file) - facts.contents_end)
    ]
    value = fields_of(file)["DauCoQuan"]
    assert (value["/M"], value["/SubFilter"]) == ("D:20260405153000+07'00'", "/ETSI.CAdES.detached")


def test_nothing_of_the_document_is_touched_but_page_form_and_catalogue(prepared: Prepare, signed: bytes) -> None:
    made = prepared(signed)
    assert not isinstance(made, CannotSeal)
    kinds = set(re.findall(rb"/Type /(\w+)", made[1]))
    assert kinds <= {b"Annot", b"ExtGState", b"Page", b"Sig", b"XObject", b"XRef"}
    assert b"/ModDate" not in made[1]
    assert b"/Producer" not in made[1]


@pytest.mark.parametrize("quarters", range(4))
@pytest.mark.parametrize("unit", [1, 2])
def test_on_a_turned_cropped_or_enlarged_page_it_is_the_same_to_the_eye(
    prepared: Prepare, leader: Identity, agency: Identity, trust: TrustBundle, quarters: int, unit: int
) -> None:
    place = f"/Rotate {quarters * 90} /UserUnit {unit} /CropBox [50 60 550 760]"
    pdf = sign(one_page("", page=place), leader, field="LanhDao", box=(250, 300, 370, 420), image=signature_image())
    made = sealed(prepared, pdf, agency)
    # poppler 22 does not know /UserUnit: its points are the page's own units
    scale = 1 / unit
    left, bottom, right, top = extent(by_poppler(made), "red")
    assert right - left == pytest.approx(SEAL * scale * 288 / 300, abs=1.5)
    assert top - bottom == pytest.approx(SEAL * scale * 288 / 300, abs=1.5)
    # The picture is 100 by 50 within the field; where it is shown: left side, width, middle.
    side, width, middle = {0: (210, 100, 300), 1: (275, 50, 240), 2: (190, 100, 400), 3: (375, 50, 260)}[quarters]
    assert right + SEAL * scale * 6 / 300 == pytest.approx(side + width / 3, abs=1.5)
    assert (top + bottom) / 2 == pytest.approx(middle, abs=1.5)
    assert_all_good(made, trust, 2)


def test_an_attachment_gets_black_text_at_the_top_right_and_no_seal(
    prepared: Prepare, agency: Identity, trust: TrustBundle
) -> None:
    made = sealed(prepared, one_page("", box=(0, 0, 595, 842)), agency, **ATTACHMENT)
    for picture in (by_poppler(made), by_pdfium(made)):
        left, bottom, right, top = extent(picture, "black")
        assert 575 < right < 595
        assert 815 < top < 835
        assert right - left == pytest.approx(115, abs=6)  # the time at size 10
        assert top - bottom == pytest.approx(19, abs=2)
    with pytest.raises(ValueError, match="zero-size"):
        extent(by_poppler(made), "red")
    assert_all_good(made, trust, 1)


def test_the_text_of_an_attachment_can_be_read_by_programs(prepared: Prepare, agency: Identity) -> None:
    from mailhub.files.facts import Limits
    from mailhub.files.pdf import read_pdf

    made = sealed(prepared, letter(), agency, **{**ATTACHMENT, "number": "12/QĐ-SGDĐT"})
    lines = [line.text for line in read_pdf(made, Limits()).text.lines]
    assert {"12/QĐ-SGDĐT", TIME} <= set(lines)


@pytest.mark.parametrize("make", [without_last_line_end, with_streams, hybrid])
def test_files_of_other_producers_are_continued_in_their_own_way(
    prepared: Prepare, agency: Identity, trust: TrustBundle, make: object
) -> None:
    assert callable(make)
    pdf = make(letter())
    made = sealed(prepared, pdf, agency, **ATTACHMENT)
    assert made.startswith(pdf)
    has_table = re.search(rb"\nxref\n", made[len(pdf) :]) is not None
    assert has_table is not (make is with_streams)
    assert_all_good(made, trust, 1)
    assert by_pdfium(made).size == by_pdfium(pdf).size


def test_a_second_seal_field_gets_a_name_of_its_own(prepared: Prepare, leader: Identity, agency: Identity) -> None:
    pdf = sign(letter(), leader, field="DauCoQuan", box=BETWEEN, image=signature_image())
    made = sealed(prepared, pdf, agency)
    assert list(fields_of(made)) == ["DauCoQuan", "DauCoQuan-2"]


def test_without_a_visible_signature_the_printed_post_and_name_show_the_place(
    prepared: Prepare, leader: Identity, agency: Identity, trust: TrustBundle
) -> None:
    made = sealed(prepared, sign(letter(), leader, field="LanhDao"), agency)
    _left, bottom, right, top = extent(by_poppler(made), "red")
    assert 400 < right < 420  # a third into the name, which is printed from 389 to 468
    assert 500 < (top + bottom) / 2 < 560
    assert_all_good(made, trust, 2)


def test_without_signature_and_name_there_is_no_place(prepared: Prepare, leader: Identity) -> None:
    refused = prepared(sign(one_page(), leader, field="LanhDao"))
    assert isinstance(refused, CannotSeal)
    assert refused.reason is CannotReason.NO_PLACE


def test_a_scan_signed_by_its_leader_is_read_by_ocr_and_sealed(
    prepared: Prepare, leader: Identity, agency: Identity
) -> None:
    paper = sign(with_table(scan(picture_of(letter()))), leader, field="LanhDao", box=BETWEEN, image=signature_image())
    made = prepared(paper, seconds=60.0)
    assert not isinstance(made, CannotSeal), made
    assert made[0].document.number_symbol == "87/UBND-VX"
