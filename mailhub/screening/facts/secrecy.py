"""Whether a message bears the mark of a state secret, and where: its subject, its body, its files, their scans.

reference/secrecy-and-conduct § 1.4: whole lines and brackets, never words of a sentence. Below the line at which values
are given (`recognition.LINE`) nothing counts: names of files and letters in a symbol alone refuse no mail.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mailhub.documents.grammar.body_marks import highest, mark_in_subject, marks_in
from mailhub.files.facts import FileFacts
from mailhub.incidents.secret_mail import BODY, FILE, SCAN, SUBJECT
from mailhub.mail.headers import all_of, decode_text, unfold
from mailhub.registry.secret import is_level
from mailhub.screening.case import Case
from mailhub.text.lines import Source

_NONE: frozenset[str] = frozenset()
_MOST = 10  # subjects of one header: programs differ in which of several they show


@dataclass(frozen=True, slots=True)
class Secrecy:
    """What was found. `level` is the highest that is sure, "" for none; `files` are the SHA-256 of the message's files
    that bear it, or hold one that does."""

    level: str = ""
    found_in: frozenset[str] = _NONE
    files: tuple[bytes, ...] = ()


def read_secrecy(case: Case) -> Secrecy:
    """The marks that a message bears. Pure."""
    subjects = [case.subject, *(decode_text(unfold(field.raw)) for field in all_of(case.fields, b"subject")[1:_MOST])]
    found: dict[str, set[str]] = {SUBJECT: {mark_in_subject(one) for one in subjects}}
    if case.body is not None:
        latin = case.body.latin
        found[BODY] = {marks_in(case.body.lines, latin=latin), marks_in(case.body.forwarded, latin=latin)}
        found[BODY] |= {mark_in_subject(one) for one in case.body.subjects}
    files: list[bytes] = []
    for file in case.inspection.files if case.inspection is not None else ():
        marks = list(_marks(file.facts)) if file.facts is not None else []
        for place, level in marks:
            found.setdefault(place, set()).add(level)
        if marks:
            files.append(file.sha256)
    places = frozenset(place for place, levels in found.items() if levels - {""})
    if not places:
        return Secrecy()
    return Secrecy(highest(set().union(*found.values())), places, tuple(files))


def _marks(facts: FileFacts) -> Iterator[tuple[str, str]]:
    """Where the file, and what it holds at any depth, bears which level."""
    level = facts.recognition.value("secrecy") if facts.recognition is not None else None
    if level and is_level(level):
        yield (SCAN if facts.source is Source.OCR else FILE), level
    for member in facts.members:
        yield from _marks(member)
