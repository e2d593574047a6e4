"""A mailbox's row, by any of its addresses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from mailhub.accounts.addresses import fold, lookup
from mailhub.accounts.errors import NoSuchAccount
from mailhub.accounts.models import RECEIVING_STATES, AddressKind, Listing, Mailbox, MailboxKind, MailboxState
from mailhub.accounts.rights import Subject
from mailhub.accounts.tree import agency_subject


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxRow:
    """A row of `mailbox`, read once."""

    id: int
    address: str
    kind: MailboxKind
    name: str
    agency_id: int
    person_id: int | None
    state: MailboxState
    former_states: str
    may_login: bool
    may_send: bool
    receives: bool
    refuses_while_suspended: bool
    home: str | None
    stored_as: str
    quota_mib: int | None
    unit_address: str
    folded: str
    office: str
    listing: Listing
    login_closed: str
    revision: int
    last_login_at: int | None
    sessions_from: int
    created_at: int
    ends_on: date | None
    ends_because: str
    handover_id: int | None
    ended_at: int | None
    retained_until: date | None
    archived_at: int | None
    erased_at: int | None
    legal_hold: str

    @property
    def logs_in(self) -> bool:
        """Whether it may log in now."""
        return self.may_login and self.state is MailboxState.ACTIVE and not self.login_closed

    @property
    def sends(self) -> bool:
        """Whether mail may be sent from it now."""
        return self.may_send and self.state is MailboxState.ACTIVE

    @property
    def takes_mail(self) -> bool:
        """Whether mail is put into it now; leave, idleness and suspension alone do not stop that."""
        if self.state not in RECEIVING_STATES or not self.receives:
            return False
        return not (self.state is MailboxState.SUSPENDED and self.refuses_while_suspended)

    def picture(self) -> dict[str, object]:
        """What the audit log keeps of it before and after an act."""
        return {
            "state": self.state,
            "agency": self.agency_id,
            "may_login": self.may_login,
            "login_closed": self.login_closed,
            "may_send": self.may_send,
            "receives": self.takes_mail,
            "home": self.home,
        }


def load_mailbox(connection: Connection, mailbox_id: int) -> MailboxRow | None:
    """The mailbox with this number, or None."""
    row = connection.execute(select(Mailbox.__table__).where(Mailbox.id == mailbox_id)).mappings().one_or_none()
    if row is None:
        return None
    return MailboxRow(
        **{
            **row,
            "kind": MailboxKind(row["kind"]),
            "state": MailboxState(row["state"]),
            "listing": Listing(row["listing"]),
        }
    )


def find_mailbox(connection: Connection, address: str) -> MailboxRow:
    """The mailbox that the address, or one of its other names, belongs to.

    Raises:
        NoSuchAccount: there is none; a group is none.
    """
    found = lookup(connection, fold(address.strip()))
    if found is None or found[0] is AddressKind.GROUP:
        raise NoSuchAccount(f"no account has the address {address}")
    mailbox = load_mailbox(connection, found[1])
    assert mailbox is not None  # the registry's foreign key
    return mailbox


def subject_of(connection: Connection, mailbox: MailboxRow) -> Subject:
    """The mailbox as `may()` looks at it."""
    return agency_subject(connection, "account", mailbox.address, mailbox.agency_id, account_id=mailbox.id)
