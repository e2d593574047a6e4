"""What a piece of work in the sandbox (`works.py`) came to, as its client hears it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from mailhub.sandbox.errors import InspectorUnavailable, WorkFailed
from mailhub.sandbox.wire import End, Line, octets_of, read_value

T = TypeVar("T")
LONG_LINE = 128 * 1024  # beyond it, decoding does not hold up the loop


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """What a piece of work came to."""

    answers: tuple[T, ...]
    octets: bytes


class Heard(Generic[T]):
    """What came of a piece of work so far."""

    def __init__(self, kind: type[T], on_answer: Callable[[T], None] | None) -> None:
        self._kind = kind
        self._answers: list[T] = []
        self._take = on_answer or self._answers.append
        self._octets = bytearray()
        self._fault = ""
        self._end: End | None = None
        self.begun = False

    async def hear(self, line: Line) -> None:
        """Raises: BadAnswer: it is no answer of this work."""
        self.begun = self.begun or line.begin
        self._fault = line.fault or self._fault
        self._end = line.end or self._end
        if line.octets:
            self._octets += octets_of(line.octets)
        if len(line.answer) > LONG_LINE:
            self._take(await asyncio.to_thread(read_value, self._kind, line.answer))
        elif line.answer:
            self._take(read_value(self._kind, line.answer))

    def done(self) -> Done[T]:
        """Raises: InspectorUnavailable, WorkFailed: it came to no good end."""
        if self._end is None:
            raise InspectorUnavailable("the inspector went away before it had ended")
        if self._end is not End.DONE:
            raise WorkFailed(self._end, self._fault)
        return Done(tuple(self._answers), bytes(self._octets))
