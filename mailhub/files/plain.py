"""Text of plain text files."""

from __future__ import annotations

import dataclasses

from mailhub.files.charset import unpack_text
from mailhub.files.facts import Limits
from mailhub.files.reading import Reading
from mailhub.text.lines import text_of


def read_plain(data: memoryview, limits: Limits) -> Reading:
    """The text of a file that is nothing but text. Raises nothing but MemoryError."""
    most = 4 * limits.text_characters + 4
    plain = unpack_text(bytes(data[:most])).replace("\r\n", "\n").replace("\r", "\n")
    whole = len(data) <= most and len(plain) <= limits.text_characters
    text = text_of(plain[: limits.text_characters])
    return Reading(text if whole else dataclasses.replace(text, complete=False))
