"""Long lists in pieces for `IN (…)`: neither engine takes any number of parameters in one statement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

_PARAMETERS = 500


def chunks(values: Iterable[T]) -> Iterator[list[T]]:
    """`values` in their order, as many at a time as go into one statement."""
    rest = iter(values)
    while chunk := list(islice(rest, _PARAMETERS)):
        yield chunk
