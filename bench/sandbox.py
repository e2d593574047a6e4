"""Does the pool survive? Thousands of small files, some of them disasters, through two zygotes.

python -m bench.sandbox [--files 10000]

Prints files a second, CPU a file, the zygotes' memory at the start and at the end, and what became of the files.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import random
import resource
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mailhub.files.facts import FileFacts, Limits, Mode
from mailhub.sandbox import warming
from mailhub.sandbox.jail import Jail
from mailhub.sandbox.local import LocalPool
from mailhub.sandbox.pool import FileBytes, Inspector

READERS = Path(__file__).parent / "readers"
SEED = 3
# Shares of a thousand.
MIX = {
    "docx": 330,
    "pdf": 250,
    "txt": 150,
    "zip": 100,
    "damaged": 100,
    "bomb": 30,
    "nested": 20,
    "!crash": 10,
    "!memory": 5,
    "!loop": 5,
}
LIMITS = Limits(mode=Mode.QUICK, seconds=2.0, unpacked_bytes=32 * 2**20)
TICK = 1 / os.sysconf("SC_CLK_TCK")


def make(kind: str, rng: random.Random) -> bytes:
    """A file of this kind; no two are the same."""
    lines = [*warming.LINES, *(f"Điều {n}. {rng.random()}" for n in range(rng.randrange(2, 30)))]
    if kind == "docx":
        return warming.docx(lines)
    if kind == "pdf":
        return warming.pdf(f"QUYET DINH {rng.random()}")
    if kind == "txt":
        return "\n".join(lines).encode()
    if kind == "zip":
        return warming.pack({"a.docx": warming.docx(lines), "b.txt": "\n".join(lines).encode()})
    if kind == "damaged":
        broken = bytearray(rng.choice([warming.docx(lines), warming.pdf("QUYET DINH")]))
        for _ in range(rng.randrange(1, 30)):
            broken[rng.randrange(len(broken))] = rng.randrange(256)
        return bytes(broken[: rng.randrange(len(broken) // 2, len(broken))])
    if kind == "bomb":
        return warming.pack({f"{n}.txt": bytes(2**21) for n in range(rng.randrange(20, 40))})
    if kind == "nested":
        data = b"x"
        for _ in range(rng.randrange(5, 40)):
            data = warming.pack({"inner.zip": data})
        return data
    return f"{kind} {rng.random()}".encode()


def messages(files: int) -> Iterator[list[tuple[str, FileBytes]]]:
    """Messages of one to three files."""
    rng = random.Random(SEED)
    kinds, weights = list(MIX), list(MIX.values())
    while files:
        count = min(files, rng.choice([1, 1, 2, 3]))
        files -= count
        message = []
        for kind in rng.choices(kinds, weights, k=count):
            data = make(kind, rng)
            name = f"a.{kind}" if kind in ("docx", "pdf", "txt", "zip") else "a.bin"
            message.append((kind, FileBytes(name, "", data, hashlib.sha256(data).hexdigest())))
        yield message


@dataclass(frozen=True, slots=True)
class State:
    """The zygotes at one moment: process numbers, resident KiB, CPU seconds with their children's."""

    zygotes: tuple[int, ...]
    resident: tuple[int, ...]
    cpu: float


def state(pool: LocalPool) -> State:
    zygotes = [int(n) for pid in pool.pids for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    resident, cpu = [], 0.0
    for number in zygotes:
        status = Path(f"/proc/{number}/status").read_text().splitlines()
        resident.append(next(int(line.split()[1]) for line in status if line.startswith("VmRSS")))
        words = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
        cpu += sum(map(int, words[11:15])) * TICK
    return State(tuple(zygotes), tuple(resident), cpu)


async def drive(inspector: Inspector, files: int, outcomes: Counter[tuple[str, str]], workers: int) -> None:
    source = messages(files)

    async def work() -> None:
        for message in source:
            found = await inspector.read([file for _, file in message], LIMITS, timeout=120)
            for (kind, _), facts in zip(message, found, strict=True):
                outcomes[kind, _outcome(facts)] += 1
            done = sum(outcomes.values())
            if done % 1000 < len(message):
                print(f"  {done} files", flush=True)

    await asyncio.gather(*(work() for _ in range(workers)))


def _outcome(facts: FileFacts) -> str:
    return "read" if facts.unreadable is None else str(facts.unreadable)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--processes", type=int, default=2)
    wanted = parser.parse_args()
    outcomes: Counter[tuple[str, str]] = Counter()
    pool = LocalPool(Jail(reader="mixed", reader_folder=READERS), processes=wanted.processes)
    with pool as inspector:
        asyncio.run(drive(inspector, 100, Counter(), 2))  # what every message uses has been used
        first, started, own = state(pool), time.monotonic(), resource.getrusage(resource.RUSAGE_SELF)
        asyncio.run(drive(inspector, wanted.files, outcomes, 2 * wanted.processes))
        took, last, then = time.monotonic() - started, state(pool), resource.getrusage(resource.RUSAGE_SELF)
    client = then.ru_utime + then.ru_stime - own.ru_utime - own.ru_stime
    cpu = f"{(last.cpu - first.cpu) / wanted.files * 1000:.1f} ms" if first.zygotes == last.zygotes else "(renewed)"
    rows = [
        ("files", str(sum(outcomes.values()))),
        ("files/s", f"{wanted.files / took:.0f}"),
        ("CPU a file, sandbox", cpu),
        ("CPU a file, this side (making the files included)", f"{client / wanted.files * 1000:.1f} ms"),
        ("zygotes' memory at the start, KiB", ", ".join(map(str, first.resident))),
        ("zygotes' memory at the end, KiB", ", ".join(map(str, last.resident))),
        ("zygotes renewed or dead", str(pool.restarts)),
    ]
    for name, value in rows:
        print(f"| {name} | {value} |")
    for (kind, outcome), count in sorted(outcomes.items()):
        print(f"| {kind}: {outcome} | {count} |")


if __name__ == "__main__":
    main()
