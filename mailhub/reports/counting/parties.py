"""Whose mail it is: the agencies of accounts and addresses, asked for once a count."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select

from mailhub.accounts.models import Address, Mailbox
from mailhub.reports.counting.counts import NO_AGENCY
from mailhub.store.chunks import chunks


def agencies_of_accounts(connection: Connection, accounts: Iterable[int | None]) -> dict[int, int]:
    """Account's number → its agency's."""
    found: dict[int, int] = {}
    for some in chunks(sorted({one for one in accounts if one is not None})):
        rows = connection.execute(select(Mailbox.id, Mailbox.agency_id).where(Mailbox.id.in_(some)))
        found.update((row.id, row.agency_id) for row in rows)
    return found


def agencies_of_addresses(connection: Connection, addresses: Iterable[str | None]) -> dict[str, int]:
    """Address → the agency of the mailbox that it leads to; without those that are not ours, and groups."""
    found: dict[str, int] = {}
    for some in chunks(sorted({one for one in addresses if one})):
        query = select(Address.address, Mailbox.agency_id).join(Mailbox, Mailbox.id == Address.mailbox_id)
        found.update((row.address, row.agency_id) for row in connection.execute(query.where(Address.address.in_(some))))
    return found


class Parties:
    """The agency that mail counts for: the sender's when an account of ours sent it, else the recipient's."""

    def __init__(
        self, connection: Connection, accounts: Iterable[int | None], recipients: Iterable[str | None]
    ) -> None:
        self._accounts = agencies_of_accounts(connection, accounts)
        self._addresses = agencies_of_addresses(connection, recipients)

    def of(self, account_id: int | None, recipient: str | None) -> int:
        """NO_AGENCY when it is nobody's here."""
        if account_id is not None and account_id in self._accounts:
            return self._accounts[account_id]
        return self._addresses.get(recipient or "", NO_AGENCY)
