"""Where the fields of a message's header lie, and what they say.

Works on the bytes as they came and never writes them anew: `Field.raw` of all fields put together is the
header (RFC 5322 § 2.2). Reading is tolerant, because a message that is merely ugly still has to be filed;
what may not be guessed at (who wrote it) is `mail/address.py`'s to refuse.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from mailhub.mail.encoded import decode_text

__all__ = [
    "Field",
    "all_of",
    "count_received",
    "decode_text",
    "first",
    "header_end",
    "message_id",
    "read_fields",
    "unfold",
]

# A line and the lines that continue it, in one pass, whatever the bytes are. Possessive (`++`) on single
# classes only: before Python 3.11.5 a possessive group forgets where it stood (gh-106052).
_FIELD = re.compile(rb"((?:([!-9;-~]++)[ \t]*+:)?[^\n]*+(?:\n[ \t][^\n]*+)*\n?)")
_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_MESSAGE_ID = re.compile(rb"<[^<>\s]{1,990}>")
_LONGEST_ID = 1000


class Field(NamedTuple):
    """One header field.

    `name` is as written, without the colon and the space some put before it, and empty when the line has no
    name that RFC 5322 § 2.2 allows. `start` and `end` are offsets in the message; `raw` holds folds and CRLF.
    """

    name: bytes
    raw: bytes
    start: int
    end: int

    @property
    def odd(self) -> bool:
        """True for a line without a name, and for a space between name and colon (RFC 5322 § 4.5 obsolete)."""
        return not self.name or self.raw[len(self.name) : len(self.name) + 1] != b":"


def read_fields(head: bytes) -> list[Field]:
    """The fields of `head` (the message's beginning, up to the blank line or a cap) in their order.

    Never raises. A line that is no field, or a continuation of nothing, becomes a `Field` without a name.
    """
    fields: list[Field] = []
    start = 0
    for raw, name in _FIELD.findall(head, 0, header_end(head)):
        if raw:
            end = start + len(raw)
            # Runs for every field of every message: this is Field(...) at a third of its cost.
            fields.append(tuple.__new__(Field, (name, raw, start, end)))
            start = end
    return fields


def header_end(head: bytes) -> int:
    """The offset of the blank line that ends the header; the length of `head` when there is none."""
    if head.startswith((b"\r\n", b"\n")):
        return 0
    ends = [at + 1 for at in (head.find(b"\n\r\n"), head.find(b"\n\n")) if at >= 0]
    return min(ends, default=len(head))


def unfold(raw: bytes) -> bytes:
    """The value of a field: what follows the colon, folds undone (RFC 5322 § 2.2.3), outer space gone."""
    name, colon, value = raw.partition(b":")
    return _FOLD.sub(b"", value if colon else name).strip(b" \t\r\n")


def all_of(fields: Iterable[Field], name: bytes | str) -> list[Field]:
    """Every field called `name`; letter case is ignored."""
    wanted = (name.encode("ascii") if isinstance(name, str) else name).lower()
    return [field for field in fields if field.name.lower() == wanted]


def first(fields: Iterable[Field], name: bytes | str) -> Field | None:
    """The first field called `name`, or None; letter case is ignored."""
    wanted = (name.encode("ascii") if isinstance(name, str) else name).lower()
    return next((field for field in fields if field.name.lower() == wanted), None)


def message_id(fields: Iterable[Field]) -> str:
    """The Message-ID with its brackets (RFC 5322 § 3.6.4), as ASCII; "" when there is none worth the name."""
    field = first(fields, b"message-id")
    if field is None:
        return ""
    value = unfold(field.raw)
    found = _MESSAGE_ID.search(value)
    return decode_text(found[0] if found else value[:_LONGEST_ID], limit=_LONGEST_ID)


def count_received(fields: Iterable[Field]) -> int:
    """How many servers say that they had this message: loops are cut by it (RFC 5321 § 6.3)."""
    return len(all_of(fields, b"received"))
