"""A printed paper put on a scanner: pages as images, slanted, noisy, soft, in colour or grey."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import pypdfium2
from PIL import Image, ImageFilter

_COPIED = 150  # grey values above this come out white


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """The scanner. `noise` is the standard deviation of grey values, `blur` a radius in pixels, `slant` in degrees.

    `copied`: black or white and nothing between, as from a photocopier or a fax (a TIFF then in CCITT Group 4).
    """

    dpi: int = 200
    slant: float = 0.0
    noise: float = 0.0
    blur: float = 0.0
    grey: bool = False
    copied: bool = False
    format: str = "pdf"  # pdf, png, jpeg, tiff
    quality: int = 75
    seed: int = 0


def as_scan(pdf: bytes, scan: Scan | None = None) -> bytes:
    """The pages of `pdf` as the scanner gives them back; PNG and JPEG hold the first page."""
    scan = scan or Scan()
    pages = _scanned_pages(pdf, scan)
    buffer = io.BytesIO()
    if scan.format == "pdf":
        quality = {} if scan.copied else {"quality": scan.quality}  # one bit a pixel is not compressed as a photograph
        pages[0].save(buffer, "PDF", resolution=scan.dpi, save_all=True, append_images=pages[1:], **quality)
    elif scan.format == "jpeg":
        pages[0].save(buffer, "JPEG", quality=scan.quality, dpi=(scan.dpi, scan.dpi))
    elif scan.format == "tiff":
        pages[0].save(
            buffer,
            "TIFF",
            dpi=(scan.dpi, scan.dpi),
            compression="group4" if scan.copied else None,
            save_all=True,
            append_images=pages[1:],
        )
    else:
        pages[0].save(buffer, "PNG", dpi=(scan.dpi, scan.dpi))
    return buffer.getvalue()


def _scanned_pages(pdf: bytes, scan: Scan) -> list[Image.Image]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [_scanned(page.render(scale=scan.dpi / 72).to_pil().convert("RGB"), scan) for page in document]
    finally:
        document.close()


def _scanned(image: Image.Image, scan: Scan) -> Image.Image:
    if scan.slant:
        image = image.rotate(scan.slant, resample=Image.Resampling.BICUBIC, fillcolor=(250, 250, 248))
    if scan.blur:
        image = image.filter(ImageFilter.GaussianBlur(scan.blur))
    if scan.noise:
        chance = np.random.default_rng(scan.seed)
        pixels = np.asarray(image, dtype=np.float32) + chance.normal(0, scan.noise, (image.height, image.width, 1))
        image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8), "RGB")
    if scan.copied:
        return image.convert("L").point(lambda value: 255 if value > _COPIED else 0).convert("1")
    return image.convert("L") if scan.grey else image
