"""Who outside corresponds with which mailbox of ours, and who wrote first. One row a pair.

What came in counts only when something proves where it is from (SPF, DKIM, DMARC): a forged mail must not make its
author somebody who wrote to us. Answers and redirects by machines count for nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Connection, Table, and_, bindparam, case, delete, func, literal_column, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from mailhub.accounts.addresses import fold
from mailhub.accounts.models import Mailbox, MailboxKind
from mailhub.clock import DAY
from mailhub.screening.models import Correspondent
from mailhub.screening.turns import take_turn
from mailhub.store.chunks import chunks
from mailhub.store.statements import Prepared, PreparedQuery

MOST_NOTED = 500  # pairs of one message
_LONGEST = 320  # as the column
_table = cast(Table, Correspondent.__table__)
# Built once: building a query costs more than running it.
_in_addresses = _table.c.address.in_(bindparam("addresses", expanding=True))
_desks = select(Mailbox.id).where(
    Mailbox.agency_id.in_(bindparam("agencies", expanding=True)), Mailbox.kind == bindparam("role")
)
_past = select(_table.c.address, _table.c.first_in_at, _table.c.first_out_at).where(
    _in_addresses, or_(_table.c.mailbox_id == bindparam("mailbox"), _table.c.mailbox_id.in_(_desks))
)
_PAST = PreparedQuery(_past)
_FEW = 10  # addresses of most messages
_COLUMNS = ("address", "mailbox_id", "first_in_at", "first_out_at", "last_at")


@dataclass(frozen=True, slots=True)
class Pair:
    """Mail went between somebody outside and a mailbox of ours; `came` when it came in."""

    address: str
    mailbox_id: int
    came: bool
    at: int  # ms


@dataclass(frozen=True, slots=True)
class History:
    """The first mail each way between an address and some mailboxes, before a moment; None for none."""

    came_at: int | None = None
    went_at: int | None = None

    @property
    def known(self) -> bool:
        return self.came_at is not None or self.went_at is not None

    @property
    def wrote_first(self) -> bool:
        """They wrote to us before we ever wrote there."""
        return self.came_at is not None and (self.went_at is None or self.came_at < self.went_at)


NO_HISTORY = History()


def note(connection: Connection, pairs: Sequence[Pair]) -> None:
    """Enter what is new in these pairs, in the message's own transaction: one statement. A pair that is there is
    touched once a day only."""
    wanted = {(fold(pair.address), pair.mailbox_id): pair for pair in pairs[:MOST_NOTED] if _storable(pair.address)}
    if not wanted:
        return
    take_turn(connection)
    rows: list[dict[str, Any]] = []
    for (address, number), pair in sorted(wanted.items()):
        came, went = (pair.at, None) if pair.came else (None, pair.at)
        rows.append(dict(zip(_COLUMNS, (address, number, came, went, pair.at), strict=True)))
    _ENTER[connection.dialect.name].execute_many(connection, rows)


def histories(
    connection: Connection, addresses: Iterable[str], mailbox_id: int | None, agencies: Collection[int], *, before: int
) -> Mapping[str, History]:
    """What there was before the moment `before` between each address (folded in the answer) and the mailbox, or a
    desk (role mailbox) of one of the agencies; those with nothing are left out."""
    found: dict[str, History] = {}
    for chunk in chunks(sorted({fold(address) for address in addresses if _storable(address)})):
        asked = {"addresses": chunk, "mailbox": mailbox_id, "agencies": list(agencies), "role": MailboxKind.ROLE.value}
        quick = len(chunk) <= _FEW
        for address, came, went in _PAST.rows(connection, asked) if quick else connection.execute(_past, asked):
            known = found.get(address, NO_HISTORY)
            found[address] = History(_earliest(known.came_at, came, before), _earliest(known.went_at, went, before))
    return {address: history for address, history in found.items() if history.known}


def forget(connection: Connection, *, before: int, most: int = 10_000) -> int:
    """Delete at most so many pairs without mail since the moment `before`; how many."""
    old = select(_table.c.address, _table.c.mailbox_id).where(_table.c.last_at < before).limit(most)
    rows = connection.execute(old).all()
    for row in rows:
        connection.execute(delete(_table).where(_table.c.address == row.address, _table.c.mailbox_id == row.mailbox_id))
    return len(rows)


def _storable(address: str) -> bool:
    return address.isprintable() and 0 < len(address) <= _LONGEST


def _earliest(first: int | None, other: int | None, before: int) -> int | None:
    """Of two moments the earlier one, leaving out what is not before `before`: this message's own row."""
    there = [moment for moment in (first, other) if moment is not None and moment < before]
    return min(there, default=None)


def _entering(engine: str) -> Prepared:
    filled: Any = (postgresql if engine == "postgresql" else sqlite).insert(_table)
    new = filled.excluded
    untold = or_(
        and_(_table.c.first_in_at.is_(None), new.first_in_at.is_not(None)),
        and_(_table.c.first_out_at.is_(None), new.first_out_at.is_not(None)),
    )
    filled = filled.on_conflict_do_update(
        index_elements=["address", "mailbox_id"],
        where=or_(untold, new.last_at - _table.c.last_at >= literal_column(str(DAY))),
        set_={
            "first_in_at": func.coalesce(_table.c.first_in_at, new.first_in_at),
            "first_out_at": func.coalesce(_table.c.first_out_at, new.first_out_at),
            "last_at": case((new.last_at > _table.c.last_at, new.last_at), else_=_table.c.last_at),
        },
    )
    return Prepared(filled, _COLUMNS)


_ENTER = {engine: _entering(engine) for engine in ("sqlite", "postgresql")}
