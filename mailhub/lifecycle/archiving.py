"""An ended mailbox's mail, moved out of Dovecot's sight into one file, and later destroyed.

`data/archive/NUMBER.tar.gz` holds the mailbox's folder as it was (Maildir, Sieve scripts). It is written whole, read
back and compared before the folder goes; a crash at any point leaves the folder, the archive, or both, and the next
run goes on from there.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path

from mailhub.errors import TemporaryError
from mailhub.store.durable import sync_folder

_CHUNK = 1 << 20


class CannotArchive(TemporaryError):
    """The mailbox could not be packed, or what was packed is not what was there: nothing was removed."""


@dataclass(frozen=True, slots=True)
class Archive:
    """What was packed: the file, its SHA-256, how many files it holds and their octets together."""

    path: Path
    sha256: str
    files: int
    octets: int


def archive_path(directory: Path, number: int) -> Path:
    """Where the archive of the mailbox with this number lies."""
    return directory / f"{number}.tar.gz"


def pack(home: Path, target: Path) -> Archive:
    """Write `home` into `target` and check it against what is there. Nothing is removed.

    A mailbox that never got mail has no folder: its archive is empty.

    Raises:
        CannotArchive: the disk refused, or the mailbox changed meanwhile.
    """
    fresh = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with fresh.open("wb") as file:
            os.fchmod(file.fileno(), 0o600)
            with tarfile.open(fileobj=file, mode="w:gz", compresslevel=6) as tar:
                if home.is_dir():
                    tar.add(home, arcname=".")
            file.flush()
            os.fsync(file.fileno())
        held, there = _listed(fresh), _found(home)
        if held != there:
            raise CannotArchive(f"{home}: the mailbox changed while it was packed")
        fresh.replace(target)
        sync_folder(target.parent)
        return Archive(target, _digest(target), len(held), sum(size for _, size in held))
    except (OSError, KeyError, tarfile.TarError) as error:
        raise CannotArchive(f"{target}: {error}") from error
    finally:
        fresh.unlink(missing_ok=True)


def remove_home(home: Path) -> None:
    """Take the packed folder away.

    Raises:
        CannotArchive: the disk refused; what is left goes the next time.
    """
    try:
        if home.exists():
            shutil.rmtree(home)
    except OSError as error:
        raise CannotArchive(f"{home}: {error}") from error


def destroy(path: Path) -> None:
    """Erase an archive.

    Raises:
        CannotArchive
    """
    try:
        path.unlink(missing_ok=True)
        if path.parent.is_dir():
            sync_folder(path.parent)
    except OSError as error:
        raise CannotArchive(f"{path}: {error}") from error


def _listed(archive: Path) -> set[tuple[str, int]]:
    sizes: dict[str, int] = {}
    with tarfile.open(archive, "r:gz") as tar:
        for member in tar:  # to the end: a damaged stream raises
            if member.isfile() or member.issym():
                sizes[os.path.normpath(member.name)] = member.size
            elif member.islnk():  # IMAP's COPY makes a second name of one file; tar has its octets under the first
                sizes[os.path.normpath(member.name)] = sizes[os.path.normpath(member.linkname)]
    return set(sizes.items())


def _found(home: Path) -> set[tuple[str, int]]:
    if not home.is_dir():
        return set()
    return {
        (str(path.relative_to(home)), 0 if path.is_symlink() else path.stat().st_size)
        for path in home.rglob("*")
        if path.is_symlink() or path.is_file()
    }


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
