"""Who opens a file that somebody sent to a page: the hub's inspector when it runs, else a sandbox for the moment."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mailhub.sandbox.errors import SandboxImpossible
from mailhub.sandbox.jail import UNPROTECTED, Jail
from mailhub.sandbox.local import LocalPool
from mailhub.sandbox.pool import Inspector
from mailhub.serve.inspectors import SLOW_SOCKET
from mailhub.settings import Settings


@contextmanager
def inspector_of(settings: Settings) -> Iterator[Inspector]:
    """As `mailhub roster plan` has it; the web process is nobody special, so that nothing is lent to anybody.

    Raises:
        SandboxImpossible: this machine cannot shut a process in, and the hub's settings do not do without.
    """
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
