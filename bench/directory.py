"""What looking people up costs in a whole province, on both engines.

    python -m bench.directory [--accounts 20000] [--agencies 3500] [--rounds 20] [--engine sqlite|postgresql]

Names drawn from the commonest Vietnamese ones; every tenth agency lies in a block, so that hiding costs what it costs.
Goal (issue 4): any list or search, and the tree, below 300 ms at 20,000 accounts and 3,500 units. Ends with 1 when one
is missed. PostgreSQL is the tests' own cluster, started for the run.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from sqlalchemy import Connection, insert, text

from mailhub.accounts import service
from mailhub.accounts.catalogue.search import every_entry, search_directory
from mailhub.accounts.models import Address, AddressKind, Agency, Listing, Mailbox, MailboxKind, Person
from mailhub.accounts.people.duplicates import Candidate, all_suspects, suspects
from mailhub.accounts.people.folded import agency_words, mailbox_words, person_words
from mailhub.accounts.people.naming import candidates, propose
from mailhub.accounts.rights import Actor, Role, console
from mailhub.clock import now_ms
from mailhub.ids import new_id
from mailhub.store.database import Database, open_database
from mailhub.store.schema import METADATA
from tests.support.databases import new_database

GOAL_MS = 300.0
ROOT = console("bench")
DOMAIN = "tinh.gov.vn"
_FAMILIES = "Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý"
_MIDDLES = "Văn Thị Đức Minh Ngọc Thanh Hữu Quang Thu Xuân"
_GIVEN = "An Anh Bình Châu Cường Dung Dũng Đào Giang Hà Hải Hạnh Hiền Hoa Hùng Hương Lan Linh Long Mai Nam Nga"
TITLES = ("Chuyên viên", "Chuyên viên", "Chuyên viên", "Văn thư", "Trưởng phòng", "Phó Giám đốc")


def fill(database: Database, accounts: int, agencies: int) -> None:
    """A province: communes and sở with units below, people among them."""
    drawn = random.Random(4)
    with database.write() as c:
        METADATA.create_all(c)
    with database.write() as c:
        root = service.add_agency(c, ROOT, "tinh", "Tỉnh Minh Họa")
        service.add_domain(c, ROOT, DOMAIN)
        units = _agencies(c, root, agencies)
        people, boxes, addresses = [], [], []
        for number in range(accounts):
            name = f"{drawn.choice(_FAMILIES.split())} {drawn.choice(_MIDDLES.split())} {drawn.choice(_GIVEN.split())}"
            title, unit, address = drawn.choice(TITLES), drawn.choice(units), f"p{number}@{DOMAIN}"
            person, box = new_id(), new_id()
            born = date(drawn.randint(1965, 2003), drawn.randint(1, 12), drawn.randint(1, 28))
            known = {"full_name": name, "folded": person_words(name), "title": title, "birth_date": born}
            people.append({"id": person, "agency_id": unit} | known)
            words = mailbox_words(name, address, title)
            row = {"id": box, "address": address, "kind": MailboxKind.PERSONAL, "name": name, "agency_id": unit}
            listing = Listing.PUBLIC if number % 8 == 0 else Listing.INTERNAL
            boxes.append(row | {"person_id": person, "created_at": 0, "folded": words, "listing": listing})
            addresses.append({"address": address, "domain": DOMAIN, "kind": AddressKind.MAILBOX, "mailbox_id": box})
        for table, rows in ((Person, people), (Mailbox, boxes), (Address, addresses)):
            c.execute(insert(table), rows)
    with database.write() as c:
        c.execute(text("ANALYZE"))


def _agencies(connection: Connection, root: int, count: int) -> list[int]:
    tops: list[int] = []
    rows: list[dict[str, object]] = []
    places: list[int] = []
    for number in range(count):
        place = new_id()
        places.append(place)
        parent = root if number % 10 == 0 else tops[-1]
        if number % 10 == 0:
            tops.append(place)
        name = f"Xã Tân {number}" if number % 10 == 0 else f"Phòng Kinh tế {number}"
        row = {"id": place, "code": f"u{number}", "name": name, "folded": agency_words(name), "parent_id": parent}
        rows.append(row | {"block": number % 100 == 0})
    connection.execute(insert(Agency), rows)
    return places


def questions(connection: Connection) -> dict[str, tuple[float | None, Callable[[], object]]]:
    """What is asked, and the goal in ms; None = only told."""
    official = Actor(name=f"p1@{DOMAIN}", role=Role.OFFICIAL, account_id=None)

    def search(words: str, **more: object) -> Callable[[], object]:
        return lambda: search_directory(connection, official, words, at=now_ms(), **more)  # type: ignore[arg-type]

    cursor = ""
    for _ in range(20):
        cursor = search_directory(connection, official, cursor=cursor, limit=500, at=now_ms()).cursor or cursor
    wanted = Candidate(name="Nguyễn Văn An", birth_date=date(1985, 9, 2))
    return {
        "search: a full name": (GOAL_MS, search("nguyễn văn an")),
        "search: one word": (GOAL_MS, search("an")),
        "search: name, post and agency": (GOAL_MS, search("lan chuyen vien tan 120")),
        "search: nothing fits": (GOAL_MS, search("khong co ai ca")),
        "search: within a commune": (GOAL_MS, search("an", agency="u120")),
        "list: the first page of 100": (GOAL_MS, search("", limit=100)),
        "list: behind the ten thousandth": (GOAL_MS, search("", cursor=cursor, limit=100)),
        "list of accounts: 1,000": (GOAL_MS, lambda: service.list_accounts(connection, ROOT, limit=1000)),
        "tree: the whole province": (GOAL_MS, lambda: service.tree(connection, ROOT, at=now_ms())),
        "tree: an official's, blocks left out": (GOAL_MS, lambda: service.tree(connection, official, at=now_ms())),
        "suspects of one newcomer": (GOAL_MS, lambda: suspects(connection, ROOT, wanted)),
        "address proposals": (GOAL_MS, lambda: propose(connection, "Nguyễn Văn An", DOMAIN, "full")),
        "address candidates in memory": (GOAL_MS, lambda: next(candidates("Nguyễn Văn An", "full"))),
        "suspects over the whole province": (None, lambda: all_suspects(connection, ROOT)),
        "export: everybody": (None, lambda: list(every_entry(connection, official, at=now_ms()))),
    }


@contextmanager
def province(engine: str, accounts: int, agencies: int) -> Iterator[Database]:
    """A filled database on the engine."""
    with tempfile.TemporaryDirectory(prefix="mailhub-bench-") as folder:
        database = open_database(new_database(engine, Path(folder)), checkpoints=True)
        try:
            fill(database, accounts, agencies)
            yield database
        finally:
            database.close()


def main() -> int:
    """Measure, print a table, say whether the goal was reached."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=20_000)
    parser.add_argument("--agencies", type=int, default=3_500)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), action="append")
    wanted = parser.parse_args()
    missed = 0
    print(f"{wanted.accounts} accounts, {wanted.agencies} units, {wanted.rounds} rounds; median and worst in ms")
    for engine in wanted.engine or ("sqlite", "postgresql"):
        with province(engine, wanted.accounts, wanted.agencies) as database, database.read() as connection:
            for name, (goal, ask) in questions(connection).items():
                _timed(ask)  # statements are compiled once
                took = [_timed(ask) for _ in range(wanted.rounds)]
                bad = goal is not None and max(took) > goal
                missed += bad
                middle = statistics.median(took)
                print(f"{engine:<11} {name:<40} {middle:8.1f} {max(took):8.1f}{'  MISSED' if bad else ''}", flush=True)
    return 1 if missed else 0


def _timed(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    sys.exit(main())
