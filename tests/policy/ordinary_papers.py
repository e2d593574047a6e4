"""What officials send to citizens and firms, and get from them, as it is printed. All names are invented.

The letters follow the models of Nghị định 30/2020/NĐ-CP, PL III, and of Nghị định 61/2018/NĐ-CP (one-stop offices).
"""

from __future__ import annotations

NATION = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc\n---------------"


def letter(number: str, about: str, to: str, *, issuer: str = "SỞ Y TẾ", above: str = "UBND TỈNH SƠN HÀ") -> str:
    """An issued công văn to somebody."""
    return f"""{above}
{issuer}
-------
Số: {number}/SYT-VP
V/v {about}

{NATION}
Sơn Hà, ngày 18 tháng 11 năm 2026

Kính gửi: {to}

Phúc đáp đơn của {to} đề ngày 02 tháng 11 năm 2026, Sở Y tế có ý kiến như sau.
Thông tin cá nhân của Ông/Bà được bảo mật theo quy định của pháp luật.

Nơi nhận:
- Như trên;
- Lưu: VT, TTra.

GIÁM ĐỐC

Trần Quốc Vỹ
"""


def notice(number: str, about: str, to: str) -> str:
    """An issued thông báo of a commune's office to a citizen."""
    return f"""UBND XÃ BÌNH LÂM
PHÒNG KINH TẾ
-------
Số: {number}/TB-PKT

{NATION}
Bình Lâm, ngày 17 tháng 11 năm 2026

THÔNG BÁO
Về việc {about}

Kính gửi: {to}

Đề nghị {to} bổ sung giấy tờ trước ngày 30 tháng 11 năm 2026.

Nơi nhận:
- Như trên;
- Lưu: VT.

TRƯỞNG PHÒNG

Phạm Hữu Điền
"""


def decision(number: str, about: str, to: str) -> str:
    """An issued quyết định about a citizen or a firm."""
    return f"""ỦY BAN NHÂN DÂN
XÃ BÌNH LÂM
-------
Số: {number}/QĐ-UBND

{NATION}
Bình Lâm, ngày 12 tháng 11 năm 2026

QUYẾT ĐỊNH
Về việc {about}

CHỦ TỊCH ỦY BAN NHÂN DÂN XÃ BÌNH LÂM

Căn cứ Luật Tổ chức chính quyền địa phương ngày 16 tháng 6 năm 2025;

QUYẾT ĐỊNH:

Điều 1. {about[:1].upper()}{about[1:]} đối với {to}.
Điều 2. Quyết định này có hiệu lực kể từ ngày ký.

Nơi nhận:
- {to};
- Phòng Kinh tế;
- Lưu: VT.

CHỦ TỊCH

Lê Minh Khuê
"""


def invitation(to: str, number: str = "44") -> str:
    """An issued giấy mời."""
    return f"""UBND TỈNH SƠN HÀ
SỞ Y TẾ
-------
Số: {number}/GM-SYT

{NATION}
Sơn Hà, ngày 16 tháng 11 năm 2026

GIẤY MỜI
Hội nghị đối thoại với doanh nghiệp dược

Sở Y tế trân trọng kính mời: {to}
Thời gian: 08 giờ 00, ngày 25 tháng 11 năm 2026.
Địa điểm: Hội trường Sở Y tế.

Nơi nhận:
- Như trên;
- Lưu: VT.

KT. GIÁM ĐỐC
PHÓ GIÁM ĐỐC

Ngô Ngọc Lãm
"""


def appointment(to: str) -> str:
    """The one-stop office's slip (giấy tiếp nhận hồ sơ và hẹn trả kết quả)."""
    return f"""UBND XÃ BÌNH LÂM
TRUNG TÂM PHỤC VỤ HÀNH CHÍNH CÔNG
-------
Mã hồ sơ: H10.22-261120-0015

{NATION}
Bình Lâm, ngày 20 tháng 11 năm 2026

GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ

Tiếp nhận hồ sơ của: {to}
Nội dung yêu cầu giải quyết: Cấp bản sao trích lục khai sinh

NGƯỜI TIẾP NHẬN HỒ SƠ
Lê Văn Nghị
"""


APPLICATION = f"""{NATION}

ĐƠN ĐỀ NGHỊ
Cấp giấy phép hoạt động khám bệnh, chữa bệnh

Kính gửi: Sở Y tế ........................

Họ và tên: ...............................................
Địa chỉ thường trú: ......................................

.........., ngày ..... tháng ..... năm 20...
Người làm đơn
(Ký, ghi rõ họ tên)
"""

REPORT_FORM = f"""TÊN DOANH NGHIỆP
-------
Số: ....../BC-......

{NATION}
........., ngày ... tháng ... năm 2026

BÁO CÁO
Tình hình sử dụng lao động 6 tháng cuối năm 2026

Kính gửi: Sở Y tế tỉnh Sơn Hà

1. Tổng số lao động: .....
2. Lao động nữ: .....

ĐẠI DIỆN DOANH NGHIỆP
(Ký tên, đóng dấu)
"""

LETTER_FORM = f"""TÊN CƠ QUAN, TỔ CHỨC
-------
Số: .../GGT-...

{NATION}
........., ngày ... tháng ... năm ...

GIẤY GIỚI THIỆU

(Tên cơ quan) trân trọng giới thiệu:
Ông (bà): ....
Được cử đến: ....
"""

CONTRACT = f"""{NATION}

HỢP ĐỒNG
Cung cấp văn phòng phẩm
Số: ...../2026/HĐ

Hôm nay, ngày ... tháng ... năm 2026, tại Sở Y tế tỉnh Sơn Hà
Bên A: Sở Y tế tỉnh Sơn Hà
Bên B: Công ty TNHH Bình Minh
Hai bên cam kết bảo mật thông tin; thông tin mật của mỗi bên không được tiết lộ.

ĐẠI DIỆN BÊN A                     ĐẠI DIỆN BÊN B
"""

MINUTES = f"""SỞ Y TẾ TỈNH SƠN HÀ
{NATION}

BIÊN BẢN
Nghiệm thu hợp đồng số 12/2026/HĐ

Hôm nay, ngày ... tháng 11 năm 2026, hai bên gồm:
"""

QUOTATION = """CÔNG TY TNHH BÌNH MINH
Địa chỉ: 12 Trần Phú, Sơn Hà
BẢNG BÁO GIÁ
Kính gửi: Sở Y tế
1. Giấy A4: 60.000 đồng
"""

GUIDE = """HƯỚNG DẪN NỘP HỒ SƠ TRỰC TUYẾN
Bước 1: Truy cập Cổng dịch vụ công quốc gia
Bước 2: Đăng nhập bằng VNeID, không cung cấp MẬT KHẨU cho người khác
"""

DECREE = f"""CHÍNH PHỦ
-------
Số: 61/2018/NĐ-CP

{NATION}
Hà Nội, ngày 23 tháng 4 năm 2018

NGHỊ ĐỊNH
Về thực hiện cơ chế một cửa, một cửa liên thông trong giải quyết thủ tục hành chính

Căn cứ Luật Tổ chức Chính phủ;

TM. CHÍNH PHỦ
THỦ TƯỚNG

Nguyễn Xuân Ước
"""

DIRECTIVE = f"""ỦY BAN NHÂN DÂN
TỈNH SƠN HÀ
-------
Số: 09/CT-UBND

{NATION}
Sơn Hà, ngày 05 tháng 6 năm 2026

CHỈ THỊ
Về tăng cường sử dụng văn bản điện tử

Các cơ quan gửi văn bản điện tử, không gửi văn bản giấy (trừ văn bản mật).

CHỦ TỊCH

Đỗ Thanh Huân
"""

PETITION = f"""{NATION}

ĐƠN PHẢN ÁNH

Kính gửi: Sở Y tế tỉnh Sơn Hà
Tôi tên là: Trần Thị Sương, trú tại xã Bình Lâm.
Nay tôi phản ánh việc như sau.

Người làm đơn
Trần Thị Sương
"""

FIRMS_LETTER = f"""CÔNG TY TNHH DƯỢC BÌNH MINH
-------
Số: 21/2026/CV-BM
V/v đề nghị hướng dẫn công bố hợp quy

{NATION}
Sơn Hà, ngày 10 tháng 11 năm 2026

Kính gửi: Sở Y tế tỉnh Sơn Hà

GIÁM ĐỐC

Vũ Đức Thạch
"""

# Official papers that were not issued, or are for the house only: what must not leave.
DRAFT = f"""UBND TỈNH SƠN HÀ
SỞ Y TẾ
-------
Số:        /SYT-KHTH
V/v phân bổ kinh phí

{NATION}
Sơn Hà, ngày     tháng 11 năm 2026

Kính gửi: Sở Tài chính

Sở Y tế đề nghị phân bổ kinh phí như sau.

Nơi nhận:
- Như trên;
- Lưu: VT, KHTH.

GIÁM ĐỐC
"""

INTERNAL = f"""UBND TỈNH SƠN HÀ
SỞ Y TẾ
-------
Số: 12/TB-SYT

{NATION}
Sơn Hà, ngày 03 tháng 11 năm 2026

THÔNG BÁO
Phân công nhiệm vụ của lãnh đạo Sở

Kính gửi: Các phòng chuyên môn thuộc Sở

Nơi nhận:
- Như trên;
- Các phòng thuộc Sở;
- Lưu: VT.

GIÁM ĐỐC

Trần Quốc Vỹ
"""
