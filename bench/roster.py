"""How long a staff list of a whole province takes: `python -m bench.roster [--people 20000] [--units 3500]`.

A province of 3,500 units is made; a list of 20,000 people is planned and applied (all new), planned again (nothing
changes), then a second list (2 % changed, 2 % moved, 0.5 % ended, 1 % new) is planned, applied and undone.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection

from mailhub.accounts import organisation
from mailhub.accounts.control.proposals import decide
from mailhub.accounts.rights import Actor, Role, console
from mailhub.roster import applying, undoing
from mailhub.roster.keeping import RowState, count_states, find_import
from mailhub.roster.planning import Plan, Source, make_plan
from mailhub.roster.table import Sheet
from mailhub.settings.sections.accounts import AccountsSection
from mailhub.store.database import Database, open_database
from mailhub.store.schema import METADATA
from mailhub.store.sealing import Sealer

ROOT = console("bench")
SECOND = Actor(name="second@tinh.gov.vn", role=Role.CONSOLE, account_id=1, proved=True)
HEADER = ("STT", "Họ và tên", "Ngày sinh", "Chức vụ", "Mã đơn vị", "Số CCCD", "Điện thoại")
FAMILIES = ["Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý"]
MIDDLES = ["Văn", "Thị", "Đức", "Minh", "Thanh", "Hữu", "Ngọc", "Quang", "Thu", "Hồng", "Xuân", "Anh", "Kim"]
# fmt: off
GIVENS = ("An", "Bình", "Cường", "Dũng", "Giang", "Hà", "Hải", "Hạnh", "Hùng", "Lan", "Linh", "Long", "Mai", "Nam",
          "Phong", "Phúc", "Quân", "Sơn", "Thảo", "Trang", "Tú", "Yến")
# fmt: on
TITLES = ("Chuyên viên", "Chuyên viên chính", "Trưởng phòng", "Phó Trưởng phòng", "Văn thư", "Kế toán")

Person = list[str]


def make_units(connection: Connection, count: int) -> list[str]:
    """The province, a hundred agencies, and units below them; their codes."""
    organisation.add_agency(connection, ROOT, "tinh", "Tỉnh Minh Họa", kind="province")
    organisation.add_domain(connection, ROOT, "tinh.gov.vn")
    tops = [f"cq{number}" for number in range(min(100, count))]
    for code in tops:
        organisation.add_agency(connection, ROOT, code, f"Cơ quan số {code[2:]}")
    codes = list(tops)
    for number in range(count - len(tops)):
        top = tops[number % len(tops)]
        codes.append(f"{top}-p{number}")
        organisation.add_agency(connection, ROOT, codes[-1], f"Phòng số {number}", parent=top)
    return codes


def make_people(count: int, codes: list[str], chance: random.Random, first: int = 0) -> list[Person]:
    """Rows of a list."""
    found = []
    for number in range(first, first + count):
        name = f"{chance.choice(FAMILIES)} {chance.choice(MIDDLES)} {chance.choice(GIVENS)}"
        born = f"{chance.randint(1, 28):02}/{chance.randint(1, 12):02}/{chance.randint(1966, 2002)}"
        identifier = f"001{chance.randint(0, 3)}{number:08}"
        phone = f"09{number:08}"
        found.append([str(number + 1), name, born, chance.choice(TITLES), chance.choice(codes), identifier, phone])
    return found


def changed(people: list[Person], codes: list[str], chance: random.Random) -> list[Person]:
    """The list a month later."""
    later = [list(one) for one in people]
    for one in chance.sample(later, len(later) // 50):
        one[3] = "Chuyên viên cao cấp"
    for one in chance.sample(later, len(later) // 50):
        one[4] = chance.choice(codes)
    gone = set(chance.sample(range(len(later)), len(later) // 200))
    return [one for place, one in enumerate(later) if place not in gone] + make_people(
        len(later) // 100, codes, chance, first=len(later)
    )


@contextmanager
def timed(what: str) -> Iterator[None]:
    start, used = time.perf_counter(), time.process_time()
    yield
    spent = time.process_time() - used
    print(f"{what:<28}{time.perf_counter() - start:8.1f} s  (processor {spent:.1f} s)", flush=True)


def plan(database: Database, sealer: Sealer, people: list[Person], settings: AccountsSection) -> Plan:
    source = Source(name="bench.xlsx", digest=b"\0" * 32, sheets=[Sheet("DS", [HEADER, *people])], complete=True)
    with database.write() as connection:
        return make_plan(connection, ROOT, "tinh", source, settings=settings, sealer=sealer)


def in_batches(database: Database, step: Callable[[Connection], int]) -> int:
    total = longest = 0.0
    while True:
        start = time.perf_counter()
        with database.write() as connection:
            done = step(connection)
        longest = max(longest, time.perf_counter() - start)
        total += done
        if not done:
            print(f"  {int(total)} rows, longest turn {longest:.2f} s")
            return int(total)


def apply(database: Database, code: str, settings: AccountsSection) -> None:
    with database.write() as connection:
        if applying.needs_second_person(find_import(connection, code), settings):
            proposal = applying.ask_second_person(connection, ROOT, code, reason="bench", hours=1)
            decide(connection, SECOND, proposal, agree=True)
        applying.begin(connection, ROOT, code, rules=settings)
    in_batches(database, lambda connection: applying.apply_batch(connection, ROOT, code, rules=settings))
    with database.write() as connection:
        applying.finish(connection, ROOT, code)


def undo(database: Database, code: str, settings: AccountsSection) -> None:
    with database.write() as connection:
        undoing.begin_undo(connection, ROOT, code, rules=settings, reason="bench")
    in_batches(
        database, lambda connection: undoing.undo_batch(connection, ROOT, code, has_mail=lambda _, __: frozenset())
    )
    with database.write() as connection:
        undoing.finish_undo(connection, ROOT, code)
        states = count_states(connection, find_import(connection, code).id)
    print("  kept:", sum(count for (_, state), count in states.items() if state is RowState.KEPT))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--units", type=int, default=3_500)
    parser.add_argument("--url", default="", help="a database of its own; default: SQLite in a temporary folder")
    given = parser.parse_args()
    settings, sealer, chance = AccountsSection(), Sealer(b"k" * 32), random.Random(4)
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(given.url or f"sqlite:///{Path(folder) / 'bench.db'}", checkpoints=True)
        with database.write() as connection:
            METADATA.create_all(connection)
        with timed(f"{given.units} units"), database.write() as connection:
            codes = make_units(connection, given.units)
        people = make_people(given.people, codes, chance)
        with timed("plan, all new"):
            first = plan(database, sealer, people, settings)
        print("  ", dict(first.counts), "doubts", first.doubts)
        with timed("apply, all new"):
            apply(database, first.code, settings)
        with timed("plan again"):
            again = plan(database, sealer, people, settings)
        print("  ", dict(again.counts), "doubts", again.doubts)
        later = changed(people, codes, chance)
        with timed("plan, a month later"):
            second = plan(database, sealer, later, settings)
        print("  ", dict(second.counts), "doubts", second.doubts)
        with timed("apply"):
            apply(database, second.code, settings)
        with timed("undo"):
            undo(database, second.code, settings)
        database.close()


if __name__ == "__main__":
    main()
