from __future__ import annotations

import pytest
from PIL import Image

from mailhub.files.sealing.drawing import BadSeal, lines_of, seal_of
from mailhub.files.sealing.text import NoGlyph
from tests.support.signed_pdfs import png, seal_image

pytestmark = pytest.mark.unit


def test_a_seal_is_as_wide_as_its_diameter_says_whatever_its_pixels() -> None:
    small, large = (seal_of(png(seal_image().resize((side, side))), 36) for side in (200, 1500))
    assert small.width == large.width == pytest.approx(102.05, abs=0.01)


def test_a_finer_image_than_paper_shows_is_made_coarser() -> None:
    assert seal_of(png(seal_image().resize((2000, 2000))), 36).image.size == (850, 850)


def test_an_image_that_is_not_square_keeps_its_shape() -> None:
    seal = seal_of(png(seal_image().resize((300, 240))), 40)
    assert seal.height == pytest.approx(seal.width * 0.8)


@pytest.mark.parametrize(
    ("image", "diameter"),
    [
        (b"", 36),
        (b"GIF89a", 36),
        (png(Image.new("RGB", (300, 300), "white")), 36),  # covers what it lies on
        (png(Image.new("RGBA", (20, 20))), 36),
        (png(Image.new("RGBA", (5000, 4000))), 36),
        (png(seal_image()), 5),
        (png(seal_image()), 200),
        (png(seal_image())[:400], 36),
    ],
)
def test_what_is_no_seal_is_refused(image: bytes, diameter: float) -> None:
    with pytest.raises(BadSeal):
        seal_of(image, diameter)


def test_the_text_is_measured_like_times_new_roman() -> None:
    # 500 thousandths a digit, 278 a slash (Adobe's metrics of Times)
    assert lines_of("12/34").width == pytest.approx((4 * 500 + 278) * 10 / 1000)


@pytest.mark.parametrize("text", ["1245/QĐ-UBND", "87/TTr-SGDĐT", "ỳỷỹỵ ấầẩẫậ ƯƠỢ", "NĐ-CP – “số”"])
def test_every_letter_of_vietnamese_is_there(text: str) -> None:
    face = lines_of(text).face
    assert set(face.glyphs) == set(text)
    assert 0 not in face.glyphs.values()  # .notdef


def test_only_the_letters_that_are_used_are_embedded() -> None:
    assert len(lines_of("87/UBND", "20/11/2026 16:35:56 +07:00").face.program) < 5_000


def test_a_letter_that_the_font_lacks_is_said() -> None:
    with pytest.raises(NoGlyph, match="CJK"):
        lines_of("漢")
