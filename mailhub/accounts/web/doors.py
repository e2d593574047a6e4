"""What an account has open on the web, as the doors themselves would find it: for the kill switch's proof."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection, and_, or_, select

from mailhub.accounts.finding import load_mailbox
from mailhub.accounts.login.rule import StandingSettings, standing_of
from mailhub.accounts.web.login import WebLoginSettings
from mailhub.accounts.web.models import ApiToken, WebSession
from mailhub.accounts.web.passkeys import passkey_count
from mailhub.accounts.web.sessions import Ended, open_sessions


class WebDoorSettings(Protocol):
    """The sections that matter here."""

    @property
    def web(self) -> WebLoginSettings: ...
    @property
    def passwords(self) -> StandingSettings: ...


@dataclass(frozen=True, slots=True)
class Standing:
    """How many there are, and how many of them still open something."""

    there: int
    opening: int


def web_sessions(
    connection: Connection, account_id: int, *, settings: WebDoorSettings, since: int, at: int
) -> Standing:
    """Browsers that were logged in at the moment `since`, when the account was closed: each request asks for its
    session anew (sessions.find_session)."""
    ended = WebSession.ended_at
    there = or_(ended.is_(None), and_(ended >= since, WebSession.ended_why == Ended.CLOSED.value))
    kept = len(connection.execute(select(WebSession.id).where(WebSession.account_id == account_id, there)).all())
    return Standing(kept, len(open_sessions(connection, account_id, settings=settings, at=at)))


def api_tokens(connection: Connection, account_id: int, *, settings: WebDoorSettings, at: int) -> Standing:
    """Tokens that are neither revoked nor too old; each request asks as tokens.find_token does."""
    good = (ApiToken.account_id == account_id, ApiToken.revoked_at.is_(None), ApiToken.expires_at > at)
    kept = len(connection.execute(select(ApiToken.id).where(*good)).all())
    mailbox = load_mailbox(connection, account_id)
    lacks = standing_of(connection, account_id, None, settings.passwords, at=at).lacks_factor
    return Standing(kept, kept if mailbox is not None and mailbox.logs_in and not lacks else 0)


def passkeys(connection: Connection, account_id: int) -> Standing:
    """Keys answer only within a login whose password was right."""
    kept, mailbox = passkey_count(connection, account_id), load_mailbox(connection, account_id)
    return Standing(kept, kept if mailbox is not None and mailbox.logs_in else 0)
