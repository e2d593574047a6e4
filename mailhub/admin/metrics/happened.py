"""Counters of what happened on the hub since this process began to count: read on from where the last scrape ended.

Row numbers rise with time, so that a scrape reads only what is new, whatever the table holds. A row is counted once it
is `LAG_MS` old: by then the transaction that wrote it is over. Counters begin at 0 when the process does, which
Prometheus takes for what it is (https://prometheus.io/docs/concepts/metric_types/#counter).
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, cast

from prometheus_client.core import CounterMetricFamily
from sqlalchemy import Connection, Select, Table, case, func, select

from mailhub.accounts.records import LoginAttempt
from mailhub.ids import first_id
from mailhub.queue.tables import event_table
from mailhub.signatures.models import SignatureVerdict

LAG_MS = 30_000
_attempt = cast(Table, LoginAttempt.__table__)
_verdict = cast(Table, SignatureVerdict.__table__)
Query = Callable[[int, int], Select[Any]]


def _events(first: int, last: int) -> Select[Any]:
    at_door = case((event_table.c.message_id.is_(None), "yes"), else_="no")
    query = select(event_table.c.kind, at_door, func.count()).where(event_table.c.id >= first, event_table.c.id < last)
    return query.group_by(event_table.c.kind, at_door)


def _attempts(first: int, last: int) -> Select[Any]:
    query = select(_attempt.c.service, _attempt.c.cause, func.count())
    return query.where(_attempt.c.id >= first, _attempt.c.id < last).group_by(_attempt.c.service, _attempt.c.cause)


def _verdicts(first: int, last: int) -> Select[Any]:
    query = select(_verdict.c.verdict, func.count()).where(_verdict.c.id >= first, _verdict.c.id < last)
    return query.group_by(_verdict.c.verdict)


# name, help, labels, query
_COUNTED: tuple[tuple[str, str, tuple[str, ...], Query], ...] = (
    (
        "mailhub_events",
        "Lines of the timeline by kind (received, delivered, relayed, deferred, refused, held, released, sealed, …); "
        "at_door: the message was refused before it was taken.",
        ("kind", "at_door"),
        _events,
    ),
    (
        "mailhub_login_attempts",
        "Tries to log in that were noted, by service and how they ended; the same try again within a minute is one.",
        ("service", "cause"),
        _attempts,
    ),
    ("mailhub_signature_verdicts", "Verdicts on signed files that came with mail.", ("verdict",), _verdicts),
)


class Happened:
    """Counts from the moment `since` (ms) on; one for a process."""

    def __init__(self, *, since: int) -> None:
        self._next = first_id(since)
        self._totals: dict[str, Counter[tuple[str, ...]]] = {name: Counter() for name, *_ in _COUNTED}
        self._lock = threading.Lock()

    def families(self, connection: Connection, *, at: int) -> Iterator[CounterMetricFamily]:
        """The counters as of `at` (ms), less the lag."""
        with self._lock:  # two scrapes at once must not count twice
            self._read_on(connection, first_id(at - LAG_MS))
            for name, words, labels, _ in _COUNTED:
                family = CounterMetricFamily(name, words, labels=labels)
                for key, total in sorted(self._totals[name].items()):
                    family.add_metric(list(key), total)
                yield family

    def _read_on(self, connection: Connection, until: int) -> None:
        if until <= self._next:
            return
        found = {name: connection.execute(query(self._next, until)).all() for name, _, _, query in _COUNTED}
        for name, rows in found.items():  # all of them were read, or none is counted
            self._totals[name].update({tuple(map(str, row[:-1])): int(row[-1]) for row in rows})
        self._next = until
