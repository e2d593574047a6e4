"""How many people an agency has: what every report measures against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from mailhub.accounts.models import ENDED_STATES, Mailbox, MailboxKind, MailboxState, Person
from mailhub.clock import midnight
from mailhub.reports.figures.scene import Scene
from mailhub.reports.values import Share


@dataclass(frozen=True, slots=True)
class Staff:
    """`staff`: posts where they are known, else persons. `issued`, `used`: of their personal mailboxes.

    `without`: posts that have none, counted in each agency by itself: where one has more mailboxes than posts, that
    does not make up for another, whatever they are summed by.
    """

    staff: int = 0
    issued: int = 0
    used: int = 0
    without: int = 0

    @property
    def has(self) -> Share:
        return Share(self.issued, self.staff)

    @property
    def uses(self) -> Share:
        return Share(self.used, self.staff)

    def plus(self, other: Staff) -> Staff:
        return Staff(
            self.staff + other.staff,
            self.issued + other.issued,
            self.used + other.used,
            self.without + other.without,
        )


def staff_by_agency(scene: Scene, used: Mapping[int, int] | None = None, needed: int = 1) -> dict[int, Staff]:
    """Of each agency by itself. `used`: by mailbox, the days of the period on which it was used; from `needed` days on
    it counts as used."""
    days = used or {}
    end = midnight(scene.day_after)
    query = select(
        Person.agency_id, Mailbox.id, Mailbox.state, Mailbox.created_at, Mailbox.ended_at
    ).outerjoin(Mailbox, (Mailbox.person_id == Person.id) & (Mailbox.kind == MailboxKind.PERSONAL))  # fmt: skip
    found: dict[int, Staff] = {}
    for row in scene.connection.execute(query):
        if row.agency_id not in scene.units.inside or _gone(row.state, row.ended_at, end):
            continue
        issued = row.id is not None and row.state != MailboxState.REQUESTED and row.created_at < end
        uses = issued and days.get(row.id, 0) >= needed
        one = Staff(1, int(issued), int(uses))
        found[row.agency_id] = found.get(row.agency_id, Staff()).plus(one)
    return _with_posts(scene, found)


def _gone(state: str | None, ended_at: int | None, end: int) -> bool:
    """Whether the person's mailbox had ended by then: whoever has left is no staff."""
    return state in ENDED_STATES and (ended_at is None or ended_at < end)


def _with_posts(scene: Scene, found: Mapping[int, Staff]) -> dict[int, Staff]:
    """Where an agency's posts are known (those below it included), they take the place of the persons."""
    children: dict[int | None, list[int]] = {}
    for one in scene.units.inside.values():
        children.setdefault(one.parent, []).append(one.id)
    own: dict[int, int] = {}

    def enter(number: int) -> int:
        below = sum(enter(child) for child in children.get(number, ()))
        known = scene.units.inside[number].staff
        own[number] = found.get(number, Staff()).staff if known is None else max(0, known - below)
        return own[number] + below

    for number, one in scene.units.inside.items():
        if one.parent not in scene.units.inside:
            enter(number)
    return {number: _against(posts, found.get(number, Staff())) for number, posts in own.items()}


def _against(posts: int, one: Staff) -> Staff:
    return Staff(posts, one.issued, one.used, max(0, posts - one.issued))
