"""Pictures: page-like ones (scans, photographs of a page) are read by OCR, logos and banners never."""

from __future__ import annotations

import io
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PIL import Image, ImageOps

from mailhub.files import ocr
from mailhub.files.facts import Limits, Mode, Unreadable
from mailhub.files.tesseract import DPI, OcrFailed
from mailhub.text.lines import Line, Source, Text

# The formats of FileFacts.type and what Pillow calls them: nothing else is tried on a stranger's octets.
FORMATS = {"png": "PNG", "jpeg": "JPEG", "tiff": "TIFF", "bmp": "BMP", "gif": "GIF", "webp": "WEBP"}

MOST_PIXELS = 60_000_000  # of one picture: A4 at 600 dpi has 35 million
_MOST_PAGES = 500
_READ_PIXELS = 12_000_000  # what OCR is given at most

_LEAST_SHORT, _LEAST_LONG = 700, 1_000  # pixels; A4 at 85 dpi, below which no letter can be read
# Long side to short: A4 and its relatives 1.41, photographs 1.33 and 1.5, held upright to 1.78; what is that broad and
# lies on its side is a screen.
_LEAST_RATIO, _BROADEST, _TALLEST = 1.15, 1.55, 1.8
_PAPER_INCHES = 9.0  # the long side of something printed, at the least, where the picture tells its resolution


@dataclass(frozen=True, slots=True)
class ImageReading:
    """What a picture says. `pages` is 0 for one that shows no page, or one too small for OCR to read.

    `needs_ocr`: it looks like a page, and was not read in this mode.
    """

    text: Text
    pages: int = 0
    needs_ocr: bool = False
    unreadable: Unreadable | None = None


def page_like(width: int, height: int, dpi: float = 0.0) -> bool:
    """Whether a picture of so many pixels may show a page. `dpi` is 0 where the file does not tell.

    A scan says its resolution, and then its size on paper decides; what claims 72 or 96 dpi only repeats a default.
    """
    short, long = sorted((width, height))
    most = _TALLEST if height > width else _BROADEST
    if short < _LEAST_SHORT or long < _LEAST_LONG or not _LEAST_RATIO <= long / short <= most:
        return False
    return dpi < 120 or long / dpi >= _PAPER_INCHES or long > 3_000


def read_image(data: memoryview | bytes, kind: str, limits: Limits) -> ImageReading:
    """Read a picture of the type `kind` (see FORMATS). Raises nothing but MemoryError.

    In mode FULL up to limits.ocr_pages of its pages are read, the first and the last one first; when limits.seconds
    are over, what was read so far is given, with Unreadable.TIME.
    """
    deadline = ocr.deadline_of(time.monotonic(), limits.seconds)
    if kind not in FORMATS:
        return ImageReading(Text(complete=False), unreadable=Unreadable.UNSUPPORTED)
    try:
        with _guarded(), Image.open(io.BytesIO(data), formats=(FORMATS[kind],)) as picture:
            return _read(picture, limits, deadline)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, _TooLarge):
        return ImageReading(Text(complete=False), unreadable=Unreadable.TOO_LARGE)
    except MemoryError:
        raise
    except Exception:  # Pillow's decoders raise nearly anything on broken pictures
        return ImageReading(Text(complete=False), unreadable=Unreadable.DAMAGED)


class _TooLarge(Exception):
    """More pixels than anybody needs."""


@contextmanager
def _guarded() -> Iterator[None]:
    """Pillow's warnings are errors here, and its limit is ours."""
    before = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


def _read(picture: Image.Image, limits: Limits, deadline: float) -> ImageReading:
    # Only TIFF has pages; the frames of a GIF or a WEBP are a film.
    pages = min(getattr(picture, "n_frames", 1), _MOST_PAGES) if picture.format == "TIFF" else 1
    if not _shows_page(picture):
        return ImageReading(Text())
    if limits.mode is Mode.QUICK:
        return ImageReading(Text(pages=pages, complete=False), pages, needs_ocr=True)
    lines: dict[int, list[Line]] = {}
    fault: Unreadable | None = None
    for number in ocr.reading_order(range(pages), limits.ocr_pages):
        if ocr.out_of_time(deadline):
            fault = Unreadable.TIME
            break
        try:
            lines[number] = ocr.read_page(_page(picture, number), page=number + 1, deadline=deadline)
        except OcrFailed:
            fault = Unreadable.TIME if ocr.out_of_time(deadline) else Unreadable.CRASHED
            break
    read = tuple(line for number in sorted(lines) for line in lines[number])
    text = Text(read, source=Source.OCR if lines else Source.NONE, pages=pages, complete=len(lines) == pages)
    return ImageReading(
        text, pages, needs_ocr=not lines, unreadable=fault if fault is Unreadable.TIME or not lines else None
    )


def _shows_page(picture: Image.Image) -> bool:
    width, height = picture.size
    dpi = picture.info.get("dpi", (0, 0))
    try:
        return page_like(width, height, float(dpi[1]))
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        return page_like(width, height)


def _page(picture: Image.Image, number: int) -> Image.Image:
    """One page as people see it (EXIF turned), at about 300 dpi, on white where it is transparent."""
    if number:
        picture.seek(number)
    width, height = picture.size
    if width * height > MOST_PIXELS:
        raise _TooLarge
    if picture.format == "JPEG" and width * height > 2 * _READ_PIXELS:
        picture.draft("RGB", (width // 2, height // 2))
    page = ImageOps.exif_transpose(picture)
    if page.mode in ("RGBA", "LA", "PA") or "transparency" in page.info:
        page = page.convert("RGBA")
        page = Image.alpha_composite(Image.new("RGBA", page.size, "white"), page)
    page = page.convert("L" if page.mode in ("1", "L", "I;16") else "RGB")
    # A page is taken for 11.7 inches long, since few pictures tell the truth about their resolution.
    scale = min(11.7 * DPI / max(page.size), (_READ_PIXELS / (page.width * page.height)) ** 0.5, 3.0)
    if 0.95 < scale < 1.05:
        return page
    return page.resize((round(page.width * scale), round(page.height * scale)), Image.Resampling.BICUBIC)
