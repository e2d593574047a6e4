"""The directory as vCards (RFC 6350), for the address books of mail clients and phones.

A Vietnamese name is family, middle, given; the N property (§ 6.2.2) takes family; given; additional. Lines end in CRLF
and are folded at 75 octets, never within a letter (§ 3.2); in text `\\`, `,`, `;` and line breaks are escaped (§ 3.4).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator

from mailhub.accounts.catalogue.entries import Entry
from mailhub.accounts.models import MailboxKind

_WIDTH = 75
_ESCAPES = str.maketrans({"\\": "\\\\", ",": "\\,", ";": "\\;", "\n": "\\n", "\r": None})
# One number an address, whenever and wherever it is exported (§ 6.7.6).
_NAMESPACE = uuid.UUID("6f0d6b52-2f0e-5c3b-9c34-1d0a5d1a7f10")


def vcards(entries: Iterable[Entry]) -> Iterator[str]:
    """One vCard 4.0 an entry."""
    for entry in entries:
        yield "".join(_folded(line) for line in _lines(entry))


def _lines(entry: Entry) -> Iterator[str]:
    yield "BEGIN:VCARD"
    yield "VERSION:4.0"
    yield f"UID:urn:uuid:{uuid.uuid5(_NAMESPACE, entry.address)}"
    person = entry.kind is MailboxKind.PERSONAL
    yield f"KIND:{'individual' if person else 'org'}"
    yield f"FN:{_text(entry.name)}"
    if person:
        yield f"N:{_name(entry.name)}"
    if entry.title:
        yield f"TITLE:{_text(entry.title)}"
    yield f"ORG:{_text(entry.agency)}"
    yield f"EMAIL;TYPE=work:{_text(entry.address)}"
    if entry.phone:
        yield f"TEL;VALUE=uri;TYPE=work:tel:{entry.phone}"
    yield "END:VCARD"


def _name(full: str) -> str:
    """`Nguyễn Văn An` → `Nguyễn;An;Văn;;`; a single word is the given name."""
    family, *middle, given = full.split() if " " in full else ["", full]
    return ";".join((_text(family), _text(given), _text(" ".join(middle)), "", ""))


def _text(value: str) -> str:
    return value.translate(_ESCAPES)


def _folded(line: str) -> str:
    """The line in pieces of at most 75 octets, each but the first behind a blank."""
    pieces, piece, room = [], "", _WIDTH
    for letter in line:
        size = len(letter.encode())
        if size > room:
            pieces.append(piece)
            piece, room = "", _WIDTH - 1
        piece += letter
        room -= size
    return "\r\n ".join([*pieces, piece]) + "\r\n"
