"""Files packed into one: ZIP, 7z, RAR, TAR, and single files compressed, unpacked in memory under quotas.

Sizes that an archive declares are never trusted: what comes out is counted while it comes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mailhub.files.budget import Budget
from mailhub.files.facts import Danger, DangerKind, Unreadable
from mailhub.files.members import Contents, Member
from mailhub.files.packed_names import gzip_name, is_traversal, names_of
from mailhub.files.rarindex import encrypted_files
from mailhub.files.unpack import Kind, Unpacker, UnpackError, opened
from mailhub.files.zipindex import ZipIndex, read_zip_index

_STREAMS = ("gzip", "bzip2", "xz", "lzma", "zstd", "compress")
_KINDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "zip": (("zip",), ()),
    "7z": (("7zip",), ()),
    "rar": (("rar", "rar5"), ()),
    "tar": (("tar",), _STREAMS),
    "gz": (("tar", "raw"), ("gzip",)),
    "bz2": (("tar", "raw"), ("bzip2",)),
    "xz": (("tar", "raw"), ("xz",)),
    "zst": (("tar", "raw"), ("zstd",)),
}
# Beyond both of them an archive is a bomb. A table of zeros is packed to a hundredth.
_BOMB_RATIO = 250
_BOMB_OCTETS = 32 * 2**20
_MOST_ENTRIES = 20_000  # folders and links included
_LONGEST_DETAIL = 200


def read_archive(data: memoryview, kind: str, *, budget: Budget) -> Contents:
    """The files of an archive of `kind`: `zip`, `7z`, `rar`, `tar` (compressed or not), `gz`, `bz2`, `xz`, `zst`.

    The last four may hold a tar or a single file. Raises nothing but MemoryError; nothing is written to disk. One level
    only: whoever opens a member that is an archive counts it with `budget.deeper`.
    """
    if kind not in _KINDS:
        return Contents(unreadable=Unreadable.UNSUPPORTED)
    if not len(data):
        return Contents(unreadable=Unreadable.EMPTY)
    held = data.obj
    octets = held if isinstance(held, bytes) and len(held) == data.nbytes else data.tobytes()
    reading = _Reading(octets, kind, budget)
    reading.run()
    return Contents(tuple(reading.members), reading.unreadable, tuple(reading.dangers))


@dataclass(slots=True)
class _Reading:
    data: bytes
    kind: str
    budget: Budget
    members: list[Member] = field(default_factory=list)
    dangers: list[Danger] = field(default_factory=list)
    unreadable: Unreadable | None = None
    unpacked: int = 0
    index: ZipIndex | None = None
    encrypted: frozenset[int] = frozenset()  # entries that libarchive does not know to be

    def run(self) -> None:
        formats, filters = _KINDS[self.kind]
        if self.kind == "zip":
            self.index = read_zip_index(self.data)
            if self.index and self.index.overlapping:
                self.endanger(DangerKind.BOMB, "entries that share their octets")
            if self.index and self.index.unlisted:
                self.endanger(DangerKind.POLYGLOT, "files that the archive's list does not name")
        if self.kind == "rar":
            self.encrypted = encrypted_files(self.data)
        self.read_as(formats, filters)
        if not self.members and self.unreadable is None and "raw" in formats:
            self.read_as(("raw",), filters)  # zeros are an empty tar as well
        if self.unreadable is Unreadable.ENCRYPTED:
            self.endanger(DangerKind.ENCRYPTED)

    def read_as(self, formats: tuple[str, ...], filters: tuple[str, ...]) -> None:
        try:
            with opened(self.data, formats, filters) as unpacker:
                self.read_entries(unpacker)
        except UnpackError as error:
            self.unreadable = Unreadable.ENCRYPTED if error.encryption else Unreadable.DAMAGED

    def read_entries(self, unpacker: Unpacker) -> None:
        for number in range(_MOST_ENTRIES):
            if self.budget.out_of_time:
                self.unreadable = Unreadable.TIME
                return
            try:
                if not unpacker.next():
                    return
            except UnpackError as error:
                encrypted = error.encryption or (not self.members and unpacker.any_encrypted)
                self.unreadable = Unreadable.ENCRYPTED if encrypted else Unreadable.DAMAGED
                return
            if "raw" in _KINDS[self.kind][0] and not unpacker.filtered:
                self.unreadable = Unreadable.DAMAGED
                return
            if not self.read_entry(unpacker, number):
                return
        self.unreadable = Unreadable.TOO_MANY

    def read_entry(self, unpacker: Unpacker, number: int) -> bool:
        """Take one entry in; False when nothing after it may or can be read."""
        names, dangers = self.look_at_names(unpacker, number)
        self.dangers.extend(danger for danger in dangers if danger.kind is DangerKind.TRAVERSAL)
        if unpacker.kind is not Kind.FILE:
            return True
        if not self.budget.take_member():
            self.unreadable = Unreadable.TOO_MANY
            return False
        data, unreadable, fatal = self.read_octets(unpacker, number)
        if unreadable is Unreadable.ENCRYPTED:
            dangers.append(Danger(DangerKind.ENCRYPTED))
            self.endanger(DangerKind.ENCRYPTED)
        self.members.append(Member(names[0], "", data, unreadable, tuple(dangers), names[1:]))
        if fatal:
            self.unreadable = unreadable
        return not fatal

    def look_at_names(self, unpacker: Unpacker, number: int) -> tuple[tuple[str, ...], list[Danger]]:
        raw = [unpacker.path]
        if self.index and (listed := self.index.name(number)) not in {None, raw[0]}:
            raw.append(listed or b"")
        if self.kind in {"gz", "bz2", "xz", "zst"} and raw == [b"data"]:
            raw = [gzip_name(self.data)]
        names, hidden = names_of(raw)
        dangers = [Danger(DangerKind.MISNAMED, "hidden characters in the name")] if hidden else []
        for path in (*raw, unpacker.link):
            if is_traversal(path):
                dangers.append(Danger(DangerKind.TRAVERSAL, path.decode("utf-8", "replace")[:_LONGEST_DETAIL]))
        return names, dangers

    def read_octets(self, unpacker: Unpacker, number: int) -> tuple[bytes, Unreadable | None, bool]:
        """As much of an entry as may be read, why that is not all, and whether that ends the whole reading."""
        if unpacker.encrypted or number in self.encrypted:
            return b"", Unreadable.ENCRYPTED, False
        blocks: list[bytes] = []
        try:
            for block in unpacker.blocks():
                self.unpacked += len(block)
                if not self.budget.take_octets(len(block)):
                    return b"".join(blocks), Unreadable.TOO_LARGE, True
                blocks.append(block)
                if self.unpacked > max(_BOMB_OCTETS, _BOMB_RATIO * len(self.data)):
                    self.endanger(DangerKind.BOMB, f"more than {_BOMB_RATIO} times its size")
                    return b"", Unreadable.TOO_LARGE, True
                if self.budget.out_of_time:
                    return b"".join(blocks), Unreadable.TIME, True
        except UnpackError as error:
            why = Unreadable.ENCRYPTED if error.encryption else Unreadable.DAMAGED
            return b"".join(blocks), why, error.fatal
        return b"".join(blocks), None, False

    def endanger(self, kind: DangerKind, detail: str = "") -> None:
        danger = Danger(kind, detail)
        if danger not in self.dangers:
            self.dangers.append(danger)
