"""The load generator: a closed loop (each session sends its next message when the last is answered) or an open
loop (message k is due at k / rate seconds, and its latency counts from then: no coordinated omission).

Sessions are connected, encrypted and logged in before the clock starts, for every server alike; what that took
is told apart. `python -m bench.generator --port N` sends to any server by hand.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import secrets
import sys
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import uvloop

from bench.client import Connection, RefusedError, Target
from bench.messages import Message, prepare

PATIENCE = 5  # failures in a row after which a session gives up
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What to send: `count` messages over `sessions` connections; `rate` messages a second, 0 = a closed loop.

    After `seconds` the rest is given up.
    """

    sender: str
    messages: Sequence[Message]
    count: int
    sessions: int
    rate: float = 0
    seconds: float = 300
    run: str = field(default_factory=lambda: secrets.token_hex(5))


@dataclass(slots=True)
class Outcome:
    """What became of a load. Times are those of time.monotonic(), latencies seconds.

    `accepted` has the numbers of the messages that got their 250, and when each began.
    """

    run: str
    setup_seconds: float = 0
    began: float = 0
    ended: float = 0
    accepted: dict[int, float] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)


async def send(target: Target, load: Load, *, on_start: Callable[[], None] = lambda: None) -> Outcome:
    """Put `load` on `target`; a message that is refused is counted in `errors` and not tried again.

    `on_start` is called when all sessions are ready, just before the clock starts.

    Raises:
        TimeoutError: the server did not greet all sessions within a minute.
    """
    outcome = Outcome(load.run)
    sessions = [_Session(target, load, outcome) for _ in range(min(load.sessions, load.count))]
    before = time.monotonic()
    async with asyncio.timeout(60):
        await asyncio.gather(*(session.connect() for session in sessions))
    outcome.setup_seconds = time.monotonic() - before
    on_start()
    outcome.began = outcome.ended = time.monotonic()
    numbers = iter(range(load.count))
    try:
        async with asyncio.timeout(load.seconds):
            await asyncio.gather(*(session.work(numbers) for session in sessions))
    except TimeoutError:
        outcome.errors[f"not done after {load.seconds:.0f} s"] += 1
    return outcome


class _Session:
    """One connection, made anew after a failure."""

    def __init__(self, target: Target, load: Load, outcome: Outcome) -> None:
        self._target, self._load, self._outcome = target, load, outcome
        self._connection: Connection | None = None
        self._failures = 0

    async def connect(self) -> None:
        try:
            self._connection = await Connection.open(self._target)
        except (RefusedError, OSError) as error:
            self._failed(error)

    async def work(self, numbers: Iterator[int]) -> None:
        for number in numbers:
            begin = await self._due(number)
            await self._one(number, begin)
            if self._failures >= PATIENCE:
                break
        if self._connection is not None:
            self._connection.close()

    async def _due(self, number: int) -> float:
        if not self._load.rate:
            return time.monotonic()
        due = self._outcome.began + number / self._load.rate
        await asyncio.sleep(max(0, due - time.monotonic()))
        return due

    async def _one(self, number: int, begin: float) -> None:
        load, outcome = self._load, self._outcome
        message = load.messages[number % len(load.messages)]
        try:
            if self._connection is None:
                self._connection = await Connection.open(self._target)
            await self._connection.send(load.sender, message.recipient, message.wire(load.run, number))
        except (RefusedError, OSError) as error:
            self._failed(error)
            return
        self._failures = 0
        outcome.ended = time.monotonic()
        outcome.accepted[number] = begin
        outcome.latencies.append(outcome.ended - begin)

    def _failed(self, error: Exception) -> None:
        self._outcome.errors[f"{type(error).__name__}: {error}"] += 1
        self._failures += 1
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def on_uvloop(work: Coroutine[None, None, T]) -> T:
    """Run `work` to its end on a uvloop of its own."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile of `values`, 0 when there are none."""
    ordered = sorted(values)
    return ordered[math.ceil(len(ordered) * percent / 100) - 1] if ordered else 0.0


def byte_size(text: str) -> int:
    """`4k`, `100k`, `2m` in bytes."""
    unit = {"k": 1024, "m": 1024 * 1024}.get(text[-1:].lower(), 1)
    return int(text if unit == 1 else text[:-1]) * unit


def main() -> None:
    """Send by hand, print what was accepted as one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--size", type=byte_size, default=byte_size("4k"))
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=0)
    parser.add_argument("--sender", default="nguoi-gui@doanhnghiep.example")
    parser.add_argument("--recipient", default="nguoi-nhan@doanhnghiep.example")
    parser.add_argument("--starttls", action="store_true")
    parser.add_argument("--lmtp", action="store_true")
    parser.add_argument("--login", metavar="NAME:PASSWORD")
    options = parser.parse_args()
    name, _, password = (options.login or "").partition(":")
    login = (name, password) if name else None
    target = Target(port=options.port, starttls=options.starttls, login=login, lmtp=options.lmtp)
    messages = prepare(options.size, options.sender, [options.recipient])
    load = Load(
        sender=options.sender,
        messages=messages,
        count=options.count,
        sessions=options.sessions,
        rate=options.rate,
    )
    outcome = on_uvloop(send(target, load))
    seconds = max(outcome.ended - outcome.began, 1e-9)
    summary = {
        "run": outcome.run,
        "accepted": len(outcome.accepted),
        "per_second": round(len(outcome.accepted) / seconds, 1),
        "p50_ms": round(percentile(outcome.latencies, 50) * 1000, 2),
        "p99_ms": round(percentile(outcome.latencies, 99) * 1000, 2),
        "errors": outcome.errors,
    }
    print(json.dumps(summary))
    sys.exit(0 if len(outcome.accepted) == options.count else 1)


if __name__ == "__main__":
    main()
