"""Reports as files: DOCX and PDF in the decree's layout, XLSX, CSV and JSON with the same numbers."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from mailhub.i18n import LANGUAGES
from mailhub.reports.rendering.composing import compose
from mailhub.reports.rendering.csv import as_csv
from mailhub.reports.rendering.docx import as_docx
from mailhub.reports.rendering.docx_blank import blank_document
from mailhub.reports.rendering.json import as_json
from mailhub.reports.rendering.letterhead import Letterhead, letterhead_of
from mailhub.reports.rendering.pdf import as_pdf
from mailhub.reports.rendering.xlsx import as_xlsx
from mailhub.reports.showing import number_words
from mailhub.reports.values import Report


class Format(StrEnum):
    """What a report can be had as."""

    DOCX = "docx"
    PDF = "pdf"
    XLSX = "xlsx"
    CSV = "csv"
    JSON = "json"


MEDIA_TYPES = {
    Format.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    Format.PDF: "application/pdf",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.CSV: "text/csv; charset=utf-8",
    Format.JSON: "application/json",
}
_WRITERS: dict[Format, Callable[[Report, Letterhead], bytes]] = {
    Format.DOCX: lambda report, head: as_docx(compose(report, head)),
    Format.PDF: lambda report, head: as_pdf(compose(report, head)),
    Format.XLSX: lambda report, _: as_xlsx(report),
    Format.CSV: lambda report, _: as_csv(report),
    Format.JSON: lambda report, _: as_json(report),
}
_ODD = re.compile(r"[^a-z0-9.\-]+")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A file; its name is ASCII and safe in a header field and on any disk."""

    content: bytes
    media_type: str
    filename: str


def render(report: Report, form: Format | str, *, head: Letterhead) -> Rendered:
    """The report as a file, in the report's language.

    Raises:
        ValueError: there is no such format.
    """
    wanted = Format(form)
    return Rendered(_WRITERS[wanted](report, head), MEDIA_TYPES[wanted], file_name(report, wanted))


def preload() -> None:
    """Read what is read at run time: the template of DOCX, and how each language writes numbers."""
    blank_document()
    for language in LANGUAGES:
        number_words(0, language)
    for encoding in ("cp437", "utf_16_le"):  # zipfile's and xlsxwriter's: Python imports them when first asked
        codecs.lookup(encoding)


def file_name(report: Report, form: Format) -> str:
    """`mailhub-usage-2026-10-snv.docx`; of a public version, `…-public.docx`."""
    parts = ["mailhub", report.kind.value, report.period.name.replace("..", "-to-"), report.agency or "all"]
    if report.public:
        parts.append("public")
    made = "-".join(_ODD.sub("-", part.lower()).strip("-.") for part in parts if part)
    return f"{made[:100]}.{form.value}"


__all__ = [
    "MEDIA_TYPES",
    "Format",
    "Letterhead",
    "Rendered",
    "file_name",
    "letterhead_of",
    "preload",
    "render",
]
