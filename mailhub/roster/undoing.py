"""`roster undo`: every row that was done goes back to exactly what was, within `[accounts] undo_hours`; resumable.

What somebody changed since is kept and told, and so is a new account that somebody has logged in to or has mail for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.exc import IntegrityError

from mailhub.accounts.act import act, need_reason
from mailhub.accounts.errors import ChangedMeanwhile
from mailhub.accounts.finding import MailboxRow, load_mailbox, subject_of
from mailhub.accounts.life.closings import note_reopened
from mailhub.accounts.life.concurrency import check_unchanged
from mailhub.accounts.life.models import Letter
from mailhub.accounts.models import ENDED_STATES, Mailbox, MailboxKind, MailboxState, RoleHolder
from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import Action, Actor, may
from mailhub.clock import HOUR, now_ms
from mailhub.errors import MailhubError, TemporaryError
from mailhub.roster.errors import RosterError, WrongMoment
from mailhub.roster.joining_domain import close_domain
from mailhub.roster.keeping import (
    JOIN,
    ImportRow,
    ImportState,
    KeptRow,
    RowState,
    count_states,
    find_import,
    move_import,
    right_for,
    rows_of,
    subject_of_import,
)
from mailhub.roster.models import RosterRow
from mailhub.roster.pictures import go_back, remove
from mailhub.roster.planning import RosterRules
from mailhub.roster.writing import in_words

# Which of these addresses mail has been delivered to; the queue's to tell, and above this package.
HasMail = Callable[[Connection, Collection[str]], Collection[str]]

_TURN_SECONDS = 1.0
_UNDOABLE = (ImportState.APPLYING, ImportState.APPLIED, ImportState.UNDOING)


class _Kept(RosterError):
    """The row stays as it is; the message says why."""


def begin_undo(
    connection: Connection, actor: Actor, code: str, *, rules: RosterRules, reason: str, at: int | None = None
) -> ImportRow:
    """Start undoing, or go on after an interruption.

    Raises:
        NoSuchImport, NotAllowed, ReasonMissing. WrongMoment: it was not applied, or too long ago.
    """
    one = find_import(connection, code)
    with act(connection, actor, reason=need_reason(reason), at=at) as acting:
        acting.check(right_for(one, Action.ROSTER_UNDO), subject_of_import(connection, one))
        one = find_import(connection, code)
        if one.state not in _UNDOABLE or one.applied_at is None:
            raise WrongMoment(f"{one.code}: chưa áp dụng, hoặc đã hoàn tác")
        if one.state is not ImportState.UNDOING and acting.at > one.applied_at + rules.undo_hours * HOUR:
            raise WrongMoment(f"{one.code}: đã quá {rules.undo_hours} giờ kể từ khi áp dụng, không hoàn tác được nữa")
        acting.before = {"import": one.code, "state": one.state.value}
        move_import(connection, one.id, state=ImportState.UNDOING.value)
        acting.after = {"import": one.code, "state": "undoing"}
    return find_import(connection, code)


def undo_batch(
    connection: Connection, actor: Actor, code: str, *, has_mail: HasMail, size: int = 200, at: int | None = None
) -> int:
    """The next rows from the last one up, in the caller's transaction; gives how many, 0 when none is left.

    Raises:
        NoSuchImport, NotAllowed, WrongMoment. TemporaryError: the database does not answer; the batch comes again.
    """
    moment = now_ms() if at is None else at
    one = find_import(connection, code)
    if not may(actor, right_for(one, Action.ROSTER_UNDO), subject_of_import(connection, one)):
        raise refusal(actor, right_for(one, Action.ROSTER_UNDO), one.agency)
    if one.state is not ImportState.UNDOING:
        raise WrongMoment(f"{one.code}: danh sách không ở bước đang hoàn tác")
    rows = rows_of(connection, one.id, states=[RowState.DONE], limit=size, backwards=True)
    created = [row.before["address"] for row in rows if row.before.get("created")]
    reached = frozenset(has_mail(connection, created)) if created else frozenset()
    began = time.monotonic()
    for done, row in enumerate(rows, 1):
        state, problem = _take_back(connection, actor, one, row, reached, moment)
        where = (RosterRow.import_id == one.id) & (RosterRow.number == row.number)
        connection.execute(update(RosterRow).where(where).values(state=state.value, problem=problem[:500]))
        if time.monotonic() - began > _TURN_SECONDS:  # others wait to write
            return done
    return len(rows)


def finish_undo(connection: Connection, actor: Actor, code: str, *, at: int | None = None) -> dict[str, int]:
    """Nothing is left to undo: say so; gives how many rows were undone and how many kept.

    Raises:
        NoSuchImport, NotAllowed.
    """
    one = find_import(connection, code)
    with act(connection, actor, at=at) as acting:
        acting.check(right_for(one, Action.ROSTER_UNDO), subject_of_import(connection, one))
        counts: dict[str, int] = {"undone": 0, "kept": 0}
        for (_, state), number in count_states(connection, one.id).items():
            if state.value in counts:
                counts[state.value] += number
        move_import(connection, one.id, state=ImportState.UNDONE.value, undone_at=acting.at)
        acting.after = {"import": one.code, "state": "undone", **counts}
    if one.kind == JOIN:
        close_domain(connection, actor, one, at=acting.at)
    return counts


def _take_back(
    connection: Connection, actor: Actor, one: ImportRow, row: KeptRow, reached: Collection[str], at: int
) -> tuple[RowState, str]:
    """One row in a savepoint: what became of it, and why it was kept."""
    try:
        with connection.begin_nested():
            _undo_row(connection, actor, one, row, reached, at)
    except TemporaryError:
        raise
    except ChangedMeanwhile as error:
        return RowState.KEPT, in_words(error).replace("lập kế hoạch", "áp dụng")
    except _Kept as error:
        return RowState.KEPT, str(error)
    except IntegrityError:
        return RowState.KEPT, "có dữ liệu khác đang dùng đến tài khoản này"
    except MailhubError as error:
        return RowState.KEPT, in_words(error)
    return RowState.UNDONE, ""


def _undo_row(
    connection: Connection, actor: Actor, one: ImportRow, row: KeptRow, reached: Collection[str], at: int
) -> None:
    with act(connection, actor, reason=f"Hoàn tác danh sách {one.code}", at=at) as acting:
        mailbox = load_mailbox(connection, row.mailbox_id or 0)
        if mailbox is None:
            raise _Kept("tài khoản không còn")
        acting.check(right_for(one, Action.ROSTER_UNDO), subject_of(connection, mailbox))
        acting.before = mailbox.picture()
        if row.before.get("created"):
            _check_unused(connection, mailbox, row, reached)
            check_unchanged(connection, mailbox, row.before["revision"])
            waiting = delete(Letter).where(Letter.to_address == mailbox.address, Letter.sent_at.is_(None))
            connection.execute(waiting)
            remove(connection, mailbox.id, mailbox.person_id)
            acting.after = {"removed": True}
            return
        check_unchanged(connection, mailbox, row.before["revision"])
        acting.after = _restore(connection, mailbox, row.before["rows"], at)


def _restore(connection: Connection, mailbox: MailboxRow, rows: list[Any], at: int) -> dict[str, object]:
    go_back(connection, rows)
    # The revision goes on rising: whoever looked at the account in between is told that it changed.
    connection.execute(update(Mailbox).where(Mailbox.id == mailbox.id).values(revision=mailbox.revision + 1))
    now = load_mailbox(connection, mailbox.id)
    assert now is not None
    if mailbox.state in ENDED_STATES and now.state not in ENDED_STATES:
        note_reopened(connection, mailbox.id, at=at)
    return now.picture()


def _check_unused(connection: Connection, mailbox: MailboxRow, row: KeptRow, reached: Collection[str]) -> None:
    if mailbox.kind is MailboxKind.ROLE:
        if connection.scalar(select(RoleHolder.holder_id).where(RoleHolder.mailbox_id == mailbox.id).limit(1)):
            raise _Kept("đã có người phụ trách: giữ lại hộp thư")
    elif mailbox.last_login_at is not None or mailbox.state is not MailboxState.APPROVED:
        raise _Kept("đã có người đăng nhập: giữ lại tài khoản")
    if row.before["address"] in reached:
        raise _Kept("đã có thư gửi đến: giữ lại tài khoản")
