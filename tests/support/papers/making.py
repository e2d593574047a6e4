"""Papers by seed: the same seed gives the same paper. Every type of Nghị định 30/2020/NĐ-CP Điều 7 and the normative
ones, each with the phrases that its model in PL III has.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from typing import Any

from tests.support.papers import words
from tests.support.papers.paper import Meeting, Paper

# Type → heading as printed. `THƯ` (thư công) has none of its own; this one is in use.
TYPES: dict[str, str] = {
    "NQ": "NGHỊ QUYẾT",
    "QĐ": "QUYẾT ĐỊNH",
    "CT": "CHỈ THỊ",
    "QC": "QUY CHẾ",
    "QyĐ": "QUY ĐỊNH",
    "TC": "THÔNG CÁO",
    "TB": "THÔNG BÁO",
    "HD": "HƯỚNG DẪN",
    "CTr": "CHƯƠNG TRÌNH",
    "KH": "KẾ HOẠCH",
    "PA": "PHƯƠNG ÁN",
    "ĐA": "ĐỀ ÁN",
    "DA": "DỰ ÁN",
    "BC": "BÁO CÁO",
    "BB": "BIÊN BẢN",
    "TTr": "TỜ TRÌNH",
    "HĐ": "HỢP ĐỒNG",
    "CV": "",
    "CĐ": "CÔNG ĐIỆN",
    "BGN": "BẢN GHI NHỚ",
    "BTT": "BẢN THỎA THUẬN",
    "GUQ": "GIẤY ỦY QUYỀN",
    "GM": "GIẤY MỜI",
    "GGT": "GIẤY GIỚI THIỆU",
    "GNP": "GIẤY NGHỈ PHÉP",
    "PG": "PHIẾU GỬI",
    "PC": "PHIẾU CHUYỂN",
    "PB": "PHIẾU BÁO",
    "THƯ": "THƯ CHÚC MỪNG",
}

# Normative types: heading, symbol behind the number, issuer's lines.
NORMATIVE: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "Luật": ("LUẬT", "/2026/QH16", ("QUỐC HỘI",)),
    "NĐ": ("NGHỊ ĐỊNH", "/2026/NĐ-CP", ("CHÍNH PHỦ",)),
    "TT": ("THÔNG TƯ", "/2026/TT-BNV", ("BỘ NỘI VỤ",)),
    "TTLT": ("THÔNG TƯ LIÊN TỊCH", "/2014/TTLT-BNV-BTC", ("BỘ NỘI VỤ - BỘ TÀI CHÍNH",)),
}


def make_paper(kind: str, seed: int = 0, **changes: Any) -> Paper:
    """A paper of `kind`, a key of `TYPES` or `NORMATIVE`; `changes` are fields of `Paper` to set or leave out."""
    chance = random.Random(f"{kind} {seed}")
    paper = _normative(kind, chance) if kind in NORMATIVE else _administrative(kind, chance)
    return replace(paper, **changes)


def _administrative(kind: str, chance: random.Random) -> Paper:
    parent, issuer, end, place, head, deputy, collective = chance.choice(words.AGENCIES)
    on_behalf = (f"TM. {collective}",) if collective and kind not in ("CĐ", "GM", "GGT", "GNP") else ()
    signing = (*on_behalf, f"KT. {head}", deputy) if chance.random() < 0.5 else (*on_behalf, head)
    paper = Paper(
        type=kind,
        heading=TYPES[kind],
        number=str(chance.randint(3, 2999)).zfill(2),
        symbol=f"/{end}-VP" if kind == "CV" else f"/{kind}-{end}",
        place=place,
        issued=date(2026, chance.randint(1, 10), chance.randint(1, 28)),
        parent=parent,
        issuer=issuer,
        subject=_subject(kind, chance.choice(words.MATTERS)),
        body=(*chance.sample(words.SENTENCES, 4), "Trên đây là nội dung để các cơ quan, đơn vị biết và thực hiện./."),
        authority=signing,
        signer=_name(chance),
        recipients=words.RECIPIENTS,
    )
    return _with_phrases(paper, chance)


def _subject(kind: str, matter: str) -> str:
    if kind == "CV":
        return matter
    if kind in ("QĐ", "NQ", "CT", "TB", "CĐ", "PC", "GUQ", "TTr"):
        return f"Về việc {matter}"
    return matter[0].upper() + matter[1:]


def _with_phrases(paper: Paper, chance: random.Random) -> Paper:
    whole = " ".join(paper.issuer)
    match paper.type:
        case "QĐ" | "NQ":
            act = "QUYẾT ĐỊNH:" if paper.type == "QĐ" else "QUYẾT NGHỊ:"
            articles = tuple(f"Điều {n}. {line}" for n, line in enumerate(paper.body[:3], 1))
            return replace(paper, authors=whole, grounds=words.GROUNDS, body=(act, *articles))
        case "CV":
            return replace(paper, addressees=words.ADDRESSEES)
        case "TTr" | "BC":
            return replace(paper, addressees=("Ủy ban nhân dân tỉnh Sơn Hà",))
        case "CĐ":
            called = (f"{whole} điện:", "- Giám đốc các sở, ban, ngành;", "- Chủ tịch UBND các xã, phường.")
            return replace(paper, body=(*called, *paper.body))
        case "GM":
            meeting = Meeting(
                f"{chance.randint(7, 9):02d} giờ 30 phút, ngày 18 tháng 9 năm 2026 (thứ Sáu)",
                "Phòng họp số 2, trụ sở Ủy ban nhân dân tỉnh Sơn Hà",
                f"Đồng chí {_name(chance)}",
            )
            invited = (
                f"{whole} trân trọng kính mời: đại diện các sở, ban, ngành.",
                "Tới dự cuộc họp bàn về nội dung trên.",
            )
            return replace(paper, meeting=meeting, body=invited)
        case "GGT":
            said = (f"{whole} trân trọng giới thiệu:", f"Ông (bà): {_name(chance)}", "Được cử đến: Sở Tài chính.")
            return replace(paper, subject="", body=(*said, "Giấy này có giá trị đến hết ngày 30 tháng 11 năm 2026./."))
        case "GNP":
            granted = (
                f"Xét Đơn đề nghị nghỉ phép của ông {_name(chance)}.",
                "Được nghỉ phép trong 05 ngày làm việc./.",
            )
            return replace(paper, subject="", body=granted)
        case "BB":
            began = ("Thời gian bắt đầu: 08 giờ 00.", "Địa điểm: Phòng họp số 1.", "Thành phần tham dự: các phòng.")
            end = "Cuộc họp kết thúc vào 10 giờ 30, ngày 14 tháng 9 năm 2026./."
            return replace(
                paper,
                place="",
                issued=None,
                body=(*began, f"Chủ trì: {paper.signer}.", *paper.body[:2], end),
                authority=("CHỦ TỌA",),
                left_signer=("THƯ KÝ", _name(chance)),
                recipients=(),
            )
        case "HĐ":
            sides = (
                "BÊN A: SỞ NỘI VỤ TỈNH SƠN HÀ",
                "BÊN B: CÔNG TY TNHH GIẤY IN BÌNH LÂM",
                "Điều 1. Nội dung hợp đồng",
            )
            return replace(paper, body=(*sides, *paper.body[:2]), recipients=())
        case "THƯ":
            return replace(
                paper,
                number="",
                symbol="",
                subject="",
                recipients=(),
                body=("Thân gửi các thầy giáo, cô giáo!", *paper.body[:2]),
            )
        case _:
            return paper


def make_party_paper(kind: str, seed: int = 0, **changes: Any) -> Paper:
    """A paper of a Party committee: its own header, a hyphen in the symbol, no creed (Hướng dẫn 36-HD/VPTW)."""
    chance = random.Random(f"party {kind} {seed}")
    paper = _administrative(kind, chance)
    signing = ("T/M BAN THƯỜNG VỤ", chance.choice(("BÍ THƯ", "PHÓ BÍ THƯ")))
    above, own, end = chance.choice(
        (("", ("TỈNH ỦY SƠN HÀ",), "TU"), ("ĐẢNG BỘ TỈNH SƠN HÀ", ("ĐẢNG ỦY XÃ BÌNH LÂM",), "ĐU"))
    )
    party = replace(
        paper,
        party=True,
        symbol=f"-{kind}/{end}",
        place="Sơn Hà",
        parent=above,
        issuer=own,
        authority=signing,
        authors="",
        grounds=(),
        body=words.SENTENCES[:4],
        recipients=("- Các chi bộ, đảng bộ cơ sở,", "- Lưu Văn phòng."),
    )
    return replace(party, **changes)


def _normative(kind: str, chance: random.Random) -> Paper:
    heading, symbol, issuer = NORMATIVE[kind]
    return Paper(
        type=kind,
        heading=heading,
        number=str(chance.randint(1, 180)).zfill(2),
        symbol=symbol,
        place="Hà Nội",
        issued=date(2014 if kind == "TTLT" else 2026, chance.randint(1, 10), chance.randint(1, 28)),
        parent="",
        issuer=issuer,
        subject="Quy định chi tiết một số điều về công tác văn thư, lưu trữ",
        body=("Chương I", "NHỮNG QUY ĐỊNH CHUNG", "Điều 1. Phạm vi điều chỉnh", *chance.sample(words.SENTENCES, 3)),
        authority=("BỘ TRƯỞNG",)
        if kind.startswith("TT")
        else ("TM. CHÍNH PHỦ", "THỦ TƯỚNG")
        if kind == "NĐ"
        else ("CHỦ TỊCH QUỐC HỘI",),
        signer=_name(chance),
        grounds=words.GROUNDS[:2],
        recipients=words.RECIPIENTS[1:],
    )


def _name(chance: random.Random) -> str:
    return f"{chance.choice(words.SURNAMES)} {chance.choice(words.MIDDLES)} {chance.choice(words.GIVEN)}"
