"""Changes that hostile or careless writers make to a file. The same random numbers give the same change."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable, Sequence

LARGEST = 2 * 2**20  # what mutations by repeating may grow to
_ODD = (0, 1, 0x7F, 0x80, 0xFF, 0x0A, 0x0D, 0x22, 0x28, 0x2D, 0x3C, 0x3D, 0x25)
_ODD_NUMBERS = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 0x80000000)
_ZIP = b"PK\x03\x04"


def mutated(data: bytes, chance: random.Random, words: Sequence[bytes] = (), other: bytes = b"") -> bytes:
    """`data` with one to six changes; `words` mean something in its format, `other` is a second file to cross with.

    Of an archive in the ZIP format mostly the members are changed, since octets changed outside of them only break
    checksums.
    """
    if data.startswith(_ZIP) and chance.random() < 0.7:
        return _within_zip(data, chance, words)
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        chance.choice(_CHANGES)(changed, chance, words, other)
    return bytes(changed[:LARGEST])


def _within_zip(data: bytes, chance: random.Random, words: Sequence[bytes]) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [(info.filename, archive.read(info)) for info in archive.infolist()]
    except Exception:
        return data
    if not members:
        return data
    at = chance.randrange(len(members))
    name, content = members[at]
    members[at] = (name, mutated(content, chance, words, chance.choice(members)[1]))
    if chance.random() < 0.1:
        del members[chance.randrange(len(members))]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()


def _place(data: bytearray, chance: random.Random) -> int:
    return chance.randrange(len(data) + 1)


def _flip(data: bytearray, chance: random.Random, words: Sequence[bytes], other: bytes) -> None:
    for _ in range(chance.choice((1, 1, 4, 32))):
        if data:
            data[chance.randrange(len(data))] = chance.choice((chance.randrange(256), chance.choice(_ODD)))


def _number(data: bytearray, chance: random.Random, words: Sequence[bytes], other: bytes) -> None:
    at, width = _place(data, chance), chance.choice((1, 2, 4, 8))
    number = chance.choice(_ODD_NUMBERS) & (256**width - 1)
    data[at : at + width] = number.to_bytes(width, chance.choice(("little", "big")))


def _cut(data: bytearray, chance: random.Random, words: Sequence[bytes], other: bytes) -> None:
    del data[_place(data, chance) :]


def _remove(data: bytearray, chance: random.Random, words: Sequence[bytes], other: bytes) -> None:
    at = _place(data, chance)
    del data[at : at + chance.choice((1, 2, 16, 200))]


def _repeat(data: bytearray, chance: random.Random, words: Sequence[bytes], other: bytes) -> None:
    at = _place(data, chance)
    piece = bytes(data[at : at + chance.choice((1, 2, 5, 20, 100, 1_000))])
    times = chance.choice((2, 10, 100, 1_000, 20_000, 200_000))
    data[at:at] = piece * min(times, max(1, (LARGEST - len(data)) // max(1, len(piece))))


def _word(data: bytearray, chance: random.Random, words: Sequence[bytes], other: bytes) -> None:
    if words:
        at = _place(data, chance)
        times = chance.choice((1, 1, 1, 3, 300, 30_000))
        word = chance.choice(words)
        data[at : at + chance.choice((0, len(word)))] = word * min(times, LARGEST // max(1, len(word)))


def _exchange(data: bytearray, chance: random.Random, words: Sequence[bytes], other: bytes) -> None:
    """A word of the format in the place of another."""
    if words:
        old, new = chance.choice(words), chance.choice(words)
        at = data.find(old, _place(data, chance))
        if at >= 0:
            data[at : at + len(old)] = new


def _move(data: bytearray, chance: random.Random, words: Sequence[bytes], other: bytes) -> None:
    at, size = _place(data, chance), chance.choice((4, 40, 512, 4_096))
    piece = bytes(data[at : at + size])
    del data[at : at + size]
    to = _place(data, chance)
    data[to:to] = piece


def _cross(data: bytearray, chance: random.Random, words: Sequence[bytes], other: bytes) -> None:
    start, at = chance.randrange(len(other) + 1), _place(data, chance)
    piece = other[start : start + chance.choice((8, 64, 512, 8_192))]
    data[at : at + chance.choice((0, len(piece)))] = piece


_CHANGES: tuple[Callable[[bytearray, random.Random, Sequence[bytes], bytes], None], ...] = (
    _flip, _flip, _number, _number, _cut, _remove, _repeat, _word, _exchange, _move, _cross,
)  # fmt: skip
