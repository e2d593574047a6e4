"""The benchmark: mailhub and its peers relay the same mail to the same sink, cell by cell, in interleaved rounds.

    python -m bench.relay                         # what `make bench` runs, about a quarter of an hour
    python -m bench.relay --quick                 # a smoke run of less than a minute
    python -m bench.relay --peers postfix,postfix-rspamd-dkim --cells 4k/20 --rounds 3

Exit code 0 when everything accepted arrived unaltered, 1 when something was lost, altered, refused, or when
mailhub left out a signature or an Authentication-Results; 2 when it could not be measured at all.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from bench import processes, report
from bench.mailhub_peer import Mailhub
from bench.measure import Cell, Result, measure
from bench.messages import Message, prepare
from bench.peers import PEERS
from bench.processes import BenchError
from bench.scene import OFFICIAL_DOMAIN, Direction, NameServer, OutsideSigner, Scene, Server
from bench.sink import Sink

HERE = Path(__file__).parent
SERVERS: dict[str, Callable[[Scene], Server]] = {Mailhub.name: Mailhub, **PEERS}
WARM_UP = Cell("warm-up", 4096, 8, 0)


def main() -> None:
    """Run the benchmark as the arguments say."""
    options = _options()
    try:
        results = list(_run(options))
    except (BenchError, TimeoutError) as error:
        print(f"bench.relay: {error or 'a server does not answer'}", file=sys.stderr)
        sys.exit(2)
    table = report.relay_report(results, options.rounds)
    print(table)
    wrong = report.complaints(results)
    for line in wrong:
        print(line, file=sys.stderr)
    if wrong:
        sys.exit(1)
    if options.write_readme:
        report.put_into(HERE / "README.md", "bench.relay", table)


def _run(options: argparse.Namespace) -> Iterator[Result]:
    cells = [Cell.parse(text) for text in options.cells.split(",")]
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with work_folder(options.work) as work, options.out.open("a") as out:
        for direction in map(Direction, options.directions.split(",")):
            for result in _one_direction(work, direction, options, cells):
                out.write(json.dumps(asdict(result)) + "\n")
                out.flush()
                _tell(result)
                if result.cell != WARM_UP.name:
                    yield result


def _one_direction(
    work: Path, direction: Direction, options: argparse.Namespace, cells: Sequence[Cell]
) -> Iterator[Result]:
    """Start all servers, let them take turns, stop them."""
    outside = OutsideSigner()
    signer = outside.signer if direction is Direction.INCOMING else None
    here = work / direction
    here.mkdir()
    with contextlib.ExitStack() as stack:
        names = NameServer(here, outside.records())
        stack.callback(names.stop)
        sink = stack.enter_context(Sink(processes.free_port(), signer=OFFICIAL_DOMAIN))
        scene = Scene(here, direction, sink.port, names.port)
        servers = [SERVERS[name](scene) for name in options.peers.split(",")]
        for server in servers:
            stack.callback(server.stop)
            server.start()
        mail: dict[int, list[Message]] = {}
        for number, cell in [(0, WARM_UP), *((round_ + 1, cell) for round_ in range(options.rounds) for cell in cells)]:
            if cell.size not in mail:
                mail[cell.size] = prepare(cell.size, direction.sender, direction.recipients, signer)
            # Another one begins each round, so that nobody always follows the same neighbour.
            for server in servers[number % len(servers) :] + servers[: number % len(servers)]:
                yield measure(
                    server,
                    cell,
                    direction=direction,
                    messages=mail[cell.size],
                    sink=sink,
                    number=number,
                    scale=0.05 if cell is WARM_UP else options.scale,
                )


@contextlib.contextmanager
def work_folder(parent: Path) -> Iterator[Path]:
    """A folder that every server's user may enter, removed afterwards. Short: Unix sockets lie in it."""
    with tempfile.TemporaryDirectory(prefix="mailhub-bench-", dir=parent) as name:
        folder = Path(name)
        folder.chmod(0o755)
        try:
            yield folder
        finally:
            _keep_logs(folder)


def _keep_logs(folder: Path) -> None:
    """The servers' logs tell why a run went wrong; the folder itself goes."""
    logs = HERE / "run" / "logs"
    shutil.rmtree(logs, ignore_errors=True)
    for log in (found for found in folder.rglob("*.log") if "Maildir" not in found.parts):
        kept = logs / log.relative_to(folder)
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(log, kept)


def _tell(result: Result) -> None:
    print(
        f"{result.round} {result.direction} {result.cell:8} {result.server:20} {result.rate:7.1f}/s "
        f"cpu {result.cpu_ms:.2f} ms p99 {result.p99_ms:.1f} ms foreign {result.foreign_cores}"
        f"{' ' + str(result.errors) if result.errors else ''}",
        file=sys.stderr,
        flush=True,
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--cells", help="SIZE/SESSIONS, or SIZE@RATE for an open loop")
    parser.add_argument("--directions", default="outgoing,incoming")
    parser.add_argument("--peers", help="servers, in this order: " + ", ".join(SERVERS))
    parser.add_argument("--scale", type=float, help="messages a cell, times this")
    parser.add_argument("--quick", action="store_true", help="one round of few messages: does it work at all?")
    parser.add_argument("--work", type=Path, default=Path("/var/tmp"), help="where the servers keep their queues")
    parser.add_argument("--out", type=Path, default=HERE / "run" / "results.jsonl")
    parser.add_argument("--write-readme", action="store_true", help="put the table into bench/README.md")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 5)
    options.cells = options.cells or ("4k/20,100k/20,2m/4" if options.quick else "4k/20,100k/20,2m/4,4k@100")
    options.scale = options.scale or (0.1 if options.quick else 1)
    # rspamd takes a quarter of a minute to compile its patterns: too slow for a smoke run.
    options.peers = options.peers or ",".join([Mailhub.name, "postfix"] if options.quick else SERVERS)
    unknown = [name for name in options.peers.split(",") if name not in SERVERS]
    if unknown:
        parser.error(f"no such peer: {', '.join(unknown)}")
    return options


if __name__ == "__main__":
    main()
