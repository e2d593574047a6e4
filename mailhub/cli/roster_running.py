"""What `mailhub roster` does beside asking the services: a file read in the sandbox, batches with their progress."""

from __future__ import annotations

import asyncio
import hashlib
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
from sqlalchemy import Connection

from mailhub.accounts.rights import Actor
from mailhub.cli.acting import acting, looking
from mailhub.cli.environment import Environment
from mailhub.cli.given_files import STANDARD_INPUT, bytes_of, standard_input
from mailhub.cli.roster_views import number
from mailhub.ops.inspecting import own_inspector
from mailhub.roster.deciding import RowAct
from mailhub.roster.keeping import RowState, count_states, find_import
from mailhub.roster.planning import Source, read_columns
from mailhub.roster.source import keep_original, read_sheets
from mailhub.roster.table import Sheet
from mailhub.sandbox.pool import FileBytes
from mailhub.store.sealing import open_sealer

PASTED = "(dán từ Excel)"


@dataclass(frozen=True, slots=True)
class GivenList:
    """A list that somebody names on the command line, read; `original` as it came."""

    source: Source
    original: bytes | memoryview

    def keep(self, environment: Environment) -> None:
        """Keep the original; root must have stepped down by then, or the hub could not read it."""
        folder, sealer = imports_folder(environment), open_sealer(environment.settings.keys_directory)
        keep_original(folder, self.original, sealer)


def imports_folder(environment: Environment) -> Path:
    """Where the originals of lists lie, sealed."""
    return environment.directory / "data" / "imports"


def read_list(environment: Environment, file: str, columns: Sequence[str], *, complete: bool = False) -> GivenList:
    """FILE, or what was pasted where it is `-`, opened in the sandbox; `columns` as `--column` says them.

    Raises:
        click.BadParameter: `columns`. UnreadableFile, SandboxImpossible, InspectorUnavailable.
    """
    try:
        chosen = read_columns(columns)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--column") from error
    path = STANDARD_INPUT if file == "-" else Path(file)
    given = bytes_of(path, standard_input() if path == STANDARD_INPUT else b"")
    name, digest = given.name or PASTED, hashlib.sha256(given.data).digest()
    sheets = read_in_sandbox(environment, given)
    source = Source(name=name, digest=digest, sheets=sheets, columns=chosen, complete=complete)
    return GivenList(source, given.data)


def read_in_sandbox(environment: Environment, given: FileBytes) -> list[Sheet]:
    """The sheets of the file, opened in a sandbox of one's own.

    Raises:
        UnreadableFile, SandboxImpossible, InspectorUnavailable.
    """
    with own_inspector(environment.settings) as inspector:
        return asyncio.run(read_sheets(given, inspector))


def in_batches(
    environment: Environment,
    code: str,
    step: Callable[[Connection, Actor], int],
    acts: Sequence[RowAct],
    states: Sequence[RowState] = (RowState.PLANNED,),
) -> None:
    """`step` in a transaction each, until nothing is left."""
    with looking(environment) as (connection, _):
        number_ = find_import(connection, code).id
        counts = count_states(connection, number_)
    total = sum(count for (act, state), count in counts.items() if act in acts and state in states)
    shown = _Progress(total)
    while True:
        with acting(environment) as (connection, actor):
            done = step(connection, actor)
        if not done:
            break
        shown.step(done)
    shown.clear()


class _Progress:
    """A bar on stderr that is written over; nothing where nobody watches."""

    def __init__(self, total: int) -> None:
        self._total, self._done = max(1, total), 0
        self._shown = sys.stderr.isatty()
        self._began = time.monotonic()

    def step(self, more: int) -> None:
        """So many more are done."""
        self._done += more
        if not self._shown:
            return
        share = min(1.0, self._done / self._total)
        left = (time.monotonic() - self._began) * (1 - share) / share
        bar = "█" * int(30 * share) + "░" * (30 - int(30 * share))
        words = f"{bar} {number(self._done)}/{number(self._total)} dòng, còn khoảng {left:.0f} giây"
        click.echo(f"\r\033[K{words}", err=True, nl=False)

    def clear(self) -> None:
        """Make room for the result."""
        if self._shown:
            click.echo("\r\033[K", err=True, nl=False)
