"""A running hub for a whole module, a province on it, a next hop and a name server beside it."""

from __future__ import annotations

import asyncio
import re
import smtplib
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any, cast

import pytest

from mailhub.accounts import service
from mailhub.accounts.passwords import new_hash
from mailhub.accounts.rights import console
from mailhub.ids import read_code
from mailhub.queue.timeline import Line, trace_message
from mailhub.settings import load
from mailhub.store.database import open_database
from tests.support.accounts import Passwords
from tests.support.fakedns import FakeDNS
from tests.support.hub import PASSWORD, RunningHub, unverified, wait_until
from tests.support.smtpsink import Received, SmtpSink

ROOT = console("test")
CODE = re.compile(r"Ma ([0-9A-Z]{3}-[0-9A-Z]{3}-[0-9A-Z]{2})\b")


class Province:
    """Writes accounts straight into the hub's database, without a process a command."""

    def __init__(self, hub: RunningHub) -> None:
        self.hub = hub
        self._database = open_database(load(hub.directory / "mailhub.toml").database_url)
        self._hash = new_hash(Passwords(), PASSWORD, "test@tinh.gov.vn")

    def act(self, name: str, *words: Any, **more: Any) -> None:
        """`mailhub.accounts.service.NAME`, in a transaction of its own."""
        with self._database.write() as connection:
            getattr(service, name)(connection, ROOT, *words, **more)

    def people(self, *locals_: str, domain: str = "tinh.gov.vn", **more: Any) -> None:
        """Accounts `LOCAL@DOMAIN` with the password of all tests."""
        with self._database.write() as connection:
            for local in locals_:
                address = f"{local}@{domain}"
                service.create_account(connection, ROOT, address, f"Ông {local}", password_hash=self._hash, **more)

    def trace(self, name: str) -> list[Line]:
        """What `mailhub trace NAME` shows."""
        with self._database.write() as connection:
            return trace_message(connection, ROOT, name)[0]

    def refusal(self, reply: bytes | str) -> str:
        """The kind of a refusal, from the timeline that its code leads to."""
        text = reply.decode("ascii") if isinstance(reply, bytes) else reply
        assert text.isascii()
        found = CODE.search(text)
        assert found, f"no code in: {text}"
        assert read_code(found[1]), found[1]
        lines = wait_until(lambda: self.trace(found[1]), f"the timeline of {found[1]}", seconds=10)
        assert {line.kind.value for line in lines} == {"refused"}
        assert len({line.recipient for line in lines}) == len(lines)  # one line, or one a recipient after RCPT
        return str(lines[0].facts["kind"])

    def rows(self, query: str) -> list[Any]:
        """Rows of the database, for what no command shows."""
        with self._database.read() as connection:
            return list(connection.exec_driver_sql(query))

    def close(self) -> None:
        self._database.close()


class Sink:
    """An `SmtpSink` in a thread of its own. Change `sink.script` and read `sink.messages` from anywhere."""

    def __init__(self, **options: Any) -> None:
        self.sink = SmtpSink(**options)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sink", daemon=True)

    def __enter__(self) -> Sink:
        self._thread.start()
        self._do(self.sink.start())
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self.sink.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: Any) -> None:
        done: Future[None] = asyncio.run_coroutine_threadsafe(work, self._loop)
        done.result(20)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.sink.port}"

    def wait_for(self, wanted: Callable[[Received], bool], what: str = "a message", *, seconds: float = 30) -> Received:
        """The first message that is `wanted`."""
        return wait_until(lambda: next((m for m in list(self.sink.messages) if wanted(m)), None), what, seconds=seconds)  # type: ignore[return-value]


class Wire:
    """A client that sends exactly what it is told."""

    def __init__(self, port: int, *, tls: bool = False, source: str = "") -> None:
        self.sock: socket.socket = socket.create_connection(
            ("127.0.0.1", port), timeout=30, source_address=(source, 0) if source else None
        )
        if tls:
            self.start_tls()
        self._file = self.sock.makefile("rb")

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start_tls(self) -> None:
        self.sock = unverified().wrap_socket(self.sock)
        self._file = self.sock.makefile("rb")

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def heard(self) -> tuple[int, str]:
        """The next reply: its code, its text. (0, "") when the server has hung up."""
        text = ""
        while True:
            try:
                line = self._file.readline()
            except ConnectionError:
                line = b""
            if not line:
                return 0, text
            text += line[4:].decode("ascii")
            if line[3:4] != b"-":
                return int(line[:3]), text

    def ask(self, command: str | bytes) -> tuple[int, str]:
        self.send((command if isinstance(command, bytes) else command.encode()) + b"\r\n")
        return self.heard()

    def close(self) -> None:
        self._file.close()
        self.sock.close()


def refusal(client: smtplib.SMTP, sender: str, recipients: list[str], message: bytes, **options: Any) -> str:
    """The reply with which a transaction is refused, wherever it is; fails when it is taken."""
    steps: list[tuple[Callable[..., tuple[int, bytes]], tuple[Any, ...]]] = [
        (client.mail, (sender, options.get("mail", []))),
        *((client.rcpt, (to, options.get("rcpt", []))) for to in recipients),
        (client.data, (message,)),
    ]
    for act, words in steps:
        try:
            code, text = act(*words)
        except smtplib.SMTPDataError as error:
            code, text = error.smtp_code, error.smtp_error if isinstance(error.smtp_error, bytes) else b""
        if code // 100 != 2:
            client.rset()
            return f"{code} {text.decode('ascii')}"
    raise AssertionError(f"taken: {text.decode()}")


def arrives(hub: RunningHub, address: str, *marks: str) -> bytes:
    """The one message in `address`'s INBOX that holds all `marks`; waits for it."""

    def look() -> list[bytes]:
        return [mail for mail in hub.mails(address) if all(mark.encode() in mail for mark in marks)]

    found = wait_until(look, f"{marks} for {address}")
    assert len(found) == 1, f"{len(found)} times {marks} for {address}"
    return found[0]


@pytest.fixture(scope="module")
def dns() -> Iterator[FakeDNS]:
    with FakeDNS() as server:
        yield server


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    with Sink() as server:
        yield server


@pytest.fixture(scope="module")
def more_settings() -> dict[str, dict[str, Any]]:
    """Settings of the module's hub; a module overrides this."""
    return {}


@pytest.fixture(scope="module")
def with_web() -> bool:
    """Whether the hub of this module has its web open; a module overrides it."""
    return False


@pytest.fixture(scope="module")
def hub(dns: FakeDNS, sink: Sink, more_settings: dict[str, dict[str, Any]], with_web: bool) -> Iterator[RunningHub]:
    settings: dict[str, dict[str, Any]] = {
        "dns": {"nameservers": ["127.0.0.1"], "port": dns.port, "timeout_seconds": 1},
        "delivery": {"smarthost": sink.address},
        "workers": {"smtp": 1},
    }
    for section, values in more_settings.items():
        settings.setdefault(section, {}).update(values)
    with RunningHub(web=with_web, **cast(dict[str, Any], settings)) as running:
        yield running


@pytest.fixture(scope="module")
def province(hub: RunningHub) -> Iterator[Province]:
    """nva, ttb and lvc have accounts; a module adds what it needs."""
    found = Province(hub)
    found.people("nva", "ttb", "lvc")
    yield found
    found.close()
