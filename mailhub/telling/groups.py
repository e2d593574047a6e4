"""The same thing that happened to many recipients as one line: `Đã vào hộp thư: 13 người nhận`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailhub.telling.values import Mark, Told

LEAST = 4  # fewer stand one by one
WITHIN = 10 * 60_000  # ms; what is further apart is told apart


@dataclass(frozen=True, slots=True)
class Group:
    """Lines that say the same of several recipients, in their order; a group of one is a line of its own."""

    lines: tuple[Told, ...]

    @property
    def first(self) -> Told:
        """The line that stands for all."""
        return self.lines[0]

    @property
    def is_one(self) -> bool:
        """Whether it is a single line."""
        return len(self.lines) == 1


def grouped(lines: Sequence[Told]) -> list[Group]:
    """The lines in their order; what went well for at least `LEAST` recipients, shortly after one another, together."""
    open_: dict[tuple[str, str], list[Told]] = {}
    found: list[list[Told]] = []
    for line in lines:
        name = (line.message, line.sentence)
        ready = line.mark is Mark.DONE and line.recipient
        before = open_.get(name) if ready else None
        if before is not None and line.at - before[0].at <= WITHIN:
            before.append(line)
            continue
        found.append([line])
        if ready:
            open_[name] = found[-1]
    spread = [one if len(one) >= LEAST else [line] for one in found for line in (one if len(one) < LEAST else [one[0]])]
    return sorted((Group(tuple(one)) for one in spread), key=lambda one: one.first.at)
