"""A reply's own lines: what somebody wrote above the letter that the program quotes. Pure.

Text first, else HTML (`reply_html.py`). Everything from the first sign of a quotation on is left out, signatures of
telephones too; so text below a quote counts for nothing. Signs are those of Outlook, Gmail, Thunderbird, Apple Mail,
Zimbra and their Vietnamese forms.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from mailhub.mail.parts import Part, Role, Structure
from mailhub.mail.reply_html import html_lines
from mailhub.mail.structure import read_structure
from mailhub.mail.transfer import decode_body
from mailhub.text.folding import clean, fold

MOST_LINES = 40
LONGEST_LINE = 2_000
LONGEST_BODY = 256 * 1024  # octets of one part, decoded

_QUOTE_LINE = re.compile(
    r">|\|"
    r"|[-_*=]{2,}\s*(?:original message|original appointment|forwarded message|reply message|thu goc|tin nhan goc|"
    r"thong diep goc|tin goc|thu tra loi|tin nhan (?:da )?(?:duoc )?chuyen tiep|thu (?:da )?chuyen tiep)"
    r"|_{5,}\s*$|-{10,}\s*$"
    r"|(?:vao|on)\b.{5,300}\b(?:da viet|viet|wrote)\s*:?\s*$"
    r"|.{5,200}\b(?:da viet|wrote)\s*:\s*$"
)
_BROKEN_BEGIN = re.compile(r"(?:vao|on)\b.{0,60}\d")  # "Vào 09:00 …" whose "đã viết:" stands a line or two below
_BROKEN_END = re.compile(r"(?:.*\s)?(?:da viet|wrote)\s*:?\s*$")
_FROM_LINE = re.compile(r"\*?(?:from|tu|nguoi gui)\s?:\*?\s*\S")
_HEADER_LINE = re.compile(
    r"\*?(?:sent|date|to|cc|subject|da gui|ngay gui|ngay|gui|thoi gian|den|toi|chu de|tieu de)\s?:"
)
_SIGNATURE = re.compile(
    r"(?:--\s*$|__\s*$|(?:da |duoc |thu )*gui (?:tu|bang|qua) |sent (?:from|with|via|using) |get outlook |tai outlook |"
    r"nhan outlook |duoc gui tu )"
)


def reply_lines(data: bytes) -> list[str]:
    """The own lines of the message `data`, blank ones as ""; the first has text. Never raises."""
    structure = read_structure(data)
    texts = [part for part in _own_texts(structure) if part.type == "text/plain"]
    for part in texts[:1]:
        lines = own_lines(_decoded(data, part).splitlines())
        if lines:
            return lines
    for part in _own_texts(structure):
        if part.type == "text/html":
            return own_lines(html_lines(_decoded(data, part)))
    return []


def _own_texts(structure: Structure) -> Iterable[Part]:
    return (part for part in structure.parts if part.role is Role.TEXT and not part.forwarded_in)


def _decoded(data: bytes, part: Part) -> str:
    octets = decode_body(data, part)[0][:LONGEST_BODY]
    for charset in (part.charset, "utf-8", "cp1258"):
        try:
            return octets.decode(charset or "utf-8")
        except (LookupError, UnicodeError, ValueError):
            continue
    return octets.decode("utf-8", "replace")


def own_lines(lines: Iterable[str]) -> list[str]:
    """The lines above whatever is quoted and above a signature, at most `MOST_LINES`."""
    found: list[str] = []
    keys: list[str] = []
    for line in lines:
        text = clean(line[:LONGEST_LINE]).strip()
        key = fold(text)
        if _QUOTE_LINE.match(key) or (found and _SIGNATURE.match(key)) or len(found) >= MOST_LINES:
            break
        begun = _begun_above(key, keys)
        if begun is not None:
            del found[begun:]
            break
        if found or key:
            found.append(text if key else "")
            keys.append(key)
    while found and not found[-1]:
        found.pop()
    return found


def _begun_above(key: str, above: Sequence[str]) -> int | None:
    """Where the quotation that this line shows has begun, one to three lines above; None when it shows none."""
    for place in range(len(above) - 1, max(-1, len(above) - 4), -1):
        if _FROM_LINE.match(above[place]) and _HEADER_LINE.match(key):
            return place
        if _BROKEN_BEGIN.match(above[place]) and _BROKEN_END.match(key):
            return place
    return None
