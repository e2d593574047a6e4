"""Who is in a group by rule, asked of the tables anew each time: a newcomer is in it at once, and nobody keeps lists.

Only members that take mail are given. A block's people are in groups of that block only (issue 4: its lists are its
own), whoever writes the rule.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, select

from mailhub.accounts.models import Agency, Mailbox, MailboxKind, Person
from mailhub.accounts.sharing.rules import InvalidRule, Rule
from mailhub.accounts.sharing.targets import TAKES_MAIL
from mailhub.store.chunks import chunks
from mailhub.text.folding import fold


class Member(NamedTuple):
    """A mailbox that a rule names, and takes mail. (A tuple: a province's list of everybody is made of 20,000.)"""

    mailbox_id: int
    address: str
    name: str
    agency_id: int
    home: str | None
    stored_as: str = ""


@dataclass(frozen=True, slots=True)
class _Unit:
    id: int
    code: str
    parent_id: int | None
    kind: str
    level: str
    block: bool


@dataclass
class Tree:
    """Every agency, read once for a question or two."""

    units: Mapping[int, _Unit]
    _levels: dict[int, str] = field(default_factory=dict)
    _blocks: dict[int, frozenset[int]] = field(default_factory=dict)

    @cached_property
    def codes(self) -> dict[str, int]:
        """The agencies' numbers by their codes."""
        return {unit.code: unit.id for unit in self.units.values()}

    @cached_property
    def _children(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for unit in self.units.values():
            if unit.parent_id is not None:
                found.setdefault(unit.parent_id, []).append(unit.id)
        return found

    def below(self, tops: Iterable[int]) -> set[int]:
        """These agencies and everything below them."""
        found: set[int] = set()
        waiting = list(tops)
        while waiting:
            number = waiting.pop()
            if number not in found:
                found.add(number)
                waiting += self._children.get(number, [])
        return found

    def level(self, number: int) -> str:
        """Its level, or the one above it has."""
        if number not in self._levels:
            self._levels[number] = ""  # a circle in the tree ends here
            unit = self.units[number]
            above = unit.parent_id if unit.parent_id in self.units else None
            self._levels[number] = unit.level or ("" if above is None else self.level(above))
        return self._levels[number]

    def blocks(self, number: int) -> frozenset[int]:
        """The blocks that it lies in."""
        if number not in self._blocks:
            self._blocks[number] = frozenset()
            unit = self.units[number]
            parent = unit.parent_id if unit.parent_id in self.units else None
            above = frozenset[int]() if parent is None else self.blocks(parent)
            self._blocks[number] = above | {number} if unit.block else above
        return self._blocks[number]

    def open_to(self, agency_id: int) -> set[int]:
        """The agencies whose people may be in groups of this one: those in no block that it does not lie in."""
        own = self.blocks(agency_id)
        return {number for number in self.units if self.blocks(number) <= own}

    def fitting(self, rule: Rule) -> set[int]:
        """The agencies that the rule's own unit, level and kind leave."""
        found = set(self.units)
        if rule.unit:
            found &= self.below(self.codes[code] for code in rule.unit if code in self.codes)
        if rule.kind:
            found &= self.below(unit.id for unit in self.units.values() if unit.kind in rule.kind)
        if rule.level:
            found = {number for number in found if self.level(number) in rule.level}
        return found


def load_tree(connection: Connection) -> Tree:
    """Every agency as it is now."""
    query = select(Agency.id, Agency.code, Agency.parent_id, Agency.kind, Agency.level, Agency.block)
    return Tree({row.id: _Unit(*row) for row in connection.execute(query)})


def check_words(connection: Connection, rule: Rule, tree: Tree) -> None:
    """Refuse a rule with words that nothing has: it would quietly name nobody.

    Raises:
        InvalidRule
    """
    offices = select(Mailbox.office).where(Mailbox.office != "").distinct()
    known = {
        "unit": ("agency has the code", set(tree.codes)),
        "level": ("agency is of the level", {unit.level for unit in tree.units.values()} - {""}),
        "kind": ("agency is of the kind", {unit.kind for unit in tree.units.values()} - {""}),
        "office": ("role mailbox is of the office", set(connection.execute(offices).scalars())),
    }
    for part in rule.parts():
        for key, (what, words) in known.items():
            for word in getattr(part, key):
                if word not in words:
                    there = ", ".join(sorted(words)[:12]) or "none yet"
                    raise InvalidRule(f'"{key}": no {what} {word!r}; there are: {there}')


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words that rules may use now, each list sorted."""

    levels: tuple[str, ...]
    kinds: tuple[str, ...]
    offices: tuple[str, ...]


def vocabulary(connection: Connection, hidden: Collection[int] = ()) -> Vocabulary:
    """What agencies and role mailboxes are, those of the agencies `hidden` left out."""
    units = [unit for unit in load_tree(connection).units.values() if unit.id not in hidden]
    offices = select(Mailbox.office, Mailbox.agency_id).where(Mailbox.office != "").distinct()
    named = {row.office for row in connection.execute(offices) if row.agency_id not in hidden}
    levels, kinds = ({getattr(unit, key) for unit in units} - {""} for key in ("level", "kind"))
    return Vocabulary(tuple(sorted(levels)), tuple(sorted(kinds)), tuple(sorted(named)))


def agencies_of(rule: Rule, agency_id: int, tree: Tree) -> set[int]:
    """The agencies that members of a group of `agency_id` by this rule may belong to."""
    return _reach(rule, tree) & tree.open_to(agency_id)


def _reach(rule: Rule, tree: Tree) -> set[int]:
    found = tree.fitting(rule)
    if rule.any:
        found &= set().union(*(_reach(inner, tree) for inner in rule.any))
    return found


def members_by_rule(connection: Connection, rule: Rule, agency_id: int, tree: Tree | None = None) -> list[Member]:
    """Everybody who fits the rule and takes mail, by address; `agency_id` is the group's."""
    whole = load_tree(connection) if tree is None else tree
    reach = agencies_of(rule, agency_id, whole)
    test = _Test(whole)
    # Whom a rule without parts means is the same in all of `reach`: few combinations are left to be looked at.
    alike = not rule.any and rule.but is None
    known: dict[tuple[object, ...], bool] = {}
    found = []
    for id_, address, name, agency, home, stored_as, office, rank, title in _candidates(
        connection, rule, reach, everywhere=len(reach) == len(whole.units)
    ):
        key = (office, rank, title) if alike else (agency, office, rank, title)
        fits = known.get(key)
        if fits is None:
            fits = known[key] = test.fits(rule, _Candidate(agency, office, rank or "", title or ""))
        if fits:
            found.append(Member(id_, address, name, agency, home, stored_as))
    return sorted(found, key=itemgetter(1))


class _Candidate(NamedTuple):
    agency_id: int
    office: str
    rank: str  # '' for a role mailbox
    title: str


@dataclass
class _Test:
    """Asks a rule of one mailbox after another."""

    tree: Tree
    _agencies: dict[int, set[int]] = field(default_factory=dict)

    def fits(self, rule: Rule, one: _Candidate, *, people: bool = True) -> bool:
        """`people`: where no office is named, the rule means people and no role mailboxes."""
        if id(rule) not in self._agencies:
            self._agencies[id(rule)] = self.tree.fitting(rule)
        if one.agency_id not in self._agencies[id(rule)] or not _is_named(rule, one):
            return False
        people = people and not rule.office
        if rule.any:
            if not any(self.fits(inner, one, people=people) for inner in rule.any):
                return False
        elif people and one.office:
            return False
        return rule.but is None or not self.fits(rule.but, one, people=False)


def _is_named(rule: Rule, one: _Candidate) -> bool:
    if rule.office and one.office not in rule.office:
        return False
    if rule.rank and one.rank not in rule.rank:
        return False
    if not rule.title:
        return True
    had = fold(one.title)
    return any(had == title or had.startswith(title + " ") for title in map(fold, rule.title))


_COLUMNS = (
    Mailbox.id,
    Mailbox.address,
    Mailbox.name,
    Mailbox.agency_id,
    Mailbox.home,
    Mailbox.stored_as,
    Mailbox.office,
    Person.rank,
    Person.title,
)


def _candidates(
    connection: Connection, rule: Rule, reach: set[int], *, everywhere: bool
) -> Iterator[Row[*tuple[Any, ...]]]:
    offices = sorted({office for part in rule.parts() for office in part.office})
    query = select(*_COLUMNS).outerjoin(Person, Person.id == Mailbox.person_id)
    people = Mailbox.kind == MailboxKind.PERSONAL.value
    office = (Mailbox.kind == MailboxKind.ROLE.value) & Mailbox.office.in_(offices)
    query = query.where(people | office if offices else people)
    query = query.where(TAKES_MAIL)
    if rule.office:
        query = query.where(office)
    if everywhere:
        yield from connection.execute(query).all()
        return
    for chunk in chunks(sorted(reach)):
        yield from connection.execute(query.where(Mailbox.agency_id.in_(chunk))).all()
