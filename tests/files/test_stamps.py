"""Stamps are found by their frames and known by their shapes: every mark for itself, none for a lower one."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from mailhub.files import mark_shapes
from mailhub.files.frames import frames_of
from mailhub.files.ink import Gray
from mailhub.files.stamps import DOUBTED, stamps_of

PAGE = (1240, 1754)  # A4 at 150 dpi
MM = 1240 / 210
SERIF, SANS, OTHER = "LiberationSerif-Bold.ttf", "LiberationSans-Bold.ttf", "DejaVuSerif-Bold.ttf"


def stamped(
    text: str, width: float, *, tilt: float = 0.0, font: str = SERIF, torn: float = 0.0, aside: float = 0.0
) -> Image.Image:
    """A page with one stamp 8 mm high; lengths in millimetres. `torn` of the frame's upper stroke is missing."""
    high, wide = int(8 * MM), int(width * MM)
    stamp = Image.new("L", (wide + 40, high + 40), 255)
    draw = ImageDraw.Draw(stamp)
    draw.rectangle((20, 20, 20 + wide, 20 + high), outline=70, width=3)
    draw.rectangle((20 + wide - int(torn * MM), 18, 20 + wide + 4, 24), fill=255)
    draw.text(
        (20 + wide / 2 + aside * MM, 20 + high / 2), text, font=ImageFont.truetype(font, 29), fill=70, anchor="mm"
    )
    stamp = stamp.rotate(-tilt, expand=True, resample=Image.Resampling.BICUBIC, fillcolor=255)
    page = Image.new("L", PAGE, 255)
    page.paste(stamp, (170, 330))
    return page


def gray(picture: Image.Image) -> Gray:
    return np.asarray(picture)


@pytest.mark.parametrize("tilt", [-5.0, -2.0, 0.0, 3.0, 5.5])
def test_a_frame_is_found_at_any_angle(tilt: float) -> None:
    frame = frames_of(gray(stamped("MẬT", 20, tilt=tilt)), part=0.5)[0]
    assert frame.angle == pytest.approx(tilt, abs=1.2)
    assert frame.width / MM == pytest.approx(20, abs=2)
    assert frame.height / MM == pytest.approx(8, abs=1.5)


def test_a_frame_that_is_torn_and_run_over_by_text_is_found() -> None:
    page = stamped("TỐI MẬT", 30, torn=4)
    ImageDraw.Draw(page).text((140, 318), "Số: 128/UBND-VX ngày", font=ImageFont.truetype(SERIF, 27), fill=20)
    assert frames_of(gray(page), part=0.5)[0].drawn > 0.9


def test_rules_and_lines_of_text_are_no_frames() -> None:
    page = Image.new("L", PAGE, 255)
    draw = ImageDraw.Draw(page)
    for row in range(8):
        draw.text((160, 200 + 40 * row), "CỘNG HÒA XÃ HỘI CHỦ NGHĨA", font=ImageFont.truetype(SERIF, 27), fill=0)
        draw.line((200, 236 + 40 * row, 400, 236 + 40 * row), fill=0, width=2)
    assert [frame for frame in frames_of(gray(page), part=0.5) if frame.drawn > 0.9] == []


@pytest.mark.parametrize("font", [SERIF, SANS, OTHER])
def test_every_mark_is_most_like_itself(font: str) -> None:
    letters = ImageFont.truetype(font, 58)
    for mark in mark_shapes.MARKS[:8]:
        left, _, right, _ = letters.getbbox(mark)
        inside = Image.new("L", (int(right - left) + 60, 93), 255)
        ImageDraw.Draw(inside).text((inside.width / 2, 46), mark, font=letters, fill=60, anchor="mm")
        like = mark_shapes.likeness(gray(inside))
        assert like.mark == mark
        assert like.score > like.next_score + 0.1
        assert like.middle == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize(("mark", "width"), [("TUYỆT MẬT", 36), ("KHẨN", 20)])
def test_a_grey_tilted_mark_is_told_with_confidence(mark: str, width: float) -> None:
    (stamp,) = stamps_of(gray(stamped(mark, width, tilt=-4)), None, seconds=10)
    assert [word.text for word in stamp.words] == [mark]
    assert stamp.words[0].confidence > 0.8


def test_a_low_degree_beside_an_empty_place_is_doubted() -> None:
    """A word may have stood there that the scanner lost: `TUYỆT` in front of `MẬT`."""
    (stamp,) = stamps_of(gray(stamped("MẬT", 36, aside=9)), None, seconds=10)
    assert [(word.text, word.confidence) for word in stamp.words] == [("MẬT", DOUBTED)]


@pytest.mark.parametrize("text", ["NHẬN", "SAO Y", "KHO 12", "KHAI"])
def test_another_word_in_a_frame_is_no_mark(text: str) -> None:
    words = [word for stamp in stamps_of(gray(stamped(text, 22)), None, seconds=10) for word in stamp.words]
    assert [word.text for word in words if word.text in mark_shapes.MARKS and word.confidence > DOUBTED] == []


def test_a_blank_inside_is_like_nothing() -> None:
    assert mark_shapes.likeness(np.full((40, 200), 255, np.uint8)).score == 0.0
    assert mark_shapes.likeness(np.zeros((3, 3), np.uint8)).score == 0.0
    assert frames_of(np.full((30, 20), 255, np.uint8), part=0.5) == []
