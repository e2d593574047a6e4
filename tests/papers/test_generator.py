"""The made-up papers themselves: the same seed gives the same paper, and a scan of it looks as it was ordered."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from tests.support.papers import NORMATIVE, TYPES, Look, Scan, as_pdf, as_scan, as_text, in_tcvn3, make_paper

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("kind", [*TYPES, *NORMATIVE])
def test_the_same_seed_gives_the_same_paper_and_another_seed_another_one(kind: str) -> None:
    assert as_text(make_paper(kind, 3)) == as_text(make_paper(kind, 3))
    assert len({as_text(make_paper(kind, seed)) for seed in range(5)}) == 5


def test_a_scan_has_the_resolution_colour_and_noise_that_were_asked_for() -> None:
    page = as_pdf(make_paper("CV", 1, urgency="KHẨN"), Look(turn=2))
    colour = Image.open(io.BytesIO(as_scan(page, Scan(dpi=100, format="png"))))
    grey = Image.open(io.BytesIO(as_scan(page, Scan(dpi=100, format="png", grey=True))))
    assert (colour.mode, grey.mode) == ("RGB", "L")
    assert abs(colour.width - 8.27 * 100) < 3
    pixels = np.asarray(colour)
    red = (pixels[..., 0] > 180) & (pixels[..., 1] < 90) & (pixels[..., 2] < 90)
    assert red.sum() > 200, "the stamp is red"
    noisy = Scan(dpi=100, format="png", noise=12, seed=4)
    assert as_scan(page, noisy) == as_scan(page, noisy)
    assert as_scan(page, noisy) != as_scan(page, Scan(dpi=100, format="png"))


def test_old_fonts_are_written_as_converters_write_them() -> None:
    assert in_tcvn3("Cộng hòa xã hội chủ nghĩa Việt Nam") == "Céng hßa x· héi chñ nghÜa ViÖt Nam"
    assert in_tcvn3("QUYẾT ĐỊNH") == "QuyÕt ®Þnh"
