"""A mail of the hub's own on its way into the queue: who gets it, and the message that becomes a row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mailhub.accounts.directory import Directory, Resolution
from mailhub.delivery.routes import destination_for
from mailhub.errors import MailhubError
from mailhub.ids import new_id
from mailhub.mail.address import parse_path
from mailhub.mail.dkim import BodyHasher
from mailhub.queue.models import Door
from mailhub.queue.records import NewMessage, NewRecipient
from mailhub.settings import Settings
from mailhub.store.spool import Spool


class NotSent(MailhubError):
    """The letter cannot go; the message says why, for `letter.outcome`."""


def recipients_of(
    directory: Directory, settings: Settings, to: str, *, outside: bool = False
) -> tuple[NewRecipient, ...]:
    """Where a letter to that address goes; somewhere else than to us only when it may go `outside`.

    Raises:
        NotSent: there is no such address, or its mailbox takes no mail.
    """
    path = parse_path(to)
    if path is None or not path.domain or not to.isprintable():
        raise NotSent("no such address")
    found: Resolution | None = directory.resolve(to)
    if found is None:
        if not outside:
            raise NotSent("not an address of ours")
        destination = destination_for(path.domain, None, settings.delivery.smarthost)
        return (NewRecipient(address=to, destination=destination, notify="NEVER"),)
    if not found.targets:
        raise NotSent(f"{found.kind}: takes no mail")
    return tuple(
        NewRecipient(
            address=target.address,
            destination=destination_for(target.address.rpartition("@")[2], target.home),
            notify="NEVER",
        )
        for target in found.targets
    )


def stage_message(
    spool: Spool,
    octets: bytes,
    *,
    to: str,
    recipients: tuple[NewRecipient, ...],
    code: str,
    at: int,
    named: tuple[str, str],
    facts: Mapping[str, Any],
) -> NewMessage:
    """The mail as a message for the queue, its body staged in `spool`; `named` are its Message-ID and its subject."""
    body = spool.stage()
    body.write(octets)
    body.sync()
    hasher = BodyHasher()
    hasher.update(octets.partition(b"\r\n\r\n")[2])
    return NewMessage(
        id=new_id(),
        code=code,
        door=Door.INTERNAL,
        received_at=at,
        sender="",  # nobody is told when it does not arrive, least of all with a recovery code in it
        sender_verified=False,
        account_id=None,
        client="",
        message_id=named[0],
        subject=named[1],
        body=body,
        prefix=b"",
        cuts=(),
        body_hash=hasher.digest(),
        utf8=not to.isascii(),
        eight_bit=not octets.isascii(),
        dsn_ret=None,
        dsn_envid=None,
        fingerprint=None,
        junk=False,
        derived_from=None,
        recipients=recipients,
        facts=dict(facts),
    )
