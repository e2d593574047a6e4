"""Starts a process a role, starts it again when it dies, and ends them all together.

The supervisor does no mail: it holds the sockets, so that connections wait while a worker is born anew, and
forks, so that workers need not be able to read the program's files after they have given up root.
"""

from __future__ import annotations

import fcntl
import gc
import logging
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mailhub.errors import MailhubError
from mailhub.serve.errors import CannotServe
from mailhub.serve.privileges import Identity, become, die_with_parent, name_process
from mailhub.serve.sockets import notify_systemd

log = logging.getLogger(__name__)

DRAIN_SECONDS = 30.0
LAST_SECONDS = 10.0  # for those that end after the others, however long these took
_WATCHED = {signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
_LONGEST_PAUSE = 15.0


class Readiness:
    """How a process tells the supervisor that it is ready: by calling this."""

    def __init__(self, writer: int) -> None:
        self._writer = writer

    def __call__(self) -> None:
        os.write(self._writer, b"1")
        os.close(self._writer)

    def hand_over(self) -> int:
        """The descriptor, for the program that this process becomes: one octet on it is the word."""
        os.set_inheritable(self._writer, True)
        return self._writer


@dataclass(slots=True)
class Task:
    """What one process does. `main` gets a function to call when it is ready, and returns an exit code.

    `keeps_root`: it becomes a program that builds walls with root's rights and gives them up itself (bubblewrap).
    `last`: it is ended after the others, who may need it until they have gone. `end` ends it where a signal would not
    reach it. `identity`: as whom it runs, when not as all the others.
    """

    name: str
    main: Callable[[Readiness], int]
    end_with: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGKILL
    keeps_root: bool = False
    last: bool = False
    end: Callable[[], object] | None = None
    identity: Identity | None = None
    pid: int = 0
    started_at: float = 0.0
    failures: int = 0
    start_at: float = 0.0
    ready: bool = False
    ready_fd: int = -1


@dataclass(slots=True)
class Supervisor:
    """Runs `tasks` as `identity` until SIGTERM or SIGINT."""

    tasks: list[Task]
    identity: Identity
    close_in_child: list[int] = field(default_factory=list)
    # Called at SIGHUP before the children hear of it: one that is born later must not begin with old settings.
    reload: Callable[[], object] = lambda: None
    _stopping: bool = False
    _announced: bool = False

    def run(self, announce: Callable[[], None]) -> int:
        """Serve; `announce` is called once, when every task is ready."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)
        # What is loaded by now lives as long as the process: collecting it again and again would cost every child
        # time, and memory that it shares with the others until it is touched.
        gc.collect()
        gc.freeze()
        for task in self.tasks:
            self._start(task)
        while any(task.pid for task in self.tasks) or not self._stopping:
            self._wait_for_something()
            self._read_readiness()
            if not self._announced and all(task.ready for task in self.tasks):
                self._announced = True
                announce()
                notify_systemd("READY=1")
            self._start_due()
        return 0

    # ------------------------------------------------------------- processes

    def _start(self, task: Task) -> None:
        try:
            reader, writer = os.pipe()
        except OSError as error:
            self._postpone(task, error)
            return
        parent = os.getpid()
        try:
            pid = os.fork()
        except OSError as error:
            os.close(reader)
            os.close(writer)
            self._postpone(task, error)
            return
        if pid == 0:
            os.close(reader)
            self._be_child(task, parent, writer)
        os.close(writer)
        task.pid, task.started_at, task.ready, task.ready_fd = pid, time.monotonic(), False, reader

    def _postpone(self, task: Task, error: OSError) -> None:
        log.error("%s cannot be started now: %s", task.name, error)
        task.start_at = time.monotonic() + 1

    def _be_child(self, task: Task, parent: int, writer: int) -> None:
        code = 1
        try:
            for fd in self.close_in_child:
                os.close(fd)
            for other in self.tasks:
                if other.ready_fd >= 0:
                    os.close(other.ready_fd)
            if not task.keeps_root:
                become(task.identity or self.identity)
            die_with_parent(parent, task.orphan_signal)
            name_process(f"mailhub-{task.name}")
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group: the supervisor decides
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _WATCHED)
            gc.set_threshold(20_000, 20, 50)
            code = task.main(Readiness(writer))
        except SystemExit as error:
            code = int(error.code or 0)
        except BaseException:
            log.exception("%s ended", task.name)
        finally:
            logging.shutdown()
            os._exit(code)

    def _start_due(self) -> None:
        for task in self.tasks:
            if not task.pid and not self._stopping and time.monotonic() >= task.start_at:
                log.warning("starting %s again", task.name)
                self._start(task)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            task = next((t for t in self.tasks if t.pid == pid), None)
            if task is not None:
                self._bury(task, status)

    def _bury(self, task: Task, status: int) -> None:
        lived = time.monotonic() - task.started_at
        task.pid, task.ready = 0, False
        if task.ready_fd >= 0:
            os.close(task.ready_fd)
            task.ready_fd = -1
        if self._stopping:
            return
        code = os.waitstatus_to_exitcode(status)
        if code == 0 and task.end is not None:  # it wishes to be born anew
            task.start_at = 0.0
            return
        # A process that dies at once is given a growing pause; one that had worked comes back immediately.
        task.failures = 0 if lived > 10 else task.failures + 1
        pause = min(_LONGEST_PAUSE, 0.1 * 2**task.failures) if task.failures else 0.0
        task.start_at = time.monotonic() + pause
        log.error("%s ended with status %s after %.1f s", task.name, code, lived)

    # --------------------------------------------------------------- signals

    def _wait_for_something(self) -> None:
        # Until all are ready their pipes are looked at often; afterwards signals wake us, and the clock once a second.
        pause = 1.0 if self._announced and not any(not t.pid for t in self.tasks) else 0.05
        got = signal.sigtimedwait(_WATCHED, pause)
        self._reap()
        if got is None:
            return
        if got.si_signo in (signal.SIGTERM, signal.SIGINT) and not self._stopping:
            self._stop()
        elif got.si_signo == signal.SIGHUP:
            self.reload()
            for task in self.tasks:
                if task.pid:
                    os.kill(task.pid, signal.SIGHUP)

    def _stop(self) -> None:
        self._stopping = True
        notify_systemd("STOPPING=1")
        first = [task for task in self.tasks if not task.last]
        for tasks, seconds in ((first, DRAIN_SECONDS), ([task for task in self.tasks if task.last], LAST_SECONDS)):
            for task in tasks:
                if task.end is not None:
                    task.end()
                elif task.pid:
                    os.kill(task.pid, task.end_with)
            self._await_end(tasks, time.monotonic() + seconds)
        for task in self.tasks:
            if task.pid:
                log.error("%s does not end; killed", task.name)
                os.kill(task.pid, signal.SIGKILL)

    def _await_end(self, tasks: list[Task], deadline: float) -> None:
        while any(task.pid for task in tasks) and time.monotonic() < deadline:
            signal.sigtimedwait({signal.SIGCHLD}, 0.05)
            self._reap()

    def _read_readiness(self) -> None:
        waiting = {task.ready_fd: task for task in self.tasks if task.ready_fd >= 0 and not task.ready}
        if not waiting:
            return
        readable, _, _ = select.select(list(waiting), [], [], 0)
        for fd in readable:
            if os.read(fd, 1):
                waiting[fd].ready = True


def lock_directory(path: Path) -> int:
    """Claim the directory for this process; keep the descriptor for as long as it serves.

    Raises:
        CannotServe: another process has it.
    """
    # The folder belongs to the server's own user: root follows no link there.
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise CannotServe(f"{path}: {error.strerror}") from error
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.pread(fd, 20, 0).decode(errors="replace").strip()
        os.close(fd)
        raise CannotServe(
            f"another mailhub already serves {path.parent.parent} (process {holder or 'unknown'})"
        ) from None
    os.ftruncate(fd, 0)
    os.pwrite(fd, str(os.getpid()).encode(), 0)
    return fd


def run_as(identity: Identity, work: Callable[[], None]) -> None:
    """Do `work` in a child that has given up root, so that files it makes are the server's own.

    Raises:
        CannotServe: it failed; its message is on stderr.
    """
    pid = _fork_as(identity, work)
    if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != 0:
        raise CannotServe("the server could not be prepared; the lines above say why")


def run_beside(identity: Identity, work: Callable[[], None], *, seconds: int = 60) -> None:
    """The same without waiting for its end, which the supervisor notices like every other; it has that long."""

    def limited() -> None:
        signal.alarm(seconds)
        work()

    try:
        _fork_as(identity, limited)
    except OSError as error:
        log.error("no process for what a reload does: %s", error)  # noqa: TRY400


def _fork_as(identity: Identity, work: Callable[[], None]) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        become(identity)
        work()
        code = 0
    except MailhubError as error:
        print(f"mailhub: {error}", file=sys.stderr, flush=True)
    except BaseException:
        log.exception("preparation failed")
    finally:
        logging.shutdown()
        os._exit(code)
