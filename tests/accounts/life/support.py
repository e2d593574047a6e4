"""What the tests of lives share: moments, letters, actors with a role."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select

from mailhub.accounts.control.grants import actor_of
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.life.models import Letter
from mailhub.accounts.models import Grant
from mailhub.accounts.rights import Actor, Role
from mailhub.accounts.tree import find_agency
from mailhub.clock import HOUR, midnight
from mailhub.ids import new_id
from mailhub.store.database import Database
from tests.support.accounts import make_account

TODAY = date(2026, 11, 22)
AT = midnight(TODAY) + 9 * HOUR
NVA = "nva@tinh.gov.vn"


def noon(days: int) -> int:
    """Twelve o'clock, so many days after TODAY."""
    return midnight(TODAY + timedelta(days=days)) + 12 * HOUR


def letters(connection: Connection) -> list[tuple[str, str, dict[str, Any]]]:
    """Kind, recipient and facts of every letter entered so far."""
    rows = connection.execute(select(Letter.kind, Letter.to_address, Letter.facts).order_by(Letter.id))
    return [(row.kind, row.to_address, json.loads(row.facts)) for row in rows]


def make_actor(database: Database, address: str, role: Role, agency: str = "") -> Actor:
    """An account of the agency that holds the role there, as an actor."""
    make_account(database, address, agency=agency, name=f"Người {address.partition('@')[0]}", password=None)
    with database.write() as c:
        account = find_mailbox(c, address)
        row = {"account_id": account.id, "role": role.value, "agency_id": find_agency(c, agency), "from_at": 0}
        c.execute(insert(Grant).values(id=new_id(), **row))
        return actor_of(c, account, at=AT)
