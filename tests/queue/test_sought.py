"""The search line: what it means, and which word it stumbles over."""

from __future__ import annotations

from datetime import date

import pytest

from mailhub.clock import DAY, midnight
from mailhub.queue.search_line import read_line
from mailhub.queue.sought import BadWord, MailState, Sought

pytestmark = pytest.mark.unit
NOW = midnight(date(2026, 11, 22)) + 10 * 3_600_000


def at(day: int, month: int = 11) -> int:
    return midnight(date(2026, month, day))


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("", Sought()),
        ("từ:an@so.vn", Sought(sender="an@so.vn")),
        ("TU:an@so.vn from:", None),
        ("người-nhận:gmail.com", Sought(to="gmail.com")),
        ("Nguoi_Nhan:gmail.com", Sought(to="gmail.com")),
        ("den:x@y.vn", Sought(to="x@y.vn")),
        ("trạng-thái:lỗi", Sought(state=MailState.FAILED)),
        ("trang-thai:cho-duyet", Sought(state=MailState.HELD)),
        ('state:"chờ duyệt"', Sought(state=MailState.HELD)),
        ("số:156/QĐ-UBND", Sought(number="156/QĐ-UBND")),
        ("156/QĐ-UBND", Sought(number="156/QĐ-UBND")),
        ("88/2026/BC-SYT", Sought(number="88/2026/BC-SYT")),
        ("loại:qđ", Sought(doc_type="QĐ")),
        ('loai:"báo cáo"', Sought(doc_type="BC")),
        ("mã:7k4qw2m9", Sought(ident="7K4-QW2-M9")),
        ("7K4-QW2-M9", Sought(ident="7K4-QW2-M9")),
        ("id:a.b@may.vn", Sought(ident="<a.b@may.vn>")),
        ("<a.b@may.vn>", Sought(ident="<a.b@may.vn>")),
        ("sau:21/11/2026 trước:2026-11-22", Sought(since=at(21), until=at(22))),
        ("sau:01/10", Sought(since=at(1, 10))),
        ("sau:7d", Sought(since=NOW - 7 * DAY)),
        ("sau:24h", Sought(since=NOW - DAY)),
        ("tiêu-đề:họp Giao  ban", Sought(words=("hop", "giao", "ban"))),
        ('"Giao ban" tuần', Sought(words=("giao", "ban", "tuan"))),
        ("an@so.vn họp", Sought(someone="an@so.vn", words=("hop",))),
        ("Người nhận: an@so.vn", Sought(to="an@so.vn")),
        ("Số, ký hiệu: 156/qđ-ubnd", Sought(number="156/qđ-ubnd")),
        ("tình trạng: chờ duyệt", Sought(state=MailState.HELD)),
        ("loại: công văn giao ban", Sought(doc_type="CV", words=("giao", "ban"))),
        ("từ ngày: 01/11 đến ngày: 20/11/2026", Sought(since=at(1), until=at(21))),
        ("ngày: hôm qua", Sought(since=at(21), until=at(22))),
        ("họp ngày 20/11/2026", Sought(words=("hop",), since=at(20), until=at(21))),
        ("hôm nay", Sought(since=at(22), until=at(23))),
        ("RE: giao ban", Sought(words=("re:", "giao", "ban"))),
        ("lan.nguyen", Sought(someone="lan.nguyen")),
        ("TP.HCM", Sought(words=("tp.hcm",))),
        ("156", Sought(number="156")),
        ("số 156", Sought(number="156")),
        ("quyết định 156", Sought(doc_type="QĐ", number="156")),
        ("kế hoạch 2026", Sought(words=("ke", "hoach", "2026"))),
        ("công văn số 156/UBND-VX", Sought(number="156/UBND-VX")),
        ("156 / QĐ - UBND", Sought(number="156/QĐ-UBND")),
        ("7k4qw2m9", Sought(ident="7K4-QW2-M9")),
        ("7K4 QW2 M9", Sought(ident="7K4-QW2-M9")),
        ("mã thư [7K4-QW2-M9].", Sought(ident="7K4-QW2-M9")),
        ("Mã thư: 7K4 QW2 M9", Sought(ident="7K4-QW2-M9")),
        ("10:30", Sought(words=("10:30",))),
        ("=cmd|' <script>", Sought(words=("=cmd|'", "<script>"))),
    ],
)
def test_what_a_line_means(line: str, meant: Sought | None) -> None:
    if meant is None:
        with pytest.raises(BadWord):
            read_line(line, at=NOW)
    else:
        assert read_line(line, at=NOW) == meant


@pytest.mark.parametrize(
    ("line", "word", "why"),
    [
        ("từ:a@b.vn màu:đỏ", "màu:", "key"),
        ("từ: đến:x", "từ:", "empty"),
        ("trạng-thái:buồn", "trạng-thái:buồn", "state"),
        ("sau:hôm-kia", "sau:hôm-kia", "day"),
        ("sau:31/02/2026", "sau:31/02/2026", "day"),
        ("mã:xyz", "mã:xyz", "code"),
        ("loại:thơ", "loại:thơ", "type"),
        ("từ:a@b.vn from:c@d.vn", "from:c@d.vn", "twice"),
        ('họp "giao ban', '"', "quote"),
    ],
)
def test_an_error_points_at_the_word(line: str, word: str, why: str) -> None:
    with pytest.raises(BadWord) as caught:
        read_line(line, at=NOW)
    assert (caught.value.word, caught.value.why) == (word, why)


def test_what_the_log_keeps_of_a_search_is_short() -> None:
    assert read_line("từ:an@so.vn sau:21/11/2026 họp", at=NOW).named() == "sender:an@so.vn since:2026-11-21 hop"
    assert len(read_line("chữ " * 200, at=NOW).named()) <= 200
