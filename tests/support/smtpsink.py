"""A scriptable SMTP and LMTP receiver: what the next hop does, good or bad.

In a test:

    async with SmtpSink() as sink:
        sink.script["RCPT"] = [None, "550 5.1.1 no such user"]   # the second RCPT of the sink's life is refused
        sink.script["DOT"] = [DROP]                              # stored, then closed before the reply
        ...
        assert sink.messages[0].content == b"..."

As a process, for the kill test (prints `ready PORT`):

    python -m tests.support.smtpsink --port 0 --spool DIR --flaky SEED

Stages, in the order they come up: CONNECT, EHLO (also for LHLO), HELO, STARTTLS, MAIL, RCPT, DATA, BODY (the first
octets of the content are here), STORE (the dot is here, nothing is kept yet), DOT (it is kept; with LMTP once a
recipient), RSET, QUIT. An action at a stage is None (what an honest server does), a reply, or an `Action`.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import random
import ssl
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

CAPABILITIES = ("PIPELINING", "8BITMIME", "SMTPUTF8", "DSN", "SIZE 52428800", "ENHANCEDSTATUSCODES")


@dataclass(frozen=True)
class Action:
    """What to do at a stage instead of the honest thing. `reply` as str gets its CRLF, bytes go out as they are."""

    reply: str | bytes | None = None
    drop: bool = False  # close the connection; with `silent` before the reply, else behind it
    silent: bool = False  # no reply at all
    delay: float = 0.0  # seconds before anything else
    deaf: bool = False  # at BODY: reads nothing more
    trickle: float = 0.0  # at BODY: from now on reads once in so many seconds


DROP = Action(drop=True, silent=True)
REPLY_AND_DROP = Action(drop=True)
HANG = Action(silent=True)
DEAF = Action(silent=True, deaf=True)
Scripted = Action | str | bytes | None


@dataclass(frozen=True)
class Received:
    """A message as it came: the commands, the content without stuffing, and the exact octets behind 354."""

    number: int
    mail: str
    rcpts: tuple[str, ...]
    content: bytes
    wire: bytes
    tls: str | None
    connection: int
    pipelined: bool

    @property
    def sender(self) -> str:
        return _path(self.mail)

    @property
    def recipients(self) -> tuple[str, ...]:
        return tuple(map(_path, self.rcpts))

    def header(self, name: str) -> str | None:
        """The first field of that name, or None."""
        return _header(self.content, name)


@dataclass
class SmtpSink:
    """An in-process server on a free loopback port, or on a Unix socket when `path` is given."""

    lmtp: bool = False
    capabilities: tuple[str, ...] = CAPABILITIES
    tls: ssl.SSLContext | None = None
    path: Path | None = None
    port: int = 0
    host: str = "127.0.0.1"
    spool: Spool | None = None
    decide: Callable[[str], Scripted] | None = None  # asked when the script has nothing for a stage
    behind_starttls: bytes = b""  # written in clear in the same segment as the reply to STARTTLS
    receive_buffer: int | None = None
    script: dict[str, list[Scripted]] = field(default_factory=dict)
    messages: list[Received] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    connections: int = 0
    stored: int = 0
    open_now: set[_Session] = field(default_factory=set)
    _server: asyncio.Server | None = None
    _empty: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        if self.path is not None:
            self._server = await loop.create_unix_server(lambda: _Session(self), str(self.path))
            return
        self._server = await loop.create_server(lambda: _Session(self), self.host, self.port, backlog=512)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close the port and every connection."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for session in list(self.open_now):
            session.drop()
        if self.open_now:
            await asyncio.wait_for(self._empty.wait(), 10)

    async def __aenter__(self) -> SmtpSink:
        await self.start()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.stop()

    @property
    def address(self) -> tuple[str, int] | str:
        """As `Target.address` wants it."""
        return str(self.path) if self.path is not None else (self.host, self.port)

    def next_action(self, stage: str) -> Action:
        queue = self.script.get(stage)
        scripted = queue.pop(0) if queue else (self.decide(stage) if self.decide else None)
        return scripted if isinstance(scripted, Action) else Action(reply=scripted)

    def store(self, message: Received) -> None:
        self.stored += 1
        if self.spool is not None:
            self.spool.append(message)
        else:
            self.messages.append(message)

    def closed(self, session: _Session) -> None:
        self.open_now.discard(session)
        if not self.open_now:
            self._empty.set()

    def opened(self, session: _Session) -> int:
        """The number of the new connection."""
        self.connections += 1
        self.open_now.add(session)
        self._empty.clear()
        return self.connections

    def copies(self, header: str = "X-Id") -> Counter[tuple[str, str]]:
        """How often each recipient got each message, named by `header`, else by its exact octets' SHA-256."""
        return Counter(
            (recipient, message.header(header) or hashlib.sha256(message.content).hexdigest())
            for message in self.messages
            for recipient in message.recipients
        )


class _Session(asyncio.Protocol):
    """One connection. Commands are worked off one after the other, also across delays and TLS."""

    def __init__(self, sink: SmtpSink) -> None:
        self.sink = sink
        self.transport: asyncio.Transport
        self.number = 0
        self._buffer = bytearray()
        self._body: bytearray | None = None
        self._mail = ""
        self._rcpts: list[str] = []
        self._busy = False
        self._tls: str | None = None
        self._commands_in_segment = 0
        self._pipelined = False
        self._body_seen = False
        self._scanned = 0
        self._trickle = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass
        if self.number:
            return  # TLS came in between
        self.number = self.sink.opened(self)
        if self.sink.receive_buffer is not None:
            sock = transport.get_extra_info("socket")
            sock.setsockopt(1, 8, self.sink.receive_buffer)  # SOL_SOCKET, SO_RCVBUF
        self._act("CONNECT", "220 sink.example ESMTP")

    def connection_lost(self, exc: Exception | None) -> None:
        self.sink.closed(self)

    def drop(self) -> None:
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._commands_in_segment = 0
        self._work()
        if self._trickle and not self.transport.is_closing():
            self.transport.pause_reading()
            asyncio.get_running_loop().call_later(self._trickle, self._read_on)

    def _read_on(self) -> None:
        if not self.transport.is_closing():
            self.transport.resume_reading()

    # ------------------------------------------------------------------ the loop

    def _work(self) -> None:
        while not self._busy and not self.transport.is_closing():
            if self._body is not None:
                if not self._read_body():
                    return
                continue
            end = self._buffer.find(b"\r\n")
            if end < 0:
                return
            line = bytes(self._buffer[:end])
            del self._buffer[: end + 2]
            self._commands_in_segment += 1
            self._command(line.decode("utf-8", "surrogateescape"))

    def _act(self, stage: str, honest: str | bytes, *, then: Callable[[bool], None] | None = None) -> None:
        """Do what the script says, else reply `honest`; then `then(was the reply 2xx or 3xx)`."""
        action = self.sink.next_action(stage)
        if action.delay:
            self._busy = True
            asyncio.get_running_loop().call_later(action.delay, self._resume, action, honest, then)
            return
        self._perform(action, honest, then)

    def _resume(self, action: Action, honest: str | bytes, then: Callable[[bool], None] | None) -> None:
        self._busy = False
        self._perform(action, honest, then)
        self._work()

    def _perform(self, action: Action, honest: str | bytes, then: Callable[[bool], None] | None) -> None:
        reply = honest if action.reply is None else action.reply
        if not action.silent:
            self.say(reply)
        if action.drop:
            self.transport.close()
            return
        if action.silent:
            self._busy = True  # hangs for good
            return
        if then is not None:
            then(reply[:1] in ("2", "3", b"2", b"3"))

    def say(self, reply: str | bytes) -> None:
        self.transport.write(reply if isinstance(reply, bytes) else reply.encode() + b"\r\n")

    # ------------------------------------------------------------------ commands

    def _command(self, line: str) -> None:
        self.sink.commands.append(line)
        verb = line.partition(" ")[0].upper()
        if verb in ("EHLO", "LHLO", "HELO"):
            if self.sink.lmtp != (verb == "LHLO"):
                self.say("500 5.5.1 wrong protocol")
                return
            stage = "HELO" if verb == "HELO" else "EHLO"
            self._act(stage, "250 sink.example" if verb == "HELO" else self._hello(), then=self._reset)
        elif verb == "STARTTLS" and self.sink.tls is not None and self._tls is None:
            self._act("STARTTLS", b"220 2.0.0 go ahead\r\n" + self.sink.behind_starttls, then=self._start_tls)
        elif verb == "MAIL":
            self._pipelined = False
            self._act("MAIL", "250 2.1.0 ok", then=lambda ok: self._note_mail(ok, line))
        elif verb == "RCPT":
            honest = "250 2.1.5 ok" if self._mail else "503 5.5.1 MAIL first"
            self._act("RCPT", honest, then=lambda ok: self._note_rcpt(ok, line))
        elif verb == "DATA":
            self._pipelined = self._commands_in_segment > 2
            honest = "354 go ahead" if self._rcpts else "503 5.5.1 no valid recipients"
            self._act("DATA", honest, then=self._begin_body)
        elif verb == "RSET":
            self._act("RSET", "250 2.0.0 ok", then=self._reset)
        elif verb == "QUIT":
            self._act("QUIT", "221 2.0.0 bye", then=lambda _ok: self.transport.close())
        else:
            self.say("502 5.5.1 unknown")

    def _hello(self) -> str:
        offered = list(self.sink.capabilities)
        if self.sink.tls is not None and self._tls is None:
            offered.append("STARTTLS")
        lines = ["sink.example", *offered]
        return "\r\n".join([*(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}"])

    def _note_mail(self, ok: bool, line: str) -> None:
        if ok:
            self._mail, self._rcpts = line, []

    def _note_rcpt(self, ok: bool, line: str) -> None:
        if ok:
            self._rcpts.append(line)

    def _reset(self, _ok: bool) -> None:
        self._mail, self._rcpts, self._body, self._body_seen, self._scanned = "", [], None, False, 0

    def _begin_body(self, ok: bool) -> None:
        if ok:
            self._body = bytearray(b"\r\n")  # the CRLF of DATA counts (RFC 5321 § 4.1.1.4)
            self._body_seen, self._scanned = False, 0

    def _start_tls(self, ok: bool) -> None:
        if ok:
            self._busy = True
            self._buffer.clear()
            task = asyncio.get_running_loop().create_task(self._handshake())
            _tasks.add(task)
            task.add_done_callback(_tasks.discard)

    async def _handshake(self) -> None:
        assert self.sink.tls is not None
        try:
            transport = await asyncio.get_running_loop().start_tls(
                self.transport, self, self.sink.tls, server_side=True, ssl_handshake_timeout=10
            )
        except OSError:
            self.transport.abort()
            self.sink.closed(self)
            return
        secured = transport.get_extra_info("ssl_object") if transport is not None else None
        if transport is None or secured is None:  # the client liked our certificate so little that it has gone
            self.transport.abort()
            self.sink.closed(self)
            return
        self.transport = transport
        self._tls = secured.version()
        self._busy = False
        self._reset(True)
        self._work()

    # ------------------------------------------------------------------ content

    def _read_body(self) -> bool:
        """Take content from the buffer; True when the dot was there and commands may follow."""
        assert self._body is not None
        if self._buffer and not self._body_seen:
            self._body_seen = True
            action = self.sink.next_action("BODY")
            if action != Action():
                self._trickle = action.trickle
                if action.deaf:
                    self.transport.pause_reading()
                if action.silent or action.reply is not None:
                    self._perform(action, "", None)
                if action.drop or action.silent:
                    return False
        self._body += self._buffer
        self._buffer.clear()
        end = self._body.find(b"\r\n.\r\n", self._scanned)
        if end < 0:
            self._scanned = max(0, len(self._body) - 4)
            return False
        wire = bytes(self._body[2 : end + 5])
        self._buffer += self._body[end + 5 :]
        content = bytes(self._body[: end + 2]).replace(b"\r\n.", b"\r\n")[2:]
        self._body = None
        message = Received(
            self.sink.stored, self._mail, tuple(self._rcpts), content, wire, self._tls, self.number, self._pipelined
        )
        self._mail, self._rcpts = "", []
        self._act_before_storing(message)
        return True

    def _act_before_storing(self, message: Received) -> None:
        action = self.sink.next_action("STORE")
        if action != Action():
            for _ in message.rcpts if self.sink.lmtp and action.reply else "x":
                self._perform(action, "451 4.3.0 not now", None)
            return
        self.sink.store(message)
        self._answer_dot(len(message.rcpts) if self.sink.lmtp else 1)

    def _answer_dot(self, replies: int) -> None:
        """One reply a recipient with LMTP; each asks the script."""
        if replies and not self.transport.is_closing():
            self._act("DOT", "250 2.0.0 stored", then=lambda _ok: self._answer_dot(replies - 1))


_tasks: set[asyncio.Task[None]] = set()


# ---------------------------------------------------------------------- on disk, for other processes


class Spool:
    """Messages in a folder, each on disk before its reply: `bodies.bin`, and `index.jsonl` behind it."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        self._bodies = os.open(directory / "bodies.bin", flags, 0o644)
        self._index = os.open(directory / "index.jsonl", flags, 0o644)
        self._offset = os.fstat(self._bodies).st_size
        if os.fstat(self._index).st_size:
            os.write(self._index, b"\n")  # a line that was cut by a kill ends here

    def append(self, message: Received) -> None:
        _write(self._bodies, message.content)
        os.fdatasync(self._bodies)
        entry = {
            "mail": message.mail,
            "rcpts": message.rcpts,
            "offset": self._offset,
            "length": len(message.content),
            "sha256": hashlib.sha256(message.content).hexdigest(),
            "tls": message.tls,
            "connection": message.connection,
        }
        self._offset += len(message.content)
        _write(self._index, json.dumps(entry).encode() + b"\n")
        os.fdatasync(self._index)

    def close(self) -> None:
        os.close(self._bodies)
        os.close(self._index)


def read_spool(directory: Path) -> Iterator[Received]:
    """What a sink with `--spool DIR` has stored, in order; also while it runs or after it was killed."""
    index, bodies = directory / "index.jsonl", directory / "bodies.bin"
    if not index.exists():
        return
    with bodies.open("rb") as content_file:
        for number, line in enumerate(index.read_bytes().split(b"\n")):
            entry = _entry(line)
            if entry is None:
                continue
            content_file.seek(entry["offset"])
            content = content_file.read(entry["length"])
            assert hashlib.sha256(content).hexdigest() == entry["sha256"], f"the sink's spool is damaged at {number}"
            yield Received(
                number, entry["mail"], tuple(entry["rcpts"]), content, b"", entry["tls"], entry["connection"], False
            )


def count_copies(directory: Path, header: str = "X-Id") -> Counter[tuple[str, str]]:
    """As `SmtpSink.copies`, of a folder."""
    sink = SmtpSink(messages=list(read_spool(directory)))
    return sink.copies(header)


def _entry(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None


def _write(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def _path(command: str) -> str:
    """The path between the first `<` and its `>`."""
    return command.partition("<")[2].partition(">")[0]


def _header(content: bytes, name: str) -> str | None:
    head = content.partition(b"\r\n\r\n")[0]
    wanted = name.lower().encode() + b":"
    for line in head.split(b"\r\n"):
        if line.lower().startswith(wanted):
            return line[len(wanted) :].strip().decode("utf-8", "replace")
    return None


# ---------------------------------------------------------------------- misbehaving by chance


def flaky(seed: int, rate: float = 0.02) -> Callable[[str], Scripted]:
    """A `decide` that now and then refuses for a time or hangs up; the same seed gives the same luck.

    At STORE nothing is kept, at DOT everything is: what is lost there comes again, and is a permitted duplicate.
    """
    chance = random.Random(seed)
    tempers: dict[str, list[Action]] = {
        "CONNECT": [DROP, Action(reply="421 4.3.2 busy", drop=True)],
        "EHLO": [DROP],
        "MAIL": [DROP, Action(reply="451 4.3.0 later"), Action(reply="421 4.3.2 going down", drop=True)],
        "RCPT": [DROP, Action(reply="450 4.2.0 greylisted")],
        "DATA": [DROP, Action(reply="451 4.3.0 later")],
        "BODY": [DROP],
        "STORE": [DROP, Action(reply="452 4.3.1 disk full")],
        "DOT": [DROP, REPLY_AND_DROP],
    }

    def decide(stage: str) -> Scripted:
        actions = tempers.get(stage)
        if actions is None or chance.random() >= rate:
            return None
        return chance.choice(actions)

    return decide


async def _serve(arguments: argparse.Namespace) -> None:
    sink = SmtpSink(
        lmtp=arguments.lmtp,
        port=arguments.port,
        path=arguments.socket,
        spool=Spool(arguments.spool) if arguments.spool else None,
        decide=flaky(arguments.flaky, arguments.rate) if arguments.flaky is not None else None,
    )
    async with sink:
        print("ready", sink.port, flush=True)
        await asyncio.Event().wait()


def main() -> None:
    """Run as a process, until killed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--socket", type=Path, help="a Unix socket instead of the port")
    parser.add_argument("--spool", type=Path)
    parser.add_argument("--flaky", type=int, metavar="SEED")
    parser.add_argument("--rate", type=float, default=0.02, help="chance of trouble at each stage")
    parser.add_argument("--lmtp", action="store_true")
    asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
