"""What recognition costs, from the octets of a message to the facts about its files.

    python -m bench.recognition [--rounds 5] [--messages 20] [--pages 2] [--write-readme] [--survive N]

Made-up letters of two pages (`letters.py`) go as attachments through what the hub does with them: structure, transfer
encoding, SHA-256, the sandbox, its answer. CPU is the user and system time of the zygote with all its children, and
that of the hub's side. Goals of architecture § 12: the first text PDF or DOCX of a message below 20 ms, each further
one below 8 ms, a scanned page below 3 s. `--survive N` sends N files of all kinds, a third of them broken, and
compares the zygote's memory before and after.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench import letters, processes, report
from mailhub.files.facts import FileFacts, Limits, Mode
from mailhub.mail.structure import read_structure
from mailhub.mail.transfer import decode_body
from mailhub.sandbox.local import LocalPool
from mailhub.sandbox.pool import FileBytes, Inspector
from tests.support.papers import Scan, as_pdf, as_scan, make_paper

HERE = Path(__file__).parent
FIRST_MS, FURTHER_MS, PAGE_MS = 20.0, 8.0, 3000.0
_TIMEOUT = 120.0
_QUICK, _FULL = Limits(mode=Mode.QUICK), Limits(mode=Mode.FULL, seconds=60)
_VARIANTS = 8  # messages of each kind, so that no cache helps
_MANY = 5  # files in the messages that tell what a further file costs
_KINDS: dict[str, tuple[str, Callable[[int], bytes]]] = {
    "PDF, one font": ("van-ban.pdf", letters.pdf),
    "PDF, 110 KiB, more fonts": ("van-ban.pdf", letters.large_pdf),
    "DOCX, 37 KiB": ("van-ban.docx", letters.docx),
    "plain text": ("van-ban.txt", letters.txt),
}


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds a message: CPU of the sandbox, CPU of the hub's side, and on the clock."""

    sandbox: float
    hub: float
    wall: float

    @property
    def cpu(self) -> float:
        return self.sandbox + self.hub

    def each_beyond(self, first: Cost) -> Cost:
        """What each further file of this message took more than a message of one."""
        more = _MANY - 1
        return Cost(
            (self.sandbox - first.sandbox) / more, (self.hub - first.hub) / more, (self.wall - first.wall) / more
        )


@dataclass(slots=True)
class Row:
    """One line of the table."""

    name: str
    goal: float | None = None
    costs: list[Cost] = field(default_factory=list)

    def __str__(self) -> str:
        cpu = report.spread(cost.cpu for cost in self.costs)
        reached = "yes" if self.goal and float(cpu.split()[0]) < self.goal else "**no**"
        cells = [
            self.name,
            cpu,
            report.spread(cost.sandbox for cost in self.costs),
            report.spread((cost.hub for cost in self.costs), 2),
            report.spread(cost.wall for cost in self.costs),
            f"< {self.goal:,.0f}, {reached}" if self.goal else "",
        ]
        return f"| {' | '.join(cells)} |"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="bench.recognition", description="CPU of recognition through the sandbox.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--messages", type=int, default=24, help="of each kind, a round (24)")
    parser.add_argument("--pages", type=int, default=2, help="scanned pages of each resolution, a round (2)")
    parser.add_argument("--survive", type=int, default=0, metavar="N", help="send N files instead, many of them broken")
    parser.add_argument("--write-readme", action="store_true", help="put the table into bench/README.md")
    options = parser.parse_args(arguments)
    with LocalPool() as inspector:
        run = _Run(inspector)
        if options.survive:
            print(run.survive(options.survive))
            return
        table = _table(run, options)
    print(table)
    if options.write_readme:
        report.put_into(HERE / "README.md", "bench.recognition", table)


def _table(run: _Run, options: argparse.Namespace) -> str:
    load = os.getloadavg()[0]
    rows = [Row("the sandbox alone (an empty file)")]
    empty = [letters.mail([("rong.txt", b"")])] * _VARIANTS
    sets = {}
    for kind, (name, make) in _KINDS.items():
        goal = kind != "plain text"
        rows += [Row(f"first {kind}", FIRST_MS if goal else None), Row(f"each further {kind}", FURTHER_MS)]
        sets[kind] = (_mails(name, make, 1), _mails(name, make, _MANY))
    scans = {dpi: _scans(dpi, options.pages) for dpi in (200, 300)} if options.pages else {}
    pages = {dpi: Row(f"a page scanned at {dpi} dpi, OCR", PAGE_MS) for dpi in scans}
    for number in range(options.rounds + 1):  # the first is for warming up
        kept = number > 0
        costs = [run.measure(empty, options.messages)]
        for one, many in sets.values():
            first = run.measure(one, options.messages)
            costs += [first, run.measure(many, max(1, options.messages // 2)).each_beyond(first)]
        for row, cost in zip(rows, costs, strict=True):
            row.costs += [cost] * kept
        for dpi, mails in scans.items():
            if kept and number <= 3:
                pages[dpi].costs.append(run.measure(mails, len(mails), _FULL))
    head = f"{report.machine()}. {options.rounds} interleaved rounds at a load of {load:.1f}; median (least–most)."
    titles = "| | CPU ms, all | sandbox | hub | on the clock ms | goal |\n|---|---|---|---|---|---|"
    return "\n".join([head, "", titles, *map(str, rows), *map(str, pages.values())])


def _mails(name: str, make: Callable[[int], bytes], files: int) -> list[bytes]:
    return [letters.mail([(name, make((n + i) % _VARIANTS)) for i in range(files)]) for n in range(_VARIANTS)]


def _scans(dpi: int, pages: int) -> list[bytes]:
    scan = Scan(dpi=dpi, slant=0.5, noise=6)
    return [letters.mail([("quet.pdf", as_scan(as_pdf(make_paper("CV", seed)), scan))]) for seed in range(pages)]


@dataclass(slots=True)
class _Run:
    inspector: Inspector

    def measure(self, mails: list[bytes], count: int, limits: Limits = _QUICK) -> Cost:
        """What a message costs, of `count` sent one after the other."""
        sandbox, hub, wall = _sandbox_seconds(), time.process_time(), time.perf_counter()
        asyncio.run(self._look_into([mails[n % len(mails)] for n in range(count)], limits))
        each = 1000 / count
        hub, wall = time.process_time() - hub, time.perf_counter() - wall
        return Cost((_sandbox_seconds() - sandbox) * each, hub * each, wall * each)

    async def _look_into(self, mails: list[bytes], limits: Limits) -> None:
        for data in mails:
            files = []
            for part in read_structure(data).files:
                octets, _ = decode_body(data, part)
                files.append(_file(part.name, octets, part.type))
            await self._read(files, limits)

    async def _read(self, files: list[FileBytes], limits: Limits) -> list[FileFacts]:
        return await self.inspector.read(files, limits, timeout=_TIMEOUT)

    def survive(self, count: int) -> str:
        """Many files through one zygote; what became of them, and its memory before and after."""
        chance = random.Random(1)
        good = [_file(name, make(n)) for n in range(_VARIANTS) for name, make in _KINDS.values()]
        asyncio.run(self._read(good, _QUICK))
        before, zygotes, ends = _memory_mib(), _zygotes(), Counter[str]()
        for start in range(0, count, 10):
            batch = [_broken(chance.choice(good), chance) for _ in range(min(10, count - start))]
            for facts in asyncio.run(self._read(batch, _QUICK)):
                ends[facts.unreadable.value if facts.unreadable else "read"] += 1
        told = ", ".join(f"{name} {times}" for name, times in ends.most_common())
        same = "the same zygote" if _zygotes() == zygotes else "the zygote was renewed"
        return f"{count} files, a third of them broken: {told}; {before:.1f} MiB → {_memory_mib():.1f} MiB, {same}"


def _zygotes() -> list[int]:
    """The pool's processes. Children belong to threads: the pool's own keeper started them."""
    for task in Path("/proc/self/task").iterdir():
        children = (task / "children").read_text().split()
        if children:
            return [int(pid) for pid in children]
    raise processes.BenchError("no zygote is running")


def _sandbox_seconds() -> float:
    return processes.cpu_seconds(_zygotes())


def _memory_mib() -> float:
    total = 0.0
    for pid in processes.tree(_zygotes()):
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
    return _file(file.name, bytes(data), file.declared)


def _file(name: str, data: bytes, declared: str = "") -> FileBytes:
    return FileBytes(name, declared, data, hashlib.sha256(data).hexdigest())


if __name__ == "__main__":
    main()
