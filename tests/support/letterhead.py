"""Texts of made-up official documents, for tests of the grammar. No agency, person or number in them is real."""

from __future__ import annotations

MOTTO = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
CREED = "Độc lập - Tự do - Hạnh phúc"
FOOT = "\n\nNơi nhận:\n- Như trên;\n- Lưu: VT.\nKT. GIÁM ĐỐC\nPHÓ GIÁM ĐỐC\n\nTrần Văn Mẫu\n"
REASONS = (
    "\n\nCăn cứ Nghị định số 1/2030/NĐ-CP ngày 02 tháng 3 năm 2030 của Chính phủ;\nTheo đề nghị của Trưởng phòng;\n"
)


def head(
    number: str,
    *,
    agencies: str = "UBND TỈNH HÀ LINH\nSỞ CÔNG THƯƠNG",
    dated: str = "Hà Linh, ngày 05 tháng 01 năm 2034",
) -> str:
    """A header, one part below the other as most readers give it: agencies, number, motto, date."""
    return f"{agencies}\nSố: {number}\n{MOTTO}\n{CREED}\n{dated}\n"


def named(number: str, heading: str, subject: str = "Về việc kiểm kê kho sách", **parts: str) -> str:
    """A document of a named type, with header, heading, subject, reasons and foot."""
    return f"{head(number, **parts)}\n{heading}\n{subject}{REASONS}\nĐiều 1. Nội dung.{FOOT}"


def letter(number: str, subject: str = "V/v kiểm kê kho sách", **parts: str) -> str:
    """An official letter: no heading, the subject below the number."""
    lines = head(number, **parts).split("\n")
    at = next(i for i, line in enumerate(lines) if line.startswith("Số"))
    lines.insert(at + 1, subject)
    return "\n".join(lines) + f"\nKính gửi: Sở Tài chính.\n\nSở Công Thương đề nghị phối hợp.{FOOT}"
