"""OLE compound files written by hand ([MS-CFB]): enough for readers, without mini streams."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

SECTOR = 512
FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
SMALLEST = 4_096  # smaller streams would lie in the mini stream


@dataclass
class _Entry:
    name: str
    kind: int  # 5 root, 1 storage, 2 stream
    data: bytes = b""
    children: list[int] = field(default_factory=list)
    start: int = END


def compound(streams: dict[str, bytes]) -> bytes:
    """A compound file. Keys are paths (`Macros/VBA/dir`); short streams are padded with NUL."""
    entries = [_Entry("Root Entry", 5)]
    known: dict[str, int] = {"": 0}
    for path, data in streams.items():
        parts = path.split("/")
        for depth in range(1, len(parts) + 1):
            key, above = "/".join(parts[:depth]), "/".join(parts[: depth - 1])
            if key not in known:
                known[key] = len(entries)
                entries.append(_Entry(parts[depth - 1], 2 if depth == len(parts) else 1))
                entries[known[above]].children.append(known[key])
        entries[known[path]].data = data.ljust(SMALLEST, b"\0")
    body, fat = bytearray(), list[int]()
    for entry in entries:
        if entry.kind == 2:
            entry.start = _put(entry.data, body, fat)
    directory = _put(_directory(entries), body, fat)
    fat_sectors = 1
    while fat_sectors * SECTOR // 4 < len(fat) + fat_sectors:
        fat_sectors += 1
    first = len(fat)
    fat += [FAT] * fat_sectors
    fat += [FREE] * (fat_sectors * SECTOR // 4 - len(fat))
    header = struct.pack(
        "<8s16sHHHHH6xIIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 0x3E, 3, 0xFFFE, 9, 6, 0, fat_sectors,
        directory, 0, SMALLEST, END, 0, END, 0, first,
    )  # fmt: skip
    header += b"".join(struct.pack("<I", first + i if i < fat_sectors else FREE) for i in range(1, 109))
    return header + bytes(body) + struct.pack(f"<{len(fat)}I", *fat)


def _put(data: bytes, body: bytearray, fat: list[int]) -> int:
    start, count = len(fat), -(-len(data) // SECTOR)
    body += data.ljust(count * SECTOR, b"\0")
    fat += [*range(start + 1, start + count), END]
    return start


def _directory(entries: list[_Entry]) -> bytes:
    right = [FREE] * len(entries)
    for entry in entries:
        # A tree that leans to one side is a tree; readers that search it want the names in order.
        entry.children.sort(key=lambda i: (len(entries[i].name), entries[i].name.upper()))
        for left, sibling in zip(entry.children, entry.children[1:], strict=False):
            right[left] = sibling
    rows = b""
    for number, entry in enumerate(entries):
        name = entry.name.encode("utf-16-le")
        rows += struct.pack(
            "<64sHBBIII16sIQQIQ", name, len(name) + 2, entry.kind, 1, FREE, right[number],
            entry.children[0] if entry.children else FREE, b"", 0, 0, 0, entry.start, len(entry.data),
        )  # fmt: skip
    return rows.ljust(-(-len(rows) // SECTOR) * SECTOR, b"\0")
