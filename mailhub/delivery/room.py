"""Who may have how much of a worker at a time, so that a dead destination does not keep local mail waiting. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mailhub.delivery.routes import LOCAL

IN_FLIGHT = 400  # recipients leased at a time
RESERVE = 100  # of these, kept from the outside: a destination that is dead holds its own for minutes
FEWEST = 20  # what a destination may have under way, however many others are busy
PLENTY = 100  # a turn that takes so many needs no second look: the next turn follows at once


@dataclass(frozen=True, slots=True)
class Room:
    """How many recipients a turn may claim: `free` in all, `shared` of these for whatever is due first.

    What `shared` leaves of `free` is for local mail. `without` are destinations that have enough under way.
    """

    free: int
    shared: int
    without: Sequence[str] = ()

    @property
    def second_look(self) -> bool:
        """Whether local mail has room of its own that is worth a statement once `shared` is used up."""
        return self.shared < min(self.free, PLENTY) and LOCAL not in self.without


def room_for(busy: Mapping[str, int], free: int) -> Room:
    """Share out `free` places, given how many recipients each destination has under way.

    All destinations outside together leave RESERVE places to local mail, and none of them has more than its part.
    """
    outside = {key: count for key, count in busy.items() if key != LOCAL}
    most = max(FEWEST, IN_FLIGHT // (1 + max(1, len(outside))))
    without = [key for key, count in outside.items() if count >= most]
    if busy.get(LOCAL, 0) >= IN_FLIGHT // 2:
        without.append(LOCAL)
    # What is due first may all be for one destination, the busiest of those that may have more.
    least = max(FEWEST, most - max((count for count in outside.values() if count < most), default=0))
    left = IN_FLIGHT - RESERVE - sum(outside.values())
    return Room(free, max(0, min(free, left, least)), without)
