"""Rules and operations, laid out."""

from __future__ import annotations

from collections.abc import Mapping

from mailhub.policy.rules.rule import Rule
from mailhub.queue.models import Door, EventKind, HeldFor
from mailhub.reports.counting.counts import EXEMPTED
from mailhub.reports.figures.rules import MOST_EXCEPTIONS, RuleFigures, rule_figures
from mailhub.reports.figures.scene import Scene
from mailhub.reports.layout.building import Maker, days, lines, stacked
from mailhub.reports.ledger import Sums
from mailhub.reports.values import Column, Row, Section, Table, Unit, number_in

# What a rule does (policy.decision.Effect), as the columns name it.
EFFECTS = {
    "counted": ("none",),
    "told": ("warn", "tag", "desk"),
    "waited": ("hold",),
    "refused": ("refuse", "secret"),
    "exempted": (EXEMPTED,),
}
_JUDGED = {"passed": ("none",), "told": EFFECTS["told"], "waited": EFFECTS["waited"], "refused": EFFECTS["refused"]}
_MAIL = ("submitted", "came_in", "delivered", "relayed", "bounced", "turned_away", "notices")
_STAGES = ("shadow", "warn", "hold", "block")


def rule_sections(scene: Scene, maker: Maker) -> tuple[Section, ...]:
    """The chapters: decisions, what was held, how the mail went, incidents."""
    found = rule_figures(scene)
    return (
        _decisions(scene, maker, found),
        _held(scene, maker, found),
        _mail(scene, maker, found),
        _incidents(scene, maker, found),
    )


def rule_columns(maker: Maker) -> tuple[Column, ...]:
    """The columns of a table of rules."""
    labels = (maker.label("rule"), maker.label("rule_id"), maker.label("stage"))
    return (*labels, maker.column("fitted"), *maker.columns(*EFFECTS), maker.column("recipients"))


def rule_rows(
    maker: Maker, sums: Sums, titles: Mapping[str, Rule], only: frozenset[str] | None = None
) -> tuple[list[Row], list[int]]:
    """A row a rule and stage, most first, and their sums. `sums` is by a (rule), b (stage), c (effect)."""
    found: dict[tuple[str, str], list[int]] = {}
    width = 2 + len(EFFECTS)
    for (ident, stage, effect), (number, recipients) in sums.amounts.items():
        if only is not None and ident not in only:
            continue
        row = found.setdefault((ident, stage), [0] * width)
        row[0] += number
        row[1 + _place(effect)] += number
        row[-1] += recipients
    rows = [
        Row(
            key=f"{ident}/{stage}",
            cells=(titles[ident].title if ident in titles else ident, ident, _stage(maker, stage), *numbers),
            filters=(("rule", ident),),
        )
        for (ident, stage), numbers in sorted(found.items(), key=lambda one: (-one[1][0], one[0]))
    ]
    return rows, [sum(numbers[place] for numbers in found.values()) for place in range(width)]


def _place(effect: str) -> int:
    return next((place for place, names in enumerate(EFFECTS.values()) if effect in names), 0)


def _stage(maker: Maker, stage: str) -> str:
    return maker.say(f"report.stage.{stage}") if stage in _STAGES else stage


def _decisions(scene: Scene, maker: Maker, found: RuleFigures) -> Section:
    rows, total = rule_rows(maker, found.rules, found.titles)
    table = maker.table("rules.rules", rule_columns(maker), rows, total=total)
    judged = found.months
    headlines = [maker.headline("judged", judged.number())]
    headlines += [maker.headline(key, judged.number(a=effects)) for key, effects in _JUDGED.items() if key != "passed"]
    return Section(
        key="decisions",
        title=maker.say("report.section.rules.decisions"),
        headlines=tuple(headlines),
        paragraphs=(maker.say("report.rules.counted"),),
        tables=(table, _by_agency(scene, maker, found), _by_month(scene, maker, found)),
    )


def _by_agency(scene: Scene, maker: Maker, found: RuleFigures) -> Table:
    known = set(found.judged.values("agency"))
    rows = []
    for line in scene.units.lines:
        if line.id in known:
            numbers = _effects(found.judged, agency=line.id)
            filters = (("agency", line.code), *days(scene.period))
            rows.append(
                Row(
                    key=line.code,
                    cells=(maker.line_name(line, scene.units.top), line.code, *numbers),
                    filters=filters,
                )
            )
    if 0 in known:
        rows.append(Row(key="", cells=(maker.say("report.nobodys"), "", *_effects(found.judged, agency=0))))
    columns = (*maker.agencies(), *maker.columns("judged", *_JUDGED))
    chart = stacked("agency", "told", "waited", "refused")
    return maker.table("rules.agencies", columns, rows, total=_effects(found.judged), chart=chart)


def _by_month(scene: Scene, maker: Maker, found: RuleFigures) -> Table:
    rows = [
        Row(key=month.name, cells=(maker.month_name(month), *_effects(found.months, month=place)), filters=days(month))
        for place, month in enumerate(scene.months)
    ]
    columns = (maker.label("month"), *maker.columns("judged", *_JUDGED))
    chart = lines("month", "told", "waited", "refused")
    return maker.table("rules.months", columns, rows, total=_effects(found.months), chart=chart)


def _effects(sums: Sums, **wanted: object) -> list[int]:
    return [sums.number(**wanted), *(sums.number(a=effects, **wanted) for effects in _JUDGED.values())]


def _held(scene: Scene, maker: Maker, found: RuleFigures) -> Section:
    reasons = [one.value for one in HeldFor]
    rows = []
    for reason in reasons:
        held = found.mail.number(a=EventKind.HELD.value, c=reason)
        released = found.mail.number(a=EventKind.RELEASED.value, c=reason)
        if held or released:
            rows.append(Row(key=reason, cells=(maker.say(f"report.held.{reason}"), held, released)))
    table = maker.table(
        "rules.held",
        (maker.label("held_for"), *maker.columns("held", "released")),
        rows,
        total=[sum(number_in(row.cells[place]) for row in rows) for place in (1, 2)],
    )
    tables = (table,) if scene.public else (table, _ending(maker, found))
    return Section(key="held", title=maker.say("report.section.rules.held"), tables=tables)


def _ending(maker: Maker, found: RuleFigures) -> Table:
    """Exceptions are named to whoever reads the report, but a public version has no such table: an empty one would
    say that there are none."""
    labels = (
        maker.label("rule"), maker.label("who"), maker.label("to"), maker.label("why"), maker.label("until", Unit.DAY)
    )  # fmt: skip
    rows = [
        Row(
            key=f"{number}",
            cells=(
                found.titles[one.rule].title if one.rule in found.titles else one.rule,
                maker.say("report.everybody") if one.who == "*" else one.who,
                maker.say("report.everybody") if one.to == "*" else one.to,
                one.why,
                one.until,
            ),
        )
        for number, one in enumerate(found.ending[:MOST_EXCEPTIONS])
    ]
    return maker.table("rules.exceptions", labels, rows, cut=max(0, len(found.ending) - MOST_EXCEPTIONS))


def _mail(scene: Scene, maker: Maker, found: RuleFigures) -> Section:
    rows = []
    for place, month in enumerate(scene.months):
        delay = found.delays[place]
        cells = (maker.month_name(month), *_volumes(found.mail, month=place), delay.p50, delay.p95)
        rows.append(Row(key=month.name, cells=cells, filters=days(month)))
    columns = (
        maker.label("month"), *maker.columns(*_MAIL),
        maker.column("p50", Unit.DURATION), maker.column("p95", Unit.DURATION),
    )  # fmt: skip
    total = (*_volumes(found.mail), found.delay.p50, found.delay.p95)
    table = maker.table("rules.mail", columns, rows, total=total, chart=lines("month", "submitted", "came_in"))
    headlines = [maker.headline(key, number) for key, number in zip(_MAIL, _volumes(found.mail), strict=True)]
    headlines += [
        maker.headline("p50", found.delay.p50, unit=Unit.DURATION),
        maker.headline("p95", found.delay.p95, unit=Unit.DURATION),
    ]
    return Section(
        key="mail", title=maker.say("report.section.rules.mail"), headlines=tuple(headlines), tables=(table,)
    )


def _volumes(mail: Sums, **wanted: object) -> list[int]:
    """The numbers of `_MAIL`."""
    received = {"a": EventKind.RECEIVED.value} | wanted
    return [
        mail.number(b=(Door.SUBMISSION.value, Door.INJECT.value), **received),
        mail.number(b=Door.MX.value, **received),
        mail.number(a=EventKind.DELIVERED.value, **wanted),
        mail.number(a=EventKind.RELAYED.value, **wanted),
        mail.number(a=(EventKind.BOUNCED.value, EventKind.EXPIRED.value), **wanted),
        mail.number(a=EventKind.REFUSED.value, **wanted),
        mail.number(a=EventKind.NOTIFIED.value, **wanted),
    ]


def _incidents(scene: Scene, maker: Maker, found: RuleFigures) -> Section:
    rows = [
        Row(key=level or "none", cells=(level or maker.say("report.level.none"), number))
        for level, number in sorted(found.incidents.items())
    ]
    total = sum(found.incidents.values())
    table = maker.table("rules.incidents", (maker.label("secrecy"), maker.column("incidents")), rows, total=(total,))
    del scene
    return Section(
        key="incidents",
        title=maker.say("report.section.rules.incidents"),
        headlines=(maker.headline("incidents", total), maker.headline("incidents_open", found.open_incidents)),
        tables=(table,),
    )
