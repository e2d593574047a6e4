"""A part's octets out of its Content-Transfer-Encoding (RFC 2045 § 6), as far as they can be had.

At most two copies are held at a time: the encoded octets (or what is left of them) and the decoded ones.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator

import pybase64

from mailhub.mail.octets import Octets
from mailhub.mail.parts import Part

_AS_IT_IS = frozenset({"", "7bit", "8bit", "binary"})
_NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))
_FILLING = b"= \t\r\n"
_GROUP = 64 * 1024
_NOT_QUOTED = re.compile(rb"=(?![0-9A-Fa-f]{2}|\r?\n)")
_SAFE_CUT = re.compile(rb"[^= \t\r\n]{2}")
_TRAILING_SPACE = (b" \n", b"\t\n", b" \r\n", b"\t\r\n")


def decode_body(data: Octets, part: Part) -> tuple[bytes, bool]:
    """What `part` of the message `data` holds, and whether its encoding had faults. Never raises.

    Faulty base64 is read without what is no letter of it, up to its padding; an unknown encoding as it is.
    """
    encoded = bytes(data[part.body_start : part.end])
    if part.encoding in _AS_IT_IS:
        return encoded, False
    if part.encoding == "base64":
        return decode_base64(encoded)
    if part.encoding == "quoted-printable":
        return decode_quoted_printable(encoded)
    return encoded, True


def decoded_size(part: Part) -> int:
    """No fewer octets than `decode_body` will give, without decoding."""
    length = part.end - part.body_start
    return length * 3 // 4 + 2 if part.encoding == "base64" else length


def decode_base64(encoded: bytes) -> tuple[bytes, bool]:
    """RFC 2045 § 6.8. What follows the padding is not read: programs disagree about it."""
    padding = encoded.find(b"=")
    faults = padding >= 0 and bool(encoded[padding:].strip(_FILLING))
    if faults:
        encoded = encoded[:padding]
    else:
        try:
            decoded = pybase64.b64decode(encoded)
        except binascii.Error:
            pass
        else:
            return decoded, len(decoded) != _letters(encoded, padding) * 3 // 4
    letters = encoded.translate(None, _NOT_BASE64)
    del encoded
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    if len(letters) % 4:
        letters += b"=" * (-len(letters) % 4)
    return pybase64.b64decode(letters), True


def _letters(encoded: bytes, padding: int) -> int:
    """How many octets there are before the padding that are no space: base64's letters, or junk."""
    end = len(encoded) if padding < 0 else padding
    return end - sum(encoded.count(space, 0, end) for space in (b"\r", b"\n", b" ", b"\t"))


def decode_quoted_printable(encoded: bytes) -> tuple[bytes, bool]:
    """RFC 2045 § 6.7. Space at the end of a line was added on the way (rule 3) and goes."""
    spaced = any(space in encoded for space in _TRAILING_SPACE)
    decoded, faulty = bytearray(), False
    for group, last in _groups(encoded):
        lines = _without_trailing_space(group, last) if spaced else group
        decoded += binascii.a2b_qp(lines)
        faulty = faulty or _NOT_QUOTED.search(lines) is not None
    return bytes(decoded), faulty


def _groups(encoded: bytes) -> Iterator[tuple[bytes, bool]]:
    """Some thousand octets at a time, and whether they are the last: a single call on a large part would hold up every
    other thread, and a list of all lines could be larger than the part. No escape and no space before a line break is
    cut in two, so that only a part of nothing but such comes as a whole.
    """
    start = 0
    while start < len(encoded):
        end = encoded.rfind(b"\n", start, start + _GROUP) + 1
        if not end:
            found = _SAFE_CUT.search(encoded, start + _GROUP)
            end = found.end() if found else len(encoded)
            if encoded.find(b"=\r", start, end) >= 0:  # binascii drops what follows a bare one up to the line feed
                end = encoded.find(b"\n", start) + 1 or len(encoded)
        yield encoded[start:end], end >= len(encoded)
        start = end


def _without_trailing_space(group: bytes, last: bool) -> bytes:
    lines = group.split(b"\n")
    rest = lines.pop()  # its line may go on in the next group
    cleaned = [line.rstrip(b" \t\r") + (b"\r" if line.endswith(b"\r") else b"") for line in lines]
    if last:
        rest = rest.rstrip(b" \t\r") + (b"\r" if rest.endswith(b"\r") else b"")
    return b"\n".join([*cleaned, rest])
