"""What a message brings with it, read once: its structure, and what each of its files is.

One function does it for both moments (architecture § 5): within the session, quickly; after it, with the scanned
pages. Nothing of a file is interpreted here: its transfer encoding is undone
and its SHA-256 is taken, and the sandbox does the rest. A file that was read before, in whatever message, is not
read again. What is signed is judged last (`verifying.py`), when everything else is known.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from mailhub.clock import now_ms
from mailhub.files.facts import Danger, DangerKind, FileFacts, Limits, Mode, Unreadable
from mailhub.files.naming import of_claims, of_name
from mailhub.intake.clamd import Clamd, Clean, Malware, NotScanned, Scan
from mailhub.intake.unpacking import InspectedFile, Octets, Taken, anywhere, unpack
from mailhub.intake.verifying import Seen, Verifying, signed_within
from mailhub.mail.parts import Structure
from mailhub.mail.signed_parts import own_signature
from mailhub.mail.structure import read_structure
from mailhub.registry import service as registry
from mailhub.sandbox.errors import InspectorBusy
from mailhub.sandbox.pool import FileBytes, Inspector
from mailhub.signatures.keeping import JudgedFile
from mailhub.signatures.trust.pinned import NOTHING, Trust
from mailhub.store.database import Database

REMEMBERED = 2_000  # files whose facts a process keeps at hand
BLOCKING_OCTETS = 512 * 1024  # a message larger than this is decoded off the loop
UNDER_WAY_OCTETS = 256 * 2**20  # decoded at a time in one process; what is more waits for the slow reading
SHORTEST = 0.2  # seconds; with less left it is not worth asking
OFF = ""


@dataclass(frozen=True, slots=True)
class Inspection:
    """A message read once. `malware`: `clean`, `found`, `not scanned: …`, or "" when no scanner is set. `signatures`:
    what is signed in it, at any depth, but for secrets; `verified`: signatures were looked for."""

    structure: Structure
    files: tuple[InspectedFile, ...] = ()
    malware: str = OFF
    signatures: tuple[JudgedFile, ...] = ()
    verified: bool = False

    @property
    def pending(self) -> tuple[InspectedFile, ...]:
        """Files that the time did not suffice for."""
        return tuple(file for file in self.files if file.waits)


class MailInspector:
    """Reads messages for one process, asking the sandbox behind `inspector`."""

    def __init__(
        self,
        database: Database,
        inspector: Inspector,
        clamd: Callable[[], Clamd | None],
        verifying: Verifying | None = None,
    ) -> None:
        """Without `verifying` signatures are left alone: nobody says what they are worth."""
        self._verifying = verifying
        self._database = database
        self._inspector = inspector
        self._clamd = clamd
        self._recent: OrderedDict[bytes, FileFacts] = OrderedDict()  # as read: people's answers are never in it
        self._unpacking = asyncio.Lock()
        self._under_way = 0  # octets

    async def inspect(
        self,
        data: Octets,
        *,
        subject: str,
        limits: Limits,
        seconds: float,
        structure: Structure | None = None,
        seen: Seen | None = None,
    ) -> Inspection:
        """Everything about the message `data` that can be told within `seconds`; `structure` when it is known already,
        `seen`: how and when it came, when that was not now.

        Raises:
            InspectorUnavailable, StoreUnavailable: a local fault; the message cannot be judged now.
        """
        deadline = asyncio.get_running_loop().time() + seconds
        structure = structure or read_structure(data)
        if not structure.files:
            return Inspection(structure)
        if len(data) > BLOCKING_OCTETS:
            async with self._unpacking:  # each holds its octets twice meanwhile
                unpacked = await asyncio.to_thread(unpack, data, structure)
        else:
            unpacked = unpack(data, structure)
        octets = sum(one.file.size for one in unpacked)
        if self._under_way and self._under_way + octets > UNDER_WAY_OCTETS:
            return Inspection(structure, tuple(one.file for one in unpacked))
        self._under_way += octets
        try:
            found = await self._look_into(unpacked, structure, subject, limits, deadline)
        finally:
            self._under_way -= octets
        return await self._with_verdicts(found, seen or Seen(at=now_ms()), data, deadline)

    # ------------------------------------------------------------------ parts

    async def _look_into(
        self, unpacked: Sequence[Taken], structure: Structure, subject: str, limits: Limits, deadline: float
    ) -> Inspection:
        trust = NOTHING if self._verifying is None else await asyncio.to_thread(self._verifying.trust)
        # Their text is kept for nobody else, so that it has to be read anew (architecture § 8).
        known = {} if limits.want_text else await self._known({one.key for one in unpacked}, limits.mode, trust)
        await self._read([one for one in unpacked if one.key not in known], known, subject, limits, deadline, trust)
        if known:
            known = await asyncio.to_thread(self._with_answers, known)
        files = tuple(
            replace(one.file, facts=_as_here(one.file, known.get(one.key)), mode=limits.mode) for one in unpacked
        )
        found = await self._scan(unpacked, deadline)
        return Inspection(structure, tuple(map(_with_malware, files, found)), _summary(found))

    async def _with_verdicts(self, found: Inspection, seen: Seen, data: Octets, deadline: float) -> Inspection:
        """What is signed in it, judged. Whoever signed is asked about in what is left of the time."""
        if self._verifying is None:
            return found
        own = own_signature(found.structure)
        signed = [
            one
            for file in found.files
            if file.facts is not None
            for one in signed_within(
                file.facts, file.part.path, file.sha256, own=own is not None and own.path == file.part.path
            )
        ]
        found = replace(found, verified=True)
        if not signed:
            return found
        trust = await asyncio.to_thread(self._verifying.trust)
        left = deadline - asyncio.get_running_loop().time()
        return replace(found, signatures=await self._verifying.judge(signed, trust, seen, data, seconds=left))

    async def _known(self, hashes: set[bytes], mode: Mode, trust: Trust) -> dict[bytes, FileFacts]:
        recent = {h: facts for h in hashes if (facts := self._recent.get(h)) is not None}
        version = None if self._verifying is None else trust.version
        found = {h: facts for h, facts in recent.items() if _suffices(facts, mode) and _by_trust(facts, version)}
        # A scan that this process saw may have been read since by another, in full: a secret that comes again is known.
        missing = hashes - {sha256 for sha256, facts in found.items() if _suffices(facts, Mode.FULL)}
        if missing:
            found |= await asyncio.to_thread(self._look_up, missing, mode, version)
        return found

    def _with_answers(self, known: dict[bytes, FileFacts]) -> dict[bytes, FileFacts]:
        """What was read, with what people answered about the same octets before, however it came to be known."""
        with self._database.read() as connection:
            return dict(zip(known, registry.answered(connection, list(known.items())), strict=True))

    def _look_up(self, hashes: set[bytes], mode: Mode, trust: str | None) -> dict[bytes, FileFacts]:
        with self._database.read() as connection:
            return registry.known(connection, hashes, mode, trust=trust)

    async def _read(
        self,
        files: Sequence[Taken],
        known: dict[bytes, FileFacts],
        subject: str,
        limits: Limits,
        deadline: float,
        trust: Trust,
    ) -> None:
        """Have each distinct file read once; what was read by the deadline is added to `known`."""
        distinct = list({one.key: one for one in files}.values())
        left = deadline - asyncio.get_running_loop().time()
        if not distinct or left < SHORTEST:
            return
        asked = [
            FileBytes(
                name=one.file.part.name,
                declared=one.file.part.type,
                data=one.data,
                sha256=one.file.sha256.hex(),
                mail_subject=subject,
                signs=one.signs,
            )
            for one in distinct
        ]

        def keep(index: int, facts: FileFacts) -> None:
            one = distinct[index]
            known[one.key] = facts
            if one.signs is None:
                self._remember(one.key, facts)

        bundle = None if self._verifying is None else trust.bundle
        try:
            reading = self._inspector.read(asked, limits, timeout=left, on_file=keep, trust=bundle)
            await asyncio.wait_for(reading, left + 1)
        except (InspectorBusy, TimeoutError):
            return  # what was read so far is kept; the rest waits

    def _remember(self, sha256: bytes, facts: FileFacts) -> None:
        if anywhere(facts, lambda one: one.unreadable in _PASSING or registry.ended_early(one.signed)):
            return
        self._recent[sha256] = registry.cached(facts)
        self._recent.move_to_end(sha256)
        while len(self._recent) > REMEMBERED:
            self._recent.popitem(last=False)

    async def _scan(self, files: Sequence[Taken], deadline: float) -> list[Malware | NotScanned | None]:
        """clamd's word on each file; None is clean. Without a scanner nothing is asked, and that is said."""
        clamd = self._clamd()
        if clamd is None:
            return [NotScanned("") for _ in files]
        found: list[Malware | NotScanned | None] = []
        for one in files:
            left = deadline - asyncio.get_running_loop().time()
            if left < SHORTEST:
                found.append(NotScanned("out of time"))
                continue
            try:
                answer: Scan = await asyncio.wait_for(clamd.scan(one.data), left)
            except TimeoutError:
                answer = NotScanned("out of time")
            found.append(None if isinstance(answer, Clean) else answer)
        return found


# Readings that may end otherwise the next time.
_PASSING = (Unreadable.TIME, Unreadable.MEMORY, Unreadable.CRASHED)


def _suffices(facts: FileFacts, mode: Mode) -> bool:
    return mode is Mode.QUICK or not anywhere(facts, lambda one: one.needs_ocr)


def _by_trust(facts: FileFacts, version: str | None) -> bool:
    """Whether what is signed was read by the trust data of this version; None: whichever."""
    return version is None or registry.trust_of(facts) in ("", version)


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


__all__ = ["BLOCKING_OCTETS", "InspectedFile", "Inspection", "MailInspector", "Octets"]
