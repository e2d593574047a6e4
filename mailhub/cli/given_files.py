"""The files that a command was given: folders stand for what is in them, nothing is read that has no end."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from mailhub.sandbox.pool import FileBytes

STANDARD_INPUT = Path("-")
LARGEST = 256 * 2**20  # octets of one file
_MAIL = "message/rfc822"
_BLOCK = 2**20


def every_file(given: Iterable[str]) -> Iterator[Path]:
    """The files that the words of a command line mean, those of a folder in order; `-` is `STANDARD_INPUT`.

    A folder without files is given itself: `bytes_of` says what is the matter with it.
    """
    for word in given:
        if word == "-":
            yield STANDARD_INPUT
            continue
        path = Path(word)
        for one in _files_in(path) or [path]:
            # `./-` is a file of that name, and pathlib takes its `./` away.
            yield one.absolute() if one == STANDARD_INPUT else one


def _files_in(path: Path) -> list[Path]:
    try:
        return sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else []
    except OSError:  # a name that is too long, a folder that may not be entered: opening it says so
        return []


def standard_input() -> bytes:
    """What is on standard input, one octet more than `LARGEST` at most."""
    return sys.stdin.buffer.read(LARGEST + 1)


def bytes_of(path: Path, typed: bytes = b"") -> FileBytes:
    """The file with its name; `typed` is what came on standard input.

    Raises:
        OSError: it cannot be opened, is no regular file (a pipe or a device might never end), or is too large.
    """
    data = typed if path == STANDARD_INPUT else _contents(path)
    if len(data) > LARGEST:
        raise OSError(0, f"larger than {LARGEST // 2**20} MiB")
    name = "" if path == STANDARD_INPUT else printable(path.name)
    declared = _MAIL if path.suffix.lower() == ".eml" else "application/octet-stream"
    return FileBytes(name, declared, data, hashlib.sha256(data).hexdigest())


def _contents(path: Path) -> bytes:
    """Up to one octet more than `LARGEST`. What is no regular file is not opened: opening alone does things."""
    _check(path.stat(), path)
    file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        _check(os.fstat(file), path)  # it may have been exchanged meanwhile
        blocks, size = [], 0
        # The size is not asked for: files under /proc say that they have none.
        while size <= LARGEST and (block := os.read(file, min(_BLOCK, LARGEST + 1 - size))):
            blocks.append(block)
            size += len(block)
        return b"".join(blocks)
    finally:
        os.close(file)


def _check(found: os.stat_result, path: Path) -> None:
    if stat.S_ISDIR(found.st_mode):
        os.scandir(path).close()  # says so when it may not be read
        raise OSError(0, "nothing to read: there is no file in this folder")
    if not stat.S_ISREG(found.st_mode):
        raise OSError(0, "not a regular file; what a pipe gives is read by `mailhub classify -`")
    if found.st_size > LARGEST:
        raise OSError(0, f"larger than {LARGEST // 2**20} MiB")


def printable(path: Path | str) -> str:
    """The name with octets that are no UTF-8 replaced: files from old systems have such."""
    return os.fsencode(path).decode("utf-8", "replace")
