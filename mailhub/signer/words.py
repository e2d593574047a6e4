"""Why the signer does not sign, in words for people who run it."""

from __future__ import annotations

from collections.abc import Mapping

from mailhub.signer.orders import Refusal

WORDS: Mapping[Refusal, str] = {
    Refusal.UNAVAILABLE: "tiến trình ký số không trả lời",
    Refusal.BUSY: "tiến trình ký số đang bận",
    Refusal.NO_MANDATE: "đơn vị chưa được quy định ký số",
    Refusal.DESK: "hộp thư văn thư này không được ký cho đơn vị",
    Refusal.NO_ACT: "không rõ văn thư nào yêu cầu ký",
    Refusal.TYPE: "loại văn bản ngoài phạm vi được ký",
    Refusal.POST: "chức vụ của người ký ngoài phạm vi được ký",
    Refusal.NO_NUMBER: "không đọc được số và ký hiệu",
    Refusal.NO_PERSON: "chưa có chữ ký số của người có thẩm quyền",
    Refusal.PERSON_INVALID: "chữ ký số trong tệp không hợp lệ",
    Refusal.NO_MAIN: "văn bản chính chưa được ký trong cùng lần gửi",
    Refusal.LIMIT: "đã hết số lần ký trong ngày",
    Refusal.NOT_PREPARED: "tệp không thể ký thêm",
    Refusal.NOT_DERIVED: "tệp chuẩn bị để ký không khớp với bản gốc",
    Refusal.TOO_LARGE: "tệp quá lớn",
    Refusal.KEY: "khóa ký không dùng được",
    Refusal.PIN: "mã PIN sai, đã dừng trước khi thiết bị bị khóa",
    Refusal.EXPIRED: "chứng thư số của cơ quan hết hạn hoặc chưa có hiệu lực",
    Refusal.JOURNAL: "không ghi được nhật ký ký số",
    Refusal.MALFORMED: "yêu cầu ký không đúng mẫu",
    Refusal.CALLER: "người dùng này không được yêu cầu ký",
}


def words_for(reason: Refusal) -> str:
    """`reason` in Vietnamese."""
    return WORDS[reason]
