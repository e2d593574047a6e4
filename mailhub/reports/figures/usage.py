"""Private mail in public work: the counts of `screening/records/private_use.py`, by line, month, provider, person."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import case

from mailhub.reports.counting.counts import What
from mailhub.reports.figures.scene import Scene
from mailhub.reports.figures.staff import staff_by_agency
from mailhub.reports.ledger import Sums
from mailhub.screening.models import PrivateMailUse
from mailhub.screening.records.private_use import COUNTS, Use
from mailhub.screening.records.usage import Figure, counts_of, figures, summed

MOST_PEOPLE = 100  # lines; the report says how many were left out


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageFigures:
    """`lines` and `line_months` by the number of a line's agency; months by their place in the scene's."""

    total: Use
    before: Use
    lines: Mapping[int, Use]
    months: Sequence[Use]
    line_months: Mapping[tuple[int, int], Use]
    providers: Mapping[str, Use]
    staff: Mapping[int, int]  # by the number of a line's agency
    people: Sequence[Figure]
    people_left: int
    rules: Sums  # by a (rule), b (stage), c (effect)


def usage_figures(scene: Scene) -> UsageFigures:
    """Everything that the report on private mail says."""
    lines: dict[int, Use] = {}
    months = [Use() for _ in scene.months]
    line_months: dict[tuple[int, int], Use] = {}
    for agency_id, month, use in _by_agency_and_month(scene):
        line = scene.units.line_of(agency_id)
        lines[line] = lines.get(line, Use()).plus(use)
        months[month] = months[month].plus(use)
        line_months[line, month] = line_months.get((line, month), Use()).plus(use)
    people = _people(scene)
    return UsageFigures(
        total=total_of(months),
        before=use_of(scene, scene.before.first, scene.before.last),
        lines=lines,
        months=months,
        line_months=line_months,
        providers=_by_provider(scene),
        staff=scene.units.by_line({number: one.staff for number, one in staff_by_agency(scene).items()}),
        people=people[:MOST_PEOPLE],
        people_left=max(0, len(people) - MOST_PEOPLE),
        rules=scene.ledger.sums(What.RULE, scene.period.first, scene.period.last, by=("a", "b", "c")),
    )


def use_of(scene: Scene, first: date, last: date) -> Use:
    """The counts of all the scene's agencies together, on these days."""
    query = _within(scene, summed(), first, last)
    return counts_of(scene.connection.execute(query).one())


def messages(use: Use) -> int:
    """Messages to, from and by way of private mailboxes; a message that goes to two providers counts at each."""
    return use.sent + use.received + use.forwarded


def total_of(uses: Collection[Use]) -> Use:
    """All together."""
    return Use(**{name: sum(getattr(use, name) for use in uses) for name in COUNTS})


def _by_agency_and_month(scene: Scene) -> Sequence[tuple[int, int, Use]]:
    first, last = scene.period.first, scene.period.last
    places = [(PrivateMailUse.day <= end, place) for place, (_, end) in enumerate(scene.month_days)]
    month = case(*places, else_=len(places) - 1).label("month")
    query = _within(scene, summed(PrivateMailUse.agency_id, month), first, last)
    return [(row.agency_id, row.month, counts_of(row)) for row in scene.connection.execute(query)]


def _by_provider(scene: Scene) -> dict[str, Use]:
    query = _within(scene, summed(PrivateMailUse.provider), scene.period.first, scene.period.last)
    return {row.provider: counts_of(row) for row in scene.connection.execute(query)}


def _people(scene: Scene) -> list[Figure]:
    """By name, those whose names are still kept; only for an actor who has that right."""
    if not scene.people:
        return []
    found = figures(
        scene.connection, scene.actor, scene.period.first, scene.period.last, by="person", agency=scene.units.top.code
    )
    return [one for one in found if one.key]


def _within(scene: Scene, query: Any, first: date, last: date) -> Any:
    query = query.where(PrivateMailUse.day.between(first, last))
    agencies = scene.units.agencies
    return query if agencies is None else query.where(PrivateMailUse.agency_id.in_(agencies))
