"""What there is to say about a cell: what is wrong with it, and how to mend it, in Vietnamese."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """`fault`: the row is not applied. Else a remark: what was mended, or left out. `label` is the column's header."""

    what: str
    todo: str = ""
    fault: bool = True
    column: str = ""  # as Excel names it
    label: str = ""

    def __str__(self) -> str:
        where = f"cột {self.column} ({self.label}): " if self.column else ""
        return where + self.what + (f" → {self.todo}" if self.todo else "")


def remark(what: str, todo: str = "") -> Finding:
    """Something to know about, which does not stop the row."""
    return Finding(what, todo, fault=False)
