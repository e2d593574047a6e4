"""Documents and signatures, laid out."""

from __future__ import annotations

from mailhub.documents.type_names import type_name
from mailhub.reports.counting.counts import SENDING, Direction
from mailhub.reports.figures.documents import OURS, DocumentFigures, document_figures, signed_share
from mailhub.reports.figures.scene import Scene
from mailhub.reports.layout.building import Maker, bars, compared_with, days, lines, stacked
from mailhub.reports.ledger import Sums
from mailhub.reports.values import Cell, Column, Row, Section, Table, Unit
from mailhub.signatures.verdict import Hierarchy, Subscriber, Verdict

_WAYS = {
    "internal": Direction.INTERNAL,
    "sent_on": Direction.SENT,
    "sent_out": Direction.OUT,
    "got": Direction.RECEIVED,
    "got_outside": Direction.IN,
}

_VERDICTS = {
    "verdict_valid": Verdict.VALID,
    "verdict_unknown": Verdict.UNKNOWN,
    "verdict_untrusted": Verdict.UNTRUSTED,
    "verdict_invalid": Verdict.INVALID,
}


def document_sections(scene: Scene, maker: Maker) -> tuple[Section, ...]:
    """The chapters: what was exchanged, by agency, what was signed."""
    found = document_figures(scene)
    exchanged = Section(
        key="exchanged",
        title=maker.say("report.section.documents.exchanged"),
        headlines=(
            maker.headline("exchanged", found.exchanged, found.exchanged_before),
            maker.headline("sent_on", found.types.number(b=Direction.SENT)),
            maker.headline("signed_valid", found.signed),
            maker.headline("certificates", found.certificates),
        ),
        paragraphs=(maker.say("report.documents.counted"), *compared_with(scene, maker)),
        tables=(_types(maker, found), _months(scene, maker, found)),
    )
    agencies = Section(
        key="agencies", title=maker.say("report.section.documents.agencies"), tables=(_agencies(scene, maker, found),)
    )
    signed = Section(
        key="signed",
        title=maker.say("report.section.documents.signed"),
        paragraphs=(maker.say("report.documents.signed"),),
        tables=(_signatures(maker, found), _public(maker, found), _uncertified(maker, found)),
    )
    return exchanged, agencies, signed


def _columns(maker: Maker) -> tuple[Column, ...]:
    return maker.columns("exchanged", *_WAYS)


def _ways(sums: Sums, **wanted: object) -> list[int]:
    return [sums.number(b=OURS, **wanted), *(sums.number(b=way, **wanted) for way in _WAYS.values())]


def _types(maker: Maker, found: DocumentFigures) -> Table:
    rows = [
        Row(
            key=kind or "none",
            cells=(type_name(kind) if kind else maker.say("report.type.none"), *_ways(found.types, a=kind)),
            filters=(("type", kind),),
        )
        for kind in sorted(found.types.values("a"), key=lambda kind: (-found.types.number(a=kind, b=OURS), kind))
    ]
    columns = (maker.label("type"), *_columns(maker))
    return maker.table("documents.types", columns, rows, total=_ways(found.types), chart=bars("type", "exchanged"))


def _months(scene: Scene, maker: Maker, found: DocumentFigures) -> Table:
    rows = [
        Row(
            key=month.name,
            cells=(
                maker.month_name(month), *_ways(found.months, month=place), signed_share(found.months, month=place)
            ),
            filters=days(month),
        )
        for place, month in enumerate(scene.months)
    ]  # fmt: skip
    columns = (maker.label("month"), *_columns(maker), maker.column("signed_valid", Unit.SHARE))
    total: list[Cell] = [*_ways(found.months), signed_share(found.months)]
    chart = lines("month", "internal", "sent_on", "sent_out", "got_outside")
    return maker.table("documents.months", columns, rows, total=total, chart=chart)


def _agencies(scene: Scene, maker: Maker, found: DocumentFigures) -> Table:
    known = set(found.lines.values("agency"))
    rows = []
    for line in scene.units.lines:
        if line.id not in known:
            continue
        numbers: list[Cell] = [*_ways(found.lines, agency=line.id)]
        desk = found.lines.total(agency=line.id, b=SENDING)[1]
        cells = (
            maker.line_name(line, scene.units.top), line.code, *numbers, desk,
            signed_share(found.lines, agency=line.id),
        )  # fmt: skip
        rows.append(Row(key=line.code, cells=cells, filters=(("agency", line.code), *days(scene.period))))
    columns = (
        *maker.agencies(), *_columns(maker), maker.column("by_desk"), maker.column("signed_valid", Unit.SHARE)
    )  # fmt: skip
    total: list[Cell] = [*_ways(found.lines), found.lines.total(b=SENDING)[1], signed_share(found.lines)]
    chart = stacked("agency", "internal", "sent_on", "sent_out")
    return maker.table("documents.agencies", columns, rows, total=total, chart=chart)


def _signatures(maker: Maker, found: DocumentFigures) -> Table:
    """Signed files by hierarchy and subscriber."""
    rows = []
    for hierarchy in Hierarchy:
        for subscriber in Subscriber:
            wanted = {"a": subscriber.value, "b": hierarchy.value}
            if found.signatures.number(**wanted):
                names = (
                    maker.say(f"report.hierarchy.{hierarchy.value}"), maker.say(f"report.subscriber.{subscriber.value}")
                )  # fmt: skip
                rows.append(
                    Row(key=f"{hierarchy.value}/{subscriber.value}", cells=(*names, *_verdicts(found, **wanted)))
                )
    columns = (
        maker.label("hierarchy"), maker.label("subscriber"),
        *maker.columns("signatures", *_VERDICTS),
    )  # fmt: skip
    return maker.table("documents.signatures", columns, rows, total=_verdicts(found))


def _verdicts(found: DocumentFigures, **wanted: object) -> list[int]:
    sums = found.signatures
    by = [sums.number(c=one.value, **wanted) for one in _VERDICTS.values()]
    return [sums.number(**wanted), *by]


def _public(maker: Maker, found: DocumentFigures) -> Table:
    rows = []
    for agency, numbers in found.public:
        cells = (
            agency.name, agency.code, sum(numbers.values()),
            numbers.get(Subscriber.AGENCY.value, 0), numbers.get(Subscriber.PERSON.value, 0),
        )  # fmt: skip
        rows.append(Row(key=agency.code, cells=cells))
    columns = (*maker.agencies(), *maker.columns("signatures", "by_agency", "by_person"))
    return maker.table("documents.public", columns, rows)


def _uncertified(maker: Maker, found: DocumentFigures) -> Table:
    rows = [Row(key=one.code, cells=(one.name, one.code)) for one in found.uncertified]
    return maker.table("documents.uncertified", maker.agencies(), rows)
