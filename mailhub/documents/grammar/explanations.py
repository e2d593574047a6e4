"""The rules by which fields were taken, in words for the people who read `mailhub classify --explain`.

The names are stable: corrections and measurements refer to them.
"""

from __future__ import annotations

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
    "subject_where_heading_was_lost": "dòng ở chỗ của trích yếu; không thấy tên loại",
}


def explain(rule: str) -> str:
    """The rule in words; rules of the foot and of marks are named in words already."""
    return EXPLANATIONS.get(rule, rule)
