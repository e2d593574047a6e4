from __future__ import annotations

import pytest

from mailhub.files.sealing.geometry import Box
from mailhub.files.sealing.pictures import IDENTITY, Matrix, picture_in
from tests.support.pdfs import one_page

pytestmark = pytest.mark.unit

FIELD: Box = (100, 200, 300, 260)
PIXEL = "<</Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8/Length 1>>"


def form(content: str, inner: str, *, box: str = "0 0 200 60", matrix: str = "1 0 0 1 0 0") -> str:
    head = f"/Type/XObject/Subtype/Form/BBox[{box}]/Matrix[{matrix}]/Resources<</XObject<</X {inner}>>>>"
    return f"<<{head}/Length {len(content)}>>\nstream\n{content}\nendstream"


def page_with(*forms: str) -> memoryview:
    """A widget at FIELD whose appearance is the first form, object 7; others follow."""
    widget = "<</Type/Annot/Subtype/Widget/FT/Sig/T(S)/F 4/Rect[100 200 300 260]/AP<</N 7 0 R>>>>"
    picture = f"{PIXEL}\nstream\n0\nendstream"
    more = {6: widget, **{7 + at: one for at, one in enumerate(forms)}, 20: picture}
    return memoryview(one_page(page="/Annots[6 0 R]", more=more))


def seen(pdf: memoryview, *, box: Box = (0, 0, 200, 60), matrix: Matrix = IDENTITY) -> Box | None:
    return picture_in(pdf, 0, FIELD, box, matrix)


def test_a_picture_in_the_middle_of_its_field() -> None:
    pdf = page_with(form("q 60 0 0 40 70 10 cm /X Do Q", "20 0 R"))
    assert seen(pdf) == pytest.approx((170, 210, 230, 250))


def test_forms_within_forms_as_itext_makes_them() -> None:
    outer = form("q 1 0 0 1 10 0 cm /X Do Q", "8 0 R")
    middle = form("/X Do", "9 0 R", matrix="0.5 0 0 0.5 20 5")
    inner = form("q 60 0 0 40 0 0 cm /X Do Q", "20 0 R")
    assert seen(page_with(outer, middle, inner)) == pytest.approx((130, 205, 160, 225))


def test_an_appearance_is_stretched_over_its_field() -> None:
    pdf = page_with(form("q 30 0 0 20 10 5 cm /X Do Q", "20 0 R", box="0 0 100 30"))
    assert seen(pdf, box=(0, 0, 100, 30)) == pytest.approx((120, 210, 180, 250))


def test_what_is_drawn_outside_the_field_is_not_seen() -> None:
    pdf = page_with(form("q 900 0 0 900 -400 -400 cm /X Do Q", "20 0 R"))
    assert seen(pdf) == pytest.approx(FIELD)
    assert seen(page_with(form("q 60 0 0 40 900 900 cm /X Do Q", "20 0 R"))) is None


@pytest.mark.parametrize("content", ["", "0 0 10 10 re f", "q 1 0 0 1 5 5 cm /X Do Q"])
def test_without_a_picture_of_some_size_there_is_none(content: str) -> None:
    assert seen(page_with(form(content, "20 0 R"))) is None


def test_forms_without_an_end_come_to_one() -> None:
    assert seen(page_with(form("/X Do", "7 0 R"))) is None
