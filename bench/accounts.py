"""What every list, search and page about accounts costs in a whole province, on both engines.

    python -m bench.accounts [--accounts 20000] [--agencies 3500] [--rounds 5] [--engine ENGINE] [--only WORDS]

The province of bench/directory.py after a year (bench/population.py). Goal (issue 4): below 300 ms each. The clock is
what people wait for; a busy machine makes it lie, so that SQLite is judged by CPU (all of it is this process's) and
PostgreSQL by the quickest round. Ends with 1 when one misses its goal. Rows: how many came.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sized
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

from sqlalchemy import Connection, select, text, update

from bench.directory import fill
from bench.population import DOMAIN, ROOT, collect
from mailhub.accounts import service
from mailhub.accounts.catalogue.search import every_entry, search_directory
from mailhub.accounts.control.grants import list_grants
from mailhub.accounts.control.log_reading import LogFilter, read_log
from mailhub.accounts.control.proposals import list_proposals
from mailhub.accounts.directory import Directory
from mailhub.accounts.life.request_rows import list_requests
from mailhub.accounts.life.review_reading import list_reviews, show_review
from mailhub.accounts.login.app_passwords import list_app_passwords
from mailhub.accounts.login.second_factor import list_second_factors
from mailhub.accounts.login.slip_lists import list_slips
from mailhub.accounts.models import Agency, Mailbox
from mailhub.accounts.people.duplicates import all_suspects
from mailhub.accounts.reading import Only
from mailhub.accounts.rights import Actor, Role
from mailhub.accounts.sharing.delegation import list_delegations
from mailhub.accounts.sharing.holdings import list_holdings
from mailhub.clock import DAY, local_time, now_ms
from mailhub.lifecycle.daily import Schedule
from mailhub.roster.keeping import find_import, list_imports, rows_of
from mailhub.settings.sections import AccountsSection
from mailhub.store.database import Database, open_database
from tests.support.accounts import Settings
from tests.support.databases import new_database

GOAL_MS = 300.0
WHOLE = None  # everything at once, for a file or a nightly task: only told
Ask = Callable[[], object]
Questions = dict[str, tuple[float | None, Ask]]


@dataclass(frozen=True)
class Scene:
    """A filled database, a connection that reads, and who asks."""

    database: Database
    connection: Connection
    admin: Actor  # of the province, blocks left out
    below: Actor  # of one agency
    work: Path

    @property
    def one(self) -> str:
        return f"p1234@{DOMAIN}"


def accounts(scene: Scene) -> Questions:
    c = scene.connection

    def lines(actor: Actor = ROOT, **more: object) -> tuple[float, Ask]:
        return GOAL_MS, lambda: service.list_accounts(c, actor, **more)  # type: ignore[arg-type]

    found: Questions = {f"account list --{one}": lines(only=(one,)) for one in Only}
    pages = {"": ROOT, ", province's administrator": scene.admin, ", agency's administrator": scene.below}
    found |= {f"account list{who}": lines(actor) for who, actor in pages.items()}
    found |= {
        f"account list, the last page{who}": lines(actor, after=f"vanthu9@{DOMAIN}") for who, actor in pages.items()
    }
    found |= {f"account list, words{who}": lines(actor, text="lan chuyen vien") for who, actor in pages.items()}
    return found | {
        "account list, 1,000": lines(limit=1000),
        "account list, nothing fits": lines(text="khong co ai ca"),
        "account list --agency": lines(agency="u120"),
        "account list --agency, the province": lines(agency="tinh"),
        "account list --state suspended": lines(state="suspended"),
        "account list --kind role": lines(kind="role"),
        "account show": (GOAL_MS, lambda: service.show_account(c, ROOT, scene.one, at=now_ms())),
        "account why": (GOAL_MS, lambda: service.why(c, scene.admin, scene.one)),
    }


def papers(scene: Scene) -> Questions:
    c, admin, at = scene.connection, scene.admin, now_ms()
    review = "2026-Q4"
    roster = find_import(c, "BENCHROSTER").id
    return {
        "request list": (GOAL_MS, lambda: list_requests(c, admin)),
        "request list --state all, 1,000": (GOAL_MS, lambda: list_requests(c, admin, state=None, limit=1000)),
        "request list --agency": (GOAL_MS, lambda: list_requests(c, admin, agency="u120", state=None)),
        "review list": (GOAL_MS, lambda: list_reviews(c, admin)),
        "review list, agency's administrator": (GOAL_MS, lambda: list_reviews(c, scene.below)),
        "review show, a page of 1,000": (GOAL_MS, lambda: show_review(c, admin, review)),
        "review show --open, last page": (
            GOAL_MS,
            lambda: show_review(c, admin, review, answer="", after=f"p9800@{DOMAIN}"),
        ),
        "review show, agency's administrator": (GOAL_MS, lambda: show_review(c, scene.below, review)),
        "proposal list": (GOAL_MS, lambda: list_proposals(c, admin)),
        "right list, 4,000": (GOAL_MS, lambda: list_grants(c, admin)),
        "delegation list, 2,000": (GOAL_MS, lambda: list_delegations(c, admin)),
        "delegation list --account": (GOAL_MS, lambda: list_delegations(c, admin, account=scene.one)),
        "role list": (GOAL_MS, lambda: list_holdings(c, admin, f"vanthu7@{DOMAIN}")),
        "slip list, 5,000": (GOAL_MS, lambda: list_slips(c, admin, at=at)),
        "slip list --agency": (GOAL_MS, lambda: list_slips(c, admin, at=at, agency="u120")),
        "app-password list": (GOAL_MS, lambda: list_app_passwords(c, admin, scene.one)),
        "second-factor list, 6,000": (GOAL_MS, lambda: list_second_factors(c, admin, Factors, at=at)),
        "roster list": (GOAL_MS, lambda: list_imports(c, admin)),
        "roster rows, 1,000": (GOAL_MS, lambda: rows_of(c, roster, after=18_000, limit=1000)),
    }


class Factors:
    """[passwords] as far as second factors go."""

    second_factor_roles = ("agency_admin",)
    admin_days = 0


def log(scene: Scene) -> Questions:
    c = scene.connection
    busy = c.execute(text("SELECT actor FROM audit_log WHERE id = 99000")).scalar()
    wanted: dict[str, dict[str, object]] = {
        "the newest 1,000": {},
        "--object": {"object": scene.one},
        "--actor": {"actor": f"p10@{DOMAIN}"},
        "--actor, the newest 1,000": {"actor": busy},
        "--action account": {"action": "account"},
        "--action, none": {"action": "domain"},
        "--since 30d": {"since": now_ms() - 30 * DAY},
    }
    found: Questions = {}
    for who, actor in (("", ROOT), (", block left out", scene.admin), (", agency's", scene.below)):
        for name, more in wanted.items():
            ask = lambda actor=actor, more=more: list(read_log(c, actor, LogFilter(**more), newest=1000))  # noqa: E731
            found[f"audit list {name}{who}"] = (GOAL_MS, ask)
    return found | {"audit verify, 200,000 rows": (WHOLE, lambda: range(service.verify_chain(c).rows))}


def people(scene: Scene) -> Questions:
    c, admin, at = scene.connection, scene.admin, now_ms()
    everybody, by_hand = f"moinguoi@{DOMAIN}", f"tatca@{DOMAIN}"

    def group(address: str, **more: object) -> tuple[float, Ask]:
        return GOAL_MS, lambda: service.show_group(c, admin, address, **more).members  # type: ignore[arg-type]

    return {
        "group list": (GOAL_MS, lambda: service.list_groups(c, admin)),
        "group list, agency's administrator": (GOAL_MS, lambda: service.list_groups(c, scene.below)),
        "group show, 10 by hand": group(f"nhom0@{DOMAIN}"),
        "group show, 20,000 by hand": group(by_hand),
        "group show, 20,000 by rule": group(everybody),
        "group show, 20,000 by rule, a page of 100": group(everybody, limit=100),
        "group show, 3,300 by rule": group(f"nhom2@{DOMAIN}"),
        "directory search": (GOAL_MS, lambda: search_directory(c, admin, "lan chuyen vien", at=at).entries),
        "directory list, 500": (GOAL_MS, lambda: search_directory(c, admin, limit=500, at=at).entries),
        "directory export": (WHOLE, lambda: list(every_entry(c, admin, at=at))),
        "agency tree": (GOAL_MS, lambda: service.tree(c, admin, at=at)),
        "person duplicates": (WHOLE, lambda: all_suspects(c, admin)),
    }


def doors(scene: Scene) -> Questions:
    """What the doors ask while mail passes."""
    directory = Directory(scene.database)
    mailbox = directory.account_named(scene.one)
    assert mailbox is not None

    def changed(ask: Ask) -> Ask:
        def cold() -> object:
            with scene.database.write() as c:
                c.execute(text("UPDATE directory_version SET version = version + 1"))
            return ask()

        return cold

    def thousand() -> object:
        for _ in range(1000):
            directory.account(mailbox.id)
        return [mailbox]

    everybody = lambda: getattr(directory.resolve(f"moinguoi@{DOMAIN}"), "targets", ())  # noqa: E731
    return {
        "Directory.account, 1,000 times, warm": (WHOLE, thousand),
        "Directory.account, cold": (GOAL_MS, changed(lambda: [directory.account(mailbox.id)])),
        "Directory.resolve, 20,000 by rule, cold": (WHOLE, changed(everybody)),
        "Directory.resolve, 20,000 by rule, warm": (GOAL_MS, everybody),
    }


def nights(scene: Scene) -> Questions:
    """The schedule: nothing due, and 500 ends on one day (the goal is that it gets done)."""
    (scene.work / "keys").mkdir(mode=0o700)
    hub = SimpleNamespace(domain=DOMAIN)
    more = {"directory": scene.work, "keys_directory": scene.work / "keys", "hub": hub}
    plain = Settings()
    known = SimpleNamespace(
        passwords=plain.passwords, accounts=AccountsSection(), audit=SimpleNamespace(witnesses=()), **more
    )
    work = Schedule(lambda: known, scene.database, lambda address: scene.work / address)  # type: ignore[arg-type,return-value]

    def run() -> object:
        done = work.run_once()
        assert not done.faults, done.faults[:3]
        return [name for names in done.acts.values() for name in names]

    def ends() -> object:
        with scene.database.write() as c:
            some = select(Mailbox.id).where(Mailbox.state == "active", Mailbox.kind == "personal").limit(500)
            c.execute(update(Mailbox).where(Mailbox.id.in_(some)).values(ends_on=local_time(now_ms()).date()))
        return run()

    return {"schedule, nothing due": (WHOLE, run), "schedule, 500 ends due": (WHOLE, ends)}


@contextmanager
def scene_on(engine: str, accounts_: int, agencies: int) -> Iterator[Scene]:
    """The province on this engine."""
    with tempfile.TemporaryDirectory(prefix="mailhub-bench-") as name:
        folder = Path(name)
        database = open_database(new_database(engine, folder), checkpoints=True)
        try:
            began = time.perf_counter()
            fill(database, accounts_, agencies)
            collect(database)
            print(f"{engine}: made in {time.perf_counter() - began:.0f} s", flush=True)
            with database.read() as connection:
                find = select(Agency.id).where(Agency.code == "u120")
                number = connection.execute(select(Mailbox.id).where(Mailbox.address == f"p5@{DOMAIN}")).scalar_one()
                admin = Actor(name=f"p5@{DOMAIN}", role=Role.SYSTEM_ADMIN, account_id=number)
                place = connection.execute(find).scalar_one()
                below = Actor(name=f"p5@{DOMAIN}", role=Role.AGENCY_ADMIN, account_id=number, agency_id=place)
                yield Scene(database, connection, admin, below, folder)
        finally:
            database.close()


def main() -> int:
    """Measure, print a table, say whether the goal was reached."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=20_000)
    parser.add_argument("--agencies", type=int, default=3_500)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), action="append")
    parser.add_argument("--only", default="", help="questions that hold these words")
    wanted = parser.parse_args()
    missed = 0
    for engine in wanted.engine or ("sqlite", "postgresql"):
        with scene_on(engine, wanted.accounts, wanted.agencies) as scene:
            for part in (accounts, papers, log, people, doors, nights):
                for name, (goal, ask) in part(scene).items():
                    if wanted.only in name:
                        missed += _measure(engine, name, goal, ask, wanted.rounds if goal else 2)
    return 1 if missed else 0


def _measure(engine: str, name: str, goal: float | None, ask: Ask, rounds: int) -> bool:
    first, _, found = _timed(ask)  # statements are compiled once
    took = [_timed(ask)[:2] for _ in range(rounds)]
    middle, cpu = (statistics.median(column) for column in zip(*took, strict=True))
    # SQLite works in this process: its CPU is what a quiet machine's clock shows. PostgreSQL does not.
    bad = goal is not None and (cpu if engine == "sqlite" else min(one for one, _ in took)) > goal
    rows = len(found) if isinstance(found, Sized) else 1
    print(
        f"{engine:<11} {name:<58} {middle:8.1f} ms (first {first:.0f}, worst {max(one for one, _ in took):.0f}), "
        f"CPU {cpu:.1f}, {rows} rows, load {os.getloadavg()[0]:.1f}{'  MISSED' if bad else ''}",
        flush=True,
    )
    return bad


def _timed(ask: Ask) -> tuple[float, float, object]:
    began, used = time.perf_counter(), time.process_time()
    found = ask()
    return (time.perf_counter() - began) * 1000, (time.process_time() - used) * 1000, found


if __name__ == "__main__":
    sys.exit(main())
