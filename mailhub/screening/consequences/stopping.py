"""A box that may be in strange hands sends no more, and people are called (threats 3; architecture § 7).

The owner is not written to: whoever has the box would read it first. Those who can telephone are.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from mailhub.accounts.addresses import split
from mailhub.accounts.control.grants import holders_over
from mailhub.accounts.errors import WrongState
from mailhub.accounts.finding import MailboxRow, load_mailbox, subject_of
from mailhub.accounts.life.letters import LetterKind, tell
from mailhub.accounts.life.sending import stop_sending as close_sending
from mailhub.accounts.life.telling import facts_of, unit_of
from mailhub.accounts.models import Person
from mailhub.accounts.rights import Actor, Role
from mailhub.policy.rules.rule import Rule
from mailhub.screening.turns import take_turn

_HELPERS = (Role.HELP_DESK, Role.AGENCY_ADMIN)
_REASON = "dấu hiệu hộp thư bị chiếm quyền sử dụng"


def policy_actor() -> Actor:
    """Who acts when a rule does."""
    return Actor(name="mailhub:policy", role=Role.CONSOLE, proved=True)


def stop_sending(
    connection: Connection, account_id: int, rule: Rule, *, code: str, officers: Sequence[str] = (), at: int
) -> bool:
    """Close the account's sending because `rule` fits the message `code`, and call people; False when it is closed.

    In the message's transaction (`NewMessage.also`, behind the record) or in one of its own. `officers` are those of
    `[secrets] officers`, told beside the security officers.
    """
    take_turn(connection)
    mailbox = load_mailbox(connection, account_id)
    if mailbox is None:
        return False
    try:
        close_sending(connection, policy_actor(), mailbox.address, reason=f"{_REASON} ({rule.id}, {code})", at=at)
    except WrongState:
        return False
    facts = facts_of(connection, mailbox) | {"phone": _phone_of(connection, mailbox), "stopped_at": at}
    facts |= {"code": code, "title": rule.title}
    for address in _called(connection, mailbox, officers, at=at):
        tell(connection, LetterKind.SENDING_STOPPED, address, facts, at=at)
    return True


def _called(connection: Connection, mailbox: MailboxRow, officers: Sequence[str], *, at: int) -> list[str]:
    """Who is to telephone: help desk and administrators over the agency (else its unit, and those of the province),
    and the security officers; the postmaster where there is none of these."""
    subject = subject_of(connection, mailbox)
    called = set(holders_over(connection, _HELPERS, subject, at=at, but=mailbox.id))
    if not called:
        called |= set(holders_over(connection, (Role.SYSTEM_ADMIN,), subject, at=at, but=mailbox.id))
        called.add(unit_of(connection, mailbox))
    called |= set(holders_over(connection, (Role.SECURITY_OFFICER,), subject, at=at, but=mailbox.id))
    found = (called | set(officers)) - {"", mailbox.address}
    # RFC 5321 § 4.5.1: the one address that always reaches somebody.
    return sorted(found or {f"postmaster@{split(mailbox.address)[1]}"})


def _phone_of(connection: Connection, mailbox: MailboxRow) -> str:
    query = select(Person.phone).where(Person.id == mailbox.person_id)
    return connection.execute(query).scalar_one_or_none() or ""
