"""Adoption, laid out: mailboxes against staff, regular use, targets, communes."""

from __future__ import annotations

from mailhub.reports.figures.adoption import PROVINCE, AdoptionFigures, Reached, adoption_figures
from mailhub.reports.figures.documents import certificate_share
from mailhub.reports.figures.scene import Scene
from mailhub.reports.figures.staff import Staff
from mailhub.reports.layout.building import Maker, bars
from mailhub.reports.values import Cell, Column, Met, Row, Section, Table, Unit


def adoption_sections(scene: Scene, maker: Maker) -> tuple[Section, ...]:
    """The chapters: against the targets, by level, by agency, communes."""
    found = adoption_figures(scene, lambda: certificate_share(scene))
    maker = Maker(maker.words, maker.language, {"needed": found.needed})
    overall = Section(
        key="overall",
        title=maker.say("report.section.adoption.overall"),
        headlines=(
            maker.headline("staff", found.total.staff),
            maker.headline("issued_share", found.total.has),
            maker.headline("used_share", found.total.uses),
            maker.headline("communes_active", found.active_communes),
        ),
        paragraphs=(maker.say("report.adoption.counted"),),
        tables=(_targets(maker, found), _levels(maker, found)),
    )
    agencies = Section(
        key="agencies", title=maker.say("report.section.adoption.agencies"), tables=(_agencies(scene, maker, found),)
    )
    communes = Section(
        key="communes", title=maker.say("report.section.adoption.communes"), tables=(_communes(maker, found),)
    )
    return overall, agencies, communes


def _columns(maker: Maker) -> tuple[Column, ...]:
    return (
        maker.column("staff"),
        maker.column("with_mailbox"),
        maker.column("without_mailbox"),
        maker.column("issued_share", Unit.SHARE),
        maker.column("used_share", Unit.SHARE),
    )


def _cells(staff: Staff) -> tuple[Cell, ...]:
    return staff.staff, staff.issued, staff.without, staff.has, staff.uses


def _levels(maker: Maker, found: AdoptionFigures) -> Table:
    rows = [
        Row(key=level or "none", cells=(level_name(maker, level), *_cells(staff)), filters=(("level", level),))
        for level, staff in sorted(found.levels.items())
        if staff != Staff()
    ]
    columns = (maker.label("level"), *_columns(maker))
    return maker.table(
        "adoption.levels", columns, rows, total=_cells(found.total), chart=bars("level", "issued_share", "used_share")
    )


def _agencies(scene: Scene, maker: Maker, found: AdoptionFigures) -> Table:
    rows = [
        Row(
            key=line.code,
            cells=(maker.line_name(line, scene.units.top), line.code, *_cells(found.lines[line.id])),
            filters=(("agency", line.code),),
        )
        for line in scene.units.lines
        if found.lines.get(line.id, Staff()) != Staff()
    ]
    columns = (*maker.agencies(), *_columns(maker))
    return maker.table(
        "adoption.agencies",
        columns,
        rows,
        total=_cells(found.total),
        chart=bars("agency", "issued_share", "used_share"),
    )


def _targets(maker: Maker, found: AdoptionFigures) -> Table:
    columns = (
        maker.label("target"), maker.label("level"), maker.label("since_year"), maker.column("aim", Unit.TEXT),
        maker.column("actual", Unit.SHARE), maker.column("met", Unit.MET),
    )  # fmt: skip
    return maker.table("adoption.targets", columns, [_target(maker, one) for one in found.targets])


def _target(maker: Maker, one: Reached) -> Row:
    target = one.target
    met = None if one.met is None else Met.MET if one.met else Met.MISSED
    aim = f"{target.percent:g} %".replace(".", "," if maker.language == "vi" else ".")
    measure = maker.say(f"report.measure.{target.measure.value}")
    cells = (measure, level_name(maker, target.level), f"{target.year}", aim, one.actual, met)
    return Row(key=f"{target.level}/{target.measure.value}", cells=cells)


def _communes(maker: Maker, found: AdoptionFigures) -> Table:
    rows = [Row(key=one.code, cells=(one.name, one.code)) for one in found.idle_communes]
    return maker.table("adoption.communes", maker.agencies(), rows)


def level_name(maker: Maker, level: str) -> str:
    """`Cấp tỉnh`; a word of the province's own as it is."""
    if level == PROVINCE:
        return maker.say("report.level.all")
    if not level:
        return maker.say("report.level.none")
    return maker.say(f"report.level.{level}") if level in ("tinh", "huyen", "xa") else level
