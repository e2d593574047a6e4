"""`policy simulate` on a province's mail: 100,000 stored decisions judged twice by the shipped catalogue, and what the
record of one message costs.

    python -m bench.rehearsal [--messages N] [--engine sqlite|postgresql]

The goal is 30 s for 100,000 decisions. Every message has its own size, sender and addresses, so that no two rows are
alike; about a third have attachments or go outside, as in a province's day (bench/population.py has no mail).
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from mailhub.accounts.rights import console
from mailhub.clock import DAY, local_time, midnight, now_ms
from mailhub.ids import first_id
from mailhub.policy.facts import (
    AttachmentFacts,
    DocumentFacts,
    DocumentIssuer,
    Facts,
    MailClass,
    MessageFacts,
    Origin,
    Proof,
    RecipientFacts,
    SenderFacts,
)
from mailhub.policy.judging import Judge
from mailhub.policy.rules.reading import read_book
from mailhub.policy.rules.rule import Action, RuleBook, Stage, StagePlan
from mailhub.screening.case import Case
from mailhub.screening.records import record
from mailhub.screening.rehearsal.simulation import Book, rehearse
from mailhub.screening.rules.policy_file import shipped_text
from mailhub.store.database import Database
from tests.screening.judged_mail import account
from tests.support.accounts import make_account, make_province
from tests.support.databases import new_tables

AGENCIES = ("snv", "snv-vp", "syt", "tinh")
PROVIDERS = ("gmail.com", "yahoo.com", "outlook.com")
TYPES = ("pdf", "docx", "xlsx", "jpeg", "zip")
GOAL_SECONDS = 30.0
BATCH = 100  # messages that the committer writes together


def main() -> int:
    """Run it and print a few lines; 1 when it took longer than the goal, for the whole number of messages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], default="sqlite")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mailhub-rehearsal-") as folder:
        database = new_tables(chosen.engine, Path(folder))
        make_province(database)
        number = make_account(database, "nva@tinh.gov.vn", agency="snv-vp", password=None)
        old = read_book(shipped_text(), "policy.toml")
        cost = fill(database, number, Judge(old, 1), chosen.messages)
        print(f"record of one message: {cost * 1e6:.0f} µs of CPU within its transaction ({chosen.messages} messages)")
        begun, worked = time.perf_counter(), time.process_time()
        found = rehearse(database, console("bench"), Book(stricter(old)), Book(old), days=31)
        took, busy = time.perf_counter() - begun, time.process_time() - worked
        print(f"rehearsal of {found.messages} messages, {len(old.rules)} rules twice: {took:.1f} s, CPU {busy:.1f} s")
        print(f"a judgement: p50 {found.p50_us} µs, p95 {found.p95_us} µs")
        print(f"held {found.before.held} → {found.after.held}")
        database.close()
    return int(took > GOAL_SECONDS)


def stricter(book: RuleBook) -> RuleBook:
    """The same rules, all of them one that holds."""
    plan = StagePlan(Stage.HOLD)
    rules = (rule if rule.action is Action.SECRET else replace(rule, stage=plan, agencies={}) for rule in book.rules)
    return RuleBook(tuple(rules))


def fill(database: Database, account_id: int, judge: Judge, messages: int) -> float:
    """Record so many messages of the last thirty days; CPU seconds a message, without the commits."""
    view, start = account(account_id, "nva@tinh.gov.vn"), midnight(local_time(now_ms()).date()) - 30 * DAY
    spent = 0.0
    mail = made(messages, start)
    for first in range(0, messages, BATCH):
        some = [next(mail) for _ in range(min(BATCH, messages - first))]
        judged = [judge.decide(facts) for facts in some]
        with database.write() as connection:
            for offset, (facts, decision) in enumerate(zip(some, judged, strict=True)):
                begun = time.process_time_ns()
                own = facts.message.origin is not Origin.OUTSIDE
                case = Case(
                    origin=facts.message.origin, proof=facts.sender.proof, sender=facts.sender.address,
                    account=view if own else None, client="192.0.2.7", at=facts.at,
                )  # fmt: skip
                number = first_id(facts.at) + first + offset
                record.entry(decision, facts, case, message_id=number, code="7K4-QW2-M9")(connection)
                spent += (time.process_time_ns() - begun) / 1e9
    return spent / messages


def made(messages: int, start: int) -> Iterator[Facts]:
    """Mail of thirty days, in order, made up."""
    dice = random.Random(5)
    for number in range(messages):
        at = start + number * 30 * DAY // messages
        yield _incoming(dice, at) if dice.random() < 0.35 else _outgoing(dice, at)


def _outgoing(dice: random.Random, at: int) -> Facts:
    agency = dice.choice(AGENCIES)
    recipients: dict[str, RecipientFacts] = {}
    for _ in range(dice.choice((1, 1, 1, 2, 3, 8, 30))):
        recipients |= _recipient(dice, agency)
    documents, files = _papers(dice)
    outside = sum(one.mail_class is not MailClass.OWN for one in recipients.values())
    message = MessageFacts(
        size=dice.randrange(900, 9_000_000),
        recipients=len(recipients),
        outside=outside,
        private=sum(one.mail_class is MailClass.PRIVATE for one in recipients.values()),
        reply=dice.random() < 0.5,
        malware="clean" if files else "",
    )
    name = f"nguoi{dice.randrange(20_000)}@tinh.gov.vn"
    sender = SenderFacts(address=name, domain="tinh.gov.vn", kind="personal", rank="staff", agencies=(agency, "tinh"))
    return Facts(message=message, sender=sender, recipients=recipients, documents=documents, attachments=files, at=at)


def _incoming(dice: random.Random, at: int) -> Facts:
    domain = dice.choice((*PROVIDERS, "congty.vn", "bo.gov.vn"))
    mail_class = MailClass.PRIVATE if domain in PROVIDERS else MailClass.ORGANISATION
    documents, files = _papers(dice)
    who = f"ai{dice.randrange(10**6)}@{domain}"
    sender = SenderFacts(address=who, domain=domain, mail_class=mail_class, proof=Proof.DMARC)
    there = RecipientFacts(domain="tinh.gov.vn", kind="personal", agencies=(dice.choice(AGENCIES), "tinh"))
    return Facts(
        message=MessageFacts(origin=Origin.OUTSIDE, size=dice.randrange(900, 9_000_000)),
        sender=sender,
        recipients={"nva@tinh.gov.vn": there},
        documents=documents,
        attachments=files,
        at=at,
    )


def _recipient(dice: random.Random, agency: str) -> dict[str, RecipientFacts]:
    number, kind = dice.randrange(10**6), dice.random()
    if kind < 0.8:
        there = dice.choice(AGENCIES)
        facts = RecipientFacts(
            domain="tinh.gov.vn", kind="personal", agencies=(there, "tinh"), same_agency=there == agency
        )
        return {f"nguoi{number % 20_000}@tinh.gov.vn": facts}
    domain = dice.choice(PROVIDERS) if kind < 0.9 else "congty.vn"
    mail_class = MailClass.PRIVATE if domain in PROVIDERS else MailClass.ORGANISATION
    relation = frozenset({dice.choice(("known", "first-contact", "wrote-first"))})
    return {f"ai{number}@{domain}": RecipientFacts(mail_class=mail_class, domain=domain, relation=relation)}


def _papers(dice: random.Random) -> tuple[tuple[DocumentFacts, ...], tuple[AttachmentFacts, ...]]:
    if dice.random() < 0.6:
        return (), ()
    files = tuple(
        AttachmentFacts(type=kind, extension=kind, size=dice.randrange(10_000, 9_000_000))
        for kind in dice.choices(TYPES, k=dice.choice((1, 1, 2, 3)))
    )
    if dice.random() < 0.5:
        return (), files
    document = DocumentFacts(
        type=dice.choice(("cong-van", "quyet-dinh", "bao-cao")), issuer="SỞ NỘI VỤ", issuer_is=DocumentIssuer.SENDER,
        number=f"{dice.randrange(3000)}/SNV", state=dice.choice(("issued", "draft", "unknown")), by="text",
    )  # fmt: skip
    return (document,), files


if __name__ == "__main__":
    sys.exit(main())
