"""Help for who lost the password: a code by a channel registered before, or a slip by hand from an administrator.

What is asked for at a door is answered the same whatever is there. The code waits in the letter to be sent under a
key outside the database (store/sealing.py), and goes from there once the letter is written; that letter says nothing
of whose mailbox it is about. When a code is used, what an older slip had opened ends with it, and a letter in the
mailbox names the devices that still log in with app passwords: a lost password is no lost telephone, so these go on.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Protocol

from sqlalchemy import Connection, func, select

from mailhub.accounts import throttle
from mailhub.accounts.act import act, need_reason
from mailhub.accounts.errors import NoSuchAccount, WrongState
from mailhub.accounts.finding import MailboxRow, find_mailbox, subject_of
from mailhub.accounts.life.letters import LetterKind, tell
from mailhub.accounts.login.code_rows import Purpose, enter_code
from mailhub.accounts.login.codes import SlipSettings, issue, takes_codes
from mailhub.accounts.login.models import OneTimeCode
from mailhub.accounts.models import Person
from mailhub.accounts.rights import Action, Actor, Role
from mailhub.clock import DAY, HOUR, MINUTE
from mailhub.store.sealing import Sealer

SEALED = "sealed"
_PURPOSE = "recovery-code"
# A whole province may sit behind one address; a stranger who goes through a list of names is stopped all the same.
PER_NETWORK = 50


class RecoverySettings(SlipSettings, Protocol):
    """What is read from `[accounts]`."""

    @property
    def recovery_minutes(self) -> int: ...
    @property
    def recoveries_per_day(self) -> int: ...


def request(
    connection: Connection, address: str, *, ip: str, at: int, settings: RecoverySettings, sealer: Sealer
) -> bool:
    """Somebody at a door asks for a code for this address; a letter with one is entered if it can be sent.

    What it answers is for tests: doors say the same in either case. One account gets `recoveries_per_day` codes in
    24 hours, one network `PER_NETWORK` in an hour, whomever they are for. `settings` is `[accounts]`.
    """
    try:
        mailbox = find_mailbox(connection, address if address.isprintable() else "")
    except NoSuchAccount:
        return False
    asker = f"recovery: {throttle.network_of(ip)}"
    channel = _channel(connection, mailbox)
    if not channel or not takes_codes(mailbox) or _is_busy(connection, mailbox, asker, settings, at=at):
        return False
    actor = Actor(name=f"{mailbox.address} (recovery)", role=Role.OFFICIAL, account_id=mailbox.id, ip=ip)
    until = at + settings.recovery_minutes * MINUTE
    with act(connection, actor, at=at) as acting:
        acting.check(Action.ACCOUNT_RECOVER, subject_of(connection, mailbox))
        code = enter_code(connection, mailbox.id, Purpose.RECOVERY, asker, at=at, expires_at=until)
        acting.after = {"recovery_until": until}
    sealed = sealer.seal(_PURPOSE, code.encode(), str(mailbox.id))
    facts = {SEALED: base64.b64encode(sealed).decode(), "of": mailbox.id, "until": until}
    return tell(connection, LetterKind.RECOVERY_CODE, channel, facts, at=at)


def hand_over(
    connection: Connection, actor: Actor, address: str, *, at: int, settings: RecoverySettings, reason: str
) -> str:
    """An administrator helps in person: a fresh slip's code, in clear this once; audited as a recovery.

    Raises:
        As `codes.issue`; ReasonMissing. WrongState: as many codes were made in 24 hours as one account gets.
    """
    reason = need_reason(reason)
    mailbox = find_mailbox(connection, address)
    code = issue(connection, actor, address, at=at, settings=settings, reason=reason, action=Action.ACCOUNT_RECOVER)
    if _made_lately(connection, mailbox, at, Purpose.SLIP) > settings.recoveries_per_day:
        raise WrongState(f"{mailbox.address} got {settings.recoveries_per_day} codes within 24 hours: tomorrow again")
    return code


def reveal(sealer: Sealer, facts: Mapping[str, Any]) -> str:
    """The code in the facts of a recovery letter.

    Raises:
        StoreUnavailable: it was sealed under another key.
    """
    return sealer.unseal(_PURPOSE, base64.b64decode(str(facts[SEALED])), str(facts["of"])).decode()


def _channel(connection: Connection, mailbox: MailboxRow) -> str:
    query = select(Person.recovery_address).where(Person.id == mailbox.person_id)
    return connection.execute(query).scalar_one_or_none() or ""


def _is_busy(connection: Connection, mailbox: MailboxRow, asker: str, settings: RecoverySettings, *, at: int) -> bool:
    if _made_lately(connection, mailbox, at, Purpose.RECOVERY) >= settings.recoveries_per_day:
        return True
    asked = (OneTimeCode.made_by == asker, OneTimeCode.made_at > at - HOUR)
    return connection.execute(select(func.count()).where(*asked)).scalar_one() >= PER_NETWORK


def _made_lately(connection: Connection, mailbox: MailboxRow, at: int, purpose: Purpose) -> int:
    """Of one purpose: what strangers ask for at a door keeps no administrator from helping, nor the other way round."""
    mine = (OneTimeCode.mailbox_id == mailbox.id, OneTimeCode.purpose == purpose.value)
    return connection.execute(select(func.count()).where(*mine, OneTimeCode.made_at > at - DAY)).scalar_one()
