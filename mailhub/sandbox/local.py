"""Zygotes of one's own, for a command or a test: no hub needed.

with LocalPool() as inspector:
    facts = asyncio.run(inspector.read(files, limits, timeout=60))
"""

from __future__ import annotations

import os
import pwd
import select
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from mailhub.sandbox.errors import InspectorUnavailable
from mailhub.sandbox.jail import Jail, check, zygote_command
from mailhub.sandbox.plan import NOBODY
from mailhub.sandbox.pool import Inspector

START_SECONDS = 60.0
STOP_SECONDS = 5.0
_LONGEST_PAUSE = 5.0
_BACKLOG = 128


class LocalPool:
    """`processes` zygotes that live as long as this object is open. Root's become `nobody`."""

    def __init__(self, jail: Jail | None = None, *, processes: int = 1) -> None:
        self._jail = jail or Jail()
        if os.geteuid() == 0 and self._jail.uid == NOBODY:
            nobody = pwd.getpwnam("nobody")
            self._jail = replace(self._jail, uid=nobody.pw_uid, gid=nobody.pw_gid)
        self._processes = processes
        self._started = threading.Event()
        self._ended = threading.Event()
        self._fault: Exception | None = None
        self.restarts = 0
        self.pids: list[int] = []

    @property
    def inspector(self) -> Inspector:
        """The client; once started."""
        return Inspector(self._folder / "inspector")

    def __enter__(self) -> Inspector:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> Inspector:
        """Start, and wait until all can work.

        Raises:
            SandboxImpossible: this machine cannot shut a process in.
            InspectorUnavailable: a zygote does not start; its own words are on stderr.
        """
        check(self._jail)
        self._folder = Path(tempfile.mkdtemp(prefix="mailhub-"))
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self._folder / "inspector"))
        self._listener.listen(_BACKLOG)
        self._stop_reader, self._stop_writer = os.pipe()
        # One thread starts them all and stays: the kernel ends them with the thread that started them.
        self._keeper = threading.Thread(target=self._keep, name="inspector", daemon=True)
        self._keeper.start()
        self._started.wait()
        if self._fault is not None:
            self.stop()
            raise self._fault
        return self.inspector

    def lend(self, uid: int, gid: int) -> None:
        """Let another user ask: whom this process, which is root's, is about to become."""
        for path in (self._folder / "inspector", self._folder):
            os.chown(path, uid, gid, follow_symlinks=False)

    def stop(self) -> None:
        """End every zygote, once it has finished what it does."""
        self._ended.set()
        os.write(self._stop_writer, b"x")
        self._keeper.join()
        self._listener.close()
        os.close(self._stop_reader)
        os.close(self._stop_writer)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _keep(self) -> None:
        running: list[subprocess.Popen[bytes]] = []
        try:
            for _ in range(self._processes):
                running.append(self._start_one())
            self.pids = [one.pid for one in running]
            self._started.set()
            while not self._ended.is_set():
                self._watch(running)
        except Exception as error:
            self._fault = error
            self._ended.set()
        finally:
            self._started.set()
            with suppress(OSError):
                os.write(self._stop_writer, b"x")
            _end(running)

    def _watch(self, running: list[subprocess.Popen[bytes]]) -> None:
        """Start again what has ended."""
        watched = [os.pidfd_open(one.pid) for one in running]
        try:
            _await_any([*watched, self._stop_reader])
        finally:
            for fd in watched:
                os.close(fd)
        for number, one in enumerate(running):
            if one.poll() is not None and not self._ended.is_set():
                self.restarts += 1
                running[number] = self._start_again()
        self.pids = [one.pid for one in running]

    def _start_again(self) -> subprocess.Popen[bytes]:
        pause = 0.1
        while True:
            try:
                return self._start_one()
            except (InspectorUnavailable, OSError):
                if self._ended.wait(pause):
                    raise
                pause = min(_LONGEST_PAUSE, pause * 2)

    def _start_one(self) -> subprocess.Popen[bytes]:
        reader, writer = os.pipe()
        descriptors = (self._listener.fileno(), writer, self._stop_reader)
        try:
            command = zygote_command(self._jail, listen=descriptors[0], ready=writer, stop=descriptors[2])
            one = subprocess.Popen(
                command.argv, env=command.environment, stdin=subprocess.DEVNULL, pass_fds=descriptors
            )
        finally:
            os.close(writer)
        try:
            if not _await_any([reader], START_SECONDS) or not os.read(reader, 1):
                one.kill()
                one.wait()
                raise InspectorUnavailable("a process of the inspector does not start; the lines above say why")
        finally:
            os.close(reader)
        return one


def _end(running: list[subprocess.Popen[bytes]]) -> None:
    deadline = time.monotonic() + STOP_SECONDS
    for one in running:
        try:
            one.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            one.kill()
            one.wait()


def _await_any(descriptors: Collection[int], seconds: float | None = None) -> bool:
    """Whether one of them is readable within so many seconds (None: however long); `select` takes none beyond 1,023."""
    poller = select.poll()
    for one in descriptors:
        poller.register(one, select.POLLIN)
    return bool(poller.poll(None if seconds is None else seconds * 1000))
