"""TCVN3 is told from text that is none, and made Unicode."""

from __future__ import annotations

import shutil
import subprocess
import time
import unicodedata

import pytest

from mailhub.text.legacy import from_tcvn3, to_unicode
from mailhub.text.syllables import is_syllable

pytestmark = pytest.mark.unit

SENTENCE = (
    "Thực hiện kế hoạch công tác, Sở Nội vụ đề nghị các phòng, ban chuyên môn khẩn trương rà soát, tổng hợp và gửi "
    "báo cáo về trước ngày mười lăm tháng này để kịp trình lãnh đạo xem xét, quyết định; nếu chậm trễ phải nêu lý do."
)


def as_tcvn3(text: str) -> str:
    """What Windows shows of the text written with a .Vn font."""
    codes = {from_tcvn3(bytes([code]).decode("cp1252")): code for code in range(0xA1, 0x100)}
    return bytes(codes.get(c, ord(c) if ord(c) < 128 else 63) for c in text).decode("cp1252")


@pytest.mark.parametrize(
    ("shown", "meant"),
    [
        ("Céng hßa x· héi chñ nghÜa ViÖt Nam", "Cộng hòa xã hội chủ nghĩa Việt Nam"),
        ("§éc lËp - Tù do - H¹nh phóc", "Độc lập - Tự do - Hạnh phúc"),
        ("QuyÕt ®Þnh", "Quyết định"),
        ("MËt", "Mật"),
        ("Tèi mËt", "Tối mật"),
        ("Háa tèc", "Hỏa tốc"),
        ("Th«ng b¸o sè 15.doc", "Thông báo số 15.doc"),
        ("N¬i nhËn:", "Nơi nhận:"),
        ("tr\u00adêng ph\u00adêng", "trường phường"),
    ],
)
def test_text_of_vn_fonts_is_converted(shown: str, meant: str) -> None:
    assert to_unicode(shown) == meant


def test_a_whole_sentence_survives() -> None:
    assert to_unicode(as_tcvn3(SENTENCE)) == SENTENCE


def test_private_code_points_of_word_are_read_like_the_letters_they_stand_for() -> None:
    assert to_unicode("B\uf0b8o c\uf0b8o") == "Báo cáo"


def test_the_soft_hyphen_that_was_dropped_is_put_back_as_a_letter() -> None:
    assert to_unicode(as_tcvn3("ủy ban nhân dân phường, trường học").replace("\u00ad", "")) == (
        "ủy ban nhân dân phường, trường học"
    )


def test_fonts_whose_name_ends_in_h_show_capitals() -> None:
    assert to_unicode("QuyÕt ®Þnh", capitals=True) == "QUYẾT ĐỊNH"
    assert from_tcvn3("®Ò nghÞ", capitals=True) == "ĐỀ NGHỊ"


@pytest.mark.parametrize(
    "text",
    [
        SENTENCE,
        SENTENCE.upper(),
        unicodedata.normalize("NFD", SENTENCE),
        "có bé là và",
        "Hà Nội",
        "VIÊT NAM CÔNG TÁC",
        "HĐT&ĐT thông qua và",
        "Le préfet a été informé où qu'il fût ; déjà, à l'été, le thé était né là.",
        "Café naïve façade résumé coördinate",
        "Maßnahmen für größere Straßen",
        "© 2026, 20 °C, ½ kg, £5, §12, «Bonjour», ®",
        "plain English with nothing else",
        "· một\n· hai\n· ba",
        "",
    ],
)
def test_what_is_not_tcvn3_is_left_alone(text: str) -> None:
    assert to_unicode(text) is None


def test_words_in_unicode_within_it_stay() -> None:
    assert to_unicode("QuyÕt ®Þnh vÒ viÖc; Hỏa tốc") == "Quyết định về việc; Hỏa tốc"


@pytest.mark.skipif(shutil.which("iconv") is None, reason="no iconv here")
def test_the_table_agrees_with_iconv() -> None:
    shown = {code: bytes([code]).decode("cp1252") for code in range(0xA1, 0x100)}
    codes = bytes(code for code, letter in shown.items() if from_tcvn3(letter) != letter)
    told = subprocess.run(["iconv", "-f", "TCVN", "-t", "UTF-8"], input=codes, capture_output=True, check=True).stdout
    assert len(codes) == 73  # ý has the same code in both
    assert from_tcvn3(codes.decode("cp1252")) == unicodedata.normalize("NFC", told.decode())


@pytest.mark.parametrize("worst", ["«" * 10**6, "é " * 500_000, "a¸" * 500_000, "­" * 10**6, "ơ" * 10**6])
def test_a_megabyte_of_anything_is_judged_at_once(worst: str) -> None:
    start = time.process_time()
    to_unicode(worst)
    assert time.process_time() - start < 3


def test_syllables_are_told_from_other_words() -> None:
    assert all(is_syllable(word.strip(",.;")) for word in SENTENCE.split())
    assert all(map(is_syllable, ("nghiêng", "quyết", "khuỷu", "ươn", "giữa", "yên", "ỷ")))
    assert not any(map(is_syllable, ("street", "tèc", "pờng", "strasse", "", "ngườiii", "ââ", "phờng")))
