"""Marks of secrecy in what a mail itself says: its subject and the lines of its body. Pure.

Levels: Luật 117/2025/QH15; NĐ 30/2020/NĐ-CP, PL I, ô 10a; reference/secrecy-and-conduct § 1.2 and § 1.4. A mark fills
its line or its brackets. Words of a sentence are none (`trừ văn bản mật`, `bảo mật`, `MẬT` within capitals), nor is a
list of the levels, nor `LƯU HÀNH NỘI BỘ`, which restricts circulation alone. A mail has no upper left corner, so that
the degree has to be in capitals here, which the stamp of a page need not be; a label before it (`Độ mật: Mật – …`)
stands for them. `TÀI LIỆU MẬT` in capitals is a mark where it is all that a line or a subject's head says.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from mailhub.documents.grammar.marks_table import SECRECY
from mailhub.documents.grammar.stamp_words import LONGEST, is_shouted, mark_of
from mailhub.text.folding import clean, fold
from mailhub.text.lines import Source

MOST_LINES = 20_000
_LONGEST_TITLE = 90
_LONGEST_SAID = 400  # a label, its level, and what else stands on the line
_LONGEST_SUBJECT = 500
_NEAR = 4  # lines with words, between two degrees that are one list
_WORDS = {"mat": "MẬT", "toi mat": "TỐI MẬT", "tuyet mat": "TUYỆT MẬT"}
_BEFORE = re.compile(r"^(?:\s*[>|])*\s*")  # quoted lines
_BULLET = re.compile(r"^(?:[-+*•–—·]\s|\(?(?:\d{1,2}|[a-zđ])[.)]\s)")
_FRAME = " \t*_=~.:|[](){}<>“”\"'"
_SAID = re.compile(r"^\W{0,4}(?:muc )?do mat\s?[:.\-–]\s*[\[(\"“*]?\s?(?P<level>tuyet mat|toi mat|mat)\b(?P<rest>.*)$")
# What follows a level that was meant, and what follows one that is only spoken of.
_ENDED = re.compile(r"^\s?(?:[;|\])\"”*]|[.\-–—:](?!\w))")
_SPOKEN_OF = re.compile(
    r"^\W*(?:ghi|dong|duoc|la|thi|theo|hoac|va|neu|o|khi|phai|khong|cua|doi voi|tren|trong"
    r"|khau|do|ong|thu|danh|vu|the)\b"
)
_LEVELS = re.compile(r"\b(?:tuyet|toi) mat\b|(?:^|[/,;(]|\bhoac|\bva)\s*mat\b")
# A paper with its level, and what stands around it where it is a piece of a title in capitals.
_PAPER = re.compile(r"^(?:tai lieu|van ban|cong van|ho so)(?: do)? (?:tuyet |toi )?mat$")
_TITLE = re.compile(
    r"^\W*(?:quy (?:che|dinh|trinh)|huong dan|quyet dinh|thong tu|nghi dinh|luat|ve |v/v"
    r"|so (?:dang|theo|chuyen|quan|giao)|danh (?:muc|sach)|mau|bien ban|phieu"
    r"|bao cao|ke hoach|phuong an|tap huan|cong tac|chuong|muc|dieu|phan)"
    r"|\b(?:quan ly|su dung|bao ve|luu (?:tru|giu)|soan thao|gui|nhan|sao|chup|in|tieu huy|xu ly|dang ky|doi voi|theo"
    r"|giao nhan|voi|khi|cua|cho|ve|so luong|loai|the nao la)$"
)
_TITLE_ON = re.compile(r"^\W*(?:di|den|cua|tren|qua|trong|theo|va|hoac|tai|cho|nam|bang|do|duoc|phai|khong|la|gom)\b")
_OTHER_FIELD = re.compile(r"^[\s;,.|)\]\"”*–-]*(?:$|(?:do khan|so\b|so ky hieu|thoi han|noi nhan|ngay)\b)")
_OF_THE_STATE = re.compile(
    r"^\W{0,4}(?:tai lieu|van ban|thong tin|noi dung)?\s?(?:co|chua|thuoc)?\s?(?:noi dung |danh muc )?bi mat nha nuoc,?"
    r"\s?(?:thuoc )?do\s?:?\s?[\"“(]?(?P<level>tuyet mat|toi mat|mat)\W{0,4}$"
)
_LISTED = re.compile(r"^\W{0,4}(?:noi dung )?danh muc\b")
# What a sentence in capitals says before `mật` at its line's end, and after it at the next one's beginning.
_GOES_ON = re.compile(
    r"(?:van ban|tai lieu|thong tin|ho so|cong van|bi|bao|do|dau|muc|va|hoac|tru|la|chi|co|cac|nhung|[,:(/-])$"
)
_WENT_ON = re.compile(r"^(?:khau|do|ong|thu|danh|vu|the|hieu|thiet|nghi|tich|bao)\b")
_BESIDE = re.compile(r"^\W{0,4}(?:s[o0]\s?:|kinh\s?gui|v\s?/\s?v|[^,]{3,30}, ?ngay )")
_COLUMNS = re.compile(r"\t+| {3,}|\s\|\s?|\|")
_TWICE = re.compile(r"^(?:\s*(?:re|fwd?|tl|trả lời|chuyển tiếp|tra loi|chuyen tiep)\s*:)+\s*", re.IGNORECASE)
_BRACKETS = re.compile(r"[\[({【<«]\s*([^\])}】>»\[({]{2,24})\s*[\])}】>»]")
# What every mark has in it, whatever its font and spacing: most mails are told by one search.
_AS_MARKS_END = r"\W{0,4}[aăâàáảãạậấầẩẫặắằẳẵëäAĂÂÀÁẢÃẠẬẤẦẨẪẶẮẰẲẴËÄeE][\WäÄaA]{0,4}[tT]"
_HINTS = tuple(re.compile(first + _AS_MARKS_END) for first in "mM")  # one letter is found much faster than any of two
# Capitals drawn alike in other scripts; full width, mathematical and encircled ones are look-alikes to Unicode (NFKC).
_ALIKE = str.maketrans("АВЕІКМНОРСТУХΑΒΕΙΚΜΝΟΡΤΥΧ", "ABEIKMHOPCTYXABEIKMNOPTYX")
_FOREIGN = re.compile(
    "[\u0391-\u03a9\u0406-\u042f\u1d2c-\u1d6a\u2460-\u24ff\uff00-\uffef\U0001d400-\U0001d7ff\U0001f130-\U0001f189]"
)
_HEADS = re.compile(r"^(?P<mark>[^:|–—-]{2,24}?)\s*(?:[:|–—]|\s-\s|-\s)")


def marks_in(lines: Sequence[str], *, source: Source = Source.TEXT, latin: bool = False) -> str:
    """The highest level of secrecy that is marked in a text's lines, or "".

    `source` is how the letters were come by; `latin`: they are known to be Latin ones. Never raises; takes time
    linear in the text.
    """
    image = source is Source.OCR
    lines = lines[:MOST_LINES]
    whole = "\n".join(lines)  # one search is cheaper than one a line, and tells most mails
    if not latin and _FOREIGN.search(whole) is not None:
        lines = [_as_drawn(line) for line in lines]
        whole = "\n".join(lines)
    if not image and not _hints(whole):
        return ""
    words = [_BEFORE.sub("", line, count=1).strip() for line in lines]
    shown = [place for place, line in enumerate(words) if line]
    stamped: list[tuple[int, str]] = []
    levels: set[str] = set()
    for number, place in enumerate(shown):
        line = words[place]
        if not image and not _hints(line):
            continue
        said = _said(line)
        if said:
            levels.add(said)
        elif mark := _alone(words, place, image=image):
            stamped.append((number, mark))
    levels |= {mark for index, (_, mark) in enumerate(stamped) if not _listed(stamped, index)}
    return highest(levels)


def mark_in_subject(subject: str) -> str:
    """The level of secrecy that a subject is marked with, or "": `[MẬT]`, `Độ mật: Tối mật`, `TUYỆT MẬT: …`."""
    subject = _as_drawn(subject[:_LONGEST_SUBJECT])
    if not _hints(subject):
        return ""
    text = _TWICE.sub("", clean(subject)).strip()
    found = {_level(match[1], loose=True) or _said(match[1]) for match in _BRACKETS.finditer(text)}
    found |= {_paper(match[1]) for match in _BRACKETS.finditer(text) if not match.start() or not is_shouted(text)}
    found |= {_level(text, loose=False), _said(text), _paper(text)}
    head = _HEADS.match(text)
    if head is not None:
        found |= {_level(head["mark"], loose=False), _paper(head["mark"])}
    return highest(found)


def _hints(text: str) -> bool:
    small, capital = _HINTS
    return small.search(text) is not None or capital.search(text) is not None


def _as_drawn(text: str) -> str:
    """The line with Latin letters for those that are drawn like them."""
    if text.isascii() or len(text) > _LONGEST_SUBJECT or _FOREIGN.search(text) is None:
        return text
    return unicodedata.normalize("NFKC", text.translate(_ALIKE))


def highest(levels: set[str]) -> str:
    """The highest of some levels, "" of none."""
    return next((level for level in SECRECY if level in levels), "")


def _said(line: str) -> str:
    """The level that the line states in words: `Độ mật: Mật`, `TÀI LIỆU BÍ MẬT NHÀ NƯỚC ĐỘ TỐI MẬT`."""
    if len(line) > _LONGEST_SAID:
        return ""
    key = fold(line)
    if "mat" not in key:
        return ""
    match = _SAID.match(key)
    if match is not None:
        return _WORDS[match["level"]] if _is_meant(line, match) else ""
    if len(line) > _LONGEST_TITLE or _LISTED.match(key):
        return ""  # the list of what is secret is itself public
    match = _OF_THE_STATE.match(key)
    return _WORDS[match["level"]] if match is not None else ""


def _is_meant(line: str, match: re.Match[str]) -> bool:
    """Whether a label's level is what the mail bears, and not what a form explains or leaves to be chosen."""
    rest = match["rest"]
    if _OTHER_FIELD.match(rest):
        return True
    if _SPOKEN_OF.match(rest) or _LEVELS.search(rest):
        return False
    if _ENDED.match(rest):
        return True
    before, letters = match.string[: match.start("level")], [c for c in clean(line) if c.isalpha()]
    first = sum(map(str.isalpha, before))
    return is_shouted("".join(letters[first : first + len(match["level"].replace(" ", ""))]))


def _paper(text: str) -> str:
    """The level of `TÀI LIỆU MẬT`, `VĂN BẢN TỐI MẬT` when that is all, and in capitals."""
    bare = clean(text).strip(_FRAME)
    if len(bare) > LONGEST or not is_shouted(bare) or text.rstrip().endswith(":"):
        return ""
    if _PAPER.match(fold(bare)) is None:
        return ""
    words = bare.split()
    level = " ".join(words[-2:]) if fold(words[-2]) in ("tuyet", "toi") else words[-1]
    return _level(level, loose=False)


def _in_a_title(words: Sequence[str], place: int) -> bool:
    """Whether a line in capitals is a piece of a title: `QUY CHẾ QUẢN LÝ` above it, `TRÊN MẠNG` below."""
    before = words[place - 1] if place else ""
    after = words[place + 1] if place + 1 < len(words) else ""
    if is_shouted(before) and (_TITLE.search(fold(before)) or _GOES_ON.search(fold(before))):
        return True
    return is_shouted(after) and _TITLE_ON.match(fold(after)) is not None


def _alone(words: Sequence[str], place: int, *, image: bool) -> str:
    """The level of a mark that has its line to itself, and is no piece of what stands around it."""
    if mark := _stamp(words[place], image=image):
        return "" if _in_a_sentence(words, place) else mark
    mark = _paper(words[place])
    return "" if mark and _in_a_title(words, place) else mark


def _stamp(line: str, *, image: bool) -> str:
    """The level that the whole line is, or one column of it beside what stands beside a stamp."""
    if len(line) > 2 * LONGEST or _BULLET.match(line.casefold()):
        return ""
    if level := _level(line, loose=False, image=image):
        return level
    columns = [part.strip() for part in _COLUMNS.split(line) if part.strip(_FRAME)]
    if len(columns) != 2:
        return ""
    for one, other in (columns, columns[::-1]):
        level = _level(one, loose=False, image=image)
        if level and _BESIDE.match(fold(other)):
            return level
    return ""


def _level(text: str, *, loose: bool, image: bool = False) -> str:
    """The level that these words are. `loose`: small letters will do, since brackets set them apart; then `MAT` without
    its marks will not, for that may be anybody's initials."""
    bare = text.strip(_FRAME)
    if len(bare) > LONGEST:
        return ""
    found = mark_of(bare[:1].upper() + bare[1:] if loose else bare, image=image)
    if found is None or found[0] not in SECRECY:
        return ""
    bare = clean(bare).strip(_FRAME)
    if loose:
        return "" if bare.isascii() and len(bare) < 5 else found[0]
    return found[0] if _in_capitals(bare) or _is_old_font(bare) else ""


def _in_capitals(text: str) -> bool:
    """Whether the letters without marks are capitals: TCVN3 has no others, so that `TUYÖT MËT` becomes `TUYệT MậT`."""
    return is_shouted("".join(filter(str.isascii, text)))


def _is_old_font(text: str) -> bool:
    """Whether the words are a stamp in a font of before Unicode, whose capitals read as small letters."""
    return not text.isascii() and fold(text) not in _WORDS


def _in_a_sentence(words: Sequence[str], place: int) -> bool:
    """Whether a line of nothing but a mark is where a sentence in capitals was broken."""
    before = words[place - 1] if place else ""
    after = words[place + 1] if place + 1 < len(words) else ""
    if before and is_shouted(before) and len(before) > 8 and _GOES_ON.search(fold(before)):
        return True
    return bool(after) and _WENT_ON.match(fold(after)) is not None and is_shouted(after)


def _listed(stamped: Sequence[tuple[int, str]], index: int) -> bool:
    """Whether another degree stands close by, so that this is one of a list of them. A line is one entry at most, so
    that only the next few can be near."""
    number, mark = stamped[index]
    around = stamped[max(0, index - _NEAR) : index + _NEAR + 1]
    return any(other != mark and abs(at - number) <= _NEAR for at, other in around)
