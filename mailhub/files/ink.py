"""The ink of a scanned page: what is black, what is red, how far it is tilted.

Red is stamps and seals. A red stroke is nearly white in the red channel of the picture, so that this channel alone
shows the text under a stamp, and what the other channels lack shows the stamp alone.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Gray = NDArray[np.uint8]  # height by width, 0 is black

_STEP = 6  # colour is looked for in every sixth pixel
_TINT = 48  # a channel this much above the others is a colour
_TILT = 3.0  # degrees, the most that is set right


def split(picture: Image.Image) -> tuple[Gray, Gray | None]:
    """The page without its red ink, and the red ink alone (None when there is hardly any)."""
    if picture.mode in ("1", "L"):
        return np.asarray(picture.convert("L")), None
    pixels = np.asarray(picture.convert("RGB"))
    if _reddish(pixels[::_STEP, ::_STEP]).mean() < 0.0002:
        return np.asarray(picture.convert("L")), None
    excess = np.subtract(pixels[:, :, 0], np.maximum(pixels[:, :, 1], pixels[:, :, 2]), dtype=np.int16)
    np.clip(excess, 0, 127, out=excess)
    black = np.clip(pixels[:, :, 0] + (excess // 2), 0, 255).astype(np.uint8)
    red = (255 - 2 * excess).astype(np.uint8)
    return black, red


def _reddish(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    wide = pixels.astype(np.int16)
    return wide[:, :, 0] - np.maximum(wide[:, :, 1], wide[:, :, 2]) > _TINT


def even(gray: Gray) -> Gray:
    """The page with its background made white where light fell unevenly on it (photographs)."""
    small = Image.fromarray(gray[::8, ::8]).filter(ImageFilter.MaxFilter(9)).filter(ImageFilter.GaussianBlur(12))
    ground = np.asarray(small)
    if int(ground.max()) - int(np.percentile(ground, 2)) < 30:
        return gray
    wide = np.asarray(small.resize((gray.shape[1], gray.shape[0]), Image.Resampling.BILINEAR), dtype=np.uint16)
    whitened: Gray = np.minimum(255, gray.astype(np.uint16) * 255 // np.maximum(wide, 1)).astype(np.uint8)
    return whitened


def threshold(gray: Gray) -> int:
    """Otsu's threshold: ink is below it."""
    counts = np.bincount(gray[::3, ::3].ravel(), minlength=256).astype(np.float64)
    below = np.cumsum(counts)
    total = below[-1]
    sums = np.cumsum(counts * np.arange(256))
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = (sums[-1] * below - sums * total) ** 2 / (below * (total - below))
    spread[~np.isfinite(spread)] = 0
    best = np.flatnonzero(spread == spread.max())
    return int(min(220, max(60, best.mean())))


def tilt(gray: Gray) -> float:
    """By how many degrees the rows fall to the right (clockwise), between -3 and 3; 0 when nothing shows it."""
    small = gray[::4, ::4]
    width = small.shape[1]
    rows, columns = np.nonzero(small[:, width // 20 : -(width // 20) or None] < threshold(gray))
    if len(rows) < 500:
        return 0.0
    every = max(1, len(rows) // 40_000)
    rows, columns = rows[::every].astype(np.float32), columns[::every].astype(np.float32)

    def sharpness(angle: float) -> float:
        level = (rows - columns * math.tan(math.radians(angle)) + width).astype(np.int32)
        counts = np.bincount(np.maximum(level, 0)).astype(np.float64)
        return float((counts * counts).sum())

    coarse = max(np.arange(-_TILT, _TILT + 0.1, 0.5), key=sharpness)
    fine = max(np.arange(coarse - 0.5, coarse + 0.51, 0.1), key=sharpness)
    return float(round(fine, 2)) if sharpness(fine) > 1.03 * sharpness(0.0) else 0.0


def turned(gray: Gray, degrees: float) -> Gray:
    """The page turned counter-clockwise by `degrees`, its size kept, what comes into sight white."""
    if abs(degrees) < 0.15:
        return gray
    picture = Image.fromarray(gray).rotate(degrees, resample=Image.Resampling.BILINEAR, fillcolor=255)
    return np.asarray(picture)
