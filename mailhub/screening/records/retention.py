"""What policy remembers is forgotten in time, as `[policy]` says: a piece a transaction, so that mail goes on.

People's names leave the figures first: their rows are added to those of their agency, so that every sum stays.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from sqlalchemy import Connection, delete, func, select

from mailhub.clock import DAY, local_time
from mailhub.ids import first_id
from mailhub.screening.facts.networks_seen import forget_networks
from mailhub.screening.models import PolicyDecision, PrivateMailUse
from mailhub.screening.outside import correspondents
from mailhub.screening.records.private_use import COUNTS, Use
from mailhub.screening.records.use_rows import NOBODY, add_for_agency
from mailhub.screening.turns import take_turn
from mailhub.settings.sections.policy import PolicySection
from mailhub.store.database import Database

Step = Callable[[Connection], int]
BATCH = 5_000  # rows a transaction
MOST_BATCHES = 200  # a run; the next hour goes on


def forget(database: Database, settings: PolicySection, *, at: int) -> dict[str, int]:
    """Forget what is due; how much of what, without what was nothing.

    Raises:
        StoreUnavailable: the rest is forgotten another time.
    """
    found = {
        "decisions": _repeat(database, lambda c: forget_decisions(c, at - settings.decisions_kept_days * DAY)),
        "names": _repeat(database, lambda c: fold_names(c, _day(at, settings.names_kept_days))),
        "correspondents": _repeat(
            database, lambda c: correspondents.forget(c, before=at - settings.correspondents_kept_days * DAY)
        ),
    }
    with database.write() as connection:
        found["networks"] = forget_networks(connection, at=at)
    return {what: number for what, number in found.items() if number}


def forget_decisions(connection: Connection, before: int) -> int:
    """Delete a batch of the decisions that were taken before that moment (ms); how many."""
    query = select(PolicyDecision.message_id).where(PolicyDecision.message_id < first_id(before))
    old = query.order_by(PolicyDecision.message_id).limit(BATCH)
    return connection.execute(delete(PolicyDecision).where(PolicyDecision.message_id.in_(old))).rowcount


def fold_names(connection: Connection, before: date) -> int:
    """Take the names out of the oldest day's figures before that day, and keep every sum; how many rows went."""
    named = (PrivateMailUse.day < before, PrivateMailUse.account_id != NOBODY)
    day = connection.execute(select(func.min(PrivateMailUse.day)).where(*named)).scalar_one_or_none()
    if day is None:
        return 0
    take_turn(connection)
    mine = (PrivateMailUse.day == day, PrivateMailUse.account_id != NOBODY)
    sums = (func.sum(getattr(PrivateMailUse, name)).label(name) for name in COUNTS)
    key = (PrivateMailUse.agency_id, PrivateMailUse.provider)
    rows = connection.execute(select(*key, *sums).where(*mine).group_by(*key).order_by(*key)).all()
    for row in rows:
        counts = Use(**{name: int(getattr(row, name)) for name in COUNTS})
        add_for_agency(connection, row.agency_id, day, [(row.provider, counts)])
    return connection.execute(delete(PrivateMailUse).where(*mine)).rowcount


def _repeat(database: Database, step: Step) -> int:
    """Until there is nothing left, or the next run's turn has come."""
    done = 0
    for _ in range(MOST_BATCHES):
        with database.write() as connection:
            number = step(connection)
        if not number:
            break
        done += number
    return done


def _day(at: int, days: int) -> date:
    return local_time(at).date() - timedelta(days=days)
