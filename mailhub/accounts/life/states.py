"""Which act leads an account from which state to which. Pure: the services ask here before they write.

    requested → approved → active ⇄ suspended → retained → archived → erased

What is not in the table is refused, with what can be done instead.
"""

from __future__ import annotations

from enum import StrEnum

from mailhub.accounts.errors import WrongState
from mailhub.accounts.models import MailboxState

_REQUESTED, _APPROVED, _ACTIVE = MailboxState.REQUESTED, MailboxState.APPROVED, MailboxState.ACTIVE
_SUSPENDED, _RETAINED = MailboxState.SUSPENDED, MailboxState.RETAINED
_ARCHIVED, _ERASED = MailboxState.ARCHIVED, MailboxState.ERASED


class LifeAct(StrEnum):
    """What can be done to an account in the course of its life."""

    APPROVE = "approve"
    REFUSE = "refuse"  # a request that is not granted, or is taken back: the account was never there
    ACTIVATE = "activate"
    SUSPEND = "suspend"
    RESTORE = "restore"
    END = "end"
    ARCHIVE = "archive"
    ERASE = "erase"
    CHANGE = "change"
    MOVE = "move"
    PLAN_END = "plan an end of"
    LEAVE = "enter a leave for"
    HOLD = "hold"
    NEW_PASSWORD = "hand out a password for"  # noqa: S105


def _same(*states: MailboxState) -> dict[MailboxState, MailboxState]:
    return {state: state for state in states}


# Where a restored account comes to is in its row (`former_states`): what stands here is its best case.
TRANSITIONS: dict[LifeAct, dict[MailboxState, MailboxState]] = {
    LifeAct.APPROVE: {_REQUESTED: _APPROVED},
    LifeAct.REFUSE: {_REQUESTED: _ERASED},
    LifeAct.ACTIVATE: {_APPROVED: _ACTIVE, _ACTIVE: _ACTIVE},
    LifeAct.SUSPEND: {_APPROVED: _SUSPENDED, _ACTIVE: _SUSPENDED, _SUSPENDED: _SUSPENDED},
    LifeAct.RESTORE: {_SUSPENDED: _ACTIVE, _RETAINED: _ACTIVE},
    LifeAct.END: {_APPROVED: _RETAINED, _ACTIVE: _RETAINED, _SUSPENDED: _RETAINED},
    LifeAct.ARCHIVE: {_RETAINED: _ARCHIVED},
    LifeAct.ERASE: {_ARCHIVED: _ERASED},
    LifeAct.CHANGE: _same(_REQUESTED, _APPROVED, _ACTIVE, _SUSPENDED),
    LifeAct.MOVE: _same(_APPROVED, _ACTIVE, _SUSPENDED),
    LifeAct.PLAN_END: _same(_APPROVED, _ACTIVE, _SUSPENDED),
    LifeAct.LEAVE: _same(_APPROVED, _ACTIVE),
    LifeAct.NEW_PASSWORD: _same(_APPROVED, _ACTIVE),
    LifeAct.HOLD: _same(_APPROVED, _ACTIVE, _SUSPENDED, _RETAINED, _ARCHIVED),
}

_INSTEAD = {
    _REQUESTED: "it waits for approval: `mailhub request approve` or `mailhub request refuse` comes first",
    _APPROVED: "it is approved and nobody has used it yet: hand out its slip, or change, suspend or end it",
    _ACTIVE: "it is in use: change, move, suspend or end it",
    _SUSPENDED: "it is suspended: `mailhub account restore` comes first",
    _RETAINED: "it has ended and its mailbox is kept: `mailhub account restore` brings it back within retention",
    _ARCHIVED: "it has ended and its mail lies in the archive: ask for a new account (`mailhub request new`)",
    _ERASED: "it is erased and its address is never given again: ask for a new account (`mailhub request new`)",
}


def next_state(act: LifeAct, state: MailboxState, address: str) -> MailboxState:
    """The state that `act` leads to.

    Raises:
        WrongState: the act does not fit the state; the words say what can be done instead.
    """
    after = TRANSITIONS[act].get(state)
    if after is None:
        raise WrongState(f"cannot {act} {address}: {_INSTEAD[state]}")
    return after


def pushed(former: str, state: MailboxState) -> str:
    """`former_states` after the account left `state` by a suspension or an end."""
    return ",".join([*filter(None, former.split(",")), state.value])


def popped(former: str) -> tuple[MailboxState, str]:
    """What a restored account comes back to, and `former_states` without it. Rows of before this had none: active."""
    states = [one for one in former.split(",") if one]
    if not states:
        return _ACTIVE, ""
    return MailboxState(states[-1]), ",".join(states[:-1])
