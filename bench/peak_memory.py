"""The most memory that a piece of work takes, measured in a process of its own."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path


class Meter:
    """Counts from `begin` on: what the process had before is not the work's."""

    def __init__(self) -> None:
        self._before = 0

    def begin(self) -> None:
        """Forget the peak of what was done so far (proc(5), clear_refs)."""
        Path("/proc/self/clear_refs").write_text("5")
        self._before = _peak_kib()

    def mib(self) -> float:
        """MiB at the most since `begin`."""
        return (_peak_kib() - self._before) / 1024


def in_a_child(work: Callable[[Meter], bool]) -> bool:
    """Whether `work`, done in a child of this process, says that it was good."""
    pid = os.fork()
    if pid == 0:
        good = False
        try:
            good = work(Meter())
        finally:
            os._exit(0 if good else 1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def _peak_kib() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
