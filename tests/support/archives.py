"""Archives made in memory: ordinary ones, and those that no program here can make (RAR, encrypted 7z)."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable

import libarchive

Files = Iterable[tuple[str, bytes]]


def zip_of(files: Files, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files:
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


def zip_with_raw_name(raw: bytes, data: bytes = b"x") -> bytes:
    """A ZIP whose member is called by octets in no charset it tells."""
    stand_in = "N" * len(raw)
    return zip_of([(stand_in, data)]).replace(stand_in.encode(), raw)


def packed(kind: str, files: Files, *, compression: str | None = None, options: str = "", password: str = "") -> bytes:
    """An archive by libarchive: `7zip`, `ustar`, `pax`, `zip`; `compression` is of the whole."""
    blocks: list[bytes] = []

    def write(block: bytes) -> int:
        blocks.append(bytes(block))
        return len(block)

    with libarchive.custom_writer(write, kind, compression, options=options, passphrase=password or None) as archive:
        for name, data in files:
            archive.add_file_from_memory(name, len(data), data)
    return b"".join(blocks)


def rar4(files: Files, *, encrypted: bool = False, encrypted_headers: bool = False) -> bytes:
    """A RAR of version 4 that stores its files."""
    out = [b"Rar!\x1a\x07\x00", _rar4_block(0x73, 0x80 if encrypted_headers else 0, bytes(6))]
    if encrypted_headers:
        return b"".join([*out, bytes(range(100))])
    for name, data in files:
        raw = name.encode()
        fields = struct.pack("<IIBIIBBHI", len(data), len(data), 3, zlib.crc32(data), 0, 29, 0x30, len(raw), 0x81A4)
        out += [_rar4_block(0x74, 0x8000 | (4 if encrypted else 0), fields + raw), data]
    return b"".join([*out, _rar4_block(0x7B, 0x4000, b"")])


def _rar4_block(kind: int, flags: int, body: bytes) -> bytes:
    head = struct.pack("<BHH", kind, flags, 7 + len(body)) + body
    return struct.pack("<H", zlib.crc32(head) & 0xFFFF) + head


def rar5(files: Files, *, encrypted: bool = False, encrypted_headers: bool = False) -> bytes:
    """A RAR of version 5 that stores its files."""
    out = [b"Rar!\x1a\x07\x01\x00"]
    if encrypted_headers:
        return b"".join([*out, _rar5_block(4, 0, bytes([0, 0, 15]) + bytes(16)), bytes(range(100))])
    out.append(_rar5_block(1, 0, _vint(0)))
    extra = _sized(bytes([1, 0, 0, 15]) + bytes(32)) if encrypted else b""
    for name, data in files:
        raw = name.encode()
        fields = _vint(4) + _vint(len(data)) + _vint(0o100644) + struct.pack("<I", zlib.crc32(data))
        fields += _vint(0) + _vint(1) + _vint(len(raw)) + raw
        sizes = (_vint(len(extra)) if extra else b"") + _vint(len(data))
        out += [_rar5_block(2, 3 if extra else 2, sizes + fields + extra), data]
    return b"".join([*out, _rar5_block(5, 0, _vint(0))])


def _rar5_block(kind: int, flags: int, body: bytes) -> bytes:
    head = _sized(_vint(kind) + _vint(flags) + body)
    return struct.pack("<I", zlib.crc32(head)) + head


def _sized(data: bytes) -> bytes:
    return _vint(len(data)) + data


def _vint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


_AES = bytes([0x24, 0x06, 0xF1, 0x07, 0x01, 2, 0x13, 0x00])  # 7zAES with two octets of properties


def encrypted_7z(name: str, *, headers: bool) -> bytes:
    """A 7z whose file, or whose list of files as well, is AES-256."""
    secret = bytes(range(16))
    streams = bytes([0x06, 0, 1, 0x09, 16, 0, 0x07, 0x0B, 1, 0, 1]) + _AES + bytes([0x0C, 16, 0])
    if headers:
        header = b"\x17" + streams + b"\0"
    else:
        raw = name.encode("utf-16-le") + b"\0\0"
        names = bytes([0x11, len(raw) + 1, 0]) + raw
        header = b"\x01\x04" + streams + bytes([0x08, 0, 0, 0x05, 1]) + names + bytes([0, 0])
    start = struct.pack("<QQI", len(secret), len(header), zlib.crc32(header))
    return b"7z\xbc\xaf\x27\x1c\x00\x04" + struct.pack("<I", zlib.crc32(start)) + start + secret + header


def nested_zips(depth: int, innermost: bytes = b"x") -> bytes:
    """A ZIP in a ZIP in a ZIP, `depth` of them."""
    data = innermost
    for level in range(depth):
        data = zip_of([(f"{level}.zip" if level else "a.txt", data)], zipfile.ZIP_STORED)
    return data


def overlapping_zip(copies: int, data: bytes) -> bytes:
    """A ZIP whose directory names the same octets `copies` times."""
    single = zip_of([("a", data)])
    start = single.index(b"PK\x01\x02")
    end = single.index(b"PK\x05\x06")
    directory = single[start:end] * copies
    trailer = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, copies, copies, len(directory), start, 0)
    return single[:start] + directory + trailer
