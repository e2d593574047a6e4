"""The next hop of every server: takes all mail, and tells per run what arrived, when, and whether it is intact.

A process of its own, spoken to in JSON lines: `{"count": RUN}` and `{"report": RUN}` on standard input, an
answer a line on standard output. It ends when its standard input does, so it cannot outlive the benchmark.

    python -m bench.sink --port 2600 [--lmtp] [--signer tinh.gov.vn]
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import re
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, cast

import uvloop

from bench.messages import BODY_FIELD, CRLF, ID_FIELD
from bench.processes import BenchError

END = b"\r\n.\r\n"
CAPABILITIES = b"250-sink.example\r\n250-PIPELINING\r\n250-SIZE 104857600\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"
IDENTITY = re.compile(rb"^" + ID_FIELD + rb": (\w+)-(\d+)\r$", re.MULTILINE)
DIGEST = re.compile(rb"^" + BODY_FIELD + rb": (\w+)\r$", re.MULTILINE)
RESULTS = re.compile(rb"^Authentication-Results:", re.MULTILINE | re.IGNORECASE)
SIGNATURE = re.compile(rb"^DKIM-Signature:[^\r]*(?:\r\n[ \t][^\r]*)*", re.MULTILINE | re.IGNORECASE)


@dataclass(slots=True)
class Arrivals:
    """What came of one run, and when by the machine's monotonic clock, which all processes share."""

    times: dict[int, float] = field(default_factory=dict)
    duplicated: int = 0
    altered: int = 0
    signed: int = 0
    authenticated: int = 0


class Ledger:
    """Judges each message as it arrives. `signer` is the domain whose DKIM-Signature is counted."""

    def __init__(self, signer: str) -> None:
        self.runs: dict[str, Arrivals] = defaultdict(Arrivals)
        self._signer = re.compile(rb"[;\s]d=" + re.escape(signer.encode()) + rb"\s*(;|$)")

    def take(self, message: bytes) -> None:
        """Note `message` (CRLF, dot-stuffing undone). What carries no identity is not of ours, a notice perhaps."""
        head, _, body = message.partition(b"\r\n\r\n")
        head += CRLF
        identity, digest = IDENTITY.search(head), DIGEST.search(head)
        if identity is None:
            self.runs["unknown"].times[len(self.runs["unknown"].times)] = time.monotonic()
            return
        run, number = self.runs[identity[1].decode()], int(identity[2])
        if number in run.times:
            run.duplicated += 1
            return
        run.times[number] = time.monotonic()
        run.altered += digest is None or hashlib.sha256(body).hexdigest().encode() != digest[1]
        run.signed += any(self._signer.search(found) for found in SIGNATURE.findall(head))
        run.authenticated += RESULTS.search(head) is not None

    def answer(self, question: dict[str, str]) -> dict[str, Any]:
        """`{"count": RUN}`: so many came. `{"report": RUN}`: everything about it, which is then forgotten."""
        if "count" in question:
            return {"count": len(self.runs[question["count"]].times)}
        run = self.runs.pop(question["report"], Arrivals())
        return {
            "times": list(run.times.items()),
            "duplicated": run.duplicated,
            "altered": run.altered,
            "signed": run.signed,
            "authenticated": run.authenticated,
        }


class SinkConnection(asyncio.Protocol):
    """Says yes to everything. In LMTP the dot is answered once a recipient (RFC 2033 § 4.2)."""

    def __init__(self, ledger: Ledger, lmtp: bool) -> None:
        self._ledger, self._lmtp = ledger, lmtp
        self._buffer = bytearray()
        self._searched = 0
        self._in_data = False
        self._recipients = 0
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are no subclass of it
        self._transport.write(b"220 sink.example ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while self._take_message() if self._in_data else self._take_command():
            pass

    def _take_command(self) -> bool:
        line, separator, _ = self._buffer.partition(b"\n")
        if not separator:
            return False
        verb = bytes(line[:4]).upper()
        # Of DATA's own line the CRLF stays: an empty message ends by the same sign as any other.
        del self._buffer[: len(line) - 1 if verb == b"DATA" else len(line) + 1]
        if verb in (b"EHLO", b"LHLO"):
            self._transport.write(CAPABILITIES)
        elif verb == b"DATA":
            self._in_data, self._searched = True, 0
            self._transport.write(b"354 go on\r\n")
        elif verb == b"QUIT":
            self._transport.write(b"221 bye\r\n")
            self._transport.close()
        else:
            self._recipients = self._recipients + 1 if verb == b"RCPT" else 0
            self._transport.write(b"250 2.0.0 ok\r\n")
        return True

    def _take_message(self) -> bool:
        end = self._buffer.find(END, max(0, self._searched - len(END)))
        self._searched = len(self._buffer)
        if end < 0:
            return False
        stuffed = bytes(self._buffer[: end + 2])
        del self._buffer[: end + len(END)]
        self._ledger.take(stuffed.replace(b"\r\n..", b"\r\n.")[2:])
        self._transport.write(b"250 2.0.0 ok\r\n" * (max(1, self._recipients) if self._lmtp else 1))
        self._in_data, self._recipients = False, 0
        return True


class Sink:
    """The sink as the benchmark sees it: a child process, ended with the `with` block."""

    def __init__(self, port: int, *, signer: str, lmtp: bool = False) -> None:
        self.port = port
        argv = [sys.executable, "-m", "bench.sink", "--port", str(port), "--signer", signer]
        self._process = subprocess.Popen(
            [*argv, "--lmtp"] if lmtp else argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Self:
        self.count("nothing")  # answered once it listens
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate(timeout=10)

    @property
    def pid(self) -> int:
        """The sink's process."""
        return self._process.pid

    def count(self, run: str) -> int:
        """How many different messages of `run` have arrived."""
        return int(self._ask("count", run)["count"])

    def report(self, run: str) -> Arrivals:
        """What arrived of `run`; the sink forgets it."""
        told = self._ask("report", run)
        return Arrivals(
            times=dict(told["times"]),
            duplicated=told["duplicated"],
            altered=told["altered"],
            signed=told["signed"],
            authenticated=told["authenticated"],
        )

    def _ask(self, what: str, run: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps({what: run}), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        if not answer:
            raise BenchError("the sink has ended")
        told: dict[str, Any] = json.loads(answer)
        return told


async def serve(port: int, ledger: Ledger, lmtp: bool) -> None:
    """Listen on 127.0.0.1:`port` and answer questions until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SinkConnection(ledger, lmtp), "127.0.0.1", port, backlog=1024)
    questions = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(questions), sys.stdin)
    while line := await questions.readline():
        print(json.dumps(ledger.answer(json.loads(line))), flush=True)
    server.close()


def main() -> None:
    """Run the sink's process."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--lmtp", action="store_true")
    parser.add_argument("--signer", default="tinh.gov.vn")
    options = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(options.port, Ledger(options.signer), options.lmtp))


if __name__ == "__main__":
    main()
