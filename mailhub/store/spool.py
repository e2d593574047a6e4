"""Message bodies on disk: small ones appended to a segment, large ones in files of their own.

What makes a 250 true is `Spool.commit`: when it returns, the bytes of every body given to it have been through
fdatasync, and names through fsync of their folder (architecture § 4.1, 4.2). One fdatasync serves all small
bodies of a batch; that is the design's main speed lever. Bodies never change after that.

    spool/incoming/   being received; thrown away when their writer starts again
    spool/segments/   WRITER-TIME.seg, appended to by one writer until it is full or old
    spool/large/      one file a body
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path

from mailhub.clock import MINUTE, now_ms
from mailhub.ids import new_id
from mailhub.store.durable import sync_folder
from mailhub.store.errors import StoreUnavailable

CHUNK = 256 * 1024
SEGMENT_AGE = 10 * MINUTE
_WRITEV_PARTS = 512  # IOV_MAX is 1024


@dataclass(frozen=True, slots=True)
class Location:
    """Where a committed body lies: `file` is relative to the spool folder."""

    file: str
    offset: int
    length: int


class StagedBody:
    """A body on its way in: in memory while it is small, then in a file under `incoming/`."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._parts: list[bytes] = []
        self._fd = -1
        self.path: Path | None = None
        self.length = 0
        self.location: Location | None = None  # where it lies, once a commit has moved its file

    def write(self, chunk: bytes) -> None:
        """Add bytes.

        Raises:
            StoreUnavailable: the disk does not take them.
        """
        self.length += len(chunk)
        if self._fd < 0:
            self._parts.append(chunk)
            if self.length <= self._spool.small_bytes:
                return
            self._spill()
        else:
            _write_all(self._fd, [chunk])

    def _spill(self) -> None:
        path = self._spool.incoming / f"{self._spool.writer}-{new_id()}.part"
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreUnavailable(f"spool: {error.strerror}") from error
        self.path = path
        _write_all(self._fd, self._parts)
        self._parts = []

    def set_apart(self) -> None:
        """Keep the bytes in a file of their own, however few: what is nobody's afterwards goes as soon as it is found.

        Raises:
            StoreUnavailable: the disk does not take them.
        """
        if self._fd < 0:
            self._spill()

    async def settle(self) -> None:
        """Bring a large body to the disk, off the loop, so that several do it at the same time."""
        if self._fd >= 0:
            try:
                await asyncio.to_thread(os.fdatasync, self._fd)
            except OSError as error:
                raise StoreUnavailable(f"spool: {error.strerror}") from error

    def sync(self) -> None:
        """As `settle`, for callers that are in a thread already."""
        if self._fd >= 0:
            try:
                os.fdatasync(self._fd)
            except OSError as error:
                raise StoreUnavailable(f"spool: {error.strerror}") from error

    @property
    def memory(self) -> list[bytes]:
        """The bytes of a small body; empty for one that lies in a file."""
        return self._parts

    @contextmanager
    def content(self) -> Iterator[bytes | mmap]:
        """All its bytes, for as long as the block lasts; a large body is not copied.

        Raises:
            StoreUnavailable: they are not all there.
        """
        if self._fd < 0:
            yield self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
            return
        self.check()
        with mmap(self._fd, self.length, access=ACCESS_READ) as mapped:
            yield mapped

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def check(self) -> None:
        """Make sure that the file holds what was written to it.

        Raises:
            StoreUnavailable: a write failed on the way, or the body was given up.
        """
        if self._fd < 0 or os.fstat(self._fd).st_size != self.length:
            raise StoreUnavailable("spool: the body is not complete")

    def destroy(self) -> None:
        """Give the bytes up and leave none of them on the disk: those of a secret. Not after a commit.

        Raises:
            StoreUnavailable: they could not be overwritten; the file goes all the same.
        """
        try:
            if self._fd >= 0:
                _overwrite(self._fd, 0, os.fstat(self._fd).st_size)
        except OSError as error:
            raise StoreUnavailable(f"spool: {error.strerror}") from error
        finally:
            self.discard()

    def discard(self) -> None:
        """Give the bytes up; harmless after a commit."""
        self._parts = []
        self.close()
        if self.path is not None:
            self.path.unlink(missing_ok=True)
            self.path = None


class Spool:
    """The folder of bodies, as one process writes and reads it. `writer` names the process."""

    def __init__(self, directory: Path, writer: str, *, small_kib: int = 256, segment_mib: int = 64) -> None:
        self.directory = directory
        self.writer = writer
        self.small_bytes = small_kib * 1024
        self._segment_bytes = segment_mib * 1024 * 1024
        self.incoming = directory / "incoming"
        self._segments = directory / "segments"
        self._large = directory / "large"
        self._fd = -1
        self._name = ""
        self._size = 0
        self._opened_at = 0

    def prepare(self) -> None:
        """Make the folders, and throw away what this writer had not committed when it ended."""
        try:
            for folder in (self.incoming, self._segments, self._large):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for stale in self.incoming.glob(f"{self.writer}-*.part"):
                stale.unlink(missing_ok=True)
        except OSError as error:
            raise StoreUnavailable(f"spool: {error.strerror}") from error

    def stage(self) -> StagedBody:
        return StagedBody(self)

    # ------------------------------------------------------------------ writing

    def commit(self, bodies: Sequence[StagedBody]) -> list[Location]:
        """Make `bodies` durable, in order. Called from one thread at a time.

        Raises:
            StoreUnavailable: the disk is full, read-only or gone; nothing of the batch counts.
        """
        try:
            large = [body for body in bodies if body.path is not None]
            small = [body for body in bodies if body.path is None and body.location is None]
            places = dict(zip(map(id, small), self._append(small) if small else (), strict=True))
            for body in large:
                self._move(body)
            if any(body.location is not None for body in bodies):
                sync_folder(self._large)
            return [body.location or places[id(body)] for body in bodies]
        except OSError as error:
            self._abandon_segment()
            raise StoreUnavailable(f"spool: {error.strerror}") from error
        except StoreUnavailable:
            self._abandon_segment()
            raise

    def check(self, locations: Sequence[Location]) -> None:
        """Make sure, within the transaction that writes their rows, that committed bodies are still there.

        A process that was stopped between the two (a machine suspended for an hour) may find that housekeeping
        took them for leftovers.

        Raises:
            StoreUnavailable: they are not.
        """
        for file in {location.file for location in locations}:
            if not (self.directory / file).exists():
                raise StoreUnavailable(f"spool: {file} is gone")

    def _append(self, bodies: list[StagedBody]) -> list[Location]:
        self._open_segment()
        locations: list[Location] = []
        parts: list[bytes] = []
        offset = self._size
        for body in bodies:
            pieces = body.memory
            if sum(map(len, pieces)) != body.length:  # given up by its session meanwhile: offsets must not shift
                raise StoreUnavailable("spool: the body is not complete")
            parts += pieces
            locations.append(Location(self._name, offset, body.length))
            offset += body.length
        _write_all(self._fd, parts)
        os.fdatasync(self._fd)
        self._size = offset
        return locations

    def _move(self, body: StagedBody) -> None:
        if body.path is None:
            raise StoreUnavailable("spool: the body is not complete")
        body.check()
        name = f"large/{body.path.stem}"
        body.path.rename(self.directory / name)
        # Remembered: a batch that the database refuses is tried again one by one.
        body.path, body.location = None, Location(name, 0, body.length)
        body.close()

    def _open_segment(self) -> None:
        if self._fd >= 0 and self._size < self._segment_bytes and now_ms() - self._opened_at < SEGMENT_AGE:
            return
        self._drop_segment()
        self._opened_at = now_ms()
        self._name = f"segments/{self.writer}-{new_id()}.seg"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        self._fd = os.open(self.directory / self._name, flags, 0o600)
        self._size = 0
        sync_folder(self._segments)

    def _drop_segment(self) -> None:
        """Begin a new segment next time."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _abandon_segment(self) -> None:
        """After a failed write: what it left behind is nobody's, and a full disk needs the room."""
        if self._fd >= 0:
            with suppress(OSError):
                os.ftruncate(self._fd, self._size)
                if not self._size:
                    (self.directory / self._name).unlink(missing_ok=True)
        self._drop_segment()

    # ------------------------------------------------------------------ reading

    def read(self, location: Location) -> Iterator[bytes]:
        """The body in chunks of at most 256 KiB.

        Raises:
            StoreUnavailable: the file is gone or shorter than it was.
        """
        try:
            fd = os.open(self.directory / location.file, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise StoreUnavailable(f"spool: {location.file}: {error.strerror}") from error
        try:
            at, end = location.offset, location.offset + location.length
            while at < end:
                chunk = os.pread(fd, min(CHUNK, end - at), at)
                if not chunk:
                    raise StoreUnavailable(f"spool: {location.file} is shorter than its rows say")
                at += len(chunk)
                yield chunk
        finally:
            os.close(fd)

    # ----------------------------------------------------------------- clearing

    def files(self) -> Iterator[tuple[str, float]]:
        """Every committed file with its time of last change, in seconds; the segments in use are left out."""
        newest: dict[str, int] = {}
        found: list[tuple[str, float]] = []
        for folder in ("segments", "large"):
            with os.scandir(self.directory / folder) as entries:
                for entry in entries:
                    found.append((f"{folder}/{entry.name}", entry.stat().st_mtime))
                    if folder == "segments":
                        writer, _, number = entry.name.removesuffix(".seg").rpartition("-")
                        newest[writer] = max(newest.get(writer, 0), int(number) if number.isdecimal() else 0)
        in_use = {f"segments/{writer}-{number}.seg" for writer, number in newest.items()}
        return (item for item in found if item[0] not in in_use)

    def abandoned(self, *, before: float) -> list[Path]:
        """Files under `incoming/` that nobody has written to since `before` (seconds): their writer is no more."""
        with os.scandir(self.incoming) as entries:
            return [Path(entry.path) for entry in entries if entry.stat().st_mtime < before]

    def wipe(self, location: Location) -> None:
        """Overwrite a committed body where it lies, durably; a file that holds nothing else goes. May be done twice.

        Raises:
            StoreUnavailable: the disk does not take it.
        """
        path = self.directory / location.file
        try:
            fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return
        except OSError as error:
            raise StoreUnavailable(f"spool: {location.file}: {error.strerror}") from error
        try:
            end = min(location.offset + location.length, os.fstat(fd).st_size)
            _overwrite(fd, location.offset, end)
            if location.file.startswith("large/"):
                path.unlink(missing_ok=True)
                sync_folder(path.parent)
        except OSError as error:
            raise StoreUnavailable(f"spool: {location.file}: {error.strerror}") from error
        finally:
            os.close(fd)

    def remove(self, file: str) -> None:
        (self.directory / file).unlink(missing_ok=True)


def _write_all(fd: int, parts: Sequence[bytes]) -> None:
    """Write every byte: writev may take fewer, and no more than IOV_MAX pieces."""
    try:
        for start in range(0, len(parts), _WRITEV_PARTS):
            some = parts[start : start + _WRITEV_PARTS]
            total = sum(map(len, some))
            written = os.writev(fd, some)
            if written < total:
                rest = memoryview(b"".join(some))[written:]
                while rest:
                    rest = rest[os.write(fd, rest) :]
    except OSError as error:
        raise StoreUnavailable(f"spool: {error.strerror}") from error


def _overwrite(fd: int, start: int, end: int) -> None:
    """Zeros in place of what lies there, through to the disk: appenders of the same file are not disturbed."""
    zeros = bytes(CHUNK)
    at = start
    while at < end:
        at += os.pwrite(fd, zeros[: min(CHUNK, end - at)], at)
    os.fdatasync(fd)
