"""Rich Text files: what is text in them, text boxes too, and that no octets make the reading long."""

from __future__ import annotations

import time

import pytest

from mailhub.files.facts import Limits
from mailhub.files.reader import Given, read_file
from mailhub.files.rtf import LONGEST, read_rtf
from tests.support.papers import as_text, make_paper

pytestmark = pytest.mark.unit


def lines(text: bytes) -> list[str]:
    found = read_rtf(memoryview(b"{\\rtf1\\ansi\\ansicpg1252 " + text + b"}"), Limits())
    return [line.text for line in found.text.lines if line.text]


def written(text: str) -> bytes:
    """As Word writes it: each letter beyond ASCII by its number, with what an old reader shows instead."""
    body = "\\par ".join("".join(c if c.isascii() else f"\\u{ord(c)}?" for c in line) for line in text.splitlines())
    return b"{\\rtf1\\ansi\\ansicpg1258\\uc1{\\fonttbl{\\f0 Arial;}}{\\*\\generator X;}" + body.encode() + b"}"


def test_letters_by_number_by_octet_and_as_they_are() -> None:
    assert lines(b"M\\u7852?T\\par \\uc2 \\u273 xxa\\par b\\'e2n\\tab \\{c\\}\\_d") == ["MẬT", "đa", "bân\t{c}-d"]
    assert lines(b"{\\uc0 \\u272}\\u7891 ?ng") == ["Đồng"]


def test_halves_of_a_letter_are_put_together_and_a_lone_one_is_none() -> None:
    assert lines(b"\\u55357?\\u56832? a\\u55357?b") == ["\U0001f600 a\ufffdb"]


def test_the_code_page_is_that_of_the_file_and_old_fonts_are_mended() -> None:
    assert lines(b"\\ansicpg1258 \\'d0\\'f4ng") == ["Đông"]
    old = b"TUY\\'d6T M\\'cbT\\par Ch\\'b5o c\\'b8c anh, v\\'a8n b\\'b6n n\\'b5y \\'ae\\'ad\\'eec g\\'f6i"
    assert lines(old)[0] == "TUYệT MậT"


def test_what_is_no_text_is_left_out_and_text_boxes_are_not() -> None:
    hidden = b"{\\pict 0011}{\\*\\themedata 00}{\\info{\\title Nh\\'e3n}}{\\*\\unknown x}\\bin3 {{{"
    box = b"{\\shp{\\*\\shpinst\\shpleft1{\\sp{\\sn a}{\\sv b}}{\\shptxt T\\u7888?I M\\u7852?T\\par}}}"
    assert lines(b"a" + hidden + box + b"{\\header b\\par}c\\cell d\\row") == ["aTỐI MẬT", "b", "c", "d"]


def test_a_paper_is_recognised_with_its_mark_and_its_draft() -> None:
    secret = read_file(Given(memoryview(written(as_text(make_paper("BC", seed=4, secrecy="MẬT")))), "a.doc"), Limits())
    assert secret.recognition is not None
    assert (secret.type, secret.recognition.doc_type, secret.recognition.value("secrecy")) == ("rtf", "BC", "MẬT")
    draft = as_text(make_paper("CV", seed=3, draft=True, number="", signer=""))
    found = read_file(Given(memoryview(written(draft)), "a.rtf"), Limits()).recognition
    assert found is not None
    assert found.state.value == "draft"


def test_a_text_that_is_cut_says_so() -> None:
    assert not read_rtf(memoryview(b"{\\rtf1 " + b"a\\par " * 100 + b"}"), Limits(text_characters=50)).text.complete


HOSTILE = (b"{", b"{}", b"\\u1?", b"\\'41", b"\\*", b"\\", b"a", b"\r\n", b"\\par ", b"\\uc9\\u7852 a", b"\\bin1")


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.parametrize("before", [b"", b"{\\pict"])
def test_hostile_octets_take_no_long_time(piece: bytes, before: bytes) -> None:
    begun = time.process_time()
    read_rtf(memoryview(b"{\\rtf1" + before + piece * (500_000 // len(piece))), Limits())
    assert time.process_time() - begun < 3.0


def test_lengths_below_nothing_and_beyond_the_file_are_borne() -> None:
    assert lines(b"a\\bin-5 b\\u-10 ?\\uc-3 c\\bin99999999 d")[0].startswith("a")
    assert LONGEST > 0
