"""Targets as data: `[reports] targets`, `2015 * issued 100`. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Measure(StrEnum):
    """What is aimed at."""

    ISSUED = "issued"
    USED = "used"
    COMMUNES = "communes"
    CERTIFICATES = "certificates"


@dataclass(frozen=True, slots=True)
class Target:
    """From `year` on, `percent` of `measure` at the agencies of `level` (`*`: all together)."""

    year: int
    level: str
    measure: Measure
    percent: float


def targets_for(written: Iterable[str], year: int) -> list[Target]:
    """The targets of a year: of each level and measure the newest that is not of a later one."""
    newest: dict[tuple[str, Measure], Target] = {}
    for target in sorted((_read(text) for text in written), key=lambda one: one.year):
        if target.year <= year:
            newest[target.level, target.measure] = target
    return sorted(newest.values(), key=lambda one: (one.level, list(Measure).index(one.measure)))


def _read(text: str) -> Target:
    """The settings have checked its form."""
    year, level, measure, percent = text.split()
    return Target(int(year), level, Measure(measure), float(percent))
