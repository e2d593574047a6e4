"""Train the reader of handwritten digits (mailhub/files/digits.py) and write its weights to mailhub/files/digits.npz.

Nothing of a real document goes into it: the strips are drawn here, from strokes that a hand might make, handwriting
fonts and scikit-learn's sample digits (UCI Optical Recognition of Handwritten Digits, CC BY 4.0), with the print of a
form beside them, noise and a scanner's blur. Neither the tools nor the fonts are needed to run mailhub:

    python -m venv /tmp/digits && /tmp/digits/bin/pip install jax optax scikit-learn pillow
    npm install --prefix /tmp/fonts --ignore-scripts @fontsource/caveat @fontsource/kalam … (any handwriting fonts)
    /tmp/digits/bin/python scripts/train_digits.py /tmp/fonts mailhub/files/digits.npz

Two processor cores take about an hour. The last line printed is the share of 1,000 fresh strips read without a fault.
"""

from __future__ import annotations

import random
import sys
from functools import cache
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from sklearn.datasets import load_digits

HEIGHT, WIDTH, FINE = 32, 128, 3  # a strip, and how much finer it is drawn
CAPITAL = 13.3 * FINE
CLASSES = 12  # nothing, ten digits, the slash
STRIPS, STEPS, BATCH = 60_000, 8_000, 64
PRINT = sorted(Path("/usr/share/fonts/truetype").glob("[ld]*/*Se*.ttf"))

# Ways to write each digit: strokes (parted by a bar) through points, in percent to the right and downwards.
WAYS = {
    "0": (
        "55,2 20,20 8,60 35,98 75,85 92,45 75,10 50,3",
        "50,0 15,30 15,75 50,100 88,70 85,25 55,0 35,8",
        "20,15 8,60 40,100 80,75 85,30 55,0 25,12 60,15",
    ),
    "1": (
        "50,0 50,50 50,100",
        "62,0 50,50 40,100",
        "15,45 40,20 60,0 | 60,0 58,50 55,100",
        "0,60 30,30 62,0 | 62,0 60,50 58,100",
        "0,75 30,40 65,0 | 65,0 60,50 50,100",
        "30,25 55,2 | 55,2 52,50 50,100 | 25,100 80,100",
        "10,95 35,45 60,0 | 60,0 62,50 62,100",
    ),
    "2": (
        "12,25 35,2 75,10 75,40 40,75 5,100 | 5,100 40,95 90,98",
        "10,30 40,0 80,20 60,60 20,95 10,85 30,80 60,97 95,90",
        "15,20 50,0 80,25 50,65 5,100 50,97 95,95",
        "15,25 50,2 75,30 45,75 15,100 5,85 30,75 60,95 100,85",
    ),
    "3": (
        "15,12 50,0 80,20 60,42 35,48 | 35,48 75,55 85,80 50,100 10,88",
        "10,5 80,3 | 80,3 45,42 | 45,42 85,60 75,92 40,100 8,88",
        "15,10 60,0 75,25 40,45 80,60 70,95 30,100 5,85",
    ),
    "4": (
        "60,0 30,40 5,70 | 5,70 50,68 95,65 | 65,30 62,70 60,100",
        "25,0 15,35 8,60 | 8,60 50,60 95,55 | 80,10 75,55 70,100",
        "70,0 35,35 5,68 | 5,68 95,68 | 70,0 68,50 68,100",
        "55,5 20,45 2,70 40,68 90,60 | 75,30 65,70 60,105",
    ),
    "5": (
        "20,5 15,42 | 15,42 50,35 85,55 80,85 45,100 8,88 | 20,5 90,2",
        "85,2 30,5 20,42 60,40 85,65 60,97 8,92",
        "25,10 15,45 60,45 75,75 50,100 10,90 | 25,10 60,2 100,0",
    ),
    "6": (
        "70,0 30,30 10,70 35,100 75,90 75,60 45,52 15,75",
        "60,0 20,40 10,80 45,100 80,80 55,55 20,70",
        "80,2 40,10 12,50 20,95 60,100 80,75 55,55 20,68",
    ),
    "7": (
        "8,5 50,6 90,3 | 90,3 60,50 40,100",
        "8,10 50,8 90,3 | 90,3 60,50 40,100 | 30,52 85,48",
        "5,20 10,5 50,10 90,2 | 90,2 55,50 45,100 | 25,50 80,50",
        "10,15 25,3 60,8 88,0 60,50 35,105 | 20,55 90,45",
    ),
    "8": (
        "75,12 40,0 20,20 50,45 85,75 50,100 15,80 40,50 78,20 70,10",
        "50,48 20,25 50,0 80,22 50,48 12,75 50,100 88,75 50,48",
        "85,5 45,2 25,22 55,50 75,80 45,100 15,80 50,45 90,5",
    ),
    "9": (
        "80,20 50,0 15,20 30,48 70,35 82,15 | 82,15 80,55 65,100",
        "78,12 40,2 15,30 45,50 80,20 78,60 60,95 20,95",
        "75,10 35,5 15,30 40,50 75,25 | 75,10 80,50 55,100 15,92",
        "80,30 60,2 20,10 20,42 60,42 82,15 75,60 40,110",
    ),
}


def strokes_of(way: str) -> list[list[tuple[float, float]]]:
    """The points of each stroke, in a unit square."""
    return [[(int(x) / 100, int(y) / 100) for x, y in (point.split(",") for point in stroke.split())]
            for stroke in way.split("|")]  # fmt: skip


def spline(points: list[tuple[float, float]], steps: int = 14) -> list[tuple[float, float]]:
    """A Catmull-Rom curve through the points."""
    ends = np.array([points[0], *points, points[-1]], dtype=float)
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    parts = []
    for p0, p1, p2, p3 in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        cubic = (2 * p0 - 5 * p1 + 4 * p2 - p3) * t * t + (-p0 + 3 * p1 - 3 * p2 + p3) * t**3
        parts.append(0.5 * (2 * p1 + (p2 - p0) * t + cubic))
    return [(float(x), float(y)) for x, y in np.concatenate([*parts, ends[-1:]])]


@cache
def font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), size)


@cache
def samples() -> tuple[np.ndarray, np.ndarray]:
    loaded = load_digits()
    return loaded.images, loaded.target


class Hand:
    """One writer, or one printer: how big, how slanted, how thick, with which habits."""

    def __init__(self, chance: random.Random, fonts: list[Path]) -> None:
        self.chance = chance
        self.kind = chance.choices(["strokes", "font", "sample", "print"], [0.5, 0.22, 0.13, 0.15])[0]
        self.printed = self.kind == "print"
        self.height = CAPITAL * (chance.uniform(0.92, 1.08) if self.printed else chance.uniform(0.85, 1.75))
        self.font = chance.choice(PRINT if self.printed else fonts)
        self.habits = {digit: chance.randrange(12) for digit in WAYS}
        self.aspect, self.slant = chance.uniform(0.45, 0.8), chance.uniform(-0.1, 0.35)
        self.pen = max(2.0, self.height * chance.uniform(0.05, 0.13))
        self.unsteady = chance.uniform(0.02, 0.075)
        self.turn = 0.0 if self.printed else chance.gauss(0, 5)
        self.space = self.height * (chance.uniform(0.02, 0.12) if self.printed else chance.uniform(-0.14, 0.28))

    def glyph(self, digit: str) -> Image.Image:
        height = self.height * (1.0 if self.printed else self.chance.uniform(0.85, 1.15))
        drawn = {"strokes": self._strokes, "sample": self._sample}.get(self.kind, self._font)(digit, height)
        if not self.printed:
            drawn = drawn.rotate(self.turn + self.chance.gauss(0, 4), expand=True, resample=Image.BILINEAR)
        return drawn.crop(drawn.getbbox())

    def _strokes(self, digit: str, height: float) -> Image.Image:
        ways = WAYS[digit]
        way = ways[self.habits[digit] % len(ways)] if self.chance.random() < 0.8 else self.chance.choice(ways)
        width = height * self.aspect * self.chance.uniform(0.85, 1.15) * (0.7 if digit == "1" else 1)
        edge = int(height * 0.5)
        drawn = Image.new("L", (int(width + 2 * edge + abs(self.slant) * height), int(height + 2 * edge)))
        pen, moved = ImageDraw.Draw(drawn), {}
        for stroke in strokes_of(way):
            for x, y in stroke:
                shift = self.chance.gauss(0, self.unsteady), self.chance.gauss(0, self.unsteady * 0.8)
                moved.setdefault((x, y), (x + shift[0], y + shift[1]))
            curve = spline([moved[point] for point in stroke])
            line = [(edge + x * width + (1 - y) * height * self.slant, edge + y * height) for x, y in curve]
            pen.line(line, fill=255, width=max(1, round(self.pen)), joint="curve")
        return drawn

    def _sample(self, digit: str, height: float) -> Image.Image:
        images, targets = samples()
        image = images[self.chance.choice(np.flatnonzero(targets == int(digit)))]
        large = Image.fromarray((image / 16 * 255).astype(np.uint8)).resize((64, 64), Image.BICUBIC)
        level = self.chance.randint(90, 150)
        drawn = large.point(lambda value: 255 if value > level else 0)
        drawn = drawn.crop(drawn.getbbox())
        width = drawn.width * height / drawn.height * self.chance.uniform(0.75, 1.1)
        return drawn.resize((max(3, int(width)), int(height)), Image.BILINEAR)

    def _font(self, digit: str, height: float) -> Image.Image:
        face = font(self.font, max(8, int(height * 1.35)))
        left, top, right, bottom = face.getbbox(digit)
        drawn = Image.new("L", (int(right - left) + 8, int(bottom - top) + 8))
        ImageDraw.Draw(drawn).text((4 - left, 4 - top), digit, font=face, fill=255)
        scale = height / max(4, drawn.height - 8)
        return drawn.resize((max(3, int(drawn.width * scale)), max(3, int(drawn.height * scale))), Image.BILINEAR)


def strip(chance: random.Random, fonts: list[Path]) -> tuple[np.ndarray, list[int]]:
    """A strip (0 is paper, 255 ink) and the classes that stand in it."""
    hand, day = Hand(chance, fonts), chance.random() < 0.3
    size = chance.choices([1, 2], [4, 6])[0] if day else chance.choices([1, 2, 3, 4, 5], [8, 27, 30, 32, 3])[0]
    page = Image.new("L", (WIDTH * FINE, HEIGHT * FINE))
    pen, face, base = (
        ImageDraw.Draw(page),
        font(chance.choice(PRINT), int(CAPITAL * 1.5)),
        HEIGHT * FINE / 2 + CAPITAL / 2,
    )
    x = chance.uniform(2, 10) * FINE
    if chance.random() < 0.55:  # what is printed before the blank
        pen.text((x - chance.uniform(4, 12), base), "y" if day else ":", font=face, fill=255, anchor="ls")
    x, label = x + chance.uniform(1, 14) * FINE, []
    ink, slope, start = Image.new("L", page.size), 0.0 if hand.printed else chance.uniform(-0.12, 0.1), x
    level = base + (0 if hand.printed else chance.uniform(-0.25, 0.35) * CAPITAL)
    for _ in range(size):
        digit = chance.choice("0123456789")
        glyph = hand.glyph(digit)
        if x + glyph.width > (WIDTH - 12) * FINE:
            break
        ink.paste(255, (int(x), int(level + (x - start) * slope - glyph.height)), glyph)
        x += max(3, glyph.width + hand.space + chance.uniform(-0.05, 0.12) * hand.height)
        label.append(int(digit) + 1)
    page.paste(255, (0, 0), ink if hand.printed else wavy(ink, chance))
    x += chance.uniform(-0.1, 1.2) * CAPITAL
    if not day and chance.random() < 0.85 and x < (WIDTH - 8) * FINE:
        pen.text((x, base), "/", font=face, fill=255, anchor="ls")
        label.append(11)
    for _ in range(chance.choice([0, 0, 0, 1, 2, 4])):
        left, top, broad = chance.uniform(0, page.width), chance.uniform(0, page.height), chance.uniform(0.6, 3.2)
        pen.ellipse((left, top, left + broad, top + broad), fill=255)
    page = page.filter(ImageFilter.GaussianBlur(chance.uniform(0.3, 1.4)))
    if chance.random() < 0.6:
        cut = chance.randint(80, 170)
        page = page.point(lambda value: 255 if value > cut else 0)
    pixels = np.asarray(page.resize((WIDTH, HEIGHT), Image.BOX), np.float32) * chance.uniform(0.7, 1.0)
    if chance.random() < 0.04:
        return (pixels * (np.arange(WIDTH) < 3)).astype(np.uint8), []
    return np.clip(pixels, 0, 255).astype(np.uint8), label


def wavy(ink: Image.Image, chance: random.Random) -> Image.Image:
    """The strokes pushed about a little, smoothly."""
    noise = np.random.default_rng(chance.randrange(2**30)).normal(0, 1, (2, 5, 24)).astype(np.float32)
    across, down = (np.asarray(Image.fromarray(part).resize(ink.size, Image.BICUBIC)) for part in noise)
    rows, columns = np.mgrid[0 : ink.height, 0 : ink.width]
    reach = chance.uniform(0, 1.1) * FINE
    at_rows = np.clip((rows + down * reach).round().astype(int), 0, ink.height - 1)
    at_columns = np.clip((columns + across * reach).round().astype(int), 0, ink.width - 1)
    return Image.fromarray(np.asarray(ink)[at_rows, at_columns])


def many(count: int, seed: int, fonts: list[Path]) -> tuple[np.ndarray, np.ndarray]:
    chance = random.Random(seed)  # noqa: S311
    pictures, labels = np.zeros((count, HEIGHT, WIDTH), np.uint8), np.zeros((count, 8), np.int32)
    for index in range(count):
        pictures[index], label = strip(chance, fonts)
        labels[index, : len(label)] = label
    return pictures, labels


def beginning() -> dict[str, jax.Array]:
    shapes = [(3, 3, 1, 16), (3, 3, 16, 24), (3, 3, 24, 40), (3, 3, 40, 48), (1, 5, 96, 48), (1, 1, 48, CLASSES)]
    weights = {}
    for number, (key, shape) in enumerate(zip(jax.random.split(jax.random.key(0), 6), shapes, strict=True), 1):
        weights[f"w{number}"] = jax.random.normal(key, shape) * (2 / np.prod(shape[:3])) ** 0.5
        weights[f"b{number}"] = jnp.zeros(shape[-1])
    return weights


def network(weights: dict[str, jax.Array], flow: jax.Array) -> jax.Array:
    """The same sums as mailhub.files.digits."""

    def convolved(flow: jax.Array, number: int) -> jax.Array:
        kernel, axes = weights[f"w{number}"], ("NHWC", "HWIO", "NHWC")
        return (
            jax.lax.conv_general_dilated(flow, kernel, (1, 1), "SAME", dimension_numbers=axes) + weights[f"b{number}"]
        )

    flow = flow[..., None]
    for number, pool in enumerate(((2, 2), (2, 2), (2, 1), (2, 1)), 1):
        window = (1, *pool, 1)
        flow = jax.lax.reduce_window(
            jax.nn.relu(convolved(flow, number)), -jnp.inf, jax.lax.max, window, window, "VALID"
        )
    count, height, width, depth = flow.shape
    flow = flow.transpose(0, 2, 1, 3).reshape(count, 1, width, height * depth)
    return convolved(jax.nn.relu(convolved(flow, 5)), 6)[:, 0]


def loss(weights: dict[str, jax.Array], pictures: jax.Array, labels: jax.Array) -> jax.Array:
    outcome = network(weights, pictures)
    return optax.ctc_loss(outcome, jnp.zeros(outcome.shape[:2]), labels, (labels == 0).astype(jnp.float32)).mean()


def trained(pictures: np.ndarray, labels: np.ndarray) -> dict[str, jax.Array]:
    weights = beginning()
    rate = optax.cosine_decay_schedule(2e-3, STEPS, 0.01)
    optimizer = optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(rate, weight_decay=1e-4))
    state, chance = optimizer.init(weights), np.random.default_rng(0)

    @jax.jit
    def step(weights, state, pictures, labels):
        value, slope = jax.value_and_grad(loss)(weights, pictures, labels)
        change, state = optimizer.update(slope, state, weights)
        return optax.apply_updates(weights, change), state, value

    for number in range(STEPS):
        chosen = chance.integers(0, len(pictures), BATCH)
        seen = np.roll(pictures[chosen], (chance.integers(-3, 4), chance.integers(0, 6)), (1, 2)) / 255
        seen = np.clip(seen * chance.uniform(0.7, 1.3) + chance.uniform(-0.05, 0.05), 0, 1).astype(np.float32)
        weights, state, value = step(weights, state, seen, labels[chosen])
        if number % 500 == 0:
            print(number, round(float(value), 3), flush=True)
    return weights


def right(weights: dict[str, jax.Array], pictures: np.ndarray, labels: np.ndarray) -> float:
    classes = np.asarray(network(weights, jnp.asarray(pictures, jnp.float32) / 255).argmax(-1))
    hits = 0
    for row, label in zip(classes, labels, strict=True):
        read = [c for at, c in enumerate(row) if c and (at == 0 or row[at - 1] != c)]
        hits += [c for c in read if c < 11] == [c for c in label if 0 < c < 11]
    return hits / len(labels)


def main(fonts_folder: str, target: str) -> None:
    fonts = sorted(Path(fonts_folder).rglob("*latin-400-normal.woff"))
    weights = trained(*many(STRIPS, 100, fonts))
    np.savez_compressed(target, **{name: np.asarray(value, np.float16) for name, value in weights.items()})
    print("right:", right(weights, *many(1_000, 7, fonts)))


if __name__ == "__main__":
    main(*sys.argv[1:])
