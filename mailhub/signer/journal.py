"""Every signature, written down and on the disk before it leaves: DIR/signer/journal/2026-11.jsonl.

Lines are only appended, each with the hash of the one before, across files: a line that is taken out or altered is
found (`read_journal`). The limit a day is counted from here, so that a restart does not renew it; what is dated later
counts as well, so that a clock set back does not either. A line that a crash cut off belongs to a signature that never
left; it is dropped at the next start.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from mailhub.clock import local_time
from mailhub.signer.errors import JournalError, NotJournalled
from mailhub.store.durable import sync_folder

NOTHING = "0" * 64  # before the first line
MOST_DAYS = 62  # that are remembered
_NAME = re.compile(r"\d{4}-\d{2}\.jsonl")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One signature. Hashes are hexadecimal SHA-256, `at` ms. `number` counts from 1."""

    number: int = 0
    at: int
    agency: str
    desk: str
    clerk: str
    act: str
    kind: str
    doc_type: str
    number_symbol: str
    original: str
    digest: str  # that was signed: of original and update without the placeholder
    cms: str
    certificate: str
    main: str = ""
    previous: str = ""
    hash: str = ""


class Journal:
    """The journal in one folder, opened by one process. Blocks; used by one order at a time."""

    def __init__(self, folder: Path) -> None:
        """Raises:
        JournalError: it cannot be read, or its newest file is broken.
        """
        self._folder = folder
        self.entries, self.head = 0, NOTHING
        # What was signed on each day, by agency: who asked, and for which file. The same once more counts once.
        self._days: dict[str, dict[str, set[tuple[str, str]]]] = {}
        self._newest = ""
        self._mains: dict[tuple[str, str, str], Entry] = {}
        self._broken = ""
        names = _names(folder)
        if names:
            _drop_torn_end(folder / names[-1])
            self._newest = names[-1]
        for entry in _read(folder, names[-2:]):  # what was sealed late on the last of a month has attachments today
            if self.entries and (entry.number != self.entries + 1 or entry.previous != self.head):
                raise JournalError(f"after entry {self.entries} the chain is broken: something was taken out or put in")
            self.entries, self.head = entry.number, entry.hash
            self._remember(entry)

    def today(self, agency: str, at: int) -> int:
        """How many different files were signed for `agency` on the day of `at`, in Vietnam, or since."""
        return len(self._since(agency, at))

    def known(self, agency: str, act: str, original: str, at: int) -> bool:
        """Whether that act had that file signed already: asked again after a crash, it costs nothing of the limit."""
        return (act, original) in self._since(agency, at)

    def _since(self, agency: str, at: int) -> set[tuple[str, str]]:
        first = _day(at)
        return set[tuple[str, str]]().union(*(of.get(agency, ()) for day, of in self._days.items() if day >= first))

    def main(self, agency: str, act: str, original: str) -> Entry | None:
        """The main document that was sealed by this act."""
        return self._mains.get((agency, act, original))

    def append(self, entry: Entry) -> Entry:
        """Write it behind the last and wait for the disk; with its number and hashes.

        Raises:
            NotJournalled: that did not succeed. Nothing of it counts.
        """
        if self._broken:
            raise NotJournalled(self._broken)
        values = asdict(entry) | {"number": self.entries + 1, "previous": self.head, "hash": ""}
        whole = Entry(**(values | {"hash": _hash(values)}))
        # Behind the last line, also when the clock has been set back: a chain across files is read in their order.
        path = self._folder / max(f"{local_time(entry.at):%Y-%m}.jsonl", self._newest)
        try:
            self._write(path, (_dump(asdict(whole)) + "\n").encode())
        except OSError as error:
            raise NotJournalled(f"{path.name}: {error.strerror}") from error
        self.entries, self.head, self._newest = whole.number, whole.hash, path.name
        self._remember(whole)
        return whole

    def _write(self, path: Path, line: bytes) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        fresh = not path.exists()
        fd = os.open(path, flags, 0o600)
        try:
            before = os.fstat(fd).st_size
            try:
                if os.write(fd, line) != len(line):
                    raise OSError(28, "no space left")
                os.fsync(fd)
            except OSError:
                self._take_back(fd, before)
                raise
        finally:
            os.close(fd)
        if fresh:
            sync_folder(path.parent)

    def _take_back(self, fd: int, size: int) -> None:
        """A line that half stands there would break the chain for those to come."""
        try:
            os.ftruncate(fd, size)
            os.fsync(fd)
        except OSError as error:
            self._broken = f"a line may be half written ({error.strerror}); start the signer anew"

    def _remember(self, entry: Entry) -> None:
        self._days.setdefault(_day(entry.at), {}).setdefault(entry.agency, set()).add((entry.act, entry.original))
        if len(self._days) > MOST_DAYS:
            del self._days[min(self._days)]
        if entry.kind == "main":
            self._mains[entry.agency, entry.act, entry.original] = entry


def read_journal(folder: Path) -> Iterator[Entry]:
    """Every entry, oldest first, the chain verified on the way.

    Raises:
        JournalError: a line was altered, taken out, or cannot be read.
    """
    number, head = 0, NOTHING
    for entry in _read(folder, _names(folder)):
        if entry.number != number + 1 or entry.previous != head:
            raise JournalError(f"after entry {number} the chain is broken: something was taken out or put in")
        number, head = entry.number, entry.hash
        yield entry


def _names(folder: Path) -> list[str]:
    try:
        return sorted(path.name for path in folder.iterdir() if _NAME.fullmatch(path.name))
    except OSError as error:
        raise JournalError(f"{folder}: {error.strerror}") from error


def _read(folder: Path, names: list[str]) -> Iterator[Entry]:
    for name in names:
        try:
            with (folder / name).open("rb") as file:
                for count, line in enumerate(file, 1):
                    yield _entry(line, f"{name}:{count}")
        except OSError as error:
            raise JournalError(f"{name}: {error.strerror}") from error


_FIELDS = {one.name for one in fields(Entry)}


def _entry(line: bytes, place: str) -> Entry:
    try:
        values: dict[str, Any] = json.loads(line)
        if values.keys() != _FIELDS or _hash(values | {"hash": ""}) != values["hash"]:
            raise JournalError(f"{place}: was altered")
        return Entry(**values)
    except (ValueError, AttributeError, TypeError) as error:
        raise JournalError(f"{place}: is no entry") from error


def _hash(values: dict[str, Any]) -> str:
    return hashlib.sha256(_dump(values).encode()).hexdigest()


def _dump(values: dict[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _day(at: int) -> str:
    return local_time(at).date().isoformat()


def _drop_torn_end(path: Path) -> None:
    """A last line without its line feed was never answered for."""
    try:
        octets = path.read_bytes()
        whole = octets.rfind(b"\n") + 1
        if whole != len(octets):
            os.truncate(path, whole)
    except OSError as error:
        raise JournalError(f"{path.name}: {error.strerror}") from error
