"""Words with places made into lines."""

from __future__ import annotations

import time
from itertools import product

import pytest

from mailhub.files.columns import Word, lines_of

pytestmark = pytest.mark.unit

WIDTH, HEIGHT = 600.0, 840.0


def words(text: str, left: float, top: float, *, size: float = 12, gap: float = 4) -> list[Word]:
    found = []
    for word in text.split():
        right = left + len(word) * size * 0.5
        found.append(Word(word, left, top, right, top + size))
        left = right + gap
    return found


def read(*groups: list[Word]) -> list[str]:
    return [line.text for line in lines_of([word for group in groups for word in group], WIDTH, HEIGHT, page=1)]


def test_the_order_in_which_a_file_tells_its_words_does_not_matter() -> None:
    left, right = words("SỞ Y TẾ", 80, 60), words("Độc lập - Tự do - Hạnh phúc", 320, 61)
    lower = words("Số: 5/BC-SYT", 80, 90), words("Mẫu, ngày 05 tháng 4 năm 2026", 320, 90)
    expected = ["SỞ Y TẾ", "Số: 5/BC-SYT", "Độc lập - Tự do - Hạnh phúc", "Mẫu, ngày 05 tháng 4 năm 2026"]
    assert read(left, right, *lower) == expected
    assert read(lower[1], right, left, lower[0]) == expected


def test_a_number_left_blank_does_not_make_a_column() -> None:
    assert read(
        words("UBND XÃ MẪU", 80, 60),
        words("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 300, 60),
        words("Số:", 80, 90),
        words("/QĐ-UBND", 160, 90),
        words("Mẫu, ngày", 330, 90),
        words("tháng 4 năm 2026", 440, 90),
    ) == ["UBND XÃ MẪU", "Số: /QĐ-UBND", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Mẫu, ngày tháng 4 năm 2026"]


def test_the_right_side_of_a_footer_may_stand_half_a_line_lower() -> None:
    assert read(
        words("Nơi nhận:", 80, 600),
        words("CHỦ TỊCH", 400, 606),
        words("- Như trên;", 80, 614),
        words("- Lưu: VT.", 80, 628),
        words("Trần Thị Mẫu", 390, 660),
    ) == ["Nơi nhận:", "- Như trên;", "- Lưu: VT.", "CHỦ TỊCH", "Trần Thị Mẫu"]


def test_a_title_between_header_and_body_is_not_drawn_into_a_column() -> None:
    body = " ".join(["văn bản"] * 9)
    assert read(
        words("SỞ Y TẾ", 80, 60),
        words("Độc lập - Tự do - Hạnh phúc", 330, 60),
        words("THÔNG BÁO", 290, 100),
        words("Về việc trực lễ", 280, 116),
        words(body, 80, 140),
        words("Nơi nhận:", 80, 160),
    ) == ["SỞ Y TẾ", "Độc lập - Tự do - Hạnh phúc", "THÔNG BÁO", "Về việc trực lễ", body, "Nơi nhận:"]


def test_a_raised_note_mark_stays_in_its_line() -> None:
    mark = Word("1", 175, 98, 178, 104)
    assert read(words("theo quy định của hội", 80, 100)[:4], [mark], words("nêu trên", 184, 100)) == [
        "theo quy định của 1 nêu trên"
    ]


def test_ten_thousand_words_in_any_place_take_no_long_time() -> None:
    grid = [Word("a", x * 6.0, y * 8.0, x * 6.0 + 5, y * 8.0 + 7) for x, y in product(range(100), range(100))]
    pile = [Word("a", 300.0, 400.0, 305.0, 407.0)] * 10_000
    thin = [Word("a", 1.0, 1.0, 1.0, 1.0), Word("b", 0, -1e30, 1e30, 1e30), Word("c", 5.0, 9.0, 1.0, 2.0)]
    started = time.monotonic()
    for hostile in (grid, pile, [*thin, *grid], list(reversed(grid))):
        lines = lines_of(hostile, WIDTH, HEIGHT, page=1)
        assert all(0 <= (line.left or 0) <= 1 and 0 <= (line.bottom or 0) <= 1 for line in lines)
    assert time.monotonic() - started < 2
