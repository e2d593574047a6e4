"""The processes of a server under test: starting, ending, and what they cost (proc(5))."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


class BenchError(Exception):
    """The benchmark cannot go on: a server is not installed, did not start, or did not answer."""


def start(argv: Sequence[str], log: Path, *, environment: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start `argv` in a session of its own, so that it can be ended together with all its children."""
    with log.open("ab") as output:
        return subprocess.Popen(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env={**os.environ, **(environment or {})},
        )


def stop(process: subprocess.Popen[bytes], *, grace_seconds: float = 20) -> None:
    """End `process` by SIGTERM, and what is left of its tree by SIGKILL when the grace is over."""
    born = {pid: fields[19] for pid, fields in _all_stats().items()}
    family = {pid: born[pid] for pid in tree([process.pid]) if pid in born}
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace_seconds)
    alive = _all_stats()
    for pid, start_time in family.items():
        # A pid with another start time has been given to somebody else meanwhile.
        if pid in alive and alive[pid][19] == start_time:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    process.wait(10)


def wait_for(ready: Callable[[], bool], what: str, log: Path, *, seconds: float = 30) -> None:
    """Wait until `ready()`.

    Raises:
        BenchError: it was not within `seconds`; the end of `log` is part of the message.
    """
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
            raise BenchError(f"{what} was not ready within {seconds:.0f} s\n{tail}")
        time.sleep(0.05)


def listens(port: int) -> bool:
    """Whether something accepts connections at 127.0.0.1:`port`."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def listens_unix(path: Path) -> bool:
    """Whether something accepts connections at the Unix socket `path`."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def free_port() -> int:
    """A loopback port that nobody has at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_base_port(offsets: Iterable[int]) -> int:
    """A number to which every one of `offsets` can be added to give a free loopback port.

    Below 32768, where Linux begins to number outgoing connections: a port found free stays so.
    """
    wanted = list(offsets)
    for base in random.sample(range(12000, 31000, 20), 500):
        if not any(listens(base + offset) for offset in wanted):
            return base
    raise BenchError("no free range of ports")


def tree(roots: Iterable[int]) -> list[int]:
    """The processes `roots` and all that descend from them, as far as they live."""
    children: dict[int, list[int]] = {}
    for pid, fields in _all_stats().items():
        children.setdefault(int(fields[1]), []).append(pid)
    found: list[int] = []
    waiting = list(roots)
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found.append(pid)
            waiting += children.get(pid, [])
    return found


def cpu_seconds(roots: Iterable[int]) -> float:
    """User and system time of the trees under `roots`, children that were waited for included.

    proc(5)'s stat counts whole hundredths, cut off for each process: with Postfix's sixty processes most of a
    short run would be lost. schedstat has nanoseconds, but forgets threads that have ended: the larger one counts.
    """
    family, stats = tree(roots), _all_stats()
    total = 0.0
    for pid in family:
        if pid in stats:
            own, waited_for = sum(map(int, stats[pid][11:13])), sum(map(int, stats[pid][13:15]))
            total += max(own / TICKS, _scheduled_seconds(pid)) + waited_for / TICKS
    return total


def machine_seconds() -> float:
    """CPU time the whole machine has spent on anything, all cores together, since it started."""
    values = [int(value) for value in (PROC / "stat").read_text().split("\n", 1)[0].split()[1:9]]
    idle, waiting_for_disk = values[3], values[4]
    return (sum(values) - idle - waiting_for_disk) / TICKS


def forget_peaks(roots: Iterable[int]) -> None:
    """Begin a new peak of resident memory in every process under `roots` (proc(5), clear_refs, 5)."""
    for pid in tree(roots):
        with contextlib.suppress(OSError):
            (PROC / str(pid) / "clear_refs").write_text("5")


def peaks_mib(roots: Iterable[int]) -> dict[str, float]:
    """The largest resident memory, in MiB, of every process under `roots` since `forget_peaks`.

    Keyed by "program:pid".
    """
    peaks: dict[str, float] = {}
    for pid in tree(roots):
        with contextlib.suppress(OSError):
            lines = (PROC / str(pid) / "status").read_text().splitlines()
            status = {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
            if "VmHWM" in status:
                peaks[f"{status['Name']}:{pid}"] = round(int(status["VmHWM"].split()[0]) / 1024, 1)
    return peaks


def _all_stats() -> dict[int, list[str]]:
    """The fields of every /proc/PID/stat that follow the program's name; [1] is the parent's pid."""
    stats: dict[int, list[str]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                stats[int(entry.name)] = (entry / "stat").read_text().rpartition(")")[2].split()
    return stats


def _scheduled_seconds(pid: int) -> float:
    """The time that the living threads of `pid` have run; 0 where the kernel does not tell."""
    total = 0
    for task in (PROC / str(pid) / "task").glob("*/schedstat"):
        with contextlib.suppress(OSError):
            total += int(task.read_text().split()[0])
    return total / 1e9
