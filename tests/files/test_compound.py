"""A compound file that would lead a careless reader astray is told before one is let loose on it."""

from __future__ import annotations

import struct
import time

import pytest

from mailhub.files.compound import Unsound, check_compound
from mailhub.files.facts import Limits, Unreadable
from mailhub.files.word97 import read_word97
from tests.support.ole import SECTOR, compound

pytestmark = pytest.mark.unit

WHOLE = compound({"Workbook": b"x" * 9_000, "a/b": b"y"})
FIRST_LINK = (struct.unpack_from("<I", WHOLE, 76)[0] + 1) * SECTOR
DIRECTORY = (struct.unpack_from("<I", WHOLE, 48)[0] + 1) * SECTOR


def with_number(at: int, number: int, form: str = "<I") -> memoryview:
    data = bytearray(WHOLE)
    struct.pack_into(form, data, at, number)
    return memoryview(data)


def test_whole_files_are_left_alone() -> None:
    check_compound(memoryview(WHOLE))
    check_compound(memoryview(WHOLE)[: -SECTOR // 2])  # the last sector may be short


@pytest.mark.parametrize(
    "data",
    [
        memoryview(b""),
        memoryview(WHOLE)[:600],
        with_number(FIRST_LINK, 0),
        with_number(FIRST_LINK + 8, 1),
        with_number(44, 2**31),
        with_number(64, 2**31),
        with_number(72, 2**31),
        with_number(48, 10**6),
        with_number(68, 2),
        with_number(30, 20, "<H"),
        with_number(DIRECTORY + 120, 2**32 - 1),
        with_number(DIRECTORY + 128 + 120, 10**9),
    ],
    ids=[
        "empty", "cut", "itself", "back", "tables", "small ones", "further ones", "directory", "no end of tables",
        "sectors", "root", "stream",
    ],
)  # fmt: skip
def test_what_leads_astray_is_told(data: memoryview) -> None:
    with pytest.raises(Unsound):
        check_compound(data)


def test_a_word_file_whose_chains_do_not_end_costs_no_time() -> None:
    started = time.monotonic()
    assert read_word97(with_number(FIRST_LINK, 0), Limits()).unreadable is Unreadable.DAMAGED
    assert time.monotonic() - started < 1


def test_a_large_file_is_looked_at_quickly() -> None:
    data = memoryview(compound({"Workbook": bytes(7_000_000)}))
    started = time.process_time()
    check_compound(data)
    assert time.process_time() - started < 3
