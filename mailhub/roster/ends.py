"""Whom a list would end: what a second person reads before agreeing to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from mailhub.accounts.models import Mailbox
from mailhub.roster.deciding import RowAct
from mailhub.roster.models import RosterImport, RosterRow

MOST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """An account that the list ends."""

    address: str
    name: str


def endings_of(connection: Connection, code: str, *, limit: int = MOST) -> tuple[Sequence[Ending], int]:
    """The first accounts that the import ends, by address, and how many there are. Whoever asks was let see the
    proposal about it (control/proposals.show)."""
    query = (
        select(Mailbox.address, Mailbox.name)
        .join(RosterRow, RosterRow.mailbox_id == Mailbox.id)
        .join(RosterImport, RosterImport.id == RosterRow.import_id)
        .where(RosterImport.code == code, RosterRow.act == RowAct.END.value)
    )
    count = connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    rows = connection.execute(query.order_by(Mailbox.address).limit(limit))
    return [Ending(address=row.address, name=row.name) for row in rows], count
