"""Who writes to whom in bench/province.py's mail: mailboxes, desks, agencies, and people outside."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from mailhub.accounts.models import Agency, Mailbox, MailboxKind

PROVIDERS = ("gmail.com", "gmail.com", "gmail.com", "yahoo.com", "yahoo.com.vn", "hotmail.com", "outlook.com")
OUTSIDE = ("bo.gov.vn", "congty.vn", "truong.edu.vn", "nganhang.com.vn", "bao.vn", "vienthong.vn")
_LETTERS = "23456789ABCDEFGHJKMNPQRSTWXYZ"
_STEP, _CODES = 123_456_791, 29**8  # coprime: each number has a code of its own


@dataclass(frozen=True, slots=True)
class Box:
    """A mailbox of ours."""

    id: int
    address: str
    agency_id: int
    desk: bool


@dataclass(frozen=True)
class People:
    """Everybody who may write or be written to, and the names of agencies."""

    boxes: list[Box]
    desks: list[Box]
    agencies: dict[int, tuple[str, str]]  # id → code, name
    by_agency: dict[int, list[Box]] = field(default_factory=dict)

    def somebody(self, dice: random.Random) -> Box:
        """Somebody of ours, as likely as they write: a third of the mail is the desks', few write most."""
        if dice.random() < 0.33:
            return self.desks[int(len(self.desks) * dice.random() ** 2)]
        return self.boxes[int(len(self.boxes) * dice.random() ** 1.5)]

    def colleague(self, dice: random.Random, of: Box) -> Box:
        """Whom one writes to: half of them in the own agency."""
        near = self.by_agency[of.agency_id]
        return dice.choice(near) if len(near) > 1 and dice.random() < 0.5 else self.somebody(dice)


def load_people(connection: Connection) -> People:
    """What bench/directory.py and bench/population.py made."""
    columns = (Mailbox.id, Mailbox.address, Mailbox.agency_id, Mailbox.kind)
    found = [
        Box(row.id, row.address, row.agency_id, row.kind == MailboxKind.ROLE)
        for row in connection.execute(select(*columns).order_by(Mailbox.address))
    ]
    agencies = {row.id: (row.code, row.name) for row in connection.execute(select(Agency.id, Agency.code, Agency.name))}
    people = People([one for one in found if not one.desk], [one for one in found if one.desk], agencies)
    for one in found:
        people.by_agency.setdefault(one.agency_id, []).append(one)
    return people


def stranger(dice: random.Random) -> str:
    """An address at a firm, a ministry, a school."""
    return f"lienhe{dice.randrange(40_000)}@{dice.choice(OUTSIDE)}"


def private(dice: random.Random) -> tuple[str, str]:
    """A private mailbox and its provider."""
    provider = dice.choice(PROVIDERS)
    return f"ca.nhan.{dice.randrange(30_000)}@{provider}", provider


def code_of(number: int) -> str:
    """The code of the message with this number among all: each its own, without the order showing."""
    rest, letters = (number * _STEP + 97) % _CODES, ""
    for _ in range(8):
        rest, digit = divmod(rest, 29)
        letters += _LETTERS[digit]
    return f"{letters[:3]}-{letters[3:6]}-{letters[6:]}"
