"""Lists as agencies really make them (reference/organisation § 4.3), read row by row."""

from __future__ import annotations

from datetime import date

import pytest

from mailhub.accounts.models import Employment
from mailhub.roster.entries import Entry, Given
from mailhub.roster.headers import Field, field_of
from mailhub.roster.table import ReadTable, Sheet, read_table

pytestmark = pytest.mark.unit

GIVEN = Given(frozenset({"tinh.gov.vn", "laocai.gov.vn", "phutho.gov.vn"}), date(2026, 11, 22))
HEADER = ["STT", "Họ và tên", "Ngày sinh", "Chức vụ", "Đơn vị", "Số CCCD", "Email", "Điện thoại", "Ghi chú"]


def read(*rows: list[str], name: str = "") -> ReadTable:
    return read_table([Sheet(name, rows)], GIVEN)


def one(header: str, text: str) -> Entry:
    """A person with this in the column of that header."""
    (entry,) = read(["STT", "Họ và tên", header], ["1", "Nguyễn Văn An", text]).entries
    return entry


@pytest.mark.parametrize(
    ("label", "field"),
    [
        ("Họ và tên", Field.NAME),
        ("HỌ TÊN", Field.NAME),
        ("Họ, đệm", Field.FAMILY),
        ("Họ và chữ lót", Field.FAMILY),
        ("Tên", Field.GIVEN),
        ("Chức vụ/Chức danh", Field.TITLE),
        ("Vị trí việc làm", Field.TITLE),
        ("Phòng ban", Field.UNIT),
        ("Cơ quan công tác", Field.UNIT),
        ("Tên đơn vị", Field.UNIT),
        ("Mã đơn vị", Field.UNIT_CODE),
        ("Ngày, tháng, năm sinh", Field.BIRTH),
        ("Năm sinh", Field.BIRTH),
        ("Số CCCD/CMND", Field.IDENTIFIER),
        ("Số định danh cá nhân", Field.IDENTIFIER),
        ("Ngày cấp CCCD", Field.NONE),
        ("Thư điện tử", Field.ADDRESS),
        ("Địa chỉ thư công vụ", Field.ADDRESS),
        ("E-mail (nếu có)", Field.ADDRESS),
        ("Email cá nhân", Field.PRIVATE),
        ("Số điện thoại di động", Field.PHONE),
        ("SĐT", Field.PHONE),
        ("Ngày nghỉ", Field.ENDS),
        ("Nghỉ việc từ", Field.ENDS),
        ("Đồng ý dùng để khôi phục", Field.CONSENT),
        ("Loại hợp đồng lao động", Field.EMPLOYMENT),
        ("STT", Field.NUMBER),
        ("Số TT", Field.NUMBER),
        ("Ghi chú", Field.NOTE),
        ("Quê quán", Field.NONE),
        ("Màu áo", None),
    ],
)
def test_headers_in_many_spellings(label: str, field: Field | None) -> None:
    assert field_of(label) is field


def test_titles_two_header_rows_numbering_sections_repeats_totals_and_signatures_are_understood() -> None:
    table = read(
        ["SỞ NỘI VỤ", "", "", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"],
        ["DANH SÁCH CÁN BỘ, CÔNG CHỨC"],
        [],
        ["STT", "Họ và tên", "Ngày sinh", "Ngày sinh", "Chức vụ", "Email"],
        ["STT", "Họ và tên", "Nam", "Nữ", "Chức vụ", "Email"],
        ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)"],
        ["I", "LÃNH ĐẠO SỞ"],
        ["1", "Nguyễn Văn An", "05/03/1975", "", "Giám đốc"],
        ["II. PHÒNG KINH TẾ"] * 6,
        ["2", "Trần Thị Bình", "", "06/04/1985", "Chuyên viên"],
        ["STT", "Họ và tên", "Nam", "Nữ", "Chức vụ"],
        ["3", "Lê Văn Cường", "1990", "", "Kế toán"],
        ["", "Tổng cộng: 3 người"],
        ["", "", "", "Lào Cai, ngày 1 tháng 3 năm 2026"],
        ["", "NGƯỜI LẬP BIỂU", "", "", "GIÁM ĐỐC"],
        ["", "Phạm Thị Dung"],
    )
    assert [(e.line, e.name, e.birth, e.birth_year, e.sections) for e in table.entries] == [
        (8, "Nguyễn Văn An", date(1975, 3, 5), 1975, ("LÃNH ĐẠO SỞ",)),
        (10, "Trần Thị Bình", date(1985, 4, 6), 1985, ("PHÒNG KINH TẾ",)),
        (12, "Lê Văn Cường", None, 1990, ("PHÒNG KINH TẾ",)),
    ]
    assert not any(entry.is_wrong for entry in table.entries)


def test_headings_of_two_depths_stand_over_each_other() -> None:
    table = read(
        HEADER,
        ["I", "SỞ NỘI VỤ"],
        ["1", "Văn phòng"],
        ["1", "Nguyễn Văn An", "", "Văn thư"],
        ["II", "SỞ Y TẾ"],
        ["1", "Trần Thị Bình", "", "Bác sĩ"],
    )
    # A numbered row with a unit's name and nothing else could be a person's: it is told by what is missing.
    assert table.entries[-1].sections[0] == "SỞ Y TẾ"


def test_names_in_two_columns_are_put_together() -> None:
    for header in (["STT", "Họ, đệm", "Tên", "Chức vụ"], ["STT", "Họ và tên", "Họ và tên", "Chức vụ"]):
        (entry,) = read(header, ["1", "Nguyễn Văn", "An", "Kế toán"]).entries
        assert entry.name == "Nguyễn Văn An"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("NGUYỄN THỊ ÁNH", "Nguyễn Thị Ánh"),
        ("Nguye\u0302\u0303n Va\u0306n An", "Nguyễn Văn An"),
        ("  Lê   Văn\nHai ", "Lê Văn Hai"),
        ("H’Hen Niê", "H'Hen Niê"),
        ("H'MÔNG ÊBAN", "H'Mông Êban"),
        ("Lê-Văn Tám", "Lê-Văn Tám"),
        ("Thành", "Thành"),
        ("Ông Nguyễn Văn An", "Nguyễn Văn An"),
        ("đ/c Trần Bình", "Trần Bình"),
        ("1. Trần Bình", "Trần Bình"),
    ],
)
def test_names_are_read_as_people_are_called(text: str, name: str) -> None:
    (entry,) = read(HEADER, ["1", text, "", "Kế toán"]).entries
    assert (entry.name, entry.is_wrong) == (name, False)


def test_a_name_with_digits_or_none_at_all_is_wrong_and_says_where() -> None:
    table = read(HEADER, ["1", "Nguyễn Văn 4n", "", "Kế toán"], ["2", "", "", "Kế toán", "Văn phòng"])
    told = [str(entry.findings[0]) for entry in table.entries]
    assert told[0].startswith("cột B (Họ và tên): họ và tên có ký tự lạ “4”")
    assert "thiếu họ và tên" in told[1]


@pytest.mark.parametrize(
    ("text", "birth", "year"),
    [
        ("05/03/1975", date(1975, 3, 5), 1975),
        ("5-3-1975", date(1975, 3, 5), 1975),
        ("05.03.1975", date(1975, 3, 5), 1975),
        ("1975-03-05", date(1975, 3, 5), 1975),
        ("1975-03-05 00:00:00", date(1975, 3, 5), 1975),
        ("5/3/75", date(1975, 3, 5), 1975),
        ("27458", date(1975, 3, 5), 1975),
        ("1975", None, 1975),
        ("3/1975", None, 1975),
        ("", None, None),
    ],
)
def test_days_of_birth(text: str, birth: date | None, year: int | None) -> None:
    entry = one("Ngày sinh", text)
    assert (entry.birth, entry.birth_year, entry.is_wrong) == (birth, year, False)


@pytest.mark.parametrize("text", ["31/02/1975", "03/25/1975", "hôm qua", "05/03/2020", "05/03/1875"])
def test_days_that_cannot_be_are_wrong(text: str) -> None:
    assert one("Ngày sinh", text).is_wrong


@pytest.mark.parametrize(
    ("text", "number", "remarks"),
    [
        ("001075012345", "001075012345", 0),
        ("1075012345", "001075012345", 1),
        ("31075012345", "031075012345", 1),
        ("912345678.0", "912345678", 0),
        ("012345678", "012345678", 0),
        ("12345678", "012345678", 1),
        ("'001 075 012 345", "001075012345", 0),
    ],
)
def test_identifiers_get_back_the_zeros_that_excel_took(text: str, number: str, remarks: int) -> None:
    entry = one("Số CCCD", text)
    assert (entry.identifier, len(entry.findings), entry.is_wrong) == (number, remarks, False)


@pytest.mark.parametrize("text", ["1.07501E+09", "12345", "00107501234x", "999075012345"])
def test_identifiers_that_cannot_be_mended_are_wrong(text: str) -> None:
    entry = one("Số CCCD", text)
    assert entry.is_wrong
    assert text not in str(entry)  # numbers of people are not told on


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("annv@tinh.gov.vn", "annv@tinh.gov.vn"),
        ("Email: AnNV@Tinh.gov.vn", "annv@tinh.gov.vn"),
        ("x. thongnhat @phutho.gov.vn", "x.thongnhat@phutho.gov.vn"),
        ("an@phuth\no.gov.vn", "an@phutho.gov.vn"),
        ("an@laocai,gov.vn", "an@laocai.gov.vn"),
        ("ten..x@tinh.gov.vn", "ten.x@tinh.gov.vn"),
        ("an@@laocai.gov.vn", "an@laocai.gov.vn"),
        ("<an@tinh.gov.vn>", "an@tinh.gov.vn"),
    ],
)
def test_addresses_with_one_meaning_are_mended(text: str, address: str) -> None:
    entry = one("Email", text)
    assert (entry.address, entry.is_wrong) == (address, False)


@pytest.mark.parametrize(
    "text",
    [
        "nvan thongnhat@tinh.gov.vn",
        "ươngpv.xa@tinh.gov.vn",
        "ảo@tinh.gov.vn",
        "an.tinh.gov.vn",
        "an@tinhkhac.gov.vn",
        "an@tinh.gov.vn; binh@tinh.gov.vn",
        "an!x@tinh.gov.vn",
    ],
)
def test_addresses_with_two_meanings_are_refused_with_what_to_do(text: str) -> None:
    entry = one("Email", text)
    assert entry.is_wrong
    assert all(found.todo for found in entry.findings if found.fault)


def test_a_private_address_is_no_official_one_and_is_kept_for_recovery_only_with_consent() -> None:
    header = ["STT", "Họ và tên", "Email", "Đồng ý"]
    table = read(header, ["1", "Nguyễn Văn An", "an@gmail.com", ""], ["2", "Trần Bình", "Binh@gmail.com", "x"])
    assert [(e.address, e.recovery, e.is_wrong) for e in table.entries] == [
        ("", "", False),
        ("", "binh@gmail.com", False),
    ]
    assert "hộp thư cá nhân" in str(table.entries[0].findings[0])


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("0912 345 678", "0912345678"),
        ("912345678.0", "0912345678"),
        ("+84 912 345 678", "0912345678"),
        ("0203.3825.678", "02033825678"),
        ("0912345678/0987654321", "0912345678"),
        ("091234567890", ""),
        ("không có", ""),
    ],
)
def test_phones_are_normal_or_left_out(text: str, phone: str) -> None:
    entry = one("Điện thoại", text)
    assert (entry.phone, entry.is_wrong) == (phone, False)


def test_a_post_in_the_units_column_is_a_post() -> None:
    entry = one("Đơn vị", "Phó Trưởng phòng")
    assert (entry.unit, entry.title) == ("", "Phó Trưởng phòng")


def test_cells_that_slipped_are_noticed() -> None:
    (entry,) = read(HEADER, ["1", "Nguyễn Văn An", "", "annv@tinh.gov.vn", "Văn phòng"]).entries
    assert "lệch cột" in str(entry.findings[0])


def test_kinds_of_employment_are_told_by_their_words() -> None:
    assert one("Loại lao động", "Viên chức").employment is Employment.PUBLIC_EMPLOYEE
    assert one("Loại lao động", "HĐLĐ 111").employment is Employment.CONTRACT
    assert one("Loại lao động", "khác").employment is Employment.UNKNOWN


def test_an_end_needs_its_day() -> None:
    assert one("Nghỉ việc từ", "01/12/2026").ends_on == date(2026, 12, 1)
    assert one("Nghỉ việc từ", "2026").is_wrong


def test_a_file_without_a_column_of_names_is_no_list() -> None:
    assert read(["Ngày", "Số tiền"], ["1/1/2026", "5"]).sheets == 0


def test_several_sheets_are_read_and_those_without_a_table_left_out() -> None:
    sheets = [
        Sheet("Xã A", [["STT", "Họ tên", "Chức vụ"], ["1", "Nguyễn Văn An", "Văn thư"]]),
        Sheet("Ghi chú", [["chú ý"]]),
        Sheet("Xã B", [["TT", "Họ và tên", "Email"], ["1", "Trần Bình", ""]]),
    ]
    table = read_table(sheets, GIVEN)
    assert [(entry.sheet, entry.name) for entry in table.entries] == [("Xã A", "Nguyễn Văn An"), ("Xã B", "Trần Bình")]
