"""Readings of files: what is known of some octets, and which reading is better than another."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, and_, bindparam, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from mailhub.files.encoding import Malformed, from_json, to_json
from mailhub.files.facts import DangerKind, FileFacts, Mode, Unreadable
from mailhub.files.naming import is_of_name
from mailhub.files.signed.facts import Problem, Signed
from mailhub.registry.answers import answered
from mailhub.registry.records import READER_VERSION, Sighting
from mailhub.registry.secret import facts_as_read, holds_secret, without_words
from mailhub.registry.tables import file_table
from mailhub.store.chunks import chunks
from mailhub.store.statements import Prepared

# Another time they may end otherwise.
PASSING = (Unreadable.TIME, Unreadable.MEMORY, Unreadable.CRASHED)
MOST_MEMBERS = 200  # documents of one file's archive that get rows of their own
# The hash of an archive's member is the sandbox's word: it makes a row, but never the reading of a file whose hash we
# took ourselves, nor takes its place. Else whoever broke out of a reader could say what any file is.
MEMBER = "member"
_OURS = 1 << 20  # in `rank`, above any reader version
_NEVER = -1  # the rank and version of what has to be read again

_by_hash = select(file_table).where(file_table.c.sha256.in_(bindparam("hashes", expanding=True)))


@dataclass(frozen=True, slots=True)
class Reading:
    """One file of a sighting: itself (`path` is the part's) or a member of it, with what is kept of its facts."""

    sighting: Sighting
    path: str
    sha256: bytes
    facts: FileFacts
    names: tuple[str, ...]
    rank: int
    mode: str

    def row(self) -> dict[str, Any]:
        """Its row in `file`."""
        return {
            "sha256": self.sha256,
            "size": self.facts.size,
            "type": self.facts.type[:40],
            "facts": to_json(cached(self.facts)),
            "mode": self.mode,
            "rank": self.rank,
            "reader_version": READER_VERSION,
            "read_at": self.sighting.at,
            "trust": trust_of(self.facts),
        }


def known(
    connection: Connection, sha256s: Collection[bytes], mode: Mode, *, trust: str | None = None
) -> dict[bytes, FileFacts]:
    """The facts of those files that were read before, well enough for `mode` and by the reader of today, with the
    answers that people gave since. Of what is signed only readings by the trust data of version `trust`; None: by any.

    Names are left out, as they belong to a message, and so is text. A quick reading that left scanned pages, or that
    ended before its time, does not do for `Mode.FULL`; one whose reader broke down does for nothing.
    """
    found = {}
    for chunk in chunks(sorted(set(sha256s))):
        for row in connection.execute(_by_hash, {"hashes": chunk}):
            facts = _usable(row, mode) if trust is None or row.trust in ("", trust) else None
            if facts is not None:
                found[bytes(row.sha256)] = replace(facts, sha256=bytes(row.sha256).hex())
    return dict(zip(found, answered(connection, list(found.items())), strict=True))


def _usable(row: Any, mode: Mode) -> FileFacts | None:
    if row.reader_version != READER_VERSION or row.mode == MEMBER:
        return None
    full = row.mode == Mode.FULL.value
    facts = _decoded(row.facts) if full or mode is Mode.QUICK else None
    if facts is None or _broke_off(facts):
        return None
    return _settled(facts) if full else facts


def _broke_off(facts: FileFacts) -> bool:
    here = facts.unreadable in (Unreadable.MEMORY, Unreadable.CRASHED) or ended_early(facts.signed)
    return here or any(map(_broke_off, facts.members))


def ended_early(signed: Signed | None) -> bool:
    """Whether signatures were not read to their end: another time, or on another machine, they may be."""
    if signed is None:
        return False
    problems = (*signed.problems, *(problem for one in signed.signatures for problem in one.problems))
    return Problem.TIME in problems or Problem.CRASHED in problems


def trust_of(facts: FileFacts) -> str:
    """By which version of the trust data the signatures in the file and its members were read; "" when it has none."""
    if facts.signed is not None and facts.signed.trust:
        return facts.signed.trust
    return next((found for member in facts.members if (found := trust_of(member))), "")


def _settled(facts: FileFacts) -> FileFacts:
    """After a full reading no page waits for another one: what it left, the next would leave as well."""
    return replace(facts, needs_ocr=False, members=tuple(map(_settled, facts.members)))


def stored_facts(connection: Connection, sha256: bytes) -> tuple[FileFacts | None, int]:
    """What is kept of one file, by whatever reader, and when it was read; (None, 0) when nothing is."""
    row = connection.execute(_by_hash, {"hashes": [sha256]}).one_or_none()
    return (None, 0) if row is None else (_decoded(row.facts), row.read_at)


def readings_of(sighting: Sighting) -> list[Reading]:
    """The file, and the documents among its members, each as it is to be kept."""
    found = [_reading(sighting, sighting.path, sighting.sha256, sighting.facts, sighting.names, ours=True)]
    for path, member in _members(sighting.facts, sighting.path):
        if len(found) > MOST_MEMBERS:
            break
        if member.recognition is not None and len(member.sha256) == 64:
            names = (member.name,) if member.name else ()
            found.append(_reading(sighting, path, bytes.fromhex(member.sha256), member, names, ours=False))
    return found


def write_readings(connection: Connection, readings: Sequence[Reading]) -> None:
    """Keep the readings that are better than what is there. The rows stay locked until the transaction ends.

    On PostgreSQL a process that meets the same file waits here for the other to commit; in the order of their hashes,
    so that the two never wait for each other.
    """
    best: dict[bytes, Reading] = {}
    for reading in sorted(readings, key=lambda r: (r.sha256, r.rank)):
        best[reading.sha256] = reading
    _upsert.execute_many(connection, [reading.row() for reading in best.values()])


def cached(facts: FileFacts) -> FileFacts:
    """What is true of the octets whoever brings them: no name nor what is wrong with it, no text, no scanner's verdict
    of that day, and nobody's answers."""
    facts = facts_as_read(facts)
    dangers = tuple(d for d in facts.dangers if d.kind is not DangerKind.MALWARE and not is_of_name(d))
    if facts.type == "p7s":  # what it signs lies elsewhere: with other octets beside it, it says something else
        facts = replace(facts, signed=None)
    return _without_text(without_words(replace(facts, name="", dangers=dangers)))


def _without_text(facts: FileFacts) -> FileFacts:
    return replace(facts, text="", members=tuple(_without_text(member) for member in facts.members))


def _reading(
    sighting: Sighting, path: str, sha256: bytes, facts: FileFacts, names: tuple[str, ...], *, ours: bool
) -> Reading:
    full = _complete(facts) or (sighting.mode is Mode.FULL and not _passing(facts))
    rank = READER_VERSION * 4 + (2 if full else 0) + (0 if _passing(facts) else 1) + (_OURS if ours else 0)
    kept = () if holds_secret(facts) else names
    mode = (Mode.FULL.value if full else Mode.QUICK.value) if ours else MEMBER
    return Reading(sighting, path[:200], sha256, facts, kept, rank, mode)


def read_again(connection: Connection, hashes: Collection[bytes]) -> None:
    """Forget that these files were read well: the next time that one is seen it is read, and the answer is kept."""
    where = file_table.c.sha256.in_(list(hashes))
    connection.execute(update(file_table).where(where).values(rank=_NEVER, reader_version=_NEVER))


def _members(facts: FileFacts, path: str) -> Iterator[tuple[str, FileFacts]]:
    for position, member in enumerate(facts.members, 1):
        yield f"{path}/{position}", member
        yield from _members(member, f"{path}/{position}")


def _complete(facts: FileFacts) -> bool:
    here = not facts.needs_ocr and facts.unreadable not in PASSING
    return here and all(_complete(member) for member in facts.members)


def _passing(facts: FileFacts) -> bool:
    here = facts.unreadable in PASSING or ended_early(facts.signed)
    return here or any(_passing(member) for member in facts.members)


def _decoded(text: str) -> FileFacts | None:
    try:
        return from_json(text)
    except Malformed:
        return None


def _statement() -> Any:
    # `ON CONFLICT … DO UPDATE … WHERE` is the same on both engines; a lesser reading changes nothing. One as good by
    # other trust data takes the place of an older one.
    fresh = upsert(file_table)
    columns = ("type", "facts", "mode", "rank", "reader_version", "read_at", "trust")
    rank, trust = fresh.excluded["rank"], fresh.excluded["trust"]
    better = or_(rank > file_table.c.rank, and_(rank == file_table.c.rank, trust != file_table.c.trust))
    changed = {name: fresh.excluded[name] for name in columns}
    return fresh.on_conflict_do_update(index_elements=["sha256"], set_=changed, where=better)


_upsert = Prepared(_statement())
