"""Whether a mail in a folder is a copy of an incident's secret, told by keyed fingerprints alone."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from mailhub.documents.grammar.body_marks import mark_in_subject, marks_in
from mailhub.incidents.fingerprints import file_fingerprint, line_fingerprints, subject_fingerprint
from mailhub.mail.body_text import read_body
from mailhub.mail.encoded import decode_text
from mailhub.mail.structure import read_structure
from mailhub.mail.transfer import decode_body
from mailhub.store.sealing import Sealer

_SHARE = 0.6  # of a draft's lines that have to be the secret's
_LEAST_LINES = 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an incident's copies are known by: every fingerprint that is kept of it."""

    incident_id: int
    fingerprints: frozenset[bytes]


def same_subject(sealer: Sealer, wanted: Wanted, subject: bytes) -> bool:
    """Whether a subject, as the header has it, is the secret's."""
    found = subject_fingerprint(sealer, wanted.incident_id, decode_text(subject)[:500])
    return found is not None and found in wanted.fingerprints


def is_copy(sealer: Sealer, wanted: Wanted, subject: bytes, data: bytes) -> bool:
    """Whether a mail that somebody wrote holds the secret: its file, most of its lines, or a mark of its own, which a
    draft may have before or after it was the same."""
    if mark_in_subject(decode_text(subject)[:500]):
        return True
    structure = read_structure(data)
    for part in structure.files:
        octets, _ = decode_body(data, part)
        if file_fingerprint(sealer, hashlib.sha256(octets).digest()) in wanted.fingerprints:
            return True
    body = read_body(data, structure)
    said = (*body.lines, *body.forwarded)
    if marks_in(said):
        return True
    lines = line_fingerprints(sealer, wanted.incident_id, said)
    shared = len(lines & wanted.fingerprints)
    return shared >= _LEAST_LINES and shared >= _SHARE * len(lines)
