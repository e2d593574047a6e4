"""An HTML reply as lines, up to its first quotation. Pure.

One pass of our own, each character looked at a few times at most: `html.parser` takes minutes for half a mebibyte of
unfinished comments (CVE-2025-6069), and what a reply says needs no more than this.
"""

from __future__ import annotations

import re

from mailhub.mail.html_words import one_blank, unescaped

MOST_LINES = 160
LONGEST_LINE = 2_000
LONGEST_TAG = 4_000

_TAG = re.compile(r"(/?)([a-zA-Z][a-zA-Z0-9:]{0,20})(?![a-zA-Z0-9:])")
_ATTRIBUTE = re.compile(r"""\b(class|id|style)\s{0,9}=\s{0,9}("[^"]*"|'[^']*'|[^\s"'>]+)""", re.IGNORECASE)
_BREAKING = frozenset({"br", "p", "div", "tr", "li", "table", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6"})
_ENDING = frozenset({"p", "div", "tr", "li"})
_UNSEEN = ("style", "script", "head", "title")
_QUOTE_NAMES = re.compile(
    r"gmail_quote|gmail_attr|yahoo_quoted|moz-cite-prefix|moz-forward|protonmail_quote|divrplyfwdmsg|appendonsend|"
    r"olk_src_body_section|zwchr|reply-intro|mail-editor-reference-message|tutanota_quote|quoted"
)
_SIGNATURE_NAMES = re.compile(r"gmail_signature|moz-signature|outlook-mobile-signature|applemailsignature|^signature$")
_BORDER = re.compile(r"border-top:\s{0,9}solid")  # Outlook's line over "Từ: …"


def html_lines(text: str) -> list[str]:
    """The lines above the first quotation, blank ones as "". Never raises."""
    reader = _Reader(text)
    reader.run()
    return reader.lines


class _Reader:
    """The way through one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lower = text.lower() if text.isascii() else _lower_ascii(text)
        self._next_end = text.find(">")
        self.lines = [""]

    def run(self) -> None:
        """Until the text, or what is one's own in it, ends."""
        at, size = 0, len(self._text)
        while at < size and len(self.lines) <= MOST_LINES:
            opening = self._text.find("<", at)
            if opening < 0:
                self._say(at, size)
                return
            self._say(at, opening)
            if self._text.startswith("<!", opening) or self._text.startswith("<?", opening):
                at = self._behind("-->" if self._text.startswith("<!--", opening) else ">", opening)
                continue
            end = self._end_of_tag(opening)
            tag = _TAG.match(self._text, opening + 1, end) if opening < end <= opening + LONGEST_TAG else None
            if tag is None:
                self._say(opening, opening + 1)
                at = opening + 1
                continue
            at = end + 1
            if self._is_quote(tag[1], tag[2].lower(), self._text[tag.end() : end]):
                return
            if not tag[1] and tag[2].lower() in _UNSEEN:
                at = self._behind(">", self._behind(f"</{tag[2].lower()}", at))

    def _end_of_tag(self, at: int) -> int:
        """Where the next `>` stands; -1 when there is none. Looked for once each."""
        if -1 < self._next_end < at:
            self._next_end = self._text.find(">", at)
        return self._next_end

    def _is_quote(self, slash: str, name: str, attributes: str) -> bool:
        """Whether the tag begins a quotation; else the line that it breaks is broken."""
        if not slash and self._begins_quote(name, attributes):
            return True
        if name in (_ENDING if slash else _BREAKING):
            self._break(always=name == "br")
        return False

    def _behind(self, end: str, at: int) -> int:
        """The place behind the next `end`; of the whole text when there is none, as browsers have it."""
        found = self._lower.find(end, at)
        return len(self._text) if found < 0 else found + len(end)

    def _begins_quote(self, name: str, attributes: str) -> bool:
        if name in ("blockquote", "hr"):
            return True
        names, style = [], ""
        for key, value in _ATTRIBUTE.findall(attributes) if "=" in attributes else ():
            if key.lower() == "style":
                style = value.lower()
            else:
                names.append(value.strip("\"'").lower())
        said = " ".join(names)
        if _QUOTE_NAMES.search(said) or _BORDER.search(style):
            return True
        return bool(_SIGNATURE_NAMES.search(said)) and any(line.strip() for line in self.lines)

    def _say(self, start: int, end: int) -> None:
        room = LONGEST_LINE - len(self.lines[-1])
        if start >= end or room <= 0:
            return
        text = unescaped(self._text[start : min(end, start + 4 * LONGEST_LINE)])
        self.lines[-1] += one_blank(text)[:room]

    def _break(self, *, always: bool) -> None:
        if always or self.lines[-1]:
            self.lines.append("")


def _lower_ascii(text: str) -> str:
    """In lower case with every letter in its place: `str.lower` makes two of some."""
    return text.translate({upper: upper + 32 for upper in range(65, 91)})
