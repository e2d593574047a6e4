"""A message's files taken out of it: transfer encoding undone, hashed, and what a signature among them is about."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from mmap import mmap

from mailhub.files.facts import FileFacts, Mode, Unreadable
from mailhub.mail.parts import Part, PartProblem, Structure
from mailhub.mail.signed_parts import signed_octets
from mailhub.mail.transfer import decode_body

Octets = bytes | memoryview | mmap


@dataclass(frozen=True, slots=True)
class InspectedFile:
    """One file of the message: where it lies, and what it is. `facts` is None while it has not been read; `mode` is
    how it was to be read."""

    part: Part
    sha256: bytes
    size: int
    facts: FileFacts | None = None
    mode: Mode = Mode.QUICK

    @property
    def waits(self) -> str:
        """Why it has to be looked at again: `unread`, `ocr`; "" when it need not, or when it would not help."""
        if self.facts is None:
            return "unread"
        if self.mode is Mode.FULL:  # pages beyond `ocr_pages`, or a picture without a word: no more can be had
            return ""
        if anywhere(self.facts, lambda facts: facts.unreadable is Unreadable.TIME):
            return "unread"
        return "ocr" if anywhere(self.facts, lambda facts: facts.needs_ocr) else ""


@dataclass(frozen=True, slots=True)
class Taken:
    """A file with its octets. `signs`: those that it signs, when it is a signature apart from them. `key`: by what it
    is known again; what a signature says is true of the octets beside it only."""

    file: InspectedFile
    data: bytes
    key: bytes
    signs: bytes | None = None


def _taken(file: InspectedFile, octets: bytes, signs: bytes | None) -> Taken:
    if signs is None:
        return Taken(file, octets, file.sha256)
    key = hashlib.sha256(b"signature" + file.sha256 + hashlib.sha256(signs).digest()).digest()
    return Taken(file, octets, key, signs)


def unpack(data: Octets, structure: Structure) -> list[Taken]:
    """The files' octets, transfer encoding undone, with their hashes."""
    found = []
    for part in structure.files:
        octets, faulty = decode_body(data, part)
        place = signed_octets(structure, part)
        signs = None if place is None else bytes(data[slice(*place)])
        if faulty:
            part = replace(part, problems=(*part.problems, PartProblem.BAD_ENCODING))
        found.append(_taken(InspectedFile(part, hashlib.sha256(octets).digest(), len(octets)), octets, signs))
    return found


def anywhere(facts: FileFacts, holds: Callable[[FileFacts], bool]) -> bool:
    """Whether something holds of the file or of one within it."""
    return holds(facts) or any(anywhere(member, holds) for member in facts.members)
