"""Hexadecimal strings in PDF read as a piece: pyHanko takes one octet after the other, and a signature has 16,000, read
again in every revision (measured: half of the time that a letter with two signatures takes).
"""

from __future__ import annotations

import io
import re
from typing import Any, BinaryIO

from pyhanko.pdf_utils import generic

_PIECE = 32 * 1024
_DIGITS = re.compile(rb"<((?:[0-9A-Fa-f]{2})*)>")
_slowly = generic.read_hex_string_from_stream


def _read(stream: BinaryIO) -> Any:
    start = stream.tell()
    found = _DIGITS.match(stream.read(_PIECE))
    if found is None:  # white space in it, an odd digit, or longer than any signature
        stream.seek(start, io.SEEK_SET)
        return _slowly(stream)
    stream.seek(start + found.end(), io.SEEK_SET)
    return generic.pdf_string(bytes.fromhex(found[1].decode("ascii")))


def install() -> None:
    """Let pyHanko read them so, in this process."""
    generic.read_hex_string_from_stream = _read
