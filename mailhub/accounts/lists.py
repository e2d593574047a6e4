"""Other names of mailboxes."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select

from mailhub.accounts.act import act
from mailhub.accounts.addresses import claim, fold, read_own
from mailhub.accounts.errors import NoSuchAccount, Protected
from mailhub.accounts.finding import find_mailbox, load_mailbox, subject_of
from mailhub.accounts.models import Address, AddressKind
from mailhub.accounts.rights import Action, Actor


def add_alias(connection: Connection, actor: Actor, alias: str, address: str, *, at: int | None = None) -> None:
    """Give the mailbox at `address` another name, which receives and may be sent from.

    Raises:
        AddressTaken, InvalidAddress, NoSuchDomain, NoSuchAccount, NotAllowed.
    """
    alias = read_own(alias)
    with act(connection, actor, at=at) as acting:
        mailbox = find_mailbox(connection, address)
        acting.check(Action.ALIAS_ADD, subject_of(connection, mailbox))
        claim(connection, alias, AddressKind.ALIAS, mailbox_id=mailbox.id)
        acting.after = {"alias": alias}


def remove_alias(connection: Connection, actor: Actor, alias: str, *, at: int | None = None) -> None:
    """Take another name away.

    Raises:
        NoSuchAccount: it is no alias. Protected: it is postmaster@ or abuse@. NotAllowed.
    """
    alias = fold(alias.strip())
    with act(connection, actor, at=at) as acting:
        row = connection.execute(select(Address.__table__).where(Address.address == alias)).mappings().one_or_none()
        if row is None or row["kind"] != AddressKind.ALIAS:
            raise NoSuchAccount(f"no account has the other name {alias}")
        mailbox = load_mailbox(connection, row["mailbox_id"])
        assert mailbox is not None
        acting.check(Action.ALIAS_REMOVE, subject_of(connection, mailbox))
        if row["protected"]:
            raise Protected(f"{alias} always exists; it can only be led elsewhere")
        if alias == mailbox.stored_as:  # free again, it would lead a newcomer to these files
            raise Protected(f"{alias} is the former first address of {mailbox.address}: it stays with that mailbox")
        connection.execute(delete(Address).where(Address.address == alias))
        acting.before = {"alias": alias}
