"""Walking the tree of agencies, whatever its depth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, literal, select

from mailhub.accounts.errors import NoSuchAgency, NotAllowed
from mailhub.accounts.models import Agency
from mailhub.accounts.rights import RIGHTS, Action, Actor, Reach, Role, Subject

_DEEPEST = 50  # a circle in the tree must not become one here


class _Step(NamedTuple):
    id: int
    unit_address: str
    block: bool


def root_agency(connection: Connection) -> int | None:
    """The number of the province itself, or None before it is entered."""
    query = select(Agency.id).where(Agency.parent_id.is_(None)).order_by(Agency.id).limit(1)
    return connection.execute(query).scalar_one_or_none()


def find_agency(connection: Connection, code: str) -> int:
    """The number of the agency with this code; of the root for ''.

    Raises:
        NoSuchAgency
    """
    if not code:
        number = root_agency(connection)
        if number is None:
            raise NoSuchAgency("there is no agency yet: enter the province itself first")
        return number
    found = connection.execute(select(Agency.id).where(Agency.code == code)).scalar_one_or_none()
    if found is None:
        raise NoSuchAgency(f"no agency has the code {code!r}")
    return found


def agency_path(connection: Connection, agency_id: int) -> tuple[int, ...]:
    """The agency and those above it, up to the root."""
    return tuple(step.id for step in _upwards(connection, agency_id))


def agency_subject(
    connection: Connection, kind: str, name: str, agency_id: int, *, account_id: int | None = None
) -> Subject:
    """Something of an agency's as `may()` looks at it: a block's path ends at the block, so that no right above
    it reaches in."""
    path = _upwards(connection, agency_id)
    inside = next((number for number, step in enumerate(path) if step.block), None)
    reached = path if inside is None else path[: inside + 1]
    agencies = tuple(step.id for step in reached)
    return Subject(kind=kind, name=name, agencies=agencies, account_id=account_id, in_block=inside is not None)


def unit_address(connection: Connection, agency_id: int) -> str:
    """Where the agency's mail goes when a mailbox of its has ended: its own address, or the next one's above."""
    return next((step.unit_address for step in _upwards(connection, agency_id) if step.unit_address), "")


def subtree(connection: Connection, agency_id: int) -> frozenset[int]:
    """The agency and everything below it."""
    base = select(Agency.id).where(Agency.id == agency_id).cte("below", recursive=True)
    below = base.union(select(Agency.id).join(base, Agency.parent_id == base.c.id))
    return frozenset(connection.execute(select(below.c.id)).scalars())


def reachable(connection: Connection, agency_id: int) -> frozenset[int]:
    """The agency and what is below it, without the blocks below it."""
    base = select(Agency.id).where(Agency.id == agency_id).cte("open", recursive=True)
    below = base.union(select(Agency.id).join(base, Agency.parent_id == base.c.id).where(Agency.block.is_(False)))
    return frozenset(connection.execute(select(below.c.id)).scalars())


@dataclass(frozen=True, slots=True)
class Scope:
    """What an actor may see: things of `agencies` (None: all), or of the own account when `account_id` is set."""

    agencies: frozenset[int] | None = None
    account_id: int | None = None

    @property
    def everything(self) -> bool:
        return self.agencies is None and self.account_id is None


def scope_of(connection: Connection, actor: Actor, action: Action) -> Scope:
    """How far the actor's right to `action` reaches: every list filters by this, in this one place.

    Raises:
        NotAllowed: there is no such right.
    """
    found: set[int] = set()
    own = False
    for held in actor.holds:
        reach = RIGHTS[held.role].get(action)
        if reach is Reach.ALL:
            blocks = connection.execute(select(Agency.id).where(Agency.block.is_(True)).limit(1)).first()
            if held.role is Role.CONSOLE or blocks is None:
                return Scope()
            root = root_agency(connection)
            found |= frozenset() if root is None else reachable(connection, root)
        elif reach is Reach.SUBTREE and held.agency_id is not None:
            found |= reachable(connection, held.agency_id)
        own = own or reach is not None
    if found:
        return Scope(agencies=frozenset(found))
    if own and actor.account_id is not None:
        return Scope(account_id=actor.account_id)
    raise NotAllowed(f"{actor.name} may not {action}")


def _upwards(connection: Connection, agency_id: int) -> list[_Step]:
    base = select(Agency.id, Agency.parent_id, literal(0).label("height")).where(Agency.id == agency_id)
    path = base.cte("path", recursive=True)
    above = select(Agency.id, Agency.parent_id, path.c.height + 1).join(path, Agency.id == path.c.parent_id)
    path = path.union_all(above.where(path.c.height < _DEEPEST))
    query = select(Agency.id, Agency.unit_address, Agency.block).join(path, path.c.id == Agency.id)
    return [_Step(*row) for row in connection.execute(query.order_by(path.c.height))]
