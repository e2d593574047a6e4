"""Word documents are read as a person reads the page."""

from __future__ import annotations

import io
import time
import zipfile

import docx as python_docx
import pytest

from mailhub.files.docx import read_docx
from mailhub.files.facts import Limits, Unreadable
from mailhub.files.reading import Reading
from tests.support.office import docx, paragraph, part, table, zipped

pytestmark = pytest.mark.unit

VN = '<w:rPr><w:rFonts w:ascii=".VnTime" w:hAnsi=".VnTime"/></w:rPr>'
VN_CAPITALS = VN.replace(".VnTime", ".VnTimeH")


def read(data: bytes, limits: Limits | None = None) -> Reading:
    return read_docx(memoryview(data), limits or Limits())


def lines(body: str, **more: str) -> list[str]:
    reading = read(docx(body, more={f"word/{name}.xml": part(text, root) for name, (root, text) in _roots(more)}))
    assert reading.unreadable is None
    return [line.text for line in reading.text.lines if line.text]


def _roots(more: dict[str, str]) -> list[tuple[str, tuple[str, str]]]:
    roots = {"header1": "hdr", "footer1": "ftr", "footnotes": "footnotes"}
    return [(name, (roots[name], text)) for name, text in more.items()]


def test_the_two_columns_of_the_head_never_share_a_line() -> None:
    left = paragraph("UBND TỈNH THỬ NGHIỆM") + paragraph("SỞ MẪU")
    right = paragraph("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM") + paragraph("Độc lập - Tự do - Hạnh phúc")
    number = (paragraph("Số: 12/SM-VP"), paragraph("Thử Nghiệm, ngày 02 tháng 3 năm 2026"))
    assert lines(table((left, right), number) + paragraph("Kính gửi: Các phòng")) == [
        "UBND TỈNH THỬ NGHIỆM",
        "SỞ MẪU",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "Số: 12/SM-VP",
        "Thử Nghiệm, ngày 02 tháng 3 năm 2026",
        "Kính gửi: Các phòng",
    ]


def test_columns_built_with_tabs_and_blanks_are_taken_apart_and_put_together() -> None:
    body = paragraph("UBND TỈNH A\tCỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")
    body += paragraph("  SỞ MẪU            Độc lập - Tự do - Hạnh phúc")
    body += paragraph("Số:       /SM-VP\t\tA, ngày    tháng 3 năm 2026")
    assert lines(body + paragraph("Kính gửi:\tCác phòng")) == [
        "UBND TỈNH A",
        "SỞ MẪU",
        "Số:       /SM-VP",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "A, ngày    tháng 3 năm 2026",
        "Kính gửi:\tCác phòng",
    ]


def test_recipients_stay_together_beside_the_signature() -> None:
    body = paragraph("Nơi nhận:\tTM. ỦY BAN NHÂN DÂN") + paragraph("- Như trên;\tCHỦ TỊCH") + paragraph("- Lưu: VT.")
    assert lines(body) == ["Nơi nhận:", "- Như trên;", "- Lưu: VT.", "TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH"]


@pytest.mark.parametrize("text", ["1.\tMục đích", "- Lưu:\tVT", "Điều 1.\tPhạm vi", "họ tên\tnăm sinh", "Tôi    là ai"])
def test_a_tab_within_one_column_is_no_gap(text: str) -> None:
    assert lines(paragraph(text)) == [text]


def test_nested_tables_are_read_once_and_in_place() -> None:
    inner = table((paragraph("b"), paragraph("c")))
    assert lines(table((paragraph("a") + inner + paragraph("d"), paragraph("e")))) == ["a", "b", "c", "d", "e"]


def test_a_box_of_text_is_read_once_though_it_is_written_twice() -> None:
    box = "<w:txbxContent>" + paragraph("HỎA TỐC") + "</w:txbxContent>"
    drawn = f"<mc:AlternateContent><mc:Choice Requires='wps'><wps:txbx>{box}</wps:txbx></mc:Choice>"
    drawn += f"<mc:Fallback><v:textbox>{box}</v:textbox></mc:Fallback></mc:AlternateContent>"
    body = f"<w:p><w:r><w:t>QUYẾT ĐỊNH</w:t></w:r><w:r>{drawn}</w:r></w:p>" + paragraph("Về việc mẫu")
    assert lines(body) == ["QUYẾT ĐỊNH", "HỎA TỐC", "Về việc mẫu"]


def test_deleted_words_are_gone_and_inserted_ones_are_there() -> None:
    body = "<w:p><w:r><w:t>Số </w:t></w:r><w:del w:id='1'><w:r><w:delText>1</w:delText><w:t>2</w:t></w:r></w:del>"
    body += (
        "<w:moveFrom w:id='2'><w:r><w:t>3</w:t></w:r></w:moveFrom><w:ins w:id='4'><w:r><w:t>4</w:t></w:r></w:ins></w:p>"
    )
    assert lines(body) == ["Số 4"]


def test_fields_show_their_result_and_not_their_code() -> None:
    body = "<w:p><w:r><w:instrText> DATE </w:instrText></w:r><w:fldSimple w:instr='DATE'><w:r><w:t>5/3/2026</w:t></w:r>"
    assert lines(body + "</w:fldSimple><w:hyperlink><w:r><w:t> mẫu</w:t></w:r></w:hyperlink></w:p>") == ["5/3/2026 mẫu"]


def test_line_breaks_hyphens_and_controls_are_what_they_look_like() -> None:
    body = "<w:p><w:r><w:t>TM</w:t><w:noBreakHyphen/><w:t>UB</w:t><w:br/><w:t>hai</w:t><w:cr/><w:t>ba</w:t></w:r></w:p>"
    body += f"<w:sdt><w:sdtContent>{paragraph('bốn')}</w:sdtContent></w:sdt>"
    assert lines(body) == ["TM-UB", "hai", "ba", "bốn"]


def test_a_page_header_comes_last_and_page_numbers_not_at_all() -> None:
    found = lines(
        paragraph("BÁO CÁO"), header1=paragraph("Mẫu in nội bộ"), footer1=paragraph("12"), footnotes=paragraph("chú")
    )
    assert found == ["BÁO CÁO", "chú", "Mẫu in nội bộ"]


def test_a_letterhead_set_as_page_header_comes_first() -> None:
    head = table((paragraph("SỞ MẪU"), paragraph("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")))
    assert lines(paragraph("BÁO CÁO"), header1=head)[0] == "SỞ MẪU"


def test_marks_in_a_page_header_come_first() -> None:
    assert lines(paragraph("BÁO CÁO"), header1=paragraph("MẬT") + paragraph("Mẫu in")) == ["MẬT", "BÁO CÁO", "Mẫu in"]


def test_a_watermark_is_read() -> None:
    mark = "<w:p><w:r><w:pict><v:shape><v:textpath string='DỰ THẢO'/></v:shape></w:pict></w:r></w:p>"
    assert lines(paragraph("BÁO CÁO"), header1=mark) == ["DỰ THẢO", "BÁO CÁO"]


def test_letters_of_old_fonts_are_converted_and_their_capitals_shown() -> None:
    body = paragraph("QuyÕt ®Þnh", properties=VN_CAPITALS) + paragraph("vÒ viÖc kiÓm tra", properties=VN)
    assert lines(body) == ["QUYẾT ĐỊNH", "về việc kiểm tra"]


def test_unicode_typed_in_an_old_font_stays() -> None:
    assert lines(paragraph("Quyết định là có", properties=VN_CAPITALS)) == ["Quyết định là có"]


def test_an_old_font_set_by_the_style_counts() -> None:
    style = '<w:style w:type="paragraph" w:default="1" w:styleId="N">' + VN + "</w:style>"
    data = docx(paragraph("Céng hßa x· héi ®Êt n­íc"), more={"word/styles.xml": part(style, "styles")})
    assert read(data).text.plain == "Cộng hòa xã hội đất nước"


def test_capitals_by_format_are_capitals_and_hidden_words_are_not_shown() -> None:
    body = paragraph("Thông báo", properties="<w:rPr><w:caps/></w:rPr>")
    body += paragraph("ẩn", properties="<w:rPr><w:vanish/></w:rPr>") + paragraph(
        "x", properties="<w:rPr><w:caps w:val='0'/></w:rPr>"
    )
    assert lines(body) == ["THÔNG BÁO", "x"]


def test_pages_are_counted_once_a_break() -> None:
    body = paragraph("một") + "<w:p><w:r><w:br w:type='page'/></w:r></w:p>"
    body += "<w:p><w:r><w:lastRenderedPageBreak/><w:t>hai</w:t></w:r></w:p>"
    assert [(line.text, line.page) for line in read(docx(body)).text.lines if line.text] == [("một", 1), ("hai", 2)]


def test_what_python_docx_writes_is_read() -> None:
    document = python_docx.Document()
    document.add_paragraph("BÁO CÁO")
    grid = document.add_table(1, 2)
    grid.cell(0, 0).text, grid.cell(0, 1).text = "trái", "phải"
    out = io.BytesIO()
    document.save(out)
    reading = read(out.getvalue())
    assert [line.text for line in reading.text.lines] == ["BÁO CÁO", "trái", "phải"]
    assert reading.unreadable is None


def test_strict_office_files_are_read() -> None:
    data = part(paragraph("BÁO CÁO")).replace(
        "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "http://purl.oclc.org/ooxml/wordprocessingml/main",
    )
    assert read(zipped({"word/document.xml": data})).text.plain == "BÁO CÁO"


def test_pasted_scans_are_handed_on_when_there_is_no_text() -> None:
    assert read(docx("<w:p/>", more={"word/media/image1.jpeg": b"scan"})).pictures == (b"scan",)
    assert read(docx(paragraph("Một lá thư dài hơn " * 10), more={"word/media/image1.jpeg": b"logo"})).pictures == ()


def test_a_long_text_is_cut_at_the_limit_and_says_so() -> None:
    reading = read(docx(paragraph("mười chữ cái nhé") * 100), Limits(text_characters=200))
    assert len(reading.text.plain) <= 200
    assert not reading.text.complete


# Hostile files.


def test_what_stands_before_a_fault_is_kept() -> None:
    broken = part(paragraph("BÁO CÁO") + paragraph("hai"))[:-60]
    reading = read(zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": broken}))
    assert reading.text.plain.startswith("BÁO CÁO")
    assert reading.unreadable is Unreadable.DAMAGED


@pytest.mark.parametrize("size", [0, 4, 30, 200, 400])
def test_a_cut_archive_is_damaged(size: int) -> None:
    assert read(docx(paragraph("BÁO CÁO"))[:size]).unreadable is Unreadable.DAMAGED


def test_an_encrypted_member_is_told() -> None:
    data = bytearray(docx(paragraph("BÁO CÁO")))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := data.find(mark, at + 1)) >= 0:
            data[at + offset] |= 1
    assert read(bytes(data)).unreadable is Unreadable.ENCRYPTED


def laughing() -> str:
    entities = "<!ENTITY a0 'ha'>" + "".join(f"<!ENTITY a{i} '{f'&a{i - 1};' * 10}'>" for i in range(1, 12))
    return f"<!DOCTYPE d [{entities}]>" + part(paragraph("&a11;")).split("?>")[1]


def quadratic() -> str:
    return f"<!DOCTYPE d [<!ENTITY a '{'x' * 100_000}'>]>" + part(paragraph("&a;" * 50_000)).split("?>")[1]


def nested(tag: str) -> str:
    return part(f"<w:{tag}>" * 100_000)


@pytest.mark.parametrize(
    "body",
    [
        laughing(),
        quadratic(),
        nested("p"),
        nested("tbl"),
        nested("sdt"),
        part("<w:tbl><w:tr><w:tc>" * 200 + paragraph("x") + "</w:tc></w:tr></w:tbl>" * 200),
        part("<w:p><w:r><w:txbxContent>" * 80 + paragraph("x") + "</w:txbxContent></w:r></w:p>" * 80),
        part(f"<w:p a='{'x' * 10**6}'/>"),
        part("<w:p " + " ".join(f"a{i}='1'" for i in range(100_000)) + "/>"),
        part("<w:p/>" * 170_000),
        part("<w:p><w:r><w:lastRenderedPageBreak/><w:t>a</w:t></w:r></w:p>" * 15_000),
        part(paragraph("\t A" * 50_000)),
        part(paragraph(" " * 10**6)),
    ],
    ids=(
        "laughs",
        "quadratic",
        "deep p",
        "deep tbl",
        "deep sdt",
        "tables",
        "boxes",
        "attribute",
        "attributes",
        "empty",
        "pages",
        "gaps",
        "blanks",
    ),
)
def test_a_megabyte_of_hostile_xml_ends_in_time(body: str) -> None:
    start = time.process_time()
    reading = read(zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": body}))
    assert time.process_time() - start < 3
    assert len(reading.text.plain) <= Limits().text_characters


def test_declared_entities_are_refused() -> None:
    reading = read(zipped({"word/document.xml": laughing()}))
    assert reading.unreadable is Unreadable.DAMAGED
    assert "haha" not in reading.text.plain


def test_tables_too_deep_are_told() -> None:
    deep = "<w:tbl><w:tr><w:tc>" * 60 + paragraph("x") + "</w:tc></w:tr></w:tbl>" * 60
    assert read(docx(paragraph("trên") + deep)).unreadable is Unreadable.TOO_DEEP


def test_a_bomb_within_is_read_no_further_than_the_limit() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("word/document.xml", "w") as member:
        member.write(part(paragraph("BÁO CÁO")).removesuffix("</w:body></w:document>").encode())
        for _ in range(60):
            member.write(b" " * 2**20)
    start = time.process_time()
    reading = read(out.getvalue())
    assert reading.unreadable in (Unreadable.TOO_LARGE, Unreadable.DAMAGED)
    assert reading.text.plain.startswith("BÁO CÁO")
    assert time.process_time() - start < 3
