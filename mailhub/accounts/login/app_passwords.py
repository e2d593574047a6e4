"""App passwords: one a device, for its mail client alone; shown once, found by their beginning, kept as SHA-256.

`mhk4t-7w2qx-9m3fd-8bnpr-6yhc5`: `mh` and 23 of the 29 signs that nobody confuses. Six of them find the row; the 17
that it does not tell are 82 bits, so that a fast hash is enough. Letter case, blanks and hyphens do not matter.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, or_, select, update

from mailhub.accounts.act import act
from mailhub.accounts.errors import InvalidValue, NotAllowed, NotFound, WrongState
from mailhub.accounts.finding import MailboxRow, find_mailbox, subject_of
from mailhub.accounts.life.letters import LetterKind, tell
from mailhub.accounts.login.models import AppPassword
from mailhub.accounts.login.older_sessions import end_older_sessions
from mailhub.accounts.login.rule import StandingSettings, standing_of
from mailhub.accounts.models import MailboxState
from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import Action, Actor, Role, may
from mailhub.clock import DAY, MINUTE
from mailhub.ids import CODE_ALPHABET, new_id

MOST = 20  # devices of one account
_MARK = "mh"
_ALPHABET = CODE_ALPHABET.lower()
_SIGNS, _GROUP, _PREFIX = 25, 5, 8
_DEVICE = 100
_IGNORED = str.maketrans("", "", " -.\t\r\n\u00a0\u2010\u2011\u2013")


@dataclass(frozen=True, slots=True, kw_only=True)
class AppPasswordRow:
    """An app password without its secret. Times in ms; `prefix` tells devices of the same name apart."""

    id: int
    device: str
    prefix: str
    made_at: int
    expires_at: int | None
    last_used_at: int | None
    last_ip: str
    last_service: str
    revoked_at: int | None


def read_secret(typed: str) -> str | None:
    """The app password in what was typed, without blanks and hyphens; None when it has not the form of one."""
    if len(typed) > 64:
        return None
    signs = typed.lower().translate(_IGNORED)
    if len(signs) != _SIGNS or not signs.startswith(_MARK) or any(sign not in _ALPHABET for sign in signs[2:]):
        return None
    return signs


def find(connection: Connection, mailbox_id: int, typed: str) -> AppPasswordRow | None:
    """The app password of this mailbox that was typed, whether it still opens anything or not."""
    signs = read_secret(typed)
    if signs is None:
        return None
    table = AppPassword.__table__
    row = connection.execute(select(table).where(table.c.prefix == signs[:_PREFIX])).mappings().one_or_none()
    if row is None or not hmac.compare_digest(_digest(signs), bytes(row["digest"])) or row["mailbox_id"] != mailbox_id:
        return None
    return AppPasswordRow(**{key: row[key] for key in AppPasswordRow.__dataclass_fields__})


def note_use(connection: Connection, found: AppPasswordRow, *, service: str, ip: str, at: int) -> None:
    """Write down when and where it was used last."""
    values = {"last_used_at": at, "last_ip": ip[:64], "last_service": service[:32]}
    connection.execute(update(AppPassword).where(AppPassword.id == found.id).values(**values))


def use_is_known(found: AppPasswordRow, *, at: int) -> bool:
    """Whether a use within this last minute is written down already."""
    return found.last_used_at is not None and found.last_used_at > at - MINUTE


def make_app_password(
    connection: Connection,
    actor: Actor,
    address: str,
    device: str,
    *,
    settings: StandingSettings,
    days: int | None = None,
    at: int | None = None,
) -> str:
    """Make an app password and give it back in clear, this once. `settings` is `[passwords]`; `days` = until then only.

    Raises:
        NoSuchAccount, InvalidValue. WrongState: the account is not in use, must set up its second factor first, or
        has 20 already. NotAllowed: only the owner makes one, or whoever administers the whole province.
    """
    device = " ".join(device.split())
    if not device or len(device) > _DEVICE or not device.isprintable():
        raise InvalidValue("the device needs a name of at most 100 letters, such as 'Điện thoại'")
    with act(connection, actor, at=at) as acting:
        mailbox = find_mailbox(connection, address)
        acting.check(Action.APP_PASSWORD, subject_of(connection, mailbox))
        if actor.account_id != mailbox.id and not _is_whole(actor):
            raise NotAllowed(f"{actor.name} may revoke app passwords of {mailbox.address}, and not make one")
        _check_state(connection, mailbox, settings, at=acting.at)
        signs = _draw(connection)
        expires_at = None if days is None else acting.at + days * DAY
        row = {"id": new_id(), "mailbox_id": mailbox.id, "device": device, "prefix": signs[:_PREFIX]}
        row |= {"digest": _digest(signs), "made_at": acting.at, "expires_at": expires_at}
        connection.execute(insert(AppPassword).values(**row))
        acting.after = {"device": device, "app_password": signs[:_PREFIX], "until": expires_at}
        facts = {"address": mailbox.address, "name": mailbox.name, "device": device, "at": acting.at, "ip": actor.ip}
        tell(connection, LetterKind.NEW_DEVICE, mailbox.address, facts, at=acting.at)
    return "-".join(signs[start : start + _GROUP] for start in range(0, _SIGNS, _GROUP))


def list_app_passwords(
    connection: Connection, actor: Actor, address: str, *, revoked: bool = False
) -> Sequence[AppPasswordRow]:
    """The account's app passwords, the oldest first; those that were taken back only when `revoked`.

    Raises:
        NoSuchAccount, NotAllowed.
    """
    mailbox = find_mailbox(connection, address)
    if not may(actor, Action.APP_PASSWORD, subject_of(connection, mailbox)):
        raise refusal(actor, Action.APP_PASSWORD, mailbox.address, what="xem mật khẩu ứng dụng")
    query = select(AppPassword.__table__).where(AppPassword.mailbox_id == mailbox.id)
    if not revoked:
        query = query.where(AppPassword.revoked_at.is_(None))
    rows = connection.execute(query.order_by(AppPassword.id)).mappings()
    return [AppPasswordRow(**{key: row[key] for key in AppPasswordRow.__dataclass_fields__}) for row in rows]


def revoke_app_passwords(
    connection: Connection, actor: Actor, address: str, which: str | None, *, reason: str = "", at: int | None = None
) -> int:
    """Take back the app password that begins like `which`, or of that device, or all (None); how many it were.

    Raises:
        NoSuchAccount, NotAllowed. NotFound: none is like that.
    """
    with act(connection, actor, reason=reason.strip(), at=at) as acting:
        mailbox = find_mailbox(connection, address)
        acting.check(Action.APP_PASSWORD, subject_of(connection, mailbox))
        open_ = [AppPassword.mailbox_id == mailbox.id, AppPassword.revoked_at.is_(None)]
        if which is not None:
            signs = which.lower().translate(_IGNORED)[:_PREFIX]
            open_.append(or_(AppPassword.prefix == signs, AppPassword.device == which))
        devices = list(connection.execute(select(AppPassword.device).where(*open_)).scalars())
        if not devices and which is not None:
            raise NotFound(f"{mailbox.address} has no app password {which!r}")
        connection.execute(update(AppPassword).where(*open_).values(revoked_at=acting.at))
        end_older_sessions(connection, mailbox.id, at=acting.at, but_web=True)  # an app password opens none there
        acting.before = {"app_passwords": devices}
        return len(devices)


def live_count(connection: Connection, mailbox_id: int, *, at: int) -> int:
    """How many app passwords open the mailbox at that moment."""
    live = or_(AppPassword.expires_at.is_(None), AppPassword.expires_at > at)
    query = select(AppPassword.id).where(AppPassword.mailbox_id == mailbox_id, AppPassword.revoked_at.is_(None), live)
    return len(connection.execute(query).all())


def _check_state(connection: Connection, mailbox: MailboxRow, settings: StandingSettings, *, at: int) -> None:
    if mailbox.state is not MailboxState.ACTIVE or not mailbox.may_login:
        raise WrongState(f"{mailbox.address} is {mailbox.state}: app passwords are for accounts in use")
    if standing_of(connection, mailbox.id, None, settings, at=at).lacks_factor:
        raise WrongState(f"{mailbox.address} must set up the second factor first (mailhub second-factor set-up)")
    if live_count(connection, mailbox.id, at=at) >= MOST:
        raise WrongState(f"{mailbox.address} has {MOST} app passwords: revoke those that are not used any more")


def _is_whole(actor: Actor) -> bool:
    return any(held.role in (Role.CONSOLE, Role.SYSTEM_ADMIN) for held in actor.holds)


def _draw(connection: Connection) -> str:
    while True:
        signs = _MARK + "".join(secrets.choice(_ALPHABET) for _ in range(_SIGNS - len(_MARK)))
        if connection.execute(select(AppPassword.id).where(AppPassword.prefix == signs[:_PREFIX])).first() is None:
            return signs


def _digest(signs: str) -> bytes:
    return hashlib.sha256(signs.encode()).digest()
