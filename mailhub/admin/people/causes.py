"""Why somebody cannot log in, and what helps: from an account's story to what one says on the telephone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mailhub.accounts.attempts import Attempt, Cause, why_closed
from mailhub.accounts.life.story import Story
from mailhub.accounts.models import MailboxState
from mailhub.accounts.throttle import CODES
from mailhub.admin.frame.templating import day, when

UNLOCK, SLIP, RESTORE, BACK, FACTOR = "unlock", "slip", "restore", "back", "second-factor-reset"
# What helps against how the last try ended; those that need nothing but to be told are not named.
_HELPS = {
    Cause.WRONG_PASSWORD: SLIP,
    Cause.NO_PASSWORD: SLIP,
    Cause.SLIP_OVER: SLIP,
    Cause.WRONG_CODE: FACTOR,
    Cause.PASSWORD_EXPIRED: SLIP,
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that is in the way. Texts: `web.help.cause.KEY` (what it is), `web.help.say.KEY` (what to tell the
    caller). `helps` is the act that mends it, "" when none does. `kind` is the badge's."""

    key: str
    helps: str = ""
    kind: str = "warn"
    values: Mapping[str, str] = field(default_factory=dict)


def reasons(story: Story, *, at: int) -> list[Reason]:
    """Everything that is in the way, the surest first; one Reason `fine` when nothing is."""
    found = [*_closed(story), *_secrets(story, at)]
    if not found or all(one.key == "lock" for one in found):
        found += _last_try(story)
    return found or [Reason("fine", kind="good")]


def _closed(story: Story) -> Iterator[Reason]:
    mailbox, closed = story.mailbox, why_closed(story.mailbox)
    if closed is Cause.ENDED:
        kept = mailbox.state is MailboxState.RETAINED
        yield Reason("ended", RESTORE if kept else "", "bad", {"until": day(mailbox.retained_until) if kept else "–"})
    elif closed is Cause.SUSPENDED:
        why = next((one.reason for one in story.changes if one.action == "account.suspend" and one.reason), "–")
        yield Reason("suspended", RESTORE, "bad", {"reason": why})
    elif closed is Cause.NOT_YET and mailbox.state is MailboxState.REQUESTED:
        yield Reason("requested", "", "wait")
    elif closed is Cause.IDLE:
        yield Reason("idle", UNLOCK)
    elif closed is Cause.AWAY:
        leave = next((one.leave for one in story.leaves if one.leave.began_at is not None), None)
        yield Reason("away", BACK, values={"until": "–" if leave is None else day(leave.until_on)})
    elif closed is Cause.LOGIN_CLOSED:
        yield Reason("no-login", "", "info")


def _secrets(story: Story, at: int) -> Iterator[Reason]:
    access, state = story.access, story.mailbox.state
    for lock in access.locks:
        if lock.until > at:
            key = "lock-code" if lock.network == CODES else "lock"
            yield Reason(key, UNLOCK, values={"until": when(lock.until), "where": lock.network})
    if access.shut is Cause.SECOND_FACTOR_MISSING:
        yield Reason("factor-missing")
    elif access.shut is Cause.PASSWORD_EXPIRED:
        yield Reason("expired", SLIP)
    if state not in (MailboxState.APPROVED, MailboxState.ACTIVE) or not story.mailbox.may_login:
        return
    if access.password_set_at is None and access.slip_until is not None:
        yield Reason("slip-waits", SLIP, "wait", {"until": when(access.slip_until)})
    elif access.password_set_at is None:
        yield Reason("no-password", SLIP)


def _last_try(story: Story) -> Iterator[Reason]:
    """How the last try ended, when that was no success: with what was odd about it."""
    last = next((one for one in story.attempts if one.cause != Cause.BLOCKED), None)
    if last is None or last.cause == Cause.SUCCESS:
        return
    yield Reason("try", _helps(last), values={"at": when(last.at)})
    for hint in last.hints:
        yield Reason(f"hint-{hint}", kind="info")


def _helps(attempt: Attempt) -> str:
    return _HELPS.get(Cause(attempt.cause), "") if attempt.cause in list(Cause) else ""
