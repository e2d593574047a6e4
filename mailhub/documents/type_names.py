"""What people call the types: the words behind the codes of `grammar/types.py` (Nghị định 30/2020/NĐ-CP Điều 7)."""

from __future__ import annotations

from mailhub.text.folding import fold

NAMES = {
    "NQ": "Nghị quyết", "QĐ": "Quyết định", "CT": "Chỉ thị", "QC": "Quy chế", "QyĐ": "Quy định",
    "TC": "Thông cáo", "TB": "Thông báo", "HD": "Hướng dẫn", "CTr": "Chương trình", "KH": "Kế hoạch",
    "PA": "Phương án", "ĐA": "Đề án", "DA": "Dự án", "BC": "Báo cáo", "BB": "Biên bản", "TTr": "Tờ trình",
    "HĐ": "Hợp đồng", "CV": "Công văn", "CĐ": "Công điện", "BGN": "Bản ghi nhớ", "BTT": "Bản thỏa thuận",
    "GUQ": "Giấy ủy quyền", "GM": "Giấy mời", "GGT": "Giấy giới thiệu", "GNP": "Giấy nghỉ phép",
    "PG": "Phiếu gửi", "PC": "Phiếu chuyển", "PB": "Phiếu báo", "THƯ": "Thư công",
    # Normative documents (Luật Ban hành văn bản quy phạm pháp luật).
    "HP": "Hiến pháp", "Luật": "Luật", "Pháp lệnh": "Pháp lệnh", "Lệnh": "Lệnh", "NQLT": "Nghị quyết liên tịch",
    "NĐ": "Nghị định", "TT": "Thông tư", "TTLT": "Thông tư liên tịch", "VBHN": "Văn bản hợp nhất",
    # Not types.
    "PL": "Phụ lục", "KHAC": "Văn bản khác", "NONE": "Không phải văn bản hành chính",
}  # fmt: skip


def type_name(code: str) -> str:
    """`Quyết định` for `QĐ`; a code that is not known is its own name."""
    return NAMES.get(code, code)


def type_word(code: str) -> str:
    """`quyet-dinh` for `QĐ`: ASCII, so that ĐA and DA stay apart without their marks."""
    return fold(type_name(code)).replace(" ", "-")
