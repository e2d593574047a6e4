"""The life of a mailbox: created, suspended, restored, ended; and where it lives. Further acts are in `life/`."""

from __future__ import annotations

from sqlalchemy import Connection

from mailhub.accounts.act import act, need_reason
from mailhub.accounts.addresses import read_home
from mailhub.accounts.control.above import check_not_above
from mailhub.accounts.control.grants import keep_an_administrator
from mailhub.accounts.errors import WrongState
from mailhub.accounts.finding import MailboxRow
from mailhub.accounts.life.closings import begin_closing, note_reopened
from mailhub.accounts.life.concurrency import change, start
from mailhub.accounts.life.ending import End, close_for_good
from mailhub.accounts.life.letters import LetterKind
from mailhub.accounts.life.retention import RetentionRules
from mailhub.accounts.life.states import LifeAct, next_state, popped, pushed
from mailhub.accounts.life.telling import tell_unit
from mailhub.accounts.models import MailboxState
from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.system import guard
from mailhub.clock import local_time


def suspend_account(
    connection: Connection,
    actor: Actor,
    address: str,
    *,
    reason: str,
    because: str = "",
    refuse_mail: bool = False,
    expect: int | None = None,
    at: int | None = None,
) -> MailboxRow:
    """Close login and sending; mail still arrives unless `refuse_mail`. Doing it again changes the reason only.

    The doors read the state again at every step; sessions are ended, and the end proved, by `lifecycle.closing`.
    `because` is the deciding document, when there is one. `expect` is the revision that the actor saw.

    Raises:
        NoSuchAccount, ReasonMissing, NotAllowed, ChangedMeanwhile. WrongState: it has ended, or was never approved.
        Protected: postmaster@ leads to it. LastAdministrator.
    """
    with act(connection, actor, reason=need_reason(reason), at=at) as acting:
        mailbox = start(connection, acting, Action.ACCOUNT_SUSPEND, address, expect=expect)
        state = next_state(LifeAct.SUSPEND, mailbox.state, mailbox.address)
        keep_an_administrator(connection, mailbox.id, at=acting.at)
        if refuse_mail:
            guard(connection, mailbox.id)
        again = mailbox.state is state
        former = mailbox.former_states if again else pushed(mailbox.former_states, mailbox.state)
        values = {"state": state, "former_states": former, "refuses_while_suspended": refuse_mail}
        changed = change(connection, acting, mailbox, **values)
        acting.after = {**acting.after, "because": because.strip()}
        begin_closing(connection, mailbox.id, "suspend", at=acting.at)
        if not again:
            tell_unit(connection, LetterKind.SUSPENDED, changed, acting.at, because=because.strip())
        return changed


def restore_account(
    connection: Connection,
    actor: Actor,
    address: str,
    *,
    reason: str = "",
    because: str = "",
    expect: int | None = None,
    at: int | None = None,
) -> MailboxRow:
    """Give back what the last suspension or the end took, and no more: who was suspended before the end is again.

    Raises:
        NoSuchAccount, NotAllowed, ChangedMeanwhile. WrongState: it is in use, or its retention is over.
    """
    with act(connection, actor, reason=reason.strip(), at=at) as acting:
        mailbox = start(connection, acting, Action.ACCOUNT_RESTORE, address, expect=expect)
        check_not_above(connection, actor, mailbox, Action.ACCOUNT_RESTORE, at=acting.at)
        next_state(LifeAct.RESTORE, mailbox.state, mailbox.address)
        state, former = popped(mailbox.former_states)
        values: dict[str, object] = {"state": state, "former_states": former}
        if mailbox.state is MailboxState.RETAINED:
            _check_retained(mailbox, acting.at)
            values |= {"ended_at": None, "retained_until": None}
            values |= {"ends_on": None, "ends_because": "", "handover_id": None}
        if state is not MailboxState.SUSPENDED:
            values["refuses_while_suspended"] = False
        changed = change(connection, acting, mailbox, **values)
        acting.after = {**acting.after, "because": because.strip()}
        if state is not MailboxState.SUSPENDED:
            note_reopened(connection, mailbox.id, at=acting.at)
            tell_unit(connection, LetterKind.RESTORED, changed, acting.at, because=because.strip())
        return changed


def end_account(
    connection: Connection,
    actor: Actor,
    address: str,
    *,
    reason: str,
    because: str = "",
    unit_address: str = "",
    handover: str = "",
    settings: RetentionRules | None = None,
    expect: int | None = None,
    at: int | None = None,
) -> MailboxRow:
    """Revoke: login and sending close, mail is refused with the unit's address. The address is never given again.

    The mailbox is kept whole by the rank of its person (`[accounts] retention_months_*`). `handover` is the
    address of whoever takes over; what an announced end named holds where nothing else is given.

    Raises:
        NoSuchAccount, InvalidAddress, InvalidValue, ReasonMissing, NotAllowed, ChangedMeanwhile. WrongState: it has
        ended already. Protected: postmaster@ or abuse@ leads to it. LastAdministrator.
    """
    with act(connection, actor, reason=need_reason(reason), at=at) as acting:
        mailbox = start(connection, acting, Action.ACCOUNT_END, address, expect=expect)
        wanted = End(because=because, unit_address=unit_address, handover=handover)
        return close_for_good(connection, acting, mailbox, wanted, settings)


def set_home(
    connection: Connection,
    actor: Actor,
    address: str,
    home: str | None,
    *,
    expect: int | None = None,
    at: int | None = None,
) -> MailboxRow:
    """Say where one mailbox lives: None = as its domain says, 'here', or smtp://host:port.

    Raises:
        NoSuchAccount, InvalidValue, NotAllowed, ChangedMeanwhile.
    """
    home = None if home is None else read_home(home)
    with act(connection, actor, at=at) as acting:
        mailbox = start(connection, acting, Action.ACCOUNT_HOME, address, expect=expect)
        return change(connection, acting, mailbox, home=home)


def _check_retained(mailbox: MailboxRow, at: int) -> None:
    if mailbox.retained_until is not None and local_time(at).date() > mailbox.retained_until:
        until = f"{mailbox.retained_until:%d/%m/%Y}"
        raise WrongState(
            f"cannot restore {mailbox.address}: it was kept until {until}; ask for a new one (`mailhub request new`)"
        )
