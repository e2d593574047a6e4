"""Text as people mean it: old fonts converted, wrong code points mended, letters composed."""

from __future__ import annotations

import re
from dataclasses import replace

from mailhub.text.folding import clean
from mailhub.text.legacy import to_unicode
from mailhub.text.lines import Source, Text

# Control characters, and halves of surrogate pairs, which no database takes.
_ODD = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def mended(text: Text) -> Text:
    """`text` with the same lines. Conversion comes first: in TCVN3 `Ð` is é, elsewhere it stands for Đ."""
    plain = text.plain
    if _ODD.search(plain):
        text = replace(text, lines=tuple(replace(line, text=_printable(line.text)) for line in text.lines))
        plain = text.plain
    if plain.isascii():
        return text
    # What OCR misreads may look like anything.
    converted = to_unicode(plain) if text.source is Source.TEXT else None
    lines = (plain if converted is None else converted).split("\n")
    if len(lines) != len(text.lines):
        lines = [line.text for line in text.lines]
    return replace(
        text,
        lines=tuple(
            line if (words := clean(new)) == line.text else replace(line, text=words)
            for line, new in zip(text.lines, lines, strict=True)
        ),
    )


def _printable(text: str) -> str:
    """Without what `_ODD` finds; halves that belong together are put together."""
    if not _ODD.search(text):
        return text
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _ODD.sub("", whole)
