"""Cells as machines take them: XLSX, CSV and JSON hold values, and the same ones."""

from __future__ import annotations

from datetime import date
from typing import Any

from mailhub.reports.values import SUPPRESSED, Cell, Rate, Share


def percent_of(share: Share) -> float | None:
    """With one place after the comma, as it is shown."""
    return None if share.percent is None else round(share.percent, 1)


def json_cell(cell: Cell) -> Any:
    """Shares and rates are objects; what is not said is `{"suppressed": true}`, and what is not known is null."""
    if isinstance(cell, Share):
        return {"part": cell.part, "whole": cell.whole, "percent": percent_of(cell)}
    if isinstance(cell, Rate):
        return {"number": cell.number, "of": cell.of, "per_hundred": cell.per_hundred}
    if cell is SUPPRESSED:
        return {"suppressed": True}
    return cell.isoformat() if isinstance(cell, date) else cell
