"""The outermost of a CMS taken apart in one pass: its content out, the rest in definite lengths (X.690 § 8).

Mail programs write what they stream with indefinite lengths and the content in thousands of pieces, over which
asn1crypto takes minutes (measured: 222 s for 35 MB); and its copies of a large content would be five.
"""

from __future__ import annotations

from collections.abc import Iterator

_SIGNED_DATA = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
_SEQUENCE, _TAGGED, _OCTETS, _PIECES = 0x30, 0xA0, 0x04, 0x24
_DEEPEST = 32
_MOST = 1_000_000  # elements: of 35 MB in pieces of a line each
_TO_CONTENT = (1, 0, 2)  # [0] of ContentInfo, SignedData, encapContentInfo: the number of the child to go into


class Opened:
    """`rest` is the same CMS without its content (as a detached one has it) in definite lengths where the original had
    others; what was in definite lengths is as it was. `length` counts the octets of `data` that it took."""

    def __init__(self, data: memoryview) -> None:
        """Raises ValueError for what is no BER. Anything but signed data is `rest` as it is."""
        self._data = data
        self._left = _MOST
        self._after = 0
        self.content: memoryview | None = None
        tag, start, _ = self._head(0)
        if tag != _SEQUENCE or bytes(data[start : start + len(_SIGNED_DATA)]) != _SIGNED_DATA:
            pieces, self.length = self._element(0, 0, None)
        else:
            pieces, self.length = self._element(0, 0, _TO_CONTENT)
        self.rest = b"".join(pieces)

    def _element(self, at: int, depth: int, path: tuple[int, ...] | None) -> tuple[list[bytes | memoryview], int]:
        """An element in definite lengths, and where the next one is. `path` leads to the content, () is at it."""
        tag, start, end = self._head(at)
        if path is None and end is not None:
            return [self._data[at:end]], end
        if depth > _DEEPEST or not tag & 0x20:
            raise ValueError("too deep, or an indefinite length where none may be")
        inside: list[bytes | memoryview] = []
        number, place = 0, start
        while not self._is_end(place, end):
            if path == () and number == 1 and self._data[place] == _TAGGED:
                place = self._take_content(place)
            else:
                following = path[1:] if path and number == path[0] else None
                pieces, place = self._element(place, depth + 1, following)
                inside += pieces
            number += 1
        return [_header(tag, sum(map(len, inside))), *inside], place if end is not None else place + 2

    def _take_content(self, at: int) -> int:
        """eContent [0] EXPLICIT OCTET STRING, in one piece or many."""
        _, start, end = self._head(at)
        pieces = list(self._pieces(start, 0))
        after = self._after
        if end is None:
            if not self._is_end(after, None):
                raise ValueError("more than one content")
            after += 2
        elif after != end:
            raise ValueError("more than one content")
        self.content = pieces[0] if len(pieces) == 1 else memoryview(b"".join(pieces))
        return after

    def _pieces(self, at: int, depth: int) -> Iterator[memoryview]:
        """The octets of an OCTET STRING; `_after` is where the next element is."""
        tag, start, end = self._head(at)
        if tag == _OCTETS and end is not None:
            self._after = end
            yield self._data[start:end]
            return
        if tag != _PIECES or depth > _DEEPEST:
            raise ValueError("a content that is no OCTET STRING")
        place = start
        while not self._is_end(place, end):
            yield from self._pieces(place, depth + 1)
            place = self._after
        self._after = place if end is not None else place + 2

    def _is_end(self, at: int, end: int | None) -> bool:
        if end is not None:
            if at > end:
                raise ValueError("an element beyond its parent")
            return at == end
        return bytes(self._data[at : at + 2]) == b"\0\0"

    def _head(self, at: int) -> tuple[int, int, int | None]:
        """Tag, where the contents begin, and where they end (None: indefinite)."""
        self._left -= 1
        if self._left < 0:
            raise ValueError("too many elements")
        data = self._data
        try:
            tag, length, start = data[at], data[at + 1], at + 2
            if tag & 0x1F == 0x1F:
                raise ValueError("a long tag")
            if length == 0x80:
                return tag, start, None
            if length > 0x80:
                count = length & 0x7F
                length = int.from_bytes(data[start : start + count], "big")
                start += count
        except IndexError as error:
            raise ValueError("cut short") from error
        if start + length > len(data):
            raise ValueError("cut short")
        return tag, start, start + length


def _header(tag: int, length: int) -> bytes:
    if length < 0x80:
        return bytes((tag, length))
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets
