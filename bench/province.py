"""A province after a year, for benchmarks of the web, the reports and the API.

    python -m bench.province [--scale 1.0] [--more-documents 0] [--engine sqlite|postgresql] [--again]

20,000 accounts and 3,500 agencies with their year of administration (bench/directory.py, bench/population.py), about
2,000,000 lines of the timeline with their messages and recipients (bench/province_mail.py), and a register of about
2,000,000 rows (bench/province_papers.py). Made once and kept below bench/run/ under a name that says from which
generator, schema and numbers it comes; `province()` hands out a copy, which may be written to.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Index, Table, func, insert, inspect, select, text
from sqlalchemy.schema import CreateColumn

import bench.directory
import bench.population
import bench.province_mail
import bench.province_papers
import bench.province_people
from bench.province_mail import Mail
from bench.province_papers import Papers
from bench.province_people import load_people
from bench.rehearsal import made
from mailhub.accounts.rights import console
from mailhub.clock import DAY, now_ms
from mailhub.ids import new_id
from mailhub.policy.judging import Judge
from mailhub.policy.rules.reading import read_book
from mailhub.registry.index import FIELDS, TEXTS, put_tokens
from mailhub.reports.counting.keeping import count_days
from mailhub.screening.models import PolicyVersion, PrivateMailUse
from mailhub.screening.records.private_use import COUNTS
from mailhub.screening.rules.policy_file import shipped_text
from mailhub.store.database import Database, open_database
from mailhub.store.schema import METADATA
from mailhub.store.statements import Prepared
from tests.support.databases import new_database

RUN = Path(__file__).parent / "run"
ROOT = console("bench")
HOT = (
    "message", "recipient", "event", "policy_decision", "pending_word", "file", "document", "attachment",
    "document_agency", "document_text", "signature_verdict",
)  # fmt: skip
_PARTS = (bench.directory, bench.population, bench.province_people, bench.province_mail, bench.province_papers)


@dataclass(frozen=True, slots=True)
class Size:
    """How large a province: 1.0 is the issue's. bench/population.py needs 5,000 accounts for its year."""

    scale: float = 1.0
    more_documents: int = 0
    days: int = 365

    @property
    def accounts(self) -> int:
        return max(5_000, int(20_000 * self.scale))

    @property
    def agencies(self) -> int:
        return max(150, int(3_500 * self.scale))

    @property
    def messages(self) -> int:
        return int(675_000 * self.scale)


def make(database: Database, size: Size) -> None:
    """Fill an empty database."""
    with _said("accounts, agencies and their year"):
        bench.directory.fill(database, size.accounts, size.agencies)
        bench.population.collect(database)
    with database.write() as c:
        dropped = _drop_indexes(c)
        people = load_people(c)
    judge, now = Judge(read_book(shipped_text(), "policy.toml"), 1), now_ms()
    mail = Mail(people, judge, list(made(2_000, now - 31 * DAY)), now, size.days, size.messages)
    papers = Papers(people)
    if size.more_documents:
        with _said("earlier documents"), database.write() as c:
            _write(c, papers.earlier(size.more_documents, now - size.days * DAY))
    with _said("mail and papers"):
        for chunk in mail.chunks():
            with database.write() as c:
                _write(c, chunk)
                _write(c, papers.of(chunk.parties))
    with _said("figures about private mail, indexes, ANALYZE"), database.write() as c:
        _private_use(c, mail)
        c.execute(insert(PolicyVersion).values(
            id=new_id(), number=1, activated_at=now - size.days * DAY, by="bench", sha256="0" * 64, text=shipped_text(),
        ))  # fmt: skip
        for index in dropped:
            index.create(c)
        c.execute(text("ANALYZE"))
    with _said("days counted for reports, as each night does"):
        count_days(database)


@contextmanager
def province(size: Size = Size(), engine: str = "sqlite", *, again: bool = False) -> Iterator[Database]:
    """The province, ready to be asked; what is written to it is lost. Its SQLite file lies in a folder of its own."""
    RUN.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="province-", dir=RUN) as name:
        folder = Path(name)
        if engine != "sqlite":
            url = new_database(engine, folder)
            with _opened(url) as database:
                make(database, size)
                yield database
            return
        kept = RUN / f"province-{digest(size)}.db"
        if again or not kept.exists():
            _make_file(kept, folder, size)
        copy = folder / "mailhub.db"
        shutil.copyfile(kept, copy)
        with _opened(f"sqlite:///{copy}") as database:
            _bring_up(database)
            yield database


def digest(size: Size) -> str:
    """Of the generators and the numbers."""
    found = hashlib.sha256(repr(size).encode())
    for part in (*_PARTS, sys.modules[__name__]):
        found.update(Path(str(part.__file__)).read_bytes())
    return found.hexdigest()[:16]


def _bring_up(database: Database) -> None:
    """Tables, columns and indexes that are newer than the file, as a migration would add them."""
    with database.write() as c:
        known = inspect(c)
        there = set(known.get_table_names())
        for table in METADATA.sorted_tables:
            if table.name in there:
                columns = {one["name"] for one in known.get_columns(table.name)}
                for column in table.columns:
                    if column.name not in columns:
                        words = CreateColumn(column).compile(dialect=c.dialect)
                        c.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {words}")
        METADATA.create_all(c)
        for table in METADATA.sorted_tables:
            made = {one["name"] for one in known.get_indexes(table.name)}
            for index in table.indexes:
                if index.name not in made:
                    index.create(c, checkfirst=True)
                    c.exec_driver_sql(f"ANALYZE {table.name}")


def _make_file(kept: Path, folder: Path, size: Size) -> None:
    part = folder / "new.db"
    with _opened(f"sqlite:///{part}") as database:
        make(database, size)
        database.checkpoint()
    part.rename(kept)


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    database = open_database(url, checkpoints=True)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def _said(what: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    print(f"{what:<50}{time.perf_counter() - began:7.1f} s", flush=True)


def _drop_indexes(c: Connection) -> Sequence[Index]:
    """Rows go in faster, and indexes come out as they are after years, when they are made at the end."""
    indexes = [index for name in HOT for index in METADATA.tables[name].indexes]
    for index in indexes:
        index.drop(c)
    return indexes


_statements: dict[str, Prepared] = {}


def _write(c: Connection, rows: Any) -> None:
    """The rows of a `Chunk` or a `Shelf`, by the tables that its fields are named after."""
    for name in HOT:
        if found := getattr(rows, name, ()):
            if name not in _statements:
                _statements[name] = Prepared(insert(METADATA.tables[name]), list(found[0]))
            _statements[name].execute_many(c, found)
    put_tokens(c, FIELDS, getattr(rows, "fields", {}))
    put_tokens(c, TEXTS, getattr(rows, "texts", {}))


def _private_use(c: Connection, mail: Mail) -> None:
    found: dict[tuple[object, ...], Counter[str]] = {}
    for (day, account, agency, provider, what), count in mail.use.items():
        found.setdefault((day, account, agency, provider), Counter())[what] += count
    nothing = dict.fromkeys(COUNTS, 0)
    rows = [
        {"day": day, "account_id": account, "agency_id": agency, "provider": provider, **nothing, **counts}
        for (day, account, agency, provider), counts in found.items()
    ]
    if rows:
        c.execute(insert(PrivateMailUse), rows)


def count_rows(c: Connection) -> dict[str, int]:
    """How many rows each table has, the largest first."""
    tables: list[Table] = list(METADATA.sorted_tables)
    found = {table.name: c.execute(select(func.count()).select_from(table)).scalar_one() for table in tables}
    for name in (FIELDS, TEXTS):
        found[name] = c.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()
    return dict(sorted(found.items(), key=lambda one: -one[1]))


def main() -> int:
    """Make one, or take the one that is there, and print how many rows it has."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--more-documents", type=int, default=0)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--again", action="store_true", help="make it anew although nothing changed")
    wanted = parser.parse_args()
    size = Size(wanted.scale, wanted.more_documents)
    with province(size, wanted.engine, again=wanted.again) as database, database.read() as c:
        for name, count in count_rows(c).items():
            if count:
                print(f"{name:<30}{count:>12,}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
