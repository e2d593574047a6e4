"""A real Dovecot for tests, under the configuration that mailhub renders, with accounts kept in a dict.

    with RunningDovecot({"an@tinh.gov.vn": Account("mật khẩu")}) as mailboxes:   # about a second: share it by module
        mailboxes.deliver("an@tinh.gov.vn", b"Subject: x\r\n\r\n")
        with mailboxes.imap("an@tinh.gov.vn") as client: ...

Started by root, Dovecot runs as `mailhub` or `nobody`. The verifier has an event loop in a thread, so that tests may
block; `run` awaits something there.
"""

from __future__ import annotations

import asyncio
import grp
import imaplib
import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

import trustme

from mailhub.mail.login_name import split_login
from mailhub.mailboxes import (
    ENVIRONMENT,
    Dovecot,
    DovecotPlan,
    Guest,
    GuestRight,
    MailboxLimits,
    UserRow,
    Verdict,
    VerifierServer,
)

T = TypeVar("T")
HOSTNAME = "mail.tinh.test"


@dataclass
class Account:
    password: str = "mật khẩu"
    quota_mib: int = 100
    may_login: bool = True
    receives: bool = True


class RunningDovecot:
    """`accounts` and `fault` (the verifier raises) may be changed while it runs."""

    def __init__(self, accounts: dict[str, Account], *, limits: MailboxLimits | None = None) -> None:
        self.accounts = accounts
        self.aliases: dict[str, str] = {}  # other names that a login may use
        self.shared: dict[tuple[str, str], GuestRight] = {}  # (mailbox, person): SHARED*PERSON may log in
        self.fault = False
        self._refusals_may_go = asyncio.Event()
        self._refusals_may_go.set()
        self.asked: list[tuple[str, str, str]] = []  # login, service, ip of each verification
        # Not pytest's tmp_path: root's is 0700, and a Unix socket's name is short.
        self.directory = Path(tempfile.mkdtemp(prefix="mhd", dir="/tmp"))
        self.directory.chmod(0o755)
        self.authority = trustme.CA()
        self.plan = self._plan(limits or MailboxLimits())
        self.dovecot = Dovecot(self.plan)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.verifier = VerifierServer(
            self.plan.verifier_socket, self._authenticate, self._lookup, dovecot_uid=self.plan.uid
        )
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self.dovecot.prepare()
            self.run(self.verifier.start())
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.kill(signal.SIGTERM)
        self.run(self.verifier.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def start(self) -> None:
        command = ["setpriv", "--pdeathsig", "TERM"]
        if os.geteuid() == 0:
            command += [f"--reuid={self.plan.uid}", f"--regid={self.plan.gid}", "--clear-groups"]
        self.process = subprocess.Popen([*command, *self.dovecot.argv()], env=ENVIRONMENT, cwd="/")
        deadline = time.monotonic() + 20
        while not (self.run(self.dovecot.running()) and self._greets()):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"Dovecot did not start:\n{self.log()}")
            threading.Event().wait(0.02)

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """Signal the master alone, and wait for its end."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(20)
            self.process = None

    def run(self, work: Coroutine[object, object, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    @contextmanager
    def refusals_held(self) -> Iterator[None]:
        """As if each wrong password had a long delay."""
        self._refusals_may_go.clear()
        try:
            yield
        finally:
            self._loop.call_soon_threadsafe(self._refusals_may_go.set)

    def log(self) -> str:
        path = self.plan.directory / "dovecot.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def home(self, address: str) -> Path:
        local, _, domain = address.partition("@")
        return self.plan.mail_directory / domain / local

    def put_script(self, address: str, script: str) -> None:
        """Make `script` the Sieve script of a mailbox."""
        home = self.home(address)
        for folder in (home.parent, home):
            folder.mkdir(exist_ok=True, mode=0o700)
            os.chown(folder, self.plan.uid, self.plan.gid)
        path = home / ".dovecot.sieve"
        path.write_text(script)
        os.chown(path, self.plan.uid, self.plan.gid)

    def lmtp(self) -> LmtpDialogue:
        return LmtpDialogue(self.plan.lmtp_socket)

    def deliver(self, address: str, message: bytes, sender: str = "") -> str:
        """Hand over one message (CRLF ends of lines); the reply to its final dot, or to the command refused."""
        with self.lmtp() as peer:
            return peer.deliver(address, message, sender)

    def imap(self, address: str, password: str | None = None) -> imaplib.IMAP4:
        """A client that is logged in over TLS, with AUTHENTICATE PLAIN, which takes UTF-8."""
        client = self.connect()
        secret = self.accounts[address].password if password is None else password
        try:
            client.authenticate("PLAIN", lambda _: b"\0" + address.encode() + b"\0" + secret.encode())
        except BaseException:
            client.shutdown()
            raise
        return client

    def connect(self) -> imaplib.IMAP4_SSL:
        assert self.plan.imaps is not None
        return imaplib.IMAP4_SSL(*self.plan.imaps, ssl_context=self.tls(), timeout=20)

    def tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        context.check_hostname = False  # it is reached by address
        self.authority.configure_trust(context)
        return context

    def _plan(self, limits: MailboxLimits) -> DovecotPlan:
        user = _unprivileged()
        certificate = self.authority.issue_cert(HOSTNAME)
        data, keys = self.directory / "data", self.directory / "keys"
        for folder in (keys, data, self.directory / "run"):
            folder.mkdir(mode=0o700)
        certificate.private_key_pem.write_to_path(keys / "tls.key")
        (keys / "tls.crt").write_bytes(b"".join(pem.bytes() for pem in certificate.cert_chain_pems))
        for path in (keys, *keys.iterdir(), data, self.directory / "run"):
            os.chown(path, user.pw_uid, user.pw_gid)
        return DovecotPlan(
            directory=data / "dovecot",
            run_directory=self.directory / "run",
            mail_directory=data / "mail",
            user=user.pw_name,
            group=grp.getgrgid(user.pw_gid).gr_name,
            uid=user.pw_uid,
            gid=user.pw_gid,
            imap=("127.0.0.1", free_port()),
            imaps=("127.0.0.1", free_port()),
            certificate=keys / "tls.crt",
            key=keys / "tls.key",
            hostname=HOSTNAME,
            postmaster="postmaster@tinh.test",
            limits=limits,
        )

    def _greets(self) -> bool:
        assert self.plan.imap is not None
        try:
            with socket.create_connection(self.plan.imap, 2) as peer:
                return peer.recv(4) == b"* OK"
        except OSError:
            return False

    async def _authenticate(self, login: str, secret: str, service: str, ip: str) -> Verdict:
        self.asked.append((login, service, ip))
        login = self.aliases.get(login, login)
        mailbox, person = split_login(login)
        user = await self._lookup(mailbox)
        if user is None or self.accounts[person or mailbox].password != secret:
            await self._refusals_may_go.wait()
            return Verdict(None)
        if not person:
            return Verdict(user)
        right = self.shared.get((mailbox, person))
        return Verdict(None) if right is None else Verdict(user, guest=Guest(person, right))

    async def _lookup(self, login: str) -> UserRow | None:
        if self.fault:
            raise OSError("the database is away")
        if (found := self.accounts.get(login)) is None:
            return None
        return UserRow(login, str(self.home(login)), found.quota_mib, found.may_login, found.receives)


class LmtpDialogue:
    """A conversation in RFC 2033 over a Unix socket; replies are what was said last, as text."""

    def __init__(self, path: Path) -> None:
        self._peer = socket.socket(socket.AF_UNIX)
        self._peer.settimeout(70)
        self._peer.connect(str(path))
        self._replies = self._peer.makefile("rb")
        self.next_reply()
        self.say("LHLO test")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._replies.close()
        self._peer.close()

    def say(self, line: str) -> str:
        self._peer.sendall(line.encode() + b"\r\n")
        return self.next_reply()

    def deliver(self, address: str, message: bytes, sender: str = "") -> str:
        self.say(f"MAIL FROM:<{sender}>")
        if not (reply := self.say(f"RCPT TO:<{address}>")).startswith("2"):
            return reply
        self.say("DATA")
        self._peer.sendall(message.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        return self.next_reply()

    def next_reply(self) -> str:
        while True:
            line = self._replies.readline().decode()
            if line[3:4] != "-":
                return line.rstrip()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _unprivileged() -> pwd.struct_passwd:
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    for name in ("mailhub", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("no unprivileged user on this machine")
