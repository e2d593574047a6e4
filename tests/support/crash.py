"""Ends a process at its N-th durable write: the product's calls are hooked from outside, in a forked child.

total = run_until(work, die_at=0)          # how many there are; nothing is cut short
for number in range(1, total + 1):
    assert run_until(work, die_at=number) is None
"""

from __future__ import annotations

import faulthandler
import os
import signal
import struct
import sys
import traceback
from collections.abc import Callable
from typing import Any

_HOOKED = ("fdatasync", "fsync", "rename", "unlink", "ftruncate")
_COUNT = struct.Struct("q")


class CrashPoints:
    """Counts what makes things durable, and dies by SIGKILL at the moment that was chosen (0: never).

    A point lies before each write of bodies, each sync, rename and removal, and before and after each COMMIT. With
    `torn` half of the bytes of a write still reach the file.
    """

    def __init__(self, die_at: int, *, torn: bool = False) -> None:
        self.count = 0
        self._die_at = die_at
        self._torn = torn

    def install(self) -> None:
        """Put the hooks into this process, for good."""
        for name in _HOOKED:
            setattr(os, name, self._before(getattr(os, name)))
        os.writev = self._writev(os.writev)
        self._hook_commits()

    def _is_the_one(self) -> bool:
        self.count += 1
        return self.count == self._die_at

    def _before(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def hooked(*args: Any, **kwargs: Any) -> Any:
            if self._is_the_one():
                _die()
            return real(*args, **kwargs)

        return hooked

    def _writev(self, real: Callable[..., int]) -> Callable[..., int]:
        def hooked(fd: int, parts: Any) -> int:
            if self._is_the_one():
                if self._torn:
                    whole = b"".join(parts)
                    os.write(fd, whole[: len(whole) // 2])
                _die()
            return real(fd, parts)

        return hooked

    def _hook_commits(self) -> None:
        from sqlalchemy.engine.default import DefaultDialect

        real: Any = DefaultDialect.do_commit
        points = self

        def do_commit(self: Any, connection: Any) -> None:
            if points._is_the_one():
                _die()
            real(self, connection)
            if points._is_the_one():
                _die()

        DefaultDialect.do_commit = do_commit  # type: ignore[method-assign]


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def run_until(work: Callable[[], None], *, die_at: int, torn: bool = False) -> int | None:
    """Do `work` in a child that dies at write number `die_at`; None when it did, else how many writes there were.

    Fails when `work` raises.
    """
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        _be_child(work, CrashPoints(die_at, torn=torn), writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        answer = pipe.read()
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code == -signal.SIGKILL:
        return None
    assert code == 0, f"the child ended with {code}"
    count: int = _COUNT.unpack(answer)[0]
    return count


def _be_child(work: Callable[[], None], points: CrashPoints, writer: int) -> None:
    faulthandler.dump_traceback_later(60, exit=True)
    try:
        points.install()
        work()
        os.write(writer, _COUNT.pack(points.count))
        os._exit(0)
    except BaseException:
        traceback.print_exc(file=sys.__stderr__)
        os._exit(1)
