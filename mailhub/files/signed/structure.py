"""Where a signature lies in a PDF's octets, and what of them it covers (ISO 32000-2 § 12.8.1, ETSI EN 319 142-1 § 5.3).

Looked at as octets, without any parser's mercy: what two programs may read differently is refused here. A library that
finds its way through a wrapped or relocated signature finds it to the attacker's liking.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mailhub.files.signed.facts import Problem

MOST_DETAIL = 300
_WHITE = b"\x00\t\n\x0c\r "
_MOST_WHITE = 1_024  # octets of white space after the end, which some mail programs add
_TAIL = 2_048
# A signature dictionary cannot hide in an object stream: the gap of its byte range lies open in the file.
_SIGNS = (b"/ByteRange", b"/SubFilter", b"/DocTimeStamp", b"/Adobe.PPK", b"/adbe.")
_END = re.compile(rb"startxref[\x00\t\n\x0c\r ]+(\d{1,12})[\x00\t\n\x0c\r ]+%%EOF[\x00\t\n\x0c\r ]*\Z")
_CONTENTS = re.compile(rb"/Contents[\x00\t\n\x0c\r ]*\Z")
_OBJECT_END = re.compile(rb"endobj")
_LONGEST = 4 * 1024 * 1024  # octets of a signature dictionary: revocation lists inside make it long
_HEX = re.compile(rb"<[0-9A-Fa-f]*>")
_BYTE_RANGE = re.compile(rb"/ByteRange[\x00\t\n\x0c\r ]*\[")
_NAME = re.compile(rb"/[^\x00\t\n\x0c\r ()<>\[\]{}/%]+")
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_DIGESTS = frozenset(("sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512", "md5"))


class Flaw(Exception):
    """Something that no honest file has. `detail` never has words of the document."""

    def __init__(self, problem: Problem, detail: str) -> None:
        super().__init__(detail)
        self.problem = problem
        self.detail = detail[:MOST_DETAIL]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A signature in the file: its gap `data[gap_start:gap_end]` is `<hex>`, and `data[:covered]` without the gap is
    what was signed. `contents` are the octets in the gap, padding and all."""

    gap_start: int
    gap_end: int
    covered: int
    contents: bytes


def may_be_signed(data: memoryview) -> bool:
    """Whether any signature could be in a PDF, and be valid."""
    octets = data.obj if isinstance(data.obj, bytes) and len(data.obj) == len(data) else None
    if octets is not None:
        return any(sign in octets for sign in _SIGNS)
    return any(re.search(re.escape(sign), data) is not None for sign in _SIGNS)


def has_byte_range(data: memoryview) -> bool:
    """Whether the file mentions a byte range at all."""
    return _BYTE_RANGE.search(data) is not None


def place_of(data: memoryview, numbers: Sequence[object], contents: bytes, start: int) -> Place:
    """Where the signature lies whose object begins at `start`, with the `/ByteRange` and `/Contents` given.

    Raises: Flaw: the range is not "everything but my own contents", or the dictionary can be read in two ways.
    """
    first, length, second, rest = _four(numbers)
    covered = second + rest
    if first != 0 or length <= 0 or rest <= 0 or second < length or covered > len(data):
        raise Flaw(Problem.BYTE_RANGE, "byte range outside the file, or not from its beginning")
    end = _object_end(data, start)
    if not start < length < second <= end:
        raise Flaw(Problem.BYTE_RANGE, "the gap lies outside the signature's own dictionary")
    gap = bytes(data[length:second])
    if _HEX.fullmatch(gap) is None or len(gap) % 2:
        raise Flaw(Problem.BYTE_RANGE, "the gap holds more than the signature")
    if bytes.fromhex(gap[1:-1].decode("ascii")) != contents:
        raise Flaw(Problem.WRAPPED, "the gap holds another signature than the dictionary")
    if _CONTENTS.search(bytes(data[max(start, length - 40) : length])) is None:
        raise Flaw(Problem.WRAPPED, "the gap is not the value of /Contents")
    _read_one_way(bytes(data[start:length]) + bytes(data[second:end]))
    return Place(gap_start=length, gap_end=second, covered=covered, contents=contents)


def _object_end(data: memoryview, start: int) -> int:
    found = _OBJECT_END.search(data, start, start + _LONGEST)
    if found is None:
        raise Flaw(Problem.MALFORMED, "a signature dictionary without an end")
    return found.start()


def _four(numbers: Sequence[object]) -> tuple[int, int, int, int]:
    whole = [int(number) for number in numbers if isinstance(number, int) and not isinstance(number, bool)]
    if len(whole) != len(numbers) or len(whole) != 4:
        raise Flaw(Problem.BYTE_RANGE, f"byte range of {len(numbers)} values")
    return whole[0], whole[1], whole[2], whole[3]


def _read_one_way(dictionary: bytes) -> None:
    names = [unescaped(name) for name in _NAME.findall(dictionary)]
    if names.count(b"/ByteRange") != 1 or names.count(b"/Contents") != 1:
        raise Flaw(Problem.WRAPPED, "a signature dictionary with repeated entries")


def unescaped(name: bytes) -> bytes:
    """A name without its escapes (ISO 32000-2 § 7.3.5)."""
    return _ESCAPE.sub(lambda found: bytes((int(found[1], 16),)), name)


def padding_of(contents: bytes, length: int) -> None:
    """See that nothing but zeros follows the signature proper, which has `length` octets.

    Raises: Flaw: something was put beside the signature, where no digest reaches.
    """
    if contents[length:].strip(b"\x00"):
        raise Flaw(Problem.BYTE_RANGE, "more than padding behind the signature")


def revision_end(data: memoryview, covered: int) -> int:
    """The place of the cross-reference section that a revision ending at `covered` names.

    Raises: Flaw: no revision ends there.
    """
    found = _END.search(bytes(data[max(0, covered - _TAIL) : covered]))
    if found is None:
        raise Flaw(Problem.BYTE_RANGE, "what is signed does not end where a revision does")
    return int(found[1])


def real_end(data: memoryview) -> int:
    """Where the file ends but for white space.

    Raises: Flaw: it does not end with %%EOF: something was put after it.
    """
    tail = bytes(data[max(0, len(data) - _TAIL) :])
    stripped = tail.rstrip(_WHITE)
    if not stripped.endswith(b"%%EOF") or len(tail) - len(stripped) > _MOST_WHITE:
        raise Flaw(Problem.TRAILING, "octets after the last revision")
    return len(data) - (len(tail) - len(stripped))


def digests_of(data: memoryview, place: Place) -> Callable[[str], bytes]:
    """The digest of what is signed, by the algorithm's name as asn1crypto gives it.

    The function raises KeyError for algorithms that we do not have.
    """
    known: dict[str, bytes] = {}

    def digest(name: str) -> bytes:
        if name not in _DIGESTS:
            raise KeyError(name)
        if name not in known:
            state = hashlib.new(name, usedforsecurity=False)
            state.update(data[: place.gap_start])
            state.update(data[place.gap_end : place.covered])
            known[name] = state.digest()
        return known[name]

    return digest
