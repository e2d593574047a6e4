"""The kill switch at work: every door of every open turn is closed and looked at until all of it is proved.

Worker 0 runs the `Closer`; the rows of a turn outlive any crash. `close_now` is for whoever has just closed an
account and waits for the proof; where no hub runs, it does the work itself.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import replace

from mailhub.accounts.directory import Directory
from mailhub.accounts.life.closings import QUEUED_MAIL, Proof, load_proof
from mailhub.clock import now_ms
from mailhub.lifecycle.doors import COMPUTED, Look, look_at
from mailhub.lifecycle.scene import Findings, Scene, Turn, finish, open_turns, write_findings
from mailhub.lifecycle.session_doors import IMAP, SHARED, SUBMISSION, imap_findings, submission_findings

log = logging.getLogger(__name__)

POLL_SECONDS = 0.25
PROOF_SECONDS = 5.0  # within which every door is to be closed
EAGER_SECONDS = 30.0  # after which what still stands open is looked at less often
PATIENT_SECONDS = 2.0
_AT_ONCE = 100  # turns in one transaction
_MAILS_AT_ONCE = 20  # of these, whose mail is moved in one: the doors wait meanwhile
_KINDS = (frozenset(COMPUTED), frozenset({SUBMISSION}), frozenset({IMAP, SHARED}))


class Closer:
    """Works off turns. The doors of different kinds do not wait for each other."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._directory = Directory(scene.database)
        self._working: dict[frozenset[str], asyncio.Task[None]] = {}
        self._told: dict[tuple[int, str], tuple[str, int]] = {}

    async def run(self, only: int | None = None) -> None:
        """Until cancelled; `only` is the one turn to work on."""
        told = ""
        try:
            while True:
                pause = POLL_SECONDS
                try:
                    pause = await self._begin(only)
                    told = ""
                except Exception as error:  # a database that is away must not end the watch
                    if str(error) != told:
                        log.warning("closings cannot be worked on: %s", error)
                    told = str(error)
                await asyncio.sleep(pause)
        finally:
            for task in self._working.values():
                task.cancel()
            self._directory.close()

    async def _begin(self, only: int | None) -> float:
        """Start what is to be done; the pause until the next look."""
        turns = await asyncio.to_thread(self._open, only)
        if not turns:
            self._told.clear()
            return POLL_SECONDS
        for kind in _KINDS:
            mine = [replace(turn, doors=turn.doors & kind) for turn in turns if turn.doors & kind]
            busy = self._working.get(kind)
            if mine and (busy is None or busy.done()):
                self._working[kind] = asyncio.create_task(self._work(kind, mine))
        youngest = max(turn.began_at for turn in turns)
        return POLL_SECONDS if now_ms() - youngest < EAGER_SECONDS * 1000 else PATIENT_SECONDS

    def _open(self, only: int | None) -> list[Turn]:
        with self._scene.database.read() as connection:
            turns = open_turns(connection, only)
        bare = [turn.id for turn in turns if not turn.doors]
        if bare:  # a process died between the last door and the end
            with self._scene.database.write() as connection:
                finish(connection, bare, at=now_ms())
        return [turn for turn in turns if turn.doors]

    async def _work(self, kind: frozenset[str], turns: Sequence[Turn]) -> None:
        try:
            for start in range(0, len(turns), _AT_ONCE):
                some = turns[start : start + _AT_ONCE]
                if IMAP in kind:
                    found = await imap_findings(self._scene, some)
                    await asyncio.to_thread(self._write, some, found)
                elif SUBMISSION in kind:
                    found = await asyncio.to_thread(submission_findings, self._scene, some)
                    await asyncio.to_thread(self._write, some, found)
                else:
                    await asyncio.to_thread(self._compute, some)
        except Exception:
            log.exception("doors cannot be closed yet: %s", ", ".join(sorted(kind)))

    def _compute(self, turns: Sequence[Turn]) -> None:
        """The doors that are computed from the account's rows; each on what is committed at this moment."""
        found: Findings = {}
        looks: list[Look] = []
        settings = self._scene.settings
        with self._scene.database.read() as connection:
            for turn in turns:
                view = self._directory.account(turn.account_id)
                script = self._scene.script(view) if view is not None else ""
                look = look_at(connection, turn, view, script, now_ms(), settings=settings)
                looks.append(look)
                for door in turn.doors - {QUEUED_MAIL}:
                    found[turn.id, door] = COMPUTED[door](connection, look)
        self._write(turns, found)
        sending = [look for look in looks if QUEUED_MAIL in look.turn.doors]
        for start in range(0, len(sending), _MAILS_AT_ONCE):
            with self._scene.database.write() as connection:
                for look in sending[start : start + _MAILS_AT_ONCE]:
                    now = look_at(connection, look.turn, look.view, look.script, now_ms(), settings=settings)
                    finding = COMPUTED[QUEUED_MAIL](connection, now)
                    write_findings(connection, {(look.turn.id, QUEUED_MAIL): finding}, tries=1, at=now_ms())

    def _write(self, turns: Sequence[Turn], found: Findings) -> None:
        """Write what is new; the same words about a door that still stands open cost no transaction each time."""
        wanted = {(turn.id, door) for turn in turns for door in turn.doors}
        fresh: Findings = {}
        for key, finding in found.items():
            words, tries = self._told.get(key, ("", 0))
            self._told[key] = (finding.checked, tries + 1)
            if key in wanted and finding.checked != words:
                fresh[key] = finding
        if fresh:
            with self._scene.database.write() as connection:
                write_findings(connection, fresh, tries=1, at=now_ms())


async def close_now(scene: Scene, closing_id: int, account: str, *, timeout: float = PROOF_SECONDS) -> Proof:
    """Work on one turn, beside whoever else does, until all its doors are proved or `timeout` seconds are over.

    Doing the same twice does no harm: each door is only ever closed, and written once. The proof may still have open
    doors; a running hub goes on with them, and without one the next to start does.
    """
    work = asyncio.create_task(Closer(scene).run(closing_id))
    until = time.monotonic() + timeout
    try:
        while True:
            proof = await asyncio.to_thread(_read, scene, closing_id, account)
            if proof.done_at is not None or time.monotonic() > until:
                return proof
            await asyncio.sleep(POLL_SECONDS / 5)
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


def _read(scene: Scene, closing_id: int, account: str) -> Proof:
    with scene.database.read() as connection:
        return load_proof(connection, closing_id, account)
