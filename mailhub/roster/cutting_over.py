"""`join cut-over`: once somebody's box was brought over, their mail stays here instead of going to the old server."""

from __future__ import annotations

import json

from sqlalchemy import Connection, select, update

from mailhub.accounts.addresses import read_home, read_own
from mailhub.accounts.finding import load_mailbox
from mailhub.accounts.mailboxes import set_home
from mailhub.accounts.models import Mailbox
from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import Action, Actor, may
from mailhub.accounts.tree import find_agency, reachable
from mailhub.roster.deciding import RowAct
from mailhub.roster.errors import WrongMoment
from mailhub.roster.keeping import JOIN, ImportState, KeptRow, RowState, find_import, rows_of, subject_of_import
from mailhub.roster.models import RosterRow


def cut_over(
    connection: Connection,
    actor: Actor,
    code: str,
    home: str = "here",
    *,
    agency: str = "",
    addresses: frozenset[str] = frozenset(),
    after: int = 0,
    size: int = 200,
    at: int | None = None,
) -> tuple[int, int]:
    """Move the homes of the next `size` accounts that the map made: `home` is here, or smtp://host:port to go back.
    Only those of `agency` and below, and only `addresses`, old or new, where given.

    Gives how many moved, and the number of the last row looked at for `after`; 0 when there are no more.

    Raises:
        NoSuchImport, NotAllowed, NoSuchAgency, InvalidValue. WrongMoment: the map is not applied.
    """
    one, home = find_import(connection, code), read_home(home)
    if one.kind != JOIN or one.state not in (ImportState.APPLYING, ImportState.APPLIED):
        raise WrongMoment(f"{one.code}: bảng này chưa áp dụng, hoặc đã hoàn tác")
    if not may(actor, Action.ACCOUNT_HOME, subject_of_import(connection, one)):
        raise refusal(actor, Action.ACCOUNT_HOME, one.agency)
    scope = reachable(connection, find_agency(connection, agency)) if agency else None
    wanted = {read_own(address) for address in addresses}
    rows = rows_of(connection, one.id, states=[RowState.DONE], acts=[RowAct.CREATE], after=after, limit=size)
    moved = 0
    for row in rows:
        names = {row.before["address"], row.wanted["values"]["former"]}
        if wanted and not wanted & names:
            continue
        moved += _move(connection, actor, one.id, row, home, scope, at)
    return moved, rows[-1].number if len(rows) == size else 0


def _move(
    connection: Connection,
    actor: Actor,
    import_id: int,
    row: KeptRow,
    home: str,
    scope: frozenset[int] | None,
    at: int | None,
) -> bool:
    mailbox = load_mailbox(connection, row.mailbox_id or 0)
    if mailbox is None or mailbox.home == home or (scope is not None and mailbox.agency_id not in scope):
        return False
    set_home(connection, actor, mailbox.address, home, at=at)
    if mailbox.revision == row.before["revision"]:  # the map's own doing: no reason not to undo it
        now = connection.execute(select(Mailbox.revision).where(Mailbox.id == mailbox.id)).scalar_one()
        before = json.dumps(row.before | {"revision": now}, ensure_ascii=False)
        where = (RosterRow.import_id == import_id) & (RosterRow.number == row.number)
        connection.execute(update(RosterRow).where(where).values(before=before))
    return True
