"""What a list gives back as files: the original, and its faulty rows with what to mend, ready to be sent again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from starlette.responses import Response

from mailhub.accounts.rights import Action
from mailhub.admin.frame.access import needs
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.visit import Visit
from mailhub.admin.listing.export import XLSX, as_xlsx, attachment
from mailhub.admin.organisation.list_words import finding_words, findings_of
from mailhub.admin.organisation.lists import open_list, originals, sealer_of
from mailhub.clock import local_time
from mailhub.roster.deciding import RowAct
from mailhub.roster.entries import Given
from mailhub.roster.headers import Field
from mailhub.roster.keeping import ImportRow, KeptRow, check_readable, every_row, find_import
from mailhub.roster.source import read_original
from mailhub.roster.table import Sheet, read_table

screens = Screens()
_NOTED = "roster.original"


@screens.get("/rosters/{code}/file/original", needs(Action.ROSTER_PLAN))
def give_original(visit: Visit) -> Response:
    """The file that was planned, byte for byte; the audit log notes who took it."""
    one, data = _original(visit)
    return attachment(data, one.file_name.replace("/", "_") or "danh-sach", "")


@screens.get("/rosters/{code}/file/faults", needs(Action.ROSTER_PLAN))
def give_faults(visit: Visit) -> Response:
    """The faulty rows as the file has them, headers and all: mended, the file can be planned itself.

    The plan keeps no cells, which hold personal identifiers: the original is opened in the sandbox once more.
    """
    one, data = _original(visit)
    with visit.reading() as (connection, _):
        rows = list(every_row(connection, one.id, acts=[RowAct.WRONG]))
    sheets = {sheet.name: sheet for sheet in open_list(visit.site.settings, one.file_name, data)}
    labels = _labels(visit, one, list(sheets.values()))
    # One header for all: sheets of one file are made alike, and the label tells where they are not.
    first = next((labels[row.wanted["sheet"]] for row in rows if row.wanted["sheet"] in labels), [])
    titles = [visit.t("web.rosters.line"), *first, visit.t("web.rosters.to-mend")]
    content = as_xlsx(titles, _cells(visit, rows, sheets, len(first)), sheet="loi")
    return attachment(content, f"loi-{one.code}.xlsx", XLSX)


def _original(visit: Visit) -> tuple[ImportRow, bytes]:
    with visit.writing() as (connection, actor):
        one = find_import(connection, visit.path["code"])
        check_readable(connection, actor, one, noted=_NOTED)
    settings = visit.site.settings
    return one, read_original(originals(settings), one.file_digest, sealer_of(settings))


def _labels(visit: Visit, one: ImportRow, sheets: Sequence[Sheet]) -> dict[str, list[str]]:
    chosen = {str(label): Field(name) for label, name in one.options.get("columns", {}).items()}
    read = read_table(sheets, Given(frozenset(), local_time(visit.at).date()), chosen)
    return {name: [found.get(place, "") for place in range(max(found, default=-1) + 1)]
            for name, found in read.labels.items()}  # fmt: skip


def _cells(
    visit: Visit, rows: Sequence[KeptRow], sheets: dict[str, Sheet], width: int
) -> Iterator[Sequence[str | int]]:
    for row in rows:
        sheet = sheets.get(row.wanted["sheet"])
        there = sheet is not None and 0 < row.line <= len(sheet.rows)
        cells = list(sheet.rows[row.line - 1][:width]) if sheet is not None and there else []
        cells += [""] * (width - len(cells))
        need = "; ".join(finding_words(visit.t, one) for one in findings_of(row) if one.fault)
        yield [row.line, *cells, need or row.problem]
