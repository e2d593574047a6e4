"""Somebody new, asked for: who may be here already, and how one who was not granted is let go again."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, or_, select, update

from mailhub.accounts.act import Act
from mailhub.accounts.errors import AccountError
from mailhub.accounts.finding import MailboxRow
from mailhub.accounts.life.keeping import clear
from mailhub.accounts.life.models import Absence, AccountRequest, Closing, ReviewEntry
from mailhub.accounts.login.models import AppPassword, OneTimeCode, SecondFactor
from mailhub.accounts.models import (
    Address,
    Delegation,
    Grant,
    GroupMember,
    GroupOfficer,
    Mailbox,
    MailboxState,
    MailGroup,
    Person,
    RoleHolder,
)
from mailhub.accounts.people.duplicates import Candidate, Strength, suspects
from mailhub.accounts.people.person import NewPerson
from mailhub.accounts.records import Credential, LoginAttempt, LoginThrottle
from mailhub.accounts.rights import Actor
from mailhub.accounts.tree import find_agency


class SuspectedDuplicate(AccountError):
    """Somebody who may be the same person has an account.

    Attributes:
        suspects: their addresses, as far as whoever asks may see them.
    """

    def __init__(self, message: str, suspects: tuple[str, ...]) -> None:
        super().__init__(message)
        self.suspects = suspects


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """Whom an account is asked for. `agency` is a code; `address` '' = as the naming rule says.

    `override` says why this is another person than the one who looks the same.
    """

    name: str
    agency: str
    address: str = ""
    person: NewPerson = field(default_factory=NewPerson)
    override: str = ""


def check_duplicates(connection: Connection, actor: Actor, newcomer: Newcomer) -> None:
    """Ask whether the newcomer may be somebody who is here already, unless it was said why not.

    Raises:
        SuspectedDuplicate: naming those whom the actor may see. InvalidValue, NoSuchAgency, NotAllowed.
    """
    if newcomer.override.strip():
        return
    person = newcomer.person
    candidate = Candidate(
        name=newcomer.name,
        agency_id=find_agency(connection, newcomer.agency),
        birth_date=person.birth_date,
        identifier_digest=person.identifier_digest,
    )
    found = suspects(connection, actor, candidate, minimum=Strength.LIKELY)
    if found:
        seen = [one for one in found if one.visible]
        told = ", ".join(f"{one.address or one.name} ({one.agency}, {one.because.words})" for one in seen)
        raise SuspectedDuplicate(
            f"{newcomer.name} may be here already: {told or 'in an agency that you do not administer'}; "
            "move or restore that account, or say why this is another person (--other-person)",
            tuple(one.address for one in seen),
        )


def let_go(connection: Connection, acting: Act, mailbox: MailboxRow) -> bool:
    """Inside an act: a newcomer who was not granted goes. True when the address is free again.

    This is the one exception to "an address is never given again": nobody ever had it, no mail was ever taken for it
    and nothing names it. When something does (another name, a seat in a list), the address stays taken for good.
    """
    if _left_traces(connection, mailbox):
        clear(connection, acting, mailbox, MailboxState.ERASED)
        return False
    mine = AccountRequest.mailbox_id == mailbox.id
    connection.execute(update(AccountRequest).where(mine).values(mailbox_id=None))
    connection.execute(delete(LoginAttempt).where(LoginAttempt.mailbox_id == mailbox.id))
    connection.execute(delete(LoginThrottle).where(LoginThrottle.account == str(mailbox.id)))
    connection.execute(delete(Address).where(Address.mailbox_id == mailbox.id))
    connection.execute(delete(Mailbox).where(Mailbox.id == mailbox.id))
    connection.execute(delete(Person).where(Person.id == mailbox.person_id))
    acting.after = {}
    return True


def _left_traces(connection: Connection, mailbox: MailboxRow) -> bool:
    number = mailbox.id
    queries = (
        select(Address.address).where(Address.mailbox_id == number, Address.address != mailbox.address),
        select(GroupMember.id).where(GroupMember.member_mailbox_id == number),
        select(GroupOfficer.group_id).where(GroupOfficer.mailbox_id == number),
        select(MailGroup.id).where(MailGroup.owner_id == number),
        select(RoleHolder.id).where(or_(RoleHolder.holder_id == number, RoleHolder.mailbox_id == number)),
        select(Delegation.id).where(or_(Delegation.delegate_id == number, Delegation.mailbox_id == number)),
        select(Grant.id).where(Grant.account_id == number),
        select(Absence.id).where(or_(Absence.mailbox_id == number, Absence.acting_id == number)),
        select(ReviewEntry.review_id).where(ReviewEntry.mailbox_id == number),
        select(Closing.id).where(Closing.mailbox_id == number),
        select(Credential.id).where(Credential.mailbox_id == number),
        select(AppPassword.id).where(AppPassword.mailbox_id == number),
        select(SecondFactor.mailbox_id).where(SecondFactor.mailbox_id == number),
        select(OneTimeCode.id).where(OneTimeCode.mailbox_id == number),
        select(Mailbox.id).where(Mailbox.handover_id == number),
    )
    return any(connection.execute(query.limit(1)).first() is not None for query in queries)
