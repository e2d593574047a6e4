"""Pages of lists that a service gives whole, or by a key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from mailhub.admin.listing.values import Slice

R = TypeVar("R")


def keyed(rows: Sequence[R], limit: int, key: Callable[[R], object]) -> Slice[R]:
    """A page of rows that were asked for with `limit + 1`: the one too many says that there is a next page."""
    shown = rows[:limit]
    return Slice(shown, str(key(shown[-1])) if len(rows) > limit else "")


def counted(rows: Sequence[R], after: int, limit: int) -> Slice[R]:
    """A page of a short list; `after` is how many rows were shown before."""
    end = after + limit
    return Slice(rows[after:end], str(end) if len(rows) > end else "", len(rows))
