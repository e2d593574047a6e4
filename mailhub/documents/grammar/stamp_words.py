"""Whether words are a stamp: exactly, in fonts of before Unicode, or as OCR bends them."""

from __future__ import annotations

from mailhub.documents.grammar.marks_table import ALIKE, BONES, FRAGMENTS, LEGACY, VOWELS
from mailhub.text.folding import clean, fold, skeleton

LONGEST = 60  # characters of a line that may be a stamp, frame and specks included


def mark_of(text: str, *, image: bool = False) -> tuple[str, float] | None:
    """The mark that the whole of `text` is, with how well it agrees; None when it says anything else.

    `image`: the letters were read off an image, so that marks over letters are lost and letters change.
    """
    if len(text) > LONGEST:
        return None
    plain = clean(text)
    if not plain.isascii():  # every stamp of an old font has a letter beyond it
        old = "".join(plain.casefold().split()).strip("[](){}|.:*_-")
        if old in LEGACY:
            return LEGACY[old], 0.9
    bones = skeleton(plain)
    mark = BONES.get(bones)
    if mark is None:
        return _bent(bones, plain, image)
    letters = [c for c in plain if c.isalpha()]
    if letters[0].islower():
        return None  # `mật` alone on a line is the end of a sentence that broke
    return _vowel_speaks(bones, letters, plain.isupper(), image, mark)


def _vowel_speaks(bones: str, letters: list[str], upper: bool, image: bool, mark: str) -> tuple[str, float] | None:
    """Whether the vowel of `mật` or `khẩn` is that of the stamp and not of mắt, mất, mặt, khăn."""
    word = next((short for short in VOWELS if bones.endswith(short)), None)
    if word is None:
        return mark, 0.97
    sure, maybe = VOWELS[word]
    vowel = next(c.upper() for c in reversed(letters) if fold(c) == "a")
    if vowel not in sure and not (image and vowel in maybe):
        return None
    if bones != word:
        return mark, 0.97
    if vowel == "A" and not upper:
        return None  # `Mat`, `Khan`: too little to go by
    return mark, (0.97 if vowel in sure and vowel != "A" else 0.8)


def is_shouted(text: str) -> bool:
    letters = [c for c in text if c.isalpha()]
    return bool(letters) and sum(c.isupper() for c in letters) >= 0.8 * len(letters)


def _bent(bones: str, plain: str, image: bool) -> tuple[str, float] | None:
    """A mark of two words or more in which OCR confounded letters, or made one too many or too few."""
    if not image or not 5 <= len(bones) <= 20:
        return None
    if bones in FRAGMENTS and is_shouted(plain):
        return FRAGMENTS[bones], 0.75
    for wanted, mark in BONES.items():
        if len(wanted) < 6 or abs(len(wanted) - len(bones)) > 1:
            continue
        if len(wanted) == len(bones):
            wrong = [(a, b) for a, b in zip(wanted, bones, strict=True) if a != b]
            bearable = 2 if len(wanted) < 12 else 3
            if len(wrong) <= bearable and all(any(a in group and b in group for group in ALIKE) for a, b in wrong):
                return mark, (0.85 if len(wrong) == 1 else 0.72)
        elif _one_apart(wanted, bones):
            return mark, 0.8
    return None


def _one_apart(one: str, other: str) -> bool:
    """Whether the longer word is the shorter with one letter put in."""
    short, long = sorted((one, other), key=len)
    same = next((i for i, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    return short[same:] == long[same + 1 :]
