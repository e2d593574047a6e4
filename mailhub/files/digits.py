"""Digits that a hand, a stamp or a printer put into a blank of a form, read by a small network.

Tesseract was never taught handwriting. This reader sees a strip of the page 32 pixels high and says which digits (and
the slash after a number) stand in it. Its weights come from drawn strokes and fonts only: scripts/train_digits.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mailhub.files.ink import Gray

Floats = NDArray[np.float32]

HEIGHT, WIDTH = 32, 128  # pixels of a strip
CAPITAL = 13.3  # height of the neighbouring print's capitals in a strip
_SIGNS = "0123456789/"  # class 0 is "nothing"
_POOLS = ((2, 2), (2, 2), (2, 1), (2, 1))


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read, and how probable it is among everything that could have been."""

    text: str
    probability: float


def read_strips(strips: list[Floats]) -> Reading:
    """One reading of several pictures of the same strip (HEIGHT by WIDTH, ink 1, paper 0), digits only.

    The probability is the mean over the pictures: high only where all of them say the same. Whether a slash follows the
    digits does not matter.
    """
    chances = _chances(np.stack(strips))
    guesses = {_best(chance).rstrip("/") for chance in chances}
    scored = (
        (sum(_probability(chance, guess) + _probability(chance, guess + "/") for chance in chances), guess)
        for guess in guesses
    )
    total, text = max(scored)
    return Reading(text, round(total / len(strips), 3))


def strip_of(gray: Gray, sides: tuple[int, int], middle: float, capital: float, ink: int, paper: int) -> Floats:
    """The strip of a page between its `sides`, left and right; `middle` and `capital` (pixels) are those of the print.

    `ink` and `paper` are the grey values of both.
    """
    left, right = sides
    scale = CAPITAL / max(4.0, capital)
    reach = HEIGHT / 2 / scale
    box = (left, round(middle - reach), right, round(middle + reach))
    part = Image.new("L", (max(1, right - left), max(1, box[3] - box[1])), paper)
    part.paste(Image.fromarray(gray), (-left, -box[1]))
    wide = min(WIDTH, max(1, round((right - left) * scale)))
    small = np.asarray(part.resize((wide, HEIGHT), Image.Resampling.BOX), dtype=np.float32)
    strip = np.zeros((HEIGHT, WIDTH), np.float32)
    strip[:, :wide] = np.clip((paper - small) / max(1.0, float(paper - ink)), 0.0, 1.0)
    return strip


@cache
def _weights() -> dict[str, Floats]:
    with resources.files("mailhub.files").joinpath("digits.npz").open("rb") as file, np.load(file) as arrays:
        return {name: arrays[name].astype(np.float32) for name in arrays.files}


def _chances(strips: Floats) -> Floats:
    """Per strip and column the probability of each class."""
    weights, flow = _weights(), strips[..., None]
    for number, (down, across) in enumerate(_POOLS, 1):
        flow = _pooled(np.maximum(_convolved(flow, weights[f"w{number}"], weights[f"b{number}"]), 0), down, across)
    count, height, width, depth = flow.shape
    flow = flow.transpose(0, 2, 1, 3).reshape(count, 1, width, height * depth)
    flow = np.maximum(_convolved(flow, weights["w5"], weights["b5"]), 0)
    flow = _convolved(flow, weights["w6"], weights["b6"])[:, 0]
    flow = np.exp(flow - flow.max(-1, keepdims=True))
    return np.asarray(flow / flow.sum(-1, keepdims=True), dtype=np.float32)


def _convolved(flow: Floats, kernel: Floats, bias: Floats) -> Floats:
    high, wide, deep, out = kernel.shape
    count, height, width, _ = flow.shape
    padded = np.pad(flow, ((0, 0), (high // 2, high // 2), (wide // 2, wide // 2), (0, 0)))
    views = [padded[:, y : y + height, x : x + width] for y in range(high) for x in range(wide)]
    stacked = np.concatenate(views, axis=-1).reshape(-1, high * wide * deep)
    return (stacked @ kernel.reshape(-1, out) + bias).reshape(count, height, width, out)


def _pooled(flow: Floats, down: int, across: int) -> Floats:
    count, height, width, deep = flow.shape
    return np.asarray(flow.reshape(count, height // down, down, width // across, across, deep).max((2, 4)))


def _best(chance: Floats) -> str:
    """The greedy labelling: repeated classes are one, class 0 parts them."""
    classes = chance.argmax(-1)
    kept = [c for at, c in enumerate(classes) if c and (at == 0 or classes[at - 1] != c)]
    return "".join(_SIGNS[c - 1] for c in kept)


def _probability(chance: Floats, text: str) -> float:
    """Of `text`, summed over every way to lay it out (the forward pass of connectionist temporal classification)."""
    labels = [0]
    for sign in text:
        labels += [_SIGNS.index(sign) + 1, 0]
    paths = np.zeros(len(labels))
    paths[:2] = chance[0, labels[:2]]
    skips = np.array([at > 1 and labels[at] != 0 and labels[at] != labels[at - 2] for at in range(len(labels))])
    for column in chance[1:]:
        moved = paths.copy()
        moved[1:] += paths[:-1]
        moved[2:] += np.where(skips[2:], paths[:-2], 0.0)
        paths = moved * column[labels]
    return float(paths[-2:].sum())
