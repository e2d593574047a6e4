"""What two readers of HTML share: its entities and its blanks. Pure, and linear in the text's length."""

from __future__ import annotations

import html
import re

# Bounded digits: `int` refuses thousands of them with an exception (CVE-2020-10735's remedy).
_ENTITY = re.compile(r"&(?:#[0-9]{1,7};?|#[xX][0-9a-fA-F]{1,6};?|[A-Za-z][A-Za-z0-9]{1,31};?)")
_BLANKS = re.compile(r"[ \t\r\n\f]+")


def unescaped(text: str) -> str:
    """With its entities as the letters that they stand for."""
    return _ENTITY.sub(lambda found: html.unescape(found[0]), text) if "&" in text else text


def one_blank(text: str) -> str:
    """With each run of blanks and line ends as one blank, as a browser has it."""
    return _BLANKS.sub(" ", text)
