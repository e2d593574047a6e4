"""Text out of PDF files: order, place, danger, and what cannot be read."""

from __future__ import annotations

import time
import zlib

import pytest
from PIL import Image, ImageDraw

from mailhub.files.facts import DangerKind, Limits, Unreadable
from mailhub.files.pdf import PdfReading, read_pdf
from mailhub.files.pdf_words import garbled
from mailhub.text.lines import Source
from tests.support import pdfs

pytestmark = pytest.mark.unit

QUICK = Limits()


def lines(reading: PdfReading) -> list[str]:
    return [line.text for line in reading.text.lines]


def kinds(reading: PdfReading) -> set[DangerKind]:
    return {danger.kind for danger in reading.dangers}


def test_the_two_sides_of_a_header_are_read_one_after_the_other() -> None:
    read = lines(read_pdf(pdfs.letter(), QUICK))
    assert read[:8] == [
        "ỦY BAN NHÂN DÂN",
        "XÃ THỬ NGHIỆM",
        "Số: 87/UBND-VX",
        "V/v trồng cây xanh",
        "ở trường học",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "Thử Nghiệm, ngày 05 tháng 4 năm 2026",
    ]


def test_recipients_and_signer_at_the_foot_are_kept_apart() -> None:
    read = lines(read_pdf(pdfs.letter(), QUICK))
    assert read[read.index("Nơi nhận:") :] == [
        "Nơi nhận:",
        "- Như trên;",
        "- Lưu: VT.",
        "TM. ỦY BAN NHÂN DÂN",
        "CHỦ TỊCH",
        "Trần Thị Mẫu",
    ]


def test_a_line_tells_where_on_the_page_it_stands() -> None:
    found = {line.text: line for line in read_pdf(pdfs.letter(), QUICK).text.lines}
    number, date = found["Số: 87/UBND-VX"], found["Thử Nghiệm, ngày 05 tháng 4 năm 2026"]
    assert number.page == date.page == 1
    assert number.right is not None
    assert date.left is not None
    assert number.top is not None
    assert date.top == pytest.approx(number.top, abs=0.01)
    assert 0.1 < number.right < date.left < 0.6
    assert number.top < 0.2


def test_a_national_title_close_to_the_agency_is_still_a_side_of_its_own() -> None:
    close = pdfs.typeset(
        '#set page(paper: "a4", margin: 2cm)\n#set text(font: "Liberation Serif", size: 13pt)\n'
        "#grid(columns: (auto, auto), column-gutter: 7pt, align: center, row-gutter: 6pt, [ỦY BAN NHÂN DÂN HUYỆN MẪU],"
        "[CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM], [Số: 3/BC-UBND], [Độc lập - Tự do - Hạnh phúc])"
    )
    assert lines(read_pdf(close, QUICK)) == [
        "ỦY BAN NHÂN DÂN HUYỆN MẪU",
        "Số: 3/BC-UBND",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
    ]


def test_body_text_is_not_torn_into_columns() -> None:
    read = lines(read_pdf(pdfs.letter(), QUICK))
    body = [line for line in read if line.startswith(("Để trường học", "chọn", "nhân dân", "trước"))]
    assert body
    assert all(len(line) > 60 for line in body[:1])


def test_a_title_whose_letters_are_set_apart_is_one_word_each() -> None:
    title = pdfs.typeset(
        '#set page(paper: "a4")\n#set text(font: "Liberation Serif", tracking: 9pt)\n#align(center)[QUYẾT ĐỊNH]'
    )
    assert lines(read_pdf(title, QUICK)) == ["QUYẾT ĐỊNH"]


def test_a_table_is_read_row_by_row() -> None:
    table = pdfs.typeset(
        '#set page(paper: "a4")\n#set text(font: "Liberation Serif")\n#grid(columns: (1cm, 5cm, 5cm, 3cm), '
        "row-gutter: 8pt, [1], [Trường Một], [Thôn Đông], [12], [2], [Trường Hai], [Thôn Tây], [15], [3], [Trường Ba],"
        " [Thôn Nam], [9])"
    )
    assert lines(read_pdf(table, QUICK)) == [
        "1 Trường Một Thôn Đông 12",
        "2 Trường Hai Thôn Tây 15",
        "3 Trường Ba Thôn Nam 9",
    ]


def test_digits_stamped_by_a_signing_program_are_read_where_they_are_seen() -> None:
    look = pdfs.stream(
        "BT /F 12 Tf 0 2 Td (457) Tj ET", "/Type/XObject/Subtype/Form/BBox[0 0 30 14]/Resources<</Font<</F 5 0 R>>>>"
    )
    widget = "<</Type/Annot/Subtype/Widget/FT/Sig/F 4/Rect[95 698 125 712]/AP<</N 6 0 R>>>>"
    file = pdfs.one_page(
        "BT /F 12 Tf 72 700 Td (So:) Tj 55 0 Td (/QD-UBND) Tj ET",
        page="/Annots[7 0 R]",
        more={6: look, 7: widget},
    )
    assert lines(read_pdf(file, QUICK)) == ["So: 457 /QD-UBND"]


def test_a_page_that_is_turned_is_read_as_it_is_shown() -> None:
    sideways = "BT 0 1 -1 0 100 72 Tm /F 12 Tf (So: 15/UBND) Tj ET BT 0 1 -1 0 130 72 Tm /F 12 Tf (V/v cay) Tj ET"
    reading = read_pdf(pdfs.one_page(sideways, page="/Rotate 90"), QUICK)
    assert lines(reading) == ["So: 15/UBND", "V/v cay"]
    assert reading.text.lines[0].left == pytest.approx(72 / 842, abs=0.01)


def test_a_cropped_page_counts_from_what_is_shown_of_it() -> None:
    reading = read_pdf(pdfs.one_page(page="/CropBox[60 400 360 720]"), QUICK)
    assert reading.text.lines[0].left == pytest.approx(12 / 300, abs=0.02)


def test_of_a_long_file_the_first_pages_and_the_last_one_are_read() -> None:
    pages = pdfs.typeset("\n#pagebreak()\n".join(f"Trang thu {number}" for number in range(1, 9)))
    reading = read_pdf(pages, Limits(pages=3))
    assert [line.page for line in reading.text.lines] == [1, 2, 8]
    assert reading.pages == 8
    assert not reading.text.complete


def test_no_more_letters_are_kept_than_were_asked_for_and_the_last_page_is_among_them() -> None:
    pages = pdfs.typeset("\n#pagebreak()\n".join("chu " * 100 + f"het{number}" for number in range(1, 6)))
    reading = read_pdf(pages, Limits(text_characters=1_000))
    assert sum(len(line.text) for line in reading.text.lines) <= 1_000
    assert {1, 5} <= {line.page for line in reading.text.lines}
    assert not reading.text.complete


def test_a_scan_needs_ocr_and_a_letter_with_a_logo_does_not() -> None:
    scanned = pdfs.scan(Image.new("RGB", (1654, 2339), "white"))
    quick = read_pdf(scanned, QUICK)
    assert quick.needs_ocr
    assert quick.text.source is Source.NONE
    letter = pdfs.typeset("#rect(width: 2cm, height: 2cm, fill: red)\nMot bai viet ngan.")
    assert not read_pdf(letter, QUICK).needs_ocr


def test_an_empty_page_needs_no_ocr() -> None:
    reading = read_pdf(pdfs.one_page(""), QUICK)
    assert not reading.needs_ocr
    assert reading.unreadable is None
    assert reading.pages == 1


def test_invisible_text_over_a_scan_is_not_believed_but_not_lost_either() -> None:
    picture = Image.new("L", (200, 280), 255)
    ImageDraw.Draw(picture).rectangle((20, 20, 180, 30), fill=0)
    body = zlib.compress(picture.tobytes())
    image = (
        b"<</Type/XObject/Subtype/Image/Width 200/Height 280/ColorSpace/DeviceGray/BitsPerComponent 8"
        b"/Filter/FlateDecode/Length %d>>\nstream\n" % len(body) + body + b"\nendstream"
    )
    page = "/Resources<</Font<</F 5 0 R>>/XObject<</I 6 0 R>>>>"
    content = "q 595 0 0 842 0 0 cm /I Do Q BT /F 12 Tf 3 Tr 72 700 Td (So: 15/UBND) Tj ET"
    reading = read_pdf(pdfs.one_page(content, more={6: image, 3: _page(page)}), QUICK)
    assert reading.needs_ocr
    assert [(line.text, line.confidence < 1) for line in reading.text.lines] == [("So: 15/UBND", True)]


def _page(resources: str) -> str:
    return f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]{resources}/Contents 4 0 R>>"


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("Căn cứ Luật Tổ chức chính quyền địa phương ngày 19 tháng 6 năm 2015", False),
        ("The quick brown fox jumps over the lazy dog, and nobody minds it at all.", False),
        ("C~n cu Lu~t T6 chuc chinh quy~n dia phuong ngay 19 thang 6 nam 2015 c1;'.a Chinh ph11", True),
        ("CQNG HOA xA HQI CHU NGHi:A VI$T NAM D(>c l~p - T\\1 do - H~nh phuc", True),
        ("\ue012\ue013\ue014 \ue015\ue016 " * 10 + "abcdefghij klmnop qrstuv", True),
        ("15/2020", False),
    ],
)
def test_a_broken_text_layer_is_told_from_a_language(text: str, broken: bool) -> None:
    assert garbled(text) is broken


def test_a_file_that_wants_a_password_is_encrypted() -> None:
    reading = read_pdf(pdfs.encrypted(b"secret"), QUICK)
    assert reading.unreadable is Unreadable.ENCRYPTED
    assert kinds(reading) == {DangerKind.ENCRYPTED}


def test_a_file_that_only_its_owner_may_change_is_read() -> None:
    reading = read_pdf(pdfs.encrypted(), QUICK)
    assert lines(reading) == ["So: 15/UBND"]
    assert reading.dangers == ()


@pytest.mark.parametrize(
    ("catalogue", "page", "kind"),
    [
        ("/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>", "", DangerKind.SCRIPT),
        ("/Names<</JavaScript<</Names[(a)<</S/JavaScript/JS(1)>>]>>>>", "", DangerKind.SCRIPT),
        ("/OpenAction<</S/J#61vaScript/JS(1)>>", "", DangerKind.SCRIPT),
        ("", "/AA<</O<</S/JavaScript/JS(1)>>>>", DangerKind.SCRIPT),
        ("/OpenAction<</S/Launch/F(cmd.exe)>>", "", DangerKind.LAUNCH),
        ("", "/Annots[<</Subtype/Link/Rect[0 0 9 9]/A<</S/Launch/F(a.exe)>>>>]", DangerKind.LAUNCH),
        ("", "/Annots[<</Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI(file:///c:/a.exe)>>>>]", DangerKind.LAUNCH),
        ("/AcroForm<</Fields[]/XFA[(a) 4 0 R]>>", "", DangerKind.SCRIPT),
        ("/Names<</EmbeddedFiles<</Names[(a)<</EF<</F 6 0 R>>/F(a)>>]>>>>", "", DangerKind.EMBEDDED),
    ],
)
def test_what_may_hurt_the_reader_is_told(catalogue: str, page: str, kind: DangerKind) -> None:
    file = pdfs.one_page(catalogue=catalogue, page=page, more={6: pdfs.stream("x", "/Type/EmbeddedFile")})
    if kind is not DangerKind.EMBEDDED:
        file = pdfs.one_page(catalogue=catalogue, page=page)
    reading = read_pdf(file, QUICK)
    assert kinds(reading) == {kind}
    assert lines(reading) == ["So: 15/UBND"]


def test_a_script_packed_in_an_object_stream_is_found() -> None:
    packed = zlib.compress(b"7 0 <</S/JavaScript/JS(1)>>")
    hidden = b"<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>\nstream\n" % len(packed)
    reading = read_pdf(pdfs.one_page(more={6: hidden + packed + b"\nendstream"}), QUICK)
    assert kinds(reading) == {DangerKind.SCRIPT}


def test_an_object_stream_that_expands_without_end_is_bounded() -> None:
    bomb = zlib.compress(bytes(96 * 2**20), 1)
    hidden = b"<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>\nstream\n" % len(bomb)
    started = time.monotonic()
    assert read_pdf(pdfs.one_page(more={6: hidden + bomb + b"\nendstream"}), QUICK).dangers == ()
    assert time.monotonic() - started < 2


def test_a_letter_about_scripts_and_links_is_no_danger() -> None:
    harmless = pdfs.one_page(
        "BT /F 12 Tf 72 700 Td (JavaScript, Launch, EmbeddedFile) Tj ET",
        page="/Annots[<</Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI(https://example.vn/)>>>>]",
    )
    assert read_pdf(harmless, QUICK).dangers == ()


@pytest.mark.parametrize(
    "octets",
    [b"", b"%PDF-1.7\n", b"%PDF-1.7\n%%EOF", b"not a pdf at all", b"%PDF-" + b"<<" * 50_000, pdfs.one_page()[:200]],
    ids=["empty", "header only", "no objects", "other", "nested", "cut"],
)
def test_what_is_no_pdf_is_damaged_and_nothing_is_raised(octets: bytes) -> None:
    reading = read_pdf(octets, QUICK)
    assert reading.unreadable is Unreadable.DAMAGED
    assert reading.text.lines == ()


@pytest.mark.parametrize("box", [(0, 0, 1e6, 1e6), (0, 0, 0, 0), (0, 0, 1e-3, 1e6), (-1e30, -1e30, 1e30, 1e30)])
def test_a_page_of_impossible_size_does_no_harm(box: tuple[float, ...]) -> None:
    reading = read_pdf(pdfs.one_page(box=box), Limits())
    assert len(reading.text.lines) <= 1


def test_a_page_tree_that_holds_itself_ends() -> None:
    endless = pdfs.one_page(more={2: "<</Type/Pages/Kids[2 0 R 3 0 R 2 0 R]/Count 2000000>>"})
    started = time.monotonic()
    reading = read_pdf(endless, QUICK)
    assert time.monotonic() - started < 2
    assert lines(reading) == ["So: 15/UBND"]


def test_random_damage_never_raises() -> None:
    whole = bytearray(pdfs.letter())
    for seed in range(40):
        hurt = bytearray(whole)
        for step in range(30):
            hurt[(seed * 7919 + step * 104_729) % len(hurt)] = (seed * 31 + step * 17) % 256
        read_pdf(bytes(hurt), QUICK)
