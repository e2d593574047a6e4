"""The figures about private mail as rows: added to within the message's transaction, on both engines."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any, cast

from sqlalchemy import BigInteger, Connection, Date, Integer, String, Table, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from mailhub.accounts.addresses import fold
from mailhub.accounts.models import Address, Mailbox
from mailhub.screening.models import PrivateMailUse
from mailhub.screening.records.private_use import COUNTS, Use
from mailhub.store.chunks import chunks
from mailhub.store.statements import Prepared

NOBODY = 0  # the account of figures without a name
_table = cast(Table, PrivateMailUse.__table__)
_KEY = ("day", "account_id", "agency_id", "provider")


def add_for_account(connection: Connection, account_id: int, day: date, counted: Iterable[tuple[str, Use]]) -> None:
    """Add (provider, counts) to the figures of the mailbox with this number; nothing when there is none."""
    on = _day(connection, day)
    rows = [use.counts | {"on": on, "of": provider, "account": account_id} for provider, use in _sorted(counted)]
    _OF_ACCOUNT[connection.dialect.name].execute_many(connection, rows)


def add_for_addresses(
    connection: Connection, addresses: Collection[str], day: date, counted: Iterable[tuple[str, Use]]
) -> None:
    """Add to the figures of each mailbox that one of these addresses leads to, once."""
    if len(addresses) > 1:
        for number in _mailboxes_of(connection, addresses):
            add_for_account(connection, number, day, counted)
        return
    on = _day(connection, day)
    for address in addresses:  # one statement, since nearly all mail from outside is to one mailbox
        row = {"on": on, "address": fold(address)}
        rows = [use.counts | row | {"of": provider} for provider, use in _sorted(counted)]
        _OF_ADDRESS[connection.dialect.name].execute_many(connection, rows)


def add_for_agency(connection: Connection, agency_id: int, day: date, counted: Iterable[tuple[str, Use]]) -> None:
    """Add to the figures of an agency that name nobody."""
    key = {"day": _day(connection, day), "account_id": NOBODY, "agency_id": agency_id}
    rows = [use.counts | key | {"provider": provider} for provider, use in _sorted(counted)]
    _OF_AGENCY[connection.dialect.name].execute_many(connection, rows)


def _mailboxes_of(connection: Connection, addresses: Iterable[str]) -> list[int]:
    """The mailboxes that these addresses lead to, each once, in order."""
    found: set[int] = set()
    for some in chunks([fold(address) for address in addresses]):
        query = select(Address.mailbox_id).where(Address.address.in_(some), Address.mailbox_id.is_not(None))
        found.update(number for number in connection.execute(query).scalars() if number is not None)
    return sorted(found)


def _sorted(counted: Iterable[tuple[str, Use]]) -> list[tuple[str, Use]]:
    """By provider, so that the same rows are written in the same order."""
    return sorted(counted, key=lambda one: one[0])


def _day(connection: Connection, day: date) -> date | str:
    """Prepared statements hand values to the driver as they are: SQLite keeps days as text."""
    return day if connection.dialect.name == "postgresql" else day.isoformat()


def _adding(engine: str, who: str) -> Prepared:
    """The statement that enters a row, or adds to the one that is there, `who` it is for."""
    filled: Any = (postgresql if engine == "postgresql" else sqlite).insert(_table)
    if who != "agency":
        given = [bindparam(name, type_=Integer()) for name in COUNTS]
        day, provider = bindparam("on", type_=Date()), bindparam("of", type_=String())
        rows = select(day, Mailbox.id, Mailbox.agency_id, provider, *given)
        if who == "account":
            rows = rows.where(Mailbox.id == bindparam("account", type_=BigInteger()))
        else:
            rows = rows.join(Address, Address.mailbox_id == Mailbox.id)
            rows = rows.where(Address.address == bindparam("address", type_=String()))
        filled = filled.from_select([*_KEY, *COUNTS], rows)
    added = {name: _table.c[name] + filled.excluded[name] for name in COUNTS}
    statement = filled.on_conflict_do_update(index_elements=list(_KEY), set_=added)
    return Prepared(statement, [*_KEY, *COUNTS] if who == "agency" else None)


_ENGINES = ("sqlite", "postgresql")
_OF_ACCOUNT = {engine: _adding(engine, "account") for engine in _ENGINES}
_OF_ADDRESS = {engine: _adding(engine, "address") for engine in _ENGINES}
_OF_AGENCY = {engine: _adding(engine, "agency") for engine in _ENGINES}
