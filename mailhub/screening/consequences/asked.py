"""Whose word a held message waits for: the sender's, a document desk's, a security officer's.

For mail from outside, what a rule says to the sender goes to the recipient (architecture § 5). Where nobody is found
that a rule wants asked, the sender is, or the recipient; and where there is neither, an administrator has to look.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from mailhub.accounts.directory import Directory
from mailhub.accounts.models import Agency, Grant, Mailbox, MailboxKind, MailboxState
from mailhub.accounts.offices import CLERKS
from mailhub.accounts.periods import in_force
from mailhub.accounts.rights import Role
from mailhub.clock import now_ms
from mailhub.policy.facts import Origin
from mailhub.policy.rules.rule import Asked
from mailhub.screening.case import Case
from mailhub.settings import Settings
from mailhub.store.database import Database


class Owner(NamedTuple):
    """A mailbox of ours whose word counts."""

    id: int
    address: str


class Owners:
    """Finds who is asked. Reads the database: for threads."""

    def __init__(self, settings: Settings, database: Database, directory: Directory) -> None:
        self._settings = settings
        self._database = database
        self._directory = directory

    def of(self, asks: Asked, case: Case, address: str, agencies: Sequence[str]) -> Owner | None:
        """Whose word lets the copy for `address` go; `agencies` are the codes of whose rules hold, the nearest first.

        Raises:
            StoreUnavailable
        """
        found = None
        if asks is Asked.DESK:
            found = self.desk(agencies)
        elif asks is Asked.SECURITY:
            found = self.officer()
        return found or self.author(case, address)

    def author(self, case: Case, address: str) -> Owner | None:
        """Who wrote it; for mail from outside, the mailbox it is for."""
        if case.origin is Origin.OUTSIDE:
            return self._mailbox(address)
        if case.account is not None:
            return Owner(case.account.id, case.account.address)
        return self._mailbox(case.sender)

    def desk(self, agencies: Sequence[str]) -> Owner | None:
        """The document desk (văn thư) of the first of these agencies that has one in use."""
        if not agencies:
            return None
        with self._database.read() as connection:
            return desk_of(connection, agencies)

    def officer(self) -> Owner | None:
        """The security officer with the oldest grant, or the first of `[secrets] officers` with a mailbox here."""
        with self._database.read() as connection:
            found = _officer(connection, now_ms())
        if found is not None:
            return found
        named = (self._mailbox(address) for address in self._settings.secrets.officers)
        return next((one for one in named if one is not None), None)

    def _mailbox(self, address: str) -> Owner | None:
        account = self._directory.account_named(address) if address else None
        return None if account is None else Owner(account.id, account.address)


def desk_of(connection: Connection, agencies: Sequence[str]) -> Owner | None:
    """The document desk in use of the first of these agencies (codes) that has one."""
    query = (
        select(Agency.code, Mailbox.id, Mailbox.address)
        .join(Mailbox, Mailbox.agency_id == Agency.id)
        .where(Agency.code.in_(list(agencies)), Mailbox.kind == MailboxKind.ROLE.value)
        .where(Mailbox.office == CLERKS, Mailbox.state == MailboxState.ACTIVE.value)
        .order_by(Mailbox.id.desc())  # the oldest is written last, and stays
    )
    desks = {row.code: Owner(row.id, row.address) for row in connection.execute(query)}
    return next((desks[code] for code in agencies if code in desks), None)


def _officer(connection: Connection, at: int) -> Owner | None:
    query = (
        select(Mailbox.id, Mailbox.address)
        .join(Grant, Grant.account_id == Mailbox.id)
        .where(Grant.role == Role.SECURITY_OFFICER.value, in_force(Grant, at))
        .where(Mailbox.state == MailboxState.ACTIVE.value)
        .order_by(Grant.id)
    )
    row = connection.execute(query.limit(1)).first()
    return None if row is None else Owner(row.id, row.address)


__all__ = ["Owner", "Owners", "desk_of"]
