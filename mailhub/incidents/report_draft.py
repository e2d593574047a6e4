"""The draft of an incident's report to the authority (reference/secrecy-and-conduct § 3.4): who, when, how, what was
done. Whoever signs it fills in the rest; of the content there is nothing to put in."""

from __future__ import annotations

from mailhub.clock import local_time
from mailhub.incidents.models import Kept
from mailhub.incidents.reading import IncidentRow

FOUND_IN = {
    "subject": "tiêu đề thư",
    "body": "nội dung thư",
    "file": "tệp kèm theo",
    "scan": "bản quét kèm theo (nhận dạng chữ, có thể nhầm)",
}
KEPT = {
    Kept.DESTROYED: "không lưu nội dung; đã ghi đè vùng lưu tạm",
    Kept.SEALED: "đã niêm phong bằng khóa của cán bộ phụ trách an toàn thông tin; chỉ mở khi có hai người quyết định",
    Kept.OPENED: "đã giao cho cán bộ phụ trách theo quyết định của hai người, sau đó hủy trên hệ thống",
}
DOORS = {
    "submission": "gửi từ tài khoản công vụ",
    "mx": "từ bên ngoài gửi đến",
    "inject": "chuyển tiếp tự động",
    "internal": "hệ thống",
}
_BLANK = "…………………………"


def draft(row: IncidentRow, *, regulation: str, hub: str) -> list[str]:
    """The lines of the draft. `hub` is the system's domain; `regulation` the province's, "" when it is not known."""
    agency = row.agency or _BLANK
    found = ", ".join(FOUND_IN.get(place, place) for place in row.found_in)
    return [
        "BÁO CÁO (DỰ THẢO)",
        f"Về sự cố {row.number}: thư điện tử có dấu hiệu bí mật nhà nước",
        "",
        f"Kính gửi: {_BLANK}",
        "",
        f"1. Căn cứ: {regulation or _BLANK}.",
        f"2. Thời điểm phát hiện: {_time(row.opened_at)}; hạn báo cáo: {_time(row.deadline_at)}.",
        f"3. Hệ thống: thư điện tử công vụ {hub}; cách gửi: {DOORS.get(row.door, row.door)}; mã thư: {row.code}.",
        f"4. Người gửi: {row.sender or _BLANK}; cơ quan, đơn vị: {agency}; địa chỉ mạng: {row.client or _BLANK}.",
        f"5. Người nhận ghi trên thư ({len(row.recipients)}): {', '.join(row.recipients)}.",
        f"6. Dấu hiệu: độ {row.level}, phát hiện tại {found}; kích thước thư: {row.size} byte; quy tắc: {row.rule} "
        f"(phiên bản {row.version}). Báo cáo này không nêu nội dung, tiêu đề, tên tệp.",
        f"7. Số lần gửi: {row.times}, lần cuối {_time(row.last_at)}; các lần gửi đều bị từ chối hoặc hủy.",
        f"8. Biện pháp đã thực hiện: không chuyển thư; {KEPT[row.kept]}; xóa {row.copies_removed} bản nháp, bản lưu "
        f"trong hộp thư người gửi{_places(row)}.",
        f"9. Xác minh với người gửi (máy tính đã soạn thảo, bản sao ngoài hệ thống): {_BLANK}",
        f"10. Đánh giá: {_BLANK}",
        f"11. Kiến nghị: {_BLANK}",
        "",
        "NGƯỜI BÁO CÁO",
    ]


def _places(row: IncidentRow) -> str:
    faults = [place.address for place in row.places if place.fault]
    if faults:
        return f" (chưa kiểm tra được: {', '.join(faults)})"
    open_ = [place.address for place in row.places if place.next_at is not None]
    return f" (còn kiểm tra lại: {', '.join(open_)})" if open_ else ""


def _time(at: int) -> str:
    return local_time(at).strftime("%H giờ %M ngày %d/%m/%Y")
