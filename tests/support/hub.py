"""A real hub for tests: `mailhub init` and `mailhub serve` as a user runs them, in a folder of its own.

with RunningHub() as hub:
    hub.account("nva@tinh.gov.vn", "Nguyễn Văn An")
    hub.submit("nva@tinh.gov.vn", ["ttb@tinh.gov.vn"], message)
    hub.wait_for_mail("ttb@tinh.gov.vn")
"""

from __future__ import annotations

import contextlib
import fcntl
import imaplib
import json
import os
import re
import shutil
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from tests.support import commands

T = TypeVar("T")

PASSWORD = "Thu-cong-vu#2026"
DOMAIN = "tinh.gov.vn"
ROOT = Path(__file__).parents[2]
MAILHUB = [sys.executable, "-m", "mailhub"]
_STANDARD_PORTS = {"mx": 25, "submission": 587, "submissions": 465, "imap": 143, "imaps": 993, "http": 80, "https": 443}


def unverified() -> ssl.SSLContext:
    """A client's TLS context that takes the hub's self-made certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def wait_until(condition: Callable[[], T], what: str, *, seconds: float = 30.0) -> T:
    """Ask until the answer is true; fails with `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.02)


class PortBlock:
    """A thousand ports below the ephemeral range that no other test of this machine uses meanwhile."""

    def __init__(self) -> None:
        for base in range(10_000, 32_000, 1_000):
            handle = Path(f"/tmp/mailhub-ports-{os.geteuid()}-{base}").open("w")  # noqa: SIM115
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                handle.close()
                continue
            if all(_free(base + port) for port in _STANDARD_PORTS.values()):
                self.base, self._handle = base, handle
                return
            handle.close()
        raise AssertionError("no free block of ports")

    def close(self) -> None:
        self._handle.close()


def _free(port: int) -> bool:
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


class RunningHub:
    """A hub and its processes. `settings` are sections: `RunningHub(delivery={"smarthost": "127.0.0.1:2525"})`."""

    def __init__(
        self,
        *,
        mailboxes: bool = True,
        web: bool = False,
        start: bool = True,
        demo: bool = False,
        domain: str = DOMAIN,
        database_url: str = "",
        **settings: dict[str, Any],
    ) -> None:
        self._ports = PortBlock()
        self.base_port = self._ports.base
        self._folder = Path(tempfile.mkdtemp(prefix="mh", dir="/tmp"))
        self._folder.chmod(0o755)  # the hub's user has to get through
        self.directory = self._folder / "hub"
        self.log_path = self._folder / "log"
        self._process: commands.Started | None = None
        self._start = start
        words = ["init", str(self.directory), "--domain", domain, "--base-port", str(self.base_port)]
        words += ["--demo"] if demo else []
        words += ["--database", database_url] if database_url else []
        self._run(words)
        if not web:  # most tests have no browser
            settings.setdefault("listen", {}).update({"http": "", "https": ""})
        if not mailboxes:
            settings.setdefault("mailboxes", {})["enabled"] = False
        # Tests log in often: a cheap hash, still argon2id.
        settings.setdefault("passwords", {}).update({"time_cost": 1, "memory_kib": 8192})
        # No authority is called from a test but one that the test brings along.
        settings.setdefault("signatures", {}).setdefault("online", False)
        # One sort of file at a time: the second process for it costs a second of every start.
        settings.setdefault("inspector", {}).setdefault("quick", 1)
        settings.setdefault("dns", {"nameservers": ["127.0.0.1"], "port": 9, "timeout_seconds": 1})
        for section, values in settings.items():
            for key, value in values.items():
                self.set(section, key, value)

    # -------------------------------------------------------------- processes

    def __enter__(self) -> RunningHub:
        if self._start:
            try:
                self.start()
            except BaseException:
                self.close()
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self.stop()
        self._ports.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self, *, seconds: float = 40.0) -> None:
        """Start the server and wait until it says that it is ready."""
        before = self.log().count("mailhub ready")
        with self.log_path.open("ab") as log:
            self._process = commands.start(["serve", str(self.directory)], log)

        def ready() -> bool:
            assert self._process is not None
            if self._process.poll() is not None:
                raise AssertionError(f"the server ended with {self._process.returncode}:\n{self.log()[-3000:]}")
            return self.log().count("mailhub ready") > before

        wait_until(ready, f"ready\n{self.log()[-3000:]}", seconds=seconds)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int | None:
        """End the server; its exit code."""
        if self._process is None:
            return None
        if self._process.poll() is None:
            self._process.send_signal(number)
        try:
            code = self._process.wait(45)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise AssertionError(f"the server does not end:\n{self.log()[-3000:]}") from None
        self._process = None
        return code

    def kill(self) -> None:
        """SIGKILL to the supervisor alone; its children end by themselves."""
        self.stop(signal.SIGKILL)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def children(self) -> dict[str, int]:
        """The roles' processes: `{"smtp-0": 123, "worker-0": 124, "mailboxes": …}`."""
        found = {}
        for task in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split():
            with contextlib.suppress(OSError):
                name = Path(f"/proc/{task}/comm").read_text().strip()
                found["mailboxes" if name == "dovecot" else name.removeprefix("mailhub-")] = int(task)
        return found

    def log(self) -> str:
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    # --------------------------------------------------------------- settings

    def set(self, section: str, key: str, value: Any) -> None:
        """Write one setting into mailhub.toml."""
        path = self.directory / "mailhub.toml"
        text = path.read_text()
        pattern = re.compile(rf"(^\[{re.escape(section)}\]$.*?^){re.escape(key)} = [^\n]*$", re.M | re.S)
        changed, count = pattern.subn(lambda m: f"{m[1]}{key} = {_toml(value)}", text, count=1)
        assert count == 1, f"no setting [{section}] {key}"
        path.write_text(changed)

    def reload(self) -> None:
        """SIGHUP, as `systemctl reload` sends it."""
        os.kill(self.pid, signal.SIGHUP)

    # ---------------------------------------------------------------- commands

    def cli(self, *words: str, stdin: str = "", check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `mailhub --dir DIR …`."""
        return self._run(["--dir", str(self.directory), *words], stdin=stdin, check=check)

    def _run(self, words: list[str], *, stdin: str = "", check: bool = True) -> subprocess.CompletedProcess[str]:
        done = commands.run(words, stdin=stdin)
        if check and done.returncode != 0:
            raise AssertionError(f"mailhub {' '.join(words)} → {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def account(self, address: str, name: str = "Nguyễn Văn An", *, password: str = PASSWORD) -> str:
        """Open an account; its address."""
        self.cli("account", "create", address, "--name", name, "--password-stdin", stdin=password + "\n")
        return address

    def events(self, *words: str) -> list[dict[str, Any]]:
        """`mailhub trace … --json`; empty when nothing is known."""
        done = self.cli("trace", *words, "--json", check=False)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def queue(self, *words: str) -> list[dict[str, Any]]:
        """`mailhub queue list … --json`."""
        return [json.loads(line) for line in self.cli("queue", "list", *words, "--json").stdout.splitlines()]

    # --------------------------------------------------------------- protocols

    def port(self, service: str) -> int:
        return self.base_port + _STANDARD_PORTS[service]

    @contextlib.contextmanager
    def submission(self, address: str, *, password: str = PASSWORD) -> Iterator[smtplib.SMTP]:
        """A session on 587, within TLS and logged in."""
        with smtplib.SMTP("127.0.0.1", self.port("submission"), local_hostname="client.test", timeout=60) as client:
            client.starttls(context=unverified())
            client.login(address, password)
            yield client

    def submit(self, sender: str, recipients: list[str], message: bytes, **options: Any) -> str:
        """Send one message as `sender`; the code of the server's answer."""
        with self.submission(sender) as client:
            return transaction(client, sender, recipients, message, **options)

    @contextlib.contextmanager
    def mx(self) -> Iterator[smtplib.SMTP]:
        """A session on 25."""
        with smtplib.SMTP("127.0.0.1", self.port("mx"), local_hostname="outside.test", timeout=60) as client:
            client.ehlo()
            yield client

    @contextlib.contextmanager
    def imap(self, address: str, *, password: str = PASSWORD) -> Iterator[imaplib.IMAP4]:
        """A session on 143, within TLS and logged in."""
        client = imaplib.IMAP4("127.0.0.1", self.port("imap"), timeout=30)
        try:
            client.starttls(unverified())
            client.login(address, password)
            yield client
        finally:
            try:
                client.logout()
            except (OSError, imaplib.IMAP4.error):  # the server has ended it
                with contextlib.suppress(OSError):
                    client.shutdown()

    def mails(self, address: str, *, folder: str = "INBOX") -> list[bytes]:
        """Every message of a mailbox, oldest first."""
        with self.imap(address) as client:
            client.select(folder, readonly=True)
            _, found = client.search(None, "ALL")
            return [_body(client, number) for number in found[0].split()]

    def wait_for_mail(self, address: str, *, count: int = 1, folder: str = "INBOX", seconds: float = 30) -> list[bytes]:
        """The mailbox's messages once there are `count`."""
        return wait_until(
            lambda: found if len(found := self.mails(address, folder=folder)) >= count else [],
            f"{count} messages for {address}",
            seconds=seconds,
        )


def transaction(client: smtplib.SMTP, sender: str, recipients: list[str], message: bytes, **options: Any) -> str:
    """MAIL, RCPT, DATA; the code in the server's 250. Raises smtplib.SMTPResponseException when refused."""
    for reply in (
        client.mail(sender, options.get("mail", [])),
        *(client.rcpt(to, options.get("rcpt", [])) for to in recipients),
    ):
        if reply[0] // 100 != 2:
            client.rset()
            raise smtplib.SMTPResponseException(reply[0], reply[1])
    code, text = client.data(message)
    if code // 100 != 2:
        raise smtplib.SMTPDataError(code, text)
    return text.decode().rpartition(" ")[2]


def letter(sender: str, to: str, *, subject: str = "Thu", body: str = "Xin chao.", extra: str = "") -> bytes:
    """A plain message with CRLF line ends."""
    ident = f"<{time.time_ns()}.{os.getpid()}@client.test>"
    head = f"From: {sender}\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: {ident}\r\n{extra}"
    return (head + f"Date: Sun, 22 Nov 2026 08:00:00 +0700\r\n\r\n{body}\r\n").encode()


def _body(client: imaplib.IMAP4, number: bytes) -> bytes:
    _, parts = client.fetch(number.decode(), "(BODY.PEEK[])")
    found = parts[0]
    assert isinstance(found, tuple)
    return found[1]


def _toml(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
