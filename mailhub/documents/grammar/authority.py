"""The lines over a signature: in whose name, in whose place, with which post (Nghị định 30/2020/NĐ-CP, Điều 13)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from mailhub.documents.grammar.posts_table import COLLECTIVES, LESSER, MARKS, POSTS
from mailhub.documents.grammar.recognition import Found
from mailhub.documents.grammar.rows import Row
from mailhub.text.folding import fold

# `KT. CHỦ TỊCH`, `KT.CHỦ TỊCH`, `T/M BAN CHẤP HÀNH`, `T.M UBND`; without a stop only before capitals.
_MARK = re.compile(
    r"^\W{0,3}(T\s?[./]\s?M|K\s?[./]\s?T|T\s?[./]\s?L|TUQ|TM|KT|TL|Q|QUYỀN)\s?(?:[.,:]\s*|\s+)(?=[^\W\d_])"
)
_POSTS = {fold(post): post for post in POSTS}
_COLLECTIVES = {fold(name): name for name in COLLECTIVES}
_LESSER = frozenset(fold(post) for post in LESSER)
_LONGEST = 90
_EDGES = " \t.,;:|_-–—~*=<>()[]{}\"'“”‘’`´^/\\•·°!?»«"


@dataclass(frozen=True, slots=True)
class Office:
    """One line of ô 7a. `mark` is `TM.`, `KT.`, `TL.`, `TUQ.`, `Q.` or empty; `words` what stands after it."""

    mark: str
    words: str
    row: Row
    collective: bool = False
    lesser: bool = False
    at: int = 0  # where it begins in the row's text; more than 0 after a recipient on the same line


def read_office(row: Row, *, bent: bool = False) -> Office | None:
    """The authority or post that the whole of `row` is, or that its capitals at the end are (`…; CHỦ TỊCH`).

    `bent`: the letters were read off an image; then a known post is spelled as the table spells it.
    """
    return _office(row.text, row, bent) or _at_the_end(row, bent)


def read_authority(offices: tuple[Office, ...]) -> Found | None:
    """The marks of the lines over a name, joined by ` / `; None when whoever signed did so in their own right."""
    marked = [office for office in offices if office.mark]
    if not marked:
        return None
    words = " / ".join(f"{office.mark} {office.words}".strip() for office in offices)
    marks = list(dict.fromkeys(office.mark for office in marked))
    return Found(" / ".join(marks), 0.95, marked[0].row.seen("quyền hạn ký", words))


def read_post(offices: tuple[Office, ...]) -> Found | None:
    """The post of whoever signed: the last line without a mark; after `KT. GIÁM ĐỐC` alone it is not known."""
    for office in reversed(offices):
        if not office.collective and office.mark in ("", "Q."):
            return Found(office.words, 0.95, office.row.seen("chức vụ"))
    return None


def _office(text: str, row: Row, bent: bool) -> Office | None:
    if len(text) > _LONGEST or text[:1] in "-+•~":
        return None
    match = _MARK.match(text)
    mark = _spelled(match.group(1)) if match else ""
    words = (text[match.end() :] if match else text).strip(_EDGES)
    key = fold(words)
    if not key or not (mark or _capitals(words) or _short_title(text)):
        return None
    known = _known(key, _POSTS)
    if known in _LESSER and (after := _known(key[len(known) :].strip(), _POSTS)) and after not in _LESSER:
        return _office(" ".join(words.split()[len(known.split()) :]), row, bent)  # `THƯ KÝ CHỦ TỌA`: two on one line
    if known:
        spelled = _POSTS[key] if bent and key in _POSTS else words
        return Office(mark, spelled, row, lesser=known in _LESSER)
    if mark and (_known(key, _COLLECTIVES) or (_capitals(words) and len(key) > 3)):
        spelled = _COLLECTIVES[key] if bent and key in _COLLECTIVES else words
        return Office(mark, spelled, row, collective=True)
    return None


def _at_the_end(row: Row, bent: bool) -> Office | None:
    """OCR sets the recipients and the signer's post on one line: the capitals at its end are the post."""
    words = row.text[-_LONGEST:].split()
    taken = 0
    for word in reversed(words):
        if not (word.isupper() and sum(c.isalpha() for c in word) >= 2):
            break
        taken += 1
    for count in range(min(taken, 8), 1, -1):
        if count < len(words):
            ending = " ".join(words[-count:])
            office = _office(ending, row, bent)
            if office is not None:
                return replace(office, at=max(row.text.rfind(ending), 1))
    return None


def _known(key: str, table: dict[str, str]) -> str:
    """The entry of `table` that `key` is or begins with, as a whole word."""
    if key in table:
        return key
    words = key.split()
    for count in range(min(len(words), 5), 0, -1):
        head = " ".join(words[:count])
        if head in table:
            return head
    return ""


def _spelled(mark: str) -> str:
    plain = "".join(c for c in mark if c.isalpha())
    return "Q." if plain == "QUYỀN" else f"{plain}." if plain in MARKS else ""


def _capitals(words: str) -> bool:
    letters = [c for c in words if c.isalpha()]
    return len(letters) > 3 and sum(c.isupper() for c in letters) >= 0.8 * len(letters)


def _short_title(text: str) -> bool:
    """`Phó Hiệu trưởng` alone on its line: no sentence, no recipient."""
    return len(text) <= 40 and text[0].isupper() and len(text.split()) <= 5 and not text.endswith((";", ".", ",", ":"))
