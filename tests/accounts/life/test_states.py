"""The table of states: every act in every state, by the table and by the services."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import Connection, select, update

from mailhub.accounts import mailboxes
from mailhub.accounts.errors import WrongState
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.life import activation, changing, ending, holding, keeping, leave, moving
from mailhub.accounts.life.states import TRANSITIONS, LifeAct, next_state, popped, pushed
from mailhub.accounts.models import Mailbox, MailboxState
from mailhub.clock import DAY, now_ms
from mailhub.settings.sections.accounts import AccountsSection
from mailhub.store.database import Database
from tests.support.accounts import ROOT, make_account

ADDRESS = "nva@tinh.gov.vn"
AT = now_ms()
LATER = AT + 4000 * DAY  # behind every retention
FUTURE = date(2099, 1, 1)


def _activate(c: Connection) -> None:
    activation.activate(c, find_mailbox(c, ADDRESS).id, at=AT)


def _leave(c: Connection) -> None:
    away = leave.Leave(from_on=date(2098, 1, 1), until_on=date(2098, 2, 1))
    leave.enter_leave(c, ROOT, ADDRESS, away, at=AT)


# What people call to do each act; approving, refusing and passwords go through requests (test_requests.py).
CALLS: dict[LifeAct, Callable[[Connection], object]] = {
    LifeAct.ACTIVATE: _activate,
    LifeAct.SUSPEND: lambda c: mailboxes.suspend_account(c, ROOT, ADDRESS, reason="x", at=AT),
    LifeAct.RESTORE: lambda c: mailboxes.restore_account(c, ROOT, ADDRESS, reason="x", at=AT),
    LifeAct.END: lambda c: mailboxes.end_account(c, ROOT, ADDRESS, reason="x", at=AT),
    LifeAct.ARCHIVE: lambda c: keeping.mark_archived(c, ROOT, ADDRESS, reason="x", at=LATER),
    LifeAct.ERASE: lambda c: keeping.mark_erased(c, ROOT, ADDRESS, reason="x", settings=AccountsSection(), at=LATER),
    LifeAct.CHANGE: lambda c: changing.change_account(c, ROOT, ADDRESS, changing.Change(name="Khác"), at=AT),
    LifeAct.MOVE: lambda c: moving.transfer(c, ROOT, ADDRESS, moving.Move(agency="syt"), reason="x", at=AT),
    LifeAct.PLAN_END: lambda c: ending.announce(c, ROOT, ADDRESS, FUTURE, reason="x", at=AT),
    LifeAct.LEAVE: _leave,
    LifeAct.HOLD: lambda c: holding.hold_account(c, ROOT, ADDRESS, order="QĐ 1", reason="x", at=AT),
}
# A life that passes through the states in their order: nothing else leads on.
ORDER = list(MailboxState)


def test_every_act_and_state_has_an_answer() -> None:
    assert set(TRANSITIONS) == set(LifeAct)
    assert set(CALLS) == set(LifeAct) - {LifeAct.APPROVE, LifeAct.REFUSE, LifeAct.NEW_PASSWORD}


@pytest.mark.parametrize("state", MailboxState)
@pytest.mark.parametrize("act", LifeAct)
def test_what_is_not_in_the_table_is_refused_with_what_can_be_done_instead(act: LifeAct, state: MailboxState) -> None:
    if state in TRANSITIONS[act]:
        assert next_state(act, state, ADDRESS) is TRANSITIONS[act][state]
        return
    with pytest.raises(WrongState) as refused:
        next_state(act, state, ADDRESS)
    assert ADDRESS in str(refused.value)
    assert ":" in str(refused.value)


def test_only_restoring_leads_back_and_nothing_leads_out_of_erased() -> None:
    for act, table in TRANSITIONS.items():
        for before, after in table.items():
            assert before is not MailboxState.ERASED
            assert act is LifeAct.RESTORE or ORDER.index(after) >= ORDER.index(before)


def test_what_was_taken_last_is_given_back_first() -> None:
    former = pushed(pushed("", MailboxState.APPROVED), MailboxState.SUSPENDED)
    assert popped(former) == (MailboxState.SUSPENDED, "approved")
    assert popped("approved") == (MailboxState.APPROVED, "")
    assert popped("") == (MailboxState.ACTIVE, "")


@pytest.mark.parametrize("state", MailboxState)
@pytest.mark.parametrize("act", list(CALLS))
def test_the_services_keep_to_the_table(province: Database, act: LifeAct, state: MailboxState) -> None:
    make_account(province, ADDRESS)
    with province.write() as c:
        c.execute(update(Mailbox).where(Mailbox.address == ADDRESS).values(state=state))

    def do() -> None:
        with province.write() as c:
            CALLS[act](c)

    after = TRANSITIONS[act].get(state)
    if after is None:
        with pytest.raises(WrongState):
            do()
        after = state
    else:
        do()
    with province.read() as c:
        assert c.execute(select(Mailbox.state).where(Mailbox.address == ADDRESS)).scalar_one() == after
