"""What is sent from a shared mailbox is filed in that mailbox's Sent, with whoever sent it (issue 4).

The copy is one more recipient of the message, of the hub's own: it is committed with the others and delivered like
them, so that no crash loses it, and a client that repeats itself files nothing twice. Who sent it stands in the copy
alone. Receivers, here as outside, have mail from the office or the leader, as it is signed; who pressed the key is
that mailbox's matter, and the timeline's (`account`, beside `as`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailhub.accounts.directory import AccountView, Directory
from mailhub.delivery.routes import LOCAL
from mailhub.mail.address import AmbiguousAddress, addresses_of
from mailhub.mail.headers import Field, all_of, unfold
from mailhub.queue.models import Purpose
from mailhub.queue.records import NewRecipient

# Where a message says whose it is; policy/identity.py has held all of these to the account's own.
_AUTHORS = (b"from", b"sender", b"resent-from", b"resent-sender")


def sent_as(account: AccountView, sender: str, fields: Sequence[Field]) -> list[int]:
    """The shared mailboxes, by number, that a message which `account` may send is sent from."""
    names = {sender.casefold(), *_named(fields)}
    return sorted({account.shared[name] for name in names if name in account.shared})


def sent_copies(directory: Directory, account: AccountView, mailboxes: Sequence[int]) -> tuple[NewRecipient, ...]:
    """A copy for each of `mailboxes`, but for those that live on another server: its Sent is not ours to fill."""
    views = (directory.account(number) for number in mailboxes)
    return tuple(
        NewRecipient(
            address=view.address, destination=LOCAL, notify="NEVER", purpose=Purpose.SENT_COPY, sent_by=account.address
        )
        for view in views
        if view is not None and not view.home
    )


def _named(fields: Sequence[Field]) -> Iterator[str]:
    for name in _AUTHORS:
        for field in all_of(fields, name):
            try:
                yield from (author.text.casefold() for author in addresses_of(unfold(field.raw)))
            except AmbiguousAddress:  # refused before this
                continue
