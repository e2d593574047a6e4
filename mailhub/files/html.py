"""Text of HTML files as a browser lays it out: blocks are lines, cells stand apart, scripts are not shown."""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from mailhub.files.charset import unpack_text
from mailhub.files.facts import Limits, Unreadable
from mailhub.files.flow import Flow
from mailhub.files.package import MOST_ELEMENTS
from mailhub.files.reading import Reading

MOST_BYTES = 4 * 2**20
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{2,40})", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_UNSEEN = frozenset(
    ("script", "style", "head", "noscript", "template", "object", "svg", "iframe", "select", "textarea")
)
_BLOCKS = frozenset(
    ("p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "li", "ul", "ol", "dl", "dt", "dd", "tr", "table", "tbody",
     "thead", "blockquote", "pre", "section", "article", "header", "footer", "form", "address", "center", "hr",
     "figure", "caption", "fieldset", "main", "nav", "aside", "body")
)  # fmt: skip
_CELLS = frozenset(("td", "th", "table", "tr"))


def read_html(data: memoryview, limits: Limits) -> Reading:
    """The text of an HTML file. Raises nothing but MemoryError."""
    flow = Flow(limits.text_characters)
    if len(data) > MOST_BYTES:
        flow.complete = False
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, recover=True)
    try:
        root = etree.fromstring(_characters(bytes(data[:MOST_BYTES])).encode("utf-8", "replace"), parser)
        if root is not None:
            _write(root, flow)
    except (etree.LxmlError, ValueError, AssertionError):
        return Reading(flow.text(), Unreadable.DAMAGED)
    return Reading(flow.text())


def _characters(data: bytes) -> str:
    """By the encoding that the page names, when it can be read so; else as any text. NUL is no character of HTML."""
    named = _CHARSET.search(data[:4_096])
    # A page that shows its name in ASCII is not UTF-16, whatever it says (HTML § 13.2.3.2).
    wide = named is not None and named[1].lower().startswith(b"utf-16")
    if named and not wide and not data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode(named[1].decode("ascii")).replace("\0", "")
        except (LookupError, ValueError):
            pass
    return unpack_text(data).replace("\0", "")


def _write(root: Any, flow: Flow) -> None:
    line: list[str] = []
    unseen = 0

    def finish() -> None:
        words = "".join(line).strip(" ")
        line.clear()
        if words:
            flow.paragraph(words)

    for step, (event, element) in enumerate(etree.iterwalk(root, events=("start", "end"))):
        if flow.full or step > 2 * MOST_ELEMENTS:
            flow.complete = False
            return
        tag = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            unseen += tag in _UNSEEN
            if tag in _BLOCKS or tag == "br" or tag in _CELLS:
                finish()
            if not unseen and element.text:
                line.append(_shown(element.text))
            continue
        unseen -= tag in _UNSEEN
        if tag in _BLOCKS or tag in _CELLS:
            finish()
        if tag in _CELLS:
            flow.cut()
        if not unseen and element.tail:
            line.append(_shown(element.tail))
    finish()


def _shown(text: str) -> str:
    """Blanks run together, except those that HTML keeps (no-break spaces)."""
    return _BLANKS.sub(" ", text)
