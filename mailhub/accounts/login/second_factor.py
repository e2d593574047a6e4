"""The second factor: a code of six figures from an application on the phone (TOTP, RFC 6238), and codes for the day on
which the phone is gone.

SHA-1, six digits, 30 seconds: what every authenticator takes. The key is sealed under a key outside the database
(store/sealing.py). A code is good one step before and after its own (RFC 6238 § 5.2), and once.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from base64 import b32encode
from dataclasses import dataclass
from enum import StrEnum

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy import Connection, delete, func, insert, select, update

from mailhub.accounts import throttle
from mailhub.accounts.act import act
from mailhub.accounts.control.above import check_not_above
from mailhub.accounts.errors import CodeRefused, NotAllowed, NotFound, WrongState
from mailhub.accounts.finding import find_mailbox, subject_of
from mailhub.accounts.life.letters import LetterKind, tell
from mailhub.accounts.login.models import Passkey, RecoveryCode, SecondFactor
from mailhub.accounts.login.older_sessions import end_older_sessions
from mailhub.accounts.login.rule import StandingSettings, has_second_factor
from mailhub.accounts.models import Grant, Mailbox, MailboxKind
from mailhub.accounts.periods import in_force
from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import Action, Actor, may
from mailhub.accounts.tree import scope_of
from mailhub.ids import CODE_ALPHABET, new_id
from mailhub.store.sealing import Sealer

PURPOSE = "second-factor"
RECOVERY_CODES = 10
STEP_SECONDS = 30
_KEY_OCTETS = 20  # RFC 4226 § 4, R6: 160 bits are recommended
_SIGNS, _GROUP = 16, 4  # a recovery code: 77 bits


class TakenCode(StrEnum):
    """What a right code was."""

    PHONE = "code"
    RECOVERY = "recovery"


@dataclass(frozen=True, slots=True)
class SetUp:
    """What the owner's phone needs, shown once: the URI for a QR code, and the key to type in by hand."""

    address: str
    uri: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorLine:
    """An account that has a second factor, or lacks one that its role demands. Times in ms."""

    address: str
    name: str
    confirmed_at: int | None
    demanded: bool
    recovery_codes: int
    passkeys: int = 0


def set_up(
    connection: Connection, actor: Actor, address: str, sealer: Sealer, *, issuer: str, at: int | None = None
) -> SetUp:
    """Make a key; it counts once it is confirmed. Done again before that, the first key is void.

    Raises:
        NoSuchAccount, NotAllowed. WrongState: it has one already (reset it first), or is nobody's to log in to.
    """
    with act(connection, actor, at=at) as acting:
        mailbox = find_mailbox(connection, address)
        acting.check(Action.SECOND_FACTOR, subject_of(connection, mailbox))
        if mailbox.kind is not MailboxKind.PERSONAL or not mailbox.logs_in:
            raise WrongState(f"{mailbox.address}: a second factor is for a person's account in use")
        if is_confirmed(connection, mailbox.id):
            raise WrongState(f"{mailbox.address} has a second factor: reset it first (mailhub second-factor reset)")
        key = secrets.token_bytes(_KEY_OCTETS)
        connection.execute(delete(SecondFactor).where(SecondFactor.mailbox_id == mailbox.id))
        sealed = sealer.seal(PURPOSE, key, str(mailbox.id))
        row = {"mailbox_id": mailbox.id, "sealed_key": sealed, "made_at": acting.at, "last_step": 0}
        connection.execute(insert(SecondFactor).values(**row))
        acting.after = {"second_factor": "made"}
    return _shown(mailbox.address, key, issuer)


def pending(connection: Connection, actor: Actor, address: str, sealer: Sealer, *, issuer: str) -> SetUp | None:
    """The key that was made and not confirmed yet, to be shown again to its owner; None when there is none.

    Raises:
        NoSuchAccount, NotAllowed. StoreUnavailable: it was sealed under another key.
    """
    mailbox = find_mailbox(connection, address)
    if actor.account_id != mailbox.id or not may(actor, Action.SECOND_FACTOR, subject_of(connection, mailbox)):
        raise refusal(actor, Action.SECOND_FACTOR, mailbox.address)
    open_ = (SecondFactor.mailbox_id == mailbox.id, SecondFactor.confirmed_at.is_(None))
    sealed = connection.execute(select(SecondFactor.sealed_key).where(*open_)).scalar_one_or_none()
    if sealed is None:
        return None
    return _shown(mailbox.address, sealer.unseal(PURPOSE, bytes(sealed), str(mailbox.id)), issuer)


def renew_recovery_codes(connection: Connection, actor: Actor, address: str, *, at: int) -> tuple[str, ...]:
    """Ten new recovery codes for the owner, in clear this once; those before them are void.

    Raises:
        NoSuchAccount, NotAllowed. WrongState: there is no second factor that they could stand in for.
    """
    with act(connection, actor, at=at) as acting:
        mailbox = find_mailbox(connection, address)
        acting.check(Action.SECOND_FACTOR, subject_of(connection, mailbox))
        if actor.account_id != mailbox.id:
            raise NotAllowed("recovery codes are made by their owner")
        if not has_second_factor(connection, mailbox.id):
            raise WrongState(f"{mailbox.address} has no second factor")
        acting.after = {"recovery_codes": RECOVERY_CODES}
        return new_recovery_codes(connection, mailbox.id)


def recovery_codes_left(connection: Connection, mailbox_id: int) -> int:
    """How many of them have not been used."""
    return _recovery_codes_left(connection).get(mailbox_id, 0)


def confirm(
    connection: Connection, actor: Actor, address: str, code: str, sealer: Sealer, *, at: int | None = None
) -> tuple[str, ...]:
    """Prove by a first code that the phone has the key; from now on it counts. Gives the recovery codes, this once.

    Raises:
        NoSuchAccount, NotAllowed. WrongState: none was set up, or it is confirmed. CodeRefused: not the code.
    """
    with act(connection, actor, at=at) as acting:
        mailbox = find_mailbox(connection, address)
        acting.check(Action.SECOND_FACTOR, subject_of(connection, mailbox))
        if is_confirmed(connection, mailbox.id):
            raise WrongState(f"{mailbox.address} has a second factor already")
        if not _take_totp(connection, mailbox.id, code, sealer, at=acting.at):
            raise CodeRefused("this is not the code that the application shows now: is the phone's clock right?")
        which = SecondFactor.mailbox_id == mailbox.id
        connection.execute(update(SecondFactor).where(which).values(confirmed_at=acting.at))
        end_older_sessions(connection, mailbox.id, at=acting.at)  # mail that the password alone had opened
        codes = new_recovery_codes(connection, mailbox.id)
        acting.after = {"second_factor": "confirmed"}
        facts = {
            "address": mailbox.address,
            "name": mailbox.name,
            "at": acting.at,
            "act": "confirmed",
            "by": actor.name,
        }
        tell(connection, LetterKind.SECOND_FACTOR, mailbox.address, facts, at=acting.at)
    return codes


def reset(connection: Connection, actor: Actor, address: str, *, reason: str, at: int | None = None) -> None:
    """Take the second factor away, passkeys and recovery codes with it: the phone is lost. The owner is told.

    Raises:
        NoSuchAccount, NotAllowed. NotFound: there is none.
    """
    with act(connection, actor, reason=reason.strip(), at=at) as acting:
        mailbox = find_mailbox(connection, address)
        acting.check(Action.SECOND_FACTOR_RESET, subject_of(connection, mailbox))
        if actor.account_id == mailbox.id:
            raise NotAllowed("nobody resets a second factor of their own: ask another administrator")
        check_not_above(connection, actor, mailbox, Action.SECOND_FACTOR_RESET, at=acting.at)
        done = connection.execute(delete(SecondFactor).where(SecondFactor.mailbox_id == mailbox.id))
        keys = connection.execute(delete(Passkey).where(Passkey.mailbox_id == mailbox.id))
        if done.rowcount == 0 and keys.rowcount == 0:
            raise NotFound(f"{mailbox.address} has no second factor")
        connection.execute(delete(RecoveryCode).where(RecoveryCode.mailbox_id == mailbox.id))
        throttle.forget_codes(connection, mailbox.id)
        end_older_sessions(connection, mailbox.id, at=acting.at)  # whoever has the lost phone may be in
        acting.before = {"second_factor": "set", "passkeys": keys.rowcount}
        facts = {"address": mailbox.address, "name": mailbox.name, "at": acting.at, "act": "reset", "by": actor.name}
        tell(connection, LetterKind.SECOND_FACTOR, mailbox.address, facts, at=acting.at)


def is_confirmed(connection: Connection, mailbox_id: int) -> bool:
    """Whether the account has a second factor that counts."""
    query = select(SecondFactor.mailbox_id).where(
        SecondFactor.mailbox_id == mailbox_id, SecondFactor.confirmed_at.is_not(None)
    )
    return connection.execute(query).first() is not None


def take_code(connection: Connection, mailbox_id: int, code: str, sealer: Sealer, *, at: int) -> bool:
    """Whether the code is right, of the phone or for the day without it; it is used up in the caller's transaction.

    Not looked at when too many were wrong (throttle.count_code, which the caller asks for each wrong one).
    """
    return taken_code(connection, mailbox_id, code, sealer, at=at) is not None


def taken_code(
    connection: Connection, mailbox_id: int, code: str, sealer: Sealer, *, at: int, phone: bool = True
) -> TakenCode | None:
    """The same, and which kind it was; without `phone` only recovery codes are taken."""
    if throttle.codes_blocked_for(connection, mailbox_id, at=at):
        return None
    taken = None
    if phone and is_confirmed(connection, mailbox_id) and _take_totp(connection, mailbox_id, code, sealer, at=at):
        taken = TakenCode.PHONE
    elif _take_recovery(connection, mailbox_id, code, at):
        taken = TakenCode.RECOVERY
    if taken is not None:
        throttle.forget_codes(connection, mailbox_id)
    return taken


def list_second_factors(
    connection: Connection, actor: Actor, settings: StandingSettings, *, at: int
) -> list[FactorLine]:
    """Accounts that the actor may see which have a second factor, or lack one that their role demands.

    Raises:
        NotAllowed
    """
    scope = scope_of(connection, actor, Action.ACCOUNT_READ)
    query = select(Mailbox.id, Mailbox.address, Mailbox.name, SecondFactor.confirmed_at)
    query = query.outerjoin(SecondFactor, SecondFactor.mailbox_id == Mailbox.id)
    holders = select(Grant.account_id).where(Grant.role.in_(settings.second_factor_roles), in_force(Grant, at))
    keyed = Mailbox.id.in_(select(Passkey.mailbox_id))
    query = query.where(SecondFactor.confirmed_at.is_not(None) | keyed | Mailbox.id.in_(holders))
    if scope.account_id is not None:
        query = query.where(Mailbox.id == scope.account_id)
    if scope.agencies is not None:
        query = query.where(Mailbox.agency_id.in_(scope.agencies))
    demanded = frozenset(connection.execute(holders).scalars())
    left, keys = _recovery_codes_left(connection), _passkeys(connection)
    return [
        FactorLine(
            address=row.address,
            name=row.name,
            confirmed_at=row.confirmed_at,
            demanded=row.id in demanded,
            recovery_codes=left.get(row.id, 0),
            passkeys=keys.get(row.id, 0),
        )
        for row in connection.execute(query.order_by(Mailbox.address))
    ]


def _shown(address: str, key: bytes, issuer: str) -> SetUp:
    return SetUp(address, _totp(key).get_provisioning_uri(address, issuer), b32encode(key).decode().rstrip("="))


def current_code(key: bytes, at: int) -> str:
    """The code that a phone with this key shows at that moment (ms)."""
    return _totp(key).generate(at // 1000).decode()


def _totp(key: bytes) -> TOTP:
    return TOTP(key, 6, SHA1(), STEP_SECONDS)  # noqa: S303 - RFC 6238's own; HMAC does not need a collision-free hash


def _take_totp(connection: Connection, mailbox_id: int, code: str, sealer: Sealer, *, at: int) -> bool:
    typed = re.sub(r"\s", "", code)
    query = select(SecondFactor.sealed_key, SecondFactor.last_step).where(SecondFactor.mailbox_id == mailbox_id)
    row = connection.execute(query.with_for_update()).one_or_none()
    if row is None or not re.fullmatch(r"[0-9]{6}", typed, re.ASCII):
        return False
    totp, now = _totp(sealer.unseal(PURPOSE, bytes(row.sealed_key), str(mailbox_id))), at // 1000 // STEP_SECONDS
    fitting = [
        step
        for step in (now - 1, now, now + 1)
        if hmac.compare_digest(totp.generate(step * STEP_SECONDS), typed.encode()) and step > row.last_step
    ]
    if not fitting:
        return False
    unused = (SecondFactor.mailbox_id == mailbox_id, SecondFactor.last_step < fitting[0])
    return connection.execute(update(SecondFactor).where(*unused).values(last_step=fitting[0])).rowcount == 1


def _take_recovery(connection: Connection, mailbox_id: int, code: str, at: int) -> bool:
    signs = re.sub(r"[\s.-]", "", code).upper()
    if len(signs) != _SIGNS or any(sign not in CODE_ALPHABET for sign in signs):
        return False
    which = (
        RecoveryCode.mailbox_id == mailbox_id,
        RecoveryCode.digest == _digest(mailbox_id, signs),
        RecoveryCode.used_at.is_(None),
    )
    return connection.execute(update(RecoveryCode).where(*which).values(used_at=at)).rowcount == 1


def new_recovery_codes(connection: Connection, mailbox_id: int) -> tuple[str, ...]:
    """Inside an act: ten new ones, in clear this once; those before them are void."""
    connection.execute(delete(RecoveryCode).where(RecoveryCode.mailbox_id == mailbox_id))
    codes = ["".join(secrets.choice(CODE_ALPHABET) for _ in range(_SIGNS)) for _ in range(RECOVERY_CODES)]
    rows = [{"id": new_id(), "mailbox_id": mailbox_id, "digest": _digest(mailbox_id, code)} for code in codes]
    connection.execute(insert(RecoveryCode), rows)
    return tuple("-".join(code[start : start + _GROUP] for start in range(0, _SIGNS, _GROUP)) for code in codes)


def _recovery_codes_left(connection: Connection) -> dict[int, int]:
    query = select(RecoveryCode.mailbox_id, func.count()).where(RecoveryCode.used_at.is_(None))
    return {row[0]: row[1] for row in connection.execute(query.group_by(RecoveryCode.mailbox_id))}


def _passkeys(connection: Connection) -> dict[int, int]:
    return {
        row[0]: row[1]
        for row in connection.execute(select(Passkey.mailbox_id, func.count()).group_by(Passkey.mailbox_id))
    }


def _digest(mailbox_id: int, signs: str) -> bytes:
    return hashlib.sha256(f"{mailbox_id}:{signs}".encode()).digest()
