"""One cell of one round on one server: send, wait until all has arrived, and count what it cost."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from bench import processes
from bench.generator import Load, Outcome, byte_size, on_uvloop, percentile, send
from bench.messages import Message
from bench.processes import BenchError
from bench.scene import Direction, Server
from bench.sink import Arrivals, Sink

STILLNESS_SECONDS = 20  # without a further arrival: what is missing is lost
AFTERWARDS_SECONDS = 0.5  # the server may still be writing down that it delivered


@dataclass(frozen=True, slots=True)
class Cell:
    """`4k/20`: closed loop of 20 sessions. `4k@100`: open loop, 100 messages a second over 20 sessions."""

    name: str
    size: int
    sessions: int
    rate: float

    @classmethod
    def parse(cls, text: str) -> Self:
        """From `SIZE/SESSIONS`, `SIZE@RATE` or `SIZE/SESSIONS@RATE`.

        Raises:
            BenchError: it is none of these.
        """
        shape, _, rate = text.partition("@")
        size, _, sessions = shape.partition("/")
        try:
            return cls(text, byte_size(size), int(sessions or 20), float(rate or 0))
        except ValueError:
            raise BenchError(f"{text}: a cell is SIZE/SESSIONS or SIZE@RATE, such as 4k/20 or 4k@100") from None

    def count(self, scale: float) -> int:
        """How many messages: the same for every server. About 200 MiB, at most 2,000; ten seconds of a rate."""
        full = self.rate * 10 if self.rate else min(2000, 200 * 2**20 / self.size)
        return max(20, round(full * scale))


@dataclass(slots=True, kw_only=True)
class Result:
    """One measurement. `rate` is end to end: messages a second until the last one has arrived."""

    direction: Direction
    cell: str
    server: str
    round: int
    sent: int
    accepted: int
    arrived: int
    lost: int
    duplicated: int
    altered: int
    signed: int
    authenticated: int
    errors: dict[str, int]
    rate: float
    accept_rate: float
    p50_ms: float
    p99_ms: float
    end_to_end_p99_ms: float
    setup_seconds: float
    cpu_ms: float
    generator_cpu_ms: float
    sink_cpu_ms: float
    foreign_cores: float
    rss_mib: dict[str, float] = field(default_factory=dict)

    @property
    def peak_mib(self) -> float:
        """Resident memory of the server's largest process."""
        return max(self.rss_mib.values(), default=0)


@dataclass(slots=True)
class Costs:
    """CPU seconds so far: of the server, of this process, of the sink, and of the whole machine."""

    server: float
    generator: float
    sink: float
    machine: float

    @classmethod
    def now(cls, roots: Sequence[int], sink: Sequence[int]) -> Self:
        """What has been spent up to now."""
        spent = (processes.cpu_seconds(roots), time.process_time(), processes.cpu_seconds(sink))
        return cls(*spent, processes.machine_seconds())

    def since(self, before: Costs) -> Costs:
        """The difference."""
        return Costs(
            self.server - before.server,
            self.generator - before.generator,
            self.sink - before.sink,
            self.machine - before.machine,
        )


def measure(
    server: Server,
    cell: Cell,
    *,
    direction: Direction,
    messages: Sequence[Message],
    sink: Sink,
    number: int,
    scale: float,
) -> Result:
    """Put `cell` on `server` once.

    Raises:
        TimeoutError: the server did not greet the sessions.
    """
    load = Load(
        sender=direction.sender,
        messages=messages,
        count=cell.count(scale),
        sessions=cell.sessions,
        rate=cell.rate,
    )
    processes.forget_peaks(server.roots)
    spent: list[Costs] = []
    load_started = time.monotonic()
    outcome = on_uvloop(send(server.target, load, on_start=lambda: spent.append(Costs.now(server.roots, [sink.pid]))))
    wait_for_arrivals(lambda: sink.count(load.run), len(outcome.accepted))
    wall = time.monotonic() - (outcome.began or load_started)
    time.sleep(AFTERWARDS_SECONDS)
    costs = Costs.now(server.roots, [sink.pid]).since(spent[0])
    counted = judge(outcome, sink.report(load.run), costs, wall + AFTERWARDS_SECONDS)
    return Result(
        direction=direction,
        cell=cell.name,
        server=server.name,
        round=number,
        sent=load.count,
        rss_mib=processes.peaks_mib(server.roots),
        **counted,
    )


def wait_for_arrivals(count: Callable[[], int], wanted: int, *, pause: float = 0.02) -> None:
    """Return when `wanted` have arrived, or nothing more does. Looks every `pause` seconds."""
    last, since = -1, time.monotonic()
    while (arrived := count()) < wanted:
        if arrived != last:
            last, since = arrived, time.monotonic()
        elif time.monotonic() - since > STILLNESS_SECONDS:
            return
        time.sleep(pause)


def judge(outcome: Outcome, arrivals: Arrivals, costs: Costs, wall: float) -> dict[str, Any]:
    """The counted fields of a `Result`: what was accepted against what arrived. `wall`: seconds that `costs` cover."""
    arrived = {number: at for number, at in arrivals.times.items() if number in outcome.accepted}
    done = max(arrived.values(), default=outcome.ended)
    each = 1000 / max(1, len(outcome.accepted))
    foreign = costs.machine - costs.server - costs.generator - costs.sink
    return {
        "accepted": len(outcome.accepted),
        "arrived": len(arrived),
        "lost": len(outcome.accepted) - len(arrived),
        "duplicated": arrivals.duplicated,
        "altered": arrivals.altered,
        "signed": arrivals.signed,
        "authenticated": arrivals.authenticated,
        "errors": dict(outcome.errors),
        "rate": round(len(arrived) / max(done - outcome.began, 1e-6), 1),
        "accept_rate": round(len(outcome.accepted) / max(outcome.ended - outcome.began, 1e-6), 1),
        "p50_ms": round(percentile(outcome.latencies, 50) * 1000, 2),
        "p99_ms": round(percentile(outcome.latencies, 99) * 1000, 2),
        "end_to_end_p99_ms": round(
            percentile([at - outcome.accepted[number] for number, at in arrived.items()], 99) * 1000, 2
        ),
        "setup_seconds": round(outcome.setup_seconds, 3),
        "cpu_ms": round(costs.server * each, 3),
        "generator_cpu_ms": round(costs.generator * each, 3),
        "sink_cpu_ms": round(costs.sink * each, 3),
        "foreign_cores": round(max(0.0, foreign / wall), 2),
    }
