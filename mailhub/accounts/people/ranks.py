"""What a post counts as, read from its title: a table, because retention and the sparing of leaders follow it.

Sources: reference/organisation § 4.4 (QĐ 652/QĐ-BTTTT keeps a mailbox 6 months up to trưởng phòng, 12 above) and § 2
(the posts of provinces, agencies and communes after NĐ 150/2025/NĐ-CP). Where a title does not tell, the lower rank is
taken: an administrator raises it by `person change`, while a rank too high would spare an idle account its closing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailhub.accounts.models import Rank
from mailhub.text.folding import fold


@dataclass(frozen=True, slots=True)
class _Post:
    """Titles that begin with `words` (folded) are `rank`."""

    words: str
    rank: Rank
    because: str


_L, _H, _S = Rank.LEADER, Rank.HEAD, Rank.STAFF
# The first line that fits decides; each exception stands above its rule. A deputy ("phó") ranks with the chief.
POSTS = (
    _Post("bi thu chi bo", _S, "a Party cell is part of a unit"),
    _Post("bi thu chi doan", _S, "a youth cell is part of a unit"),
    _Post("bi thu doan", _H, "heads a union's office, not an agency"),
    _Post("bi thu", _L, "Tỉnh ủy, Đảng ủy: leads the Party of a province, agency or commune"),
    _Post("uy vien ban thuong vu", _L, "of the Tỉnh ủy or Đảng ủy"),
    _Post("uy vien thuong truc", _L, "of the council or the Party committee"),
    _Post("uy vien ban chap hanh", _S, "a seat, not a post"),
    _Post("chu tich cong doan co so", _S, "an honorary post within an agency"),
    _Post("chu tich cong doan", _H, "heads a union's office"),
    _Post("chu tich hoi", _H, "heads an association"),
    _Post("chu tich", _L, "UBND, HĐND, Mặt trận"),
    _Post("chanh van phong so", _H, "an office within a sở is one of its units"),
    _Post("chanh van phong hdnd va ubnd xa", _H, "an office within a commune (NĐ 150/2025)"),
    _Post("chanh van phong hdnd va ubnd phuong", _H, "the same"),
    _Post("chanh van phong", _L, "of the UBND, the Tỉnh ủy, the Đoàn ĐBQH: an agency of the province"),
    _Post("chanh thanh tra so", _H, "inspectorates within a sở are its units"),
    _Post("chanh thanh tra", _L, "Thanh tra tỉnh is an agency of the province"),
    _Post("giam doc trung tam", _H, "a centre belongs to a sở or a commune; its head equals a trưởng phòng"),
    _Post("giam doc ban quan ly du an", _H, "a project board belongs to an agency"),
    _Post("giam doc van phong dang ky", _H, "a unit of a sở"),
    _Post("giam doc", _L, "of a sở, and of units with a seal of their own"),
    _Post("tong giam doc", _L, "leads a unit with a seal of its own"),
    _Post("tong bien tap", _L, "leads the province's newspaper"),
    _Post("truong doan dai bieu", _L, "the province's deputies of the Quốc hội"),
    _Post("truong ban chi huy quan su", _H, "a commune's military command is one of its units"),
    _Post("truong ban", _L, "Ban of the Tỉnh ủy, of the HĐND, Ban Quản lý khu công nghiệp"),
    _Post("truong phong", _H, "the rule's own line"),
    _Post("truong khoa", _H, "equals a trưởng phòng in hospitals and schools"),
    _Post("truong cong an", _H, "a commune's police"),
    _Post("truong tram", _H, "a station (y tế) of a commune"),
    _Post("chi huy truong", _H, "a commune's military command"),
    _Post("chi cuc truong", _H, "a chi cục belongs to a sở"),
    _Post("cuc truong", _L, "a cục is an agency of its own"),
    _Post("hieu truong", _H, "a school belongs to a sở or a commune"),
    _Post("doi truong", _H, "an inspection or market team equals a phòng"),
)
# What people write in lists.
_SHORT = {
    "ct": "chu tich",
    "pct": "pho chu tich",
    "gd": "giam doc",
    "pgd": "pho giam doc",
    "tp": "truong phong",
    "ptp": "pho truong phong",
    "cvp": "chanh van phong",
    "pcvp": "pho chanh van phong",
    "bt": "bi thu",
    "pbt": "pho bi thu",
}
# "Quyền Giám đốc", "Q. Giám đốc", "Phó Giám đốc phụ trách": the post counts. Not "Nguyên Chủ tịch", "Thư ký Chủ tịch".
_BEFORE = re.compile(r"(?:(?:quyen|q\.|phu trach|pho)\s+)+")
_BETWEEN = re.compile(r"[,;/+&]|\s[-–]\s|\bkiem(?: nhiem)?\b|\bdong thoi\b")
_ORDER = {Rank.STAFF: 0, Rank.HEAD: 1, Rank.LEADER: 2}


def rank_of(title: str) -> Rank:
    """The rank of a post; of several ("Phó Bí thư, Chủ tịch UBND xã") the highest. Staff when it tells nothing."""
    ranks = [_rank_of_one(one.strip()) for one in _BETWEEN.split(fold(title))]
    return max(ranks, key=_ORDER.__getitem__, default=Rank.STAFF)


def why_rank(title: str) -> str:
    """The reason in the table for the rank of a single post, '' when no line fits."""
    post = _post_of(fold(title))
    return "" if post is None else post.because


def _rank_of_one(title: str) -> Rank:
    post = _post_of(title)
    return Rank.STAFF if post is None else post.rank


def _post_of(title: str) -> _Post | None:
    first, _, rest = title.partition(" ")
    title = f"{_SHORT.get(first.rstrip('.'), first)} {rest}".strip()
    title = _BEFORE.sub("", title, count=1) if _BEFORE.match(title) else title
    return next((post for post in POSTS if title == post.words or title.startswith(post.words + " ")), None)
