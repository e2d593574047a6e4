"""Staff lists as work of a page: read in the sandbox, planned, applied and taken back in batches.

A batch is a transaction, as on the command line (cli/roster_running.py). The account that pressed the button is read
again for each: its suspension stops the work, which goes on from there when somebody starts it again.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import Connection, select

from mailhub.accounts.control.grants import actor_of
from mailhub.accounts.errors import NotAllowed
from mailhub.accounts.finding import load_mailbox
from mailhub.accounts.rights import Actor
from mailhub.admin.frame.jobs import RUNNING, SILENT_AFTER, Progress
from mailhub.admin.frame.models import WebJob
from mailhub.admin.frame.site import Site
from mailhub.admin.frame.visit import Visit
from mailhub.ops.inspecting import inspector_of
from mailhub.queue.received import addresses_with_mail
from mailhub.roster import applying, undoing
from mailhub.roster.deciding import RowAct
from mailhub.roster.headers import Field
from mailhub.roster.keeping import RowState, count_states, find_import
from mailhub.roster.planning import Source, make_plan
from mailhub.roster.source import keep_original, read_sheets
from mailhub.roster.table import Sheet
from mailhub.sandbox.pool import FileBytes
from mailhub.settings import Settings
from mailhub.store.sealing import Sealer, open_sealer

_STEPS = 3  # of planning: opened, kept, compared


@dataclass(frozen=True, slots=True)
class Worker:
    """Who works on behalf of a page that was left: the account, not the session."""

    site: Site
    account_id: int
    ip: str

    @contextmanager
    def writing(self) -> Iterator[tuple[Connection, Actor]]:
        """One transaction as the account, with the rights that it has now.

        Raises:
            NotAllowed: it may not log in any more.
        """
        with self.site.database.write() as connection:
            mailbox = load_mailbox(connection, self.account_id)
            if mailbox is None or not mailbox.logs_in:
                raise NotAllowed("the account that began this may not log in any more")
            yield connection, actor_of(connection, mailbox, at=self.site.clock(), proved=True, ip=self.ip)


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenFile:
    """A list as somebody sent it: whose, by whom it was made, and what its columns are said to mean."""

    name: str
    data: bytes
    agency: str
    complete: bool
    origin: str = ""
    dated: date | None = None
    columns: Mapping[str, Field] | None = None


def worker_of(visit: Visit) -> Worker:
    """The visitor, for work that goes on."""
    assert visit.actor is not None
    assert visit.actor.account_id is not None
    return Worker(visit.site, visit.actor.account_id, visit.ip)


def originals(settings: Settings) -> Path:
    """Where the originals of lists lie, sealed."""
    return settings.directory / "data" / "imports"


def sealer_of(settings: Settings) -> Sealer:
    """The key under which they are."""
    return open_sealer(settings.keys_directory)


def open_list(settings: Settings, name: str, data: bytes) -> list[Sheet]:
    """The sheets of the file, opened in the sandbox only.

    Raises:
        UnreadableFile, SandboxImpossible, InspectorUnavailable.
    """
    digest = hashlib.sha256(data).hexdigest()
    with inspector_of(settings) as inspector:
        return asyncio.run(read_sheets(FileBytes(name, "application/octet-stream", data, digest), inspector))


def plan_list(worker: Worker, given: GivenFile, progress: Progress) -> str:
    """Read the list, keep its original, compare it; gives the plan's code.

    Raises:
        UnreadableFile, NoTable, TooFewRows, NoSuchAgency, NotAllowed, SandboxImpossible, InspectorUnavailable.
    """
    settings = worker.site.settings
    progress(0, _STEPS)
    sheets = open_list(settings, given.name, given.data)
    progress(1, _STEPS)
    sealer = sealer_of(settings)
    digest = keep_original(originals(settings), given.data, sealer)
    source = Source(
        name=given.name,
        digest=digest,
        sheets=sheets,
        columns=given.columns or {},
        complete=given.complete,
        origin=given.origin,
        dated=given.dated,
    )
    progress(2, _STEPS)
    with worker.writing() as (connection, actor):
        plan = make_plan(
            connection, actor, given.agency, source, settings=settings.accounts, sealer=sealer, at=worker.site.clock()
        )
    return plan.code


def apply_list(worker: Worker, code: str, progress: Progress) -> None:
    """Carry out what was begun, up to its end.

    Raises:
        NoSuchImport, NotAllowed, WrongMoment.
    """
    rules, clock = worker.site.settings.accounts, worker.site.clock

    def step(connection: Connection, actor: Actor) -> int:
        return applying.apply_batch(connection, actor, code, rules=rules, at=clock())

    _in_batches(worker, code, step, progress, (RowState.PLANNED,))
    with worker.writing() as (connection, actor):
        applying.finish(connection, actor, code, at=clock())


def undo_list(worker: Worker, code: str, progress: Progress) -> None:
    """Take back what was begun to be taken back.

    Raises:
        NoSuchImport, NotAllowed, WrongMoment.
    """
    clock = worker.site.clock

    def step(connection: Connection, actor: Actor) -> int:
        return undoing.undo_batch(connection, actor, code, has_mail=addresses_with_mail, at=clock())

    _in_batches(worker, code, step, progress, (RowState.DONE,))
    with worker.writing() as (connection, actor):
        undoing.finish_undo(connection, actor, code, at=clock())


def _in_batches(
    worker: Worker,
    code: str,
    step: Callable[[Connection, Actor], int],
    progress: Progress,
    states: Sequence[RowState],
) -> None:
    with worker.site.database.read() as connection:
        counts = count_states(connection, find_import(connection, code).id)
    writing: Sequence[RowAct] = applying.WRITING
    total = sum(count for (act, state), count in counts.items() if act in writing and state in states)
    done = 0
    progress(done, total)
    while True:
        with worker.writing() as (connection, actor):
            more = step(connection, actor)
        if not more:
            return
        done += more
        progress(min(done, total), total)


def under_way(connection: Connection, code: str, *, at: int) -> bool:
    """Whether a page's work on this list is being done right now; a second thread would only get in its way."""
    alive = (WebJob.kind == job_kind(code), WebJob.state == RUNNING, WebJob.beat_at > at - SILENT_AFTER)
    return connection.execute(select(WebJob.id).where(*alive).limit(1)).first() is not None


def job_kind(code: str) -> str:
    """What the work on a list is filed under."""
    return f"roster {code}"
