"""One part's content put in the place of what it was, and not an octet beside it (architecture § 4.3).

The encoding stays, with its line length and its line breaks; header, delimiters and every other part are copied as
they lie. What a signature or an encryption covers is not touched, nor a message within the message: then the answer is
the reason.
"""

from __future__ import annotations

import binascii
import re
from enum import StrEnum

import pybase64

from mailhub.mail.octets import Octets
from mailhub.mail.parts import Part, PartProblem, Role, Structure
from mailhub.mail.structure import read_structure
from mailhub.mail.transfer import decode_body

_USUAL = 76  # octets of a line (RFC 2045 §§ 6.7, 6.8)
_LONGEST = 996  # RFC 5322 § 2.1.1 allows 998; whole groups of four
_SPACE = b" \t\r\n"
_PKCS7 = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_ENCRYPTED = frozenset({"multipart/encrypted", "application/pgp-encrypted", "application/pgp"})
# A sum over the content (RFC 1864, RFC 9530): who checks it would call the other content damaged.
_CHECKED = re.compile(rb"^(?:content-md5|content-digest|repr-digest)[ \t]*:", re.IGNORECASE | re.MULTILINE)
# Readers may find another part, or other octets, where we do.
_DOUBTFUL = frozenset({PartProblem.AMBIGUOUS, PartProblem.BAD_ENCODING, PartProblem.TOO_DEEP, PartProblem.TOO_MANY,
                       PartProblem.TOO_LARGE})  # fmt: skip


class Untouchable(StrEnum):
    """Why a part's content cannot be replaced."""

    MISSING = "no such part"
    SIGNED = "inside a signed part"  # multipart/signed, application/pkcs7-mime (RFC 8551 § 3.5)
    ENCRYPTED = "inside an encrypted part"  # RFC 1847 § 2.2, PGP (RFC 3156)
    FORWARDED = "inside a forwarded message"  # message/rfc822
    ENCODING = "transfer encoding"  # not base64 or quoted-printable, or faulty
    AMBIGUOUS = "readers may differ"


def untouchable(data: Octets, structure: Structure, path: str) -> Untouchable | None:
    """Why the content of the part at `path` of the message `data` cannot be replaced; None: it can."""
    part = _at(structure, path)
    if part is None:
        return Untouchable.MISSING
    around = [one for one in structure.parts if one.start <= part.start and part.end <= one.end and one is not part]
    why = _by_what_is_around(part, around)
    if why is not None:
        return why
    doubts = {problem for one in (part, *around) for problem in one.problems} | set(structure.problems)
    if doubts & _DOUBTFUL:
        return Untouchable.AMBIGUOUS
    if _CHECKED.search(bytes(data[part.start : part.body_start])):
        return Untouchable.AMBIGUOUS
    if part.encoding not in ("base64", "quoted-printable") or decode_body(data, part)[1]:
        return Untouchable.ENCODING
    return None


def _by_what_is_around(part: Part, around: list[Part]) -> Untouchable | None:
    types = {kind for one in (part, *around) for kind in one.types}
    if types & _ENCRYPTED:
        return Untouchable.ENCRYPTED
    if "multipart/signed" in types or types & _PKCS7:
        return Untouchable.SIGNED
    return Untouchable.FORWARDED if part.forwarded_in else None


def replaced(data: Octets, structure: Structure, path: str, content: bytes) -> bytes | Untouchable:
    """The message `data` with `content` as what its part at `path` holds, or why that cannot be."""
    why = untouchable(data, structure, path)
    if why is not None:
        return why
    part = _at(structure, path)
    assert part is not None
    before = bytes(data[part.body_start : part.end])
    found = b"".join((data[: part.body_start], _encoded_as(before, part.encoding, content), data[part.end :]))
    again = read_structure(found)  # quoted-printable could happen to hold a delimiter
    as_was = [one.path for one in again.parts] == [one.path for one in structure.parts]
    there = _at(again, path)
    if not as_was or there is None or decode_body(found, there) != (content, False):
        return Untouchable.AMBIGUOUS
    return found


def _at(structure: Structure, path: str) -> Part | None:
    return next((one for one in structure.parts if one.path == path and one.role is not Role.CONTAINER), None)


def _encoded_as(before: bytes, encoding: str, content: bytes) -> bytes:
    """`content` written as `before` is: encoding, line length, line breaks; blank lines around base64 stay."""
    newline = b"\r\n" if b"\r\n" in before or b"\n" not in before else b"\n"
    if encoding == "quoted-printable":
        return binascii.b2a_qp(content, istext=False).replace(b"\n", newline)
    bare = before.lstrip(_SPACE)
    head = before[: len(before) - len(bare)]
    bare = bare.rstrip(_SPACE)
    return head + newline.join(_base64_lines(content, _line_length(bare))) + before[len(head) + len(bare) :]


def _line_length(bare: bytes) -> int:
    """Octets of a line of base64: what the first one has, when there are others below it."""
    first, broken, _ = bare.partition(b"\n")
    length = len(first.rstrip(b"\r")) if broken else _USUAL
    return max(4, min(length - length % 4, _LONGEST))


def _base64_lines(content: bytes, length: int) -> list[bytes]:
    encoded = pybase64.b64encode(content)
    return [encoded[at : at + length] for at in range(0, len(encoded), length)]


__all__ = ["Untouchable", "replaced", "untouchable"]
