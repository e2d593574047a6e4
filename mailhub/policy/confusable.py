"""Letters that look alike: a name as the eye takes it in, for comparison only.

What Unicode Technical Standard 39 § 4 calls a skeleton, made for short Latin names: foreign letters become the Latin
ones that they are drawn like, marks go, and what fonts hardly tell apart (0 o, 1 l i, rn m) becomes one.
"""

from __future__ import annotations

import unicodedata

ANY = "\0"  # stands for a letter that is none of ours and like nothing known: it fits every letter

_ALIKE = {
    "a": "аαɑạᴀꭺ",
    "b": "вьƅᏏʙЬ",
    "c": "сϲⅽᴄꮯ",
    "d": "ԁɗđðⅾᴅ",
    "e": "еєҽɛеᴇ℮",
    "f": "ƒſϝꞙ",
    "g": "ɡɢցգ",
    "h": "һհнʜ",
    "i": "іıɩιӏłɪǀ⎮|ⅰ",
    "j": "јϳյ",
    "k": "кκᴋĸ",
    "l": "ⅼʟӏ",
    "m": "мⅿᴍ",
    "n": "пոηɴņ",
    "o": "оοօσөøᴏ๐๏০०০",
    "p": "рρᴘþ",
    "q": "ԛգզ",
    "r": "гᴦʀɼ",
    "s": "ѕꜱʂ",
    "t": "тτᴛŧ",
    "u": "υսʋᴜц",
    "v": "νѵⅴᴠ",
    "w": "ԝшωᴡѡ",
    "x": "хχⅹ×",
    "y": "уүγʏყ",
    "z": "ʐᴢƶ",
}
# One letter for what fonts hardly tell apart.
_SAME = {"0": "o", "1": "l", "i": "l", "3": "e", "5": "s"}
_TABLE: dict[int, str | None] = {ord(sign): letter for letter, signs in _ALIKE.items() for sign in signs}
_FULL_STOPS = dict.fromkeys(map(ord, "。．｡․·‧"), ".")
_HYPHENS = dict.fromkeys(map(ord, "‐‑‒–—―−﹣－_"), "-")


def unmarked(text: str) -> str:
    """`text` in small ASCII letters where that can be; foreign letters as the Latin ones that they look like, others
    as `ANY`. Letters without width go."""
    if text.isascii():
        return text.lower()
    drawn = []
    for letter in unicodedata.normalize("NFKD", text.translate(_FULL_STOPS | _HYPHENS).casefold()):
        if letter.isascii():
            drawn.append(letter)
        elif unicodedata.category(letter) not in ("Mn", "Me", "Cf"):
            drawn.append(_TABLE.get(ord(letter)) or ANY)
    return "".join(drawn).lower()


def one_by_one(text: str) -> str:
    """`unmarked`, with one letter for what fonts hardly tell apart; as many letters as it had."""
    return "".join(_SAME.get(letter, letter) for letter in unmarked(text))


def skeleton(text: str) -> str:
    """`text` as the eye takes it in: two texts that look alike have one skeleton (`ANY` apart, see `alike`)."""
    plain = one_by_one(text)
    for pair, letter in (("rn", "m"), ("vv", "w"), ("cl", "d")):
        plain = plain.replace(pair, letter)
    return plain


def alike(left: str, right: str) -> bool:
    """Whether two skeletons are the same; a letter that nobody knows fits any, as long as most letters are known."""
    if ANY not in left:
        return left == right
    if len(left) != len(right) or 2 * left.count(ANY) > len(left):
        return False
    return all(a in (b, ANY) for a, b in zip(left, right, strict=True))
