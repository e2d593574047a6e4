"""Opening somebody's mailbox: by a written order, two people, for days that are named, and to read only
(reference/secrecy-and-conduct § 4). Its owner is told, unless the order says that it is secret."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, insert

from mailhub.accounts.act import act, need_reason
from mailhub.accounts.control import proposals
from mailhub.accounts.control.proposals import ProposalKind
from mailhub.accounts.errors import InvalidValue
from mailhub.accounts.finding import MailboxRow, find_mailbox, subject_of
from mailhub.accounts.life.letters import LetterKind, tell
from mailhub.accounts.models import Delegation, DelegationRight, MailboxKind
from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.sharing.blocks import keep_within_block
from mailhub.clock import DAY, local_time
from mailhub.ids import new_id

MOST_DAYS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is ordered: `reader` reads `mailbox` for `days` days by the decision `decision` (number, date, signer)."""

    mailbox: str
    reader: str
    decision: str
    days: int
    secret: bool = False

    def payload(self) -> dict[str, Any]:
        """As it is agreed to."""
        return {"reader": self.reader, "decision": self.decision, "days": self.days, "secret": self.secret}


def propose_opening(
    connection: Connection, actor: Actor, order: Order, *, reason: str, hours: int = 72, at: int | None = None
) -> str:
    """Ask for the second person; gives the code.

    Raises:
        NoSuchAccount, ReasonMissing, NotAllowed. InvalidValue: no decision, odd days, or not a person's mailbox.
    """
    owner, _ = _check(connection, order)
    subject = subject_of(connection, owner)
    payload = order.payload()
    return proposals.propose(
        connection, actor, ProposalKind.OPEN_MAILBOX, subject, payload, reason=reason, hours=hours, at=at
    )


def open_mailbox(
    connection: Connection, actor: Actor, code: str, *, reason: str, at: int | None = None
) -> tuple[str, str, int]:
    """Do what the code agrees to; gives the mailbox, the reader and the end (ms).

    The reader then opens it with the login name `MAILBOX*READER` and a secret of the own, also while the account is
    suspended or has ended; each day on which it is opened leaves a row in the audit log.

    Raises:
        NoSuchProposal, NeedsSecondPerson, NoSuchAccount, NotAllowed.
    """
    with act(connection, actor, reason=need_reason(reason), at=at) as acting:
        found = proposals.find(connection, code)
        kept = {key: value for key, value in found.payload.items() if key != "subject"}
        order = Order(mailbox=found.subject, **kept) if found.kind is ProposalKind.OPEN_MAILBOX else None
        if order is None:
            raise InvalidValue(f"{code} is not about opening a mailbox")
        owner, reader = _check(connection, order)
        subject = subject_of(connection, owner)
        acting.check(Action.ACCOUNT_OPEN, subject)
        agreed = proposals.require(connection, ProposalKind.OPEN_MAILBOX, subject, order.payload(), code, at=acting.at)
        until = acting.at + order.days * DAY
        row = {"mailbox_id": owner.id, "delegate_id": reader.id, "right": DelegationRight.READ.value}
        row |= {"because": order.decision[:300], "by_order": True}
        connection.execute(insert(Delegation).values(id=new_id(), from_at=acting.at, until_at=until, **row))
        if not order.secret:
            facts = {"address": owner.address, "by": reader.name, "order": order.decision, "at": acting.at}
            tell(connection, LetterKind.MAILBOX_OPENED, owner.address, {**facts, "until_at": until}, at=acting.at)
        given = {"act": "reader", "address": owner.address, "order": order.decision}
        given["until_on"] = last_day(until).isoformat()
        tell(connection, LetterKind.MAILBOX_OPENED, reader.address, given, at=acting.at)
        acting.after = {"reader": reader.address, "until_at": until, "decision": order.decision, "agreed": agreed}
        return owner.address, reader.address, until


def _check(connection: Connection, order: Order) -> tuple[MailboxRow, MailboxRow]:
    owner, reader = find_mailbox(connection, order.mailbox), find_mailbox(connection, order.reader)
    if not order.decision.strip():
        raise InvalidValue("a mailbox is opened by a written decision: name its number, date and signer")
    if not 0 < order.days <= MOST_DAYS:
        raise InvalidValue(f"a mailbox is opened for 1 to {MOST_DAYS} days, not {order.days}")
    if reader.kind is not MailboxKind.PERSONAL or reader.id == owner.id:
        raise InvalidValue(f"{order.reader} cannot be the reader: name another person's account")
    keep_within_block(connection, owner, reader)
    return owner, reader


def last_day(until: int) -> date:
    """The day on which the opening ends."""
    return local_time(until - 1).date()
