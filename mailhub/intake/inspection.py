"""What a message brings with it, read once: its structure, and what each of its files is.

One function does it for both moments (architecture § 5): within the session, quickly; after it, with the scanned
pages. Nothing of a file is interpreted here: its transfer encoding is undone
and its SHA-256 is taken, and the sandbox does the rest. A file that was read before, in whatever message, is not
read again.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from mmap import mmap

from mailhub.files.facts import Danger, DangerKind, FileFacts, Limits, Mode, Unreadable
from mailhub.files.naming import of_claims, of_name
from mailhub.intake.clamd import Clamd, Clean, Malware, NotScanned, Scan
from mailhub.mail.parts import Part, PartProblem, Structure
from mailhub.mail.structure import read_structure
from mailhub.mail.transfer import decode_body
from mailhub.registry import service as registry
from mailhub.sandbox.errors import InspectorBusy
from mailhub.sandbox.pool import FileBytes, Inspector
from mailhub.store.database import Database

Octets = bytes | memoryview | mmap
REMEMBERED = 2_000  # files whose facts a process keeps at hand
BLOCKING_OCTETS = 512 * 1024  # a message larger than this is decoded off the loop
UNDER_WAY_OCTETS = 256 * 2**20  # decoded at a time in one process; what is more waits for the slow reading
SHORTEST = 0.2  # seconds; with less left it is not worth asking
OFF = ""


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
        if _anywhere(self.facts, lambda facts: facts.unreadable is Unreadable.TIME):
            return "unread"
        return "ocr" if _anywhere(self.facts, lambda facts: facts.needs_ocr) else ""


@dataclass(frozen=True, slots=True)
class Inspection:
    """A message read once. `malware`: `clean`, `found`, `not scanned: …`, or "" when no scanner is set."""

    structure: Structure
    files: tuple[InspectedFile, ...] = ()
    malware: str = OFF

    @property
    def pending(self) -> tuple[InspectedFile, ...]:
        """Files that the time did not suffice for."""
        return tuple(file for file in self.files if file.waits)


class MailInspector:
    """Reads messages for one process, asking the sandbox behind `inspector`."""

    def __init__(self, database: Database, inspector: Inspector, clamd: Callable[[], Clamd | None]) -> None:
        self._database = database
        self._inspector = inspector
        self._clamd = clamd
        self._recent: OrderedDict[bytes, FileFacts] = OrderedDict()  # as read: people's answers are never in it
        self._unpacking = asyncio.Lock()
        self._under_way = 0  # octets

    async def inspect(
        self, data: Octets, *, subject: str, limits: Limits, seconds: float, structure: Structure | None = None
    ) -> Inspection:
        """Everything about the message `data` that can be told within `seconds`; `structure` when it is known already.

        Raises:
            InspectorUnavailable, StoreUnavailable: a local fault; the message cannot be judged now.
        """
        deadline = asyncio.get_running_loop().time() + seconds
        structure = structure or read_structure(data)
        if not structure.files:
            return Inspection(structure)
        if len(data) > BLOCKING_OCTETS:
            async with self._unpacking:  # each holds its octets twice meanwhile
                unpacked = await asyncio.to_thread(_unpack, data, structure)
        else:
            unpacked = _unpack(data, structure)
        octets = sum(file.size for file, _ in unpacked)
        if self._under_way and self._under_way + octets > UNDER_WAY_OCTETS:
            return Inspection(structure, tuple(file for file, _ in unpacked))
        self._under_way += octets
        try:
            return await self._look_into(unpacked, structure, subject, limits, deadline)
        finally:
            self._under_way -= octets

    # ------------------------------------------------------------------ parts

    async def _look_into(
        self,
        unpacked: Sequence[tuple[InspectedFile, bytes]],
        structure: Structure,
        subject: str,
        limits: Limits,
        deadline: float,
    ) -> Inspection:
        # Their text is kept for nobody else, so that it has to be read anew (architecture § 8).
        known = {} if limits.want_text else await self._known({file.sha256 for file, _ in unpacked}, limits.mode)
        await self._read([(f, d) for f, d in unpacked if f.sha256 not in known], known, subject, limits, deadline)
        if known:
            known = await asyncio.to_thread(self._with_answers, known)
        files = tuple(
            replace(file, facts=_as_here(file, known.get(file.sha256)), mode=limits.mode) for file, _ in unpacked
        )
        found = await self._scan(unpacked, deadline)
        return Inspection(structure, tuple(map(_with_malware, files, found)), _summary(found))

    async def _known(self, hashes: set[bytes], mode: Mode) -> dict[bytes, FileFacts]:
        found = {h: facts for h in hashes if (facts := self._recent.get(h)) is not None and _suffices(facts, mode)}
        # A scan that this process saw may have been read since by another, in full: a secret that comes again is known.
        missing = hashes - {sha256 for sha256, facts in found.items() if _suffices(facts, Mode.FULL)}
        if missing:
            found |= await asyncio.to_thread(self._look_up, missing, mode)
        return found

    def _with_answers(self, known: dict[bytes, FileFacts]) -> dict[bytes, FileFacts]:
        """What was read, with what people answered about the same octets before, however it came to be known."""
        with self._database.read() as connection:
            return dict(zip(known, registry.answered(connection, list(known.items())), strict=True))

    def _look_up(self, hashes: set[bytes], mode: Mode) -> dict[bytes, FileFacts]:
        with self._database.read() as connection:
            return registry.known(connection, hashes, mode)

    async def _read(
        self,
        files: Sequence[tuple[InspectedFile, bytes]],
        known: dict[bytes, FileFacts],
        subject: str,
        limits: Limits,
        deadline: float,
    ) -> None:
        """Have each distinct file read once; what was read by the deadline is added to `known`."""
        distinct = list({file.sha256: (file, data) for file, data in files}.values())
        left = deadline - asyncio.get_running_loop().time()
        if not distinct or left < SHORTEST:
            return
        asked = [
            FileBytes(
                name=file.part.name,
                declared=file.part.type,
                data=data,
                sha256=file.sha256.hex(),
                mail_subject=subject,
            )
            for file, data in distinct
        ]

        def keep(index: int, facts: FileFacts) -> None:
            sha256 = distinct[index][0].sha256
            known[sha256] = facts
            self._remember(sha256, facts)

        try:
            await asyncio.wait_for(self._inspector.read(asked, limits, timeout=left, on_file=keep), left + 1)
        except (InspectorBusy, TimeoutError):
            return  # what was read so far is kept; the rest waits

    def _remember(self, sha256: bytes, facts: FileFacts) -> None:
        if _anywhere(facts, lambda one: one.unreadable in _PASSING):
            return
        self._recent[sha256] = registry.cached(facts)
        self._recent.move_to_end(sha256)
        while len(self._recent) > REMEMBERED:
            self._recent.popitem(last=False)

    async def _scan(
        self, files: Sequence[tuple[InspectedFile, bytes]], deadline: float
    ) -> list[Malware | NotScanned | None]:
        """clamd's word on each file; None is clean. Without a scanner nothing is asked, and that is said."""
        clamd = self._clamd()
        if clamd is None:
            return [NotScanned("") for _ in files]
        found: list[Malware | NotScanned | None] = []
        for _, data in files:
            left = deadline - asyncio.get_running_loop().time()
            if left < SHORTEST:
                found.append(NotScanned("out of time"))
                continue
            try:
                answer: Scan = await asyncio.wait_for(clamd.scan(data), left)
            except TimeoutError:
                answer = NotScanned("out of time")
            found.append(None if isinstance(answer, Clean) else answer)
        return found


# Readings that may end otherwise the next time.
_PASSING = (Unreadable.TIME, Unreadable.MEMORY, Unreadable.CRASHED)


def _unpack(data: Octets, structure: Structure) -> list[tuple[InspectedFile, bytes]]:
    """The files' octets, transfer encoding undone, with their hashes."""
    found = []
    for part in structure.files:
        octets, faulty = decode_body(data, part)
        if faulty:
            part = replace(part, problems=(*part.problems, PartProblem.BAD_ENCODING))
        found.append((InspectedFile(part, hashlib.sha256(octets).digest(), len(octets)), octets))
    return found


def _anywhere(facts: FileFacts, holds: Callable[[FileFacts], bool]) -> bool:
    """Whether something holds of the file or of one within it."""
    return holds(facts) or any(_anywhere(member, holds) for member in facts.members)


def _suffices(facts: FileFacts, mode: Mode) -> bool:
    return mode is Mode.QUICK or not _anywhere(facts, lambda one: one.needs_ocr)


def _as_here(file: InspectedFile, facts: FileFacts | None) -> FileFacts | None:
    """What is known of the octets, under the name and with the dangers of the name that they have in this message."""
    if facts is None:
        return None
    claimed = [d for name in file.part.names for d in (*of_name(name), *of_claims(name, file.part.type, facts.type))]
    return replace(facts, name=file.part.name, dangers=tuple(dict.fromkeys((*claimed, *facts.dangers))))


def _with_malware(file: InspectedFile, found: Malware | NotScanned | None) -> InspectedFile:
    if not isinstance(found, Malware):
        return file
    facts = file.facts or FileFacts(name=file.part.name, type="unknown", size=file.size, sha256=file.sha256.hex())
    return replace(file, facts=replace(facts, dangers=(*facts.dangers, Danger(DangerKind.MALWARE, found.name))))


def _summary(found: Sequence[Malware | NotScanned | None]) -> str:
    if any(isinstance(one, Malware) for one in found):
        return "found"
    missed = [one for one in found if isinstance(one, NotScanned)]
    if not missed:
        return "clean"
    return f"not scanned: {missed[0].reason}" if missed[0].reason else OFF
