"""Text in any encoding, and pages of the web."""

from __future__ import annotations

import time
import unicodedata

import pytest

from mailhub.files.facts import Limits
from mailhub.files.html import read_html
from mailhub.files.plain import read_plain
from mailhub.text.legacy import from_tcvn3

pytestmark = pytest.mark.unit

TEXT = "Sở Nội vụ đề nghị các phòng, ban gửi báo cáo trước ngày mười lăm.\nNơi nhận: Như trên; Lưu văn thư."


def read(data: bytes) -> str:
    return unicodedata.normalize("NFC", read_plain(memoryview(data), Limits()).text.plain)


def as_1258(text: str) -> bytes:
    """Windows-1258 writes tones as marks of their own."""
    found = b""
    for letter in unicodedata.normalize("NFC", text):
        try:
            found += letter.encode("cp1258")
        except UnicodeEncodeError:
            marked = unicodedata.normalize("NFD", letter)
            tone = next(c for c in marked if c in "\u0300\u0301\u0303\u0309\u0323")
            found += unicodedata.normalize("NFC", marked.replace(tone, "")).encode("cp1258") + tone.encode("cp1258")
    return found


def as_tcvn3(text: str) -> bytes:
    codes = {from_tcvn3(bytes([code]).decode("cp1252")): code for code in range(0xA1, 0x100)}
    return bytes(codes.get(c, ord(c) % 256) for c in text)


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        b"\xef\xbb\xbf" + TEXT.encode(),
        TEXT.encode("utf-16"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        b"\xff\xfe\0\0" + TEXT.encode("utf-32-le"),
        as_1258(TEXT),
        as_tcvn3(TEXT),
        TEXT.replace("\n", "\r\n").encode(),
    ],
    ids=("utf-8", "mark", "utf-16", "le", "be", "utf-32", "1258", "tcvn3", "crlf"),
)
def test_the_encoding_is_told_from_the_octets(data: bytes) -> None:
    assert read(data) == TEXT


def test_western_text_stays_western() -> None:
    assert read("Le préfet a été informé à l'été dernier".encode("cp1252")) == "Le préfet a été informé à l'été dernier"


def test_one_odd_octet_does_not_change_the_encoding() -> None:
    assert read(TEXT.encode() + b" \xff " + TEXT.encode()).startswith(TEXT)


def test_a_long_text_is_cut_and_says_so() -> None:
    reading = read_plain(memoryview(("ơ" * 99 + "\n").encode() * 5_000), Limits(text_characters=1_000))
    assert len(reading.text.plain) == 1_000
    assert not reading.text.complete


def html(page: str, codec: str = "utf-8") -> list[str]:
    return [line.text for line in read_html(memoryview(page.encode(codec)), Limits()).text.lines if line.text]


def test_blocks_are_lines_and_scripts_are_not_shown() -> None:
    page = "<html><head><title>x</title><style>p{}</style></head><body><p>Một <b>hai</b>\n ba</p>bốn<br>năm"
    assert html(page + "<script>x()</script><div>sáu<!-- bảy --></div>") == ["Một hai ba", "bốn", "năm", "sáu"]


def test_cells_of_the_head_never_share_a_line() -> None:
    page = "<table><tr><td>UBND TỈNH A<br>SỞ MẪU</td><td>CỘNG HÒA</td></tr></table>"
    assert html(page) == ["UBND TỈNH A", "SỞ MẪU", "CỘNG HÒA"]


def test_the_charset_that_a_page_names_is_believed_when_it_fits() -> None:
    assert html('<meta charset="utf-16"><p>Số đỏ</p>') == ["Số đỏ"]
    assert html('<meta content="text/html; charset=windows-1252"><p>été</p>', "cp1252") == ["été"]


@pytest.mark.parametrize(
    "page", ["<div>" * 200_000, "<" * 10**6, "<a " + "x=1 " * 250_000, "&" * 10**6, "<table><tr><td>" * 60_000]
)
def test_a_megabyte_of_hostile_html_ends_in_time(page: str) -> None:
    start = time.process_time()
    html(page)
    assert time.process_time() - start < 3
