"""The rules by which fields were taken, in words for the people who read `mailhub classify --explain`.

The names are stable: corrections and measurements refer to them.
"""

from __future__ import annotations

import re

from mailhub.text.folding import fold

EXPLANATIONS: dict[str, str] = {
    "heading_whole_line": "cả dòng là tên loại văn bản",
    "heading_bent_by_ocr": "dòng tên loại, nhận dạng quang học đọc lệch vài chữ",
    "heading_with_subject": "tên loại và trích yếu trên cùng một dòng",
    "heading_after_stamp": "tên loại đứng sau một dấu đóng trên cùng dòng",
    "heading_opening": "dòng mở đầu bằng tên loại",
    "heading_of_no_document": "tên gọi không phải của văn bản hành chính (đơn, hóa đơn, tờ khai …)",
    "symbol_first_group": "không thấy tên loại; nhóm chữ đầu của ký hiệu cho biết loại",
    "letter_layout": "thể thức công văn: số, ký hiệu không có tên loại, V/v hoặc Kính gửi",
    "letter_layout_without_number": "thể thức công văn (V/v, Kính gửi) nhưng không thấy số",
    "no_heading": "có Quốc hiệu và số nhưng không có tên loại",
    "no_heading_no_number": "không có tên loại, không có số",
    "attached_without_parent": "văn bản ban hành kèm theo, không có văn bản chính trong tệp",
    "too_few_signs": "quá ít dấu hiệu của một văn bản hành chính",
    "number_line": "dòng Số: ở phần đầu văn bản",
    "number_blank": "dòng Số: còn để trống",
    "number_in_heading": "số ghi dưới tên loại",
    "date_line": "dòng địa danh, ngày tháng năm",
    "date_line_bent_by_ocr": "dòng địa danh, ngày tháng năm; chữ số đọc không chắc",
    "date_in_heading": "ngày ghi dưới tên loại",
    "date_in_first_sentence": "ngày ghi ở câu đầu của biên bản, hợp đồng",
    "date_of_passing": "ngày thông qua ghi ở cuối luật",
    "date_of_portal": "ngày ban hành theo thông tin của trang đăng tải",
    "issuer_line": "dòng cơ quan ban hành, bên trái Quốc hiệu",
    "issuers_joint": "các cơ quan liên tịch, bên trái Quốc hiệu",
    "issuer_in_authority_line": "dòng thẩm quyền trước Căn cứ",
    "issuer_in_signer_block": "khối chữ ký (TM. …)",
    "parent_line": "dòng cơ quan chủ quản, trên cơ quan ban hành",
    "subject_below_heading": "trích yếu dưới tên loại",
    "subject_after_v_v": "trích yếu sau V/v, dưới số và ký hiệu",
    "corrected": "người có quyền đã sửa",
    "subject_where_heading_was_lost": "dòng ở chỗ của trích yếu; không thấy tên loại",
}

# Rules that are named in words, and what programs call them: these stay when the words change.
IDENTIFIERS: dict[str, str] = {
    "khối chữ ký": "signature_block",
    "tên ở cuối": "name_at_end",
    "người ký theo trang đăng tải": "signer_of_portal",
    "quyền hạn ký": "signing_authority",
    "chức vụ": "signer_post",
    "phần sao cuối văn bản": "copy_part_at_end",
    "dòng sao ở đầu văn bản": "copy_line_at_top",
    "ghi chữ dự thảo": "draft_in_words",
    "có số và ngày": "number_and_date",
    "có số và người ký": "number_and_signer",
    "số để trống": "number_left_blank",
    "ngày để trống": "date_left_blank",
    "chưa đủ dấu hiệu": "state_unknown",
    "mục của giấy mời": "invitation_item",
    "dấu đứng riêng một dòng": "mark_on_its_own_line",
    "nhiều dấu trên một dòng": "marks_on_one_line",
    "dấu chung dòng với phần khác": "mark_beside_other_words",
    "độ mật, độ khẩn ghi chữ": "mark_level_in_words",
    "ký hiệu có chữ chỉ độ mật": "secrecy_in_symbol",
    "tiêu đề thư": "mail_subject",
    "tên tệp": "file_name",
    "tên loại hoặc dấu ở đầu văn bản": "label_in_heading_or_stamp",
    "trích yếu": "label_in_subject",
    "kỳ báo cáo": "reporting_period",
    "hậu tố nơi nhận": "recipient_suffix",
    "câu kết": "closing_sentence",
    "nơi nhận là các đơn vị trong cơ quan": "recipients_within_the_agency",
}
_UNCLEAR = ", không đọc rõ"  # what OCR saw and could not read for certain
_NO_WORD = re.compile("[^a-z0-9]+")


def explain(rule: str) -> str:
    """The rule in words; rules of the foot and of marks are named in words already."""
    return EXPLANATIONS.get(rule, rule)


def rule_id(rule: str) -> str:
    """The rule as programs know it: `[a-z0-9_]+`, also for a rule that the table does not have yet."""
    name = rule.removesuffix(_UNCLEAR)
    known = IDENTIFIERS.get(name) or _NO_WORD.sub("_", fold(name)).strip("_") or "unnamed"
    return f"{known}_unclear" if name != rule else known
