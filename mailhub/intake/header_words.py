"""Words for the header fields of our own (`X-Mailhub-…`): ASCII, so that a filter typed in any client finds them."""

from __future__ import annotations

import re

from mailhub.text.folding import fold

_ODD = re.compile(r"[^a-z0-9]+")


def plain(text: str) -> str:
    """Without diacritics; what is left beyond ASCII, and a quotation mark, is a question mark."""
    return "".join(c if c.isascii() and c.isprintable() and c != '"' else "?" for c in fold(text))


def token(text: str, *, most: int = 40) -> str:
    """One word of at most `most` characters: letters and digits, the rest are hyphens."""
    return "-".join(_ODD.sub(" ", plain(text)).split())[:most]
