"""Acts on how an account is entered: locks, second factor, app passwords, sessions, tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from mailhub.accounts.credentials import unlock_account
from mailhub.accounts.errors import InvalidValue
from mailhub.accounts.finding import find_mailbox, subject_of
from mailhub.accounts.life.idle import is_idle, reopen
from mailhub.accounts.login import codes, second_factor
from mailhub.accounts.login.app_passwords import list_app_passwords, revoke_app_passwords
from mailhub.accounts.models import MailboxKind, MailboxState
from mailhub.accounts.reading import AccountReport
from mailhub.accounts.rights import Action, Actor, may
from mailhub.accounts.web.listing import end_all
from mailhub.accounts.web.tokens import revoke_tokens
from mailhub.admin.people.acts import ALL, REASON, SELECT, WORD, AccountAct, Doing, Field, Standing
from mailhub.admin.people.words import ENDED
from mailhub.clock import local_time


def unlock(connection: Connection, actor: Actor, address: str, *, reason: str, at: int) -> int:
    """Let somebody log in again at once: after wrong passwords, and after too long without a login.

    Gives how much was in the way; 0 = nothing.
    """
    number = unlock_account(connection, actor, address, reason=reason, at=at)
    if is_idle(find_mailbox(connection, address)):
        reopen(connection, actor, address, reason=reason, at=at)
        number += 1
    return number


def _unlock(do: Doing) -> object:
    return unlock(do.connection, do.actor, do.address, reason=do["reason"], at=do.at)


def _reset_factor(do: Doing) -> None:
    second_factor.reset(do.connection, do.actor, do.address, reason=do["reason"], at=do.at)


def _revoke_app_passwords(do: Doing) -> object:
    which = None if do["app_password"] == ALL else do["app_password"]
    number = revoke_app_passwords(do.connection, do.actor, do.address, which, reason=do["reason"], at=do.at)
    if not number:
        raise InvalidValue(f"{do.address} has no app password")
    return number


def _app_passwords(
    connection: Connection, actor: Actor, report: AccountReport, _at: int
) -> Mapping[str, Sequence[tuple[str, str]]]:
    if not may(actor, Action.APP_PASSWORD, subject_of(connection, report.mailbox)):
        return {}
    rows = list_app_passwords(connection, actor, report.mailbox.address)
    offered = [(row.prefix, f"{row.device} ({row.prefix}…, {local_time(row.made_at):%d/%m/%Y})") for row in rows]
    return {"app_password": [(ALL, ""), *offered]}


def _end_sessions(do: Doing) -> object:
    return end_all(do.connection, do.actor, do.address, at=do.at, reason=do["reason"])


def _revoke_tokens(do: Doing) -> object:
    return revoke_tokens(do.connection, do.actor, do.address, None, reason=do["reason"], at=do.at)


def _take_back(do: Doing) -> object:
    return codes.take_back(do.connection, do.actor, do.address, at=do.at, reason=do["reason"])


def _enters(standing: Standing) -> bool:
    mailbox = standing.mailbox
    return mailbox.kind is not MailboxKind.ROLE and mailbox.state not in (*ENDED, MailboxState.REQUESTED)


UNLOCK = AccountAct(
    key="unlock", action=Action.ACCOUNT_UNLOCK, icon="unlock", run=_unlock, fits=_enters, fields=(WORD,),
    leads="access", group="login",
)  # fmt: skip
RESET_FACTOR = AccountAct(
    key="second-factor-reset", action=Action.SECOND_FACTOR_RESET, icon="phone", run=_reset_factor, fields=(REASON,),
    fits=lambda now: now.report.access.second_factor, leads="access", group="login", danger=True,
)  # fmt: skip
REVOKE_APP_PASSWORDS = AccountAct(
    key="app-password-revoke", action=Action.APP_PASSWORD, icon="laptop", run=_revoke_app_passwords, leads="access",
    fits=lambda now: now.report.access.devices > 0, offers=_app_passwords, group="login",
    fields=(Field(name="app_password", kind=SELECT, required=True), REASON),
)  # fmt: skip
END_SESSIONS = AccountAct(
    key="sessions-end", action=Action.WEB_SESSION, icon="box-arrow-right", run=_end_sessions, fits=_enters,
    fields=(REASON,), leads="access", group="login",
)  # fmt: skip
REVOKE_TOKENS = AccountAct(
    key="tokens-revoke", action=Action.API_TOKEN, icon="key", run=_revoke_tokens, fits=_enters, fields=(REASON,),
    leads="access", group="login",
)  # fmt: skip
TAKE_BACK = AccountAct(
    key="slip-take-back", action=Action.ACCOUNT_SLIP, icon="file-earmark-text", run=_take_back, fields=(REASON,),
    fits=lambda now: now.report.access.slip_until is not None, leads="access", group="login",
)  # fmt: skip
LOGIN_ACTS = (UNLOCK, TAKE_BACK, RESET_FACTOR, REVOKE_APP_PASSWORDS, END_SESSIONS, REVOKE_TOKENS)
