"""A word from the doors to the workers: there may be something to deliver. Losing it costs a second."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from pathlib import Path


class Nudger:
    """The saying side; from any thread."""

    def __init__(self, run_directory: Path, workers: int) -> None:
        self._paths = [str(run_directory / f"nudge-{number}") for number in range(workers)]
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def __call__(self) -> None:
        for path in self._paths:
            with contextlib.suppress(OSError):  # full: it was told already; gone: it will look by itself
                self._socket.sendto(b"1", path)


def listen_for_nudges(run_directory: Path, worker: int, told: Callable[[], None]) -> socket.socket:
    """Call `told` on the running loop at each nudge for worker number `worker`; close the result to end."""
    path = run_directory / f"nudge-{worker}"
    path.unlink(missing_ok=True)
    one = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    one.bind(str(path))
    path.chmod(0o600)
    one.setblocking(False)

    def drain() -> None:
        with contextlib.suppress(BlockingIOError):
            while one.recv(64):
                pass
        told()

    asyncio.get_running_loop().add_reader(one.fileno(), drain)
    return one
