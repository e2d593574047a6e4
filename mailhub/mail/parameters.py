"""Content-Type and Content-Disposition taken apart: a value, and parameters as they came (RFC 2045 § 5.1).

One pass over the octets. Where quoting is broken, both things that readers make of it are kept.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import NamedTuple

# A quote, a semicolon, or a backslash with what it escapes.
_MARK = re.compile(rb'["\x3b]|\\.', re.DOTALL)
# RFC 2231 § 3 and § 4: name, *number, * for percent-encoding.
_NAME = re.compile(r"([^*]*)(?:\*([0-9]{1,6}))?(\*)?$")
# All that is read of a header of thousands: boundary, charset, filename, name.
_WANTED = re.compile(rb"\s*+(?:boundary|charset|filename|name)[\s*=]", re.IGNORECASE).match
_MOST_PARAMETERS = 1000
_NO_TOKEN = re.compile(rb'["\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\xff]')
_LONGEST_WORD = 200
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_SPACE = b" \t\r\n"


class Parameter(NamedTuple):
    """`name` in lower case without stars; `section` is its number in a value cut in pieces, None when it is whole.

    `value` has its quotes undone and keeps backslashes before anything but `"` and a backslash (people paste Windows
    paths); `others` are what stricter or laxer readers take it for.
    """

    name: str
    value: bytes
    section: int | None = None
    extended: bool = False
    others: tuple[bytes, ...] = ()


def split_field(value: bytes) -> tuple[str, list[Parameter]]:
    """An unfolded field value as its first word in lower case, and those parameters that are read here, in their order.

    Never raises.
    """
    if b";" not in value:
        return _word(value), []
    segments, rest = _segments(value)
    wanted = list(islice(filter(_WANTED, segments[1:]), _MOST_PARAMETERS))
    parameters = [found for segment in wanted if (found := _parameter(segment, None))]
    for at, segment in enumerate(rest[:_MOST_PARAMETERS]):
        found = _parameter(segment, b";".join(rest) if at == 0 else None)
        if found:
            parameters.append(found)
    return _word(segments[0]), parameters


def _word(value: bytes) -> str:
    """The media type, disposition or encoding itself, without a comment behind it and what may not be in a token."""
    words = _NO_TOKEN.sub(b"", value).partition(b"(")[0].split(None, 1)
    return words[0][:_LONGEST_WORD].decode("ascii").lower() if words else ""


def _segments(value: bytes) -> tuple[list[bytes], list[bytes]]:
    """What lies between semicolons outside quotes; then, after a quote that never ends, between all semicolons."""
    segments: list[bytes] = []
    begin, quoted = 0, False
    for found in _MARK.finditer(value):
        mark = found[0]
        if mark == b'"':
            quoted = not quoted
        elif mark == b";" and not quoted:
            segments.append(value[begin : found.start()])
            begin = found.end()
    if quoted and segments:
        return segments, value[begin:].split(b";")
    return [*segments, value[begin:]], []


def _parameter(segment: bytes, unended: bytes | None) -> Parameter | None:
    name, equals, value = segment.partition(b"=")
    if not equals:
        return None
    found = _NAME.match(name.strip(_SPACE).decode("ascii", "replace").lower())
    if found is None or not found[1]:
        return None
    value, others = _unquote(value.strip(_SPACE))
    if unended is not None:
        others.append(unended.partition(b"=")[2].strip(_SPACE + b'"'))
    kept = tuple(other for other in others if other != value)
    return Parameter(found[1], value, int(found[2]) if found[2] else None, found[3] is not None, kept)


def _unquote(value: bytes) -> tuple[bytes, list[bytes]]:
    if not value.startswith(b'"'):
        return value, []
    ended = value.endswith(b'"') and len(value) > 1
    inner = value[1:-1] if ended else value[1:]
    readings = [inner.replace(b"\\\\", b"\\").replace(b'\\"', b'"')]
    if b"\\" in inner:
        readings.append(_ESCAPED.sub(rb"\1", inner))  # RFC 2045 and RFC 5322 to the letter
    at = inner.replace(b'\\"', b"  ").find(b'"')
    if at >= 0:
        # Some stop at the first quote that may close, others go on; a comment may follow it.
        readings.insert(1 if ended else 0, inner[:at])
    return readings[0], readings[1:]
