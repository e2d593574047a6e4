"""A paper as plain text, in the orders in which tools give the two columns of its head and foot."""

from __future__ import annotations

import unicodedata
from enum import StrEnum
from itertools import zip_longest

from tests.support.papers.paper import Paper


class Layout(StrEnum):
    """How the two columns come out."""

    BLOCKS = "blocks"  # the left block, then the right one
    RIGHT_FIRST = "right first"
    ROWS = "rows"  # side by side, with many blanks
    GLUED = "glued"  # side by side, with one blank
    TABS = "tabs"
    BARS = "bars"  # as copied from a web page's table


_BETWEEN = {Layout.GLUED: " ", Layout.TABS: "\t", Layout.BARS: " | "}
_WIDTH = 44


def as_text(paper: Paper, layout: Layout = Layout.BLOCKS) -> str:
    """The whole paper; its annex begins a page (form feed)."""
    lines = [
        *_beside(paper.left_head, paper.right_head, layout),
        *paper.marks,
        "",
        *paper.title,
        "",
        *paper.text,
        "",
        *_beside(paper.left_foot, paper.right_foot, layout),
        *paper.copy_lines,
    ]
    whole = "\n".join(lines) + "\n"
    return whole + "\f" + "\n".join(paper.annex) + "\n" if paper.annex else whole


def _beside(left: tuple[str, ...], right: tuple[str, ...], layout: Layout) -> list[str]:
    if layout is Layout.BLOCKS:
        return [*left, *right]
    if layout is Layout.RIGHT_FIRST:
        return [*right, *left]
    rows = list(zip_longest(left, right, fillvalue=""))
    if layout is Layout.ROWS:
        return [f"{one:<{_WIDTH}}  {two}".rstrip() for one, two in rows]
    return [_BETWEEN[layout].join(side for side in row if side) for row in rows]


def taken_apart(text: str) -> str:
    """In NFD, as files from a Mac have it."""
    return unicodedata.normalize("NFD", text)


_TCVN3 = dict(
    zip(
        "àảãáạăằẳẵắặâầẩẫấậđèẻẽéẹêềểễếệìỉĩíịòỏõóọôồổỗốộơờởỡớợùủũúụưừửữứựỳỷỹýỵĂÂĐÊÔƠƯ",
        "µ¶·¸¹¨»¼½¾Æ©ÇÈÉÊË®ÌÎÏÐÑªÒÓÔÕÖ×ØÜÝÞßáâãä«åæçèé¬êëìíîïñòóô\u00adõö÷øùúûüýþ¡¢§£¤¥¦",
        strict=True,
    )
)


def in_tcvn3(text: str) -> str:
    """As a font of before Unicode (TCVN 5712, the .Vn fonts) stores it and Windows-1252 shows it.

    The font has no capitals with tones: a line of capitals is written small, in a font whose small letters look large.
    """
    return "\n".join(_line_in_tcvn3(line) for line in unicodedata.normalize("NFC", text).split("\n"))


def _line_in_tcvn3(line: str) -> str:
    if line.isupper():
        line = line.capitalize()
    return "".join(_TCVN3.get(c, _TCVN3.get(c.lower(), c)) for c in line)
