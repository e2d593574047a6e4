"""Whatever two lists say: the second one applied and undone leaves exactly what was."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailhub.roster.errors import TooFewRows
from mailhub.store.database import Database, open_database
from mailhub.store.schema import METADATA
from tests.support.accounts import make_province
from tests.support.rosters import apply, everything, plan, sheet, undo

HEADER = ("STT", "Họ và tên", "Ngày sinh", "Chức vụ", "Mã đơn vị", "Số CCCD", "Điện thoại", "Nghỉ việc từ")
NAMES = ("Nguyễn Văn An", "TRẦN THỊ BÌNH", "Lê Cúc", "H'Hen Niê", "Phạm Dũng", "Vũ Em", "Đỗ Gấm", "Ngô Hai")
PERSON = st.tuples(
    st.sampled_from(NAMES),
    st.sampled_from(["", "05/03/1975", "06/04/1985", "1990", "31/02/1990"]),
    st.sampled_from(["", "Chuyên viên", "Trưởng phòng", "Văn thư"]),
    st.sampled_from(["", "snv", "snv-vp", "syt", "khong-co"]),
    st.sampled_from(["", "001075000001", "1075000002", "001185000003"]),
    st.sampled_from(["", "0912345678"]),
    st.sampled_from(["", "", "", "01/01/2026", "31/12/2090"]),
)
LIST = st.lists(PERSON, max_size=8)

Person = tuple[str, ...]


def rows_of(people: list[Person]) -> list[tuple[str, ...]]:
    return [(str(number), *one) for number, one in enumerate(people, 1)]


def there_and_back(database: Database, first: list[Person], second: list[Person], *, complete: bool) -> None:
    apply(database, plan(database, sheet(*rows_of(first), header=HEADER)).code)
    before = everything(database)
    try:
        made = plan(database, sheet(*rows_of(second), header=HEADER), complete=complete)
    except TooFewRows:
        assert everything(database) == before
        return
    assert everything(database) == before  # a plan changes nothing
    apply(database, made.code, size=3)
    undo(database, made.code, size=2)
    assert everything(database) == before


@given(LIST, LIST, st.booleans())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_list_applied_and_undone_leaves_what_was(first: list[Person], second: list[Person], complete: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{Path(folder) / 'mailhub.db'}", checkpoints=True)
        with database.write() as connection:
            METADATA.create_all(connection)
        make_province(database)
        there_and_back(database, first, second, complete=complete)
        database.close()


@given(LIST)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_list_that_was_applied_changes_nothing_the_second_time(people: list[Person]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{Path(folder) / 'mailhub.db'}", checkpoints=True)
        with database.write() as connection:
            METADATA.create_all(connection)
        make_province(database)
        made = plan(database, sheet(*rows_of(people), header=HEADER))
        if not any(row.doubt for row in made.rows):
            apply(database, made.code)
            again = plan(database, sheet(*rows_of(people), header=HEADER))
            assert {row.act.value for row in again.rows} <= {"same", "wrong"}
        database.close()


FIRST: list[Person] = [
    ("Nguyễn Văn An", "05/03/1975", "Trưởng phòng", "snv", "001075000001", "", ""),
    ("Trần Thị Bình", "06/04/1985", "Văn thư", "snv-vp", "", "0912345678", ""),
    ("Lê Cúc", "", "", "syt", "", "", ""),
]
SECOND: list[Person] = [
    ("Nguyễn Văn An", "05/03/1975", "Giám đốc", "syt", "001075000001", "0912345678", ""),
    ("Trần Thị Bình", "06/04/1985", "Văn thư", "snv-vp", "001185000003", "", "31/12/2090"),
    ("Ngô Hai", "1990", "Chuyên viên", "snv", "", "", ""),
]


@pytest.mark.parametrize("complete", [False, True])
def test_the_same_holds_on_either_engine(province: Database, complete: bool) -> None:
    there_and_back(province, FIRST, SECOND, complete=complete)
