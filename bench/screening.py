"""What the rules cost a message, part by part: its words, its facts and the decision, what follows, and the rows in
the commit that is there anyway.

    python -m bench.screening [--messages 2000] [--engine sqlite|postgresql] [--profile PART]
    python -m bench.screening --hostile

CPU of all threads in microseconds a message (the least of ten rounds), with the shipped rules in force: plain mails of
4 KiB, each with words of its own, and mail with a PDF whose facts are at hand. The goals are 150 µs at the door and
60 µs in the commit. With `--hostile`: the longest that the event loop stood still while legal but hostile mail was
judged, and the CPU of it; the goal is 50 ms. Exits with 1 when one is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import pstats
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection, event, insert

from bench import hostile
from bench.messages import WORDS
from mailhub.clock import now_ms
from mailhub.ids import new_code, new_id
from mailhub.mail.body_text import read_body
from mailhub.mail.headers import first, header_end, read_fields
from mailhub.policy.facts import Origin, Proof
from mailhub.queue.enqueue import enqueue
from mailhub.queue.models import Door
from mailhub.queue.records import NewMessage, NewRecipient
from mailhub.screening.case import Case
from mailhub.screening.models import PolicyVersion
from mailhub.screening.rules.book import LiveBook
from mailhub.screening.rules.policy_file import shipped_text
from mailhub.screening.screen import Screen
from mailhub.settings import Settings
from mailhub.settings.sections import Hub
from mailhub.store.spool import Location, Spool
from tests.screening.gathered import AN, BINH, file, inspection, make_office, paper
from tests.support.accounts import make_province
from tests.support.databases import new_tables

GOALS = {"door": 150.0, "commit": 60.0}  # µs
BATCH = 20  # messages that the committer writes together
PARTS = ("text", "judge", "carry out", "door", "commit")
ROUNDS = 10
FIRM = "congty.vn"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of mail; `plain` ones are held against the goals."""

    name: str
    to: str
    own: bool = True
    plain: bool = True


KINDS = (
    Kind("to a firm", f"khach@{FIRM}"),
    Kind("to a colleague", BINH),
    Kind("from a firm", AN, own=False),
    Kind("to a firm, with a PDF", f"khach@{FIRM}", plain=False),
)


def main() -> int:
    """Measure as the arguments say; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--profile", choices=("text", "judge", "carry out", "commit"), help="show where it goes")
    parser.add_argument("--hostile", action="store_true", help="how long the event loop stands still")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mailhub-screening-") as folder:
        desk = Desk(chosen.engine, Path(folder))
        if chosen.hostile:
            return hostile.run(desk.screen, desk.office, desk.message)
        return desk.table(chosen.messages, chosen.profile)


class Desk:
    """A message's way from its body to the commit, without the door."""

    def __init__(self, engine: str, folder: Path) -> None:
        self.database = new_tables(engine, folder)
        make_province(self.database)
        self.office = make_office(self.database, folder)
        with self.database.write() as connection:
            row = {"id": new_id(), "number": 1, "activated_at": now_ms(), "by": "bench", "text": shipped_text()}
            connection.execute(insert(PolicyVersion).values(sha256="", **row))
        (folder / "keys").mkdir(exist_ok=True)
        settings = Settings(directory=folder, hub=Hub(domain="tinh.gov.vn", hostname="mx.tinh.gov.vn"))
        self.screen = Screen(lambda: settings, self.database, self.office.directory, LiveBook(self.database))
        self.spool = Spool(folder / "spool", "bench")
        self.spool.prepare()
        self.dice = random.Random(7)

    def table(self, messages: int, profiled: str | None) -> int:
        """Print the costs; 1 when a goal is missed."""
        print(f"{'µs of CPU a message':28}" + "".join(f"{part:>12}" for part in (*PARTS, "statements")))
        missed = False
        for kind in KINDS:
            asyncio.run(self._round(kind, 3 * BATCH, _Clock()))  # caches filled, statements compiled
            clock = _Clock(profiled)
            rounds = [asyncio.run(self._round(kind, messages // ROUNDS, clock)) for _ in range(ROUNDS)]
            costs = {name: min(one[name] for one in rounds) for name in rounds[0]}
            costs["door"] = costs["text"] + costs["judge"] + costs["carry out"]
            costs["commit"] = costs["with"] - costs["without"]
            late = kind.plain and any(costs[part] > goal for part, goal in GOALS.items())
            missed = missed or late
            numbers = "".join(f"{costs[part]:12.0f}" for part in PARTS) + f"{costs['statements']:12.2f}"
            print(f"{kind.name:28}{numbers}{'  missed' if late else ''}")
            clock.show()
        return int(missed)

    async def _round(self, kind: Kind, messages: int, clock: _Clock) -> dict[str, float]:
        """Microseconds a message of each part; statements a message that the commit needs for it."""
        clock.spent.clear()
        batches, statements = max(1, messages // BATCH), 0
        for _ in range(batches):
            mails = [self._mail(kind) for _ in range(BATCH)]
            with clock.on("text"):
                bodies = [read_body(data) for data in mails]
            cases = [self._case(kind, data) for data in mails]
            cases = [replace(case, body=body) for case, body in zip(cases, bodies, strict=True)]
            ready = []
            for case in cases:
                message = self.message(case)
                with clock.on("judge"):
                    judged = await self.screen.judge(case)
                with clock.on("carry out"):
                    ready.append(await self.screen.carry_out(judged, message))
            statements -= self._commit([self.message(case) for case in cases], clock, "without")
            statements += self._commit(ready, clock, "with")
        found = {part: spent / 1000 / batches / BATCH for part, spent in clock.spent.items()}
        return found | {"statements": statements / batches / BATCH}

    def _commit(self, messages: Sequence[NewMessage], clock: _Clock, part: str) -> int:
        """Write them as the committer does; how many statements it took."""
        locations = [Location("bench", 0, 4096)] * len(messages)
        with self.database.write() as connection, _counted(connection) as statements, clock.on(part):
            enqueue(connection, messages, locations)
            for write in (write for one in messages for write in (*one.also, *one.records)):
                write(connection)
        return len(statements)

    def _mail(self, kind: Kind) -> bytes:
        lines = [" ".join(self.dice.choices(WORDS, k=12)) for _ in range(50)]
        sender, to = (AN, kind.to) if kind.own else (f"lienhe@{FIRM}", AN)
        head = (
            f"From: Nguyen Van An <{sender}>\r\nTo: <{to}>\r\nSubject: Bao cao tuan {self.dice.randrange(99)}\r\n"
            f"Message-ID: <{self.dice.random()}@bench.example>\r\nMIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        )
        return (head + "\r\n".join(lines) + "\r\n").encode()

    def _case(self, kind: Kind, data: bytes) -> Case:
        fields = read_fields(data[: header_end(data)])
        subject = first(fields, b"subject")
        assert subject is not None
        pdf = file("bao-cao.pdf", "application/pdf", paper("BC", number_symbol="15/BC-SNV"))
        return Case(
            origin=Origin.OWN if kind.own else Origin.OUTSIDE,
            proof=Proof.LOGIN if kind.own else Proof.DMARC,
            sender=AN if kind.own else f"lienhe@{FIRM}",
            account=self.office.directory.account_named(AN) if kind.own else None,
            client="192.0.2.7",
            fields=fields,
            subject=subject.raw.partition(b":")[2].decode().strip(),
            size=len(data),
            at=now_ms(),
            recipients=[NewRecipient(address=kind.to, destination="x")],
            inspection=None if kind.plain else inspection(pdf),
        )

    def message(self, case: Case) -> NewMessage:
        """What the door would commit, without anything of the rules."""
        return NewMessage(
            id=new_id(), code=new_code(), door=Door.SUBMISSION, received_at=case.at, sender=case.sender,
            sender_verified=True, account_id=None if case.account is None else case.account.id, client=case.client,
            message_id="", subject=case.subject, body=self.spool.stage(), prefix=b"", cuts=(), body_hash=b"",
            utf8=False, eight_bit=True, dsn_ret=None, dsn_envid=None, fingerprint=None, junk=False, derived_from=None,
            recipients=tuple(case.recipients),
        )  # fmt: skip


class _Clock:
    """CPU nanoseconds of the whole process, by part."""

    def __init__(self, profiled: str | None = None) -> None:
        self.spent: dict[str, int] = {}
        self._profiled = "with" if profiled == "commit" else profiled
        self._profile = cProfile.Profile()

    @contextmanager
    def on(self, part: str) -> Iterator[None]:
        """Count what is done meanwhile."""
        if part == self._profiled:
            self._profile.enable()
        begun = time.process_time_ns()
        yield
        self.spent[part] = self.spent.get(part, 0) + time.process_time_ns() - begun
        if part == self._profiled:
            self._profile.disable()

    def show(self) -> None:
        """Print the profile, if one was asked for."""
        if self._profiled:
            pstats.Stats(self._profile).sort_stats("tottime").print_stats(25)


@contextmanager
def _counted(connection: Connection) -> Iterator[list[str]]:
    """The statements that go to the driver meanwhile."""
    found: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_more: object) -> None:
        found.append(statement)

    event.listen(connection, "before_cursor_execute", note)
    yield found
    event.remove(connection, "before_cursor_execute", note)


if __name__ == "__main__":
    sys.exit(main())
