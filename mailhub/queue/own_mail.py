"""An official's own mail: where what one sent went, and what came to one. Never anything else, and nobody writes down
that one looked.

Of what one sent one sees what the sender is told anyhow: the addresses as one wrote them (of a group not its members,
RFC 3461 § 5.2.7.3), and not why an administrator kept it. Of what came one sees one's own delivery, not who else got
it (blind copies), and nothing of what did not come because somebody thought better of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Select, select

from mailhub.accounts.errors import NotFound
from mailhub.accounts.models import Address, Delegation, RoleHolder
from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import Action, Actor, Subject, may
from mailhub.ids import first_id, read_code, read_id
from mailhub.policy.rules.rule import Stage
from mailhub.queue.finding import FoundPage
from mailhub.queue.found_rows import FoundMail, rows_of
from mailhub.queue.mail_head import MailHead, RecipientLine, load_head
from mailhub.queue.models import EventKind, HeldFor, Purpose, RecipientState
from mailhub.queue.sought import Sought
from mailhub.queue.spelling import as_kept
from mailhub.queue.successors import gave_its_place
from mailhub.queue.tables import event_table, message_table, recipient_table
from mailhub.queue.timeline import Line
from mailhub.store.facts import read_facts
from mailhub.text.folding import fold

MOST_LOOKED = 5_000

_message, _recipient, _event = message_table.c, recipient_table.c, event_table.c
# What one's correspondents did not keep back or take back.
_CAME = (
    RecipientState.QUEUED.value,
    RecipientState.DELIVERING.value,
    RecipientState.DEFERRED.value,
    RecipientState.DELIVERED.value,
    RecipientState.REDIRECTED.value,
    RecipientState.BOUNCED.value,
)
_OWN_EVENTS = (EventKind.DELIVERED, EventKind.RELAYED, EventKind.DEFERRED, EventKind.BOUNCED)
_TOLD = ("door", "sender", "client", "reply", "next", "purpose")


class NoSuchMail(NotFound):
    """No message of one's own has this code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnMail:
    """One message of one's own with its story. `sent`: one sent it; else it came to one."""

    sent: bool
    head: MailHead
    lines: Sequence[Line]


def list_own(
    connection: Connection, actor: Actor, sought: Sought, *, sent: bool = True, after: str = "", limit: int = 50
) -> FoundPage:
    """What the account sent, or what came to it, newest first: by `to`, `sender`, `words`, `since` and `until`.

    Raises:
        NotAllowed: the actor is no account.
    """
    account = _account(actor)
    query = (_sent_by(account) if sent else _came_to(account)).where(~gave_its_place())
    other = sought.to if sent else sought.sender
    if other.strip():
        query = query.where(_with(other, sent=sent))
    if sought.since is not None:
        query = query.where(_message.id >= first_id(sought.since))
    if sought.until is not None:
        query = query.where(_message.id < first_id(sought.until))
    before = read_id(after)
    if before is not None:
        query = query.where(_message.id < before)
    kept: list[int] = []
    for number, subject in connection.execute(query.order_by(_message.id.desc()).limit(MOST_LOOKED)):
        if all(word in fold(subject) for word in sought.words):
            kept.append(number)
        if len(kept) > limit:
            break
    own = () if sent else (_recipient.address.in_(_addresses(account)),)
    rows = [_as_written(connection, one) if sent else one for one in rows_of(connection, kept[:limit], own)]
    return FoundPage(rows, str(kept[limit - 1]) if len(kept) > limit else "")


def show_own(connection: Connection, actor: Actor, code: str) -> OwnMail:
    """One message of the actor's own.

    Raises:
        NotAllowed. NoSuchMail: there is none, or it is somebody else's.
    """
    account, stored = _account(actor), read_code(code)
    for query, sent in ((_sent_by(account), True), (_came_to(account), False)):
        row = connection.execute(query.where(_message.code == stored).limit(1)).first()
        if stored is not None and row is not None:
            own = frozenset(connection.scalars(_addresses(account)))
            head = load_head(connection, stored, only=None if sent else own)
            assert head is not None
            events = connection.execute(
                select(event_table).where(_event.code == stored).order_by(_event.at, _event.id)
            ).all()
            return _sent(head, events) if sent else _came(head, events, own)
    raise NoSuchMail(f"no mail of yours has the code {code}")


def _account(actor: Actor) -> int:
    subject = Subject(kind="mail", name="own", account_id=actor.account_id)
    if actor.account_id is None or not may(actor, Action.TRACE_READ, subject):
        raise refusal(actor, Action.TRACE_READ)
    return actor.account_id


def _addresses(account: int) -> Select[str]:
    return select(Address.address).where(Address.mailbox_id == account)


def _sent_by(account: int) -> Select[Any]:
    """By the account, whatever address of its own, or of a mailbox that it was ever trusted with, it wrote from. What
    somebody outside wrote under these addresses has no account."""
    held = select(RoleHolder.mailbox_id).where(RoleHolder.holder_id == account)
    trusted = select(Delegation.mailbox_id).where(Delegation.delegate_id == account)
    mailboxes = held.union(trusted, select(Address.mailbox_id).where(Address.mailbox_id == account))
    senders = select(Address.address).where(Address.mailbox_id.in_(mailboxes.subquery().select()))
    return select(_message.id, _message.subject).where(_message.sender.in_(senders), _message.account_id == account)


def _came_to(account: int) -> Select[Any]:
    mine = select(_recipient.message_id).where(
        _recipient.address.in_(_addresses(account)),
        _recipient.purpose == Purpose.MAIL.value,
        _recipient.state.in_(_CAME),
    )
    return select(_message.id, _message.subject).where(_message.id.in_(mine))


def _with(other: str, *, sent: bool) -> Any:
    part = other.strip().lower()
    if not sent:
        return _message.sender.in_(as_kept(other)) if "@" in part else _message.sender.contains(part, autoescape=True)
    got = (_recipient.message_id == _message.id, _recipient.purpose == Purpose.MAIL.value)
    written = _recipient.address.contains(part, autoescape=True) & _recipient.original.is_(None)
    original = _recipient.original.contains(part, autoescape=True)
    return select(_recipient.id).where(*got, written | original).correlate(message_table).exists()


def _as_written(connection: Connection, row: FoundMail) -> FoundMail:
    head = load_head(connection, row.code)
    return row if head is None or not head.recipients else replace(row, first=_written(head.recipients[0]))


def _written(one: RecipientLine) -> str:
    return one.written or one.address


def _sent(head: MailHead, events: Sequence[Any]) -> OwnMail:
    """With the addresses as they were written; of a group's members only how many there are of each kind."""
    names = {one.address: _written(one) for one in head.recipients}
    groups = {name for name in names.values() if list(names.values()).count(name) > 1}
    recipients = [
        replace(one, address=_written(one), last_reply="" if _written(one) in groups else one.last_reply)
        for one in head.recipients
    ]
    lines = [
        Line(row.at, row.code, names.get(row.recipient, row.recipient), EventKind(row.kind), facts, row.id)
        for row in events
        if (facts := _for_sender(EventKind(row.kind), read_facts(row.facts), names.get(row.recipient), groups))
        is not None
    ]
    return OwnMail(sent=True, head=replace(head, recipients=recipients), lines=lines)


def _for_sender(kind: EventKind, facts: dict[str, Any], name: str | None, groups: set[str]) -> dict[str, Any] | None:
    if kind is EventKind.DESTROYED:
        return {}
    if kind is EventKind.JUDGED:
        facts, told = _without_shadow(facts)
        if not told:
            return None
    if name in groups:
        facts = {key: value for key, value in facts.items() if key != "reply"}
    for_whom = facts.get("for")
    if for_whom is None or for_whom == HeldFor.PERSON.value:  # an administrator's reasons are not for everybody
        facts = {key: value for key, value in facts.items() if key not in ("actor", "reason")}
    return facts


def _without_shadow(facts: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """A rule that only records speaks to nobody yet; and whether anything is left to tell."""
    rules = [one for one in facts.get("rules", []) if isinstance(one, dict) and one.get("stage") != Stage.SHADOW.value]
    left = {key: value for key, value in facts.items() if key != "failed"} | {"rules": rules}
    return left, bool(rules or facts.get("desk"))


def _came(head: MailHead, events: Sequence[Any], own: frozenset[str]) -> OwnMail:
    lines = []
    for row in events:
        kind = EventKind(row.kind)
        if kind is EventKind.RECEIVED or (kind in _OWN_EVENTS and row.recipient in own):
            facts = {key: value for key, value in read_facts(row.facts).items() if key in _TOLD}
            lines.append(Line(row.at, row.code, row.recipient, kind, facts, row.id))
    return OwnMail(sent=False, head=head, lines=lines)
