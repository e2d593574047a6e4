"""libarchive over octets in memory: one entry after the other, each read a block at a time.

Bound here and not through libarchive-c, because that starts a program to find the library (there is none to start in
the sandbox), logs what the archive makes libarchive say, and hides which entries are encrypted.
"""

from __future__ import annotations

import locale
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import CDLL, POINTER, c_char_p, c_int, c_size_t, c_ssize_t, c_void_p, c_wchar_p, create_string_buffer
from enum import Enum
from functools import cache
from typing import Any

_LIBRARY = "libarchive.so.13"
_EOF, _WARN, _RETRY, _FATAL = 1, -20, -10, -30
_BLOCK = 256 * 1024
_FILE_TYPE, _REGULAR, _DIRECTORY = 0o170000, 0o100000, 0o040000
_MOST_RETRIES = 16


class Kind(Enum):
    """What an entry is: other kinds are links, devices and pipes."""

    FILE = "file"
    FOLDER = "folder"
    OTHER = "other"


class UnpackError(Exception):
    """libarchive cannot go on. `fatal`: not with any later entry either."""

    def __init__(self, why: str, *, fatal: bool) -> None:
        super().__init__(why)
        self.fatal = fatal

    @property
    def encryption(self) -> bool:
        """Whether what it says is that there is a password."""
        why = str(self).lower()
        return "encrypt" in why or "passphrase" in why or "crypto" in why


@cache
def _library() -> Any:
    """The functions with their types. A name is converted to the locale's charset, which must hold all of them."""
    if locale.nl_langinfo(locale.CODESET) != "UTF-8":
        locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    library = CDLL(_LIBRARY)
    pointer, text = c_void_p, c_char_p
    for name, result, arguments in (
        ("read_new", pointer, []),
        ("read_free", c_int, [pointer]),
        ("read_open_memory", c_int, [pointer, text, c_size_t]),
        ("read_next_header", c_int, [pointer, POINTER(c_void_p)]),
        ("read_data", c_ssize_t, [pointer, pointer, c_size_t]),
        ("read_has_encrypted_entries", c_int, [pointer]),
        ("error_string", text, [pointer]),
        ("filter_code", c_int, [pointer, c_int]),
        ("format", c_int, [pointer]),
        ("entry_filetype", c_int, [pointer]),
        ("entry_pathname", text, [pointer]),
        ("entry_pathname_w", c_wchar_p, [pointer]),
        ("entry_symlink", text, [pointer]),
        ("entry_hardlink", text, [pointer]),
        ("entry_is_encrypted", c_int, [pointer]),
    ):
        function = getattr(library, f"archive_{name}")
        function.restype, function.argtypes = result, arguments
    return library


class Unpacker:
    """An open archive. Use `opened`."""

    def __init__(self, library: Any, archive: int) -> None:
        self._library = library
        self._archive = archive
        self._entry = c_void_p()
        self._buffer = create_string_buffer(_BLOCK)

    def next(self) -> bool:
        """Go to the next entry; False at the end. Raises UnpackError, after which there is no next one."""
        code = self._library.archive_read_next_header(self._archive, self._entry)
        if code < _WARN:
            raise self._error(fatal=True)
        return bool(code != _EOF)

    @property
    def path(self) -> bytes:
        """Where the entry wants to lie, in whatever charset it came."""
        path: bytes | None = self._library.archive_entry_pathname(self._entry)
        if path is None:
            wide = self._library.archive_entry_pathname_w(self._entry) or ""
            return str(wide).encode("utf-8", "replace")
        return path

    @property
    def kind(self) -> Kind:
        if self.link:
            return Kind.OTHER
        file_type = self._library.archive_entry_filetype(self._entry) & _FILE_TYPE
        if file_type == _DIRECTORY:
            return Kind.FOLDER
        return Kind.FILE if file_type in {_REGULAR, 0} else Kind.OTHER

    @property
    def link(self) -> bytes:
        """What a symbolic or hard link points to; b"" for other entries."""
        library = self._library
        return library.archive_entry_symlink(self._entry) or library.archive_entry_hardlink(self._entry) or b""

    @property
    def encrypted(self) -> bool:
        return bool(self._library.archive_entry_is_encrypted(self._entry))

    @property
    def any_encrypted(self) -> bool:
        """As far as has been read; the entries' names may be what is encrypted."""
        return bool(self._library.archive_read_has_encrypted_entries(self._archive) > 0)

    @property
    def filtered(self) -> bool:
        """Whether the archive, or the single file, was compressed as a whole."""
        return bool(self._library.archive_filter_code(self._archive, 0) != 0)

    def blocks(self) -> Iterator[bytes]:
        """The entry's octets. Raises UnpackError when no more of them can be had."""
        retries = 0
        while True:
            count = self._library.archive_read_data(self._archive, self._buffer, _BLOCK)
            if count == _RETRY and retries < _MOST_RETRIES:
                retries += 1
                continue
            if count < 0:
                raise self._error(fatal=count == _FATAL)
            if count == 0:
                return
            yield self._buffer.raw[:count]

    def _error(self, *, fatal: bool) -> UnpackError:
        why = self._library.archive_error_string(self._archive) or b""
        return UnpackError(why[:200].decode("utf-8", "replace"), fatal=fatal)


@contextmanager
def opened(data: bytes, formats: tuple[str, ...], filters: tuple[str, ...]) -> Iterator[Unpacker]:
    """`data` as an archive of one of libarchive's `formats`, compressed by some of its `filters` or by none.

    Raises UnpackError when it is none of them, MemoryError when there is no room to begin.
    """
    library = _library()
    archive = library.archive_read_new()
    if not archive:
        raise MemoryError
    try:
        for name in formats:
            getattr(library, f"archive_read_support_format_{name}")(c_void_p(archive))
        for name in filters:
            getattr(library, f"archive_read_support_filter_{name}")(c_void_p(archive))
        unpacker = Unpacker(library, archive)
        if library.archive_read_open_memory(archive, data, len(data)) < _WARN:
            raise unpacker._error(fatal=True)
        yield unpacker
    finally:
        library.archive_read_free(archive)
