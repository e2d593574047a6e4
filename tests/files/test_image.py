"""Pictures: which are pages, and what a hostile one can do."""

from __future__ import annotations

import io
import struct
import time
import zlib
from typing import Any

import pytest
from PIL import Image

from mailhub.files import ocr
from mailhub.files.facts import Limits, Mode, Unreadable
from mailhub.files.image import page_like, read_image
from mailhub.files.pdf import read_pdf
from mailhub.text.lines import Line
from tests.support import pdfs

pytestmark = pytest.mark.unit

QUICK = Limits()


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize(
    ("width", "height", "dpi"),
    [
        (1654, 2339, 200),  # A4 at 200 dpi
        (2480, 3508, 300),
        (2339, 1654, 200),  # lying on its side
        (1240, 1754, 0),
        (1240, 1754, 96),  # a scanner's file that lost its resolution
        (3024, 4032, 72),  # a telephone's photograph
        (1200, 1600, 72),  # sent through a chat program
        (2252, 4000, 72),  # a tall telephone
    ],
)
def test_scans_and_photographs_of_a_page_are_page_like(width: int, height: int, dpi: float) -> None:
    assert page_like(width, height, dpi)


@pytest.mark.parametrize(
    ("width", "height", "dpi"),
    [
        (200, 200, 0),  # a logo
        (1000, 1000, 0),  # a large one
        (64, 64, 72),
        (1200, 300, 96),  # a banner
        (600, 200, 0),  # a signature
        (640, 900, 0),  # too coarse for letters
        (1920, 1080, 96),  # a screenshot
        (1000, 1400, 300),  # A6 on paper: a card
    ],
)
def test_logos_banners_signatures_and_screenshots_are_not(width: int, height: int, dpi: float) -> None:
    assert not page_like(width, height, dpi)


@pytest.mark.parametrize("kind", ["png", "jpeg", "tiff", "bmp", "gif", "webp"])
def test_every_kind_of_picture_is_looked_at(kind: str) -> None:
    page = encoded(Image.new("L", (1240, 1754), 255), kind)
    logo = encoded(Image.new("L", (120, 80), 255), kind)
    assert read_image(page, kind, QUICK).needs_ocr
    seen = read_image(logo, kind, QUICK)
    assert not seen.needs_ocr
    assert (seen.pages, seen.unreadable) == (0, None)  # it shows no page


def test_the_pages_of_a_fax_are_counted() -> None:
    page = Image.new("1", (1240, 1754), 1)
    fax = encoded(page, "TIFF", save_all=True, append_images=[page, page], compression="group4")
    reading = read_image(memoryview(fax), "tiff", QUICK)
    assert reading.pages == 3
    assert reading.needs_ocr


def test_the_frames_of_a_film_are_no_pages() -> None:
    film = encoded(
        Image.new("L", (1240, 1754), 9), "GIF", save_all=True, append_images=[Image.new("L", (1240, 1754), 200)]
    )
    assert read_image(film, "gif", QUICK).pages == 1


def _png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


def test_a_picture_that_expands_without_end_is_too_large() -> None:
    started = time.monotonic()
    assert read_image(_png(60_000, 60_000), "png", QUICK).unreadable is Unreadable.TOO_LARGE
    assert read_image(_png(2**31 - 1, 2**31 - 1), "png", QUICK).unreadable is not None
    assert time.monotonic() - started < 1


@pytest.mark.parametrize("octets", [b"", b"\x89PNG\r\n\x1a\n", _png(10, 10)[:40], b"II*\x00" + b"\xff" * 40])
@pytest.mark.parametrize("kind", ["png", "jpeg", "tiff", "gif", "bmp", "webp"])
def test_a_broken_picture_is_damaged_and_nothing_is_raised(octets: bytes, kind: str) -> None:
    assert read_image(octets, kind, QUICK).unreadable is Unreadable.DAMAGED


def test_a_picture_of_one_kind_is_not_opened_as_another() -> None:
    assert read_image(encoded(Image.new("L", (1240, 1754)), "PNG"), "jpeg", QUICK).unreadable is Unreadable.DAMAGED
    assert read_image(b"", "psd", QUICK).unreadable is Unreadable.UNSUPPORTED


def test_what_was_read_when_time_is_over_is_kept_and_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    page = pdfs.picture_of(pdfs.letter(), dpi=200)
    octets = io.BytesIO()
    page.save(octets, "TIFF", save_all=True, append_images=[page], dpi=(200, 200))
    pages_read: list[int] = []
    read_page = ocr.read_page

    def counted(*args: Any, **named: Any) -> list[Line]:
        lines = read_page(*args, **named)
        pages_read.append(named["page"])
        return lines

    monkeypatch.setattr(ocr, "read_page", counted)
    monkeypatch.setattr(ocr, "out_of_time", lambda _: bool(pages_read))
    reading = read_image(octets.getvalue(), "tiff", Limits(mode=Mode.FULL, seconds=100))
    assert pages_read == [1]
    assert reading.unreadable is Unreadable.TIME
    assert not reading.text.complete
    assert any("UBND-VX" in line.text for line in reading.text.lines)
    pages_read.clear()
    whole = read_pdf(pdfs.scan(page, page, dpi=200), Limits(mode=Mode.FULL, seconds=100))
    assert pages_read == [1]
    assert whole.unreadable is Unreadable.TIME
    assert any("UBND-VX" in line.text for line in whole.text.lines)


def test_a_scan_for_which_no_time_is_left_is_out_of_time_in_time() -> None:
    octets = encoded(pdfs.picture_of(pdfs.letter(), dpi=200), "PNG")
    started = time.monotonic()
    reading = read_image(octets, "png", Limits(mode=Mode.FULL, seconds=1))
    assert reading.unreadable in (Unreadable.TIME, None)  # None on a machine that reads it in less
    assert time.monotonic() - started < 2
