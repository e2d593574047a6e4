"""Private mail in public work, laid out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mailhub.reports.figures.rules import is_about_private_mail, rules_by_id
from mailhub.reports.figures.scene import Scene
from mailhub.reports.figures.usage import UsageFigures, messages, total_of, usage_figures
from mailhub.reports.layout.building import Maker, bars, compared_with, days, lines, stacked
from mailhub.reports.layout.rules import rule_columns, rule_rows
from mailhub.reports.values import Column, Rate, Row, Section, Table, Unit
from mailhub.screening.records.private_use import Use

SENT = ("sent", "own_private", "official_private")
COLUMNS = ("messages", *SENT, "received", "forwarded", "documents", "links", "issued")
HEADLINES = ("messages", "sent", "received", "forwarded", "documents", "links", "issued")


def usage_sections(scene: Scene, maker: Maker) -> tuple[Section, ...]:
    """The chapters: in all, by agency, by provider, what the rules did; people for those entitled."""
    found = usage_figures(scene)
    sections = [_overall(scene, maker, found), _by_agency(scene, maker, found), _by_provider(scene, maker, found)]
    sections.append(_rules(scene, maker, found))
    if scene.people:
        sections.append(_people(scene, maker, found))
    return tuple(sections)


def cells_of(use: Use) -> tuple[int, ...]:
    """The figures of a row, in the order of `COLUMNS`."""
    values = use.counts | {"messages": messages(use)}
    return tuple(values[name] for name in COLUMNS)


def _overall(scene: Scene, maker: Maker, found: UsageFigures) -> Section:
    now = dict(zip(COLUMNS, cells_of(found.total), strict=True))
    then = dict(zip(COLUMNS, cells_of(found.before), strict=True))
    rows = [
        Row(key=month.name, cells=(maker.month_name(month), *cells_of(use)), filters=days(month))
        for month, use in zip(scene.months, found.months, strict=True)
    ]
    trend = maker.table(
        "usage.months",
        (maker.label("month"), *maker.columns(*COLUMNS)),
        rows,
        total=cells_of(found.total),
        chart=lines("month", "sent", "received", "forwarded"),
    )
    return Section(
        key="overall",
        title=maker.say("report.section.usage.overall"),
        headlines=tuple(maker.headline(key, now[key], then[key]) for key in HEADLINES),
        paragraphs=(maker.say("report.usage.counted"), *compared_with(scene, maker)),
        tables=(trend,),
    )


def _by_agency(scene: Scene, maker: Maker, found: UsageFigures) -> Section:
    there = [line for line in scene.units.lines if line.id in found.lines]
    rows = [
        Row(
            key=line.code,
            cells=(maker.line_name(line, scene.units.top), line.code, *cells_of(found.lines[line.id])),
            filters=(("agency", line.code), *days(scene.period)),
        )
        for line in sorted(there, key=lambda line: (-messages(found.lines[line.id]), line.code))
    ]
    table = maker.table(
        "usage.agencies",
        (*maker.agencies(), *maker.columns(*COLUMNS)),
        rows,
        total=cells_of(found.total),
        chart=stacked("agency", "sent", "received", "forwarded"),
    )
    months = (_agency_months(scene, maker, found),) if len(scene.months) > 1 else ()
    tables = (table, _league(scene, maker, found), *months)
    return Section(key="agencies", title=maker.say("report.section.usage.agencies"), tables=tables)


def _league(scene: Scene, maker: Maker, found: UsageFigures) -> Table:
    """Agencies by messages a hundred staff, most first: large and small ones side by side."""
    lines = []
    for line in scene.units.lines:
        number, staff = messages(found.lines.get(line.id, Use())), found.staff.get(line.id, 0)
        if number or staff:
            lines.append((line, Rate(number, staff)))
    rows = [
        Row(
            key=line.code,
            cells=(maker.line_name(line, scene.units.top), line.code, rate.of, rate.number, rate),
            filters=(("agency", line.code), *days(scene.period)),
        )
        for line, rate in sorted(lines, key=lambda one: (-_exact(one[1]), one[0].code))
    ]
    total = Rate(messages(found.total), sum(rate.of for _, rate in lines))
    columns = (*maker.agencies(), *maker.columns("staff", "messages"), maker.column("per_hundred", Unit.RATE))
    cells = (total.of, total.number, total)
    return maker.table("usage.league", columns, rows, total=cells, chart=bars("agency", "per_hundred"))


def _exact(rate: Rate) -> float:
    """Not rounded; agencies whose number of staff nobody knows come last."""
    return rate.number / rate.of if rate.of else -1.0


def _agency_months(scene: Scene, maker: Maker, found: UsageFigures) -> Table:
    """Messages by agency and month."""
    columns: list[Column] = [
        Column(
            key=month.name,
            title=maker.month_name(month),
            unit=Unit.NUMBER,
            definition=maker.say("report.definition.messages"),
        )
        for month in scene.months
    ]
    rows = []
    for line in scene.units.lines:
        if line.id not in found.lines:
            continue
        numbers = [messages(found.line_months.get((line.id, place), Use())) for place in range(len(scene.months))]
        name = maker.line_name(line, scene.units.top)
        rows.append(Row(key=line.code, cells=(name, line.code, *numbers, messages(found.lines[line.id]))))
    total = [*(messages(use) for use in found.months), messages(found.total)]
    return maker.table(
        "usage.agency_months", (*maker.agencies(), *columns, maker.column("messages")), rows, total=total
    )


def _by_provider(scene: Scene, maker: Maker, found: UsageFigures) -> Section:
    mail = {name: use for name, use in found.providers.items() if messages(use) or use.issued}
    hosts = {name: use for name, use in found.providers.items() if use.links}
    table = maker.table(
        "usage.providers",
        (maker.label("provider"), *maker.columns("messages", *SENT, "received", "forwarded", "documents", "issued")),
        _provider_rows(scene, mail, without="links"),
        total=_without("links", total_of(mail.values())),
        chart=bars("provider", "messages"),
    )
    links = maker.table(
        "usage.links",
        (maker.label("host"), maker.column("links")),
        [
            Row(key=name, cells=(name, use.links), filters=(("host", name), *days(scene.period)))
            for name, use in sorted(hosts.items(), key=lambda one: (-one[1].links, one[0]))
        ],
        total=(sum(use.links for use in hosts.values()),),
    )
    return Section(key="providers", title=maker.say("report.section.usage.providers"), tables=(table, links))


def _provider_rows(scene: Scene, found: Mapping[str, Use], without: str) -> list[Row]:
    ordered = sorted(found.items(), key=lambda one: (-messages(one[1]), one[0]))
    return [
        Row(key=name, cells=(name, *_without(without, use)), filters=(("provider", name), *days(scene.period)))
        for name, use in ordered
    ]


def _without(column: str, use: Use) -> tuple[int, ...]:
    return tuple(value for name, value in zip(COLUMNS, cells_of(use), strict=True) if name != column)


def _rules(scene: Scene, maker: Maker, found: UsageFigures) -> Section:
    known = rules_by_id(scene)
    private = {ident: rule for ident, rule in known.items() if is_about_private_mail(rule)}
    rows, total = rule_rows(maker, found.rules, known, only=frozenset(private))
    table = maker.table("usage.rules", rule_columns(maker), rows, total=total)
    return Section(
        key="rules",
        title=maker.say("report.section.usage.rules"),
        paragraphs=(maker.say("report.usage.rules"),),
        tables=(table,),
    )


def _people(scene: Scene, maker: Maker, found: UsageFigures) -> Section:
    rows: Sequence[Row] = [
        Row(
            key=one.key,
            cells=(one.name, one.key, one.agency, *cells_of(one.counts)),
            filters=(("address", one.key), *days(scene.period)),
        )
        for one in found.people
    ]
    labels = (maker.label("person"), maker.label("address"), maker.label("code"))
    table = maker.table("usage.people", (*labels, *maker.columns(*COLUMNS)), rows, cut=found.people_left)
    return Section(
        key="people",
        title=maker.say("report.section.usage.people"),
        paragraphs=(maker.say("report.usage.people"),),
        tables=(table,),
    )
