"""The Vietnamese words of `mailhub classify --explain`. Data; the rules' own words are the grammar's."""

from __future__ import annotations

from mailhub.documents.grammar.recognition import Family, State
from mailhub.files.facts import DangerKind, Unreadable
from mailhub.text.lines import Source

FIELDS = {
    "doc_type": "Loại văn bản",
    "number_symbol": "Số, ký hiệu",
    "issue_date": "Ngày ban hành",
    "issuer": "Cơ quan ban hành",
    "parent_issuer": "Cơ quan chủ quản",
    "subject": "Trích yếu",
    "signer": "Người ký",
    "signer_authority": "Thẩm quyền ký",
    "signer_post": "Chức vụ người ký",
    "urgency": "Độ khẩn",
    "secrecy": "Độ mật",
    "circulation": "Phạm vi lưu hành",
    "copy_form": "Hình thức bản sao",
    "meeting_time": "Thời gian họp",
    "meeting_starts": "Bắt đầu lúc",
    "meeting_place": "Địa điểm họp",
    "meeting_chair": "Chủ trì",
}
# Not worth a word when they are absent.
SELDOM = (
    {name for name in FIELDS if name.startswith("meeting_")}
    | {"circulation", "copy_form", "parent_issuer"}
    | {
        "signer_authority",
        "signer_post",
    }
)

FAMILIES = {
    Family.ADMINISTRATIVE: "văn bản hành chính",
    Family.NORMATIVE: "văn bản quy phạm pháp luật",
    Family.PARTY: "văn bản của Đảng",
    Family.UNION: "văn bản của Mặt trận, đoàn thể",
    Family.OTHER: "ngoài hệ thống văn bản hành chính",
}
STATES = {
    State.ISSUED: "đã ban hành",
    State.DRAFT: "dự thảo hoặc chưa ban hành",
    State.UNKNOWN: "chưa rõ đã ban hành hay chưa",
}
SOURCES = {
    Source.TEXT: "chữ có sẵn trong tệp",
    Source.OCR: "ảnh trang, đọc bằng OCR (có thể sai vài chữ)",
    Source.NONE: "không có chữ",
}

# Nghị định 30/2020/NĐ-CP Điều 13.
AUTHORITIES = {
    "TM.": "thay mặt tập thể",
    "KT.": "ký thay cấp trưởng",
    "TL.": "ký thừa lệnh",
    "TUQ.": "ký thừa ủy quyền",
    "Q.": "quyền cấp trưởng",
}

DOUBTS = {
    "loai_mau_thuan": "Tiêu đề và ký hiệu nói hai loại văn bản khác nhau",
    "ngay_mau_thuan": "Các ngày trên văn bản mâu thuẫn nhau",
    "nguoi_ky_mau_thuan": "Tên người ký ở các chỗ không giống nhau",
    "nhieu_nguoi_ky": "Có nhiều người ký",
    "khoi_ky_lap": "Có nhiều khối chữ ký",
}

# Signs that `too_few_signs` names.
SIGNS = {
    "quoc_hieu": "Quốc hiệu",
    "tieu_ngu": "Tiêu ngữ",
    "so_ky_hieu": "số, ký hiệu",
    "ngay_thang": "dòng ngày tháng",
    "co_quan": "tên cơ quan",
    "ten_loai": "tên loại",
    "ten_loai_dau_trang": "tên loại ở đầu trang",
    "kinh_gui": "Kính gửi",
    "can_cu": "Căn cứ",
    "noi_nhan": "Nơi nhận",
    "quyen_han_ky": "quyền hạn ký",
    "dan_van_ban": "dẫn số văn bản khác",
    "cho_trong": "nhiều chỗ trống để điền",
    "bieu_mau": "lời của biểu mẫu",
    "doanh_nghiep": "tên doanh nghiệp",
    "khong_tieng_viet": "không phải tiếng Việt",
}

UNREADABLE = {
    Unreadable.ENCRYPTED: "tệp đặt mật khẩu",
    Unreadable.DAMAGED: "tệp hỏng",
    Unreadable.TOO_DEEP: "lồng nhau quá nhiều lớp",
    Unreadable.TOO_LARGE: "quá lớn",
    Unreadable.TOO_MANY: "quá nhiều thành phần",
    Unreadable.TIME: "quá thời gian cho phép",
    Unreadable.MEMORY: "quá bộ nhớ cho phép",
    Unreadable.CRASHED: "bộ đọc gặp lỗi khi mở tệp",
    Unreadable.UNSUPPORTED: "chưa hỗ trợ loại tệp này",
    Unreadable.EMPTY: "tệp rỗng",
    Unreadable.SECRET: "không lưu nội dung: bí mật nhà nước",
}
BROKEN_PROMISE = "tên là .{}, nội dung không phải"
NO_PAGE = "ảnh quá nhỏ hoặc không có dạng trang văn bản, không đọc được chữ"
NO_LETTERS = "không thấy chữ: trang trắng, hoặc ảnh quá nhỏ, quá mờ để đọc"
DANGERS = {
    DangerKind.ENCRYPTED: "có mật khẩu, không kiểm tra được bên trong",
    DangerKind.MACRO: "có macro",
    DangerKind.EXECUTABLE: "là hoặc chứa chương trình chạy được",
    DangerKind.SCRIPT: "chứa mã lệnh",
    DangerKind.LAUNCH: "tự mở chương trình hoặc liên kết khác",
    DangerKind.EMBEDDED: "có tệp nhúng bên trong",
    DangerKind.DOUBLE_EXTENSION: "tên có hai phần mở rộng",
    DangerKind.MISNAMED: "tên tệp không đúng với loại thật",
    DangerKind.POLYGLOT: "cùng lúc là hai loại tệp",
    DangerKind.BOMB: "giải nén ra lớn bất thường",
    DangerKind.TRAVERSAL: "tên thành phần trỏ ra ngoài thư mục",
    DangerKind.MALWARE: "mã độc",
}
FILE_TYPES = {
    "pdf": "PDF",
    "docx": "Word (.docx)",
    "docm": "Word có macro (.docm)",
    "doc": "Word cũ (.doc)",
    "odt": "OpenDocument (.odt)",
    "xlsx": "Excel (.xlsx)",
    "xls": "Excel cũ (.xls)",
    "txt": "văn bản thuần",
    "html": "trang web",
    "eml": "thư điện tử",
    "png": "ảnh PNG",
    "jpeg": "ảnh JPEG",
    "tiff": "ảnh TIFF",
    "zip": "tệp nén ZIP",
    "7z": "tệp nén 7z",
    "rar": "tệp nén RAR",
    "exe": "chương trình",
    "empty": "tệp rỗng",
    "unknown": "không rõ loại",
}


def seen_in_words(rule: str, seen: str) -> str:
    """What was seen, quoted; for `too_few_signs` the signs that were there."""
    if rule == "too_few_signs" and all(sign in SIGNS for sign in seen.split(", ")):
        return "chỉ có: " + ", ".join(SIGNS[sign] for sign in seen.split(", "))
    return f"“{seen}”" if seen else ""
