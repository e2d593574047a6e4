"""Wrong PINs, counted where a restart does not forget them: a token that locks is a trip to the authority.

A try is written down before it is made, so that one during which the process dies counts. A PIN that was refused is not
tried twice: nothing is tried until its file has changed; after three tries nothing at all, until a person says so
(`mailhub signer unlock`). A token that itself says that one try is left gets none from us (`tokens.py`). The counts are
changed under a lock: `mailhub signer check` opens keys beside the signer.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from mailhub.signer.errors import MandateError, SignerError
from mailhub.signer.folder import Folder
from mailhub.signer.mandate_file import KeyTable
from mailhub.signer.orders import Refusal
from mailhub.store.durable import sync_folder

MOST_WRONG = 3
TRIES = "state/tries.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tries:
    """`wrong` ones since the last right one; `mark` tells the PIN file that was refused last."""

    wrong: int = 0
    mark: str = ""


def read_pin(folder: Folder, name: str) -> str:
    """The first line of the file `name`.

    Raises:
        SignerError: PIN: it cannot be read, or is empty.
    """
    try:
        pin = folder.read(name).decode("utf-8").split("\n", 1)[0].rstrip("\r")
    except (MandateError, UnicodeDecodeError) as error:
        raise SignerError(Refusal.PIN, str(error)) from error
    if not pin:
        raise SignerError(Refusal.PIN, f"{name}: is empty")
    return pin


def key_name(table: KeyTable) -> str:
    """Under which its wrong PINs are counted: tokens lock, not keys."""
    return f"file {table.pkcs12}" if table.pkcs12 else f"token {table.token}"


class PinGuard:
    """The counts in DIR/signer/state. Read anew at each question: `unlock` is another process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / TRIES

    def wrong(self, name: str) -> int:
        """How many wrong PINs the key `name` has been given."""
        return self._read().get(name, Tries()).wrong

    def check(self, name: str, pin: str) -> None:
        """Raises:
        SignerError: PIN: no try may be made now.
        """
        tries = self._read().get(name, Tries())
        if tries.wrong >= MOST_WRONG:
            raise SignerError(
                Refusal.PIN, f"{name}: {tries.wrong} wrong PINs, stopped before the token locks: mailhub signer unlock"
            )
        if tries.wrong and tries.mark == self._mark(pin):
            raise SignerError(Refusal.PIN, f"{name}: wrong PIN ({tries.wrong} of {MOST_WRONG}): change {pin}")

    def begin(self, name: str, pin: str) -> str:
        """Write down that the PIN in the file `pin` is going to be tried for `name`; what `refused` is to be told.

        Raises:
            SignerError: PIN: it must not be.
        """
        with self._alone():
            self.check(name, pin)
            kept = self._read()
            tries = kept.get(name, Tries())
            kept[name] = replace(tries, wrong=tries.wrong + 1)
            self._write(kept)
        return self._mark(pin)

    def refused(self, name: str, mark: str) -> None:
        """It was wrong, and is not tried again. A try during which the process died counts, and may have been right."""
        with self._alone():
            kept = self._read()
            kept[name] = replace(kept.get(name, Tries()), mark=mark)
            self._write(kept)

    def right(self, name: str) -> None:
        """It was right, or a person says that counting begins anew."""
        with self._alone():
            kept = self._read()
            if kept.pop(name, None) is not None:
                self._write(kept)

    def untried(self, name: str) -> None:
        """The token never saw it."""
        with self._alone():
            kept = self._read()
            tries = kept.get(name, Tries())
            kept[name] = replace(tries, wrong=max(0, tries.wrong - 1))
            self._write(kept)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else changes the counts, of this process or another."""
        try:
            fd = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise SignerError(Refusal.PIN, f"{TRIES} cannot be written: {error.strerror}") from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            os.close(fd)

    def _mark(self, pin: str) -> str:
        """Which PIN it is, without being a hash that it could be guessed from."""
        try:
            info = (self._folder / pin).stat()
        except OSError:
            return ""
        return f"{info.st_ino} {info.st_size} {info.st_mtime_ns}"

    def _read(self) -> dict[str, Tries]:
        try:
            written = json.loads(self._path.read_bytes())
            return {str(name): Tries(**one) for name, one in written.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            # Not "none yet": whoever damages the file would win tries.
            raise SignerError(Refusal.PIN, f"{TRIES} cannot be read: {type(error).__name__}") from error

    def _write(self, kept: dict[str, Tries]) -> None:
        fresh = self._path.with_suffix(".new")
        try:
            fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            with os.fdopen(fd, "w", encoding="utf-8") as file:
                json.dump({name: asdict(one) for name, one in kept.items()}, file)
                file.flush()
                os.fsync(file.fileno())
            owner = self._folder.stat()
            if os.geteuid() == 0:
                os.chown(fresh, owner.st_uid, owner.st_gid, follow_symlinks=False)
            fresh.replace(self._path)
            sync_folder(self._path.parent)
        except OSError as error:
            raise SignerError(Refusal.PIN, f"{TRIES} cannot be written: {error.strerror}") from error
