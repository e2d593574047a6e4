"""What a row of the matrix says, what the table of rights makes of it, and what happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from mailhub.accounts.control.errors import NoSuchProposal
from mailhub.accounts.errors import NoSuchAgency, NotAllowed
from mailhub.accounts.rights import RIGHTS, Action, Actor, Reach, Role
from mailhub.incidents.errors import NoSuchIncident
from mailhub.queue.errors import NotInQueue
from mailhub.registry.errors import NoSuchDocument
from mailhub.roster.errors import NoSuchImport
from tests.accounts.matrix.world import REACHED, Place, Spot

Call = Callable[[Connection, Actor, Spot], Any]
Prepare = Callable[[Connection, Spot], Any]
Sees = Callable[[Any, Spot], bool]
Expect = Callable[[Role, str, Place], bool]

# Somebody who may not is told so, or that there is no such thing.
REFUSALS = (NotAllowed, NoSuchProposal, NoSuchDocument, NoSuchImport, NoSuchIncident, NotInQueue, NoSuchAgency)
WHOLE = (Role.CONSOLE, Role.SYSTEM_ADMIN)
AREAS = (Place.OWN, Place.FOREIGN, Place.ABOVE, Place.BLOCK)
MINE = (*AREAS, Place.SELF)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """How a service is called on what lies in a place, and by which right.

    `sees` tells of what it gives whether the subject is in it: then nothing of it is as good as a refusal.
    `expect` takes the place of the table of rights where a service has a rule of its own.
    """

    action: Action
    call: Call
    prepare: Prepare | None = None
    sees: Sees | None = None
    places: tuple[Place, ...] = AREAS
    expect: Expect | None = None

    def may(self, role: Role, held: str, place: Place) -> bool:
        """Whether the role over the agency `held` is expected to reach the subject."""
        if role is Role.CONSOLE:
            return True
        return by_table(self.action)(role, held, place) if self.expect is None else self.expect(role, held, place)


def by_table(action: Action) -> Expect:
    """As rights.RIGHTS says, worked out anew and not by the code that is tested."""

    def expect(role: Role, held: str, place: Place) -> bool:
        reach = RIGHTS[role].get(action)
        if place is Place.PROVINCE:
            return reach is Reach.ALL
        if place is Place.SELF:
            return reach in (Reach.ALL, Reach.SELF) or action in RIGHTS[Role.OFFICIAL]
        if reach is Reach.ALL:
            return place is not Place.BLOCK
        return reach is Reach.SUBTREE and place in REACHED[held]

    return expect


def but_own(action: Action) -> Expect:
    """The same, and nobody does it to the own account, whatever the role."""
    return lambda role, held, place: place is not Place.SELF and by_table(action)(role, held, place)


def listed(action: Action) -> Expect:
    """Lists show what the farthest right reaches; somebody who administers others finds the own account there only
    when it is among those."""

    def expect(role: Role, held: str, place: Place) -> bool:
        if place is Place.SELF:
            return RIGHTS[role].get(action) in (Reach.ALL, Reach.SELF)
        return by_table(action)(role, held, place)

    return expect


def farther(action: Action) -> Expect:
    """What a right over the own account alone does not show."""
    return lambda role, held, place: (
        RIGHTS[role].get(action) is Reach.ALL if place is Place.SELF else by_table(action)(role, held, place)
    )


def whole(action: Action) -> Expect:
    """Only whoever administers the whole province, even where the right reaches the own account."""
    return lambda role, held, place: role in WHOLE and by_table(action)(role, held, place)


def named(rows: Any, spot: Spot, attribute: str = "address") -> bool:
    """Whether the official's mailbox is among the rows."""
    return any(getattr(row, attribute) == spot.box for row in rows)


def directory(role: Role, held: str, place: Place) -> bool:
    """Everybody sees everybody, but for a block, whose own people see it."""
    return place is not Place.BLOCK or held == "tu"


def of_mail(action: Action) -> Expect:
    """What belongs to no agency, but that a block's own mail is seen by those who are part of it (queue/blocks.py)."""

    def expect(role: Role, held: str, place: Place) -> bool:
        return RIGHTS[role].get(action) is Reach.ALL and (place is not Place.BLOCK or held == "tu")

    return expect


def but_blocks(action: Action) -> Expect:
    """What lies in a block is shown to nobody, for want of the other right that it takes."""
    return lambda role, held, place: place is not Place.BLOCK and by_table(action)(role, held, place)


def anywhere(action: Action) -> Expect:
    """Whoever has the right at all."""
    return lambda role, held, place: RIGHTS[role].get(action) in (Reach.ALL, Reach.SUBTREE)
