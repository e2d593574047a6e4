"""Scans: what is read of them, and what is left alone."""

from __future__ import annotations

import io
import math
import random
import time

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from mailhub.files import digits, ink, ocr, shapes, tesseract
from mailhub.files.facts import Limits, Mode, Unreadable
from mailhub.files.image import read_image
from mailhub.files.pdf import read_pdf
from mailhub.text.folding import fold
from mailhub.text.lines import Line, Source
from tests.support import pdfs

FULL = Limits(mode=Mode.FULL, seconds=100)
RED = (205, 30, 45)


def page(picture: Image.Image) -> list[Line]:
    return ocr.read_page(picture, page=1, deadline=time.monotonic() + 100)


def head(document: bytes, part: float = 0.36, dpi: int = 300) -> Image.Image:
    """The upper part of a page on an otherwise white one, which is quicker to read than the whole."""
    whole = pdfs.picture_of(document, dpi=dpi)
    whole.paste("white", (0, int(whole.height * part), whole.width, whole.height))
    return whole


def stamped(picture: Image.Image, text: str, at: tuple[float, float], tilt: float) -> None:
    """Put a framed word in red onto a page, as a clerk does."""
    font = ImageFont.truetype("NotoSerif-Bold.ttf", picture.width // 45)
    left, top, right, bottom = font.getbbox(text)
    edge = picture.width // 120
    stamp = Image.new("RGBA", (int(right - left) + 4 * edge, int(bottom - top) + 4 * edge))
    draw = ImageDraw.Draw(stamp)
    draw.rectangle((2, 2, stamp.width - 3, stamp.height - 3), outline=RED, width=max(3, picture.width // 500))
    draw.text((2 * edge - left, 2 * edge - top), text, font=font, fill=RED)
    stamp = stamp.rotate(tilt, expand=True, resample=Image.Resampling.BICUBIC)
    picture.paste(stamp, (int(at[0] * picture.width), int(at[1] * picture.height)), stamp)


def noisy(picture: Image.Image, tilt: float) -> Image.Image:
    turned = picture.rotate(tilt, fillcolor="white", resample=Image.Resampling.BICUBIC)
    pixels = np.asarray(turned.filter(ImageFilter.GaussianBlur(0.7))).copy()
    specks = random.Random(4)
    for _ in range(pixels.size // 3_000):
        pixels[specks.randrange(pixels.shape[0]), specks.randrange(pixels.shape[1])] = specks.randrange(256)
    return Image.fromarray(pixels)


def test_a_skewed_scan_with_a_red_stamp_is_read_like_the_letter_it_shows() -> None:
    picture = head(pdfs.letter())
    stamped(picture, "HỎA TỐC", (0.14, 0.185), 4)
    reading = read_pdf(pdfs.scan(noisy(picture, 1.3), dpi=300), FULL)
    assert reading.text.source is Source.OCR
    assert not reading.needs_ocr
    read = [line.text for line in reading.text.lines]
    assert "Số: 87/UBND-VX" in read
    assert "Thử Nghiệm, ngày 05 tháng 4 năm 2026" in read
    assert fold(read[0]) == "uy ban nhan dan"
    assert [(line.text, line.colour) for line in reading.text.lines if line.colour] == [("HỎA TỐC", "red")]


def test_a_stamp_that_turned_grey_is_a_line_of_its_own() -> None:
    picture = head(pdfs.letter())
    stamped(picture, "TỐI MẬT", (0.14, 0.185), -3)
    lines = page(picture.convert("L"))
    mark = [line for line in lines if fold(line.text) == "toi mat"]
    assert len(mark) == 1
    assert mark[0].colour == ""
    assert 0.1 < (mark[0].left or 0) < 0.3
    assert "Số: 87/UBND-VX" in [line.text for line in lines]


def test_red_ink_over_a_line_hides_neither() -> None:
    picture = head(pdfs.letter(gap="4pt"))
    stamped(picture, "KHẨN", (0.42, 0.168), 2)
    lines = page(picture)
    assert "khan" in [fold(line.text) for line in lines if line.colour == "red"]
    assert any("kinh gui: cac truong hoc" in fold(line.text) for line in lines)


def test_a_number_left_blank_is_not_made_up() -> None:
    lines = page(head(pdfs.letter(number="#h(1.5cm)", day="#h(0.8cm)"), 0.17))
    number = next(line for line in lines if "/UBND-VX" in line.text)
    date = next(line for line in lines if "năm 2026" in line.text)
    assert number.text in {"Số: /UBND-VX", "Số: …/UBND-VX"}
    assert date.text in {"Thử Nghiệm, ngày tháng 4 năm 2026", "Thử Nghiệm, ngày … tháng 4 năm 2026"}


def test_a_scribble_where_the_number_should_be_is_not_taken_for_digits() -> None:
    letter = pdfs.letter(number="#h(1.5cm)")
    picture = head(letter, 0.17)
    line = next(line for line in read_pdf(letter, Limits()).text.lines if "/UBND-VX" in line.text)
    draw, width, height = ImageDraw.Draw(picture), picture.width, picture.height
    middle = ((line.top or 0) + (line.bottom or 0)) / 2 * height
    left = (line.left or 0) * width + 0.045 * width
    points = [(left + step * 4, middle + 22 * math.sin(step * step / 3)) for step in range(28)]
    draw.line(points, fill=(20, 20, 120), width=5)
    found = next(line for line in page(picture) if "UBND-VX" in line.text)
    assert not any(c.isdigit() for c in found.text) or found.confidence < 0.6


def test_an_upside_down_page_is_turned() -> None:
    picture = head(pdfs.letter(), 0.3, dpi=200).rotate(180)
    reading = read_image(_png(picture), "png", FULL)
    assert "uy ban nhan dan" in [fold(line.text) for line in reading.text.lines]


def _png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def test_the_first_and_the_last_page_are_read_first() -> None:
    assert list(ocr.reading_order(range(6), 4)) == [0, 5, 1, 4]
    assert list(ocr.reading_order([3], 4)) == [3]
    assert list(ocr.reading_order([0, 2], 1)) == [0]


def test_no_time_left_is_a_fact_and_not_an_error() -> None:
    scanned = pdfs.scan(head(pdfs.letter(), dpi=100), dpi=100)
    reading = read_pdf(scanned, Limits(mode=Mode.FULL, seconds=0))
    assert reading.needs_ocr
    assert reading.unreadable is Unreadable.TIME
    assert not reading.text.complete


def test_a_missing_program_is_a_fact_and_not_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tesseract, "PROGRAM", "no-such-program")
    reading = read_pdf(pdfs.scan(head(pdfs.letter(), dpi=100), dpi=100), FULL)
    assert reading.needs_ocr
    assert reading.unreadable is Unreadable.CRASHED


@pytest.mark.parametrize("tilt", [-2.4, -0.7, 0.0, 1.2, 2.8])
def test_the_tilt_of_a_page_is_measured(tilt: float) -> None:
    upright = head(pdfs.letter(), 0.6, dpi=150).convert("L")
    turned = upright.rotate(-tilt, fillcolor=255, resample=Image.Resampling.BICUBIC)
    assert ink.tilt(np.asarray(turned)) == pytest.approx(tilt, abs=0.25)


def test_a_blank_page_has_no_tilt_and_no_lines() -> None:
    blank = Image.new("L", (2480, 3508), 255)
    assert ink.tilt(np.asarray(blank)) == 0.0
    assert page(blank) == []


def test_what_hangs_together_is_one_component() -> None:
    mask = np.zeros((20, 40), bool)
    mask[2:6, 3:9] = True
    mask[10:18, 20] = True
    mask[17, 20:36] = True
    mask[9, 19] = True  # touches by its corner
    found = shapes.components(mask)
    assert [(box.left, box.top, box.right, box.bottom, box.ink) for box in found] == [
        (19, 9, 36, 18, 24),
        (3, 2, 9, 6, 24),
    ]
    assert shapes.components(np.zeros((5, 5), bool)) == []


def test_a_page_of_specks_costs_no_long_time() -> None:
    noise = np.random.default_rng(1).random((900, 620)) < 0.5
    started = time.monotonic()
    shapes.components(noise)
    assert time.monotonic() - started < 1


@pytest.mark.parametrize("number", ["7", "15", "208", "3946"])
def test_printed_digits_are_read_without_tesseract(number: str) -> None:
    font = ImageFont.truetype("LiberationSerif-Regular.ttf", 54)
    picture = Image.new("L", (300, 120), 255)
    ImageDraw.Draw(picture).text((20, 78), number + "/", font=font, fill=0, anchor="ls")
    gray = np.asarray(picture)
    strips = [digits.strip_of(gray, (10, 200), 78 - 18, 36 * scale, 0, 255) for scale in (0.9, 1.0, 1.1)]
    reading = digits.read_strips(strips)
    assert reading.text == number
    assert reading.probability > 0.5


def test_an_empty_strip_has_no_digits() -> None:
    assert digits.read_strips([np.zeros((digits.HEIGHT, digits.WIDTH), np.float32)]).text == ""
