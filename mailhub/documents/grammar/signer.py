"""Who signed: the block at the foot of the main document (Nghị định 30/2020/NĐ-CP, PL I, ô 7a, 7b).

The block stands right of Nơi nhận, so that its lines come before, after or between the recipients, and OCR joins both
on one line. It is read from the first row of the foot until prose, an annex or another header begins. A name counts
when it fills its row (or ends it after a recipient) and is not a recipient itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from mailhub.documents.grammar.authority import Office, read_authority, read_office, read_post
from mailhub.documents.grammar.copies import copy_block
from mailhub.documents.grammar.foot import FILED, ITEM, LONGEST_BLOCK, block_begins, ends_block
from mailhub.documents.grammar.names import Name, read_name
from mailhub.documents.grammar.recognition import Doubt, Found
from mailhub.documents.grammar.rows import Page, Row
from mailhub.text.folding import fold
from mailhub.text.lines import Source

_LINE_HEIGHT = 0.008  # of the page: rows whose tops are nearer than this stand on one line
_BEYOND = 0.72  # trust in a block behind what was taken for the document's end
_NEAR = 4  # rows after the filed copy's within which a name without an office is the signer's
_NUMBERED = re.compile(r"^\s*\(?\d")
_APPROVAL = re.compile(r"^\W{0,3}(?:phe duyet|duyet\b|xac nhan cua|y kien cua|chung thuc)")
_SIGNED_BY = re.compile(r"^\W{0,3}(?:nguoi ky|ky boi|duoc ky boi|signed by|digitally signed by|nguoi ky ten)\b\W*")
_PORTAL = re.compile(
    r"^\W{0,3}(?:so hieu|ngay ban hanh|co quan ban hanh|noi ban hanh|loai van ban|tinh trang hieu luc)\b"
)
_TRAILING = re.compile(r"(?:[;.)”]|\bdd)\s+(?P<name>[^\W\d_][^;.:,()]{3,40})$")


@dataclass(frozen=True, slots=True)
class SignerBlock:
    """What the foot says of the signature. `rows` are the first and the last row it takes of `Page.rows`."""

    signer: Found | None
    authority: Found | None
    post: Found | None
    doubts: tuple[Doubt, ...] = ()
    rows: tuple[int, int] = (-1, -1)


@dataclass(frozen=True, slots=True)
class _Seen:
    """A name in the block with the place of its row and the offices that stand over it."""

    place: int
    row: Row
    name: Name
    offices: tuple[Office, ...]
    approval: bool
    after_filed: int = -1  # rows since `Lưu: VT`, with which the recipients end; -1 before it

    @property
    def lesser(self) -> bool:
        return bool(self.offices) and all(office.lesser for office in self.offices)


def read_signer(page: Page) -> SignerBlock | None:
    """The signer of the main document, None when neither a name nor an office is shown. Never raises."""
    copied = copy_block(page)
    if copied is not None and copied[1] < page.end:
        end = copied[1]
        page = replace(page, end=end, foot=min(page.foot, end), body=min(page.body, max(page.title + 1, end - 20)))
    block = _read(page, 1.0)
    if block is None and page.foot >= page.end < len(page.rows):
        # A document ends with its foot: where there is none, it did not end where something seemed to be attached.
        rest = replace(page, foot=len(page.rows), end=len(page.rows))
        block = _read(rest, _BEYOND)
    return block


def _read(page: Page, trust: float) -> SignerBlock | None:
    bent = page.source is Source.OCR
    start = block_begins(page)
    seen, offices, last = _gather(page, start, bent)
    chosen = _choose(seen)
    if chosen is None:
        return _without_name(page, offices, start, last)
    rule = "khối chữ ký" if chosen.offices else "tên ở cuối"
    signer = Found(chosen.name.text, round(_confidence(chosen, page) * trust, 2), chosen.row.seen(rule))
    return SignerBlock(
        signer,
        read_authority(chosen.offices),
        read_post(chosen.offices),
        _doubts(page, seen, chosen),
        (start, last),
    )


def _gather(page: Page, start: int, bent: bool) -> tuple[list[_Seen], list[Office], int]:
    """Names and offices from `start` on until the block ends, and the row where that is."""
    seen: list[_Seen] = []
    open_offices: list[Office] = []
    every: list[Office] = []
    approval = False
    last = start
    filed = -1
    for place in range(start, min(page.end, start + LONGEST_BLOCK)):
        row = page.rows[place]
        if ends_block(row, bool(every) or place > start):
            break
        last = place
        approval = approval or bool(_APPROVAL.match(row.key))
        office = read_office(row, bent=bent)
        if office is not None:
            if seen and seen[-1].offices and seen[-1].offices[-1] in open_offices and not _beside(seen[-1].row, row):
                open_offices = []
            open_offices.append(office)
            every.append(office)
            continue
        if FILED.match(row.key):
            filed = place
        since = place - filed if filed >= 0 else -1
        name = _name_in(row, dashed=_right_side(row) or (bent and since > 0), joined=bent)
        if name is not None and not _quoted_signature(page, place) and (open_offices or since <= _NEAR):
            seen.append(_Seen(place, row, name, _over(row, open_offices), approval, since))
    return seen, every, last


def _name_in(row: Row, *, dashed: bool, joined: bool) -> Name | None:
    """The name that fills the row, or that stands at its end after a recipient.

    `dashed`: a dash before the name is a stroke of the signature; elsewhere it makes a recipient. `joined`: the row may
    be both sides of the foot in one.
    """
    if row.text.endswith(";"):
        return None
    item = bool(ITEM.match(row.text))
    if not _NUMBERED.match(row.text) and ":" not in row.text.strip(" :."):
        name = read_name(row.text, image=joined)
        if name is not None:
            return Name(name.text, name.certainty * (0.6 if item and not dashed else 1.0))
    trailing = _TRAILING.search(row.text[-80:])
    if trailing is None or not (joined or item):
        return None
    name = read_name(trailing.group("name"), image=joined)
    return None if name is None else Name(name.text, name.certainty * 0.9)


def _right_side(row: Row) -> bool:
    """Whether the row stands where the signer does, not the recipients."""
    return row.line.left is not None and row.line.left > 0.45


def _quoted_signature(page: Page, place: int) -> bool:
    """Whether the row goes on from `Người ký:`, which signing software prints and which names anybody."""
    return place > 0 and bool(_SIGNED_BY.fullmatch(page.rows[place - 1].key))


def _over(row: Row, offices: list[Office]) -> tuple[Office, ...]:
    """The offices of this name's column: where two stand side by side, the one over the name."""
    kept: list[Office] = []
    for office in offices:
        rivals = [other for other in offices if _beside(other.row, office.row)]
        if min(rivals, key=lambda other: abs(_middle(other.row) - _middle(row))) is office:
            kept.append(office)
    return tuple(kept)


def _beside(one: Row, other: Row) -> bool:
    """Whether two rows stand on one line: of the text, or of the page where places are known."""
    if one.index == other.index:
        return True
    tops = (one.line.top, other.line.top)
    return (
        one.page == other.page and tops[0] is not None and tops[1] is not None and abs(tops[0] - tops[1]) < _LINE_HEIGHT
    )


def _middle(row: Row) -> float:
    """Where the row's middle lies, in the unit of `Row.start`."""
    if row.line.left is not None and row.line.right is not None and row.part == 0:
        return 500 * (row.line.left + row.line.right)
    return row.start + len(row.text) / 2


def _choose(seen: list[_Seen]) -> _Seen | None:
    """The first name under an office; of two side by side the right one; nobody who only approves or keeps minutes."""
    likely = [s for s in seen if s.name.certainty >= 0.3]
    for wanted in (
        [s for s in likely if not s.approval and not s.lesser and s.offices and s.name.certainty >= 0.6],
        [s for s in likely if not s.lesser and s.name.certainty >= 0.6],
        [s for s in likely if s.offices],
        likely,
    ):
        if wanted:
            beside = [s for s in wanted if _beside(s.row, wanted[0].row)]
            return max(beside, key=lambda s: s.row.start)
    return None


def _confidence(chosen: _Seen, page: Page) -> float:
    sure = chosen.name.certainty
    if sure <= 0.3:  # no family name that we know: the place must speak for it
        sure = 0.65 if chosen.offices and page.source is not Source.OCR else 0.4
    if not chosen.offices:
        sure *= 0.9 if page.foot < page.end or 0 <= chosen.after_filed <= _NEAR else 0.6
    if chosen.row.line.confidence < 0.7:
        sure *= 0.3 + chosen.row.line.confidence
    return round(min(sure, 0.98), 2)


def _without_name(page: Page, offices: list[Office], start: int, last: int) -> SignerBlock | None:
    """No name in the block: the portal's word if there is one, and whatever offices were read."""
    signer = _named_elsewhere(page)
    kept = tuple(office for office in offices if not office.lesser)
    if signer is None and not kept:
        return None
    return SignerBlock(signer, read_authority(kept), read_post(kept), (), (start, last))


def _named_elsewhere(page: Page) -> Found | None:
    """`Người ký: …` among a portal's data, or of signing software: the latter says who held the token, no more."""
    rows = page.rows
    for row in rows[: page.body] + rows[page.end :]:
        match = _SIGNED_BY.match(row.key)
        if match is None:
            continue
        words = row.text.split(":", 1)[1] if ":" in row.text else " ".join(row.text.split()[2:])
        name = read_name(words)
        if name is not None and name.certainty >= 0.6:
            near = sum(1 for r in rows if abs(r.index - row.index) <= 12 and _PORTAL.match(r.key))
            return Found(name.text, 0.7 if near >= 2 else 0.45, row.seen("người ký theo trang đăng tải"))
    return None


def _doubts(page: Page, seen: list[_Seen], chosen: _Seen) -> tuple[Doubt, ...]:
    """Another signer beside the chosen one, the same one twice, a portal that says otherwise."""
    doubts: list[Doubt] = []
    others = [s for s in seen if s is not chosen and s.name.certainty >= 0.6 and s.offices]
    if any(fold(s.name.text) != fold(chosen.name.text) for s in others):
        names = dict.fromkeys(s.name.text for s in others)
        doubts.append(Doubt("nhieu_nguoi_ky", ", ".join(names)[:200]))
    if any(fold(s.name.text) == fold(chosen.name.text) for s in others):
        doubts.append(Doubt("khoi_ky_lap", chosen.name.text))
    portal = _named_elsewhere(page)
    if portal is not None and portal.given and fold(portal.value) != fold(chosen.name.text):
        doubts.append(Doubt("nguoi_ky_mau_thuan", portal.value))
    return tuple(doubts)
