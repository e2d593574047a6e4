"""What is read of an account before its secret is judged, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from mailhub.accounts.addresses import lookup
from mailhub.accounts.attempts import Cause
from mailhub.accounts.credentials import PASSWORD, former_hashes
from mailhub.accounts.finding import MailboxRow, load_mailbox
from mailhub.accounts.login import app_passwords
from mailhub.accounts.login.app_passwords import AppPasswordRow
from mailhub.accounts.login.rule import Standing, StandingSettings, is_mail, standing_of
from mailhub.accounts.models import AddressKind
from mailhub.accounts.records import Credential

_LONGEST_NAME = 320
_NONE = Standing()


@dataclass(frozen=True, slots=True)
class Known:
    """An account as it stood when somebody tried; all empty for a name that nobody has.

    `stored` is the main password's hash, `former` the one before it, `app` the app password that was typed.
    """

    mailbox: MailboxRow | None = None
    stored: str | None = None
    former: str | None = None
    app: AppPasswordRow | None = None
    standing: Standing = _NONE


def look_up(connection: Connection, name: str, secret: str, settings: StandingSettings, *, at: int) -> Known:
    """The account that a folded name leads to."""
    if len(name) > _LONGEST_NAME or not name.isprintable():
        return Known()
    found = lookup(connection, name)
    if found is None or found[0] is AddressKind.GROUP:
        return Known()
    number = found[1]
    query = select(Credential.hash, Credential.set_at)
    query = query.where(Credential.mailbox_id == number, Credential.kind == PASSWORD)
    password = connection.execute(query).one_or_none()
    return Known(
        mailbox=load_mailbox(connection, number),
        stored=None if password is None else password.hash,
        former=next(iter(former_hashes(connection, number, limit=1)), None),
        app=app_passwords.find(connection, number, secret),
        standing=standing_of(connection, number, None if password is None else password.set_at, settings, at=at),
    )


def why_not(app: AppPasswordRow, service: str, *, at: int) -> Cause | None:
    """Why this app password, although right, opens nothing here; None when it does."""
    if app.revoked_at is not None:
        return Cause.APP_REVOKED
    if app.expires_at is not None and app.expires_at <= at:
        return Cause.APP_EXPIRED
    return None if is_mail(service) else Cause.APP_NOT_HERE
