"""Pictures: which are pages, and what a hostile one can do."""

from __future__ import annotations

import io
import struct
import time
import zlib

import pytest
from PIL import Image

from mailhub.files.facts import Limits, Unreadable
from mailhub.files.image import page_like, read_image

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
    assert (seen.pages, seen.unreadable) == (1, None)


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
