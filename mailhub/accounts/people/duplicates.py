"""Who may be one and the same person: before somebody is entered, and over the whole province.

Names alone prove little where every third person is a Nguyễn: each suspicion says why, and how strong it is. A birth
date that differs speaks against all but the identifier. Two different identifiers speak against nothing, because the
same person may have been entered with a CMND of nine digits once and a CCCD of twelve now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum
from itertools import combinations
from typing import NamedTuple

from sqlalchemy import Connection, or_, select

from mailhub.accounts.models import Agency, Mailbox, Person
from mailhub.accounts.people.folded import person_words
from mailhub.accounts.people.names import read_name
from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.tree import Scope, scope_of


class Strength(IntEnum):
    """How much a suspicion weighs."""

    WEAK = 1  # the same name without marks, and nothing that speaks against it
    LIKELY = 2
    STRONG = 3
    CERTAIN = 4


@dataclass(frozen=True, slots=True)
class Because:
    """One sign: `sign` for programs, `words` for people, in Vietnamese."""

    sign: str
    words: str
    strength: Strength


IDENTIFIER = Because("identifier", "trùng số định danh cá nhân", Strength.CERTAIN)
BIRTH_DATE = Because("name-birth-date", "trùng họ tên và ngày sinh", Strength.STRONG)
FOLDED_BIRTH_DATE = Because("folded-birth-date", "trùng ngày sinh và họ tên (không xét dấu)", Strength.STRONG)
TURNED_DATE = Because("name-turned-date", "trùng họ tên; ngày và tháng sinh đảo chỗ", Strength.LIKELY)
UNIT = Because("name-unit", "trùng họ tên, cùng đơn vị", Strength.LIKELY)
FOLDED_UNIT = Because("folded-unit", "cùng đơn vị, họ tên chỉ khác dấu", Strength.LIKELY)
NAME = Because("name", "trùng họ tên, khác đơn vị", Strength.WEAK)
FOLDED = Because("folded", "họ tên chỉ khác dấu, khác đơn vị", Strength.WEAK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Somebody who is about to be entered."""

    name: str
    agency_id: int | None = None
    birth_date: date | None = None
    identifier_digest: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """Somebody here who may be the candidate. Outside what the actor may see nothing is said but `visible` False."""

    strength: Strength
    because: Because
    person_id: int
    name: str
    address: str
    agency: str
    state: str
    visible: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two people here who may be one; each as `Suspect`."""

    strength: Strength
    because: Because
    first: Suspect
    second: Suspect


class _Known(NamedTuple):
    id: int
    full_name: str
    folded: str
    birth_date: date | None
    identifier_digest: bytes | None
    agency_id: int
    agency: str
    address: str | None
    state: str | None


_QUERY = (
    select(
        Person.id,
        Person.full_name,
        Person.folded,
        Person.birth_date,
        Person.identifier_digest,
        Person.agency_id,
        Agency.code.label("agency"),
        Mailbox.address,
        Mailbox.state,
    )
    .join(Agency, Agency.id == Person.agency_id)
    .outerjoin(Mailbox, Mailbox.person_id == Person.id)
)


def suspects(
    connection: Connection,
    actor: Actor,
    candidate: Candidate,
    *,
    minimum: Strength = Strength.WEAK,
    but: int | None = None,
) -> list[Suspect]:
    """Everybody here who may be the candidate, the strongest first. `but` is a person who is the candidate.

    Whom the actor may not see is left out, unless it is certain: then that much is said, and no more.

    Raises:
        InvalidValue: the name is none. NotAllowed: the actor may see nobody.
    """
    scope = scope_of(connection, actor, Action.ACCOUNT_READ)
    same = [Person.folded == person_words(read_name(candidate.name))]
    if candidate.identifier_digest is not None:
        same.append(Person.identifier_digest == candidate.identifier_digest)
    rows = connection.execute(_QUERY.where(or_(*same)).order_by(Person.id))
    return Register((_Known(*row) for row in rows), scope).suspects(candidate, minimum=minimum, but=but)


def load_register(connection: Connection, actor: Actor) -> Register:
    """Everybody, in memory: for whoever has thousands of candidates.

    Raises:
        NotAllowed: the actor may see nobody.
    """
    scope = scope_of(connection, actor, Action.ACCOUNT_READ)
    return Register((_Known(*row) for row in connection.execute(_QUERY.order_by(Person.id))), scope)


class Register:
    """People by name and by identifier, and whom of them the actor may see."""

    def __init__(self, people: Iterable[_Known], scope: Scope) -> None:
        self._scope = scope
        self._named: dict[str, list[_Known]] = defaultdict(list)
        self._identified: dict[bytes, _Known] = {}
        for known in people:
            self._named[known.folded].append(known)
            if known.identifier_digest is not None:
                self._identified[known.identifier_digest] = known

    def suspects(
        self, candidate: Candidate, *, minimum: Strength = Strength.WEAK, but: int | None = None
    ) -> list[Suspect]:
        """As the function of this name."""
        name = read_name(candidate.name)
        digest = candidate.identifier_digest
        wanted = _Known(
            0, name, person_words(name), candidate.birth_date, digest, candidate.agency_id or 0, "", None, None
        )
        near = {known.id: known for known in self._named.get(wanted.folded, ())}
        if digest is not None and digest in self._identified:
            near[self._identified[digest].id] = self._identified[digest]
        found = []
        for known in near.values():
            because = None if known.id == but else compare(wanted, known)
            if because is None or because.strength < minimum:
                continue
            if _visible(self._scope, known):
                found.append(_suspect(known, because))
            elif because.strength is Strength.CERTAIN:
                found.append(_unseen(because))
        return sorted(found, key=lambda suspect: (-suspect.strength, suspect.person_id))


def all_suspects(
    connection: Connection, actor: Actor, *, minimum: Strength = Strength.LIKELY, limit: int = 1000
) -> Sequence[Pair]:
    """Pairs among everybody whom the actor may see, the strongest first, then by name; one statement.

    Raises:
        NotAllowed.
    """
    scope = scope_of(connection, actor, Action.ACCOUNT_READ)
    people = [known for row in connection.execute(_QUERY) if _visible(scope, known := _Known(*row))]
    pairs = []
    for first, second in _worth_comparing(people, minimum):
        because = compare(first, second)
        if because is not None and because.strength >= minimum:
            pairs.append(
                Pair(
                    strength=because.strength,
                    because=because,
                    first=_suspect(first, because),
                    second=_suspect(second, because),
                )
            )
    pairs.sort(key=lambda pair: (-pair.strength, person_words(pair.first.name), pair.first.person_id))
    return pairs[:limit]


def compare(one: _Known, other: _Known) -> Because | None:
    """The strongest sign that two are the same, or None."""
    if one.identifier_digest is not None and one.identifier_digest == other.identifier_digest:
        return IDENTIFIER
    if one.folded != other.folded:
        return None
    exact = one.full_name.casefold() == other.full_name.casefold()
    if one.birth_date is not None and other.birth_date is not None:
        if one.birth_date == other.birth_date:
            return BIRTH_DATE if exact else FOLDED_BIRTH_DATE
        return TURNED_DATE if exact and _turned(one.birth_date) == other.birth_date else None
    if one.agency_id == other.agency_id:
        return UNIT if exact else FOLDED_UNIT
    return NAME if exact else FOLDED


def _worth_comparing(people: Iterable[_Known], minimum: Strength) -> Iterable[tuple[_Known, _Known]]:
    """Pairs of the same name; where that alone is not enough, only of those who share a date or a unit as well."""
    named: dict[str, list[_Known]] = defaultdict(list)
    for known in people:
        named[known.folded].append(known)
    for group in named.values():
        if minimum <= Strength.WEAK:
            yield from combinations(group, 2)
            continue
        sharing: dict[object, list[_Known]] = defaultdict(list)
        for known in group:
            sharing[known.agency_id].append(known)
            if known.birth_date is not None:
                sharing[_day_key(known.birth_date)].append(known)
        met: set[tuple[int, int]] = set()
        for few in sharing.values():
            for first, second in combinations(few, 2):
                if (first.id, second.id) not in met:
                    met.add((first.id, second.id))
                    yield first, second


def _day_key(day: date) -> tuple[int, int, int]:
    """The same for a date and the one with day and month turned."""
    return day.year, min(day.day, day.month), max(day.day, day.month)


def _turned(day: date) -> date | None:
    try:
        return day.replace(month=day.day, day=day.month)
    except ValueError:
        return None


def _visible(scope: Scope, known: _Known) -> bool:
    """Whoever reaches only the own account is no administrator, and sees nobody else's."""
    return scope.everything or (scope.agencies is not None and known.agency_id in scope.agencies)


def _suspect(known: _Known, because: Because) -> Suspect:
    return Suspect(
        strength=because.strength,
        because=because,
        person_id=known.id,
        name=known.full_name,
        address=known.address or "",
        agency=known.agency,
        state=known.state or "",
    )


def _unseen(because: Because) -> Suspect:
    return Suspect(
        strength=because.strength,
        because=because,
        person_id=0,
        name="",
        address="",
        agency="",
        state="",
        visible=False,
    )
