"""Tries to break out, from where a stranger's file would have to: a child of the zygote. Asked for by the doctor
and by the tests, never by a file."""

from __future__ import annotations

import ctypes
import mmap
import os
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from mailhub.sandbox import confine
from mailhub.sandbox.confine import MIB, Rations
from mailhub.sandbox.wire import Request, Tried

OUTSIDE = "192.0.2.1"  # RFC 5737: nobody's address
# Whatever the distribution, nothing here may be written.
_NOT_TO_BE_WRITTEN = ("/", "/usr", "/opt", "/opt/mailhub/program/mailhub", "/dev", "/dev/shm", "/var/tmp", "/home")  # noqa: S108
_PTRACE_SEIZE = 0x4206
_CLONE_NEWUSER = 0x10000000


def try_everything(request: Request, rations: Rations) -> list[Tried]:
    """Each attempt with what came of it; `request` names files and ports of the hub."""
    return [
        _attempt("network.loopback", lambda: _connect("127.0.0.1", list(request.ports) or [25])),
        _attempt("network.outside", lambda: _connect(OUTSIDE, [25, 443])),
        _attempt("network.dns", lambda: str(socket.getaddrinfo("tinh.gov.vn", 25))),
        _attempt("network.interfaces", _interfaces),
        _attempt("files.shadow", lambda: str(len(Path("/etc/shadow").read_bytes()))),
        _attempt("files.hub", lambda: _read(request.paths)),
        _attempt("files.write", _write),
        _attempt("processes.others", _other_processes),
        _attempt("processes.ptrace", _ptrace),
        _attempt("processes.kill", lambda: _call(os.kill, 1, signal.SIGKILL)),
        _attempt("rights.root", _rights),
        _attempt("rights.namespace", _namespace),
        _attempt("limits.processes", lambda: _fork_many(rations.processes)),
        _attempt("limits.memory", lambda: _allocate(rations.memory_mib)),
    ]


def _attempt(what: str, act: Callable[[], str]) -> Tried:
    """`act` returns what it achieved, "" when it achieved nothing, or raises."""
    try:
        achieved = act()
    except (OSError, MemoryError) as error:
        return Tried(what, True, f"{type(error).__name__}: {error}"[:200])
    return Tried(what, not achieved, achieved[:200])


def _call(function: Callable[..., object], *arguments: object) -> str:
    function(*arguments)
    return "done"


def _connect(host: str, ports: list[int]) -> str:
    reached = []
    for port in ports:
        with suppress(OSError), socket.create_connection((host, port), timeout=1):
            reached.append(f"{host}:{port}")
    return " ".join(reached)


def _interfaces() -> str:
    """The namespace of our own shows the loopback alone, whatever the filter of system calls says."""
    lines = Path("/proc/self/net/dev").read_text().splitlines()[2:]
    return " ".join(name for line in lines if (name := line.partition(":")[0].strip()) != "lo")


def _read(paths: tuple[str, ...]) -> str:
    found = []
    for path in paths:
        with suppress(OSError):
            os.stat(path)  # noqa: PTH116 - as bare as it gets
            found.append(path)
    return " ".join(found)


def _write() -> str:
    found = []
    for folder in _NOT_TO_BE_WRITTEN:
        path = f"{folder.rstrip('/')}/mailhub-probe"
        with suppress(OSError):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
            found.append(path)
            os.unlink(path)  # noqa: PTH108
    return " ".join(found)


def _other_processes() -> str:
    """Only the zygote, process 1, and this one may be seen."""
    numbers = {int(name) for name in os.listdir("/proc") if name.isdigit()}  # noqa: PTH208
    return " ".join(map(str, sorted(numbers - {1, os.getpid()})))


def _ptrace() -> str:
    libc = ctypes.CDLL(None, use_errno=True)
    return "done" if libc.ptrace(_PTRACE_SEIZE, 1, 0, 0) == 0 else ""


def _namespace() -> str:
    libc = ctypes.CDLL(None, use_errno=True)
    return "done" if libc.unshare(_CLONE_NEWUSER) == 0 else ""


def _rights() -> str:
    status = confine.read_status()
    wrong = [name for name in ("CapInh", "CapPrm", "CapEff", "CapAmb") if int(status[name], 16)]
    wrong += [
        f"{name} {status[name]}" for name, right in (("NoNewPrivs", "1"), ("Seccomp", "2")) if status[name] != right
    ]
    wrong += ["uid 0"] if 0 in os.getresuid() else []
    return " ".join(wrong)


def _fork_many(limit: int) -> str:
    """Twice as many processes as allowed; they end when the pipe does."""
    reader, writer = os.pipe()
    made = 0
    try:
        for _ in range(2 * limit + 10):
            if os.fork() == 0:
                os.close(writer)
                os.read(reader, 1)
                os._exit(0)
            made += 1
    except OSError:
        return "" if made <= limit else f"{made} processes"
    finally:
        os.close(writer)
        os.close(reader)
        for _ in range(made):
            os.wait()
    return f"{made} processes"


def _allocate(limit_mib: int) -> str:
    """A little more than allowed at once, without touching it."""
    mmap.mmap(-1, (limit_mib + 64) * MIB).close()
    return f"{limit_mib + 64} MiB"
