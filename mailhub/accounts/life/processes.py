"""The processes that hold people's sessions: which version of the directory each has acted on.

A closing is proved for them when every live one has acted on the version that closed the account. One that died
needs no proof: the kernel has closed its connections.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from mailhub.accounts.life.models import ProcessSeen

STALE_MS = 10_000  # after which a process that is said to live has not been heard of for too long
_TOLERANCE_MS = 2_000  # between a process's birth as the kernel knows it and its own clock's


@dataclass(frozen=True, slots=True)
class SeenProcess:
    """One row. `name` is NODE/ROLE-NUMBER; moments in ms."""

    name: str
    pid: int
    started_at: int
    beat_at: int
    version: int

    def is_dead(self, node: str) -> bool:
        """Whether it surely lives no more. Of a process on another machine nobody can say that from here."""
        if self.name.partition("/")[0] != node:
            return False
        born = born_at(self.pid)
        return born is None or born > self.started_at + _TOLERANCE_MS  # the number is another's by now

    def is_silent(self, at: int) -> bool:
        """Whether it has not been heard of for too long."""
        return at - self.beat_at > STALE_MS


def this_node() -> str:
    """The name of this machine, as it begins a process's name."""
    return os.uname().nodename


def note_process(connection: Connection, seen: SeenProcess) -> None:
    """Write down that the process lives and what it has acted on."""
    insert = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(ProcessSeen)
    row = {"name": seen.name, "pid": seen.pid, "started_at": seen.started_at}
    row |= {"beat_at": seen.beat_at, "version": seen.version}
    later = {key: value for key, value in row.items() if key != "name"}
    connection.execute(insert.values(row).on_conflict_do_update(index_elements=["name"], set_=later))


def forget_process(connection: Connection, name: str, pid: int) -> None:
    """It ends in peace: its sessions are over. One that was born again under the name stays."""
    connection.execute(delete(ProcessSeen).where(ProcessSeen.name == name, ProcessSeen.pid == pid))


def seen_processes(connection: Connection) -> Sequence[SeenProcess]:
    """Every process that was noted, by name."""
    rows = connection.execute(select(ProcessSeen.__table__).order_by(ProcessSeen.name))
    return [SeenProcess(row.name, row.pid, row.started_at, row.beat_at, row.version) for row in rows]


def born_at(pid: int) -> int | None:
    """When the process was born (ms since the epoch), from /proc (proc(5), field 22); None when there is none.

    A zombie is dead: its descriptors are closed.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    if fields[0] in ("Z", "X"):
        return None
    ticks = int(fields[19])
    return int(_booted_at() + ticks * 1000 / os.sysconf("SC_CLK_TCK"))


@cache
def _booted_at() -> float:
    return (time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)) * 1000
