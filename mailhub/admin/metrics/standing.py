"""Gauges: how the hub stands at this moment. Each question is answered by an index or a folder's listing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from cryptography import x509
from prometheus_client.core import GaugeMetricFamily
from sqlalchemy import Connection, Table, func, select, text
from sqlalchemy.engine import make_url

from mailhub.accounts.control.models import AuditSeal
from mailhub.accounts.records import LoginThrottle
from mailhub.accounts.web.models import WebSession
from mailhub.clock import DAY, MINUTE
from mailhub.ids import time_of
from mailhub.queue.tables import pending_inspection_table, pending_word_table, recipient_table
from mailhub.queue.waiting import is_open
from mailhub.settings import Settings

_throttle = cast(Table, LoginThrottle.__table__)
_session = cast(Table, WebSession.__table__)
_sealed = cast(Table, AuditSeal.__table__)
SIZE_KEPT_MS = MINUTE  # a folder with many files is not listed at every scrape
Families = Iterator[GaugeMetricFamily]


class Standing:
    """Asks; remembers how large the spool was a moment ago."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._spool: tuple[int, int, int] = (0, 0, 0)  # bytes, files, when they were counted

    def families(self, connection: Connection, settings: Settings, *, at: int) -> Families:
        """All gauges as of `at` (ms)."""
        self._settings = settings
        yield from _queue(connection, at)
        yield from _waiting(connection)
        yield from _people(connection, at)
        yield from self._machine(connection, at)

    def _machine(self, connection: Connection, at: int) -> Families:
        settings = self._settings
        if at - self._spool[2] >= SIZE_KEPT_MS:
            self._spool = (*_size_of(settings.spool_directory), at)
        size, files, _ = self._spool
        yield _gauge("mailhub_database_bytes", "Size of the database.", _database_size(connection, settings))
        yield _gauge("mailhub_spool_bytes", "Bodies of messages on disk; counted once a minute.", size)
        yield _gauge("mailhub_spool_files", "Files of the spool.", files)
        yield _gauge("mailhub_disk_free_bytes", "Free where the hub lies.", shutil.disk_usage(settings.directory).free)
        until = _certificate_end(settings.tls_certificate)
        if until is not None:
            days = (until - at) / DAY
            yield _gauge("mailhub_tls_certificate_days_left", "Days until the server's certificate ends.", days)


def _queue(connection: Connection, at: int) -> Families:
    oldest = func.min(recipient_table.c.id)
    query = select(recipient_table.c.state, func.coalesce(recipient_table.c.held_for, ""), func.count(), oldest)
    query = query.where(is_open())
    query = query.group_by(recipient_table.c.state, recipient_table.c.held_for)
    counts = GaugeMetricFamily(
        "mailhub_queue_recipients", "Recipients whose story has not ended, by state and what they are held for.",
        labels=("state", "held_for"),
    )  # fmt: skip
    ages = GaugeMetricFamily(
        "mailhub_queue_oldest_seconds", "How long ago the oldest of them came.", labels=("state", "held_for")
    )
    for state, held_for, number, first in connection.execute(query):
        counts.add_metric((state, held_for), number)
        ages.add_metric((state, held_for), max(0, at - time_of(first)) / 1000)
    late = connection.scalar(select(func.min(recipient_table.c.due_at)).where(recipient_table.c.due_at < at))
    yield counts
    yield ages
    overdue = 0.0 if late is None else (at - late) / 1000
    yield _gauge("mailhub_queue_overdue_seconds", "How long a recipient has been due that no worker took.", overdue)


def _waiting(connection: Connection) -> Families:
    for name, table, words in (
        ("mailhub_pending_words", pending_word_table, "Words of officials that are waited for."),
        ("mailhub_pending_inspections", pending_inspection_table, "Messages whose files are still to be read."),
    ):
        yield _gauge(name, words, connection.scalar(select(func.count()).select_from(table)) or 0)


def _people(connection: Connection, at: int) -> Families:
    open_ = (
        select(func.count()).select_from(_session).where(_session.c.ended_at.is_(None), _session.c.seen_at > at - DAY)
    )
    yield _gauge(
        "mailhub_web_sessions", "Sessions of the web that were used within a day.", connection.scalar(open_) or 0
    )
    tried = select(func.count()).select_from(_throttle).where(_throttle.c.last_at > at - 15 * MINUTE)
    yield _gauge(
        "mailhub_login_throttled", "Accounts and networks with wrong passwords within 15 minutes.",
        connection.scalar(tried) or 0,
    )  # fmt: skip
    last = connection.scalar(select(func.max(_sealed.c.sealed_at)))
    if last is not None:
        age = (at - last) / 1000
        yield _gauge("mailhub_audit_seal_age_seconds", "Since the head of the audit log was signed last.", age)


def _gauge(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, value=value)


def _database_size(connection: Connection, settings: Settings) -> int:
    url = make_url(settings.database_url)
    if url.get_backend_name() != "sqlite":
        return int(connection.scalar(text("SELECT pg_database_size(current_database())")) or 0)
    path = Path(str(url.database))
    files = (path, path.with_name(path.name + "-wal"))
    return sum(file.stat().st_size for file in files if file.exists())


def _size_of(folder: Path) -> tuple[int, int]:
    """Bytes and files below a folder; what goes meanwhile does not count."""
    size = files = 0
    for found in folder.rglob("*"):
        try:
            if found.is_file():
                size, files = size + found.stat().st_size, files + 1
        except OSError:
            continue
    return size, files


def _certificate_end(file: Path) -> int | None:
    """When the first certificate in the file ends (ms); None when there is none to read."""
    try:
        found = x509.load_pem_x509_certificates(file.read_bytes())
    except (OSError, ValueError):
        return None
    return int(found[0].not_valid_after_utc.timestamp() * 1000) if found else None
