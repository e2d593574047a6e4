"""Where mail goes at last: one mailbox of ours, or one address of a domain whose mailboxes live elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import and_, or_

from mailhub.accounts.addresses import split
from mailhub.accounts.models import RECEIVING_STATES, Mailbox, MailboxState


@dataclass(frozen=True, slots=True)
class Target:
    """One place where a message goes. `home` is '' for here, else smtp://host:port."""

    address: str
    mailbox_id: int | None
    home: str


@dataclass(frozen=True, slots=True)
class DomainEntry:
    """A domain, with today's answer to whether it is official. `renamed_to` is the one that its addresses got."""

    name: str
    canonical: bool
    official: bool
    receives: bool
    alias_of: str | None
    home: str
    relay: bool
    renamed_to: str | None = None


def target_of(
    mailbox_id: int,
    address: str,
    home: str | None,
    domains: Mapping[str, DomainEntry],
    detail: str = "",
    *,
    stored_as: str = "",
) -> Target:
    """Where the mailbox lives; with the `+detail` that was written to, if it lives here. Another server knows it by the
    address that its files lie under there (`stored_as`), which is not its first one after a merger."""
    local, domain = split(address)
    entry = domains.get(domain)
    where = home if home is not None else entry.home if entry is not None else ""
    if where and stored_as:
        address = stored_as
    if detail and not where:  # Dovecot files by the detail; another server may not know what it is
        address = f"{local}+{detail}@{domain}"
    return Target(address, mailbox_id, where)


def takes_mail(state: str, *, receives: bool, refuses_while_suspended: bool) -> bool:
    """Whether mail is put into a mailbox with these switches now (finding.MailboxRow.takes_mail, for a row)."""
    if state not in RECEIVING_STATES or not receives:
        return False
    return not (state == MailboxState.SUSPENDED and refuses_while_suspended)


# The same as a condition, where thousands of rows would have to be asked.
TAKES_MAIL = and_(
    Mailbox.state.in_([state.value for state in RECEIVING_STATES]),
    Mailbox.receives.is_(True),
    or_(Mailbox.state != MailboxState.SUSPENDED.value, Mailbox.refuses_while_suspended.is_(False)),
)
