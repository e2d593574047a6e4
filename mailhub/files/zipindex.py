"""A second look at a ZIP: its central directory, which some programs believe and others do not (APPNOTE § 4.3.12)."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass

_LOCAL_HEADER = 30  # octets of a local file header without its name (APPNOTE § 4.3.7)
_UTF8_NAME = 0x800  # APPNOTE § 4.4.4, bit 11
_LARGEST_DIRECTORY = 4 * 2**20
_LOCAL = b"PK\x03\x04"
_END = b"PK\x05\x06"


@dataclass(frozen=True, slots=True)
class ZipIndex:
    """`names` as they came, in the order in which the files lie.

    `overlapping`: two of them share octets. `unlisted`: a file lies before the first one listed, as where two archives
    were put together; some programs open the one, some the other.
    """

    names: tuple[bytes, ...]
    overlapping: bool
    unlisted: bool

    def name(self, number: int) -> bytes | None:
        return self.names[number] if number < len(self.names) else None


def read_zip_index(data: bytes) -> ZipIndex | None:
    """The central directory, None when it cannot be read or is too large. Never raises."""
    end = data.rfind(_END)
    if end < 0 or int.from_bytes(data[end + 12 : end + 16], "little") > _LARGEST_DIRECTORY:
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            entries = sorted(file.infolist(), key=lambda entry: entry.header_offset)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError):
        return None
    ends = [entry.header_offset + _LOCAL_HEADER + entry.compress_size for entry in entries]
    starts = [entry.header_offset for entry in entries[1:]]
    overlapping = any(end > start for end, start in zip(ends, starts, strict=False))
    unlisted = data.startswith(_LOCAL) and (not entries or entries[0].header_offset > 0)
    return ZipIndex(tuple(map(_name, entries)), overlapping, unlisted)


def _name(entry: zipfile.ZipInfo) -> bytes:
    return entry.orig_filename.encode("utf-8" if entry.flag_bits & _UTF8_NAME else "cp437", "replace")
