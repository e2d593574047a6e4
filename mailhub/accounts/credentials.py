"""Setting a password. The hash is made before (passwords.new_hash): 20 ms do not belong into a transaction."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select, update

from mailhub.accounts.act import act
from mailhub.accounts.finding import find_mailbox, subject_of
from mailhub.accounts.records import Credential, LoginThrottle
from mailhub.accounts.rights import Action, Actor
from mailhub.ids import new_id

PASSWORD = "password"  # noqa: S105 - the kind, not a secret


def set_password(
    connection: Connection, actor: Actor, address: str, password_hash: str, *, reason: str = "", at: int | None = None
) -> None:
    """Give the account a new password; failures counted against the old one are forgotten.

    Raises:
        NoSuchAccount, NotAllowed.
    """
    with act(connection, actor, reason=reason.strip(), at=at) as acting:
        mailbox = find_mailbox(connection, address)
        acting.check(Action.ACCOUNT_PASSWORD, subject_of(connection, mailbox))
        acting.before = {"set_at": password_set_at(connection, mailbox.id)}
        store_password(connection, mailbox.id, password_hash, at=acting.at)
        connection.execute(delete(LoginThrottle).where(LoginThrottle.account == str(mailbox.id)))
        acting.after = {"set_at": acting.at}


def store_password(connection: Connection, mailbox_id: int, password_hash: str, *, at: int) -> None:
    """Inside an act: write the hash, in place of the one before."""
    which = (Credential.mailbox_id == mailbox_id, Credential.kind == PASSWORD)
    changed = connection.execute(update(Credential).where(*which).values(hash=password_hash, set_at=at))
    if changed.rowcount == 0:
        row = {"id": new_id(), "mailbox_id": mailbox_id, "kind": PASSWORD, "hash": password_hash, "set_at": at}
        connection.execute(insert(Credential).values(**row))


def replace_hash(connection: Connection, mailbox_id: int, old: str, new: str) -> None:
    """The same password under today's parameters. Nothing happens when it was changed meanwhile."""
    which = (Credential.mailbox_id == mailbox_id, Credential.kind == PASSWORD, Credential.hash == old)
    connection.execute(update(Credential).where(*which).values(hash=new))


def password_set_at(connection: Connection, mailbox_id: int) -> int | None:
    """When the password was set (ms), or None when there is none."""
    query = select(Credential.set_at).where(Credential.mailbox_id == mailbox_id, Credential.kind == PASSWORD)
    return connection.execute(query).scalar_one_or_none()
