"""The tree as people look at it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, Row, func, select

from mailhub.accounts.errors import NoSuchAgency
from mailhub.accounts.models import RECEIVING_STATES, Agency, Mailbox, MailboxKind
from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.tree import find_agency, hidden_agencies, root_agency, scope_of
from mailhub.clock import local_time


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeLine:
    """An agency in the tree. `depth` counts from where one looks; `accounts` are its own, `below` with all below it."""

    id: int
    parent_id: int | None
    depth: int
    code: str
    name: str
    kind: str
    level: str
    identifier: str
    block: bool
    ended: bool
    accounts: int
    below: int


def tree(
    connection: Connection,
    actor: Actor,
    root: str = "",
    *,
    depth: int | None = None,
    ended: bool = False,
    at: int,
) -> Sequence[TreeLine]:
    """The agency `root` (a code; '' = the province) and what lies below it, each before its units, these by name.

    Blocks that the actor is no part of are not there. `depth` 1 shows only what is directly below; `ended` shows
    agencies that are no more as well. Two statements, whatever the size.

    Raises:
        NoSuchAgency (also for one in a hidden block), NotAllowed.
    """
    scope_of(connection, actor, Action.DIRECTORY_READ)
    hidden = hidden_agencies(connection, actor)
    top = find_agency(connection, root) if root or root_agency(connection) is not None else None
    if top is None:
        return []
    if top in hidden:
        raise NoSuchAgency(f"no agency has the code {root!r}")  # the words of find_agency: it is not to be told apart
    columns = ("id", "parent_id", "code", "name", "kind", "level", "identifier", "block", "ends_on", "folded")
    query = select(*(getattr(Agency, name) for name in columns)).order_by(Agency.folded, Agency.id)
    children: dict[int | None, list[Row[tuple[object, ...]]]] = defaultdict(list)
    first = None
    for row in connection.execute(query):
        if row.id in hidden:
            continue
        first = row if row.id == top else first
        children[row.parent_id].append(row)
    counted = select(Mailbox.agency_id, func.count()).where(Mailbox.state.in_(RECEIVING_STATES))
    counted = counted.where(Mailbox.kind != MailboxKind.SYSTEM).group_by(Mailbox.agency_id)
    own = {row[0]: row[1] for row in connection.execute(counted)}
    assert first is not None  # found above
    walk = _Walk(children, own, local_time(at).date(), depth, ended)
    return list(walk.lines(first, 0))


class _Walk:
    """Down the tree, without recursion into the database."""

    def __init__(
        self,
        children: dict[int | None, list[Row[tuple[object, ...]]]],
        own: dict[int, int],
        today: date,
        depth: int | None,
        ended: bool,
    ) -> None:
        self._children, self._own, self._today = children, own, today
        self._deepest, self._ended = depth, ended
        self._below: dict[int, int] = {}

    def lines(self, row: Row[tuple[object, ...]], depth: int) -> Iterator[TreeLine]:
        over = row.ends_on is not None and row.ends_on <= self._today
        if over and not self._ended and depth:
            return
        yield TreeLine(
            id=row.id,
            parent_id=row.parent_id,
            depth=depth,
            code=row.code,
            name=row.name,
            kind=row.kind,
            level=row.level,
            identifier=row.identifier or "",
            block=row.block,
            ended=over,
            accounts=self._own.get(row.id, 0),
            below=self._count(row.id),
        )
        if self._deepest is None or depth < self._deepest:
            for child in self._children[row.id]:
                yield from self.lines(child, depth + 1)

    def _count(self, number: int) -> int:
        if number not in self._below:
            inner = sum(self._count(child.id) for child in self._children.get(number, ()))
            self._below[number] = self._own.get(number, 0) + inner
        return self._below[number]
