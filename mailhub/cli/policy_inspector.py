"""Who reads the files of a message for a command: the hub's own inspector when it runs, else one for the moment."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mailhub.cli.environment import Environment
from mailhub.sandbox.errors import SandboxImpossible
from mailhub.sandbox.jail import UNPROTECTED, Jail
from mailhub.sandbox.local import LocalPool
from mailhub.sandbox.pool import Inspector
from mailhub.serve.inspectors import SLOW_SOCKET
from mailhub.settings import SETTINGS_FILE


@contextmanager
def inspector_of(environment: Environment) -> Iterator[Inspector]:
    """Enter it before the database is asked for: root builds the sandbox and lends it to whom it becomes.

    Raises:
        SandboxImpossible: this machine cannot shut a process in, and the hub's settings do not do without.
        SettingsError
    """
    settings = environment.settings
    running = settings.run_directory / SLOW_SOCKET
    if _answers(running):
        yield Inspector(running)
        return
    pool = LocalPool()
    try:
        inspector = pool.start()
    except SandboxImpossible:
        if settings.inspector.sandbox != UNPROTECTED:
            raise
        pool = LocalPool(Jail(protected=False))
        inspector = pool.start()
    try:
        if environment.steps_down:
            owner = (environment.directory / SETTINGS_FILE).stat()
            pool.lend(owner.st_uid, owner.st_gid)
        yield inspector
    finally:
        pool.stop()


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as one:
        try:
            one.connect(str(path))
        except OSError:
            return False
    return True
