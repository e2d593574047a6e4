"""Acts on the life of an account: suspended, restored, ended, announced, moved, away, held, sending stopped."""

from __future__ import annotations

from mailhub.accounts import mailboxes
from mailhub.accounts.life import ending, holding, sending
from mailhub.accounts.life.leave import ACTING_RIGHTS, Leave, come_back, enter_leave
from mailhub.accounts.life.moving import Move, transfer
from mailhub.accounts.models import DelegationRight, MailboxKind, MailboxState, Rank
from mailhub.accounts.rights import Action
from mailhub.admin.people.acts import (
    ADDRESS,
    AGENCY,
    BECAUSE,
    DAY,
    REASON,
    SELECT,
    TICK,
    WORD,
    AccountAct,
    Doing,
    Field,
    Standing,
)
from mailhub.admin.people.words import ENDED, ranks, rights
from mailhub.clock import local_time

HANDOVER = Field(name="handover", kind=ADDRESS, help="web.act.help.handover")


def _lives(standing: Standing) -> bool:
    return standing.mailbox.state not in ENDED and standing.mailbox.state is not MailboxState.REQUESTED


def _in(*states: MailboxState) -> frozenset[MailboxState]:
    return frozenset(states)


_OPEN = _in(MailboxState.APPROVED, MailboxState.ACTIVE)
_USED = _in(MailboxState.APPROVED, MailboxState.ACTIVE, MailboxState.SUSPENDED)


def _is_person(standing: Standing) -> bool:
    return standing.mailbox.kind is MailboxKind.PERSONAL


def _suspend(do: Doing) -> object:
    return mailboxes.suspend_account(
        do.connection, do.actor, do.address, reason=do["reason"], because=do["because"],
        refuse_mail=do["refuse_mail"], expect=do.expect, at=do.at,
    )  # fmt: skip


def _restore(do: Doing) -> object:
    return mailboxes.restore_account(
        do.connection, do.actor, do.address, reason=do["reason"], because=do["because"], expect=do.expect, at=do.at
    )


def _end(do: Doing) -> object:
    return mailboxes.end_account(
        do.connection, do.actor, do.address, reason=do["reason"], because=do["because"], handover=do["handover"],
        unit_address=do["unit_address"], settings=do.settings.accounts, expect=do.expect, at=do.at,
    )  # fmt: skip


def _plan_end(do: Doing) -> object:
    return ending.announce(
        do.connection, do.actor, do.address, do["on"], reason=do["reason"], because=do["because"],
        handover=do["handover"], expect=do.expect, at=do.at,
    )  # fmt: skip


def _call_off(do: Doing) -> object:
    return ending.call_off(do.connection, do.actor, do.address, reason=do["reason"], expect=do.expect, at=do.at)


def _move(do: Doing) -> object:
    rank = Rank(do["rank"]) if do["rank"] else None
    # Left as it was, the post goes along with its rank.
    title = do.changed("title", do.standing.report.title)
    move = Move(agency=do["agency"], title=title, rank=rank, address=do["new_address"], because=do["because"])
    usual = do.settings.mailboxes.quota_mib
    return transfer(
        do.connection, do.actor, do.address, move, reason=do["reason"], default_quota_mib=usual, expect=do.expect,
        at=do.at,
    )  # fmt: skip


def _leave(do: Doing) -> object:
    first = do["from_on"] or local_time(do.at).date()
    leave = Leave(
        from_on=first, until_on=do["until_on"], acting=do["acting"], right=DelegationRight(do["right"]),
        closes_login=not do["keep_login"], because=do["because"],
    )  # fmt: skip
    return enter_leave(do.connection, do.actor, do.address, leave, reason=do["reason"], expect=do.expect, at=do.at)


def _back(do: Doing) -> object:
    return come_back(do.connection, do.actor, do.address, reason=do["reason"], expect=do.expect, at=do.at)


def _hold(do: Doing) -> object:
    return holding.hold_account(
        do.connection, do.actor, do.address, order=do["order"], reason=do["reason"], expect=do.expect, at=do.at
    )


def _unhold(do: Doing) -> object:
    return holding.release_hold(
        do.connection, do.actor, do.address, order=do["order"], reason=do["reason"], expect=do.expect, at=do.at
    )


def _stop_sending(do: Doing) -> object:
    return sending.stop_sending(do.connection, do.actor, do.address, reason=do["reason"], expect=do.expect, at=do.at)


def _allow_sending(do: Doing) -> object:
    return sending.allow_sending(do.connection, do.actor, do.address, reason=do["reason"], expect=do.expect, at=do.at)


MOVE = AccountAct(
    key="move", action=Action.ACCOUNT_MOVE, icon="arrow-right", run=_move,
    fits=lambda now: now.mailbox.state in _USED,
    fields=(
        Field(name="agency", kind=AGENCY, required=True, help="web.act.help.agency"),
        Field(name="title", now=lambda now: now.report.title, longest=200, fits=_is_person),
        Field(name="rank", kind=SELECT, options=ranks, fits=_is_person),
        Field(name="new_address", kind=ADDRESS, help="web.act.help.new-address"),
        REASON, BECAUSE,
    ),
)  # fmt: skip
LEAVE = AccountAct(
    key="leave", action=Action.ACCOUNT_LEAVE, icon="calendar3", run=_leave,
    fits=lambda now: now.mailbox.state in _OPEN and _is_person(now),
    fields=(
        Field(name="from_on", kind=DAY, help="web.act.help.from"),
        Field(name="until_on", kind=DAY, required=True),
        Field(name="acting", kind=ADDRESS, help="web.act.help.acting"),
        Field(name="right", kind=SELECT, required=True, options=lambda t: rights(t, ACTING_RIGHTS)),
        Field(name="keep_login", kind=TICK),
        WORD, BECAUSE,
    ),
)  # fmt: skip
BACK = AccountAct(
    key="back", action=Action.ACCOUNT_LEAVE, icon="arrow-counterclockwise", run=_back, fields=(WORD,),
    fits=lambda now: bool(now.report.leaves),
)  # fmt: skip
HOLD = AccountAct(
    key="hold", action=Action.ACCOUNT_HOLD, icon="lock", run=_hold, group="guard",
    fits=lambda now: now.mailbox.state not in (MailboxState.REQUESTED, MailboxState.ERASED),
    fields=(Field(name="order", required=True, help="web.act.help.order"), REASON),
)  # fmt: skip
UNHOLD = AccountAct(
    key="unhold", action=Action.ACCOUNT_HOLD, icon="unlock", run=_unhold, group="guard",
    fits=lambda now: bool(now.mailbox.legal_hold),
    fields=(Field(name="order", kind=SELECT, required=True), REASON),
    offers=lambda _c, _a, report, _at: {"order": [(one, one) for one in holding.orders(report.mailbox)]},
)  # fmt: skip
STOP_SENDING = AccountAct(
    key="stop-sending", action=Action.ACCOUNT_SUSPEND, icon="stop-circle", run=_stop_sending, group="danger",
    fits=lambda now: now.mailbox.state in _OPEN and now.mailbox.may_send, fields=(REASON,), leads="proof",
)  # fmt: skip
ALLOW_SENDING = AccountAct(
    key="allow-sending", action=Action.ACCOUNT_RESTORE, icon="play-circle", run=_allow_sending, fields=(REASON,),
    fits=lambda now: _lives(now) and not now.mailbox.may_send,
)  # fmt: skip
SUSPEND = AccountAct(
    key="suspend", action=Action.ACCOUNT_SUSPEND, icon="lock", run=_suspend, group="danger", leads="proof",
    fits=lambda now: now.mailbox.state in _OPEN,
    fields=(REASON, BECAUSE, Field(name="refuse_mail", kind=TICK)),
)  # fmt: skip
RESTORE = AccountAct(
    key="restore", action=Action.ACCOUNT_RESTORE, icon="arrow-counterclockwise", run=_restore,
    fits=lambda now: now.mailbox.state in (MailboxState.SUSPENDED, MailboxState.RETAINED), fields=(WORD, BECAUSE),
)  # fmt: skip
PLAN_END = AccountAct(
    key="plan-end", action=Action.ACCOUNT_END, icon="calendar3", run=_plan_end, group="danger",
    fits=lambda now: now.mailbox.state in _USED,
    fields=(Field(name="on", kind=DAY, required=True, help="web.act.help.on"), HANDOVER, REASON, BECAUSE),
)  # fmt: skip
CALL_OFF = AccountAct(
    key="call-off", action=Action.ACCOUNT_END, icon="arrow-counterclockwise", run=_call_off, fields=(REASON,),
    fits=lambda now: now.mailbox.ends_on is not None and now.mailbox.state not in ENDED,
)  # fmt: skip
END = AccountAct(
    key="end", action=Action.ACCOUNT_END, icon="person-x", run=_end, group="danger", danger=True, leads="proof",
    fits=lambda now: now.mailbox.state in _USED,
    fields=(REASON, BECAUSE, HANDOVER, Field(name="unit_address", kind=ADDRESS, help="web.act.help.unit-address")),
)  # fmt: skip
LIFE_ACTS = (
    RESTORE, ALLOW_SENDING, CALL_OFF, BACK, MOVE, LEAVE, HOLD, UNHOLD, STOP_SENDING, SUSPEND, PLAN_END, END,
)  # fmt: skip
