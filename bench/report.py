"""From results to a table that a reader can judge: medians, spreads, ratios taken within each round, goals."""

from __future__ import annotations

import os
import platform
import re
import statistics
import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.measure import Result
from bench.scene import Direction

MAILHUB, POSTFIX, RSPAMD = "mailhub", "postfix", "postfix-rspamd-dkim"
BEGIN, END = "<!-- results of {}: begin -->", "<!-- results of {}: end -->"


@dataclass(frozen=True, slots=True)
class Goal:
    """A row of the goals (architecture § 12): the median over rounds of mailhub's `of` divided by the peer's."""

    cell: str
    peer: str
    of: str
    at_least: float = 0
    at_most: float = float("inf")

    def reached(self, value: float) -> bool:
        """Whether `value` keeps the goal."""
        return self.at_least <= value <= self.at_most

    def __str__(self) -> str:
        return f"≥ {self.at_least:g} ×" if self.at_least else f"≤ {self.at_most:.3g} ×"


GOALS = [
    Goal("4k/20", POSTFIX, "rate", at_least=1.5),
    Goal("100k/20", POSTFIX, "rate", at_least=1.3),
    Goal("2m/4", POSTFIX, "rate", at_least=1.0),
    Goal("4k/20", RSPAMD, "rate", at_least=3.5),
    Goal("100k/20", RSPAMD, "rate", at_least=3),
    Goal("2m/4", RSPAMD, "rate", at_least=1.5),
    Goal("4k/20", RSPAMD, "cpu_ms", at_most=1 / 3),
    Goal("100k/20", RSPAMD, "cpu_ms", at_most=1 / 3),
    Goal("2m/4", RSPAMD, "cpu_ms", at_most=1 / 3),
    Goal("4k@100", POSTFIX, "p99_ms", at_most=1.5),
]
NAMES = {"rate": "messages/s, end to end", "cpu_ms": "CPU a message", "p99_ms": "p99 of the reply"}
P99_LIMIT_MS = 50
RSS_LIMIT_MIB = 200


def spread(values: Iterable[float], digits: int = 1) -> str:
    """`median (least–most)`."""
    known = list(values)
    if not known:
        return "–"
    return f"{statistics.median(known):.{digits}f} ({min(known):.{digits}f}–{max(known):.{digits}f})"


def paired(results: Sequence[Result], of: str, server: str, peer: str) -> list[float]:
    """`server`'s value divided by `peer`'s, round by round, so that a disturbance hits both."""
    theirs = {result.round: getattr(result, of) for result in results if result.server == peer}
    ours = [result for result in results if result.server == server and theirs.get(result.round)]
    return [getattr(result, of) / theirs[result.round] for result in ours]


def complaints(results: Iterable[Result]) -> list[str]:
    """What makes a run worthless: mail lost, altered or refused, or mailhub's duties left out."""
    found = []
    for result in results:
        where = f"{result.direction} {result.cell} {result.server} round {result.round}"
        duty, done = ("signed", result.signed), result.accepted
        if result.direction is Direction.INCOMING:
            duty = ("given Authentication-Results", result.authenticated)
        if result.lost:
            found.append(f"LOST {result.lost} of {result.accepted}: {where}")
        if result.altered:
            found.append(f"ALTERED {result.altered} of {result.arrived}: {where}")
        if result.accepted < result.sent:
            found.append(f"REFUSED {result.sent - result.accepted} of {result.sent}: {where} {result.errors}")
        if result.server == MAILHUB and duty[1] < done:
            found.append(f"NOT {duty[0]}, {done - duty[1]} of {done}: {where}")
    return found


def relay_report(results: Sequence[Result], rounds: int) -> str:
    """The whole Markdown block."""
    parts = [f"{machine()}. {rounds} interleaved rounds; median (least–most)."]
    for direction in Direction:
        here = [result for result in results if result.direction is direction]
        if here:
            parts += [f"### {direction.capitalize()}", _table(here)]
            if any(result.server == MAILHUB for result in here):
                parts += ["Goals, as the median of the rounds' ratios:", _goals(here)]
    return "\n\n".join(parts)


def _table(results: Sequence[Result]) -> str:
    lines = [
        "| cell | server | messages/s, end to end | × postfix | CPU ms a message | p50 ms | p99 ms "
        "| largest process MiB | lost / twice / altered | foreign cores |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for cell in dict.fromkeys(result.cell for result in results):
        in_cell = [result for result in results if result.cell == cell]
        for server in dict.fromkeys(result.server for result in in_cell):
            own = [result for result in in_cell if result.server == server]
            columns = [
                cell,
                server,
                spread((result.rate for result in own), 0),
                spread(paired(in_cell, "rate", server, POSTFIX), 2),
                spread((result.cpu_ms for result in own), 2),
                spread(result.p50_ms for result in own),
                spread(result.p99_ms for result in own),
                f"{max(result.peak_mib for result in own):.0f}",
                " / ".join(str(sum(getattr(result, of) for result in own)) for of in ("lost", "duplicated", "altered")),
                f"{statistics.median(result.foreign_cores for result in own):.1f}",
            ]
            lines.append(f"| {' | '.join(columns)} |")
    return "\n".join(lines)


def _goals(results: Sequence[Result]) -> str:
    lines = ["| cell | what | against | goal | reached | |", "|---|---|---|---|---|---|"]
    for goal in GOALS:
        in_cell = [result for result in results if result.cell == goal.cell]
        ratios = paired(in_cell, goal.of, MAILHUB, goal.peer)
        if ratios:
            verdict = "yes" if goal.reached(statistics.median(ratios)) else "**no**"
            lines.append(
                f"| {goal.cell} | {NAMES[goal.of]} | {goal.peer} | {goal} | {spread(ratios, 2)} × | {verdict} |"
            )
    lines += _absolute(results, "4k@100", "p99 of the reply, ms", P99_LIMIT_MS, lambda result: result.p99_ms)
    lines += _absolute(results, "2m/4", "largest process, MiB", RSS_LIMIT_MIB, lambda result: result.peak_mib)
    return "\n".join(lines)


def _absolute(
    results: Sequence[Result], cell: str, name: str, limit: float, value: Callable[[Result], float]
) -> list[str]:
    values = [value(result) for result in results if result.cell == cell and result.server == MAILHUB]
    if not values:
        return []
    verdict = "yes" if statistics.median(values) < limit else "**no**"
    return [f"| {cell} | {name} | – | < {limit:g} | {spread(values)} | {verdict} |"]


def machine() -> str:
    """Cores, processor, kernel and the versions of what ran; nothing that names the machine or a folder."""
    cpu = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    kernel = re.match(r"[\d.]+", platform.release())
    versions = [_version(name) for name in ("postfix", "rspamd", "dovecot-core")]
    return ", ".join(
        [
            f"{os.cpu_count()} cores ({cpu[1] if cpu else platform.machine()})",
            f"Linux {kernel[0] if kernel else ''}",
            f"Python {platform.python_version()}",
            *filter(None, versions),
        ]
    )


def _version(package: str) -> str:
    """A Debian package and its upstream version, "" when it is not installed."""
    argv = ["dpkg-query", "-W", "-f", "${Version}", package]
    printed = subprocess.run(argv, capture_output=True, text=True, check=False).stdout
    number = re.match(r"(?:\d+:)?(\d+(?:\.\d+)+)", printed)
    return f"{package} {number[1]}" if number else ""


def put_into(readme: Path, name: str, text: str) -> None:
    """Replace what stands between the two marks of `name` in `readme`.

    Raises:
        ValueError: a mark is missing.
    """
    before, begin, rest = readme.read_text().partition(BEGIN.format(name))
    _, end, after = rest.partition(END.format(name))
    if not begin or not end:
        raise ValueError(f"{readme.name} has no marks for {name}")
    readme.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}")
