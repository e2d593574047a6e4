"""A report as a paper: what DOCX and PDF both print, in the order of Nghị định 30/2020/NĐ-CP.

Strings are on one line and printable; they are still hostile text to whoever writes XML or markup around them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Heading:
    """Level 1 is a chapter (`I. …`), level 2 a table's or a paragraph's title (`1. …`)."""

    text: str
    level: int


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph; a small one is a note in italics."""

    text: str
    small: bool = False


@dataclass(frozen=True, slots=True)
class GridCell:
    """A cell; `under` stands below it, smaller (a figure's definition)."""

    text: str
    under: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GridColumn:
    """`figure`: to the right; others to the left, but `centred` ones. `width` in millimetres."""

    title: str
    figure: bool = False
    centred: bool = False
    width: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table. The rows are as long as `columns`; `total` is the last row, in bold. `size` in points."""

    columns: tuple[GridColumn, ...]
    rows: tuple[tuple[GridCell, ...], ...]
    total: tuple[GridCell, ...] | None = None
    size: float = 12.0


Block = Heading | Words | Grid


@dataclass(frozen=True, slots=True, kw_only=True)
class Appendix:
    """A table too wide for the page, on one that lies (`Phụ lục I`)."""

    label: str
    title: str
    leads: str  # to which report it belongs, its number and date to be written in
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """The whole of it. `about` is the trích yếu, in lines; what is "" is left out, dots are written over."""

    language: str
    title: str  # of the file
    superior: str
    agency: str
    number: str
    place_and_date: str
    kind: str
    about: str
    addressee: str
    blocks: tuple[Block, ...]
    appendices: tuple[Appendix, ...]
    recipients: tuple[str, ...]  # the word "Nơi nhận:" first
    signature: str
