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
from mailhub.files.signed.trusted import NO_TRUST, TrustBundle
from mailhub.sandbox import confine, probe, seccomp, works
from mailhub.sandbox.confine import Rations
from mailhub.sandbox.wire import (
    Kind,
    Request,
    cells_line,
    facts_line,
    fault_line,
    read_request,
    read_value,
    tried_line,
)

OUT_OF_MEMORY = 3
_FAULT = 4
_DEFAULTS = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGPIPE)


@dataclass(frozen=True, slots=True)
class Work:
    """Descriptors of the connection and of the bytes, octets of the request, seconds for all of it; the descriptor of
    the trust data, -1 when there are none."""

    connection: int
    data: int
    length: int
    seconds: float
    trust: int = -1


class Trust:
    """The trust data, read when the first signature is met: most messages have none."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._read: TrustBundle | None = None

    def __call__(self) -> TrustBundle:
        """Raises: BadAnswer: the hub gave something else."""
        if self._read is None:
            octets = _mapped(self._descriptor) if self._descriptor >= 0 else memoryview(b"")
            self._read = read_value(TrustBundle, bytes(octets)) if octets else NO_TRUST
        return self._read


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
        elif request.kind is Kind.WORK:
            _do_work(work, request, reader)
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
    data = _mapped(work.data)
    trust = Trust(work.trust) if work.trust >= 0 else None  # None: nobody asked what is signed
    for number, one in enumerate(request.files):
        given = Given(
            _part(data, one.offset, one.length),
            one.name,
            one.declared,
            one.subject,
            signs=_part(data, one.signs_offset, one.signs_length) if one.signs_offset >= 0 else None,
            trust=trust,
        )
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
    data = _mapped(work.data)
    signal.setitimer(signal.ITIMER_REAL, request.limits.seconds)
    for rows in read_cells(data):
        _send(work.connection, cells_line(rows))


def _do_work(work: Work, request: Request, reader: ModuleType) -> None:
    data = _mapped(work.data)
    signal.setitimer(signal.ITIMER_REAL, request.limits.seconds)
    try:
        octets = [_part(data, one.offset, one.length) for one in request.files]
        table = getattr(reader, "WORKS", works.WORKS)  # a test's reader brings its own
        for line in works.lines(table, request.work, request.argument, octets, Trust(work.trust)):
            _send(work.connection, line)
    except MemoryError:
        raise
    except BaseException as error:
        _send(work.connection, fault_line(_place(error)))
        raise


def _mapped(descriptor: int) -> memoryview:
    size = os.fstat(descriptor).st_size
    return memoryview(mmap.mmap(descriptor, size, access=mmap.ACCESS_READ) if size else b"")


def _part(data: memoryview, offset: int, length: int) -> memoryview:
    if offset < 0 or length < 0 or offset + length > len(data):
        raise ValueError("a file outside the bytes that were given")
    return data[offset : offset + length]


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
