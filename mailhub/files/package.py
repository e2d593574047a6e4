"""Office files that are ZIP archives of XML (OOXML, OpenDocument): their parts, read under quotas."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from typing import Any

from lxml import etree

PART_BYTES = 8 * 2**20  # of one XML part; a letter has 0.1 MiB, and a tree takes up to thirty times its XML
MOST_ELEMENTS = 200_000  # that a walk through one part visits
ALL_BYTES = 64 * 2**20  # of all parts that are read of one file
DIRECTORY_BYTES = 2**20  # of the ZIP's own list, about 15,000 members
_ENTITY = tuple("<!ENTITY".encode(codec) for codec in ("ascii", "utf-16-le", "utf-16-be"))
_END = b"PK\x05\x06"  # APPNOTE § 4.3.16, end of central directory record


class BadPackage(Exception):
    """It is no ZIP archive, or a part is missing, too large or damaged. Stays within `files/`."""


class TooLarge(BadPackage):
    """A list or a part is larger than any honest file's."""


class Locked(BadPackage):
    """A part is encrypted."""


class Package:
    """The parts of one file. Every method raises `BadPackage` for whatever is wrong with it."""

    def __init__(self, data: memoryview, all_bytes: int = ALL_BYTES) -> None:
        if directory_bytes(data) > DIRECTORY_BYTES:
            raise TooLarge("too many parts")
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, OSError, struct.error, NotImplementedError, OverflowError) as error:
            raise BadPackage(type(error).__name__) from None
        self._left = all_bytes
        self.names = frozenset(info.filename for info in self._zip.infolist())

    def head(self, name: str, limit: int = PART_BYTES) -> tuple[bytes, bool]:
        """At most `limit` octets of a part, and whether that is all of it."""
        limit = min(limit, self._left)
        try:
            info = self._zip.getinfo(name)
            if info.flag_bits & 1:
                raise Locked(name)
            with self._zip.open(info) as part:
                data = part.read(limit)
                whole = not part.read(1)
        except KeyError:
            raise BadPackage(f"no part {name}") from None
        except (
            zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, struct.error, NotImplementedError,
            RuntimeError, OverflowError,
        ) as error:  # fmt: skip
            raise BadPackage(type(error).__name__) from None
        self._left -= len(data)
        return data, whole

    def read(self, name: str, limit: int = PART_BYTES) -> bytes:
        """A part as a whole."""
        data, whole = self.head(name, limit)
        if not whole:
            raise TooLarge(name)
        return data

    def matching(self, pattern: re.Pattern[str]) -> list[str]:
        """The names of parts that `pattern` matches as a whole, sorted as people count (2 before 10)."""
        found = [name for name in self.names if pattern.fullmatch(name)]
        return sorted(found, key=lambda name: ([int(n) for n in re.findall(r"\d{1,9}", name)] or [0], name))


def directory_bytes(data: memoryview) -> int:
    """How large a ZIP archive says its list of members is; 0 when there is none."""
    tail = bytes(data[-66_000:])
    at = tail.rfind(_END)
    if at < 0 or at + 20 > len(tail):
        return 0
    size: int = struct.unpack_from("<I", tail, at + 12)[0]
    return size if size != 0xFFFFFFFF else len(data)


def parse_xml(data: bytes) -> tuple[Any, bool]:
    """The root element, and whether the XML was whole; what stands before a fault is kept.

    Nothing is fetched, and declared entities are refused outright: office formats have none (ECMA-376 part 2 § 8.1.1
    forbids a DTD).
    """
    if any(mark in data for mark in _ENTITY):
        raise BadPackage("declares entities")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, recover=True, huge_tree=False, remove_comments=True,
        remove_pis=True, collect_ids=False,
    )  # fmt: skip
    try:
        root = etree.fromstring(data, parser)
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise BadPackage(type(error).__name__) from None
    if root is None:
        raise BadPackage("no XML")
    return root, len(parser.error_log) == 0
