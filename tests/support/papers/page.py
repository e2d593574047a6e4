"""A paper as PDF with text, laid out as Nghị định 30/2020/NĐ-CP, PL I, phần I asks: A4, Times-like, two-column head."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache

import typst

from tests.support.papers.paper import MOTTO, PARTY, Paper

# Box 10b: width of the frame in millimetres; all are 8 mm high.
_FRAMES = {"HỎA TỐC": 30, "THƯỢNG KHẨN": 40, "KHẨN": 20, "TUYỆT MẬT": 36, "TỐI MẬT": 30, "MẬT": 20}

_START = """
#set page(paper: "a4", margin: (top: 20mm, bottom: 20mm, left: 30mm, right: 18mm))
#set text(font: "Liberation Serif", size: 13pt, lang: "vi")
#set par(justify: false, leading: 0.6em, spacing: 0.6em)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What differs from one print to the next. Angles in degrees, lengths in millimetres."""

    ink: str = "#d01818"  # of stamps; "#555555" is red that a scanner turned grey
    turn: float = 0.0  # the stamps' slant
    overlap: float = 0.0  # how far the stamp is pushed up, over the line above it
    framed: bool = True
    incoming: bool = False  # the receiving office's stamp ĐẾN Số …
    seal: bool = False  # the round seal over the signature


def as_pdf(paper: Paper, look: Look | None = None) -> bytes:
    """The paper as a PDF with a text layer."""
    return _compiled(_source(paper, look or Look()))


@cache
def _compiled(source: str) -> bytes:
    return bytes(typst.compile(source.encode(), format="pdf"))


def _source(paper: Paper, look: Look) -> str:
    parts = [_START, _head(paper, look), *_title(paper), *map(_paragraph, paper.text), _foot(paper, look)]
    if paper.copy_lines:
        parts += ["#v(6mm)", _stack(paper.copy_lines, bold=())]
    if paper.annex:
        parts += ["#pagebreak()", *map(_paragraph, paper.annex)]
    return "\n".join(parts)


def _head(paper: Paper, look: Look) -> str:
    above = 1 if paper.parent else 0
    left = _stack(paper.left_head, bold=range(above, above + len(paper.issuer)))
    right = _stack(
        paper.right_head, bold=(0, 1) if paper.right_head[: len(MOTTO)] == MOTTO else (0,), slanted=paper.date_line
    )
    stamps = [_stamp(mark, look) for mark in paper.marks]
    if look.incoming:
        stamps.append(_incoming(look))
    # Secrecy above, urgency below it (boxes 10a, 10b); pushed up, a stamp runs into the number's line.
    column = f"#v({-look.overlap}mm)\n" + "\n#v(1.5mm)\n".join(stamps) if stamps else ""
    return (
        "#grid(columns: (44%, 56%), column-gutter: 2mm,\n"
        f"[#align(center)[{left}\n{column}]],\n[#align(center)[{right}]])\n#v(5mm)"
    )


def _title(paper: Paper) -> list[str]:
    if not paper.title:
        return []
    *heads, last = paper.title
    bold = [*heads, last] if paper.subject or len(paper.title) == 1 else paper.title
    return [f'#align(center)[#text(weight: "bold", {_quoted(line)})]' for line in bold] + ["#v(4mm)"]


def _foot(paper: Paper, look: Look) -> str:
    left = "#linebreak()".join(
        f"#text(size: {11 if number else 12}pt, {_quoted(line)})" for number, line in enumerate(paper.left_foot)
    )
    right = _stack(paper.authority, bold=range(9))
    seal = _seal() if look.seal else ""
    name = f'#v(22mm)\n#text(weight: "bold", {_quoted(paper.signer)})' if paper.signer else ""
    return (
        "#v(6mm)\n#block(breakable: false)[#grid(columns: (50%, 50%), column-gutter: 2mm,\n"
        f"[#align(left)[{left}]],\n[#align(center)[{right}{seal}{name}]])]"
    )


def _stack(lines: tuple[str, ...] | list[str], bold: range | tuple[int, ...], slanted: str = "") -> str:
    made = []
    for number, line in enumerate(lines):
        style = 'weight: "bold", ' if number in bold else 'style: "italic", ' if slanted and line == slanted else ""
        made.append(f"#text({style}size: {12 if line == PARTY or line in MOTTO[:1] else 13}pt, {_quoted(line)})")
    return "#linebreak()\n".join(made)


def _stamp(mark: str, look: Look) -> str:
    words = f'text(fill: rgb("{look.ink}"), weight: "bold", size: 14pt, {_quoted(mark)})'
    if not look.framed:
        return f"#rotate({look.turn}deg, {words})"
    width = _FRAMES.get(mark, 50)
    frame = f'box(width: {width}mm, height: 8mm, stroke: 1.3pt + rgb("{look.ink}"), align(center + horizon, {words}))'
    return f"#rotate({look.turn}deg, {frame})"


def _incoming(look: Look) -> str:
    rows = ("SỞ TÀI CHÍNH TỈNH SƠN HÀ", "ĐẾN   Số: 4711", "Ngày: 02/11/2026", "Chuyển: Phòng Kế hoạch")
    inside = " + linebreak() + ".join(f'text(fill: rgb("{look.ink}"), size: 10pt, {_quoted(row)})' for row in rows)
    return f'#v(2mm)\n#rotate({look.turn / 2}deg, box(inset: 2mm, stroke: 1pt + rgb("{look.ink}"), {inside}))'


def _seal() -> str:
    star = 'align(center + horizon, text(fill: rgb("#d01818"), size: 9pt, "★"))'
    return f'#place(dx: -4mm, dy: 4mm, circle(radius: 15mm, stroke: 1.6pt + rgb("#d01818"), {star}))'


def _paragraph(line: str) -> str:
    return f"#text({_quoted(line)})#parbreak()"


def _quoted(line: str) -> str:
    """A string of Typst's; JSON escapes quotes and backslashes the same way."""
    return json.dumps(line, ensure_ascii=False)
