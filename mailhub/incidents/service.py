"""What the doors and the late inspection call when a secret was found. Blocking: call it in a thread.

At the dot nothing of the message has been written anywhere, so that the incident is all there is to commit, before the
550. After a late inspection the message is stored: in the transaction its words leave the database (`enter_late`),
then its octets leave the spool and the database's log (`after_late`), which the sweeper does again should this process
die in between.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, insert

from mailhub.errors import MailhubError
from mailhub.ids import new_id
from mailhub.incidents import entering, scrubbing, sealing
from mailhub.incidents.models import IncidentCopy, Kept
from mailhub.incidents.officers import mailboxes_of
from mailhub.incidents.secret_mail import SecretMail
from mailhub.settings import Settings
from mailhub.store.database import Database
from mailhub.store.sealing import Sealer, open_sealer
from mailhub.store.spool import Spool

log = logging.getLogger(__name__)

__all__ = ["Prepared", "SecretMail", "after_late", "enter_late", "prepare_late", "refuse_at_door", "sealed_folder"]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A secret ready to be entered: what is kept of it lies durably in `sealed`, "" for nothing."""

    secret: SecretMail
    kept: Kept
    sealed: str
    sealer: Sealer


def sealed_folder(settings: Settings) -> Path:
    """Where what is sealed lies."""
    return settings.directory / "data" / "sealed"


def refuse_at_door(database: Database, settings: Settings, secret: SecretMail) -> str:
    """Enter the incident before the 550; gives the code that the sender is told, the same however often it comes.

    Raises:
        StoreUnavailable: nothing was entered; the answer is a 4xx.
    """
    prepared = prepare_late(settings, secret)
    try:
        with database.write() as connection:
            entered = _enter(connection, settings, prepared)
    except BaseException:
        give_up(settings, prepared)
        raise
    if entered.repeated:
        give_up(settings, prepared)  # the first one's is there
    return entered.code


def prepare_late(settings: Settings, secret: SecretMail) -> Prepared:
    """Seal what only a scan's reading found, if there is a key and `[secrets] found_by_ocr` says so.

    Raises:
        StoreUnavailable
    """
    sealer = open_sealer(settings.keys_directory)
    key = sealing.officer_key(settings.keys_directory)
    if not secret.scan_only or settings.secrets.found_by_ocr != "seal" or key is None or not secret.data:
        return Prepared(secret, Kept.DESTROYED, "", sealer)
    name = f"{new_id()}.sealed"
    sealing.seal(key, secret.data, sealed_folder(settings) / name)
    return Prepared(secret, Kept.SEALED, name, sealer)


def give_up(settings: Settings, prepared: Prepared) -> None:
    """Take back what was sealed for an incident that was not entered."""
    if prepared.sealed:
        (sealed_folder(settings) / prepared.sealed).unlink(missing_ok=True)


def enter_late(connection: Connection, settings: Settings, prepared: Prepared, *, message_id: int) -> str:
    """In the transaction that destroys a stored message's recipients: enter the incident, and take the message's words
    out of every table; gives the incident's code. `message_id` is the message's row number.

    The octets go in `after_late`, once this is committed.
    """
    entered = _enter(connection, settings, prepared, reached=scrubbing.reached(connection, message_id))
    if entered.repeated:
        give_up(settings, prepared)
    secret = prepared.secret
    scrubbing.forget_rows(connection, message_id)
    row = {"id": new_id(), "incident_id": entered.incident_id, "stored_id": message_id, "since": secret.at}
    connection.execute(insert(IncidentCopy).values(**row, due_at=secret.at, looked=0, removed=0))
    for number in mailboxes_of(connection, scrubbing.delivered_to(connection, message_id)):
        # A person had let it go before it was read.
        entering.search_mailbox(connection, entered.incident_id, number, secret.message_id, at=secret.at)
    return entered.code


def after_late(database: Database, spool: Spool, settings: Settings, message_id: int) -> None:  # noqa: ARG001
    """Overwrite the octets in the spool, and empty the database's log of what it says. Does not raise: what cannot be
    done now the sweeper does."""
    try:
        scrubbing.wipe(database, spool, message_id)
    except (MailhubError, OSError) as error:
        log.warning("a secret's octets are still there, and will be overwritten later: %s", error)


def _enter(connection: Connection, settings: Settings, prepared: Prepared, *, reached: int = 0) -> entering.Entered:
    return entering.enter(
        connection, settings, prepared.sealer, prepared.secret, prepared.kept, prepared.sealed, reached=reached
    )
