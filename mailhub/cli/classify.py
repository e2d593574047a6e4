"""`mailhub classify`: which document is this, and why? Needs no hub: any file, any user."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click
from click.core import ParameterSource

from mailhub.cli.acting import json_option, print_json
from mailhub.cli.classified import as_object, classified
from mailhub.cli.environment import Environment, pass_environment
from mailhub.cli.explain import as_lines, as_row
from mailhub.cli.given_files import STANDARD_INPUT, bytes_of, every_file, printable, standard_input
from mailhub.files.facts import FileFacts, Limits, Mode
from mailhub.sandbox.errors import InspectorBusy, InspectorUnavailable, SandboxImpossible
from mailhub.sandbox.jail import UNPROTECTED, Jail
from mailhub.sandbox.local import LocalPool
from mailhub.sandbox.pool import FileBytes

# A file waits for a free process, and is read: with OCR of four pages on a slow machine.
_QUICK_SECONDS, _FULL_SECONDS = 20.0, 120.0
_MOST_JOBS = 4

Read = Callable[[FileBytes, Limits], Awaitable[FileFacts]]


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path())
@json_option
@click.option("--explain", is_flag=True, help="Say what was seen where, by which rule, and what stays uncertain.")
@click.option("--quick", is_flag=True, help="Do not read scanned pages (no OCR).")
@click.option("--progress", is_flag=True, help="Tell on stderr how far it is, also when that is no terminal.")
@click.option("--jobs", type=click.IntRange(1, 64), default=None, help="Files read at once (default: the cores, ≤ 4).")
@click.option("--unsandboxed", is_flag=True, help="Open the files in this very process. Only for files you made.")
@pass_environment
@click.pass_context
def classify(
    context: click.Context,
    environment: Environment,
    files: tuple[str, ...],
    *,
    as_json: bool,
    explain: bool,
    quick: bool,
    progress: bool,
    jobs: int | None,
    unsandboxed: bool,
) -> None:
    """Recognise official documents in FILES: of any kind, messages (.eml) and archives too; folders with all in them;
    - is what comes on standard input. Files of more than 256 MiB are refused.

    A row a file, or with --json an object a line: file, doc_type (QĐ, CV, … of Nghị định 30/2020; PL an annex, KHAC
    another official paper, NONE none), number_symbol, issue_date, issuer, subject, signer, urgency, secrecy,
    confidence, abstained, reasons; then more. null is what is not shown or not sure enough. A message or an archive
    is one line: that of the main document in it (`main`), with all files in `members`.
    In `fields` pages and lines count from 1.

    Files are opened in a sandbox, without network. Exit code 1 when a file cannot be opened; the others are done.
    With --dir DIR a machine that has no sandbox does what that hub's [inspector] sandbox says.

    \b
    Examples:
      mailhub classify quyet-dinh.pdf giay-moi.docx
      mailhub classify --explain thu-den.eml
      mailhub classify --json --quick hop-thu/ > ket-qua.jsonl
      curl -s https://tinh.example/cong-van.pdf | mailhub classify -
    """
    if "" in files:
        raise click.UsageError("the name of a file is empty")
    if as_json and explain:
        raise click.UsageError("--json and --explain exclude each other: the objects have rule, place and words")
    wanted = list(every_file(files))
    typed = standard_input() if STANDARD_INPUT in wanted else b""
    seconds = _QUICK_SECONDS if quick else _FULL_SECONDS
    limits = Limits(mode=Mode.QUICK if quick else Mode.FULL, seconds=seconds)
    at_once = jobs or min(_MOST_JOBS, os.cpu_count() or 1)
    hub = environment if _is_given(context, "directory") else None
    with _reader(at_once, hub, unsandboxed=unsandboxed) as read, _Progress(len(wanted), shown=progress) as shown:

        async def work() -> bool:
            worst = False
            async for path, facts in _read_all(wanted, typed, read, limits, at_once):
                shown.clear()
                if isinstance(facts, FileFacts):
                    _print(path, facts, as_json=as_json, explain=explain)
                else:
                    click.echo(f"mailhub: {printable(path)}: {facts}", err=True)
                    worst = True
                shown.step(path)
            return worst

        failed = asyncio.run(work())
    if failed:
        sys.exit(1)


def _print(path: Path, facts: FileFacts, *, as_json: bool, explain: bool) -> None:
    one = classified(printable(path), facts)
    if as_json:
        print_json(as_object(one))
    elif explain:
        click.echo("\n".join(as_lines(one)) + "\n")
    else:
        click.echo(as_row(one))


def _is_given(context: click.Context, name: str) -> bool:
    """Whether an option of `mailhub` itself was given, and is not its default."""
    source = context.parent.get_parameter_source(name) if context.parent else None
    return source in (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT)


@contextmanager
def _reader(processes: int, hub: Environment | None, *, unsandboxed: bool) -> Iterator[Read]:
    """How a file is read.

    Raises:
        SandboxImpossible: this machine cannot shut a process in, and neither `hub` nor --unsandboxed does without.
        SettingsError: it cannot, and the settings of `hub` cannot be read.
    """
    if unsandboxed:
        yield _in_this_process
        return
    with ExitStack() as stack:
        try:
            inspector = stack.enter_context(LocalPool(processes=processes))
        except SandboxImpossible as error:
            if hub is None or hub.settings.inspector.sandbox != UNPROTECTED:
                raise _with_a_remedy(error) from error
            inspector = stack.enter_context(LocalPool(Jail(protected=False), processes=processes))

        async def read(file: FileBytes, limits: Limits) -> FileFacts:
            # The room of all that may be read before it; the inspector ends a file by its own clock.
            return (await inspector.read([file], limits, timeout=limits.seconds * 4))[0]

        yield read


def _with_a_remedy(error: SandboxImpossible) -> SandboxImpossible:
    """The remedy of this command in the place of the hub's, which is a setting."""
    cause = str(error).partition(", or, for a machine")[0]
    return SandboxImpossible(f"{cause}, or, for files that you made yourself, add --unsandboxed")


async def _in_this_process(file: FileBytes, limits: Limits) -> FileFacts:
    from mailhub.files.reader import Given, read_file  # readers of strange files are not loaded without need

    given = Given(memoryview(file.data), file.name, file.declared, file.mail_subject)
    return await asyncio.to_thread(read_file, given, limits)


async def _read_all(
    paths: list[Path], typed: bytes, read: Read, limits: Limits, at_once: int
) -> AsyncIterator[tuple[Path, FileFacts | str]]:
    """Each path with its facts, or with why it could not be opened, in the order given."""
    free = asyncio.Semaphore(at_once)

    async def one(path: Path) -> FileFacts | str:
        async with free:
            try:
                file = await asyncio.to_thread(bytes_of, path, typed)
                return await read(file, limits)
            except OSError as error:
                return error.strerror or str(error)
            except (InspectorBusy, InspectorUnavailable) as error:
                return str(error)

    # A few ahead of the one that is printed, so that a folder of thousands is not held in memory.
    window: list[asyncio.Task[FileFacts | str]] = []
    ahead = iter(paths)
    for path in paths:
        while len(window) < 2 * at_once and (following := next(ahead, None)) is not None:
            window.append(asyncio.create_task(one(following)))
        yield path, await window.pop(0)


class _Progress:
    """A line on stderr that is written over; nothing where nobody watches."""

    def __init__(self, total: int, *, shown: bool) -> None:
        self._total, self._done = total, 0
        self._over = sys.stderr.isatty()
        self._shown = shown or (self._over and total > 1)

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def step(self, path: Path) -> None:
        """One more is done."""
        self._done += 1
        if self._shown:
            click.echo(f"[{self._done}/{self._total}] {printable(path.name)[:60]}", err=True, nl=not self._over)

    def clear(self) -> None:
        """Make room for a line of results."""
        if self._shown and self._over:
            click.echo("\r\033[K", err=True, nl=False)
