"""The process that reads one message's files and ends with it."""

from __future__ import annotations

import gc
import mmap
import os
import signal
import traceback
from dataclasses import dataclass
from types import ModuleType
from typing import NoReturn

from mailhub.files.cells import read_cells
from mailhub.files.reader import Given
from mailhub.sandbox import confine, probe, seccomp
from mailhub.sandbox.confine import Rations
from mailhub.sandbox.wire import Kind, Request, Slice, cells_line, facts_line, fault_line, read_request, tried_line

OUT_OF_MEMORY = 3
_FAULT = 4
_DEFAULTS = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGPIPE)


@dataclass(frozen=True, slots=True)
class Work:
    """Descriptors of the connection and of the bytes, octets of the request, seconds for all of it."""

    connection: int
    data: int
    length: int
    seconds: float


def serve(work: Work, reader: ModuleType, program: bytes, rations: Rations) -> NoReturn:
    """Shut in, read, answer, end."""
    code = _FAULT
    try:
        _shut_in(work, program, rations)
        request = read_request(_receive(work.connection, work.length))
        if request.kind is Kind.PROBE:
            _send(work.connection, tried_line(probe.try_everything(request, rations)))
        elif request.kind is Kind.CELLS:
            _read_cells(work, request)
        else:
            _read_files(work, request, reader)
        code = 0
    except MemoryError:
        code = OUT_OF_MEMORY
    finally:
        os._exit(code)


def _shut_in(work: Work, program: bytes, rations: Rations) -> None:
    nothing = os.open("/dev/null", os.O_RDWR)
    for standard in (0, 1, 2):  # what C libraries complain of is a stranger's text: not into the hub's log
        os.dup2(nothing, standard)
    os.close(nothing)
    for number in _DEFAULTS:
        signal.signal(number, signal.SIG_DFL)
    gc.set_threshold(20_000, 20, 50)
    confine.ration(rations, seconds=work.seconds, shared_bytes=os.fstat(work.data).st_size)
    seccomp.install(program)


def _read_files(work: Work, request: Request, reader: ModuleType) -> None:
    size = os.fstat(work.data).st_size
    data = memoryview(mmap.mmap(work.data, size, access=mmap.ACCESS_READ) if size else b"")
    for number, one in enumerate(request.files):
        given = Given(_part(data, one), one.name, one.declared, one.subject)
        # The default action of SIGALRM ends this process wherever it is, in a library's loop as well.
        signal.setitimer(signal.ITIMER_REAL, request.limits.seconds)
        try:
            facts = reader.read_file(given, request.limits)
        except MemoryError:
            raise
        except BaseException as error:
            _send(work.connection, fault_line(_place(error)))
            raise
        signal.setitimer(signal.ITIMER_REAL, 0)
        _send(work.connection, facts_line(number, facts))


def _read_cells(work: Work, request: Request) -> None:
    size = os.fstat(work.data).st_size
    data = memoryview(mmap.mmap(work.data, size, access=mmap.ACCESS_READ) if size else b"")
    signal.setitimer(signal.ITIMER_REAL, request.limits.seconds)
    for rows in read_cells(data):
        _send(work.connection, cells_line(rows))


def _part(data: memoryview, one: Slice) -> memoryview:
    if one.offset < 0 or one.length < 0 or one.offset + one.length > len(data):
        raise ValueError("a file outside the bytes that were given")
    return data[one.offset : one.offset + one.length]


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else "?"
    return f"{type(error).__name__} at {where}: {error}"


def _receive(connection: int, length: int) -> bytes:
    parts = []
    while length:
        part = os.read(connection, length)
        if not part:
            raise EOFError
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def _send(connection: int, line: bytes) -> None:
    rest = memoryview(line)
    while rest:
        rest = rest[os.write(connection, rest) :]
