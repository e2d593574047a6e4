"""What may still be spent on one message's files: one mutable purse that archives within archives share."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from mailhub.files.facts import Limits, Unreadable


@dataclass(slots=True)
class Budget:
    """Depth, members, unpacked octets, and seconds until `deadline` (of `clock`, monotonic). Only ever shrinks."""

    depth: int
    members: int
    octets: int
    deadline: float
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)

    @property
    def out_of_time(self) -> bool:
        return self.clock() >= self.deadline

    def spent(self) -> Unreadable | None:
        """Why nothing more may be read, or None. Depth is `deeper`'s to tell."""
        if self.out_of_time:
            return Unreadable.TIME
        if self.members <= 0:
            return Unreadable.TOO_MANY
        return Unreadable.TOO_LARGE if self.octets <= 0 else None

    def take_member(self) -> bool:
        """Count one file; False when there was none left."""
        self.members -= 1
        return self.members >= 0

    def take_octets(self, count: int) -> bool:
        """Count unpacked octets; False when they are more than were left."""
        self.octets -= count
        return self.octets >= 0

    @contextmanager
    def deeper(self) -> Iterator[bool]:
        """One level down for as long as the block lasts; gives False when that is one too many."""
        self.depth -= 1
        try:
            yield self.depth >= 0
        finally:
            self.depth += 1


def budget_of(limits: Limits, clock: Callable[[], float] = time.monotonic) -> Budget:
    """A full purse for one message, its time running from now."""
    return Budget(limits.depth, limits.members, limits.unpacked_bytes, clock() + limits.seconds, clock)
