"""The address that somebody had in a domain that joins (reference/organisation § 6, case 13)."""

from __future__ import annotations

from sqlalchemy import Connection, update

from mailhub.accounts.act import act
from mailhub.accounts.addresses import claim, read_own
from mailhub.accounts.finding import find_mailbox, subject_of
from mailhub.accounts.models import AddressKind, Mailbox
from mailhub.accounts.rights import Action, Actor


def keep_former_address(
    connection: Connection, actor: Actor, former: str, address: str, *, lives_there: bool = False, at: int | None = None
) -> None:
    """Make `former` another name of the mailbox at `address`. `lives_there`: until it is cut over, its server knows it
    by that name only, so that mail is passed on under it.

    Raises:
        AddressTaken, InvalidAddress, NoSuchDomain, NoSuchAccount, NotAllowed.
    """
    former = read_own(former)
    with act(connection, actor, at=at) as acting:
        mailbox = find_mailbox(connection, address)
        if lives_there:  # where its mail lies is more than a name
            acting.check(Action.ACCOUNT_HOME, subject_of(connection, mailbox))
        acting.check(Action.ALIAS_ADD, subject_of(connection, mailbox))
        claim(connection, former, AddressKind.ALIAS, mailbox_id=mailbox.id)
        if lives_there:
            connection.execute(update(Mailbox).where(Mailbox.id == mailbox.id).values(stored_as=former))
        acting.after = {"alias": former, "lives_there": lives_there}
