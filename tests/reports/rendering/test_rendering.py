"""The same numbers in every format, the decree's layout, and nothing that is more than text."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from python_calamine import CalamineWorkbook

from mailhub.reports.rendering import Format, render
from mailhub.reports.rendering.composing import roman
from mailhub.reports.values import Column, Rate, Report, Row, Section, Table, Unit
from mailhub.text.cells import safe_cell
from tests.reports.rendering.samples import HEAD, HOSTILE, sample

pytestmark = pytest.mark.unit

PLAIN = ("Văn phòng Sở", "Phòng Nội vụ xã Tân Lập", "Trung tâm Lưu trữ")
# Of each row of the sample: number of messages, per cent, day.
WANTED = [(2_701 + place, round(100 * (37 + place) / 451, 1), date(2026, 10, 3)) for place in range(len(PLAIN))]
TOTAL = (4_242, 6.2)


def made(report: Report, form: Format) -> bytes:
    return render(report, form, head=HEAD).content


def text_of_pdf(data: bytes, folder: Path, how: str = "-layout") -> str:
    (folder / "report.pdf").write_bytes(data)
    command = ["pdftotext", how, str(folder / "report.pdf"), "-"]
    return subprocess.run(command, check=True, capture_output=True).stdout.decode().replace("\u00a0", " ")


def from_words(number: str, share: str, day: str) -> tuple[int, float, date]:
    """As a reader reads `2.701`, `8,2 % (37/451)`, `03/10/2026`."""
    percent = float(share.split("%", maxsplit=1)[0].strip().replace(",", "."))
    d, m, y = (int(part) for part in day.split("/"))
    return int(number.replace(".", "")), percent, date(y, m, d)


def numbers_of_docx(report: Report, _folder: Path) -> list[tuple[int, float, date]]:
    document = Document(io.BytesIO(made(report, Format.DOCX)))
    grid = next(table for table in document.tables if table.cell(0, 1).text == "Đơn vị")
    rows = [[cell.text for cell in row.cells] for row in grid.rows[1 : 1 + len(PLAIN)]]
    assert [row[1] for row in rows] == list(PLAIN)
    return [from_words(row[2], row[3], row[4]) for row in rows]


def numbers_of_pdf(report: Report, folder: Path) -> list[tuple[int, float, date]]:
    text = text_of_pdf(made(report, Format.PDF), folder)
    found = re.findall(r"^\s*[123]\s+\S.*?(\d\.\d{3})\s+(\d+,\d %)\D.*?(\d\d/\d\d/\d{4})", text, re.MULTILINE)
    return [from_words(*one) for one in found]


def numbers_of_xlsx(report: Report, _folder: Path) -> list[tuple[int, float, date]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(made(report, Format.XLSX)))
    rows: list[list[Any]] = book.get_sheet_by_index(1).to_python()
    assert [row[0] for row in rows[3:6]] == list(PLAIN)
    return [(int(row[1]), float(row[2]), row[3]) for row in rows[3:6]]


def numbers_of_csv(report: Report, _folder: Path) -> list[tuple[int, float, date]]:
    rows = list(csv.reader(io.StringIO(made(report, Format.CSV).decode("utf-8-sig"))))
    found = [row for row in rows if row and row[0] in PLAIN]
    return [(int(row[1]), float(row[2]), date.fromisoformat(row[3])) for row in found]


def numbers_of_json(report: Report, _folder: Path) -> list[tuple[int, float, date]]:
    rows = json.loads(made(report, Format.JSON))["sections"][1]["tables"][0]["rows"][: len(PLAIN)]
    cells = [row["cells"] for row in rows]
    return [(one["sent"], one["share"]["percent"], date.fromisoformat(one["last"])) for one in cells]


@pytest.mark.parametrize("read", [numbers_of_docx, numbers_of_pdf, numbers_of_xlsx, numbers_of_csv, numbers_of_json])
def test_every_format_has_the_same_numbers(
    read: Callable[[Report, Path], list[tuple[int, float, date]]], tmp_path: Path
) -> None:
    assert read(sample(names=PLAIN), tmp_path) == WANTED


def test_the_docx_has_the_decrees_page_letters_and_head() -> None:
    document = Document(io.BytesIO(made(sample(names=PLAIN), Format.DOCX)))
    page: Any = document.sections[0]
    assert (round(page.page_width.mm), round(page.page_height.mm)) == (210, 297)
    edges = (page.top_margin, page.bottom_margin, page.left_margin, page.right_margin)
    assert tuple(round(edge.mm) for edge in edges) == (20, 20, 30, 15)
    normal = document.styles["Normal"]
    assert (normal.font.name, normal.font.size.pt) == ("Times New Roman", 14)
    for style in ("Heading 1", "Heading 2", "mailhub title", "mailhub note"):
        fonts = document.styles[style].element.rPr.rFonts
        assert {fonts.get(qn(f"w:{name}")) for name in ("ascii", "hAnsi", "cs", "eastAsia")} == {"Times New Roman"}
        assert not [name for name in fonts.attrib if name.endswith("Theme")]
    head = document.tables[0]
    left, right = ("\n".join(cell.text.split("\n")) for cell in head.rows[0].cells)
    assert left.split("\n")[:2] == ["UBND TỈNH THỬ NGHIỆM", "SỞ NỘI VỤ"]
    assert right.split("\n")[:2] == ["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"]
    number, place = (cell.text for cell in head.rows[1].cells)
    assert re.fullmatch(r"Số: +/BC-…", number)
    assert re.fullmatch(r"Thử Nghiệm, ngày +tháng 11 năm 2026", place)
    assert "PAGE" in page.header._element.xml
    assert page.different_first_page_header_footer
    assert "Nơi nhận:" in document.tables[-1].cell(0, 0).text


def test_a_table_too_wide_for_the_page_becomes_an_appendix_on_one_that_lies() -> None:
    upright = Document(io.BytesIO(made(sample(names=PLAIN), Format.DOCX)))
    assert len(upright.sections) == 1
    document = Document(io.BytesIO(made(sample(names=PLAIN, wide=True), Format.DOCX)))
    lying: Any = document.sections[1]
    assert lying.page_width > lying.page_height
    texts = [paragraph.text for paragraph in document.paragraphs]
    assert "Phụ lục I" in texts
    assert "Chi tiết tại Phụ lục I kèm theo." in texts
    grid = document.tables[-1]
    assert grid.cell(3, 2).text == "2.000"
    widths = [int(column.get(qn("w:w"))) for column in grid._tbl.tblGrid.findall(qn("w:gridCol"))]
    assert sum(widths) <= Mm(253).twips


def test_addresses_and_codes_stay_whole_where_there_is_room(tmp_path: Path) -> None:
    names = ("nguyenthituyetmai@tinh.gov.vn", "PHUONGTRUNGTAMTHANHPHO")
    text = text_of_pdf(made(sample(names=names), Format.PDF), tmp_path).replace("\u200b", "")
    assert [name for name in names if name not in text] == []


def test_nobody_signs_a_page_on_which_nothing_is_said(tmp_path: Path) -> None:
    """However far the text goes down the page, the last words and the place to sign are on one; and the section's end,
    which Word keeps in a paragraph, is no page of its own."""
    document = Document(io.BytesIO(made(sample(wide=True), Format.DOCX)))
    closing, room = (one for one in document.paragraphs if one.paragraph_format.keep_with_next)
    assert (closing.text.startswith("Trên đây là báo cáo"), room.text) == (True, "")
    ends = [one for one in document.paragraphs if one._p.find(f"{qn('w:pPr')}/{qn('w:sectPr')}") is not None]
    assert [one.paragraph_format.line_spacing for one in ends] == [Pt(1)]
    for length in range(1, 40, 3):
        pages = text_of_pdf(made(sample(names=("Sở Nội vụ",) * length), Format.PDF), tmp_path).split("\f")
        assert [page for page in pages if "Nơi nhận" in page and "Trên đây là báo cáo" not in page] == []


def test_hostile_names_are_text_in_every_format(tmp_path: Path) -> None:
    report = sample()
    with zipfile.ZipFile(io.BytesIO(made(report, Format.XLSX))) as book:
        sheets = [book.read(name).decode() for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
    assert sheets
    assert not any(
        "<f>" in sheet or "<f " in sheet or "hyperlink" in sheet.lower().replace("hyperlink(", "") for sheet in sheets
    )
    rows = list(csv.reader(io.StringIO(made(report, Format.CSV).decode("utf-8-sig"))))
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for cell in row)
    assert f"'{HOSTILE[0]}" in {row[0] for row in rows if row}
    document = Document(io.BytesIO(made(report, Format.DOCX)))
    names = {row.cells[1].text for table in document.tables[1:-1] for row in table.rows}
    assert {HOSTILE[0], HOSTILE[4], HOSTILE[5]} <= names
    text = "".join(text_of_pdf(made(report, Format.PDF), tmp_path, "-raw").replace("\u200b", "").split())
    assert "#eval(" in text
    assert "<script>alert(1)</script>" in text
    for data in (made(report, Format.CSV), made(report, Format.DOCX)):
        assert b"\x1b" not in data or data[:2] == b"PK"
    assert "\u202e" not in json.dumps(sorted(names), ensure_ascii=False)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", " =", "\u00a0=", "＝"])
def test_a_cell_that_could_begin_a_formula_begins_with_an_apostrophe(start: str) -> None:
    assert safe_cell(f"{start}1+1").startswith("'")


def test_an_ordinary_cell_stays_as_it_is() -> None:
    assert [safe_cell(text) for text in ("", "Sở Nội vụ", "12", "a=b")] == ["", "Sở Nội vụ", "12", "a=b"]


def test_libreoffice_opens_the_docx_with_its_vietnamese(tmp_path: Path) -> None:
    (tmp_path / "report.docx").write_bytes(made(sample(names=PLAIN, wide=True), Format.DOCX))
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), "report.docx"]
    environment = {**os.environ, "HOME": str(tmp_path)}
    subprocess.run(command, check=True, capture_output=True, cwd=tmp_path, env=environment)
    text = text_of_pdf((tmp_path / "report.pdf").read_bytes(), tmp_path)
    for words in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Tình hình sử dụng hộp thư cá nhân trong công vụ",
        "I. KẾT QUẢ CHUNG",
        "THEO NHÀ CUNG CẤP",
    ):
        assert words in text
    assert {"Văn phòng Sở", "Trung tâm Lưu trữ"} <= {name for name in PLAIN if name in text}
    fonts = subprocess.run(["pdffonts", str(tmp_path / "report.pdf")], check=True, capture_output=True).stdout.decode()
    # Liberation Serif stands in for Times New Roman, which is not free: no other letters anywhere.
    assert {line.split()[0].split("+")[-1].split("-")[0] for line in fonts.splitlines()[2:]} == {"LiberationSerif"}


def test_a_public_version_says_so_and_names_its_file_so() -> None:
    found = render(sample(names=PLAIN, public=True), "docx", head=HEAD)
    assert found.filename == "mailhub-usage-2026-10-snv-public.docx"
    texts = [paragraph.text for paragraph in Document(io.BytesIO(found.content)).paragraphs]
    assert any(text.startswith("Bản công khai") for text in texts)


def test_an_agencys_code_never_breaks_the_files_name() -> None:
    report = replace(sample(names=PLAIN), agency='../../etc/"x\r\n')
    assert re.fullmatch(r"[a-z0-9.\-]+", render(report, "csv", head=HEAD).filename)


def test_chapters_count_as_romans_did() -> None:
    assert [roman(number) for number in (1, 4, 9, 14)] == ["I", "IV", "IX", "XIV"]


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ValueError, match="odt"):
        render(sample(), "odt", head=HEAD)


def test_a_rate_is_the_same_number_in_every_format(tmp_path: Path) -> None:
    columns = (
        Column(key="agency", title="Đơn vị", unit=Unit.TEXT, label=True),
        Column(key="r", title="R", unit=Unit.RATE),
    )
    rates = (Rate(70, 300), Rate(142, 200), Rate(1_200, 7), Rate(3, 0))
    rows = tuple(Row(key=f"{place}", cells=(f"Sở {place}", rate)) for place, rate in enumerate(rates))
    section = Section(key="s", title="S", tables=(Table(key="t", title="T", columns=columns, rows=rows),))
    report = replace(sample(), sections=(section,))
    lines = list(csv.reader(io.StringIO(made(report, Format.CSV).decode("utf-8-sig"))))
    assert [line[1] for line in lines if line and line[0].startswith("Sở ")] == ["23.3", "71.0", "17142.9", ""]
    cells = [row["cells"]["r"] for row in json.loads(made(report, Format.JSON))["sections"][0]["tables"][0]["rows"]]
    assert cells[0] == {"number": 70, "of": 300, "per_hundred": 23.3}
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(made(report, Format.XLSX))).get_sheet_by_name("T").to_python()
    assert [row[1] for row in sheet if str(row[0]).startswith("Sở ")] == [23.3, 71.0, 17142.9, ""]
    grid = next(
        one for one in Document(io.BytesIO(made(report, Format.DOCX))).tables if one.cell(0, 1).text == "Đơn vị"
    )
    words = [row.cells[2].text for row in grid.rows[1:]]
    assert words == ["23,3", "71,0", "17.142,9", "–"]
    printed = text_of_pdf(made(report, Format.PDF), tmp_path).split()
    assert set(words) <= set(printed)


def test_after_preload_no_file_of_the_program_is_opened_for_a_report() -> None:
    """A process that has given up root may not be able to read the checkout: the templates of DOCX, babel's numbers and
    Python's own codecs are read before."""
    program = (
        "import os, sys\n"
        "import docx, mailhub\n"
        "from dataclasses import replace\n"
        "from mailhub.reports.rendering import Format, render\n"
        "from mailhub.serve.preload import preload_data\n"
        "from tests.reports.rendering.samples import HEAD, sample\n"
        "preload_data()\n"
        "ours = [os.path.dirname(os.path.dirname(one.__file__)) for one in (os, docx, mailhub)]\n"
        "opened = []\n"
        "def watch(event, args):\n"
        "    if event == 'open' and isinstance(args[0], str) and args[0].startswith(tuple(ours)):\n"
        "        opened.append(args[0])\n"
        "sys.addaudithook(watch)\n"
        "for language in ('vi', 'en'):\n"
        "    for form in Format:\n"
        "        render(replace(sample(wide=True), language=language), form, head=HEAD)\n"
        "print(opened)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]", done.stdout
