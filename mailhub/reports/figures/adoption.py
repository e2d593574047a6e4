"""Who has a mailbox, and who uses it: against the number of staff, by line and by level."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import TypeVar

from sqlalchemy import select

from mailhub.accounts.life.activity import days_used
from mailhub.accounts.models import Mailbox, MailboxState
from mailhub.reports.figures.scene import Scene
from mailhub.reports.figures.staff import Staff, staff_by_agency
from mailhub.reports.figures.targets import Measure, Target, targets_for
from mailhub.reports.units import Unit
from mailhub.reports.values import Share

COMMUNES = frozenset(("commune", "xa", "phuong", "dac-khu", "thi-tran"))  # kinds of agencies
_MONTH = 30  # days that `[reports] regular_days` is said of
N = TypeVar("N", bound=Hashable)
PROVINCE = "*"  # all levels together, as targets say it


@dataclass(frozen=True, slots=True)
class Reached:
    """A target, and what was reached; `met` is None when there is nothing to measure."""

    target: Target
    actual: Share

    @property
    def met(self) -> bool | None:
        percent = self.actual.percent
        return None if percent is None else round(percent, 1) >= self.target.percent


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptionFigures:
    """`needed`: days of the period on which a mailbox has to be used to count as regularly used."""

    needed: int
    total: Staff
    lines: Mapping[int, Staff]
    levels: Mapping[str, Staff]
    communes: int
    idle_communes: Sequence[Unit]
    targets: Sequence[Reached]

    @property
    def active_communes(self) -> Share:
        return Share(self.communes - len(self.idle_communes), self.communes)


def adoption_figures(scene: Scene, certificates: Callable[[], Share]) -> AdoptionFigures:
    """Everything that the report on adoption says. `certificates` is the report on documents' figure: asked for when a
    target is about it."""
    needed = days_needed(scene)
    used = days_used(scene.connection, scene.period.first, scene.last_day)
    by_agency = staff_by_agency(scene, used, needed)
    communes = [one for one in scene.units.inside.values() if one.kind in COMMUNES and one.there(scene.last_day)]
    idle = _idle(scene, communes, used)
    lines = _sums(by_agency, scene.units.line_of)
    levels = _sums(by_agency, lambda number: scene.units.inside[number].level)
    total = _total(by_agency.values())
    found = AdoptionFigures(
        needed=needed, total=total, lines=lines, levels=levels, communes=len(communes), idle_communes=idle, targets=()
    )
    return _with_targets(scene, found, certificates)


def days_needed(scene: Scene) -> int:
    """`[reports] regular_days` in proportion to the period's days, as far as they are over; at least one."""
    days = max(1, (scene.last_day - scene.period.first).days + 1)
    return max(1, ceil(scene.section.regular_days * days / _MONTH))


def _idle(scene: Scene, communes: Sequence[Unit], used: Mapping[int, int]) -> list[Unit]:
    """Communes of which, with all below them, no mailbox was used in the period (S0-04)."""
    query = select(Mailbox.id, Mailbox.agency_id).where(Mailbox.state == MailboxState.ACTIVE)
    alive = {row.agency_id for row in scene.connection.execute(query) if row.id in used}
    reached: set[int] = set()
    for number in alive & scene.units.inside.keys():
        step: int | None = number
        while step is not None and step not in reached and step in scene.units.inside:
            reached.add(step)
            step = scene.units.inside[step].parent
    return sorted((one for one in communes if one.id not in reached), key=lambda one: one.code)


def _with_targets(scene: Scene, found: AdoptionFigures, certificates: Callable[[], Share]) -> AdoptionFigures:
    year = scene.period.year or scene.period.last.year
    targets = targets_for(scene.section.targets, year)
    return replace(found, targets=[Reached(one, _actual(found, one, certificates)) for one in targets])


def _actual(found: AdoptionFigures, target: Target, certificates: Callable[[], Share]) -> Share:
    staff = found.total if target.level == PROVINCE else found.levels.get(target.level, Staff())
    match target.measure:
        case Measure.ISSUED:
            return staff.has
        case Measure.USED:
            return staff.uses
        case Measure.COMMUNES:
            return found.active_communes
        case Measure.CERTIFICATES:
            return certificates()


def _sums(numbers: Mapping[int, Staff], name: Callable[[int], N]) -> dict[N, Staff]:
    found: dict[N, Staff] = {}
    for number, staff in numbers.items():
        found[name(number)] = found.get(name(number), Staff()).plus(staff)
    return found


def _total(staff: Iterable[Staff]) -> Staff:
    total = Staff()
    for one in staff:
        total = total.plus(one)
    return total
