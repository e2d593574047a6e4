"""A bound on time for readers in pure Python: what takes longer is interrupted where it stands, and what such readers
keep is dropped with it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import FrameType
from typing import ParamSpec, TypeVar, cast

_LEAST = 0.001  # a timer of 0 would never ring
_Given = ParamSpec("_Given")
_Value = TypeVar("_Value")
_forget: list[Callable[[], None]] = []


class OutOfTime(BaseException):
    """The time is over. Not an `Exception`: a library that catches those must not swallow it."""


def kept(most: int) -> Callable[[Callable[_Given, _Value]], Callable[_Given, _Value]]:
    """`lru_cache` of `most` values for readers that may be interrupted. asn1crypto parses a value when a field is asked
    for, so one that was kept may be half read when time runs out: then all that is kept is dropped."""

    def keeping(reader: Callable[_Given, _Value]) -> Callable[_Given, _Value]:
        cached = lru_cache(maxsize=most)(reader)
        _forget.append(cached.cache_clear)
        return cast("Callable[_Given, _Value]", cached)

    return keeping


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Interrupt the block after `seconds` of the processor's time: an honest document on a busy machine gets as much as
    on an idle one. A timer of this kind that rings earlier already stays in force.

    Outside a process's main thread Python cannot be interrupted: there nothing bounds the block but its caller. In the
    sandbox the child's own limit stands behind this one (`sandbox/child.py`).

    Raises: OutOfTime.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGPROF, _ring)
    outer, _ = signal.getitimer(signal.ITIMER_PROF)
    own = max(_LEAST, min(seconds, outer) if outer else seconds)
    signal.setitimer(signal.ITIMER_PROF, own)
    try:
        yield
    except OutOfTime:
        for forget in _forget:
            forget()
        raise
    finally:
        left, _ = signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
        if outer:
            signal.setitimer(signal.ITIMER_PROF, max(_LEAST, outer - (own - left)))


def _ring(_number: int, _frame: FrameType | None) -> None:
    raise OutOfTime
