"""What recognition costs, through the sandbox as the hub does it: `python -m bench.recognition`.

CPU (user and system) of the zygotes with all their children, a message each; the medians over rounds. Goals of
architecture § 12: the first text PDF or DOCX of a message below 20 ms, each further one below 8 ms, a scanned page
below 3 s. `--survive N` sends N files of all kinds, broken ones among them, and compares memory before and after.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import random
import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import processes
from mailhub.files.facts import FileFacts, Limits, Mode
from mailhub.sandbox.local import LocalPool
from mailhub.sandbox.pool import FileBytes, Inspector
from tests.support.papers import Scan, as_docx, as_pdf, as_scan, as_text, make_paper

_TIMEOUT = 120.0
_QUICK, _FULL = Limits(mode=Mode.QUICK), Limits(mode=Mode.FULL, seconds=60)
_VARIANTS = 8  # papers of each kind, so that no cache helps


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; times in milliseconds."""

    name: str
    cpu: float
    wall: float
    goal: float | None = None

    def __str__(self) -> str:
        goal = f"{self.goal:10,.0f}" if self.goal else f"{'':10}"
        verdict = "" if self.goal is None else "  reached" if self.cpu < self.goal else "  MISSED"
        return f"{self.name:44} {self.cpu:10,.1f} {self.wall:10,.1f} {goal}{verdict}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="bench.recognition", description="CPU of recognition through the sandbox.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--messages", type=int, default=40, help="a round (40)")
    parser.add_argument("--pages", type=int, default=3, help="scanned pages a round (3)")
    parser.add_argument("--survive", type=int, default=0, metavar="N", help="also send N files, broken ones among them")
    options = parser.parse_args(arguments)
    with LocalPool() as inspector:
        pool = _Pool(inspector)
        print(f"{'median of ' + str(options.rounds) + ' rounds':44} {'CPU ms':>10} {'wall ms':>10} {'goal':>10}")
        print(Row("the sandbox alone (an empty file)", *pool.measure([_empty(0)], _empty, options)))
        for name, make in (("PDF", _pdf), ("DOCX", _docx), ("text", _txt)):
            first = pool.measure([make(1)], make, options)
            many = pool.measure([make(n) for n in range(5)], make, options)
            print(Row(f"first {name} of a message", *first, goal=20 if name != "text" else None))
            print(Row(f"each further {name}", (many[0] - first[0]) / 4, (many[1] - first[1]) / 4, goal=8))
        print(pool.scans("page scanned at 200 dpi, OCR", Scan(dpi=200, slant=0.5, noise=6), options))
        print(pool.scans("page scanned at 300 dpi, OCR", Scan(dpi=300, slant=0.5, noise=6), options))
        if options.survive:
            print(pool.survive(options.survive))


@dataclass(slots=True)
class _Pool:
    inspector: Inspector

    def measure(self, files: list[FileBytes], make: Callable[[int], FileBytes], options: argparse.Namespace) -> _Cost:
        """Milliseconds of CPU and of waiting, a message of as many files as `files`."""
        messages = [[make(n * len(files) + i) for i in range(len(files))] for n in range(_VARIANTS)]
        return self._rounds([messages[n % _VARIANTS] for n in range(options.messages)], _QUICK, options.rounds)

    def scans(self, name: str, scan: Scan, options: argparse.Namespace) -> Row:
        """OCR of single pages."""
        papers = [as_scan(as_pdf(make_paper("CV", seed)), scan) for seed in range(options.pages)]
        messages = [[_file("scan.pdf", "application/pdf", data)] for data in papers]
        return Row(name, *self._rounds(messages, _FULL, min(options.rounds, 3)), goal=3000)

    def _rounds(self, messages: list[list[FileBytes]], limits: Limits, rounds: int) -> _Cost:
        self._send(messages[:2], limits)
        costs = []
        for _ in range(rounds):
            cpu, wall = self._cpu(), time.perf_counter()
            self._send(messages, limits)
            costs.append((self._cpu() - cpu, time.perf_counter() - wall))
        each = 1000 / len(messages)
        return statistics.median(c for c, _ in costs) * each, statistics.median(w for _, w in costs) * each

    def _send(self, messages: list[list[FileBytes]], limits: Limits) -> list[FileFacts]:
        async def one_after_another() -> list[FileFacts]:
            return [facts for files in messages for facts in await self.inspector.read(files, limits, timeout=_TIMEOUT)]

        return asyncio.run(one_after_another())

    def _cpu(self) -> float:
        return processes.cpu_seconds(_own_children())

    def survive(self, count: int) -> str:
        """Many files through one pool; what became of them, and the zygotes' memory before and after."""
        chance = random.Random(1)
        good = [make(n) for n in range(_VARIANTS) for make in (_pdf, _docx, _txt)]
        self._send([[one] for one in good], _QUICK)
        before, ends = _memory_mib(), Counter[str]()
        for start in range(0, count, 10):
            batch = [_broken(chance.choice(good), chance) for _ in range(min(10, count - start))]
            for facts in self._send([batch], _QUICK):
                ends[facts.unreadable.value if facts.unreadable else "read"] += 1
        told = ", ".join(f"{name} {times}" for name, times in ends.most_common())
        return f"\n{count} files, a third of them broken: {told}; memory {before:.1f} → {_memory_mib():.1f} MiB"


_Cost = tuple[float, float]


def _own_children() -> list[int]:
    return [int(pid) for pid in Path(f"/proc/self/task/{_keeper()}/children").read_text().split()]


def _keeper() -> int:
    """The thread that started the zygotes: children belong to threads."""
    for task in Path("/proc/self/task").iterdir():
        if (task / "children").read_text().strip():
            return int(task.name)
    raise processes.BenchError("no zygote is running")


def _memory_mib() -> float:
    total = 0.0
    for pid in processes.tree(_own_children()):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                total += int(line.split()[1]) / 1024
    return total


def _broken(file: FileBytes, chance: random.Random) -> FileBytes:
    """The file itself in two cases of three; else cut short, or with some octets changed."""
    if chance.random() < 0.67:
        return file
    data = bytearray(file.data)
    if chance.random() < 0.5:
        data = data[: chance.randrange(len(data))]
    else:
        for _ in range(20):
            data[chance.randrange(len(data))] = chance.randrange(256)
    return _file(file.name, file.declared, bytes(data))


def _pdf(seed: int) -> FileBytes:
    return _file("van-ban.pdf", "application/pdf", as_pdf(make_paper("CV", seed)))


def _docx(seed: int) -> FileBytes:
    return _file("van-ban.docx", "application/msword", as_docx(make_paper("QĐ", seed)))


def _txt(seed: int) -> FileBytes:
    return _file("van-ban.txt", "text/plain", as_text(make_paper("TB", seed)).encode())


def _empty(_: int) -> FileBytes:
    return _file("rong.txt", "text/plain", b"")


def _file(name: str, declared: str, data: bytes) -> FileBytes:
    return FileBytes(name, declared, data, hashlib.sha256(data).hexdigest())


if __name__ == "__main__":
    main()
