"""What other rules would have done to the mail of the last days: `policy simulate` (architecture § 7).

The stored facts are judged twice, by the rules in force and by those that are tried out, both as of the day of the
rehearsal: a promotion that is due then counts for all of it. Nothing is written, and nothing but facts is read.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from mailhub.accounts.models import Agency
from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.tree import below, find_agency, scope_of
from mailhub.clock import DAY, now_ms
from mailhub.ids import first_id
from mailhub.policy.decision import Decision
from mailhub.policy.facts import Facts
from mailhub.policy.judging import Judge, askers
from mailhub.policy.rules.rule import Exemption, Rule, RuleBook
from mailhub.screening.models import PolicyDecision
from mailhub.screening.records import codec
from mailhub.screening.rehearsal.tallying import Rehearsal, Tally
from mailhub.store.database import Database

__all__ = ["Book", "Exempted", "Progress", "Rehearsal", "rehearse", "those_of"]

PAGE = 2_000  # rows
Progress = Callable[[int, int], None]
"""(judged, all there is to judge)"""
Exempted = Callable[[Facts, frozenset[str]], Sequence[Exemption]]
"""Given the facts and the ids of rules that would do something, the exceptions; it may give too many."""


@dataclass(frozen=True, slots=True)
class Book:
    """Rules with their exceptions, which may lie elsewhere."""

    rules: RuleBook
    exempted: Exempted | None = None  # None: those that stand in `rules`


def rehearse(
    database: Database,
    actor: Actor,
    new: Book,
    old: Book,
    *,
    days: int,
    agency: str = "",
    at: int | None = None,
    progress: Progress | None = None,
) -> Rehearsal:
    """Judge the mail of the last `days` days again by `new`, and compare with `old`, the rules in force.

    `agency` is a code: mail of that agency and those below it. Mail of agencies whose figures the actor may not see is
    left out. `at` (ms): the moment that both are judged as of.

    Raises:
        NotAllowed, NoSuchAgency, StoreUnavailable.
    """
    moment = now_ms() if at is None else at
    with database.read() as connection:
        fits = [_decision.message_id > first_id(moment - days * DAY), *_visible(connection, actor, agency)]
        total = connection.scalar(select(func.count()).select_from(PolicyDecision).where(*fits)) or 0
        agencies = {row.id: (row.code, row.name) for row in connection.execute(_AGENCIES)}
        tally = Tally(new.rules, agencies, days=days)
        sides = _Side(new), _Side(old, new.rules)
        for done, row in enumerate(_rows(connection, fits), start=1):
            _judge(row, sides, tally, moment)
            if progress is not None and done % PAGE == 0:
                progress(done, max(total, done))
    if progress is not None:
        progress(tally.messages, tally.messages)
    return tally.result()


def those_of(book: RuleBook) -> Exempted:
    """The exceptions that stand in a book, by who asks: ten thousand cost no more than ten."""
    by_who: dict[str, list[Exemption]] = {}
    for one in book.exemptions:
        by_who.setdefault(one.who.lower() if "@" in one.who else one.who, []).append(one)

    def ask(facts: Facts, rules: frozenset[str]) -> Sequence[Exemption]:
        return [one for who in askers(facts) for one in by_who.get(who, ()) if one.rule in rules]

    return ask


_decision = PolicyDecision
_AGENCIES = select(Agency.id, Agency.code, Agency.name)


class _Side:
    """One of the two books, ready to judge. `like`: the other one; what both ask alike is asked once a message."""

    def __init__(self, book: Book, like: RuleBook | None = None) -> None:
        self.judge = Judge(book.rules, 0)
        self.exempted = book.exempted or those_of(book.rules)
        alike = {} if like is None else {rule.id: _conditions(rule) for rule in like.rules}
        own = [rule for rule in book.rules.rules if alike.get(rule.id) != _conditions(rule)]
        self._shared = frozenset(rule.id for rule in book.rules.rules) - {rule.id for rule in own}
        self._own = Judge(RuleBook(tuple(own)), 0)

    def candidates(self, facts: Facts, known: frozenset[str] = frozenset()) -> frozenset[str]:
        """The rules that may fit somebody; `known` are the other book's."""
        found = self._own.candidates(facts.message, facts.sender, facts.documents, facts.attachments)
        return found | (known & self._shared)


def _conditions(rule: Rule) -> list[list[tuple[str, str, tuple[Any, ...]]]]:
    """When the rule fits, wherever in the file that stands."""
    return [[(test.fact, test.operator, test.values) for test in one.tests] for one in (rule.when, *rule.unless)]


def _visible(connection: Connection, actor: Actor, agency: str) -> list[ColumnElement[bool]]:
    scope = scope_of(connection, actor, Action.USE_READ)
    fits: list[ColumnElement[bool]] = []
    if scope.agencies is not None:
        fits.append(PolicyDecision.agency_id.in_(scope.agencies))
    if scope.account_id is not None:
        fits.append(PolicyDecision.account_id == scope.account_id)
    if agency:
        fits.append(PolicyDecision.agency_id.in_(below(find_agency(connection, agency))))
    return fits


def _rows(connection: Connection, fits: Sequence[ColumnElement[bool]]) -> Iterator[Any]:
    """Page by page, by key: nothing is kept open for writers to wait for."""
    columns = (PolicyDecision.message_id, PolicyDecision.code, PolicyDecision.agency_id, PolicyDecision.facts)
    query = select(*columns).where(*fits).order_by(PolicyDecision.message_id).limit(PAGE)
    after = 0
    while True:
        page = connection.execute(query.where(PolicyDecision.message_id > after)).all()
        yield from page
        if len(page) < PAGE:
            return
        after = page[-1].message_id


def _judge(row: Any, sides: tuple[_Side, _Side], tally: Tally, moment: int) -> None:
    try:
        facts, missing = codec.load_with_missing(row.facts)
    except ValueError:
        tally.add_unreadable()
        return
    taken, facts = facts.at, replace(facts, at=moment)
    begun = time.perf_counter()
    candidates = sides[0].candidates(facts)
    decision = _decide(sides[0], facts, candidates)
    seconds = time.perf_counter() - begun
    unsure = bool(missing and candidates and missing & sides[0].judge.needs(candidates))
    before = _decide(sides[1], facts, sides[1].candidates(facts, candidates))
    tally.add(row.code, taken, row.agency_id, decision, before, seconds=seconds, unsure=unsure)


def _decide(side: _Side, facts: Facts, candidates: frozenset[str]) -> Decision | None:
    """None when no rule fits."""
    if not candidates:
        return None
    return side.judge.decide(facts, lambda rules: side.exempted(facts, rules), candidates)
