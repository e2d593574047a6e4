"""Local delivery: mail through mailhub's MX door into its Dovecot, against Dovecot's own LMTP rate.

Both ways end in the same Dovecot and the same mailboxes; the direct one is the generator speaking LMTP to the
socket that mailhub uses. What arrived is read back from the maildirs: nothing is believed that is not on disk.

    python -m bench.local [--rounds 5] [--quick] [--write-readme]
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from bench import processes, report
from bench.client import Target
from bench.generator import Load, on_uvloop, send
from bench.mailhub_peer import Mailhub
from bench.measure import AFTERWARDS_SECONDS, Cell, Costs, Result, judge, wait_for_arrivals
from bench.messages import prepare
from bench.processes import BenchError
from bench.relay import HERE, work_folder
from bench.scene import OFFICIALS, Direction, NameServer, OutsideSigner, Scene
from bench.sink import DIGEST, IDENTITY, RESULTS, Arrivals

DOVECOT = "dovecot-lmtp"
GOAL = 0.7
WARM_UP = Cell("warm-up", 4096, 8, 0)


class Maildirs:
    """The mailboxes on disk below `root`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folders: list[Path] = []
        self._known: set[Path] = set()

    def files(self) -> list[Path]:
        """All messages in the inboxes. The inboxes are looked for until everybody has one."""
        if len(self._folders) < len(OFFICIALS):
            self._folders = list(self._root.glob("*/*/*/Maildir/new"))  # domain, part of a hash, local part
        return [file for folder in self._folders for file in folder.iterdir()]

    def count(self) -> int:
        """How many messages have come since `arrivals` was last called."""
        return len(self.files()) - len(self._known)

    def arrivals(self, run: str) -> Arrivals:
        """What came since, as far as it belongs to `run`; a message's time is that of its file's last change."""
        found = Arrivals()
        to_monotonic = time.monotonic() - time.time()
        for file in set(self.files()) - self._known:
            self._known.add(file)
            self._note(file, run, found, to_monotonic)
        return found

    def _note(self, file: Path, run: str, found: Arrivals, to_monotonic: float) -> None:
        # Dovecot stores lines with bare LF; the digest was taken over CRLF.
        text = file.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        head, _, body = text.partition(b"\r\n\r\n")
        identity, digest = IDENTITY.search(head + b"\r\n"), DIGEST.search(head + b"\r\n")
        if identity is None or identity[1].decode() != run:
            return
        number = int(identity[2])
        if number in found.times:
            found.duplicated += 1
            return
        found.times[number] = file.stat().st_ctime + to_monotonic
        found.altered += digest is None or hashlib.sha256(body).hexdigest().encode() != digest[1]
        found.authenticated += RESULTS.search(head) is not None


def main() -> None:
    """Run the benchmark as the arguments say."""
    options = _options()
    try:
        results = list(_run(options))
    except (BenchError, TimeoutError) as error:
        print(f"bench.local: {error or 'the server does not answer'}", file=sys.stderr)
        sys.exit(2)
    table = local_report(results, options.rounds)
    print(table)
    wrong = report.complaints(results)
    for line in wrong:
        print(line, file=sys.stderr)
    if wrong:
        sys.exit(1)
    if options.write_readme:
        report.put_into(HERE / "README.md", "bench.local", table)


def local_report(results: Sequence[Result], rounds: int) -> str:
    """The Markdown table, and the two goals it is about."""
    lines = [
        f"{rounds} interleaved rounds; median (least–most).",
        "",
        "| cell | way | messages/s, end to end | × Dovecot | CPU ms a message, Dovecot's included | p99 ms | "
        "largest process MiB | lost / twice / altered |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for cell, server in dict.fromkeys((result.cell, result.server) for result in results):
        in_cell = [result for result in results if result.cell == cell]
        own = [result for result in in_cell if result.server == server]
        columns = [
            cell,
            server,
            report.spread((result.rate for result in own), 0),
            report.spread(report.paired(in_cell, "rate", server, DOVECOT), 2),
            report.spread((result.cpu_ms for result in own), 2),
            report.spread(result.p99_ms for result in own),
            f"{max(result.peak_mib for result in own):.0f}",
            " / ".join(str(sum(getattr(result, of) for result in own)) for of in ("lost", "duplicated", "altered")),
        ]
        lines.append(f"| {' | '.join(columns)} |")
    small = [result for result in results if result.cell == "4k/20"]
    ratios = report.paired(small, "rate", Mailhub.name, DOVECOT)
    if ratios:
        verdict = "reached" if statistics.median(ratios) >= GOAL else "**not reached**"
        lines += ["", f"Goal: ≥ {GOAL} × Dovecot's own LMTP rate at 4 KiB: {report.spread(ratios, 2)}, {verdict}."]
    large = [result.peak_mib for result in results if result.cell == "2m/4" and result.server == Mailhub.name]
    if large:
        verdict = "reached" if max(large) < report.RSS_LIMIT_MIB else "**not reached**"
        lines.append(f"Goal: a worker < {report.RSS_LIMIT_MIB} MiB under 2 MiB messages: {max(large):.0f}, {verdict}.")
    return "\n".join(lines)


def _run(options: argparse.Namespace) -> Iterator[Result]:
    cells = [Cell.parse(text) for text in options.cells.split(",")]
    outside = OutsideSigner()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        work = stack.enter_context(work_folder(options.work))
        out = stack.enter_context(options.out.open("a"))
        names = NameServer(work, outside.records())
        stack.callback(names.stop)
        # No port is needed for a smarthost: nothing leaves.
        hub = Mailhub(Scene(work, Direction.INCOMING, processes.free_port(), names.port), local=True)
        stack.callback(hub.stop)
        hub.start()
        maildirs = Maildirs(hub.home / "data" / "mail")
        ways = {DOVECOT: Target(unix=hub.home / "run" / "lmtp", lmtp=True), Mailhub.name: hub.target}
        plan = [(0, WARM_UP), *((round_ + 1, cell) for round_ in range(options.rounds) for cell in cells)]
        for number, cell in plan:
            for way, target in ways.items():
                result = _measure(hub, way, target, cell, maildirs, outside, number, options.scale)
                out.write(json.dumps(asdict(result)) + "\n")
                print(f"{number} {cell.name:8} {way:14} {result.rate:7.1f}/s {result.errors or ''}", file=sys.stderr)
                if cell is not WARM_UP:
                    yield result


def _measure(
    hub: Mailhub,
    way: str,
    target: Target,
    cell: Cell,
    maildirs: Maildirs,
    outside: OutsideSigner,
    number: int,
    scale: float,
) -> Result:
    direction = Direction.INCOMING
    load = Load(
        sender=direction.sender,
        messages=prepare(cell.size, direction.sender, direction.recipients, outside.signer),
        count=cell.count(0.05 if cell is WARM_UP else scale),
        sessions=cell.sessions,
        rate=cell.rate,
    )
    processes.forget_peaks(hub.roots)
    before = Costs.now(hub.roots, [])
    began = time.monotonic()
    outcome = on_uvloop(send(target, load))
    wait_for_arrivals(maildirs.count, len(outcome.accepted), pause=0.1)
    time.sleep(AFTERWARDS_SECONDS)
    costs = Costs.now(hub.roots, []).since(before)
    peaks = processes.peaks_mib(hub.roots)
    return Result(
        direction=direction,
        cell=cell.name,
        server=way,
        round=number,
        sent=load.count,
        rss_mib=peaks,
        **judge(outcome, maildirs.arrivals(load.run), costs, time.monotonic() - began),
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--cells", default="4k/20,2m/4")
    parser.add_argument("--scale", type=float)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--work", type=Path, default=Path("/var/tmp"))
    parser.add_argument("--out", type=Path, default=HERE / "run" / "local.jsonl")
    parser.add_argument("--write-readme", action="store_true")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 5)
    options.scale = options.scale or (0.1 if options.quick else 0.5)
    return options


if __name__ == "__main__":
    main()
