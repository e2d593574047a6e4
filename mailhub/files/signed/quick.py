"""Two of pyHanko's innermost functions done anew: all of a file goes through them octet by octet (measured: half of
the time that a letter with two signatures takes).

A signature's hexadecimal digits, tens of thousands, are read as a piece; names are decoded once.
"""

from __future__ import annotations

import io
import re
from functools import lru_cache
from typing import Any, BinaryIO

from pyhanko.pdf_utils import generic

_PIECE = 64 * 1024  # the 32,768 digits that our own seals leave room for, and their brackets
_DIGITS = re.compile(rb"<((?:[0-9A-Fa-f]{2})*)>")
_hexadecimal_slowly = generic.read_hex_string_from_stream
_name_slowly = generic._decode_name


def _hexadecimal(stream: BinaryIO) -> Any:
    start = stream.tell()
    found = _DIGITS.match(stream.read(_PIECE))
    if found is None:  # white space in it, an odd digit, or longer than any signature
        stream.seek(start, io.SEEK_SET)
        return _hexadecimal_slowly(stream)
    stream.seek(start + found.end(), io.SEEK_SET)
    return generic.pdf_string(bytes.fromhex(found[1].decode("ascii")))


@lru_cache(maxsize=2_000)
def _letters(name: bytes) -> str:
    return str(_name_slowly(name))


def _name(name_bytes: bytes) -> generic.NameObject:
    return generic.NameObject(_letters(name_bytes))  # each its own: they remember where they stand


def install() -> None:
    """Let pyHanko use them, in this process."""
    generic.read_hex_string_from_stream = _hexadecimal
    generic._decode_name = _name
