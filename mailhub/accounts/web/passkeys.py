"""Passkeys: a key on the owner's device that answers a challenge for our name alone, so that no forged page gets one.

Registration and authentication as in W3C WebAuthn Level 3 §§ 7.1, 7.2, by py_webauthn, over challenges that lie with
the session (challenges.py). Checked: challenge, origin, name, user presence, signature, and that the count of uses went
up: a copy of a key shows itself by one that did not (§ 6.1.1), and the answer is then refused. User verification (a
finger, a PIN) is preferred and not demanded: a password went before.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import options_to_json_dict
from webauthn.helpers.base64url_to_bytes import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from mailhub.accounts.act import act
from mailhub.accounts.errors import CodeRefused, InvalidValue, NotFound, WrongState
from mailhub.accounts.finding import MailboxRow, find_mailbox, subject_of
from mailhub.accounts.life.letters import LetterKind, tell
from mailhub.accounts.login.models import Passkey, RecoveryCode
from mailhub.accounts.login.older_sessions import end_older_sessions
from mailhub.accounts.login.rule import has_second_factor
from mailhub.accounts.login.second_factor import new_recovery_codes
from mailhub.accounts.models import MailboxKind
from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import Action, Actor, may
from mailhub.accounts.web.challenges import LOGIN, REGISTER, keep_challenge, take_challenge
from mailhub.accounts.web.relying import RelyingParty
from mailhub.accounts.web.sessions import SessionRow
from mailhub.ids import new_id
from mailhub.text.plain import plain_line

MOST = 10  # of one account
LONGEST_ANSWER = 20_000  # characters of JSON
_LARGEST_COUNT = 2**32


class NoSuchPasskey(NotFound):
    """The account has no such passkey."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyLine:
    """A passkey as its owner sees it. Times in ms; `synced`: its maker copies it to the owner's other devices."""

    id: int
    name: str
    rp_id: str
    synced: bool
    made_at: int
    last_used_at: int | None


def begin_registration(
    connection: Connection, actor: Actor, session: SessionRow, party: RelyingParty, *, at: int
) -> dict[str, Any]:
    """What the browser's `navigator.credentials.create` gets, in a write transaction.

    Raises:
        NotAllowed. WrongState: not a person's account in use, or it has ten already.
    """
    mailbox = _own(connection, actor, session)
    if mailbox.kind is not MailboxKind.PERSONAL or not mailbox.logs_in:
        raise WrongState(f"{mailbox.address}: a passkey is for a person's account in use")
    rows = _rows(connection, mailbox.id)
    if len(rows) >= MOST:
        raise WrongState(f"{mailbox.address} has {MOST} passkeys: remove those that are not used any more")
    options = generate_registration_options(
        rp_id=party.id,
        rp_name=party.name,
        user_name=mailbox.address,
        user_display_name=mailbox.name,
        user_id=mailbox.id.to_bytes(8, "big"),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.DISCOURAGED, user_verification=UserVerificationRequirement.PREFERRED
        ),
        exclude_credentials=[_descriptor(row) for row in rows if row.rp_id == party.id],
    )
    keep_challenge(connection, session, options.challenge, REGISTER, at=at)
    return options_to_json_dict(options)


def finish_registration(
    connection: Connection, actor: Actor, session: SessionRow, party: RelyingParty, answer: str, *, name: str, at: int
) -> tuple[str, ...]:
    """Keep the key that the browser's answer (JSON) brings, in a write transaction. Gives recovery codes, this once,
    when it is the account's first second factor; then all sessions but this one have to end (sessions.carry_over).

    Raises:
        NotAllowed. InvalidValue: no name. CodeRefused: the answer does not fit.
    """
    name = " ".join(plain_line(name).split())
    if not name or len(name) > 100:
        raise InvalidValue("the passkey needs a name of at most 100 letters, such as 'Khóa USB'")
    with act(connection, actor, at=at) as acting:
        mailbox = _own(connection, actor, session)
        acting.check(Action.SECOND_FACTOR, subject_of(connection, mailbox))
        challenge = take_challenge(connection, session, REGISTER, at=at)
        response = _read(answer)
        if challenge is None:
            raise CodeRefused("the passkey took too long: begin again")
        try:
            made = verify_registration_response(
                credential=response,
                expected_challenge=challenge,
                expected_rp_id=party.id,
                expected_origin=list(party.origins),
            )
        except WebAuthnException as error:
            raise CodeRefused(f"the passkey's answer does not fit: {error}") from error
        first = not has_second_factor(connection, mailbox.id)
        _keep(connection, mailbox, made, response, party, name, at=at)
        codes: tuple[str, ...] = ()
        if first or not _has_recovery(connection, mailbox.id):
            codes = new_recovery_codes(connection, mailbox.id)
        if first:
            end_older_sessions(connection, mailbox.id, at=at)
        acting.after = {"passkey": name, "rp_id": party.id, "synced": made.credential_backed_up}
        facts = {"address": mailbox.address, "name": mailbox.name, "at": at, "act": "passkey", "device": name}
        tell(connection, LetterKind.SECOND_FACTOR, mailbox.address, facts, at=at)
    return codes


def begin_authentication(
    connection: Connection, session: SessionRow, party: RelyingParty, *, at: int
) -> dict[str, Any] | None:
    """What `navigator.credentials.get` gets, in a write transaction; None when the account has no passkey here."""
    rows = [row for row in _rows(connection, session.account_id) if row.rp_id == party.id]
    if not rows:
        return None
    options = generate_authentication_options(rp_id=party.id, allow_credentials=[_descriptor(row) for row in rows])
    keep_challenge(connection, session, options.challenge, LOGIN, at=at)
    return options_to_json_dict(options)


def finish_authentication(
    connection: Connection, session: SessionRow, party: RelyingParty, answer: str, *, at: int
) -> bool:
    """Whether the browser's answer (JSON) proves one of the account's passkeys, in a write transaction: the challenge
    is used up either way."""
    challenge = take_challenge(connection, session, LOGIN, at=at)
    try:
        response = _read(answer)
        number = base64url_to_bytes(response["rawId"])
    except (CodeRefused, KeyError, TypeError, ValueError):
        return False
    which = (Passkey.mailbox_id == session.account_id, Passkey.credential_id == number, Passkey.rp_id == party.id)
    row = connection.execute(select(Passkey.__table__).where(*which).with_for_update()).one_or_none()
    if challenge is None or row is None:
        return False
    try:
        proved = verify_authentication_response(
            credential=response,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=list(party.origins),
            credential_public_key=bytes(row.public_key),
            credential_current_sign_count=row.sign_count,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        return False
    values = {"sign_count": proved.new_sign_count % _LARGEST_COUNT, "last_used_at": at}
    connection.execute(update(Passkey).where(Passkey.id == row.id).values(**values))
    return True


def list_passkeys(connection: Connection, actor: Actor, address: str) -> Sequence[PasskeyLine]:
    """The account's passkeys, the oldest first.

    Raises:
        NoSuchAccount, NotAllowed.
    """
    mailbox = find_mailbox(connection, address)
    if not may(actor, Action.SECOND_FACTOR, subject_of(connection, mailbox)):
        raise refusal(actor, Action.SECOND_FACTOR, mailbox.address)
    fields = PasskeyLine.__dataclass_fields__
    return [PasskeyLine(**{name: getattr(row, name) for name in fields}) for row in _rows(connection, mailbox.id)]


def remove_passkey(connection: Connection, actor: Actor, address: str, which: int, *, at: int) -> None:
    """The owner takes one away; the last second factor of an account stays until another is there (an administrator
    resets it: second_factor.reset).

    Raises:
        NoSuchAccount, NotAllowed, NoSuchPasskey. WrongState: it is the last second factor.
    """
    with act(connection, actor, at=at) as acting:
        mailbox = find_mailbox(connection, address)
        acting.check(Action.SECOND_FACTOR, subject_of(connection, mailbox))
        mine = (Passkey.mailbox_id == mailbox.id, Passkey.id == which)
        name = connection.execute(select(Passkey.name).where(*mine)).scalar_one_or_none()
        if name is None:
            raise NoSuchPasskey(f"{mailbox.address} has no such passkey")
        connection.execute(delete(Passkey).where(*mine))
        if not has_second_factor(connection, mailbox.id):
            raise WrongState("this is the account's last second factor: add another one before")
        acting.before = {"passkey": name}


def passkeys_for(connection: Connection, account_id: int, party: RelyingParty | None) -> int:
    """How many of them answer at this name."""
    return 0 if party is None else sum(row.rp_id == party.id for row in _rows(connection, account_id))


def names_with_passkeys(connection: Connection, account_id: int) -> frozenset[str]:
    """The names at which some of them answer."""
    return frozenset(row.rp_id for row in _rows(connection, account_id))


def passkey_count(connection: Connection, account_id: int) -> int:
    """How many passkeys the account has, for whatever name."""
    return len(_rows(connection, account_id))


def _own(connection: Connection, actor: Actor, session: SessionRow) -> MailboxRow:
    """The mailbox of the session, whose owner acts: nobody makes a key for somebody else."""
    mailbox = find_mailbox(connection, session.address)
    if actor.account_id != mailbox.id or not may(actor, Action.SECOND_FACTOR, subject_of(connection, mailbox)):
        raise refusal(actor, Action.SECOND_FACTOR, mailbox.address)
    return mailbox


def _rows(connection: Connection, account_id: int) -> Sequence[Any]:
    return connection.execute(
        select(Passkey.__table__).where(Passkey.mailbox_id == account_id).order_by(Passkey.id)
    ).all()


def _descriptor(row: Any) -> PublicKeyCredentialDescriptor:
    known = {one.value for one in AuthenticatorTransport}
    transports = [AuthenticatorTransport(word) for word in row.transports.split() if word in known]
    return PublicKeyCredentialDescriptor(id=bytes(row.credential_id), transports=transports or None)


def _read(answer: str) -> dict[str, Any]:
    """The browser's JSON, as far as it is an object."""
    try:
        read = json.loads(answer) if len(answer) <= LONGEST_ANSWER else None
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise CodeRefused("the passkey's answer cannot be read")
    return read


def _keep(
    connection: Connection, mailbox: MailboxRow, made: Any, response: Any, party: RelyingParty, name: str, *, at: int
) -> None:
    number: bytes = made.credential_id
    if connection.execute(select(Passkey.id).where(Passkey.credential_id == number)).first() is not None:
        raise CodeRefused("this passkey is known already")
    known = {one.value for one in AuthenticatorTransport}
    told = response.get("response", {}).get("transports", [])
    transports = [word for word in told if isinstance(word, str) and word in known] if isinstance(told, list) else []
    synced = made.credential_device_type is CredentialDeviceType.MULTI_DEVICE
    row = {"id": new_id(), "mailbox_id": mailbox.id, "credential_id": number, "public_key": made.credential_public_key}
    row |= {"sign_count": made.sign_count, "rp_id": party.id, "name": name, "transports": " ".join(transports)}
    connection.execute(insert(Passkey).values(**row, synced=synced, made_at=at))


def _has_recovery(connection: Connection, mailbox_id: int) -> bool:
    unused = (RecoveryCode.mailbox_id == mailbox_id, RecoveryCode.used_at.is_(None))
    return connection.execute(select(RecoveryCode.id).where(*unused)).first() is not None
