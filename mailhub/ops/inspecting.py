"""Who opens a file outside the delivery of mail: the inspector of a hub that runs, else a sandbox for the moment."""

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
def inspector_of(settings: Settings, *, lent_to: tuple[int, int] | None = None) -> Iterator[Inspector]:
    """The running hub's, or one of one's own; `lent_to` as in `own_inspector`.

    Raises:
        SandboxImpossible: this machine cannot shut a process in, and the hub's settings do not do without.
    """
    running = settings.run_directory / SLOW_SOCKET
    if _answers(running):
        yield Inspector(running)
        return
    with own_inspector(settings, lent_to=lent_to) as inspector:
        yield inspector


@contextmanager
def own_inspector(settings: Settings, *, lent_to: tuple[int, int] | None = None) -> Iterator[Inspector]:
    """A sandbox of one's own, or none where the hub's `[inspector] sandbox` does without. `lent_to`: the user and
    group that root is about to become, who may then use it as well.

    Raises:
        SandboxImpossible: as above.
    """
    pool = LocalPool()
    try:
        inspector = pool.start()
    except SandboxImpossible:
        if settings.inspector.sandbox != UNPROTECTED:
            raise
        pool = LocalPool(Jail(protected=False))
        inspector = pool.start()
    try:
        if lent_to is not None:
            pool.lend(*lent_to)
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
