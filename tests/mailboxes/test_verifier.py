"""The verifier's socket: who is heard, and what they are told when something is wrong."""

from __future__ import annotations

import asyncio
import os
import stat
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from mailhub.mailboxes import Guest, GuestRight, UserRow, Verdict, VerifierServer
from mailhub.mailboxes.verifier import LINE_BYTES

ROW = UserRow("an@tinh.test", "/srv/mail/an", 100)


class Backend:
    def __init__(self) -> None:
        self.seen: list[tuple[str, str, str, str]] = []
        self.verdict = Verdict(ROW)
        self.row: UserRow | None = ROW
        self.error: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def authenticate(self, login: str, secret: str, service: str, ip: str) -> Verdict:
        self.seen.append((login, secret, service, ip))
        await self.gate.wait()
        if self.error:
            raise self.error
        return self.verdict

    async def lookup(self, login: str) -> UserRow | None:
        if self.error:
            raise self.error
        return self.row


@pytest.fixture
def backend() -> Backend:
    return Backend()


@pytest.fixture
async def path(backend: Backend, tmp_path: Path) -> AsyncIterator[Path]:
    server = VerifierServer(tmp_path / "auth", backend.authenticate, backend.lookup, per_login=2, per_network=3)
    async with server:
        yield tmp_path / "auth"


async def ask(path: Path, line: bytes) -> bytes:
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(line)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


def verify(login: str = "an@tinh.test", secret: str = "x", ip: str = "192.0.2.1") -> bytes:
    fields = {"login": login, "secret": secret, "service": "imap", "ip": ip}
    return " ".join(["verify", *(f"{k}={v.encode().hex()}" for k, v in fields.items())]).encode() + b"\n"


def user(service: str = "lmtp") -> bytes:
    return f"user login={b'an@tinh.test'.hex()} service={service.encode().hex()}\n".encode()


FOUND = f"ok address={b'an@tinh.test'.hex()} home={b'/srv/mail/an'.hex()} quota={b'100'.hex()}\n".encode()


async def test_a_login_is_passed_on_and_answered_with_its_mailbox(path: Path, backend: Backend) -> None:
    assert await ask(path, verify(secret="mật\0 =\n")) == FOUND
    assert backend.seen == [("an@tinh.test", "mật\0 =\n", "imap", "192.0.2.1")]


async def test_a_refusal_waits_as_long_as_the_verdict_says(path: Path, backend: Backend) -> None:
    backend.verdict = Verdict(None, 0.3)
    started = asyncio.get_running_loop().time()
    assert await ask(path, verify()) == b"no\n"
    assert asyncio.get_running_loop().time() - started >= 0.3


async def test_a_verdict_cannot_let_a_closed_login_in(path: Path, backend: Backend) -> None:
    backend.verdict = Verdict(UserRow("an@tinh.test", "/h", 1, may_login=False))
    assert await ask(path, verify()) == b"no\n"


async def test_a_guest_comes_into_a_mailbox_that_takes_no_logins_itself(path: Path, backend: Backend) -> None:
    office = UserRow("vanthu@tinh.test", "/h", 1, may_login=False)
    backend.verdict = Verdict(office, guest=Guest("an@tinh.test", GuestRight.DRAFT))
    word, *fields = (await ask(path, verify())).decode().split()
    told = {name: bytes.fromhex(value).decode() for name, _, value in (field.partition("=") for field in fields)}
    assert word == "ok"
    assert (told["address"], told["guest"]) == ("vanthu@tinh.test*an@tinh.test", "an@tinh.test")
    assert (told["group"], told["home"]) == ("mailhub-draft", "/h")


@pytest.mark.parametrize("question", [verify(), user()])
async def test_a_backend_in_trouble_is_a_fault_and_not_a_no(path: Path, backend: Backend, question: bytes) -> None:
    for error in (OSError("database"), ValueError("bug"), UnicodeDecodeError("utf-8", b"", 0, 1, "bug")):
        backend.error = error
        assert await ask(path, question) == b"fault\n"


@pytest.mark.parametrize(
    ("row", "service", "answer"),
    [
        (None, "lmtp", b"unknown\n"),
        (ROW, "lmtp", FOUND),
        (UserRow(ROW.address, ROW.home, 100, receives=False), "lmtp", b"unknown\n"),
        (UserRow(ROW.address, ROW.home, 100, receives=False), "imap", FOUND),
        (UserRow(ROW.address, ROW.home, 100, may_login=False), "lmtp", FOUND),
        (UserRow(ROW.address, ROW.home, 100, may_login=False), "imap", b"unknown\n"),
        (UserRow(ROW.address, ROW.home, 100, may_login=False, receives=False), "doveadm", FOUND),
    ],
)
async def test_login_and_receiving_are_two_switches(
    path: Path, backend: Backend, row: UserRow | None, service: str, answer: bytes
) -> None:
    backend.row = row
    assert await ask(path, user(service)) == answer


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (b"\n", b"fault\n"),
        (b"nothing\n", b"fault\n"),
        (b"verify login=zz\n", b"fault\n"),
        (b"\xff\xfe\n", b"fault\n"),
        (b"verify secret=" + b"61" * LINE_BYTES + b"\n", b"fault\n"),
        (b"verify login=61 secret=ff\n", b"no\n"),
    ],
)
async def test_a_question_out_of_form_does_no_harm(path: Path, backend: Backend, line: bytes, answer: bytes) -> None:
    assert await ask(path, line) == answer
    assert not backend.seen


async def test_guesses_in_parallel_are_not_judged_beyond_a_bound(path: Path, backend: Backend) -> None:
    backend.gate.clear()
    held = [asyncio.create_task(ask(path, verify())) for _ in range(2)]
    await _until(lambda: len(backend.seen) == 2)
    assert await ask(path, verify()) == b"fault\n"  # a third for this login from this network
    held.append(asyncio.create_task(ask(path, verify("binh@tinh.test"))))
    await _until(lambda: len(backend.seen) == 3)
    assert await ask(path, verify("chi@tinh.test")) == b"fault\n"  # a fourth from this network
    held.append(asyncio.create_task(ask(path, verify(ip="2001:db8::1"))))
    await _until(lambda: len(backend.seen) == 4)
    backend.gate.set()
    assert await asyncio.gather(*held) == [FOUND] * 4
    assert await ask(path, verify()) == FOUND


async def test_one_secret_is_not_guessed_at_through_many_mailboxes(path: Path, backend: Backend) -> None:
    backend.gate.clear()
    held = [asyncio.create_task(ask(path, verify(f"{name}@tinh.test*an@tinh.test"))) for name in ("mot", "hai")]
    await _until(lambda: len(backend.seen) == 2)
    assert await ask(path, verify("ba@tinh.test*an@tinh.test")) == b"fault\n"
    assert await ask(path, verify()) == b"fault\n"
    backend.gate.set()
    assert await asyncio.gather(*held) == [FOUND] * 2


async def test_the_socket_is_the_owners_alone_and_goes_with_the_server(backend: Backend, tmp_path: Path) -> None:
    path = tmp_path / "auth"
    path.touch()
    async with VerifierServer(path, backend.authenticate, backend.lookup):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.is_socket()
    assert not path.exists()


STRANGER = """
import socket
peer = socket.socket(socket.AF_UNIX)
peer.connect("auth")
try:
    peer.sendall(b"user login=61\\n")
    print(peer.recv(99))
except ConnectionError:
    print(b"")
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
async def test_a_stranger_is_not_heard_even_when_the_socket_lets_him_in(backend: Backend) -> None:
    with tempfile.TemporaryDirectory(prefix="mhv", dir="/tmp") as name:
        async with VerifierServer(Path(name, "auth"), backend.authenticate, backend.lookup):
            for path, mode in ((Path(name), 0o755), (Path(name, "auth"), 0o777)):
                await asyncio.to_thread(path.chmod, mode)
            command = ["/usr/bin/python3", "-c", STRANGER]
            as_stranger = await asyncio.create_subprocess_exec(
                *command, cwd=name, user=65534, stdout=asyncio.subprocess.PIPE
            )
            assert (await as_stranger.communicate())[0] == b"b''\n"
            as_ourselves = await asyncio.create_subprocess_exec(*command, cwd=name, stdout=asyncio.subprocess.PIPE)
            assert b"ok address" in (await as_ourselves.communicate())[0]


async def _until(condition: Callable[[], bool]) -> None:
    deadline = asyncio.get_running_loop().time() + 10
    while not condition():
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.01)
