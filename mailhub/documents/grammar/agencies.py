"""Words with which agencies' names begin and how they are spelled. Data only, folded where they are compared.

Vietnamese headers are in capitals; people write `Sở Giáo dục và Đào tạo`. Which words keep a capital is orthography
of names (Nghị định 30/2020 Phụ lục II), kept here as phrases; what is not listed keeps a capital on every word.
"""

from __future__ import annotations

import re

# First words of an agency's name. A header line that begins with one begins a new name; others continue it.
HEADS: tuple[str, ...] = tuple(
    """
uy ban|ubnd|ub nd|hdnd|hoi dong|so|bo|cuc|chi cuc|tong cuc|vu|truong|ban|vp|vpubnd|van phong|phong|trung tam
vien|toa an|tand|vksnd|lien doan|cong doan|dang bo|dang uy|tinh uy|huyen uy|thanh uy|quan uy|thi uy|doan
tinh doan|huyen doan|thanh doan|xa doan|quan doan|thi doan|phuong doan|hoi|mat tran|mttq|thanh tra|kho bac
chi nhanh|benh vien|dai hoc|hoc vien|cong an|quan doi|ngan hang|bao hiem|thu tuong|chinh phu|quoc hoi
chu tich nuoc|khoa|tong cong ty|cong ty|dai phat thanh|dai truyen hinh|dai khi tuong|bao|tap chi|quy|hiep hoi
lien hiep|lien minh|cum|to cong tac|to chuyen|kiem toan|hat kiem lam|doi|nha may|nha xuat ban|nha van hoa
thu vien|bao tang|du an|tieu ban|chi bo|dang doan|ban can su|thuong truc|bch|ban chap hanh|tap doan|chi doan
lien chi|cang vu|tram|nha truong|lien co quan|vien kiem sat|uy vien|bcd|bql
""".replace("\n", "|").split("|")
)
_HEAD = re.compile(
    r"(?:"
    + "|".join(re.escape(h) for h in sorted({h.strip() for h in HEADS if h.strip()}, key=len, reverse=True))
    + r")(?=[\s.\-(]|$)"
)
# `quỹ` and `quy` fold into one, `bản` and `ban`, `đội` and `đôi`.
_NOT_HEAD = re.compile(
    r"(?:quy (?:che|dinh|trinh|hoach|uoc|tac|pham|khach)|ban (?:hanh|sao|ghi|thoa|cam|do|kiem|tieng)|bao (?:cao|gia|ve)"
    r"|so lieu|doi (?:voi|moi)|vu viec)\b"
)

# Words that make a place of what follows, and never begin an agency.
PLACE_HEADS = ("tinh", "thanh pho", "tp", "t.p", "huyen", "quan", "thi xa", "tx", "xa", "phuong", "thi tran", "dac khu")

# Posts that stand before an agency's name in a decision's authority line and in the signer block.
POSTS: tuple[str, ...] = tuple(
    sorted(
        [
            "chu tich",
            "pho chu tich",
            "bo truong",
            "thu truong",
            "giam doc",
            "pho giam doc",
            "hieu truong",
            "pho hieu truong",
            "truong phong",
            "truong ban",
            "pho truong ban",
            "cuc truong",
            "chi cuc truong",
            "tong cuc truong",
            "vien truong",
            "chanh an",
            "chanh van phong",
            "tong giam doc",
            "thu tuong",
            "tong thanh tra",
            "chanh thanh tra",
            "thong doc",
            "tong bi thu",
            "bi thu",
            "chu nhiem",
            "tong kiem toan",
            "vu truong",
            "truong khoa",
            "vien truong vien kiem sat",
            "thu truong co quan",
            "tu lenh",
            "chi huy truong",
        ],
        key=len,
        reverse=True,
    )
)

# Names as they are written. Their words keep these capitals wherever the phrase occurs in a name.
PHRASES: tuple[str, ...] = tuple(
    """
Ủy ban nhân dân|Hội đồng nhân dân|Ủy ban Mặt trận Tổ quốc Việt Nam|Ủy ban Mặt trận Tổ quốc|Mặt trận Tổ quốc
Văn phòng|Thủ tướng Chính phủ|Chính phủ|Quốc hội|Ủy ban Thường vụ Quốc hội|Chủ tịch nước|Văn phòng Chính phủ
Văn phòng Quốc hội|Sở Y tế|Sở Nội vụ|Sở Tài chính|Sở Tư pháp|Sở Xây dựng|Sở Công Thương|Sở Ngoại vụ|Sở Du lịch
Sở Khoa học và Công nghệ|Sở Giáo dục và Đào tạo|Sở Thông tin và Truyền thông|Sở Tài nguyên và Môi trường
Sở Nông nghiệp và Môi trường|Sở Nông nghiệp và Phát triển nông thôn|Sở Kế hoạch và Đầu tư|Sở Giao thông vận tải
Sở Văn hóa và Thể thao|Sở Văn hóa, Thể thao và Du lịch|Sở Lao động - Thương binh và Xã hội
Sở Dân tộc và Tôn giáo|Sở Quy hoạch - Kiến trúc|Bộ Y tế|Bộ Nội vụ|Bộ Tài chính|Bộ Tư pháp|Bộ Xây dựng
Bộ Công Thương|Bộ Ngoại giao|Bộ Quốc phòng|Bộ Công an|Tổng công ty|Công ty|Bộ Khoa học và Công nghệ
Bộ Giáo dục và Đào tạo
Bộ Thông tin và Truyền thông|Bộ Tài nguyên và Môi trường|Bộ Nông nghiệp và Môi trường
Bộ Nông nghiệp và Phát triển nông thôn|Bộ Kế hoạch và Đầu tư|Bộ Giao thông vận tải
Bộ Văn hóa, Thể thao và Du lịch|Bộ Lao động - Thương binh và Xã hội|Bộ Dân tộc và Tôn giáo|Ủy ban Dân tộc
Thanh tra Chính phủ|Ngân hàng Nhà nước Việt Nam|Ngân hàng Nhà nước|Kiểm toán nhà nước|Bảo hiểm xã hội Việt Nam
Bảo hiểm xã hội|Tòa án nhân dân tối cao|Tòa án nhân dân|Viện kiểm sát nhân dân tối cao|Viện kiểm sát nhân dân
Thanh tra|Kho bạc Nhà nước|Cục Thuế|Chi cục Thuế|Tổng cục Thuế|Tổng cục Hải quan|Cục Hải quan|Chi cục|Tổng cục
Cục Thống kê|Công an|Tổng công ty|Công ty|Bộ Chỉ huy quân sự|Liên đoàn Lao động
Tổng Liên đoàn Lao động Việt Nam|Công đoàn
Công đoàn ngành|Công đoàn Giáo dục|Đoàn TNCS Hồ Chí Minh|Đoàn Thanh niên Cộng sản Hồ Chí Minh
Hội Liên hiệp Phụ nữ|Hội Nông dân|Hội Cựu chiến binh|Hội Khuyến học|Hội Chữ thập đỏ|Hội đồng quản lý|Hội đồng QL
Quỹ Khuyến học|Đảng ủy|Đảng bộ|Tỉnh ủy|Huyện ủy|Thành ủy|Quận ủy|Ban Chấp hành Trung ương|Bộ Chính trị|Ban Bí thư
Văn phòng Trung ương Đảng|Văn phòng Trung ương|Ban Tổ chức|Ban Tuyên giáo|Ban Dân vận|Ban Chỉ đạo
Ban quản lý dự án|Ban quản lý|Ban Quản lý các khu công nghiệp|Ban Dân tộc|Ban Chấp hành|Ban Thường vụ
Trung tâm Y tế|Trung tâm Kiểm soát bệnh tật|Trung tâm Thông tin và Chương trình Giáo dục|Trung tâm
Phòng Giáo dục và Đào tạo|Phòng Nội vụ|Phòng Tài chính - Kế hoạch|Phòng Văn hóa và Thông tin|Phòng Tư pháp
Phòng Y tế|Phòng Kinh tế|Phòng Văn hóa - Xã hội|Bệnh viện Đa khoa|Bệnh viện|Viện|Học viện|Đại học Quốc gia
Trường Đại học|Trường Cao đẳng|Trường Trung học phổ thông|Trường Trung học cơ sở|Trường Tiểu học|Trường Mầm non
Trường Chính trị|Trường|Khoa|Phòng|Đại học|Văn phòng Bộ|Văn phòng Ủy ban nhân dân|Chương trình|Giáo dục|Hội đồng
Hội|Ban|Sở|Bộ|Cục|Dự án|Thông tin|Truyền thông|Công nghệ|Kỹ thuật|Khoa học|Kinh tế|Xã hội|Nông nghiệp|Sư phạm
Ngoại ngữ|Y Dược|Bách khoa|nghề|thành phố|tỉnh|huyện|quận|thị xã|xã|phường|thị trấn|đặc khu|và|của|các|tại|về
cho|nhân dân|trực thuộc|khu vực|phòng, chống|Phát triển|nông thôn|Môi trường|Tài nguyên|Công nghiệp|Thương mại
Văn hóa|Thể thao|Du lịch|Nghệ thuật|Kiến trúc|Xây dựng|Thành phố Hồ Chí Minh|Hà Nội|Việt Nam|nhà nước|quản lý
tổ chức|cải cách hành chính|chuyển đổi số|tối cao|cấp cao|Công Thương
""".replace("\n", "|").split("|")
)

# Provinces and centrally run cities, before and after the mergers of 1 July 2025.
PROVINCES: tuple[str, ...] = tuple(
    """
An Giang|Bà Rịa - Vũng Tàu|Bắc Giang|Bắc Kạn|Bạc Liêu|Bắc Ninh|Bến Tre|Bình Định|Bình Dương|Bình Phước
Bình Thuận|Cà Mau|Cần Thơ|Cao Bằng|Đà Nẵng|Đắk Lắk|Đắk Nông|Điện Biên|Đồng Nai|Đồng Tháp|Gia Lai|Hà Giang|Hà Nam
Hà Nội|Hà Tĩnh|Hải Dương|Hải Phòng|Hậu Giang|Hòa Bình|Hồ Chí Minh|Hưng Yên|Khánh Hòa|Kiên Giang|Kon Tum|Lai Châu
Lâm Đồng|Lạng Sơn|Lào Cai|Long An|Nam Định|Nghệ An|Ninh Bình|Ninh Thuận|Phú Thọ|Phú Yên|Quảng Bình|Quảng Nam
Quảng Ngãi|Quảng Ninh|Quảng Trị|Sóc Trăng|Sơn La|Tây Ninh|Thái Bình|Thái Nguyên|Thanh Hóa|Thừa Thiên Huế|Huế
Tiền Giang|Trà Vinh|Tuyên Quang|Vĩnh Long|Vĩnh Phúc|Yên Bái
""".replace("\n", "|").split("|")
)

# Written together in capitals whatever stands around them.
ABBREVIATED = frozenset(
    [
        "UBND",
        "HĐND",
        "THPT",
        "THCS",
        "THPT",
        "TNCS",
        "TNCSHCM",
        "TW",
        "MTTQ",
        "UBMTTQ",
        "BCĐ",
        "BCH",
        "BQL",
        "QL",
        "CNTT",
        "GDĐT",
        "GD&ĐT",
        "TP",
        "TX",
        "VP",
        "ĐH",
        "CĐ",
        "KHCN",
        "TTYT",
        "BHXH",
        "LĐLĐ",
        "TNHH",
        "MTV",
        "CP",
        "TTGDTX",
        "GDTX",
        "GDNN",
        "BTV",
        "HĐQT",
        "KCN",
        "KKT",
        "KHKT",
        "TDTT",
        "TTTT",
        "VHTT",
        "TCKH",
        "NCKSTTHC",
        "II",
        "III",
        "IV",
        "VI",
        "VII",
        "VIII",
        "IX",
        "XI",
        "XII",
    ]
)

# Words that make an issuer a private firm; state companies are told by the rest of the header.
FIRMS = ("cong ty", "cty", "doanh nghiep tu nhan", "hop tac xa", "ngan hang tmcp", "ngan hang thuong mai co phan")

_POST = re.compile(r"(?:" + "|".join(re.escape(post) for post in POSTS) + r")(?=\s|$)")


def begins_agency(key: str) -> bool:
    """Whether folded text begins with a word that begins agencies' names."""
    return _HEAD.match(key) is not None and _NOT_HEAD.match(key) is None


def post_length(key: str) -> int:
    """How many characters the post takes with which folded text begins, 0 when it begins with none."""
    match = _POST.match(key)
    return match.end() if match else 0
