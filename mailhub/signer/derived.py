"""The signer's own look at what its inspector prepared: octets only, no reading of PDF.

What is signed must be the original, octet for octet, with something behind it; and the signature must span all of that
but its own placeholder (ISO 32000-2 § 12.8.1). Pure.
"""

from __future__ import annotations

import hashlib
import re

from mailhub.files.sealing.values import MOST_UPDATE_BYTES

LEAST_RESERVED = 2 * 4_000  # hexadecimal digits
_BYTE_RANGE = re.compile(rb"/ByteRange\s{0,8}\[\s{0,8}(\d{1,12})\s+(\d{1,12})\s+(\d{1,12})\s+(\d{1,12})\s{0,64}\]")


class NotDerived(Exception):
    """It is not; the message says in what."""


def digest_of(original: bytes | memoryview, update: bytes, contents: tuple[int, int]) -> bytes:
    """The SHA-256 that is to be signed. `contents`: where the placeholder begins (its `<`) and ends (behind its `>`),
    in the whole file.

    Raises:
        NotDerived: original and update are not what they must be.
    """
    start, end = (offset - len(original) for offset in contents)
    _check(len(original), update, start, end)
    digest = hashlib.sha256(original)
    digest.update(memoryview(update)[:start])
    digest.update(memoryview(update)[end:])
    return digest.digest()


def _check(before: int, update: bytes, start: int, end: int) -> None:
    if not before or not update or len(update) > MOST_UPDATE_BYTES:
        raise NotDerived("nothing was appended, or too much")
    if not 0 < start < end < len(update):
        raise NotDerived("the placeholder does not lie in what was appended")
    digits = update[start + 1 : end - 1]
    if update[start : start + 1] != b"<" or update[end - 1 : end] != b">" or digits.strip(b"0"):
        raise NotDerived("the placeholder is not one of zeros")
    if len(digits) < LEAST_RESERVED or len(digits) % 2:
        raise NotDerived("the placeholder has no room for a signature")
    ranges = _BYTE_RANGE.findall(update)
    if len(ranges) != 1 or update.count(b"/ByteRange") != 1:
        raise NotDerived("there is not one /ByteRange in what was appended")
    whole = before + len(update)
    wanted = (0, before + start, before + end, whole - before - end)
    if tuple(map(int, ranges[0])) != wanted:
        raise NotDerived("the /ByteRange does not span all but the placeholder")
