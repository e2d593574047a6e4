"""Invented agencies, people and matters for made-up papers. The province of Sơn Hà does not exist. Data only."""

from __future__ import annotations

SURNAMES = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Vũ", "Đặng", "Bùi", "Đỗ", "Ngô", "Dương", "Lý", "Đinh")
MIDDLES = ("Văn", "Thị", "Minh", "Quốc", "Thanh", "Ngọc", "Hữu", "Đức", "Thị Thu", "Xuân", "Kim", "Anh")
GIVEN = ("Thạch", "Khuê", "Nhạn", "Trầm", "Sương", "Vỹ", "Lãm", "Thảo", "Quyên", "Điền", "Huân", "Nghị", "Ước", "Ẩn")

# Lines of box 2 (above, own), the end of the symbol, place, post of the head and of the deputy, collective.
AGENCIES: tuple[tuple[str, tuple[str, ...], str, str, str, str, str], ...] = (
    ("", ("ỦY BAN NHÂN DÂN", "TỈNH SƠN HÀ"), "UBND", "Sơn Hà", "CHỦ TỊCH", "PHÓ CHỦ TỊCH", "ỦY BAN NHÂN DÂN"),
    ("UBND TỈNH SƠN HÀ", ("SỞ NỘI VỤ",), "SNV", "Sơn Hà", "GIÁM ĐỐC", "PHÓ GIÁM ĐỐC", ""),
    ("UBND TỈNH SƠN HÀ", ("SỞ Y TẾ",), "SYT", "Sơn Hà", "GIÁM ĐỐC", "PHÓ GIÁM ĐỐC", ""),
    ("UBND TỈNH SƠN HÀ", ("VĂN PHÒNG",), "VP", "Sơn Hà", "CHÁNH VĂN PHÒNG", "PHÓ CHÁNH VĂN PHÒNG", ""),
    ("", ("ỦY BAN NHÂN DÂN", "XÃ BÌNH LÂM"), "UBND", "Bình Lâm", "CHỦ TỊCH", "PHÓ CHỦ TỊCH", "ỦY BAN NHÂN DÂN"),
    (
        "SỞ GIÁO DỤC VÀ ĐÀO TẠO",
        ("TRƯỜNG THPT", "TÂN PHÚ ĐÔNG"),
        "THPTTPĐ",
        "Tân Hòa",
        "HIỆU TRƯỞNG",
        "PHÓ HIỆU TRƯỞNG",
        "",
    ),
)

MATTERS = (
    "triển khai công tác văn thư, lưu trữ năm 2026",
    "tăng cường phòng, chống cháy rừng mùa khô",
    "rà soát thủ tục hành chính thuộc lĩnh vực đất đai",
    "kiện toàn Ban Chỉ đạo chuyển đổi số tỉnh Sơn Hà",
    "tổ chức Ngày hội đọc sách trong các trường học",
    "ứng dụng chữ ký số tại Ủy ban nhân dân các xã, phường",
    "phát triển cây dược liệu dưới tán rừng giai đoạn 2026 - 2030",
)

SENTENCES = (
    "Thực hiện chương trình công tác năm 2026, các đơn vị chủ động xây dựng lộ trình phù hợp với thực tế.",
    "Thủ trưởng các đơn vị chịu trách nhiệm về tiến độ và chất lượng của từng nhiệm vụ được phân công.",
    "Kinh phí thực hiện được bố trí từ nguồn ngân sách nhà nước theo quy định hiện hành.",
    "Trong quá trình thực hiện, nếu có khó khăn, vướng mắc, các đơn vị phản ánh kịp thời để được hướng dẫn.",
    "Kết quả thực hiện gửi về Sở Nội vụ trước ngày 15 hằng tháng để tổng hợp.",
    "Các tổ chức, cá nhân có liên quan phối hợp chặt chẽ, bảo đảm đúng quy định của pháp luật.",
)

GROUNDS = (
    "Căn cứ Luật Tổ chức chính quyền địa phương ngày 16 tháng 6 năm 2025;",
    "Căn cứ Nghị định số 30/2020/NĐ-CP ngày 05 tháng 3 năm 2020 của Chính phủ về công tác văn thư;",
    "Theo đề nghị của Giám đốc Sở Nội vụ tại Tờ trình số 88/TTr-SNV ngày 12 tháng 5 năm 2026.",
)

RECIPIENTS = (
    "- Như trên;",
    "- Thường trực Tỉnh ủy (để b/c);",
    "- Các sở, ban, ngành tỉnh (t/h);",
    "- UBND các xã, phường (p/h);",
    "- Lưu: VT, NC.",
)
ADDRESSEES = ("Sở Tài chính", "Sở Xây dựng", "Ủy ban nhân dân các xã, phường")
