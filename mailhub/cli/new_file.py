"""A file that a command makes for whoever typed it, readable by that person alone, and taken away when it fails.

Root becomes the hub's user once the database is opened (Environment.step_down): so the file is made before that, and a
process that stays root takes it away again if the command fails.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import click

from mailhub.cli.environment import Environment

_KEEP = b"k"


@contextmanager
def new_file(environment: Environment, path: Path) -> Iterator[BinaryIO]:
    """A new file to write to, on the disk when the block ends. Enter it before the database is asked for.

    Raises:
        click.UsageError: there is a file of this name already, or none can be made there.
    """
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise click.UsageError(f"{path}: {error.strerror}") from error
    with os.fdopen(fd, "wb") as file, _taken_away(environment, path.absolute()) as keep:
        yield file
        file.flush()
        os.fsync(file.fileno())
        keep()


@contextmanager
def _taken_away(environment: Environment, path: Path) -> Iterator[Callable[[], object]]:
    """Remove the file when the block ends, unless the function that this gives was called."""
    kept = False
    if not environment.steps_down:

        def keep() -> None:
            nonlocal kept
            kept = True

        try:
            yield keep
        finally:
            if not kept:
                path.unlink(missing_ok=True)
        return
    theirs, ours = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        if os.read(theirs, 1) != _KEEP:  # at its end as well: the command is gone
            with suppress(OSError):
                path.unlink()
        os._exit(0)
    os.close(theirs)
    try:
        yield lambda: os.write(ours, _KEEP)
    finally:
        os.close(ours)
        os.waitpid(child, 0)
