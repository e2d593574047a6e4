"""Setting a password. The hash is made before (passwords.new_hash): 20 ms do not belong into a transaction."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, delete, insert, select, update

from mailhub.accounts import throttle
from mailhub.accounts.act import act
from mailhub.accounts.finding import find_mailbox, subject_of
from mailhub.accounts.login.code_rows import end_codes
from mailhub.accounts.login.models import FormerPassword
from mailhub.accounts.login.older_sessions import end_older_sessions
from mailhub.accounts.models import Mailbox
from mailhub.accounts.records import Credential
from mailhub.accounts.rights import Action, Actor
from mailhub.ids import new_id

PASSWORD = "password"  # noqa: S105 - the kind, not a secret
FORMER = 10  # passwords that an administrator does not use again (QCVN 12:2026/BCA 3.7.2.6.5)


def set_password(
    connection: Connection, actor: Actor, address: str, password_hash: str, *, reason: str = "", at: int | None = None
) -> None:
    """Give the account a new password; failures counted against the old one are forgotten, and codes that could set
    another one (slips, recoveries) end, with the mail client that a slip opened.

    Raises:
        NoSuchAccount, NotAllowed.
    """
    with act(connection, actor, reason=reason.strip(), at=at) as acting:
        mailbox = find_mailbox(connection, address)
        acting.check(Action.ACCOUNT_PASSWORD, subject_of(connection, mailbox))
        end_older_sessions(connection, mailbox.id, at=acting.at)
        acting.before = {"set_at": password_set_at(connection, mailbox.id)}
        store_password(connection, mailbox.id, password_hash, at=acting.at)
        end_codes(connection, mailbox.id, at=acting.at)  # else whoever finds the slip sets it once more
        throttle.forget_all(connection, mailbox.id)
        acting.after = {"set_at": acting.at}


def outdated_logins(connection: Connection, users: Collection[str], *, since: int) -> set[str]:
    """Of these login names (`ADDRESS` or `SHARED*ADDRESS`), those of people whose secret changed after `since`."""
    changed = select(Mailbox.address).where(Mailbox.sessions_from > since)
    people = set(connection.execute(changed).scalars())
    return {user for user in users if user.rpartition("*")[2] in people}


def unlock_account(
    connection: Connection, actor: Actor, address: str, *, reason: str = "", at: int | None = None
) -> int:
    """Forget the account's failed logins, from wherever: delays and locks end. How many networks it were; 0 = none.

    Raises:
        NoSuchAccount, NotAllowed.
    """
    with act(connection, actor, reason=reason.strip(), at=at) as acting:
        mailbox = find_mailbox(connection, address)
        acting.check(Action.ACCOUNT_UNLOCK, subject_of(connection, mailbox))
        locks = throttle.locks_of(connection, mailbox.id, at=acting.at)
        acting.before = {"locked": {lock.network: lock.until for lock in locks}}
        return throttle.forget_all(connection, mailbox.id)


def store_password(connection: Connection, mailbox_id: int, password_hash: str, *, at: int) -> None:
    """Inside an act: write the hash, in place of the one before, which is kept among the former ones."""
    which = (Credential.mailbox_id == mailbox_id, Credential.kind == PASSWORD)
    before = connection.execute(select(Credential.hash, Credential.set_at).where(*which)).one_or_none()
    if before is not None:
        _keep_former(connection, mailbox_id, before.hash, before.set_at)
    changed = connection.execute(update(Credential).where(*which).values(hash=password_hash, set_at=at))
    if changed.rowcount == 0:
        row = {"id": new_id(), "mailbox_id": mailbox_id, "kind": PASSWORD, "hash": password_hash, "set_at": at}
        connection.execute(insert(Credential).values(**row))


def replace_hash(connection: Connection, mailbox_id: int, old: str, new: str) -> None:
    """The same password under today's parameters. Nothing happens when it was changed meanwhile."""
    which = (Credential.mailbox_id == mailbox_id, Credential.kind == PASSWORD, Credential.hash == old)
    connection.execute(update(Credential).where(*which).values(hash=new))


def former_hashes(connection: Connection, mailbox_id: int, *, limit: int = FORMER) -> list[str]:
    """Hashes of the passwords before this one, the newest first."""
    query = select(FormerPassword.hash).where(FormerPassword.mailbox_id == mailbox_id)
    return list(connection.execute(query.order_by(FormerPassword.id.desc()).limit(limit)).scalars())


def _keep_former(connection: Connection, mailbox_id: int, hashed: str, set_at: int) -> None:
    """Kept of everybody, since who becomes an administrator has had passwords before."""
    row = {"id": new_id(), "mailbox_id": mailbox_id, "hash": hashed, "set_at": set_at}
    connection.execute(insert(FormerPassword).values(**row))
    mine = FormerPassword.mailbox_id == mailbox_id
    oldest = select(FormerPassword.id).where(mine).order_by(FormerPassword.id.desc()).offset(FORMER - 1).limit(1)
    kept_from = connection.execute(oldest).scalar_one_or_none()
    if kept_from is not None:
        connection.execute(delete(FormerPassword).where(mine, FormerPassword.id < kept_from))


def password_set_at(connection: Connection, mailbox_id: int) -> int | None:
    """When the password was set (ms), or None when there is none."""
    query = select(Credential.set_at).where(Credential.mailbox_id == mailbox_id, Credential.kind == PASSWORD)
    return connection.execute(query).scalar_one_or_none()
