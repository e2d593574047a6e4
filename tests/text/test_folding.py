"""One spelling for what people take for the same."""

from __future__ import annotations

import unicodedata

import pytest

from mailhub.text.folding import CAPITALS, SMALL, clean, fold, skeleton

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Quyết định", "quyet dinh"),
        ("ĐỒNG NAI", "dong nai"),
        ("  Số :\u00a012 ", "so : 12"),
        ("HOÀ", "hoa"),
        ("HÒA", "hoa"),
        ("đối tƣợng", "doi tuong"),
        ("QÐ", "qd"),
        ("A – B — C", "a - b - c"),
        ("43⁄KH", "43/kh"),
        ("Ba\u200bn", "ban"),
        ("plain ASCII", "plain ascii"),
        ("Straße É ñ", "strasse e n"),
        ("", ""),
    ],
)
def test_marks_case_and_blanks_do_not_count(text: str, key: str) -> None:
    assert fold(text) == key


def test_composed_and_decomposed_are_one() -> None:
    text = "Ủy ban nhân dân quận Thủ Đức, số 15/QyĐ"
    assert fold(unicodedata.normalize("NFD", text)) == fold(text)
    assert clean(unicodedata.normalize("NFD", text)) == text


def test_every_vietnamese_letter_folds_to_plain_ascii() -> None:
    assert fold(CAPITALS).isascii()
    assert fold(CAPITALS) == fold(SMALL)


def test_cleaning_keeps_letters_and_case() -> None:
    assert clean("HƢỚNG DẪN số 5\u00a0/QÐ") == "HƯỚNG DẪN số 5 /QĐ"
    assert clean("a\u00adb\ufeff") == "ab"


def test_a_skeleton_has_only_letters_and_digits() -> None:
    assert skeleton("T H Ô N G  B Á O.") == "thongbao"
    assert skeleton("15/QĐ-UBND") == "15qdubnd"
