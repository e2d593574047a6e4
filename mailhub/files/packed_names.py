"""What files are called within an archive: old programs write names in the charset of their Windows."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mailhub.mail.names import clean_names, text_readings

_ABSOLUTE = re.compile(rb"[/\\]|[A-Za-z]:")
_SEPARATOR = re.compile(rb"[/\\]")
_LONGEST_PATH = 4096
_GZIP_EXTRA, _GZIP_NAME = 4, 8  # flags of RFC 1952 § 2.3.1


def names_of(paths: Iterable[bytes]) -> tuple[tuple[str, ...], bool]:
    """The base name that people see, then every other reading of `paths`; and whether something was hidden in them.

    There is always one name, "" when none can be read.
    """
    found: dict[str, None] = {}
    hidden = False
    for path in paths:
        for text in text_readings(path):
            for name, unclean in clean_names(text):
                found[name] = None
                hidden = hidden or unclean
    return tuple(found) or ("",), hidden


def is_traversal(path: bytes) -> bool:
    """Whether a path leads out of the folder that it is unpacked to."""
    return _ABSOLUTE.match(path) is not None or b".." in _SEPARATOR.split(path[:_LONGEST_PATH])


def gzip_name(data: bytes) -> bytes:
    """The original name in a gzip header (RFC 1952 § 2.3); b"" when it has none, or is none."""
    if len(data) < 10 or data[:2] != b"\x1f\x8b" or not data[3] & _GZIP_NAME:
        return b""
    start = 10
    if data[3] & _GZIP_EXTRA:
        start += 2 + int.from_bytes(data[10:12], "little")
    end = data.find(b"\0", start, start + _LONGEST_PATH)
    return data[start:end] if end >= 0 else b""
