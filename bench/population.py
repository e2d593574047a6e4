"""What a province of 20,000 accounts has collected after a year, for bench/accounts.py: secrets, rights, requests,
reviews, letters, lists, the audit log. Written straight into the tables, as the services would have left them.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, text, update

from mailhub.accounts import audit, service
from mailhub.accounts.audit import Entry
from mailhub.accounts.control.models import Proposal
from mailhub.accounts.life.models import AccountRequest, Letter, Review, ReviewEntry
from mailhub.accounts.login.models import AppPassword, OneTimeCode, RecoveryCode, SecondFactor
from mailhub.accounts.models import (
    Address,
    Delegation,
    Grant,
    GroupMember,
    Mailbox,
    MailboxKind,
    MailGroup,
    RoleHolder,
)
from mailhub.accounts.people.folded import mailbox_words
from mailhub.accounts.records import Credential, LoginAttempt
from mailhub.accounts.rights import Actor, Subject, console
from mailhub.clock import DAY, local_time, now_ms
from mailhub.ids import new_code, new_id
from mailhub.roster.models import RosterImport, RosterRow
from mailhub.store.database import Database

ROOT = console("bench")
DOMAIN = "tinh.gov.vn"
ROLES, GROUPS, DELEGATIONS, GRANTS, REQUESTS, PROPOSALS = 3_500, 2_000, 2_000, 4_000, 5_000, 500
ATTEMPTS, LETTERS, AUDIT_ROWS, SLIPS, DEVICES, FACTORS = 20_000, 20_000, 200_000, 5_000, 20_000, 2_000
_ACTIONS = ("account.change", "account.password", "account.slip", "account.suspend", "account.read", "group.member")
_ACTORS = 500
Row = dict[str, object]


@dataclass(frozen=True)
class Box:
    """A personal mailbox of bench/directory.py's province."""

    id: int
    address: str
    agency_id: int


def collect(database: Database) -> None:
    """A year of the province that `bench.directory.fill` made."""
    drawn, now = random.Random(5), now_ms()
    with database.write() as c:
        boxes = [Box(*row) for row in c.execute(select(Mailbox.id, Mailbox.address, Mailbox.agency_id))]
        boxes.sort(key=lambda one: one.address)
        for part in (_secrets, _shared, _groups, _life, _roster):
            part(c, boxes, drawn, now)
    actors = [Actor(name=boxes[number].address, role=ROOT.role, ip="10.0.0.1") for number in range(_ACTORS)]
    for start in range(0, AUDIT_ROWS, 2_000):  # a year, so that days lie in it as they would
        with database.write() as c:
            _log(c, boxes, drawn, drawn.choice(actors), at=now - 365 * DAY + start * 365 * DAY // AUDIT_ROWS)
    with database.write() as c:
        c.execute(text("ANALYZE"))


def _secrets(c: Connection, boxes: list[Box], drawn: random.Random, now: int) -> None:
    year = now - 300 * DAY
    c.execute(
        insert(Credential),
        [{"id": new_id(), "mailbox_id": one.id, "kind": "password", "hash": "$argon2id$x", "set_at": year}
         for one in boxes[: len(boxes) * 9 // 10]],
    )  # fmt: skip
    c.execute(update(Mailbox).values(last_login_at=now - DAY))
    _many(c, AppPassword, DEVICES, lambda n: {
        "mailbox_id": drawn.choice(boxes).id, "device": "Điện thoại", "prefix": f"mh{n:06}", "digest": b"\0" * 32,
        "made_at": year, "last_used_at": now,
    })  # fmt: skip
    _many(c, LoginAttempt, ATTEMPTS, lambda n: {
        "mailbox_id": boxes[n % 400].id, "at": now - n * 1000, "service": "imap", "ip": "10.1.2.3",
        "cause": drawn.choice(("success", "wrong-password")), "hints": "",
    })  # fmt: skip
    _many(c, OneTimeCode, SLIPS, lambda n: {
        "mailbox_id": boxes[n % len(boxes)].id, "purpose": "slip", "prefix": f"S{n:06}", "digest": b"\0" * 32,
        "made_by": "console:bench", "made_at": now, "expires_at": now + 7 * DAY,
    })  # fmt: skip
    factors = [{"mailbox_id": one.id, "sealed_key": b"", "made_at": year, "confirmed_at": year}
               for one in boxes[:FACTORS]]  # fmt: skip
    c.execute(insert(SecondFactor), factors)
    _many(c, RecoveryCode, len(factors) * 10, lambda n: {"mailbox_id": boxes[n // 10 % len(boxes)].id, "digest": b"1"})


def _shared(c: Connection, boxes: list[Box], drawn: random.Random, now: int) -> None:
    made: list[Row] = []
    for number in range(ROLES):
        address, name = f"vanthu{number}@{DOMAIN}", f"Văn thư {number}"
        row: Row = {"id": new_id(), "address": address, "kind": MailboxKind.ROLE, "name": name, "office": "van-thu"}
        words = mailbox_words(name, address, "", "van-thu")
        made.append(row | {"agency_id": drawn.choice(boxes).agency_id, "created_at": 0, "folded": words})
    c.execute(insert(Mailbox), made)
    leads = [{"address": one["address"], "domain": DOMAIN, "kind": "mailbox", "mailbox_id": one["id"]} for one in made]
    c.execute(insert(Address), leads)
    _many(c, RoleHolder, ROLES * 2, lambda n: {
        "mailbox_id": made[n % ROLES]["id"], "holder_id": drawn.choice(boxes).id, "from_at": now - 900 * DAY,
        "until_at": None if n < ROLES else now - 400 * DAY,
    })  # fmt: skip
    _many(c, Delegation, DELEGATIONS, lambda n: {
        "mailbox_id": boxes[n].id, "delegate_id": boxes[-n - 1].id, "right": "send", "from_at": now - DAY,
        "until_at": None if n % 2 else now + 30 * DAY,
    })  # fmt: skip
    _many(c, Grant, GRANTS, lambda n: {
        "account_id": boxes[n].id, "role": drawn.choice(("agency_admin", "clerk", "help_desk", "approver")),
        "agency_id": boxes[n].agency_id, "from_at": now - DAY, "until_at": None,
    })  # fmt: skip


def _groups(c: Connection, boxes: list[Box], drawn: random.Random, _now: int) -> None:
    rules = (None, None, json.dumps({"title": ["Văn thư"]}))
    made: list[Row] = [
        {"id": new_id(), "address": f"nhom{number}@{DOMAIN}", "name": f"Nhóm {number}", "rule": rules[number % 3],
         "agency_id": drawn.choice(boxes).agency_id, "owner_id": drawn.choice(boxes).id}
        for number in range(GROUPS)
    ]  # fmt: skip
    c.execute(insert(MailGroup), made)
    leads = [{"address": one["address"], "domain": DOMAIN, "kind": "group", "group_id": one["id"]} for one in made]
    c.execute(insert(Address), leads)
    _many(c, GroupMember, GROUPS * 10, lambda n: {
        "group_id": made[n % GROUPS]["id"], "member": (one := boxes[n * 7 % len(boxes)]).address,
        "member_mailbox_id": one.id,
    }, unique=("group_id", "member"))  # fmt: skip
    service.add_group(c, ROOT, f"moinguoi@{DOMAIN}", "Mọi người", rule='{"unit":"tinh"}')
    service.add_group(c, ROOT, f"tatca@{DOMAIN}", "Tất cả, ghi tay")
    whole = service.show_group(c, ROOT, f"tatca@{DOMAIN}").group.id
    _many(c, GroupMember, len(boxes), lambda n: {
        "group_id": whole, "member": boxes[n].address, "member_mailbox_id": boxes[n].id,
    })  # fmt: skip


def _life(c: Connection, boxes: list[Box], drawn: random.Random, now: int) -> None:
    _many(c, AccountRequest, REQUESTS, lambda n: {
        "code": new_code(), "kind": drawn.choice(("move", "end", "password")), "mailbox_id": (one := boxes[n]).id,
        "state": "open" if n % 4 == 0 else "approved", "agency_id": one.agency_id, "details": "{}",
        "requested_by": boxes[n % 50].address, "requester_id": boxes[n % 50].id, "requested_at": now - DAY,
    })  # fmt: skip
    about = json.dumps({"subject": {"kind": "roster", "name": "u1", "agencies": [], "block": False}})
    _many(c, Proposal, PROPOSALS, lambda n: {
        "code": new_code(), "kind": "mass-end", "subject": f"u{n}", "reason": "bench", "proposed_by": boxes[n].address,
        "proposer_id": boxes[n].id, "proposed_at": now, "expires_at": now + DAY, "payload": about,
    })  # fmt: skip
    _many(c, Letter, LETTERS, lambda n: {
        "kind": "ending", "to_address": boxes[n % len(boxes)].address, "facts": "{}", "entered_at": now - DAY,
        "sent_at": now,
    })  # fmt: skip
    round_ = new_id()
    day = local_time(now + 10 * DAY).date()
    c.execute(insert(Review).values(id=round_, name="2026-Q4", opened_at=now, due_on=day))
    c.execute(
        insert(ReviewEntry),
        [{"review_id": round_, "mailbox_id": one.id, "agency_id": one.agency_id, "answer": "kept" if n % 3 else ""}
         for n, one in enumerate(boxes)],
    )  # fmt: skip


def _roster(c: Connection, boxes: list[Box], _drawn: random.Random, now: int) -> None:
    root = c.execute(text("SELECT id FROM agency WHERE parent_id IS NULL")).scalar_one()
    numbers = [new_id() for _ in range(100)]
    c.execute(
        insert(RosterImport),
        [{"id": one, "code": new_code() if n else "BENCHROSTER", "kind": "roster", "state": "applied",
          "agency_id": root, "file_name": "ds.xlsx", "file_digest": b"\0" * 32, "planned_by": "bench",
          "planned_at": now} for n, one in enumerate(numbers)],
    )  # fmt: skip
    wanted = json.dumps({"name": "Nguyễn Văn An", "title": "Chuyên viên"}, ensure_ascii=False)
    rows = [{"import_id": numbers[0], "number": n + 1, "line": n + 2, "act": "change", "mailbox_id": one.id,
             "state": "done", "wanted": wanted, "before": wanted} for n, one in enumerate(boxes)]  # fmt: skip
    c.execute(insert(RosterRow), rows)


def _log(c: Connection, boxes: list[Box], drawn: random.Random, actor: Actor, *, at: int) -> None:
    entries = []
    for _ in range(2_000):
        one = drawn.choice(boxes)
        subject = Subject(kind="account", name=one.address, agencies=(one.agency_id,), account_id=one.id)
        entries.append(Entry(drawn.choice(_ACTIONS), subject, {"state": "active"}, {"state": "suspended"}))
    audit.record_many(c, actor, entries, reason="đo tốc độ", at=at)


def _many(c: Connection, table: type, count: int, row: Callable[[int], Row], unique: tuple[str, ...] = ()) -> None:
    """Insert so many rows, each with a number of its own; those alike in `unique` once."""
    rows = [{"id": new_id()} | row(number) for number in range(count)]
    if unique:
        rows = list({tuple(one[key] for key in unique): one for one in rows}.values())
    c.execute(insert(table), rows)
