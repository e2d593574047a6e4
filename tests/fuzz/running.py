"""Runs a target on one input after another in processes that may die of it, within limits of time and memory."""

from __future__ import annotations

import json
import mmap
import os
import random
import resource
import signal
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.mutating import LARGEST, mutated
from tests.fuzz.targets import TARGETS, Target

SECONDS = 5.0  # for one input, as the clock on the wall has it
MEMORY = 300 * 2**20  # that one input may add
REGRESSIONS = Path(__file__).parent / "regressions"
_ROOM = 2 * LARGEST
_NOTE = 8_192
_PER_PROCESS = 200
_EXCEEDED = 3
_RAISED = 4


@dataclass(frozen=True)
class Finding:
    """An input that a reader did not bear, and what happened."""

    target: str
    data: bytes
    what: str


def made_input(name: str, seed: int, number: int) -> bytes:
    """The `number`th input of a run; the first ones are the seeds as they are."""
    target = TARGETS[name]
    seeds = target.seeds()
    if number < len(seeds):
        return seeds[number]
    chance = random.Random(f"{name}/{seed}/{number}")
    return mutated(chance.choice(seeds), chance, target.words, chance.choice(seeds))


def run_numbers(name: str, seed: int, numbers: Sequence[int]) -> Iterator[Finding]:
    """Make and run the inputs of these numbers."""
    for start in range(0, len(numbers), _PER_PROCESS):
        block = numbers[start : start + _PER_PROCESS]
        while block:
            done, finding = _in_a_process(TARGETS[name], name, [(made_input, (name, seed, number)) for number in block])
            block = block[done:]
            if finding is not None:
                yield finding


def run_data(name: str, data: bytes) -> Finding | None:
    """Run one input."""
    return _in_a_process(TARGETS[name], name, [(bytes, (data,))])[1]


def _in_a_process(
    target: Target, name: str, makers: Sequence[tuple[object, tuple[object, ...]]]
) -> tuple[int, Finding | None]:
    """How many of the inputs were run, the last of them with a finding if there is one."""
    target.seeds()  # made once, not in every child
    shared = mmap.mmap(-1, 16 + _NOTE + _ROOM)
    pid = os.fork()
    if pid == 0:
        _child(target, makers, shared)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    done, size = (int.from_bytes(shared[at : at + 8], "little") for at in (0, 8))
    if status == 0:
        return len(makers), None
    note = shared[16 : 16 + _NOTE].rstrip(b"\0").decode("utf-8", "replace")
    data = shared[16 + _NOTE : 16 + _NOTE + size]
    return done, Finding(name, data, note or _ending(status))


def _ending(status: int) -> str:
    if status == -signal.SIGALRM:
        return f"took longer than {SECONDS:.0f} s"
    if status == _EXCEEDED:
        return f"took more than {MEMORY // 2**20} MB"
    return f"died of {signal.Signals(-status).name}" if status < 0 else f"ended with {status}"


def _child(target: Target, makers: Sequence[tuple[object, tuple[object, ...]]], shared: mmap.mmap) -> None:
    code = _RAISED
    try:
        nothing = os.open("/dev/null", os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(nothing, standard)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))
        for number, (make, words) in enumerate(makers, 1):
            data = make(*words)  # type: ignore[operator]
            shared[0:16] = number.to_bytes(8, "little") + len(data).to_bytes(8, "little")
            shared[16 + _NOTE : 16 + _NOTE + len(data)] = data
            signal.setitimer(signal.ITIMER_REAL, SECONDS)
            target.run(data)
            signal.setitimer(signal.ITIMER_REAL, 0)
        code = 0
    except MemoryError:
        code = _EXCEEDED
    except BaseException:
        note = traceback.format_exc().encode()[-_NOTE:]
        shared[16 : 16 + len(note)] = note
    finally:
        os._exit(code)


def shortened(finding: Finding, *, seconds: float = 20.0) -> Finding:
    """The same fault with fewer octets, as far as cutting pieces out finds any within `seconds`."""
    deadline, data = time.monotonic() + seconds, finding.data
    size = len(data) // 2
    while size and time.monotonic() < deadline:
        at = 0
        while at < len(data) and time.monotonic() < deadline:
            smaller = data[:at] + data[at + size :]
            again = run_data(finding.target, smaller)
            if again is not None and _kind(again) == _kind(finding):
                data = smaller
            else:
                at += size
        size //= 2
    return Finding(finding.target, data, finding.what)


def _kind(finding: Finding) -> str:
    return finding.what.rstrip().rpartition("\n")[0].rpartition("File ")[2] or finding.what


def keep(finding: Finding, folder: Path) -> str:
    """Write the input into `folder`; the command that shows the fault again."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{finding.target}-{time.time_ns():x}"
    path.write_bytes(finding.data)
    path.with_suffix(".json").write_text(json.dumps({"target": finding.target, "what": finding.what}, indent=1))
    return f".venv/bin/python -m tests.fuzz {finding.target} --file {path}"
