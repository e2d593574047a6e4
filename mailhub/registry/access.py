"""Who may find which documents: those of everybody, of some agencies, or of one's own messages."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, Select, exists, func, or_, select

from mailhub.accounts import audit
from mailhub.accounts.models import Address, Agency, Mailbox
from mailhub.accounts.rights import RIGHTS, Action, Actor, Reach, Subject, may
from mailhub.accounts.tree import Scope, root_agency
from mailhub.accounts.tree import scope_of as accounts_scope
from mailhub.registry.tables import agency_table, attachment_table, document_table, recipient


def scope_of(connection: Connection, actor: Actor, action: Action) -> Scope:
    """How far the actor's right reaches; who has the province's root sees what belongs to no agency as well.

    Raises:
        NotAllowed: there is no such right.
    """
    scope = accounts_scope(connection, actor, action)
    if scope.agencies is None:
        return scope
    every = connection.scalar(select(func.count()).select_from(Agency))
    return Scope() if len(scope.agencies) == every else scope


def of_own_messages(account_id: int) -> ColumnElement[bool]:
    """The condition that a document came or went in one of the account's own messages."""
    own = select(attachment_table.c.document_id).where(
        attachment_table.c.document_id.is_not(None), in_own_messages(account_id)
    )
    return document_table.c.id.in_(own)


def in_own_messages(account_id: int) -> ColumnElement[bool]:
    """The condition that a sighting is in a message that the account sent or got."""
    addresses = select(Address.address).where(Address.mailbox_id == account_id)
    received = select(recipient.c.message_id).where(recipient.c.address.in_(addresses))
    return or_(attachment_table.c.account_id == account_id, attachment_table.c.message_id.in_(received))


def _in_own_message(account_id: int) -> ColumnElement[bool]:
    """The same, where it is asked of the few sightings of one document."""
    addresses = select(Address.address).where(Address.mailbox_id == account_id)
    got = exists().where(recipient.c.message_id == attachment_table.c.message_id, recipient.c.address.in_(addresses))
    return or_(attachment_table.c.account_id == account_id, got)


def documents_within(scope: Scope) -> list[ColumnElement[bool]]:
    """The conditions that a document lies within what an actor may see."""
    found: list[ColumnElement[bool]] = []
    if scope.agencies is not None:
        found.append(passed_one_of(scope.agencies))
    if scope.account_id is not None:
        found.append(of_own_messages(scope.account_id))
    return found


def passed_one_of(agencies: frozenset[int]) -> ColumnElement[bool]:
    """The condition that a document went through one of the agencies: asked of each document that fits otherwise,
    never of all that those agencies have (bench/web.py: 3 ms instead of 194)."""
    passed = agency_table.c.document_id == document_table.c.id
    return exists().where(passed, agency_table.c.agency_id.in_(agencies))


def sightings_within(scope: Scope) -> list[ColumnElement[bool]]:
    """The conditions that a document was seen in a message that an actor may know of: others' names and codes of the
    same document are theirs."""
    found: list[ColumnElement[bool]] = []
    if scope.agencies is not None:
        got = (
            select(recipient.c.message_id)
            .join(Address, Address.address == recipient.c.address)
            .join(Mailbox, Mailbox.id == Address.mailbox_id)
            .where(recipient.c.message_id == attachment_table.c.message_id, Mailbox.agency_id.in_(scope.agencies))
        )
        sent = attachment_table.c.sender_agency_id.in_(scope.agencies)
        found.append(or_(sent, attachment_table.c.desk_agency_id.in_(scope.agencies), got.exists()))
    if scope.account_id is not None:
        found.append(in_own_messages(scope.account_id))
    return found


def of_desks(agencies: frozenset[int] | None) -> ColumnElement[bool]:
    """The condition that a document passed a desk, of one of the agencies unless None."""
    passed = (agency_table.c.document_id == document_table.c.id) & agency_table.c.desk.is_(True)
    if agencies is not None:
        passed &= agency_table.c.agency_id.in_(agencies)
    return exists().where(passed)


def subject_of(connection: Connection, actor: Actor, document_id: int, name: str) -> Subject:
    """A document as `may()` looks at it: of all agencies that it went through, and of the actor if it is theirs."""
    passed = select(agency_table.c.agency_id).where(agency_table.c.document_id == document_id)
    above = _with_those_above(connection, passed)
    own = False
    if actor.account_id is not None:
        seen = select(attachment_table.c.id).where(attachment_table.c.document_id == document_id)
        own = connection.execute(seen.where(_in_own_message(actor.account_id)).limit(1)).first() is not None
    account = actor.account_id if own else None
    return Subject(
        kind="document", name=name, agencies=above, account_id=account, in_block=_within_blocks(connection, above)
    )


def may_read_text(actor: Actor, connection: Connection, document_id: int) -> bool:
    """Whether the actor may see a document's full text: a right on an agency whose desk it passed."""
    desks = select(agency_table.c.agency_id).where(
        agency_table.c.document_id == document_id, agency_table.c.desk.is_(True)
    )
    above = _with_those_above(connection, desks)
    inside = _within_blocks(connection, above)
    subject = Subject(kind="document", name=str(document_id), agencies=above, in_block=inside)
    return bool(subject.agencies) and may(actor, Action.DOCUMENT_TEXT, subject)


def _with_those_above(connection: Connection, agencies: Select[tuple[int]]) -> tuple[int, ...]:
    """Those agencies and all above them, in one question: a circular goes to thousands. The way up from within a
    block ends at the block, as in `tree.agency_subject`."""
    columns = (Agency.id, Agency.parent_id, Agency.block)
    path = select(*columns).where(Agency.id.in_(agencies)).cte("above", recursive=True)
    up = select(*columns).join(path, Agency.id == path.c.parent_id).where(path.c.block.is_(False))
    path = path.union(up)
    return tuple(sorted(connection.scalars(select(path.c.id))))


def _within_blocks(connection: Connection, above: tuple[int, ...]) -> bool:
    """Whether these agencies, with those above them, lie in blocks alone: no way up ended at the province."""
    return bool(above) and root_agency(connection) not in above


def note(connection: Connection, actor: Actor, action: Action, subject: Subject) -> None:
    """Write down that somebody read; what people look up in their own mail is nobody's business."""
    if not all(RIGHTS[held.role].get(action) is Reach.SELF for held in actor.holds):
        audit.record(connection, actor, action, subject)
