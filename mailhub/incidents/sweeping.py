"""Copies of a secret in the sender's own folders (Sent, Drafts, Trash, any), taken out at once and again later.

Clients save drafts while one writes, under Message-IDs of their own, and put a copy into Sent when they like: so a
mailbox is looked through when the secret is caught, and again after 1 min, 10 min, 1 h and 24 h. By Message-ID a copy
is found wherever it lies; by fingerprints only among mails that the owner made here (no server has passed them on)
since the day before; by its subject alone only when the secret was caught, since afterwards somebody may well write of
the same matter as is right. Mail that the hub itself took and delivered is never taken for a draft.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sqlalchemy import exists, select, update

from mailhub.accounts.models import Mailbox
from mailhub.clock import DAY, HOUR, MINUTE, now_ms
from mailhub.errors import MailhubError
from mailhub.incidents import scrubbing
from mailhub.incidents.acts import destroy_sealed
from mailhub.incidents.matching import Wanted, is_copy, same_subject
from mailhub.incidents.models import Incident, IncidentCopy, IncidentFingerprint
from mailhub.incidents.overdue import tell_overdue
from mailhub.incidents.service import sealed_folder
from mailhub.mailboxes.copies import Copy
from mailhub.queue.models import RecipientState
from mailhub.queue.tables import message_table, recipient_table
from mailhub.settings import Settings
from mailhub.store.chunks import chunks
from mailhub.store.database import Database
from mailhub.store.errors import StoreUnavailable
from mailhub.store.sealing import Sealer, open_sealer
from mailhub.store.spool import Spool

log = logging.getLogger(__name__)

AFTER = (0, MINUTE, 10 * MINUTE, HOUR, DAY)  # the caught message
BEFORE = DAY  # that drafts of it are looked for
LOOK_SECONDS = 1.0
OVERDUE_SECONDS = 60.0
AGAIN = MINUTE  # after a fault
GIVE_UP = 3 * DAY  # of faults
_AT_ONCE = 20
_ENTERING_SECONDS = 3_600.0  # that what was sealed may wait for its incident to be committed
_MOST_READ = 500  # mails of one mailbox that are looked into


class Folders(Protocol):
    """The part of `mailboxes.copies.Folders` that is needed here."""

    async def with_message_id(self, message_id: str) -> list[Copy]: ...
    async def saved_since(self, at: int) -> list[Copy]: ...
    async def read(self, copy: Copy) -> bytes: ...
    async def remove(self, copies: Collection[Copy]) -> int: ...


@dataclass(frozen=True, slots=True)
class Due:
    """A place to look at now."""

    id: int
    incident_id: int
    address: str  # of the mailbox; "" when its row has gone
    home: str  # the server where it lives, when that is not this one
    stored_id: int | None
    message_id: str
    since: int
    looked: int


class Sweeper:
    """Looks where copies may lie, for the whole hub. `folders` opens a mailbox by its first address; None where no
    Dovecot of ours runs."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        database: Database,
        spool: Spool,
        folders: Callable[[str], Folders] | None,
    ) -> None:
        self._settings = settings
        self._database = database
        self._spool = spool
        self._folders = folders
        self._keys: tuple[Path, Sealer] | None = None

    async def run(self) -> None:
        """Until cancelled."""
        overdue_at = 0.0
        loop = asyncio.get_running_loop()
        while True:
            try:
                await self.look()
                if loop.time() >= overdue_at:
                    overdue_at = loop.time() + OVERDUE_SECONDS
                    await asyncio.to_thread(self.clear_sealed)
                    await asyncio.to_thread(tell_overdue, self._database, self._settings(), at=now_ms())
            except MailhubError as error:
                log.warning("incidents wait: %s", error)
            except Exception:
                log.exception("incidents wait")
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self, *, at: int | None = None) -> int:
        """Look at every place that is due at `at` (now); how many there were.

        Raises:
            StoreUnavailable
        """
        moment = now_ms() if at is None else at
        due = await asyncio.to_thread(self._due, moment)
        for one in due:
            if one.stored_id is not None:
                await asyncio.to_thread(self._wipe, one, one.stored_id, moment)
            else:
                await self._sweep(one, moment)
        return len(due)

    def _wipe(self, due: Due, stored_id: int, at: int) -> None:
        """A body that cannot be overwritten now must not keep the others waiting."""
        try:
            scrubbing.wipe(self._database, self._spool, stored_id)
        except StoreUnavailable as error:
            log.warning("a secret's octets are still there, and will be overwritten later: %s", error)
            self._note(due, 0, str(error)[:200], at)

    def clear_sealed(self) -> None:
        """Take away what lies sealed without an incident: a crash left it, before the one was entered or after it was
        opened.

        Raises:
            StoreUnavailable
        """
        folder = sealed_folder(self._settings())
        lying = [path for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []
        with self._database.read() as connection:
            known = set(connection.scalars(select(Incident.sealed_file).where(Incident.sealed_file != "")))
        for path in lying:
            if path.name not in known and path.stat().st_mtime < time.time() - _ENTERING_SECONDS:
                destroy_sealed(path)

    def _due(self, at: int) -> list[Due]:
        query = (
            select(IncidentCopy.__table__, Mailbox.address, Mailbox.home)
            .outerjoin(Mailbox, Mailbox.id == IncidentCopy.mailbox_id)
            .where(IncidentCopy.due_at <= at)
            .order_by(IncidentCopy.due_at)
            .limit(_AT_ONCE)
        )
        with self._database.read() as connection:
            return [
                Due(r.id, r.incident_id, r.address or "", r.home or "", r.stored_id, r.message_id, r.since, r.looked)
                for r in connection.execute(query)
            ]

    async def _sweep(self, due: Due, at: int) -> None:
        removed, fault = 0, ""
        try:
            if self._folders is None:
                fault = "no mailbox server of ours"
            elif due.home:
                fault = f"the mailbox lives on {due.home}"[:200]
            elif due.address:
                removed = await self._clear(self._folders(due.address), due)
        except MailhubError as error:
            fault = str(error)[:200]
            log.warning("a mailbox cannot be looked through for an incident yet: %s", fault)
        await asyncio.to_thread(self._note, due, removed, fault, at)

    async def _clear(self, folders: Folders, due: Due) -> int:
        """Take the copies out; how many."""
        wanted = await asyncio.to_thread(self._wanted, due)
        found = await folders.with_message_id(due.message_id) if due.message_id else []
        known = {(copy.guid, copy.uid) for copy in found}
        recent = await folders.saved_since(due.since - BEFORE)
        others = [copy for copy in recent if copy.own_made and (copy.guid, copy.uid) not in known]
        accepted = await asyncio.to_thread(self._accepted, {copy.message_id for copy in others})
        others = [copy for copy in others if copy.message_id not in accepted]
        sealer = self._sealer()
        for copy in others[-_MOST_READ:]:
            if due.looked == 0 and same_subject(sealer, wanted, copy.subject):
                found.append(copy)
                continue
            data = await folders.read(copy)
            same = bool(data) and await asyncio.to_thread(is_copy, sealer, wanted, copy.subject, data)
            if same:
                found.append(copy)
        return await folders.remove(found) if found else 0

    def _wanted(self, due: Due) -> Wanted:
        with self._database.read() as connection:
            query = select(IncidentFingerprint.fingerprint).where(IncidentFingerprint.incident_id == due.incident_id)
            return Wanted(due.incident_id, frozenset(bytes(one) for one in connection.scalars(query)))

    def _accepted(self, message_ids: set[str]) -> set[str]:
        """Of these Message-IDs those of mail that the hub took and did not destroy: sent, and no draft of a secret."""
        found: set[str] = set()
        destroyed = exists().where(
            recipient_table.c.message_id == message_table.c.id,
            recipient_table.c.state == RecipientState.DESTROYED.value,
        )
        with self._database.read() as connection:
            for some in chunks(sorted(message_ids - {""})):
                query = select(message_table.c.message_id).where(message_table.c.message_id.in_(some), ~destroyed)
                found |= set(connection.scalars(query))
        return found

    def _note(self, due: Due, removed: int, fault: str, at: int) -> None:
        looked = due.looked + (not fault)
        left = AFTER[looked] if looked < len(AFTER) else None
        next_at = None if left is None else max(due.since + left, at + 1)
        if fault:
            next_at = at + AGAIN if due.stored_id is not None or at - due.since < GIVE_UP else None
        values = {"looked": looked, "due_at": next_at, "fault": fault, "removed": IncidentCopy.removed + removed}
        if next_at is None and not fault:
            values["message_id"] = ""
        with self._database.write() as connection:
            connection.execute(update(IncidentCopy).where(IncidentCopy.id == due.id).values(**values))
            if removed:
                total = Incident.copies_removed + removed
                where = Incident.id == due.incident_id
                connection.execute(update(Incident).where(where).values(copies_removed=total))

    def _sealer(self) -> Sealer:
        folder = self._settings().keys_directory
        if self._keys is None or self._keys[0] != folder:
            self._keys = (folder, open_sealer(folder))
        return self._keys[1]
