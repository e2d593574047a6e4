"""Walking the tree of agencies, whatever its depth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, bindparam, func, literal, select

from mailhub.accounts.errors import NoSuchAgency, NoSuchDomain
from mailhub.accounts.models import Agency, Domain, Mailbox
from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import RIGHTS, Action, Actor, Reach, Role, Subject
from mailhub.clock import local_time, now_ms

_DEEPEST = 50  # a circle in the tree must not become one here


class Step(NamedTuple):
    """An agency on the way up to the root."""

    id: int
    unit_address: str
    block: bool
    code: str
    domain: str | None
    quota_pool_mib: int | None
    successor_id: int | None
    ends_on: date | None


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
    if found is not None:
        return found
    # People write snv as well as SNV: capitals tell codes apart only where two differ in nothing else.
    alike = connection.scalars(select(Agency.id).where(func.lower(Agency.code) == code.lower()).limit(2)).all()
    if len(alike) != 1:
        raise NoSuchAgency(f"no agency has the code {code!r}")
    return alike[0]


def code_of(connection: Connection, agency_id: int | None) -> str:
    """The agency's code; '' for None and for a number that is nobody's."""
    if agency_id is None:
        return ""
    return connection.execute(select(Agency.code).where(Agency.id == agency_id)).scalar_one_or_none() or ""


def agency_path(connection: Connection, agency_id: int) -> tuple[int, ...]:
    """The agency and those above it, up to the root."""
    return tuple(step.id for step in path_of(connection, agency_id))


def agency_subject(
    connection: Connection, kind: str, name: str, agency_id: int, *, account_id: int | None = None
) -> Subject:
    """Something of an agency's as `may()` looks at it: a block's path ends at the block, so that no right above
    it reaches in."""
    path = path_of(connection, agency_id)
    inside = next((number for number, step in enumerate(path) if step.block), None)
    reached = path if inside is None else path[: inside + 1]
    agencies = tuple(step.id for step in reached)
    return Subject(kind=kind, name=name, agencies=agencies, account_id=account_id, in_block=inside is not None)


def unit_address(connection: Connection, agency_id: int, *, at: int | None = None) -> str:
    """Where the agency's mail goes when a mailbox of its has ended: its own address, or the next one's above.

    For an agency that has ended, its successor's: whoever wrote to the old one is to reach those who took over.
    """
    today = local_time(now_ms() if at is None else at).date()
    seen = {agency_id}
    path = path_of(connection, agency_id)
    while True:
        over = next((step.successor_id for step in path if step.successor_id is not None and _over(step, today)), None)
        if over is None or over in seen:
            return next((step.unit_address for step in path if step.unit_address), "")
        seen.add(over)
        path = path_of(connection, over)


def mail_domain(connection: Connection, agency_id: int) -> str:
    """Where the agency's new addresses are made: its own domain, the next one's above, or the canonical one.

    Raises:
        NoSuchDomain: there is no domain yet.
    """
    own = next((step.domain for step in path_of(connection, agency_id) if step.domain), None)
    if own is None:
        own = connection.execute(select(Domain.name).where(Domain.canonical.is_(True))).scalar_one_or_none()
    if own is None:
        raise NoSuchDomain("there is no domain yet: enter one first")
    return own


def has_ended(connection: Connection, agency_id: int, *, at: int) -> bool:
    """Whether the agency, or one above it, has ended by that moment."""
    today = local_time(at).date()
    return any(_over(step, today) for step in path_of(connection, agency_id))


def below(agency_id: int) -> Select[int]:
    """A query for the numbers of the agency and everything below it: for `IN`, without carrying thousands."""
    base = select(Agency.id).where(Agency.id == agency_id).cte("below", recursive=True)
    down = base.union(select(Agency.id).join(base, Agency.parent_id == base.c.id))
    return select(down.c.id)


def subtree(connection: Connection, agency_id: int) -> frozenset[int]:
    """The agency and everything below it."""
    return frozenset(connection.execute(below(agency_id)).scalars())


def hidden_agencies(connection: Connection, actor: Actor | None) -> frozenset[int]:
    """The agencies in blocks that the actor is no part of: whatever lists the organisation leaves these out.

    One is part of the blocks that one's mailbox lies in, and of what one administers; the console sees everything;
    None is the public, who sees no block at all.
    """
    if actor is not None and any(held.role is Role.CONSOLE for held in actor.holds):
        return frozenset()
    inside = select(Agency.id).where(Agency.block.is_(True)).cte("inside", recursive=True)
    inside = inside.union(select(Agency.id).join(inside, Agency.parent_id == inside.c.id))
    found = frozenset(connection.execute(select(inside.c.id)).scalars())
    return found if actor is None or not found else found - _part_of(connection, actor)


def _part_of(connection: Connection, actor: Actor) -> frozenset[int]:
    """Agencies that the actor sees although they are, or lie in, a block."""
    found: set[int] = set()
    for held in actor.holds:
        if held.agency_id is not None:
            found |= reachable(connection, held.agency_id)
    if actor.account_id is not None:
        query = select(Mailbox.agency_id).where(Mailbox.id == actor.account_id)
        own = connection.execute(query).scalar_one_or_none()
        for step in path_of(connection, own) if own is not None else ():
            if step.block:
                found |= reachable(connection, step.id)
    return frozenset(found)


def _over(step: Step, today: date) -> bool:
    """Whether the agency has ended: `ends_on` is its first day without it."""
    return step.ends_on is not None and step.ends_on <= today


def reachable(connection: Connection, agency_id: int) -> frozenset[int]:
    """The agency and what is below it, without the blocks below it.

    Not `block IS false`: SQLite would then make an index of that column at each step (bench/directory: 400 ms).
    """
    base = select(Agency.id).where(Agency.id == agency_id).cte("open", recursive=True)
    below = base.union(select(Agency.id).join(base, Agency.parent_id == base.c.id).where(Agency.block.is_not(True)))
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
    if actor.only is not None and action not in actor.only:
        raise refusal(actor, action)
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
    raise refusal(actor, action)


def path_of(connection: Connection, agency_id: int) -> list[Step]:
    """The agency and those above it, the agency first, the root last."""
    return [Step(*row) for row in connection.execute(_path_query(), {"agency": agency_id})]


@cache
def _path_query() -> Select[Any]:
    """Built once: every act asks for a path, and building the query costs more than running it."""
    base = select(Agency.id, Agency.parent_id, literal(0).label("height")).where(Agency.id == bindparam("agency"))
    path = base.cte("path", recursive=True)
    above = select(Agency.id, Agency.parent_id, path.c.height + 1).join(path, Agency.id == path.c.parent_id)
    path = path.union_all(above.where(path.c.height < _DEEPEST))
    columns = (getattr(Agency, name) for name in Step._fields)
    return select(*columns).join(path, path.c.id == Agency.id).order_by(path.c.height)
