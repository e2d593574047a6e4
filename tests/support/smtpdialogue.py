"""A door that keeps everything in memory, a server in front of it, and a client that speaks raw bytes."""

from __future__ import annotations

import asyncio
import socket
import ssl
import textwrap
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

import trustme

from mailhub.smtp.door import Body, Client, MailCommand, RcptCommand, Reply, Transaction
from mailhub.smtp.listener import Gate, Listener
from mailhub.smtp.server import ServerLimits

PATIENCE = 10.0  # seconds that a test waits for what must happen
PASSWORD = "Mật khẩu 1"


class Heard(NamedTuple):
    """A reply as the client got it: the code, and the text of each line."""

    code: int
    lines: list[str]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


@dataclass
class Message:
    """What reached `Body.finish`."""

    tx: Transaction
    content: bytes
    client: Client


class MemoryBody:
    """Keeps the content and does what its door was told to do."""

    def __init__(self, door: RecordingDoor, client: Client, tx: Transaction) -> None:
        self.door, self.client, self.tx = door, client, tx
        self.content = bytearray()
        self.largest_chunk = 0

    def write(self, chunk: bytes) -> None:
        if self.door.write_raises is not None:
            raise self.door.write_raises
        self.content += chunk
        self.largest_chunk = max(self.largest_chunk, len(chunk))

    async def finish(self) -> Reply:
        self.door.finishing.set()
        await self.door.may_finish.wait()
        if self.door.finish_raises is not None:
            raise self.door.finish_raises
        reply = self.door.answers.get("finish", Reply(250, "2.0.0", "Da nhan"))
        if reply.ok:
            self.door.messages.append(Message(self.tx, bytes(self.content), self.client))
        self.door.finished.set()
        return reply

    async def abort(self) -> None:
        self.door.aborted += 1


@dataclass
class RecordingDoor:
    """Takes everything, save what `answers` says: {"mail": Reply(...), "bad@x.vn": Reply(...)}."""

    banner: str = "mx.tinh.gov.vn ESMTP mailhub"
    auth: bool = False
    require_auth: bool = False
    require_tls: bool = False
    refuse_early_talkers: bool = False
    answers: dict[str, Reply] = field(default_factory=dict)
    raises: dict[str, Exception] = field(default_factory=dict)
    write_raises: Exception | None = None
    finish_raises: Exception | None = None
    accounts: dict[str, str] = field(default_factory=lambda: {"an@tinh.gov.vn": PASSWORD})
    messages: list[Message] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)  # which the server made by itself
    mails: list[MailCommand] = field(default_factory=list)
    rcpts: list[RcptCommand] = field(default_factory=list)
    clients: list[Client] = field(default_factory=list)
    left: list[Client] = field(default_factory=list)
    aborted: int = 0
    size_limit: int | None = None  # what an account may send, set at AUTH

    def __post_init__(self) -> None:
        self.finishing = asyncio.Event()
        self.finished = asyncio.Event()
        self.may_finish = asyncio.Event()
        self.may_finish.set()
        self.may_connect = asyncio.Event()
        self.may_connect.set()

    def _answer(self, act: str, default: Reply, *keys: str) -> Reply:
        self.asked.append(act)
        for key in (act, *keys):
            if key in self.raises:
                raise self.raises[key]
            if key in self.answers:
                return self.answers[key]
        return default

    async def connect(self, client: Client) -> Reply | None:
        self.clients.append(client)
        await self.may_connect.wait()
        reply = self._answer("connect", Reply(250, "", ""))
        return None if reply.ok else reply

    async def helo(self, client: Client) -> Reply | None:
        reply = self._answer("helo", Reply(250, "", ""))
        return None if reply.ok else reply

    async def authenticate(self, client: Client, login: str, password: str) -> Reply:
        good = self.accounts.get(login) == password
        reply = self._answer(
            "authenticate", Reply(235, "2.7.0", "Da dang nhap") if good else Reply(535, "5.7.8", "Sai mat khau")
        )
        if reply.ok:
            client.account = login
            client.size_limit = self.size_limit
        return reply

    async def mail(self, client: Client, mail: MailCommand) -> Reply:
        self.mails.append(mail)
        return self._answer("mail", Reply(250, "2.1.0", "OK"), mail.sender)

    async def rcpt(self, client: Client, tx: Transaction, rcpt: RcptCommand) -> Reply:
        self.rcpts.append(rcpt)
        return self._answer("rcpt", Reply(250, "2.1.5", "OK"), rcpt.address)

    async def data(self, client: Client, tx: Transaction) -> Body | Reply:
        reply = self._answer("data", Reply(250, "", ""))
        return MemoryBody(self, client, tx) if reply.ok else reply

    def refused(self, kind: str, client: Client, tx: Transaction | None, reply: Reply) -> Reply:
        self.refusals.append(kind)
        return reply

    async def disconnect(self, client: Client) -> None:
        self.left.append(client)


@cache
def authority() -> trustme.CA:
    return trustme.CA()


def server_tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert("mx.tinh.gov.vn").configure_cert(context)
    return context


def client_tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority().configure_trust(context)
    return context


class RawClient:
    """A client that sends exactly what it is told."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def heard(self) -> Heard:
        """The next reply, of however many lines. EOFError when the server hung up."""
        lines: list[str] = []
        while True:
            line = await asyncio.wait_for(self.reader.readline(), PATIENCE)
            if not line:
                raise EOFError
            assert line.endswith(b"\r\n"), line
            text = line.decode("ascii")
            lines.append(text[4:].rstrip())
            if text[3] == " ":
                return Heard(int(text[:3]), lines)

    async def ask(self, command: bytes | str) -> Heard:
        await self.send((command.encode() if isinstance(command, str) else command) + b"\r\n")
        return await self.heard()

    async def until_closed(self) -> list[Heard]:
        """Every reply up to the end of the connection."""
        found = []
        with suppress(EOFError, ConnectionError):
            while True:
                found.append(await self.heard())
        return found

    async def hello(self) -> Heard:
        """Past the greeting and EHLO."""
        assert (await self.heard()).code == 220
        return await self.ask("EHLO office.example")

    async def begin(self, *recipients: str) -> None:
        """Past EHLO, MAIL and RCPT."""
        await self.hello()
        await self.mail(*recipients)

    async def mail(self, *recipients: str) -> None:
        assert (await self.ask("MAIL FROM:<clerk@office.example>")).code == 250
        for one in recipients or ("an@tinh.gov.vn",):
            assert (await self.ask(f"RCPT TO:<{one}>")).code == 250

    async def content(self, content: bytes, end: bytes = b"\r\n.\r\n") -> Heard:
        """DATA with `content` as it is; the caller has stuffed the dots."""
        assert (await self.ask("DATA")).code == 354
        await self.send(content + end)
        return await self.heard()

    async def start_tls(self) -> None:
        await self.writer.start_tls(client_tls(), server_hostname="mx.tinh.gov.vn")

    def abort(self) -> None:
        self.writer.transport.abort()

    async def close(self) -> None:
        self.writer.close()
        with suppress(OSError):
            await self.writer.wait_closed()


class Served:
    """A server on a free port of the loopback interface."""

    def __init__(self, door: RecordingDoor, listener: Listener, port: int, *, implicit: bool) -> None:
        self.door, self.listener, self.port = door, listener, port
        self._implicit = implicit
        self._clients: list[RawClient] = []

    async def client(self, *, source: str | None = None) -> RawClient:
        tls = {"ssl": client_tls(), "server_hostname": "mx.tinh.gov.vn"} if self._implicit else {}
        local = (source, 0) if source else None
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=local, **tls)  # type: ignore[arg-type]
        found = RawClient(reader, writer)
        self._clients.append(found)
        return found

    async def dialogue(self, script: str) -> RawClient:
        """Act out `script`: `C:` lines are sent, `S:` lines are beginnings of what must be heard.

        A reply of several lines is told by its code alone, or by its first line.
        """
        client = await self.client()
        for number, line in enumerate(textwrap.dedent(script).strip().splitlines(), 1):
            who, text = line[:2], line[3:]
            if who == "C:":
                await client.send(text.encode() + b"\r\n")
            else:
                heard = await client.heard()
                shown = f"{heard.code} {heard.lines[0]}"
                assert shown.startswith(text), f"line {number}: wanted {text!r}, heard {shown!r}"
        return client

    async def close(self) -> None:
        for client in self._clients:
            await client.close()
        await self.listener.drain(PATIENCE)


@asynccontextmanager
async def serving(
    door: RecordingDoor | None = None,
    limits: ServerLimits | None = None,
    *,
    tls: bool = False,
    implicit: bool = False,
    context: ssl.SSLContext | None = None,
    gate: Gate | None = None,
) -> AsyncIterator[Served]:
    """A server in front of `door`."""
    door = door or RecordingDoor()
    if context is None and (tls or implicit):
        context = server_tls()
    listener = Listener(lambda: door, limits=limits or ServerLimits(), tls=context, implicit_tls=implicit, gate=gate)
    sock = socket.create_server(("127.0.0.1", 0), backlog=256)
    port = sock.getsockname()[1]
    await listener.listen(sock)
    served = Served(door, listener, port, implicit=implicit)
    try:
        yield served
    finally:
        await served.close()


async def until(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait for `condition()` to hold."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, "it did not come to that"
        await asyncio.sleep(0.002)
