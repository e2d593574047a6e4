"""`roster apply`: a plan carried out in batches, each a transaction, so that a kill in the middle is resumed.

One row that fails goes back alone (a savepoint) and says why; the others are done.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from mailhub.accounts.act import act
from mailhub.accounts.control.errors import NeedsSecondPerson
from mailhub.accounts.control.proposals import ProposalKind, find, propose, require
from mailhub.accounts.models import Agency, Mailbox
from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import Action, Actor, may
from mailhub.clock import now_ms
from mailhub.errors import MailhubError, TemporaryError
from mailhub.roster.deciding import RowAct
from mailhub.roster.entering import enter_many
from mailhub.roster.errors import WrongMoment
from mailhub.roster.joining_domain import open_domain
from mailhub.roster.keeping import (
    JOIN,
    ImportRow,
    ImportState,
    KeptRow,
    RowState,
    count_states,
    find_import,
    last_planned,
    move_import,
    right_for,
    rows_of,
    subject_of_import,
)
from mailhub.roster.models import RosterRow
from mailhub.roster.pictures import Trace, take_picture, traces
from mailhub.roster.planning import is_above
from mailhub.roster.writing import ApplyRules, Writer, in_words, state_after

BATCH = 200
WRITING = (RowAct.CREATE, RowAct.CHANGE, RowAct.MOVE, RowAct.END)
_REASON = 300
_TURN_SECONDS = 1.0

Result = tuple[RowState, int | None, str]  # what became of a row, its mailbox, what stood in the way


def needs_second_person(one: ImportRow, rules: ApplyRules) -> bool:
    """Whether the list ends more accounts than the setting lets one person end."""
    return is_above(one.summary.get("end", 0), one.summary.get("live", 0), rules.roster_limit_percent)


def ask_second_person(
    connection: Connection, actor: Actor, code: str, *, reason: str, hours: int, at: int | None = None
) -> str:
    """Propose the list to whoever may agree; gives the proposal's code, the same one while it waits.

    Raises:
        NoSuchImport, NotAllowed, ReasonMissing, WrongMoment.
    """
    moment = now_ms() if at is None else at
    one = find_import(connection, code)
    if one.state is not ImportState.PLANNED:
        raise WrongMoment(f"{one.code}: danh sách này đã {_STATES[one.state]}")
    if one.proposal_code and find(connection, one.proposal_code).stands(moment) in ("waiting", "approved"):
        return one.proposal_code
    made = propose(
        connection, actor, ProposalKind.MASS_END, subject_of_import(connection, one), _payload(one),
        reason=reason, hours=hours, at=moment,
    )  # fmt: skip
    move_import(connection, one.id, proposal_code=made)
    return made


def begin(
    connection: Connection, actor: Actor, code: str, *, rules: ApplyRules, reason: str = "", at: int | None = None
) -> ImportRow:
    """Start, or go on after an interruption.

    Raises:
        NoSuchImport, NotAllowed. WrongMoment: it was applied or undone, or a later list was applied meanwhile.
        NeedsSecondPerson: it ends more accounts than one person may, and nobody has agreed.
    """
    one = find_import(connection, code)
    with act(connection, actor, reason=reason.strip(), at=at) as acting:
        subject = subject_of_import(connection, one)
        acting.check(right_for(one, Action.ROSTER_APPLY), subject)
        one = find_import(connection, code)  # read again: now it is our turn
        acting.before = {"import": one.code, "state": one.state.value}
        if one.state is ImportState.APPLYING:
            acting.after = {"import": one.code, "state": one.state.value, "resumed": True}
            return one
        if one.state is not ImportState.PLANNED:
            raise WrongMoment(f"{one.code}: danh sách này đã {_STATES[one.state]}")
        if not last_planned(connection, one):
            raise WrongMoment(f"{one.code}: đã áp dụng một danh sách mới hơn của đơn vị này; lập kế hoạch lại")
        agreed = ""
        if needs_second_person(one, rules):
            if not one.proposal_code:
                raise NeedsSecondPerson(f"{one.code}: danh sách vượt ngưỡng thu hồi, cần người thứ hai đồng ý")
            agreed = require(connection, ProposalKind.MASS_END, subject, _payload(one), one.proposal_code, at=acting.at)
        kept = {"state": ImportState.APPLYING.value, "applied_by": actor.name, "applied_at": acting.at}
        move_import(connection, one.id, **kept, options=_options(one, reason))
        acting.after = {"import": one.code, "state": "applying", "agreed_by": agreed, **_told(one)}
    if one.kind == JOIN:
        open_domain(connection, actor, find_import(connection, code), at=acting.at)
    return find_import(connection, code)


def apply_batch(
    connection: Connection, actor: Actor, code: str, *, rules: ApplyRules, size: int = BATCH, at: int | None = None
) -> int:
    """The next rows, in the caller's transaction; gives how many were looked at, 0 when none is left.

    Raises:
        NoSuchImport, NotAllowed, WrongMoment. TemporaryError: the database does not answer; the batch comes again.
    """
    moment = now_ms() if at is None else at
    one = find_import(connection, code)
    _check(connection, actor, one)
    if one.state is not ImportState.APPLYING:
        raise WrongMoment(f"{one.code}: danh sách không ở bước đang áp dụng")
    rows = rows_of(connection, one.id, states=[RowState.PLANNED], acts=WRITING, limit=size)
    if not rows:
        return 0
    codes = {found.id: found.code for found in connection.execute(select(Agency.id, Agency.code))}
    reason = f"{one.options.get('reason') or 'Danh sách ' + one.file_name} ({one.code})"[-_REASON:]
    writer = Writer(connection, actor, reason, f"Danh sách {one.code}", rules, moment, codes)
    new = [row for row in rows if row.act is RowAct.CREATE]
    entered = enter_many(connection, actor, new, reason=reason, at=moment) if new else {}
    known = [row.mailbox_id for row in rows if row.mailbox_id is not None]
    before = take_picture(connection, known) if known else {}
    results = _write_rest(connection, writer, rows, entered)
    after = take_picture(connection, known) if known else {}
    done = [row for row in rows if row.number in results]
    _store(connection, one.id, done, [results[row.number] for row in done], traces(before, after, known))
    return len(done)


def _write_rest(
    connection: Connection, writer: Writer, rows: Sequence[KeptRow], entered: dict[int, int]
) -> dict[int, Result]:
    """How each row came out, by number; rows for which the turn was too short are left for the next one."""
    results: dict[int, Result] = {number: (RowState.DONE, mailbox, "") for number, mailbox in entered.items()}
    began = time.monotonic()
    for row in rows:
        if row.number in results:
            continue
        results[row.number] = _write(connection, writer, row)
        if time.monotonic() - began > _TURN_SECONDS:  # others wait to write
            break
    return results


def finish(connection: Connection, actor: Actor, code: str, *, at: int | None = None) -> dict[str, int]:
    """Every row has been looked at: say so; gives how many rows came to which state.

    Raises:
        NoSuchImport, NotAllowed.
    """
    one = find_import(connection, code)
    with act(connection, actor, at=at) as acting:
        acting.check(right_for(one, Action.ROSTER_APPLY), subject_of_import(connection, one))
        counts: dict[str, int] = {}
        for (kind, state), number in count_states(connection, one.id).items():
            if kind in WRITING:
                counts[state.value] = counts.get(state.value, 0) + number
        move_import(connection, one.id, state=ImportState.APPLIED.value)
        acting.after = {"import": one.code, "state": "applied", **counts}
        return counts


def retry(
    connection: Connection,
    actor: Actor,
    code: str,
    *,
    lines: Sequence[int] = (),
    conflicts: bool = False,
    doubts: bool = False,
    at: int | None = None,
) -> int:
    """Make rows that failed wait again (`conflicts`: those too that somebody changed meanwhile; `doubts`: those too
    that may be somebody who is there); gives how many. `lines`: only these rows of the file.

    Raises:
        NoSuchImport, NotAllowed, WrongMoment.
    """
    one = find_import(connection, code)
    with act(connection, actor, at=at) as acting:
        acting.check(right_for(one, Action.ROSTER_APPLY), subject_of_import(connection, one))
        if one.state not in (ImportState.PLANNED, ImportState.APPLYING, ImportState.APPLIED):
            raise WrongMoment(f"{one.code}: danh sách này đã {_STATES[one.state]}")
        states = [RowState.FAILED, *([RowState.CONFLICT] * conflicts), *([RowState.DOUBT] * doubts)]
        rows = rows_of(connection, one.id, states=states, acts=WRITING)
        rows = [row for row in rows if not lines or row.line in lines]
        for row in rows:
            _wait_again(connection, one.id, row)
        if rows and one.state is ImportState.APPLIED:
            move_import(connection, one.id, state=ImportState.APPLYING.value)
        acting.after = {"import": one.code, "again": len(rows)}
        return len(rows)


def _wait_again(connection: Connection, import_id: int, row: KeptRow) -> None:
    wanted = dict(row.wanted)
    if row.state is RowState.CONFLICT:  # a person has looked: what is there now is what the act is compared with
        query = select(Mailbox.revision).where(Mailbox.id == row.mailbox_id)
        wanted["revision"] = connection.execute(query).scalar_one_or_none()
    table = RosterRow.__table__
    where = (table.c.import_id == import_id) & (table.c.number == row.number)
    values = {"state": RowState.PLANNED.value, "problem": "", "wanted": json.dumps(wanted, ensure_ascii=False)}
    connection.execute(update(RosterRow).where(where).values(**values))


def _write(connection: Connection, writer: Writer, row: KeptRow) -> Result:
    """One row in a savepoint: how it came out, which mailbox, and what stood in the way."""
    try:
        with connection.begin_nested():
            return RowState.DONE, writer.write(row), ""
    except TemporaryError:
        raise
    except MailhubError as error:
        return state_after(error), row.mailbox_id, in_words(error)


def _store(
    connection: Connection,
    import_id: int,
    rows: Sequence[KeptRow],
    results: Sequence[Result],
    changed: dict[int, list[Trace]],
) -> None:
    numbers = [number for state, number, _ in results if state is RowState.DONE and number is not None]
    query = select(Mailbox.id, Mailbox.address, Mailbox.revision).where(Mailbox.id.in_(numbers))
    now = {found.id: found for found in connection.execute(query)}
    values = []
    for row, (state, number, problem) in zip(rows, results, strict=True):
        before: dict[str, Any] = {}
        if state is RowState.DONE and number is not None:
            before = {"revision": now[number].revision, "address": now[number].address}
            before |= {"created": True} if row.act is RowAct.CREATE else {"rows": changed[number]}
        kept = {"b_number": row.number, "state": state.value, "mailbox_id": number, "problem": problem[:500]}
        values.append(kept | {"before": json.dumps(before, ensure_ascii=False)})
    table = RosterRow.__table__
    where = (table.c.import_id == import_id) & (table.c.number == bindparam("b_number"))
    columns: dict[str, Any] = {name: bindparam(name) for name in ("state", "mailbox_id", "problem", "before")}
    connection.execute(update(RosterRow).where(where).values(**columns), values)


def _check(connection: Connection, actor: Actor, one: ImportRow) -> None:
    """Whoever may not apply the list would make its rows fail, one by one."""
    if not may(actor, right_for(one, Action.ROSTER_APPLY), subject_of_import(connection, one)):
        raise refusal(actor, right_for(one, Action.ROSTER_APPLY), one.agency)


def _payload(one: ImportRow) -> dict[str, Any]:
    return {"import": one.code, "file": one.file_digest.hex(), "ends": one.summary.get("end", 0)}


def _told(one: ImportRow) -> dict[str, Any]:
    return {kind.value: one.summary.get(kind.value, 0) for kind in RowAct}


def _options(one: ImportRow, reason: str) -> str:
    return json.dumps(one.options | {"reason": reason.strip()}, ensure_ascii=False)


_STATES = {
    ImportState.APPLYING: "bắt đầu áp dụng",
    ImportState.APPLIED: "áp dụng xong",
    ImportState.UNDOING: "bắt đầu hoàn tác",
    ImportState.UNDONE: "hoàn tác",
}
__all__ = ["BATCH", "apply_batch", "ask_second_person", "begin", "finish", "needs_second_person", "retry"]
