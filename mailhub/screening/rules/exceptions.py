"""The exceptions of the rules in force: rows that are asked for by who writes, so that no process holds them all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from mailhub.accounts.addresses import fold
from mailhub.clock import local_time
from mailhub.ids import new_id
from mailhub.policy.facts import Facts
from mailhub.policy.judging import askers
from mailhub.policy.rules.rule import Exemption
from mailhub.screening.models import PolicyException
from mailhub.store.chunks import chunks
from mailhub.store.database import Database

Exempting = Callable[[frozenset[str]], Sequence[Exemption]]

EVERYBODY = "*"
_table = PolicyException.__table__
_COLUMNS = (_table.c.rule, _table.c.who, _table.c.to, _table.c.why, _table.c.until, _table.c.by, _table.c.line)
_BATCH = 1000  # rows a statement


def replace_all(connection: Connection, exemptions: Iterable[Exemption]) -> None:
    """Make these the exceptions in force."""
    connection.execute(delete(PolicyException))
    rows = (_row(one) for one in exemptions)
    while batch := list(islice(rows, _BATCH)):
        connection.execute(insert(PolicyException), batch)


def exempting(database: Database, facts: Facts) -> Exempting:
    """For `Judge.decide`: the exceptions that may hold for this message, read when a rule would do something.

    The function raises StoreUnavailable.
    """
    day = local_time(facts.at).date()
    who = sorted({*askers(facts), fold(facts.sender.address)})
    to = _named(facts.recipients)

    def ask(rules: frozenset[str]) -> Sequence[Exemption]:
        with database.read() as connection:
            return list(find(connection, who, to, rules, day))

    return ask


def find(
    connection: Connection, who: Sequence[str], to: Sequence[str], rules: Iterable[str], day: date
) -> Iterator[Exemption]:
    """Exceptions for one of `who` (addresses folded, agencies' codes, `*`) to one of `to` (addresses, domains, `*`),
    from one of the rules, that have not ended on that day."""
    wanted = sorted(rules)
    query = select(*_COLUMNS).where(_table.c.who.in_(who), _table.c.rule.in_(wanted), _table.c.until >= day)
    for some in chunks(to):
        for row in connection.execute(query.where(_table.c.to.in_(some)).order_by(_table.c.id)):
            yield _exemption(row)


def every(connection: Connection) -> Iterator[Exemption]:
    """All of them, in the order of the file."""
    for row in connection.execute(select(*_COLUMNS).order_by(_table.c.id)):
        yield _exemption(row)


def ending(connection: Connection, first: date, last: date) -> Sequence[Exemption]:
    """Those whose last day lies between the two, the next one first."""
    between = _table.c.until.between(first, last)
    return [_exemption(row) for row in connection.execute(select(*_COLUMNS).where(between).order_by(_table.c.until))]


def count(connection: Connection) -> int:
    """How many there are, ended ones too."""
    return connection.scalar(select(func.count()).select_from(PolicyException)) or 0


def _named(recipients: Mapping[str, Any]) -> list[str]:
    """What an exception may call these recipients."""
    folded = [fold(address) for address in recipients]
    return list(dict.fromkeys((EVERYBODY, *folded, *(one.rpartition("@")[2] for one in folded))))


def _row(one: Exemption) -> dict[str, Any]:
    who = fold(one.who) if "@" in one.who else one.who
    return {
        "id": new_id(),
        "rule": one.rule,
        "who": who,
        "to": fold(one.to) if "@" in one.to else one.to.lower(),
        "why": one.why[:500],
        "until": one.until,
        "by": one.by[:320],
        "line": one.line,
    }


def _exemption(row: Any) -> Exemption:
    return Exemption(**row._mapping)
