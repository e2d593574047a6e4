"""What becomes of the rows when an ended account's mail goes to the archive, and when it is erased.

The schedule moves the files (lifecycle) and calls these; here stand the conditions: no order holds it, and its time
has come. Erasing leaves the address, which is never given again, and the audit log.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, Connection, delete, or_, select, update

from mailhub.accounts.act import Act, act, need_reason
from mailhub.accounts.errors import WrongState
from mailhub.accounts.finding import MailboxRow
from mailhub.accounts.life.concurrency import change, start
from mailhub.accounts.life.holding import check_not_held
from mailhub.accounts.life.models import Absence, AccountRequest, Letter, ReviewEntry
from mailhub.accounts.life.retention import RetentionRules, erasable_from
from mailhub.accounts.life.states import LifeAct, next_state
from mailhub.accounts.login.models import AppPassword, FormerPassword, OneTimeCode, RecoveryCode, SecondFactor
from mailhub.accounts.models import (
    Delegation,
    Employment,
    Grant,
    GroupMember,
    GroupOfficer,
    Listing,
    Mailbox,
    MailboxState,
    MailGroup,
    Person,
    RoleHolder,
)
from mailhub.accounts.records import Credential, LoginAttempt, LoginThrottle
from mailhub.accounts.rights import Action, Actor
from mailhub.clock import local_time
from mailhub.store.database import Base

ERASED_NAME = "(đã xóa)"


def mark_archived(
    connection: Connection, actor: Actor, address: str, *, reason: str, at: int | None = None
) -> MailboxRow:
    """The ended mailbox's mail lies in the archive from now on.

    Raises:
        NoSuchAccount, ReasonMissing, NotAllowed. WrongState: it has not ended, is still kept, or an order holds it.
    """
    with act(connection, actor, reason=need_reason(reason), at=at) as acting:
        mailbox = start(connection, acting, Action.ACCOUNT_ARCHIVE, address)
        state = next_state(LifeAct.ARCHIVE, mailbox.state, mailbox.address)
        check_not_held(mailbox)
        if mailbox.retained_until is not None and local_time(acting.at).date() <= mailbox.retained_until:
            raise WrongState(
                f"{mailbox.address} is kept until {mailbox.retained_until:%d/%m/%Y}: archive it after that"
            )
        return change(connection, acting, mailbox, state=state, archived_at=acting.at)


def mark_erased(
    connection: Connection,
    actor: Actor,
    address: str,
    *,
    reason: str,
    settings: RetentionRules,
    at: int | None = None,
) -> MailboxRow:
    """Nothing is left of the account but its address: name, post, days, telephone, and all it logged in with go.

    Raises:
        NoSuchAccount, ReasonMissing, NotAllowed. WrongState: it is not archived, its archive is still kept, or an
        order holds it.
    """
    with act(connection, actor, reason=need_reason(reason), at=at) as acting:
        mailbox = start(connection, acting, Action.ACCOUNT_ERASE, address)
        state = next_state(LifeAct.ERASE, mailbox.state, mailbox.address)
        check_not_held(mailbox)
        first = erasable_from(_archived_on(mailbox), settings)
        if first is None or local_time(acting.at).date() < first:
            until = "for ever ([accounts] archive_years = 0)" if first is None else f"until {first:%d/%m/%Y}"
            raise WrongState(f"the archive of {mailbox.address} is kept {until}")
        return clear(connection, acting, mailbox, state)


def archivable(connection: Connection, today: date) -> list[str]:
    """Addresses of ended mailboxes whose time of being kept is over and that no order holds."""
    over = (Mailbox.state == MailboxState.RETAINED, Mailbox.retained_until < today, Mailbox.legal_hold == "")
    return list(connection.execute(select(Mailbox.address).where(*over).order_by(Mailbox.id)).scalars())


def erasable(connection: Connection, today: date, settings: RetentionRules) -> list[str]:
    """Addresses of archived mailboxes whose archive's time is over and that no order holds."""
    query = select(Mailbox.address, Mailbox.archived_at).where(Mailbox.state == MailboxState.ARCHIVED)
    rows = connection.execute(query.where(Mailbox.legal_hold == "").order_by(Mailbox.id))
    firsts = [(row.address, erasable_from(local_time(row.archived_at or 0).date(), settings)) for row in rows]
    return [address for address, first in firsts if first is not None and first <= today]


def clear(connection: Connection, acting: Act, mailbox: MailboxRow, state: MailboxState) -> MailboxRow:
    """Inside an act: take everything personal away; the row and its addresses stay."""
    if mailbox.person_id is not None:
        blank: dict[str, object] = {"full_name": ERASED_NAME, "folded": "", "title": "", "birth_date": None}
        blank |= {"identifier_digest": None, "phone": "", "recovery_address": "", "employment": Employment.UNKNOWN}
        connection.execute(update(Person).where(Person.id == mailbox.person_id).values(**blank))
    for which in _rows_of(mailbox):
        connection.execute(delete(which[0]).where(which[1]))
    connection.execute(update(MailGroup).where(MailGroup.owner_id == mailbox.id).values(owner_id=None))
    connection.execute(update(AccountRequest).where(AccountRequest.mailbox_id == mailbox.id).values(details="{}"))
    values: dict[str, object] = {"state": state, "erased_at": acting.at, "name": ERASED_NAME, "folded": ""}
    values |= {"listing": Listing.HIDDEN, "login_closed": "", "former_states": "", "last_login_at": None}
    return change(connection, acting, mailbox, **values)


def _rows_of(mailbox: MailboxRow) -> list[tuple[type[Base], ColumnElement[bool]]]:
    number = mailbox.id
    return [
        (Credential, Credential.mailbox_id == number),
        (AppPassword, AppPassword.mailbox_id == number),
        (SecondFactor, SecondFactor.mailbox_id == number),
        (RecoveryCode, RecoveryCode.mailbox_id == number),
        (OneTimeCode, OneTimeCode.mailbox_id == number),
        (FormerPassword, FormerPassword.mailbox_id == number),
        (LoginAttempt, LoginAttempt.mailbox_id == number),
        (LoginThrottle, LoginThrottle.account == str(number)),
        (Absence, Absence.mailbox_id == number),
        (ReviewEntry, ReviewEntry.mailbox_id == number),
        (GroupOfficer, GroupOfficer.mailbox_id == number),
        (GroupMember, GroupMember.member_mailbox_id == number),
        (RoleHolder, or_(RoleHolder.holder_id == number, RoleHolder.mailbox_id == number)),
        (Delegation, or_(Delegation.mailbox_id == number, Delegation.delegate_id == number)),
        (Grant, Grant.account_id == number),
        # Letters to it name its person. What letters to others say goes when those are cleared out.
        (Letter, Letter.to_address == mailbox.address),
    ]


def _archived_on(mailbox: MailboxRow) -> date:
    return local_time(mailbox.archived_at or mailbox.ended_at or mailbox.created_at).date()
