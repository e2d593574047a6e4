"""The process in the sandbox that knows how to read files and never reads one: it forks a child for each message.

It has loaded everything before it gives up root, takes connections from a listening socket that it inherited, one
at a time, and holds each child to its time. When a child has ended nothing of its message is left: every process
beside the zygote is killed, /tmp is emptied. A zygote that has grown ends, and is started anew.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import resource
import select
import signal
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import ModuleType

from mailhub.sandbox import child, confine, seccomp, warming, wire
from mailhub.sandbox.codec import decode
from mailhub.sandbox.errors import SandboxImpossible
from mailhub.sandbox.plan import NOBODY, Plan
from mailhub.sandbox.scratch import empty, scratch
from mailhub.sandbox.wire import MAGIC, PREFIX, End, begin_line, end_line

HELLO_SECONDS = 2.0
LAST_WORD_SECONDS = 2.0
OOM_SCORE = 700
_LOADED_BESIDE = ("mailhub.files", "mailhub.documents.grammar", "mailhub.text")
_GONE = select.POLLRDHUP | select.POLLHUP | select.POLLERR


def main(text: str) -> int:
    """Serve as the `Plan` in the JSON `text` says; the exit code."""
    try:
        plan = decode(Plan, json.loads(text))
        _close_others({plan.listen, plan.ready, plan.stop})
        confine.die_with_parent()
        reader, program = _load(plan.reader), seccomp.build_filter(seccomp.machine())
        _shut_in(plan)
    except SandboxImpossible as error:
        print(f"inspector: {error}", file=sys.stderr, flush=True)
        return 2
    with scratch(plan.folder) as folder:
        os.write(plan.ready, b"1")
        os.close(plan.ready)
        Zygote(plan, reader, program, folder).serve()
    return 0


def _close_others(wanted: set[int]) -> None:
    """What was inherited beside those has no business in here."""
    highest = max(wanted)
    for fd in range(3, highest):
        if fd not in wanted:
            with suppress(OSError):
                os.close(fd)
    os.closerange(highest + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def _load(reader: str) -> ModuleType:
    """Everything that a child may need, so that it shares it instead of loading it."""
    for name in _LOADED_BESIDE if reader.startswith("mailhub.") else ():
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            importlib.import_module(module.name)
    wire.warm_up()
    loaded = importlib.import_module(reader)
    warming.warm_up(loaded.read_file)
    return loaded


def _shut_in(plan: Plan) -> None:
    if plan.uid != NOBODY:
        confine.give_up_root(plan.uid, plan.gid)
        confine.die_with_parent()
    confine.check_powerless()
    confine.adopt_orphans()
    confine.be_killed_first(OOM_SCORE)
    confine.hide()
    confine.name_process("mailhub-inspect")
    os.nice(plan.nice)
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # `stop` ends it, between two messages
    gc.collect()
    gc.freeze()  # a collection in a child would touch every page that it shares with us


class Zygote:
    """Takes messages one at a time."""

    def __init__(self, plan: Plan, reader: ModuleType, program: bytes, folder: str) -> None:
        self._plan = plan
        self._folder = folder
        self._reader = reader
        self._program = program
        self._listener = socket.socket(fileno=plan.listen)
        self._listener.setblocking(False)
        self._pages_at_start = 0

    def serve(self) -> None:
        """Until told to stop, or until it should be renewed."""
        poller = select.poll()
        poller.register(self._plan.listen, select.POLLIN)
        poller.register(self._plan.stop, select.POLLIN)
        while True:
            ready = dict(poller.poll())
            if self._plan.stop in ready:
                return
            try:
                connection, _ = self._listener.accept()
            except OSError:  # another zygote was quicker
                continue
            with connection, suppress(OSError):  # whoever asked has gone
                self._serve_one(connection)
            if not self._tidy() or self._has_grown():
                return

    def _serve_one(self, connection: socket.socket) -> None:
        connection.settimeout(HELLO_SECONDS)
        prefix, descriptors, _, _ = socket.recv_fds(connection, PREFIX.size, 4)
        try:
            if len(prefix) != PREFIX.size or len(descriptors) not in (1, 2) or _has_gone(connection):
                return
            magic, seconds, length = PREFIX.unpack(prefix)
            if magic != MAGIC:
                return
            connection.setblocking(True)
            connection.sendall(begin_line())
            end = self._attend(connection, descriptors, length, min(seconds, self._plan.most_seconds))
        finally:
            for fd in descriptors:
                os.close(fd)
        connection.settimeout(LAST_WORD_SECONDS)
        connection.sendall(end_line(end))

    def _attend(self, connection: socket.socket, descriptors: list[int], length: int, seconds: float) -> End:
        """Fork a child and see it to its end. `descriptors`: the bytes, and perhaps the trust data."""
        deadline = time.monotonic() + seconds
        pid = os.fork()
        if pid == 0:
            self._listener.close()
            os.close(self._plan.stop)
            child.serve(
                child.Work(connection.fileno(), descriptors[0], length, seconds, *descriptors[1:]),
                self._reader,
                self._program,
                self._plan.rations,
            )
        status = None
        try:
            status = _wait(pid, connection, deadline)
        finally:
            self._sweep()
        return End.TIME if status is None else ending(status)

    def _sweep(self) -> None:
        """Kill and bury everything that the message left running."""
        while True:
            if os.getpid() == 1:  # in a process namespace of our own, "all" are this message's
                with suppress(ProcessLookupError):
                    os.kill(-1, signal.SIGKILL)
            else:
                _kill_descendants(os.getpid())
            try:
                while True:
                    os.waitpid(-1, 0)
            except ChildProcessError:
                return

    def _tidy(self) -> bool:
        """Empty /tmp; false when that cannot be done, and a fresh sandbox is cheaper."""
        try:
            empty(Path(self._folder))
        except (OSError, RecursionError):
            return False
        return True

    def _has_grown(self) -> bool:
        now = confine.resident_pages()
        if not self._pages_at_start:  # after the first message: what every message uses has been used
            self._pages_at_start = now
        return (now - self._pages_at_start) * resource.getpagesize() > self._plan.growth_mib * confine.MIB


def ending(status: int) -> End:
    """What the exit status of a child says."""
    code = os.waitstatus_to_exitcode(status)
    if code == 0:
        return End.DONE
    if code in (-signal.SIGALRM, -signal.SIGXCPU):
        return End.TIME
    # Nobody but the kernel, out of memory, sends SIGKILL before the time is over.
    return End.MEMORY if code in (child.OUT_OF_MEMORY, -signal.SIGKILL) else End.CRASHED


def _wait(pid: int, connection: socket.socket, deadline: float) -> int | None:
    """The exit status of `pid`; None when its time ran out, or whoever asked has gone."""
    watched = os.pidfd_open(pid)
    try:
        poller = select.poll()
        poller.register(watched, select.POLLIN)
        poller.register(connection, select.POLLRDHUP)
        ready = dict(poller.poll(max(0.0, deadline - time.monotonic()) * 1000))
    finally:
        os.close(watched)
    return os.waitpid(pid, 0)[1] if watched in ready else None


def _has_gone(connection: socket.socket) -> bool:
    poller = select.poll()
    poller.register(connection, select.POLLRDHUP)
    return any(event & _GONE for _, event in poller.poll(0))


def _kill_descendants(pid: int) -> None:
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):
            for number in (task / "children").read_text().split():
                _kill_descendants(int(number))
                os.kill(int(number), signal.SIGKILL)
