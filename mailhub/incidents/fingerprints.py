"""Keyed hashes (HMAC-SHA-256 under the hub's key) by which the same secret is known again, and copies of it are found,
although nothing of it is kept. Each purpose has a key of its own, so that no two kinds of hash can be compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailhub.incidents.secret_mail import BODY, FILE, SCAN, SUBJECT, SecretMail
from mailhub.mail.body_text import BodyText
from mailhub.store.sealing import Sealer
from mailhub.text.folding import skeleton

_PART, _SUBJECT, _LINE, _WHOLE = "incident.part", "incident.subject", "incident.line", "incident.whole"
MOST_LINES = 300  # of one message's body
_SHORTEST_LINE = 18  # letters: what is shorter stands in every mail
_SHORTEST_SUBJECT = 8


def part_fingerprints(sealer: Sealer, secret: SecretMail) -> tuple[bytes, ...]:
    """What makes the same secret the same, whoever sends it: the marked files; else the marked text."""
    if secret.file_hashes and secret.found_in & {FILE, SCAN}:
        return tuple(dict.fromkeys(file_fingerprint(sealer, one) for one in secret.file_hashes))
    body = _body_key(secret.body)
    # A mark in the subject alone: the text below it is what it marks.
    text = body if BODY in secret.found_in and body else f"{skeleton(secret.subject)}\n{body}"
    files = "".join(one.hex() for one in secret.file_hashes)
    return (sealer.digest(_PART, f"text:{text}:{files}"),)


def whole_fingerprint(
    sealer: Sealer, *, found_in: frozenset[str], subject: str, body: BodyText | None, file_hashes: tuple[bytes, ...]
) -> bytes:
    """Of everything that bore a mark: the subject if it did, the text, the files."""
    marked = skeleton(subject) if SUBJECT in found_in else ""
    files = "".join(one.hex() for one in file_hashes)
    return sealer.digest(_WHOLE, f"{','.join(sorted(found_in))}:{marked}:{_body_key(body)}:{files}")


def clearing_fingerprints(
    sealer: Sealer, *, found_in: frozenset[str], subject: str, body: BodyText | None, file_hashes: tuple[bytes, ...]
) -> tuple[bytes, ...]:
    """What all has to be known as no secret, so that a message is none: each marked file, whoever sends it with
    whatever words; but where the words bear a mark themselves, just these words with just these files."""
    if file_hashes and found_in <= {FILE, SCAN}:
        return tuple(dict.fromkeys(file_fingerprint(sealer, one) for one in file_hashes))
    return (whole_fingerprint(sealer, found_in=found_in, subject=subject, body=body, file_hashes=file_hashes),)


def file_fingerprint(sealer: Sealer, sha256: bytes) -> bytes:
    """Of a file by its octets' hash."""
    return sealer.digest(_PART, f"file:{sha256.hex()}")


def subject_fingerprint(sealer: Sealer, incident_id: int, subject: str) -> bytes | None:
    """Of a subject, for the copies of one incident; None when it says too little to tell copies by."""
    key = skeleton(subject)
    return sealer.digest(_SUBJECT, f"{incident_id}:{key}") if len(key) >= _SHORTEST_SUBJECT else None


def line_fingerprints(sealer: Sealer, incident_id: int, lines: Iterable[str]) -> frozenset[bytes]:
    """Of the lines of a text that say something, for the drafts of one incident, which hold some of them."""
    return frozenset(sealer.digest(_LINE, f"{incident_id}:{key}") for key in _keys(lines))


def _keys(lines: Iterable[str]) -> Iterator[str]:
    count = 0
    for line in lines:
        if line.strip() == "--":  # what follows is a signature, which all mails of its owner share
            return
        key = skeleton(line)
        if len(key) >= _SHORTEST_LINE:
            yield key
            count += 1
            if count >= MOST_LINES:
                return


def _body_key(body: BodyText | None) -> str:
    return "" if body is None else "".join(map(skeleton, (*body.lines, *body.forwarded, *body.subjects)))
