"""The report as JSON: stable English keys, values instead of words, definitions beside the figures."""

from __future__ import annotations

import json
from typing import Any

from mailhub.clock import iso_time
from mailhub.reports.rendering.raw import json_cell
from mailhub.reports.values import Column, Headline, Report, Row, Section, Table


def as_json(report: Report) -> bytes:
    """UTF-8. Durations are milliseconds, days ISO 8601, shares objects."""
    return json.dumps(json_of(report), ensure_ascii=False, indent=1).encode("utf-8", "replace")


def json_of(report: Report) -> dict[str, Any]:
    """The same as an object, for `/api/v1` as well."""
    period = report.period
    return {
        "report": report.kind.value,
        "title": report.title,
        "language": report.language,
        "agency": {"code": report.agency, "name": report.agency_name},
        "period": {
            "name": period.name,
            "first": period.first.isoformat(),
            "last": period.last.isoformat(),
            "words": report.period_words,
        },
        "made_at": iso_time(report.made_at),
        "public": report.public,
        "notes": list(report.notes),
        "sections": [_section(section) for section in report.sections],
    }


def _section(section: Section) -> dict[str, Any]:
    return {
        "key": section.key,
        "title": section.title,
        "figures": [_headline(one) for one in section.headlines],
        "paragraphs": list(section.paragraphs),
        "tables": [_table(table) for table in section.tables],
    }


def _headline(one: Headline) -> dict[str, Any]:
    return {
        "key": one.key,
        "title": one.title,
        "definition": one.definition,
        "unit": one.unit.value,
        "value": json_cell(one.value),
        "before": json_cell(one.before),
        "target": one.target,
        "met": None if one.met is None else one.met.value,
    }


def _table(table: Table) -> dict[str, Any]:
    return {
        "key": table.key,
        "title": table.title,
        "definition": table.definition,
        "columns": [_column(column) for column in table.columns],
        "rows": [_row(row, table) for row in table.rows],
        "total": None if table.total is None else _row(table.total, table),
        "left_out": table.cut,
    }


def _column(column: Column) -> dict[str, Any]:
    return {
        "key": column.key,
        "title": column.title,
        "unit": column.unit.value,
        "definition": column.definition,
        "label": column.label,
    }


def _row(row: Row, table: Table) -> dict[str, Any]:
    cells = {column.key: json_cell(cell) for column, cell in zip(table.columns, row.cells, strict=True)}
    return {"key": row.key, "cells": cells}
