"""`mailhub WORDS` for tests, without the second of a processor that each start of the interpreter costs.

    done = run(["--dir", str(hub.directory), "account", "list"])
    server = start(["serve", str(directory)], log)

The first call starts `tests/support/command_server.py`, which has everything loaded and forks for each command. What a
cold start does is seen where tests run `[sys.executable, "-m", "mailhub"]` (tests/cli/test_main.py, tests/sandbox),
and in tests/ops/test_showcase.py.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[2]


class Started:
    """A command that runs. Like `subprocess.Popen`, as far as tests need it."""

    def __init__(self, words: list[str], files: tuple[int, int, int], *, cwd: Path | str = ROOT) -> None:
        self.returncode: int | None = None
        self._peer = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._peer.connect(_server(os.getpid()))
        request = {"words": words, "cwd": str(cwd), "env": dict(os.environ)}
        socket.send_fds(self._peer, [json.dumps(request).encode()], files)
        self.pid = int(self._peer.recv(32))

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.wait(0)
        return None

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once it has ended.

        Raises:
            subprocess.TimeoutExpired: it still runs after `timeout` seconds.
        """
        if self.returncode is None:
            if not select.select([self._peer], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("mailhub", timeout or 0)
            self.returncode = int(self._peer.recv(32))
            self._peer.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Nothing when it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def start(words: list[str], log: IO[bytes], *, cwd: Path | str = ROOT) -> Started:
    """A command that goes on; what it says is appended to `log`."""
    with Path(os.devnull).open("rb") as nothing:
        return Started(words, (nothing.fileno(), log.fileno(), log.fileno()), cwd=cwd)


def run(
    words: list[str], *, stdin: str = "", cwd: Path | str = ROOT, timeout: float | None = None
) -> subprocess.CompletedProcess[str]:
    """A command that ends, with what it said.

    Raises:
        subprocess.TimeoutExpired: it did not end within `timeout` seconds, and was killed.
    """
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(stdin.encode())
        given.seek(0)
        started = Started(words, (given.fileno(), out.fileno(), err.fileno()), cwd=cwd)
        try:
            code = started.wait(timeout)
        except subprocess.TimeoutExpired:
            started.kill()
            raise
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode())
    return subprocess.CompletedProcess(words, code, *texts)


@cache
def _server(_owner: int) -> str:
    """The address of this process's server; a forked test process has its own."""
    address = f"\0mailhub-tests-{os.getpid()}-{time.monotonic_ns()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(address)
        listener.listen(64)
        number = str(listener.fileno())
        command = [sys.executable, "-m", "tests.support.command_server", number]
        # Its standard input stays open as long as this process lives, and nobody else has the other end.
        server = subprocess.Popen(command, stdin=subprocess.PIPE, cwd=ROOT, pass_fds=[listener.fileno()])
    started_by = os.getpid()

    def end() -> None:
        if os.getpid() == started_by:  # not a forked child of the tests
            server.communicate(timeout=10)

    atexit.register(end)
    return address
