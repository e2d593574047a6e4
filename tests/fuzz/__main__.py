"""`python -m tests.fuzz`: every reader on mutated files until Ctrl-C, or for `--seconds`.

    make fuzz                             all of them, without end
    make fuzz FUZZ_SECONDS=900            for a quarter of an hour
    python -m tests.fuzz pdf --file F     one input again

What is found lies in build/fuzz, and belongs, made smaller, into tests/fuzz/regressions/TARGET/ (`--keep-as NAME`).
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from pathlib import Path

from tests.fuzz.running import REGRESSIONS, Finding, keep, run_data, run_numbers, shortened
from tests.fuzz.targets import TARGETS

FOUND = Path(__file__).parents[2] / "build" / "fuzz"
_AT_ONCE = 200


def main() -> int:
    """0 when nothing was found."""
    words = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Mutated files against the readers.")
    words.add_argument("targets", nargs="*", metavar="TARGET", help=f"any of {', '.join(TARGETS)}; all by default")
    words.add_argument("--seconds", type=float, default=0.0, help="altogether; 0 is until Ctrl-C")
    words.add_argument("--seed", type=int, default=None, help="of the random numbers; the clock's by default")
    words.add_argument("--file", type=Path, help="run this input alone")
    words.add_argument("--keep-as", default="", help="with --file: shorten it and keep it as a regression of this name")
    given = words.parse_args()
    if unknown := set(given.targets) - TARGETS.keys():
        words.error(f"no target {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}")
    if given.file is not None:
        return _one(given.targets[0], given.file.read_bytes(), given.keep_as)
    seed = given.seed if given.seed is not None else time.time_ns()
    try:
        return _many(given.targets or list(TARGETS), seed, given.seconds)
    except KeyboardInterrupt:
        return 130


def _one(target: str, data: bytes, name: str) -> int:
    found = run_data(target, data)
    print(found.what if found else "nothing wrong with it")
    if found is not None and name:
        folder = REGRESSIONS / target
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(shortened(found).data)
        print(f"kept as {folder / name}")
    return 1 if found else 0


def _many(targets: list[str], seed: int, seconds: float) -> int:
    started, runs, findings = time.monotonic(), 0, 0
    print(f"seed {seed}; findings go to {FOUND}", flush=True)
    for block in itertools.count():
        for target in targets:
            passed = time.monotonic() - started
            if seconds and passed > seconds:
                print(f"{runs} inputs in {passed:.0f} s, {findings} findings", flush=True)
                return 1 if findings else 0
            for found in run_numbers(target, seed, range(block * _AT_ONCE, (block + 1) * _AT_ONCE)):
                findings += 1
                _tell(found)
            runs += _AT_ONCE
        print(f"{runs} inputs in {time.monotonic() - started:.0f} s, {findings} findings", flush=True)
    raise AssertionError


def _tell(found: Finding) -> None:
    last = found.what.rstrip().rpartition("\n")[2]
    print(f"{found.target}: {last} ({len(found.data)} octets)\n    {keep(found, FOUND)}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
