"""Word 97 documents are read from their piece table, cells, boxes and fields in place."""

from __future__ import annotations

import random
import shutil
import time

import pytest

from mailhub.files.facts import Limits, Unreadable
from mailhub.files.word97 import read_word97
from mailhub.files.word97_base import without_fields
from tests.support.ole import compound
from tests.support.word97 import CELL, DELETED, FIELD, FIELD_END, HIDDEN, LINE, PAGE, RESULT, ROW, SHAPE, font, word97

pytestmark = pytest.mark.unit


def lines(data: bytes) -> list[str]:
    reading = read_word97(memoryview(data), Limits())
    assert reading.unreadable is None
    return [line.text for line in reading.text.lines if line.text]


def test_cells_of_the_head_never_share_a_line() -> None:
    body = f"UBND TỈNH A\rSỞ MẪU{CELL}CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\rĐộc lập{CELL}{ROW}"
    body += f"Số: 1/SM{CELL}A, ngày 2{CELL}{ROW}BÁO CÁO\r"
    assert lines(word97(body)) == [
        "UBND TỈNH A", "SỞ MẪU", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập", "Số: 1/SM", "A, ngày 2", "BÁO CÁO",
    ]  # fmt: skip


def test_text_of_one_octet_a_letter_is_windows_1252() -> None:
    assert lines(word97("Rapport d'été – “x”\r", narrow=True)) == ["Rapport d'été – “x”"]


def test_fields_show_their_result_even_within_each_other() -> None:
    inner = f"{FIELD} PAGE {RESULT}7{FIELD_END}"
    assert lines(word97(f"a{FIELD} IF {inner} x{RESULT}b{inner}{FIELD_END}c\r")) == ["ab7c"]
    assert lines(word97(f"a{FIELD} DATE {FIELD_END}b\r")) == ["ab"]


def test_fields_that_never_end_do_not_swallow_positions() -> None:
    text = FIELD * 5 + RESULT + FIELD_END * 9 + "x"
    assert len(without_fields(text)) == len(text)


def test_line_breaks_pages_and_hyphens_are_what_they_look_like() -> None:
    reading = read_word97(memoryview(word97(f"a{LINE}b\x1ec\x1f\r{PAGE}d\r")), Limits())
    assert [(line.text, line.page) for line in reading.text.lines if line.text] == [("a", 1), ("b-c", 1), ("d", 2)]


def test_boxes_come_after_the_paragraph_that_they_hang_on() -> None:
    body = f"SỞ MẪU\rQUYẾT ĐỊNH{SHAPE}\rVề việc mẫu\r"
    assert lines(word97(body, boxes={body.index(SHAPE): "HỎA TỐC"})) == [
        "SỞ MẪU",
        "QUYẾT ĐỊNH",
        "HỎA TỐC",
        "Về việc mẫu",
    ]


def test_page_headers_come_last_without_their_numbers() -> None:
    assert lines(word97("BÁO CÁO\r", headers="Mẫu in\r12\r\r")) == ["BÁO CÁO", "Mẫu in"]
    assert lines(word97("BÁO CÁO\r", headers="TỐI MẬT\rMẫu in\r\r")) == ["TỐI MẬT", "BÁO CÁO", "Mẫu in"]


def test_deleted_and_hidden_words_are_gone() -> None:
    body = "một hai ba bốn\r"
    assert lines(word97(body, runs=[(0, 4, b""), (4, 8, DELETED), (8, 11, HIDDEN), (11, 15, b"")])) == ["một bốn"]


@pytest.mark.parametrize("narrow", [True, False])
def test_old_fonts_are_converted_and_their_capitals_shown(*, narrow: bool) -> None:
    body = "QuyÕt ®Þnh\rvÒ viÖc\r"
    runs = [(0, 11, font(1)), (11, 19, font(2))]
    assert lines(word97(body, narrow=narrow, runs=runs, fonts=("Arial", ".VnTimeH", ".VnTime"))) == [
        "QUYẾT ĐỊNH",
        "về việc",
    ]


def test_a_password_is_told() -> None:
    assert read_word97(memoryview(word97("x\r", encrypted=True)), Limits()).unreadable is Unreadable.ENCRYPTED


def test_a_long_text_is_cut_at_the_limit_and_says_so() -> None:
    reading = read_word97(memoryview(word97("mười chữ cái\r" * 100)), Limits(text_characters=100))
    assert len(reading.text.plain) <= 100
    assert not reading.text.complete


def test_pasted_scans_are_handed_on_when_there_is_no_text() -> None:
    scan = b"\xff\xd8\xff\xe0 scan"
    [picture] = read_word97(memoryview(word97("\x01\r", more={"Data": b"head" + scan})), Limits()).pictures
    assert picture.startswith(scan)
    assert read_word97(memoryview(word97("Một lá thư dài " * 9 + "\r", more={"Data": scan})), Limits()).pictures == ()


@pytest.mark.skipif(shutil.which("catdoc") is None, reason="no catdoc here")
def test_documents_without_a_piece_table_are_catdocs_to_read() -> None:
    data = word97("Rapport\r" * 30, narrow=True)
    at = data.index(b"\xec\xa5")
    reading = read_word97(memoryview(data[:at] + b"\xdc\xa5" + data[at + 2 :]), Limits())
    assert reading.unreadable is Unreadable.DAMAGED


@pytest.mark.parametrize(
    "data", [b"", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", compound({"WordDocument": b"\xec\xa5" * 2000})]
)
def test_what_is_no_document_is_damaged(data: bytes) -> None:
    assert read_word97(memoryview(data), Limits()).unreadable is Unreadable.DAMAGED


def test_octets_changed_at_random_never_raise_or_hang() -> None:
    chance = random.Random(7)
    whole = word97(
        f"UBND{CELL}CỘNG{CELL}{ROW}a{SHAPE}\r" * 40, boxes={11: "x"}, runs=[(0, 9, DELETED)], fonts=(".VnTime",)
    )
    start = time.process_time()
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(chance.randrange(1, 12)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        read_word97(memoryview(bytes(data[: chance.randrange(len(data))] if chance.random() < 0.2 else data)), Limits())
    assert time.process_time() - start < 20


def test_pieces_that_name_the_same_octets_again_and_again_end_in_time() -> None:
    import struct

    count = 100_000
    ends = struct.pack(f"<{count + 1}I", *(i * 100_000 % 2**32 for i in range(count + 1)))
    pieces = ends + struct.pack("<HIH", 0, 0x800, 0) * count
    table = b"\x02" + struct.pack("<I", len(pieces)) + pieces
    document = bytearray(word97("x" * 100_000)[512 : 512 + 0x800 + 200_000])
    document[0x4C:0x50] = struct.pack("<I", 2**31)
    document[0x9A + 8 * 33 : 0x9A + 8 * 34] = struct.pack("<II", 0, len(table))
    start = time.process_time()
    read_word97(memoryview(compound({"WordDocument": bytes(document), "1Table": table})), Limits())
    assert time.process_time() - start < 3
