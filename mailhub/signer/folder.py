"""DIR/signer: what only the signer's user can read, and what nobody else can have put there.

The folder above belongs to the hub's user, who could rename this one and put another in its place. So nothing is read
that does not belong to the signer's user (or root), whatever its name.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mailhub.signer.errors import MandateError

MANDATES = "mandates.toml"
PARTS = ("keys", "pins", "seals", "trust", "journal", "state", "run")
LONGEST_FILE = 4 * 2**20


@dataclass(frozen=True, slots=True)
class Folder:
    """The folder `path`, which must be the user `uid`'s alone."""

    path: Path
    uid: int

    def check(self) -> None:
        """Raises:
        MandateError: it is not there, or is not only that user's.
        """
        try:
            info = self.path.lstat()
        except OSError as error:
            raise MandateError([f"{self.path}: {error.strerror}"]) from error
        if not stat.S_ISDIR(info.st_mode):
            raise MandateError([f"{self.path}: must be a folder, and no link to one"])
        if info.st_uid != self.uid:
            raise MandateError([f"{self.path}: belongs to user {info.st_uid}, must be the signer's ({self.uid})"])
        if info.st_mode & 0o077:
            raise MandateError([f"{self.path}: others may look in ({stat.S_IMODE(info.st_mode):o}): chmod 700"])

    def complete(self) -> None:
        """Make the parts that are missing, as the folder's own.

        Raises:
            MandateError: it has become another's meanwhile, or nothing can be made there.
        """
        try:
            inside = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                owner = os.fstat(inside)
                if owner.st_uid != self.uid:
                    raise MandateError([f"{self.path}: belongs to user {owner.st_uid}, must be the signer's"])
                for part in PARTS:
                    with suppress(FileExistsError):
                        os.mkdir(part, 0o700, dir_fd=inside)
                        os.chown(part, owner.st_uid, owner.st_gid, dir_fd=inside, follow_symlinks=False)
            finally:
                os.close(inside)
        except OSError as error:
            raise MandateError([f"{self.path}: {error.strerror}"]) from error

    def read(self, name: str, *, secret: bool = True) -> bytes:
        """The file `name`, a path relative to the folder. `secret`: nobody else may be able to read it.

        Raises:
            MandateError: it is not there, lies elsewhere, or is not the signer's own.
        """
        pure = PurePosixPath(name)
        if pure.is_absolute() or ".." in pure.parts or not pure.parts:
            raise MandateError([f"{name}: must lie in {self.path}"])
        try:
            fd = os.open(self.path / pure, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            raise MandateError([f"{name}: {error.strerror}"]) from error
        with os.fdopen(fd, "rb") as file:
            info = os.fstat(file.fileno())
            if not stat.S_ISREG(info.st_mode):
                raise MandateError([f"{name}: is no file"])
            if info.st_uid not in (self.uid, 0):
                raise MandateError([f"{name}: belongs to user {info.st_uid}, not to the signer's"])
            if info.st_mode & (0o077 if secret else 0o022):
                raise MandateError([f"{name}: others may {'read' if secret else 'change'} it: chmod 600"])
            if info.st_size > LONGEST_FILE:
                raise MandateError([f"{name}: is too large"])
            return file.read(LONGEST_FILE)


def make_folder(path: Path, owner: tuple[int, int] | None = None) -> Folder:
    """The folder with its parts, made where they are missing. `owner`: uid and gid, when root makes it for them.

    Raises:
        OSError
    """
    for folder in (path, *(path / part for part in PARTS)):
        folder.mkdir(mode=0o700, exist_ok=True)
        if owner is not None:
            os.chown(folder, *owner, follow_symlinks=False)
    return Folder(path, os.geteuid() if owner is None else owner[0])
