"""Octets in memory as a file, without a copy: pyHanko wants a stream, and a scanned document has 40 MB."""

from __future__ import annotations

import io
from typing import BinaryIO

_COPIED = 2 * 1024 * 1024  # below that a copy costs less than it saves


class _Memory(io.RawIOBase):
    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: len(self._data)}[whence]
        if base + offset < 0:
            raise ValueError("before the beginning")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        part = self._data[self._at : self._at + len(buffer)]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)


def stream_of(data: memoryview) -> BinaryIO:
    """A stream to read `data` from."""
    if len(data) <= _COPIED:
        return io.BytesIO(data)
    return io.BufferedReader(_Memory(data), 16 * 1024)
