"""Offices that a plan would leave without anybody. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence

from mailhub.roster.deciding import PlannedRow, RowAct
from mailhub.roster.present import Snapshot


def lost_offices(now: Snapshot, rows: Sequence[PlannedRow], path: Callable[[int], Collection[int]]) -> tuple[str, ...]:
    """Addresses of role mailboxes whose last holder ends, or goes where the office is not above (life/moving.py).

    `path` gives an agency and those above it.
    """
    leaving = {row.mailbox_id: row for row in rows if row.act in (RowAct.END, RowAct.MOVE) and row.mailbox_id}
    left: dict[str, int] = defaultdict(int)
    for one in now.holdings:
        row = leaving.get(one.holder_id)
        stays = row is None or (
            row.act is RowAct.MOVE and row.agency_id is not None and one.role_agency in path(row.agency_id)
        )
        left[one.role] += stays
    return tuple(sorted(role for role, holders in left.items() if not holders))
